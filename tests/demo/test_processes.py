from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from include.demo.processes import Component, ComponentDied, DemoError, Fleet, last_lines, stop_left_over

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
# Ignores SIGTERM and has two children that do too: one in its process group, one leading a group as Airflow's tasks do.
PARENT = f"""
{STUBBORN}
import os, subprocess, sys
again = [sys.executable, "-c", {STUBBORN + "; print('up', flush=True); time.sleep(600)"!r}]
for own_group in (False, True):
    child = subprocess.Popen(again, start_new_session=own_group, stdout=subprocess.PIPE)
    child.stdout.readline()
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path / "processes.json", grace_seconds=0.3)
    yield fleet
    fleet.stop()


def started(fleet: Fleet, folder: Path, code: str, name: str = "part") -> Component:
    return fleet.start(name, [sys.executable, "-c", code], folder / f"{name}.log", os.environ, folder)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def family_of(component: Component) -> list[psutil.Process]:
    until(lambda: "ready" in last_lines(component.log))
    leader = psutil.Process(component.process.pid)
    return [leader, *leader.children(recursive=True)]


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_a_component_that_ignores_sigterm_is_killed_with_its_children(fleet: Fleet, tmp_path: Path) -> None:
    family = family_of(started(fleet, tmp_path, PARENT))
    assert len(family) == 3
    fleet.stop()
    assert running(family) == []
    assert not (tmp_path / "processes.json").exists()


def test_children_that_outlive_a_dead_component_are_stopped_too(fleet: Fleet, tmp_path: Path) -> None:
    component = started(fleet, tmp_path, PARENT)
    family = family_of(component)
    fleet.check()  # has seen them
    component.process.kill()
    component.process.wait()
    assert len(running(family)) == 2
    fleet.stop()
    assert running(family) == []


def test_a_component_that_obeys_sigterm_can_finish_its_clean_up(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "processes.json", grace_seconds=30)
    code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye', flush=True)));"
        "print('ready', flush=True); time.sleep(600)"
    )
    component = started(fleet, tmp_path, code)
    family_of(component)
    fleet.stop()
    assert last_lines(component.log) == "ready\nbye"
    assert component.process.returncode == 0


def test_a_dead_component_is_named_with_its_status_and_last_log_lines(fleet: Fleet, tmp_path: Path) -> None:
    started(fleet, tmp_path, "import time; time.sleep(600)", "steady")
    fleet.check()
    dead = started(fleet, tmp_path, "import sys; print('first'); sys.exit('no such table')", "scheduler")
    dead.process.wait()
    with pytest.raises(ComponentDied) as died:
        fleet.check()
    assert "scheduler ended with status 1." in str(died.value)
    assert str(tmp_path / "scheduler.log") in str(died.value)
    assert "  | no such table" in str(died.value)


def test_a_component_ended_by_a_signal_is_named_with_the_signal(fleet: Fleet, tmp_path: Path) -> None:
    component = started(fleet, tmp_path, "import time; time.sleep(600)")
    component.process.send_signal(signal.SIGKILL)
    component.process.wait()
    with pytest.raises(ComponentDied, match="part was ended by SIGKILL"):
        fleet.check()


def test_finish_waits_for_the_end_of_a_component(fleet: Fleet, tmp_path: Path) -> None:
    fleet.finish(started(fleet, tmp_path, "print('done')", "migration"), timeout_seconds=30)
    fleet.check()
    with pytest.raises(ComponentDied, match="migration ended with status 3"):
        fleet.finish(started(fleet, tmp_path, "import sys; sys.exit(3)", "migration"), timeout_seconds=30)
    with pytest.raises(DemoError, match="slow was not done after 0 seconds"):
        fleet.finish(started(fleet, tmp_path, "import time; time.sleep(600)", "slow"), timeout_seconds=0)


def test_the_processes_of_a_killed_demo_are_stopped_by_the_next_one(tmp_path: Path) -> None:
    record = tmp_path / "processes.json"
    killed = Fleet(record)
    family = family_of(started(killed, tmp_path, PARENT))
    assert stop_left_over(record) == 1
    assert running(family) == []
    assert stop_left_over(record) == 0
    killed.stop()


def test_another_process_with_the_same_id_is_not_stopped(tmp_path: Path) -> None:
    record = tmp_path / "processes.json"
    record.write_text(f'[{{"pid": {os.getpid()}, "born": 1.0}}]')
    assert stop_left_over(record) == 0
    record.write_text("[{")
    assert stop_left_over(record) == 0


def test_only_the_last_lines_of_a_long_log_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "long.log"
    log.write_text("".join(f"line {number}\n" for number in range(100_000)))
    assert last_lines(log, 2) == "line 99998\nline 99999"
    assert last_lines(tmp_path / "none.log") == ""
