"""What makes a run repeatable: a clock that can be set and stopped, and ids that come from a seed."""

from __future__ import annotations

import itertools
import random
import threading
import time
import uuid

_NAMESPACE = uuid.UUID("6f1e7b0c-52a4-4a6c-9b19-6f5b1c1d7a10")


class Clock:
    """The time of the stand-in's world, in milliseconds since 1970 as Lever counts it.

    Follows real time until it is set, moved or frozen; then follows real time from there. Both services share one, so
    that an answer of Alva and a note in Lever can be compared. Safe to use from several threads.
    """

    def __init__(self, now_ms: int | None = None) -> None:
        """``now_ms``: the time to begin at; without it, the machine's own time."""
        self._lock = threading.RLock()
        self._offset_ms = 0.0
        self._frozen_ms: int | None = None
        if now_ms is not None:
            self.set(now_ms)

    def now_ms(self) -> int:
        with self._lock:
            return int(time.time() * 1000 + self._offset_ms) if self._frozen_ms is None else self._frozen_ms

    def set(self, ms: int) -> None:
        """Sets the time to ``ms``. A frozen clock stays frozen, at the new time."""
        with self._lock:
            if self._frozen_ms is None:
                self._offset_ms = ms - time.time() * 1000
            else:
                self._frozen_ms = ms

    def advance(self, ms: int) -> int:
        """Moves the time by ``ms`` (back, if negative) and returns the new time."""
        with self._lock:
            self.set(self.now_ms() + ms)
            return self.now_ms()

    def freeze(self, ms: int | None = None) -> int:
        """Stops the clock, now or at ``ms``, and returns that time."""
        with self._lock:
            self._frozen_ms = self.now_ms() if ms is None else ms
            return self._frozen_ms

    def unfreeze(self) -> None:
        """Lets the clock run on from its present time."""
        with self._lock:
            now_ms, self._frozen_ms = self.now_ms(), None
            self.set(now_ms)

    def adjust(self, now_ms: int | None = None, advance_ms: int | None = None, frozen: bool | None = None) -> None:
        """Makes several changes, in this order."""
        if now_ms is not None:
            self.set(now_ms)
        if advance_ms is not None:
            self.advance(advance_ms)
        if frozen is not None:
            self.freeze() if frozen else self.unfreeze()

    @property
    def frozen(self) -> bool:
        return self._frozen_ms is not None


def fixed_uuid(name: str) -> str:
    """Returns an id that is the same in every world, for stages and archive reasons, which people put into settings."""
    return str(uuid.uuid5(_NAMESPACE, name))


class Ids:
    """Lever's UUIDs and tokens, and Alva's short numbers: the same in every run with the same seed, so that a failing
    test fails again."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(f"ids {seed}")
        self._serials = itertools.count(48_000)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, length: int) -> str:
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def serial(self) -> str:
        return str(next(self._serials))
