"""The state of a DAG that Airflow's asset state store keeps from run to run: the covered time and the leftovers.

Tasks read and write it through Airflow's accessor, the page reads it from the database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Protocol

from alva_lever.batch.leftovers import Leftover, Leftovers
from alva_lever.sync.items import joined

_COVERED = "covered_ms"
_LEFTOVERS = "leftovers"
# Airflow limits a value to less than 65,535 bytes.
_CHUNK_BYTES = 60_000


def asset_name(dag_id: str) -> str:
    """Returns the name of the asset under which a DAG's state is kept."""
    return f"{dag_id}_covered"


class Readable(Protocol):
    """Reads the values of an asset."""

    def get(self, key: str) -> Any:
        """Returns the value, None if there is none."""


class Store(Readable, Protocol):
    """Reads and writes the values of an asset."""

    def set(self, key: str, value: Any) -> None: ...
    def delete(self, key: str) -> None: ...


class DagState:
    """Reads the state of one DAG."""

    def __init__(self, store: Readable) -> None:
        self._values = store

    @property
    def covered_ms(self) -> int | None:
        """The time up to which scheduled runs have covered; None before the first one."""
        value = self._values.get(_COVERED)
        return value if isinstance(value, int) else None

    def leftovers(self) -> Leftovers:
        """Reads the leftovers."""
        head = self._head()
        rows = list(head["first"])
        for number in range(head["more"]):
            rows += self._values.get(f"{_LEFTOVERS}-{head['generation'] % 2}-{number}") or []
        return Leftovers(map(Leftover.of, rows), join=joined)

    def _head(self) -> dict[str, Any]:
        value = self._values.get(_LEFTOVERS)
        return value if isinstance(value, dict) else {"generation": 0, "first": [], "more": 0}


class WritableDagState(DagState):
    """Reads and writes the state of one DAG.

    Only tasks that hold the one slot of Lever's pool write it, except that a scheduled run's report moves the covered
    time. So no two tasks write the same key at once.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._store = store

    def cover_from(self, first_ms: int) -> int:
        """Returns the time up to which scheduled runs have covered. The first scheduled run, even a dry run, sets it to
        `first_ms`: if that run fails or only rehearses, later runs still cover its time."""
        covered_ms = self.covered_ms
        if covered_ms is None:
            self._store.set(_COVERED, first_ms)
            return first_ms
        return covered_ms

    def move_covered(self, end_ms: int) -> None:
        """Records that everything up to this time is found, and done or kept as a leftover. Never moves back."""
        self._store.set(_COVERED, max(self.covered_ms or 0, end_ms))

    def keep(self, leftovers: Leftovers) -> None:
        """Writes the leftovers. The head is written last, so a crash before it leaves the old leftovers in place."""
        before = self._head()
        first, *more = list(_chunks(leftovers)) or [[]]
        if not before["more"] and not more and before["first"] == first:
            return
        generation = before["generation"] + 1
        for number, chunk in enumerate(more):
            self._store.set(f"{_LEFTOVERS}-{generation % 2}-{number}", chunk)
        self._store.set(_LEFTOVERS, {"generation": generation, "first": first, "more": len(more)})
        for number in range(before["more"]):
            self._store.delete(f"{_LEFTOVERS}-{before['generation'] % 2}-{number}")


def _chunks(leftovers: Leftovers) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    size = 0
    for leftover in leftovers:
        row = leftover.as_json()
        length = len(json.dumps(row)) + 2
        if chunk and size + length > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += length
    if chunk:
        yield chunk
