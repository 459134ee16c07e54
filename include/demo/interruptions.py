"""Ctrl-C, ``kill`` and a closed terminal all end the demo in the same way, at any moment."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal asks the demo to end. ``status``: the exit status that a shell expects after this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


class Interruptions:
    """In this context the first signal raises `Interrupted` in the main thread; later signals do nothing.

    The first signal starts the clean-up; a second Ctrl-C would interrupt it and leave processes behind.
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
        """Delays a signal until the end of the block: a process must be recorded before it can be stopped."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._waiting is not None and not self._held:
                self._raise(self._waiting)

    def end(self) -> None:
        """Makes signals do nothing from now on: everything is already being stopped."""
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
