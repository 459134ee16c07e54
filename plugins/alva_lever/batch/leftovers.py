"""What could not be done, kept by id until it is done or given up: when it is due, and what a report shows of it.

Ids and words only: nothing here knows what an item is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# At most so many wait for each DAG.
MOST = 1000
SHOWN = 100
_HOUR_MS = 60 * 60 * 1000
# After the first attempt in the next run, then so many hours later; the last of them again and again.
_HOURS = (0, 1, 2, 4, 8, 16, 24)
# So long after the first attempt it is given up.
LONGEST_MS = 14 * 24 * _HOUR_MS

# An item as a batch has it: `id`, and what is to be done with it.
Item = Mapping[str, Any]
# What an item has that is tried again, and that nothing else in its run asks for.
DUE = "due"


@dataclass(frozen=True, slots=True)
class Leftover:
    """One that waits. `fault`: a word for what kept it from being done. Times are epoch milliseconds."""

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
        """As a report has it: `{"id", "fault", "attempts", "due"}`, `due` in ISO 8601."""
        due = datetime.fromtimestamp(self.due_ms / 1000, UTC).isoformat(timespec="seconds")
        return {"id": self.id, "fault": self.fault, "attempts": self.attempts, "due": due}


@dataclass(slots=True)
class Settled:
    """What became of those that a batch could not do. `too_many`: there is no room for them."""

    kept: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)

    def add(self, other: Settled) -> None:
        self.kept += other.kept
        self.given_up += other.given_up
        self.too_many += other.too_many


class Leftovers:
    """Those of one DAG, by id. `join(one, other)`: the item that asks for all that two of the same id ask for."""

    def __init__(self, waiting: Iterable[Leftover], *, join: Callable[[Item, Item], Item]) -> None:
        self._waiting = {one.id: one for one in waiting}
        self._join = join

    def __iter__(self) -> Iterator[Leftover]:
        return iter(self._waiting.values())

    def __len__(self) -> int:
        return len(self._waiting)

    def due(self, now_ms: int) -> list[Item]:
        """What is to be tried now."""
        return [one.item for one in self._waiting.values() if one.due_ms <= now_ms]

    def shown(self) -> list[dict[str, Any]]:
        """The first hundred, those that are due first before the others."""
        return [one.shown() for one in sorted(self._waiting.values(), key=lambda one: (one.due_ms, one.id))[:SHOWN]]

    def done(self, items: Iterable[Item]) -> None:
        """Takes those away that were done, unless more was asked for than was done."""
        for item in items:
            waiting = self._waiting.get(str(item["id"]))
            if waiting is not None and self._join(item, waiting.item) == self._join(item, item):
                del self._waiting[waiting.id]

    def failed(self, faults: Iterable[tuple[Item, str]], now_ms: int) -> Settled:
        """Each item that could not be done, with its fault, waits for another attempt, or is given up."""
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
                # It was just asked for once more, and has as long as any other from now on.
                attempts, first_ms = 1, now_ms
            hours = _HOURS[min(attempts, len(_HOURS)) - 1]
            kept = {name: value for name, value in item.items() if name != DUE}
            asked = self._join(kept, kept if before is None else before.item)
            left = Leftover(asked, fault, attempts, first_ms, now_ms + hours * _HOUR_MS)
            self._waiting[left.id] = left
            settled.kept.append(left.id)
        return settled
