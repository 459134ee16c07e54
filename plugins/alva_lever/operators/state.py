"""A DAG's state from run to run, in Airflow's asset state store: the time it has covered, and its leftovers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from airflow.sdk.execution_time.context import AssetStateStoreAccessor

from alva_lever.batch.leftovers import Leftover, Leftovers
from alva_lever.operators.base import covered_asset
from alva_lever.operators.run import Run
from alva_lever.sync.items import joined

_COVERED = "covered_ms"
_LEFTOVERS = "leftovers"
# Airflow limits a value to less than 65,535 bytes.
_CHUNK_BYTES = 60_000


class DagState:
    """The state of one DAG.

    Only tasks that hold the one slot of Lever's pool write it, except that a scheduled run's report moves the covered
    time. So no two tasks write the same key at once.
    """

    def __init__(self, dag_id: str) -> None:
        # By name and not by the task's inlets: a mapped task has no inlets before it runs.
        self._store: Any = AssetStateStoreAccessor(name=covered_asset(dag_id).name)

    def covered_ms(self, run: Run, *, first_ms: int) -> int | None:
        """Returns the time up to which scheduled runs have covered. The first scheduled run, even a dry run, sets it to
        `first_ms`: if that run fails or only rehearses, later runs still cover its time."""
        value = self._store.get(_COVERED)
        if isinstance(value, int):
            return value
        if not run.scheduled:
            return None
        self._store.set(_COVERED, first_ms)
        return first_ms

    def move_covered(self, end_ms: int) -> None:
        """Records that everything up to this time is found, and done or kept as a leftover. Never moves back."""
        value = self._store.get(_COVERED)
        self._store.set(_COVERED, max(value if isinstance(value, int) else 0, end_ms))

    def leftovers(self) -> Leftovers:
        """Reads the leftovers."""
        head = self._head()
        rows = list(head["first"])
        for number in range(head["more"]):
            rows += self._store.get(f"{_LEFTOVERS}-{head['generation'] % 2}-{number}") or []
        return Leftovers(map(Leftover.of, rows), join=joined)

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

    def _head(self) -> dict[str, Any]:
        value = self._store.get(_LEFTOVERS)
        return value if isinstance(value, dict) else {"generation": 0, "first": [], "more": 0}


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
