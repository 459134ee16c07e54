"""The window of time that a run covers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

# Allows for Lever's late clocks: `updatedAt` was once seen 91 s behind.
OVERLAP_MS = 10 * 60 * 1000
# How far a scheduled run goes back at most to cover missed hours.
LONGEST_MS = 14 * 24 * 60 * 60 * 1000
# What a run covers if neither its form nor a data interval says more.
DEFAULT_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Window:
    """`[start, end)` in epoch milliseconds. A search begins `OVERLAP_MS` earlier."""

    start_ms: int
    end_ms: int

    @property
    def first_ms(self) -> int:
        """The first moment that is searched."""
        return self.start_ms - OVERLAP_MS

    @property
    def last_ms(self) -> int:
        """The last moment that is searched: Lever's filters include both ends."""
        return self.end_ms - 1

    def has(self, moment_ms: int | None) -> bool:
        """Whether the window, with its overlap, includes this moment."""
        return moment_ms is not None and self.first_ms <= moment_ms <= self.last_ms


def scheduled(start_ms: int, end_ms: int, covered_ms: int | None) -> Window:
    """Returns a scheduled run's window, which begins where the last successful one ended, so that no hour is missed."""
    start_ms = start_ms if covered_ms is None else min(start_ms, covered_ms)
    return Window(max(start_ms, end_ms - LONGEST_MS), end_ms)


def requested(since_ms: int | None, interval_ms: tuple[int, int] | None, now_ms: int) -> Window:
    """Returns any other run's window: from the form's `since` until now, else the data interval, else the last day."""
    if since_ms is not None:
        return Window(since_ms, max(now_ms, since_ms))
    if interval_ms is not None:
        return Window(*interval_ms)
    return Window(now_ms - DEFAULT_MS, now_ms)


def in_words(moment_ms: int) -> str:
    """Returns the moment as a person reads it, to the minute, in UTC."""
    return to_the_minute(datetime.fromtimestamp(moment_ms / 1000, UTC))


def to_the_minute(moment: datetime) -> str:
    """Returns a moment in UTC as a person reads it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
