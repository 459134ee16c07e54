"""Leftovers: items that failed, kept by id with their due time until they are done or given up.

Ids and words only: nothing here knows what an item means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# The most leftovers of one DAG.
MOST = 1000
SHOWN = 100
_HOUR_MS = 60 * 60 * 1000
# Hours from each failed attempt to the next one: 0 means the next run, and the last value repeats.
_HOURS = (0, 1, 2, 4, 8, 16, 24)
# A leftover is given up so long after its first attempt.
LONGEST_MS = 14 * 24 * _HOUR_MS
# A manual run with such an id does leftovers as a scheduled run would: its ids are not a person's request to invite.
RUN_PREFIX = "leftover__"

# An item of a batch: `id`, and what is to be done with it.
Item = Mapping[str, Any]
# The key that marks an item which is only in this run because it is a leftover.
DUE = "due"


@dataclass(frozen=True, slots=True)
class Leftover:
    """An item that waits for its next attempt. `fault`: why it failed, in a word. Times are epoch milliseconds."""

    item: Item
    fault: str
    attempts: int
    first_ms: int
    due_ms: int

    @property
    def id(self) -> str:
        return str(self.item["id"])

    def as_json(self) -> dict[str, Any]:
        return {
            "item": dict(self.item),
            "fault": self.fault,
            "attempts": self.attempts,
            "first_ms": self.first_ms,
            "due_ms": self.due_ms,
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Leftover:
        return cls(value["item"], value["fault"], value["attempts"], value["first_ms"], value["due_ms"])

    def shown(self) -> dict[str, Any]:
        """Returns it for a report: `{"id", "fault", "attempts", "due"}`, `due` in ISO 8601."""
        due = datetime.fromtimestamp(self.due_ms / 1000, UTC).isoformat(timespec="seconds")
        return {"id": self.id, "fault": self.fault, "attempts": self.attempts, "due": due}


@dataclass(slots=True)
class Settled:
    """The ids of failed items, by outcome. `too_many`: there is no room to keep them."""

    kept: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)

    def add(self, other: Settled) -> None:
        self.kept += other.kept
        self.given_up += other.given_up
        self.too_many += other.too_many


class Leftovers:
    """The leftovers of one DAG, by id. `join(one, other)` merges two items with the same id, so that all of both is
    done."""

    def __init__(self, waiting: Iterable[Leftover], *, join: Callable[[Item, Item], Item]) -> None:
        self._waiting = {leftover.id: leftover for leftover in waiting}
        self._join = join

    def __iter__(self) -> Iterator[Leftover]:
        return iter(self._waiting.values())

    def __len__(self) -> int:
        return len(self._waiting)

    def due(self, now_ms: int) -> list[Item]:
        """Returns the items to try now."""
        return [leftover.item for leftover in self._waiting.values() if leftover.due_ms <= now_ms]

    def shown(self) -> list[dict[str, Any]]:
        """Returns the first hundred for a report, in the order of their due time."""
        ordered = sorted(self._waiting.values(), key=lambda leftover: (leftover.due_ms, leftover.id))
        return [leftover.shown() for leftover in ordered[:SHOWN]]

    def done(self, items: Iterable[Item]) -> None:
        """Removes the leftovers that are done, unless more was to be done than these items say."""
        for item in items:
            waiting = self._waiting.get(str(item["id"]))
            if waiting is not None and self._join(item, waiting.item) == self._join(item, item):
                del self._waiting[waiting.id]

    def failed(self, faults: Iterable[tuple[Item, str]], now_ms: int) -> Settled:
        """Keeps each failed item, with its fault, for another attempt, or gives it up."""
        settled = Settled()
        for item, fault in faults:
            before = self._waiting.get(str(item["id"]))
            if before is None and len(self._waiting) >= MOST:
                settled.too_many.append(str(item["id"]))
                continue
            attempts = 1 if before is None else before.attempts + 1
            first_ms = now_ms if before is None else before.first_ms
            if now_ms - first_ms >= LONGEST_MS:
                if item.get(DUE):
                    del self._waiting[str(item["id"])]
                    settled.given_up.append(str(item["id"]))
                    continue
                # This run asked for it independently of the leftover, so its time starts again.
                attempts, first_ms = 1, now_ms
            hours = _HOURS[min(attempts, len(_HOURS)) - 1]
            kept = {name: value for name, value in item.items() if name != DUE}
            asked = self._join(kept, kept if before is None else before.item)
            left = Leftover(asked, fault, attempts, first_ms, now_ms + hours * _HOUR_MS)
            self._waiting[left.id] = left
            settled.kept.append(left.id)
        return settled
