"""The time of the stand-in's world, in milliseconds since 1970 as Lever counts it."""

from __future__ import annotations

import threading
import time


class Clock:
    """Follows real time until it is set, moved or frozen; then follows real time from there.

    Both services share one, so that an answer of Alva and a note in Lever can be compared. Safe to use from several
    threads.
    """

    def __init__(self, now_ms: int | None = None) -> None:
        """``now_ms``: the time to begin at; without it, the machine's own time."""
        self._lock = threading.Lock()
        self._offset_ms = 0.0
        self._frozen_ms: int | None = None
        if now_ms is not None:
            self.set(now_ms)

    def now_ms(self) -> int:
        with self._lock:
            return self._read()

    def set(self, ms: int) -> None:
        """Sets the time to ``ms``. A frozen clock stays frozen, at the new time."""
        with self._lock:
            self._move_to(ms)

    def advance(self, ms: int) -> int:
        """Moves the time by ``ms`` (back, if negative) and returns the new time."""
        with self._lock:
            self._move_to(self._read() + ms)
            return self._read()

    def freeze(self, ms: int | None = None) -> int:
        """Stops the clock, now or at ``ms``, and returns that time."""
        with self._lock:
            self._frozen_ms = self._read() if ms is None else ms
            return self._frozen_ms

    def unfreeze(self) -> None:
        """Lets the clock run on from its present time."""
        with self._lock:
            if self._frozen_ms is not None:
                frozen_ms, self._frozen_ms = self._frozen_ms, None
                self._move_to(frozen_ms)

    def adjust(self, now_ms: int | None = None, advance_ms: int | None = None, frozen: bool | None = None) -> None:
        """Makes several changes, in this order."""
        if now_ms is not None:
            self.set(now_ms)
        if advance_ms is not None:
            self.advance(advance_ms)
        if frozen is True:
            self.freeze()
        elif frozen is False:
            self.unfreeze()

    @property
    def frozen(self) -> bool:
        return self._frozen_ms is not None

    def _read(self) -> int:
        if self._frozen_ms is not None:
            return self._frozen_ms
        return int(time.time() * 1000 + self._offset_ms)

    def _move_to(self, ms: int) -> None:
        if self._frozen_ms is not None:
            self._frozen_ms = ms
        else:
            self._offset_ms = ms - time.time() * 1000
