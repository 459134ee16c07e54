"""How fast a hook may call: a token bucket that its threads share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class RateLimiter:
    """Lets calls through at a steady rate, and stops all of them when the vendor asks for a pause.

    The bucket starts with one token, not full: the task before ours may have spent the vendor's own bucket a moment
    ago. It fills to `burst` tokens, so that a slow answer is caught up with. No rate means no pace; a pause holds all
    the same.

    A call is given its moment when it asks (the bucket is kept as the time at which it would be full again), so each
    call sleeps once and nobody is overtaken. Only a pause makes the ones that sleep ask again.
    """

    def __init__(
        self,
        calls_per_second: float | None,
        burst: int = 1,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if calls_per_second is not None and calls_per_second <= 0:
            raise ValueError("calls_per_second must be more than 0")
        self._interval_seconds = 0.0 if calls_per_second is None else 1 / calls_per_second
        self._slack_seconds = (max(burst, 1) - 1) * self._interval_seconds
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._full_at = clock() + self._slack_seconds
        self._paused_until = clock()
        self._pauses = 0
        self._waited_until = clock()
        self._waited_seconds = 0.0

    @property
    def waited_seconds(self) -> float:
        """The time in which somebody waited here, pauses included. Two who wait at once wait no longer than one."""
        return self._waited_seconds

    def acquire(self) -> float:
        """Wait for this call's turn; the seconds waited."""
        waited = 0.0
        while True:
            wait, pauses = self._reserve()
            if wait > 0:
                self._sleep(wait)
                waited += wait
            with self._lock:
                if pauses == self._pauses:
                    return waited

    def pause(self, seconds: float) -> None:
        """Let nothing through for so long, in any thread; then start again with an empty bucket."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)
            self._full_at = max(self._full_at, self._paused_until + self._slack_seconds)
            self._pauses += 1
            self._note_wait(self._clock(), self._paused_until)

    def _reserve(self) -> tuple[float, int]:
        with self._lock:
            now = self._clock()
            turn = max(now, self._paused_until, self._full_at - self._slack_seconds)
            self._full_at = max(self._full_at, turn) + self._interval_seconds
            self._note_wait(now, turn)
            return turn - now, self._pauses

    def _note_wait(self, now: float, until: float) -> None:
        self._waited_seconds += max(0.0, until - max(now, self._waited_until))
        self._waited_until = max(self._waited_until, until)
