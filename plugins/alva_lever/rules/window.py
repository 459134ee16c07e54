"""Which stretch of time a run covers."""

from __future__ import annotations

from dataclasses import dataclass

# For Lever's late clocks: `updatedAt` was once seen 91 s behind.
OVERLAP_MS = 10 * 60 * 1000
# The furthest that a scheduled run goes back for hours that were left out.
LONGEST_MS = 14 * 24 * 60 * 60 * 1000
# What a run covers for which nobody said anything.
DEFAULT_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Window:
    """`[start, end)` in epoch milliseconds. What is searched begins an overlap earlier."""

    start_ms: int
    end_ms: int

    @property
    def first_ms(self) -> int:
        """The first moment that is searched."""
        return self.start_ms - OVERLAP_MS

    @property
    def last_ms(self) -> int:
        """The last one: Lever's filters include both ends."""
        return self.end_ms - 1

    def has(self, moment_ms: int | None) -> bool:
        """Whether something that happened then is looked for, overlap included."""
        return moment_ms is not None and self.first_ms <= moment_ms <= self.last_ms


def scheduled(start_ms: int, end_ms: int, covered_ms: int | None) -> Window:
    """A scheduled run's: from where the last one that succeeded ended, so that no hour is left out."""
    start_ms = start_ms if covered_ms is None else min(start_ms, covered_ms)
    return Window(max(start_ms, end_ms - LONGEST_MS), end_ms)


def requested(since_ms: int | None, interval_ms: tuple[int, int] | None, now_ms: int) -> Window:
    """Any other run's: since when its form says, else its data interval, else the last 24 hours."""
    if since_ms is not None:
        return Window(since_ms, max(now_ms, since_ms))
    if interval_ms is not None:
        return Window(*interval_ms)
    return Window(now_ms - DEFAULT_MS, now_ms)
