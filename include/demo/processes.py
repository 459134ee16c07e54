"""The demo's child processes: starts them in their own groups, watches them, and stops them with their descendants.

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
    """The demo can't go on. The text says what went wrong, where, and what to do."""


class ComponentDied(DemoError):
    """A component ended by itself."""


@dataclass(frozen=True, slots=True)
class Component:
    """A child process, which leads a process group. ``log``: the file with its output."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]


class Fleet:
    """The running components.

    A process group isn't enough: Airflow's tasks lead their own groups. So every check also records each component's
    descendants, while they can still be recognised.
    """

    def __init__(self, record: Path, grace_seconds: float = 5.0) -> None:
        """``record``: the file with the ids of the running components, for `stop_left_over`.

        ``grace_seconds``: how long components have to end before they are killed.
        """
        self._record = record
        self._grace_seconds = grace_seconds
        self._components: list[Component] = []
        self._families: dict[str, set[psutil.Process]] = {}  # by the component's name

    def start(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
        held: AbstractContextManager[None] | None = None,
        user: str | None = None,
    ) -> Component:
        """Starts ``command`` in ``folder``. ``held``: delays interruptions until the process is recorded. ``user``:
        another user of the system than the present one."""
        with log.open("ab") as output, held or nullcontext():
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a terminal's Ctrl-C reaches only us, and we stop the components in order
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
            component = Component(name, log, process)
            self._components.append(component)
            self._note()
            leaders = [leader for _, leader in self._leaders()]
            self._record.write_text(json.dumps([{"pid": one.pid, "born": one.create_time()} for one in leaders]))
        return component

    def finish(self, component: Component, timeout_seconds: float) -> None:
        """Waits for a component that is meant to end, such as a migration. Raises `ComponentDied` if it fails."""
        deadline = time.monotonic() + timeout_seconds
        while component.process.poll() is None:
            if time.monotonic() > deadline:
                raise DemoError(f"{component.name} was not done after {timeout_seconds:.0f} seconds.{_tail(component)}")
            self._check(one for one in self._components if one is not component)
            time.sleep(0.1)
        self.forget(component)
        if component.process.returncode:
            raise ComponentDied(obituary(component))

    def check(self) -> None:
        """Raises `ComponentDied` for the first component that no longer runs."""
        self._check(self._components)

    def named(self, name: str) -> Component:
        """Returns the component that was started last under this name."""
        return next(one for one in reversed(self._components) if one.name == name)

    def end(self, component: Component, number: signal.Signals = signal.SIGKILL) -> None:
        """Sends a signal to a component alone, waits for its end, and kills what it leaves running. After the grace it
        is killed too."""
        self._note()
        with contextlib.suppress(ProcessLookupError):
            component.process.send_signal(number)
        family = self._families.pop(component.name, set())
        if number == signal.SIGKILL:
            _kill(family)
        with contextlib.suppress(subprocess.TimeoutExpired):
            component.process.wait(self._grace_seconds)
        _signal_group(component.process.pid, signal.SIGKILL)
        _kill(family)
        component.process.wait()

    def forget(self, component: Component) -> None:
        """Leaves a component that has ended out from now on."""
        self._components.remove(component)

    def ended(self) -> list[str]:
        """Forgets the components that no longer run. Returns their names, to be started again."""
        self._note()
        over = [one for one in self._components if one.process.poll() is not None]
        self._components = [one for one in self._components if one not in over]
        return [one.name for one in over]

    def stop(self) -> None:
        """Stops everything: asks first, kills after the grace. Returns when nothing is left."""
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
        _kill(set().union(*self._families.values()))
        for component in self._components:
            component.process.wait()
        self._components.clear()
        self._families.clear()
        self._record.unlink(missing_ok=True)

    def _check(self, components: Iterable[Component]) -> None:
        self._note()
        for component in list(components):
            if component.process.poll() is not None:
                self._ended(component)

    def _ended(self, component: Component) -> None:
        raise ComponentDied(obituary(component))

    def _note(self) -> None:
        for component, leader in self._leaders():
            self._families.setdefault(component.name, set()).update(_descendants(leader))

    def _leaders(self) -> list[tuple[Component, psutil.Process]]:
        leaders = []
        for component in self._components:
            with contextlib.suppress(psutil.NoSuchProcess):
                leaders.append((component, psutil.Process(component.process.pid)))
        return leaders


def stop_left_over(record: Path) -> int:
    """Kills the processes that a killed demo left running. Returns the number of components.

    Compares id and start time, so that another process with the same id is left alone.
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
    """Returns the end of a log file, "" if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-count:])


def obituary(component: Component, *, with_log: bool = True) -> str:
    """Says how a component ended, followed by the end of its log."""
    code = component.process.returncode
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    return f"{component.name} {how}.{_tail(component) if with_log else ''}"


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
    """Kills the processes and all that they start meanwhile.

    psutil compares a process's start time before it sends a signal, so that no other process gets it.
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
    """Whether the process runs. A zombie doesn't, even if its parent has not read its status yet."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
