"""What a DAG keeps from run to run in Airflow's asset state store: how far it has come, and what it could not do."""

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
# Airflow wants a value to stay below 65,535 bytes.
_CHUNK_BYTES = 60_000


class DagState:
    """The state of one DAG.

    Only tasks that hold the one slot of Lever's pool write it, and a scheduled run's report moves what is covered, so
    that no two write the same key at once.
    """

    def __init__(self, dag_id: str) -> None:
        # By name rather than by the task's inlets: a mapped task has none of its own before it runs.
        self._store: Any = AssetStateStoreAccessor(name=covered_asset(dag_id).name)

    def covered_ms(self, run: Run, *, first_ms: int) -> int | None:
        """Up to where scheduled runs have come. The first one begins it at `first_ms`, also in a dry run, so that what
        it covers isn't left out should it fail, or be rehearsed only."""
        value = self._store.get(_COVERED)
        if isinstance(value, int):
            return value
        if not run.scheduled:
            return None
        self._store.set(_COVERED, first_ms)
        return first_ms

    def move_covered(self, end_ms: int) -> None:
        """Everything up to there is found, and each of it is done or waits. Never moves back."""
        value = self._store.get(_COVERED)
        self._store.set(_COVERED, max(value if isinstance(value, int) else 0, end_ms))

    def leftovers(self) -> Leftovers:
        """What waits for another attempt."""
        head = self._head()
        rows = list(head["first"])
        for number in range(head["more"]):
            rows += self._store.get(f"{_LEFTOVERS}-{head['generation'] % 2}-{number}") or []
        return Leftovers(map(Leftover.of, rows), join=joined)

    def keep(self, leftovers: Leftovers) -> None:
        """Writes them; the head comes last, so that a crash in between leaves what was there before."""
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
    for one in leftovers:
        row = one.as_json()
        length = len(json.dumps(row)) + 2
        if chunk and size + length > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += length
    if chunk:
        yield chunk
