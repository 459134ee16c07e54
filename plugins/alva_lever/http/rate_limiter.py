"""Limits how fast a hook calls: a token bucket that its threads share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# Seconds between calls after a vendor's refusal: at first, where no rate is known; and at most.
_SLOWED, _SLOWEST = 0.1, 1.0
# What each call makes of a slowed pace: after 35 calls it is twice as fast.
_RECOVERY = 0.98


class RateLimiter:
    """Lets calls through at a steady rate, and stops all of them when the vendor asks for a pause.

    A pause also halves the pace, which each call then speeds up a little, up to the rate that was given: the vendor's
    limit may be unknown, or lower than it says, and several threads that go on at once would be refused at once.

    The bucket starts with one token, not full: the task before may have just emptied the vendor's own bucket. It fills
    to `burst` tokens, to catch up after a slow answer. Without a rate there is no pace, but a pause still holds.

    A call reserves its moment when it asks (the bucket is stored as the time at which it is full again), so each call
    sleeps once and calls keep their order. Only a pause makes sleeping calls ask again.
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
        self._usual_seconds = self._interval_seconds = 0.0 if calls_per_second is None else 1 / calls_per_second
        self._slowed_seconds = 2 * self._usual_seconds or _SLOWED
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
        """Seconds in which at least one thread waited, pauses included."""
        return self._waited_seconds

    def acquire(self) -> float:
        """Waits for this call's turn. Returns the seconds waited."""
        waited = 0.0
        while True:
            wait, pauses = self._reserve()
            if wait > 0:
                self._sleep(wait)
                waited += wait
            with self._lock:
                if pauses == self._pauses:
                    self._interval_seconds = max(self._interval_seconds * _RECOVERY, self._usual_seconds)
                    return waited

    def pause(self, seconds: float) -> None:
        """Stops all threads for `seconds`, then starts again with an empty bucket, at half the pace."""
        with self._lock:
            # Calls that were under way when the pause began are refused for the same reason.
            if self._clock() >= self._paused_until:
                slower = min(max(2 * self._interval_seconds, self._slowed_seconds), _SLOWEST)
                self._interval_seconds = max(slower, self._usual_seconds)
            self._paused_until = max(self._paused_until, self._clock() + seconds)
            # All calls that wait ask for their turns again, so the old ones are void.
            self._full_at = self._paused_until + self._slack_seconds
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
