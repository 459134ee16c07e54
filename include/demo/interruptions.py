"""Ctrl-C, ``kill`` and a closed terminal: each ends the demo the same way, whatever it is doing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """Somebody asked the demo to end. ``status``: what a shell expects of a process that such a signal ended."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


class Interruptions:
    """While entered, the first signal raises `Interrupted` in the main thread; those that follow do nothing.

    The first one starts the clean-up, and a second Ctrl-C in the middle of that would leave processes behind.
    """

    def __init__(self) -> None:
        self._former: dict[signal.Signals, Any] = {}
        self._held = 0
        self._waiting: int | None = None
        self._over = False

    def __enter__(self) -> Interruptions:
        for number in _SIGNALS:
            former = signal.getsignal(number)
            if number == signal.SIGHUP and former == signal.SIG_IGN:
                continue  # nohup: the demo is meant to outlive its terminal
            self._former[number] = signal.signal(number, self._arrived)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)

    @contextmanager
    def held(self) -> Iterator[None]:
        """A signal that arrives in this block waits for its end: a process must be noted before it can be stopped."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._waiting is not None and not self._held:
                self._raise(self._waiting)

    def end(self) -> None:
        """From now on signals do nothing: everything is being stopped already."""
        self._over = True

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if self._over:
            return
        if self._held:
            self._waiting = number
        else:
            self._raise(number)

    def _raise(self, number: int) -> None:
        self._over = True
        self._waiting = None
        raise Interrupted(number)
