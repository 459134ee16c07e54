"""Starts again what has ended, as systemd or Kubernetes does: without it Airflow ends with its database."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from include.demo.processes import Component, ComponentDied, Fleet, obituary

_DELAY_SECONDS = 3.0
_STEADY_SECONDS = 60.0
_MOST_IN_A_ROW = 5


@dataclass(slots=True)
class _Order:
    """How a component was started, and its restarts since it last ran steadily."""

    start: Callable[[], Component]
    started: float
    in_a_row: int = 0
    due: float | None = None


class Supervisor(Fleet):
    """A fleet whose components are started again when they end, each a moment later.

    It acts during `check`, which those who wait for something call twice a second. Raises `ComponentDied` for a
    component that ends more than five times in a row within a minute of its start.
    """

    def __init__(
        self,
        record: Path,
        grace_seconds: float = 5.0,
        held: Callable[[], AbstractContextManager[None]] = nullcontext,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``held``: delays interruptions. ``say``: takes a sentence for each component that is started again."""
        super().__init__(record, grace_seconds)
        self._held = held
        self._say = say
        self._orders: dict[str, _Order] = {}
        self._kept_away: set[str] = set()
        self.restarts: list[str] = []  # a name for each restart

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
        def again() -> Component:
            return Fleet.start(self, name, command, log, environment, folder, self._held(), user)

        component = super().start(name, command, log, environment, folder, held, user)
        self._orders[name] = _Order(again, time.monotonic())
        return component

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Ends a component and all its processes, as the loss of its machine does, and waits for its end."""
        self.end(self.named(name), number)

    @contextmanager
    def away(self, name: str, number: signal.Signals = signal.SIGTERM) -> Iterator[None]:
        """Ends a component, and starts it again only after the block."""
        self._kept_away.add(name)
        try:
            self.kill(name, number)
            yield
        finally:
            self._kept_away.discard(name)

    def _ended(self, component: Component) -> None:
        name = component.name
        order = self._orders[name]
        now = time.monotonic()
        if name in self._kept_away:
            return
        if order.due is None:
            self._say(f"{obituary(component, with_log=False)} It is started again")
            self.end(component)  # what outlives it would keep its port, or work beside its successor
            order.in_a_row = order.in_a_row + 1 if now - order.started < _STEADY_SECONDS else 1
            order.due = now + _DELAY_SECONDS
        if order.in_a_row > _MOST_IN_A_ROW:
            raise ComponentDied(obituary(component))
        if now >= order.due:
            self.forget(component)
            order.start()
            order.started, order.due = time.monotonic(), None
            self.restarts.append(name)
