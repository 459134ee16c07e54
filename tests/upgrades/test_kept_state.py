"""What an earlier version has kept in Airflow's database is read by this one, under the installed Airflow."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.upgrades.child import GRANT, SIGNING_TOKEN

ROOT = Path(__file__).parent.parent.parent
KEPT = sorted(Path(__file__).parent.glob("kept-*.sql"))
NEXT_HOURS = ["2026-11-26T12:00:00+00:00", "2026-11-26T14:00:00+00:00"]


def gone_on_with(kept: Path, folder: Path) -> Any:
    """Returns what a process of its own reads of a copy of the kept database, and what it does with it."""
    database = folder / "airflow.db"
    with sqlite3.connect(database) as connection:
        connection.executescript(kept.read_text("utf-8"))
    command = [sys.executable, "-m", "tests.upgrades.child", "carry-on", str(database)]
    paths = {"AIRFLOW_HOME": str(folder), "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT)])}
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | paths, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.parametrize("kept", KEPT, ids=[path.stem for path in KEPT])
def test_the_state_that_an_earlier_version_kept_is_gone_on_with(kept: Path, tmp_path: Path) -> None:
    found = gone_on_with(kept, tmp_path)
    # The covered time: the window begins where the kept run's window ended.
    state, report = found["run"]
    assert (state, report["window"]) == ("success", NEXT_HOURS)
    # The leftover: its time has come, and it is done.
    assert report["ids"] == {"trigger_stage": [found["ada"]]}
    assert "Alva: Invitation Sent" in found["tags"]
    assert report["leftovers"] == []
    # The results DAG has a covered time and a leftover of its own.
    state, report = found["results"]
    assert (state, report["window"], report["leftovers"]) == ("success", NEXT_HOURS, [])
    # The page shows the report, and finds what it stored.
    assert found["kept report"]["counts"] == {"trigger_stage": 1, "leftover": 1}
    assert [row["id"] for row in found["kept report"]["leftovers"]] == [found["ada"]]
    assert found["grant expires at"] == GRANT["expires_at"]
    assert found["signing tokens"] == [SIGNING_TOKEN]
    assert found["blocked origins"] == ["agency"]


def test_there_is_a_kept_database() -> None:
    assert KEPT
