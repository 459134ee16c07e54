"""Time as Alva's half keeps it (milliseconds since the epoch, UTC) and as it writes it (ISO 8601).

Alva documents no form of date. The one chosen here leaves the fraction out when there is none
(`2025-03-01T08:00:05Z`, `2025-03-01T08:00:05.120Z`), so that a reader has to cope with both.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

DAY_MS = 24 * 60 * 60 * 1000
ACTIVE_MS = 90 * DAY_MS
"""How long a job position stays active after a candidate was added (Alva's help centre)."""
VALID_MS = 730 * DAY_MS
"""24 months: how long a psychometric result can be used again, and how long a candidate's data is kept by default."""
REMINDER_MS = 3 * DAY_MS
"""The step of automatic reminders (Alva's help centre)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """What Alva's half needs of the world's clock."""

    def now_ms(self) -> int:
        """The present moment in milliseconds since the epoch."""
        ...


def iso(moment_ms: int, *, with_fraction: bool = False) -> str:
    """Write a moment as ISO 8601 in UTC, with milliseconds only where there are any, or always."""
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    precision = "milliseconds" if with_fraction or moment_ms % 1000 else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def parse_iso(text: str) -> int:
    """Read an ISO 8601 date and time into milliseconds.

    Raises ValueError; a time without an offset is ambiguous, hence refused.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset from UTC")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def later(before_ms: int, now_ms: int) -> int:
    """The moment of a change: now, and always after the one before, so that a frozen clock hides no change."""
    return max(now_ms, before_ms + 1)
