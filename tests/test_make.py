from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parent.parent
# What an Airflow that was started here by hand leaves behind.
NOT_MADE_BY_MAKE = {"logs/", "airflow.db"}


def test_clean_removes_what_make_made_and_nothing_else(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    made = [line for line in (ROOT / ".gitignore").read_text().split() if line not in NOT_MADE_BY_MAKE]
    kept = {Path("Makefile"), Path("plugins/alva_lever/rules/kept.py"), Path("logs/kept"), Path("airflow.db")}
    for file in kept - {Path("Makefile")}:
        _write(tmp_path / file)
    made += ["plugins/*.egg-info/", "plugins/alva_lever/rules/__pycache__/", "tests/__pycache__/"]
    for name in made:
        _write(tmp_path / name.replace("*", "alva_lever") / "inside" / "it")
    done = subprocess.run(["make", "clean"], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize("name", ["apache-airflow", "apache-airflow-providers-http"])
def test_the_oldest_version_that_the_package_accepts_is_the_one_it_is_tested_with(name: str) -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    accepted = [match[1] for line in dependencies if (match := re.fullmatch(rf"{name}>=([\d.]+)(?:,<4)?", line))]
    for file in ("requirements-oldest.txt", "constraints-oldest.txt"):
        tested = re.search(rf"^{name}==([\d.]+)$", (ROOT / file).read_text(), re.MULTILINE)
        assert tested is not None
        assert [Version(version) for version in accepted] == [Version(tested[1])]


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
