from __future__ import annotations

from pathlib import Path

import pytest

from include.demo.home import LOCK, home_of_its_own
from include.demo.processes import DemoError


def test_each_demo_starts_with_an_empty_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "home"
    with home_of_its_own(folder) as home:
        (home / "logs").mkdir()
        (home / "logs" / "task.log").write_text("old")
        (home / "airflow.db").write_text("old")
    with home_of_its_own(folder) as home:
        assert [entry.name for entry in home.iterdir()] == [LOCK]


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    with home_of_its_own(folder) as home:
        (home / "airflow.db").write_text("in use")
        with pytest.raises(DemoError, match="Another demo runs in"), home_of_its_own(folder):
            pass
        assert (home / "airflow.db").exists()


def test_a_folder_with_other_files_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DemoError, match="is not empty"), home_of_its_own(tmp_path):
        pass
    assert (tmp_path / "thesis.txt").exists()
