from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from include.demo import supervisor
from include.demo.processes import ComponentDied, last_lines
from include.demo.supervisor import Supervisor

STEADY = "import time; print('up', flush=True); time.sleep(600)"
# With a child in a process group of its own, as a worker's task.
PARENT = (
    f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STEADY!r}], start_new_session=True)\n{STEADY}"
)
BROKEN = "import sys; sys.exit('no such table')"


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(supervisor, "_DELAY_SECONDS", 0.1)
    fleet = Supervisor(tmp_path / "processes.json", grace_seconds=5)
    yield fleet
    fleet.stop()


def start(fleet: Supervisor, folder: Path, code: str) -> psutil.Process:
    component = fleet.start("part", [sys.executable, "-c", code], folder / "part.log", os.environ, folder)
    return psutil.Process(component.process.pid)


def until(fleet: Supervisor, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        fleet.check()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def ups(folder: Path) -> int:
    return last_lines(folder / "part.log").count("up")


def test_a_component_that_ends_is_started_again(fleet: Supervisor, tmp_path: Path) -> None:
    first = start(fleet, tmp_path, STEADY)
    until(fleet, lambda: ups(tmp_path) == 1)
    first.kill()
    until(fleet, lambda: ups(tmp_path) == 2)
    assert fleet.restarts == ["part"]
    second = psutil.Process(fleet.named("part").process.pid)
    assert second.pid != first.pid
    fleet.stop()
    assert not runs(second)


def test_what_a_killed_component_leaves_running_ends_before_its_successor_starts(
    fleet: Supervisor, tmp_path: Path
) -> None:
    parent = start(fleet, tmp_path, PARENT)
    until(fleet, lambda: ups(tmp_path) == 2)
    fleet.check()  # has seen the child
    (child,) = parent.children()
    parent.kill()
    until(fleet, lambda: ups(tmp_path) == 4)
    assert not runs(child)


def test_a_component_kept_away_comes_back_after_the_block(fleet: Supervisor, tmp_path: Path) -> None:
    start(fleet, tmp_path, STEADY)
    until(fleet, lambda: ups(tmp_path) == 1)
    with fleet.away("part", signal.SIGTERM):
        for _ in range(20):
            fleet.check()
            time.sleep(0.02)
        assert ups(tmp_path) == 1
    until(fleet, lambda: ups(tmp_path) == 2)


def test_a_component_that_never_runs_steadily_ends_the_demo_with_its_log(fleet: Supervisor, tmp_path: Path) -> None:
    start(fleet, tmp_path, BROKEN)
    with pytest.raises(ComponentDied, match="no such table"):
        until(fleet, lambda: False)
    assert len(fleet.restarts) == 5
