"""Rows kept in the order in which they are listed, so that a page costs what it holds, not what the account holds."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

Place = tuple[Any, ...]  # compares with the other places of its kind


class Placed(Protocol):
    """What can be kept in order: an id, and a place that ends with it, so that no two are equal."""

    id: str

    @property
    def order(self) -> Place: ...


Row = TypeVar("Row", bound=Placed)


class Ordered(Generic[Row]):
    """Rows by id and by ``row.order``. After a change of what the order is made of, `place` the row again."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._places: dict[str, Place] = {}
        self._order: list[Place] = []

    def place(self, row: Row) -> None:
        """Adds the row, or moves it to where it belongs by now."""
        place = row.order
        if self._places.get(row.id) != place:
            self.remove(row.id)
            self._rows[row.id] = row
            self._places[row.id] = place
            bisect.insort(self._order, place)

    def remove(self, uid: str) -> None:
        """Takes the row out, if it is there."""
        place = self._places.pop(uid, None)
        if place is not None:
            del self._rows[uid]
            del self._order[bisect.bisect_left(self._order, place)]

    def get(self, uid: str) -> Row | None:
        return self._rows.get(uid)

    def starting(self, place: Place | None) -> Iterator[Row]:
        """The rows in order, from the first that stands at ``place`` or after it."""
        start = 0 if place is None else bisect.bisect_left(self._order, place)
        for index in range(start, len(self._order)):
            yield self._rows[str(self._order[index][-1])]

    def __iter__(self) -> Iterator[Row]:
        return self.starting(None)

    def __len__(self) -> int:
        return len(self._rows)
