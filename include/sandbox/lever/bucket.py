"""Lever's limit: a token bucket for each key, ten calls a second and twenty at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """``calls_per_second`` steadily, up to ``burst`` at once; None: as many as come.

    The ``timer`` counts seconds on the machine's own time, not on the world's clock: whoever calls too fast really
    does.
    """

    calls_per_second: float | None = 10
    burst: int = 20
    timer: Callable[[], float] = time.monotonic


class Bucket:
    """The calls that one key may still make. Not locked: the world answers one request at a time."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._tokens = float(limit.burst)
        self._filled_at = limit.timer()

    def take(self) -> bool:
        """Takes one call, if there is one."""
        if self._limit.calls_per_second is None:
            return True
        now = self._limit.timer()
        self._tokens = min(self._limit.burst, self._tokens + (now - self._filled_at) * self._limit.calls_per_second)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
