"""A mapped task: one batch, what it has done kept over its attempts, and what it could not do kept for another run."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from alva_lever.batch.leftovers import Item, Leftovers, Settled
from alva_lever.operators.base import LeverAlvaOperator, failing_at_once, is_lasting
from alva_lever.operators.hooks import read_variable
from alva_lever.operators.run import Run
from alva_lever.operators.state import DagState
from alva_lever.sync.items import joined

if TYPE_CHECKING:
    from alva_lever.batch.batch import Checkpoint
    from alva_lever.batch.run_report import RunReport
    from alva_lever.sync.integration import Attempt

log = logging.getLogger(__name__)

# A repeat of a run doesn't ask again for those whom a person named in it, so it is remembered for so long who that was.
_NAMED_KEPT = timedelta(days=400)
# The fault of what wasn't tried, since the task ended before.
_UNTRIED = "untried"


class BatchOperator(LeverAlvaOperator):
    """Does one batch. What an attempt finds done already isn't done again.

    What is not done when no further attempt comes is kept for another run, unless this one is a dry run. So that this
    also holds for a task that is killed, its last attempt begins by keeping all that it has to do.

    XCom `return_value`, also where it fails: `{"report", "finished", "kept", "dry_run"}`. `kept`: whether all that is
    not done waits for another run.

    :param batch: `[{"id", ...}, ...]`. (templated)
    :param found: XCom `found` of the task that made the batches. (templated)
    """

    template_fields: Sequence[str] = ("batch", "found")

    def __init__(self, *, batch: Any = None, found: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch = batch
        self.found = found

    def items(self, run: Run) -> list[Item]:
        """What is to be done."""
        return list(self.batch)

    def do(self, task: BatchTask) -> None:
        """Does those of `task.items` that are not done yet. :raises Exception: why some, or all, of it was not done."""
        raise AssertionError(f"{type(self).__name__} does nothing")

    def keeper_of(self, item: Item) -> str:
        """The DAG among whose leftovers this item belongs: one of `state_of`."""
        return self.state_of[0]

    def work(self, context: Context) -> dict[str, Any]:
        task = BatchTask(self, context)
        return task.play()


class BatchTask:
    """One attempt at a batch: what it knows of its run, what was done before, and what it leaves."""

    def __init__(self, operator: BatchOperator, context: Context) -> None:
        from alva_lever.batch.batch import Checkpoint

        self.run = Run.of(context)
        self.found: Mapping[str, Any] = operator.found or {}
        self.items = operator.items(self.run)
        self._operator = operator
        self._ti: Any = context["ti"]
        self._store: Any = context["task_state_store"]
        # As the run was found to be. Where its options say so since then, it is one from here on.
        self.dry_run = self.run.dry_run or bool(self.found.get("dry_run"))
        self.progress = Checkpoint()
        self._before: set[str] = set()

    @property
    def attempt(self) -> Attempt:
        """The same, as what does it is told."""
        from alva_lever.sync.integration import Attempt

        return Attempt(
            self.items,
            self.progress,
            self.save,
            dry_run=self.dry_run,
            repeated=self._ti.try_number > 1 or self.run.clear_number > 0 or bool(self.progress.done),
            began_ms=self.run.began_ms,
        )

    def done_before_clearing(self) -> set[str]:
        """What this task did before its run was cleared."""
        return {one for number in range(self.run.clear_number) for one in self._stored(_key(number, False)).done}

    def save(self, progress: Checkpoint) -> None:
        """Keeps what is done for the next attempt."""
        key = _key(self.run.clear_number, self.dry_run)
        self._store.set(key, progress.as_json(), retention=_NAMED_KEPT if self.run.asked_ids else None)

    def play(self) -> dict[str, Any]:
        """All of it. Gives the XCom, and leaves it also where it fails."""
        last = self._ti.try_number > self._ti.max_tries
        ledger = Ledger(self._operator)
        try:
            try:
                if not self.dry_run and failing_at_once(lambda: read_variable(self._operator.account).dry_run):
                    self._begin_to_rehearse()
            finally:
                self._go_on()
            self.items = ledger.with_what_waits(self.items, but=self._before)
            if last and not self.dry_run:
                self._leave(ledger.settle(self._done(), self._faults()))
            failing_at_once(lambda: self._operator.do(self))
        except BaseException as error:
            last = last or (isinstance(error, Exception) and is_lasting(error))
            settled = Settled() if self.dry_run else ledger.settle(self._done(), self._faults() if last else ())
            self._leave(settled if last else None)
            raise
        finally:
            log.info("Done: %s", self.progress.report.counts)
        if not self.dry_run:
            ledger.settle(self._done(), ())
        return self._left(self.progress.report, finished=True, kept=True)

    def _begin_to_rehearse(self) -> None:
        """:raises AirflowFailException: an attempt before was none, and whom it could not do one would forget."""
        if self._store.get(_key(self.run.clear_number, False)) is not None:
            raise AirflowFailException(
                "The option `dry_run` was set while this task was under way. Nothing more of it is written: what is "
                "not done waits for a run after the option is taken away"
            )
        self.dry_run = True

    def _go_on(self) -> None:
        """From where the attempt before left off: what one rehearsed isn't done."""
        self.progress = self._stored(_key(self.run.clear_number, self.dry_run))
        self._before = set(self.progress.done)

    def _stored(self, key: str) -> Checkpoint:
        from alva_lever.batch.batch import Checkpoint

        stored = self._store.get(key)
        return Checkpoint.of(stored) if isinstance(stored, Mapping) else Checkpoint()

    def _done(self) -> list[Item]:
        """By this attempt: what waits for those whom an earlier one did came later."""
        done = self.progress.done - self._before
        return [item for item in self.items if item["id"] in done]

    def _faults(self) -> list[tuple[Item, str]]:
        faults = self.progress.faults
        left = [item for item in self.items if item["id"] not in self.progress.done]
        return [(item, faults.get(str(item["id"]), _UNTRIED)) for item in left]

    def _leave(self, settled: Settled | None) -> None:
        """The XCom of a task that fails, which returns nothing. `settled`: what waits for another run, None where
        another attempt of this one comes."""
        from alva_lever.batch.run_report import RunReport

        report = RunReport.of(self.progress.report.as_json())
        for word, ids in (("leftover", settled.kept), ("given_up", settled.given_up)) if settled else ():
            for one in ids:
                report.count(word, one)
        kept = settled is not None and not settled.too_many
        self._ti.xcom_push("return_value", self._left(report, finished=False, kept=kept))

    def _left(self, report: RunReport, *, finished: bool, kept: bool) -> dict[str, Any]:
        return {"report": report.as_json(), "finished": finished, "kept": kept, "dry_run": self.dry_run}


class Ledger:
    """What waits for another run, as it was when this task began: the task holds the one slot of Lever's pool, so that
    nobody else changes it meanwhile."""

    def __init__(self, operator: BatchOperator) -> None:
        self._keeper_of = operator.keeper_of
        self._states = {dag_id: DagState(dag_id) for dag_id in operator.state_of}
        self._before = {dag_id: list(state.leftovers()) for dag_id, state in self._states.items()}

    def with_what_waits(self, items: Sequence[Item], *, but: Collection[str]) -> list[Item]:
        """The items, each with all that is asked of it also by what waits: done once, nothing of it is left. `but`:
        ids of those that are done already."""
        asked = {str(item["id"]): item for item in items}
        for waiting in itertools.chain.from_iterable(self._before.values()):
            if waiting.id in asked and waiting.id not in but:
                asked[waiting.id] = joined(asked[waiting.id], waiting.item)
        return list(asked.values())

    def settle(self, done: Sequence[Item], faults: Sequence[tuple[Item, str]]) -> Settled:
        """Takes away what is done, and keeps what is not."""
        now_ms, total = round(time.time() * 1000), Settled()
        for dag_id, state in self._states.items():
            leftovers = Leftovers(self._before[dag_id], join=joined)
            leftovers.done(done)
            total.add(leftovers.failed([row for row in faults if self._keeper_of(row[0]) == dag_id], now_ms))
            state.keep(leftovers)
        return total


def _key(clear_number: int, dry_run: bool) -> str:
    """What is done is kept for each time that the run was cleared: a run again looks again. What was rehearsed is kept
    apart."""
    return f"{'rehearsed' if dry_run else 'progress'}-{clear_number}"
