"""What the operators share: an account, the state that they keep from run to run, and faults that are not retried."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.context import AssetStateStoreAccessor

from alva_lever.account import ACCOUNTS, DEFAULT
from alva_lever.batch.leftovers import Leftover, Leftovers
from alva_lever.operators.run import Run
from alva_lever.sync.items import joined

_COVERED = "covered_ms"
_LEFTOVERS = "leftovers"
# Airflow limits a value to less than 65,535 bytes.
_CHUNK_BYTES = 60_000


def covered_asset(dag_id: str) -> Asset:
    """Returns the asset under which Airflow's asset state store keeps a DAG's state from run to run."""
    return Asset(name=f"{dag_id}_covered", uri=f"alva-lever://covered/{dag_id}")


class StatefulOperator(BaseOperator):
    """Keeps state from run to run under its DAG's name. Airflow keeps state only for a task's inlets, so the operator
    adds the assets to them.

    :param state_of: the DAGs whose state the operator uses; None: its own.
    """

    def __init__(self, *, state_of: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state_of = state_of or [self.dag_id]
        present = {asset.name for asset in self.inlets if isinstance(asset, Asset)}
        assets = [covered_asset(dag_id) for dag_id in self.state_of]
        self.inlets = [*self.inlets, *(asset for asset in assets if asset.name not in present)]


class LeverAlvaOperator(StatefulOperator):
    """Uses the connections to Lever and Alva. Subclasses implement `work`. A fault that a person must correct fails the
    task without a retry.

    :param account_id: the account whose connections and options the operator uses.
    """

    def __init__(self, *, account_id: str = DEFAULT.account_id, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account = ACCOUNTS[account_id]

    def execute(self, context: Context) -> Any:
        """Returns the result of `work`."""
        return failing_at_once(lambda: self.work(context))

    @abstractmethod
    def work(self, context: Context) -> Any:
        """Does the operator's work."""


def failing_at_once(execute: Callable[[], Any]) -> Any:
    """Turns a lasting fault (a wrong key, a missing permission, a bad option) into one that Airflow doesn't retry.

    :raises AirflowFailException: a lasting fault, with the same sentence.
    """
    try:
        return execute()
    except Exception as error:
        if not is_lasting(error):
            raise
        sentence = str(error)
    # Raised outside the handler, so that the log has one sentence and not a chain of errors.
    raise AirflowFailException(sentence)


def is_lasting(error: BaseException) -> bool:
    """Whether another attempt would meet the same fault."""
    from alva_lever.batch.batch import Unfinished
    from alva_lever.http.errors import Forbidden, SetupError, Unauthorized
    from alva_lever.settings import BadOption

    if isinstance(error, Unfinished):
        return error.lasting
    return isinstance(error, BadOption | SetupError | Unauthorized | Forbidden | AirflowFailException)


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
