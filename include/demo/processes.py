"""The demo's child processes: started in groups of their own, watched, and stopped with all that they started.

Errors::

    DemoError                 a sentence for the person who started the demo
    └── ComponentDied         a component ended by itself: which, how, and the last lines of its log
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psutil

LAST_LINES = 25
_TAIL_BYTES = 16_384
_KILL_ROUNDS = 10
_KILL_ROUND_SECONDS = 1.0


class DemoError(Exception):
    """What went wrong, where, and what to do."""


class ComponentDied(DemoError):
    """A component ended although nobody asked it to."""


@dataclass(frozen=True, slots=True)
class Component:
    """One child process; it leads a process group. ``log``: where its output goes."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]


class Fleet:
    """The components that run.

    A process group alone does not hold them: Airflow's tasks lead groups of their own. So every look at the fleet
    also notes each component's descendants, while they can still be told from strangers.
    """

    def __init__(self, record: Path, grace_seconds: float = 5.0) -> None:
        """``record``: the file in which the components' ids stand while they run, for `stop_left_over`.

        ``grace_seconds``: how long they have for an orderly end before they are killed.
        """
        self._record = record
        self._grace_seconds = grace_seconds
        self._components: list[Component] = []
        self._family: set[psutil.Process] = set()

    def start(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
        held: AbstractContextManager[None] | None = None,
    ) -> Component:
        """Starts ``command`` in ``folder``. ``held``: within it no interruption parts the start from its noting."""
        with log.open("ab") as output, held or nullcontext():
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a terminal's Ctrl-C reaches us alone, and we stop them in order
            )
            component = Component(name, log, process)
            self._components.append(component)
            self._note()
            leaders = self._leaders()
            self._record.write_text(json.dumps([{"pid": one.pid, "born": one.create_time()} for one in leaders]))
        return component

    def finish(self, component: Component, timeout_seconds: float) -> None:
        """Waits for the end of one that is meant to end, such as a migration. `ComponentDied` where it failed."""
        deadline = time.monotonic() + timeout_seconds
        while component.process.poll() is None:
            if time.monotonic() > deadline:
                raise DemoError(f"{component.name} was not done after {timeout_seconds:.0f} seconds.{_tail(component)}")
            self._check(one for one in self._components if one is not component)
            time.sleep(0.1)
        self._components.remove(component)
        if component.process.returncode:
            raise ComponentDied(_obituary(component))

    def check(self) -> None:
        """`ComponentDied` for the first component that does not run any more."""
        self._check(self._components)

    def stop(self) -> None:
        """Stops everything: asked first, killed after the grace. Returns when nothing is left."""
        self._note()
        for component in self._components:
            _signal_group(component.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + self._grace_seconds
        while time.monotonic() < deadline and any([one.process.poll() is None for one in self._components]):
            self._note()
            time.sleep(0.1)
        self._note()
        for component in self._components:
            _signal_group(component.process.pid, signal.SIGKILL)
        _kill(self._family)
        for component in self._components:
            component.process.wait()
        self._components.clear()
        self._family.clear()
        self._record.unlink(missing_ok=True)

    def _check(self, components: Iterable[Component]) -> None:
        self._note()
        for component in components:
            if component.process.poll() is not None:
                raise ComponentDied(_obituary(component))

    def _note(self) -> None:
        for leader in self._leaders():
            self._family.update(_descendants(leader))

    def _leaders(self) -> list[psutil.Process]:
        leaders = []
        for component in self._components:
            with contextlib.suppress(psutil.NoSuchProcess):
                leaders.append(psutil.Process(component.process.pid))
        return leaders


def stop_left_over(record: Path) -> int:
    """Kills what a demo that was itself killed left running; gives the number of components that were.

    A process is known by its id and its time of birth, so that a stranger with the same id is left alone.
    """
    try:
        rows = [(int(row["pid"]), float(row["born"])) for row in json.loads(record.read_text())]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return 0
    count = 0
    for pid, born in rows:
        with contextlib.suppress(psutil.NoSuchProcess):
            leader = psutil.Process(pid)
            if leader.create_time() == born:
                _kill({leader, *_descendants(leader)})
                count += 1
    record.unlink(missing_ok=True)
    return count


def last_lines(log: Path, count: int = LAST_LINES) -> str:
    """The end of a log file, "" where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-count:])


def _obituary(component: Component) -> str:
    code = component.process.returncode
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    return f"{component.name} {how}.{_tail(component)}"


def _tail(component: Component) -> str:
    lines = "\n".join(f"  | {line}" for line in last_lines(component.log).splitlines())
    return f" The end of its log, {component.log}:\n{lines or '  | (it is empty)'}"


def _descendants(leader: psutil.Process) -> list[psutil.Process]:
    try:
        return list(leader.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _kill(processes: set[psutil.Process]) -> None:
    """Kills them and whatever they start meanwhile.

    psutil compares a process's time of birth before it signals it, so that nobody else's is met.
    """
    doomed = set(processes)
    for _ in range(_KILL_ROUNDS):
        for process in list(doomed):
            doomed.update(_descendants(process))
        doomed = {process for process in doomed if _runs(process)}
        if not doomed:
            return
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(doomed, timeout=_KILL_ROUND_SECONDS)


def _runs(process: psutil.Process) -> bool:
    """A zombie is gone, even if its parent has not asked for its status yet."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
