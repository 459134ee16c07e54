"""When a request is retried, and after how long: parts for tenacity."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from requests import Response
from tenacity import RetryCallState

from alva_lever.http.errors import TransientError

ATTEMPTS = 5
# A second limit beside the number of attempts: five time-outs of 30 s would hold the task and the pool's one slot
# longer.
TOTAL_SECONDS = 120.0
# Neither vendor is known to ask for a longer pause. If one does, the task retries early rather than sleep for an hour.
LONGEST_WAIT_SECONDS = 60.0


def retry_after_seconds(response: Response, *, now: Callable[[], float]) -> float | None:
    """Reads `Retry-After`: seconds, or a date, counted from the answer's own `Date` since the two clocks may differ
    (from our clock if it has none). None if the header is missing or makes no sense."""
    value = (response.headers.get("Retry-After") or "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        until = _date(value)
        if until is None:
            return None
        answered = _date(response.headers.get("Date") or "") or datetime.fromtimestamp(now(), UTC)
        seconds = (until - answered).total_seconds()
    # Refuses nan too, which compares false with everything.
    return min(seconds, LONGEST_WAIT_SECONDS) if seconds >= 0 else None


def backoff_seconds(attempt: int) -> float:
    """Exponential with jitter: 1 to 2 s after the first attempt, then 2 to 4, 4 to 8, 8 to 16."""
    return float(random.uniform(0.5, 1.0) * min(2**attempt, LONGEST_WAIT_SECONDS))


def failure_of(state: RetryCallState) -> BaseException | None:
    """Returns what the attempt raised, if anything."""
    return state.outcome.exception() if state.outcome else None


def seconds_until_next(state: RetryCallState) -> float:
    """Returns the backoff, or the pause that the vendor asked for if that is longer. A vendor that counts in whole
    seconds asks for 0 when its limit frees up within the second, and all attempts would be over before that."""
    failure, backoff = failure_of(state), backoff_seconds(state.attempt_number)
    asked = failure.retry_after_seconds if isinstance(failure, TransientError) else None
    return max(asked or 0.0, backoff)


class Deadline:
    """Passes `seconds` after it was made, by the hook's clock: a test can't move tenacity's own."""

    def __init__(self, clock: Callable[[], float], seconds: float = TOTAL_SECONDS) -> None:
        self._clock = clock
        self._ends = clock() + seconds

    def passed(self, wait_seconds: float = 0.0) -> bool:
        return self._clock() + wait_seconds > self._ends


def _date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
