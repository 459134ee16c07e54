"""The tasks that do a batch of what was found."""

from __future__ import annotations

import itertools
import logging
import time
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from alva_lever.batch.leftovers import Item, Leftovers, Settled
from alva_lever.connect import checked_options, open_integration
from alva_lever.operators.base import LeverAlvaOperator, is_lasting, state_of
from alva_lever.operators.run import Run, pulled
from alva_lever.rules.events import Claim, Event, Kind
from alva_lever.rules.report_words import GIVEN_UP, LEFTOVER
from alva_lever.rules.window import Window
from alva_lever.sync.items import joined

if TYPE_CHECKING:
    from alva_lever.batch.batch import Checkpoint
    from alva_lever.batch.run_report import RunReport
    from alva_lever.sync.integration import Attempt

log = logging.getLogger(__name__)

# How long the checkpoint of a run with named opportunities is kept: a cleared run doesn't request them a second time.
_NAMED_KEPT = timedelta(days=400)
# The fault of an item that the task didn't reach before it ended.
_UNTRIED = "untried"


class BatchOperator(LeverAlvaOperator):
    """Does one batch. A retry skips the items that an earlier attempt has done.

    The last attempt keeps undone items as leftovers for another run, except in a dry run. It keeps all of them before
    it begins, so that they are there even if the task is killed.

    XCom `return_value`, also of a task that fails: `{"report", "finished", "kept", "dry_run"}`. `kept`: whether all
    undone items wait for another run.

    :param batch: `[{"id", ...}, ...]`. (templated)
    :param found: XCom `found` of the task that made the batches. (templated)
    """

    template_fields: Sequence[str] = ("batch", "found")

    def __init__(self, *, batch: Any = None, found: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch = batch
        self.found = found

    def items(self, run: Run) -> list[Item]:
        """Returns the items to do."""
        return list(self.batch)

    @abstractmethod
    def do(self, task: BatchTask) -> None:
        """Does the undone items of `task.items`. :raises Exception: some items, or all, could not be done."""

    def keeper_of(self, item: Item) -> str:
        """Returns the DAG whose leftovers keep this item: one of `state_of`."""
        return self.state_of[0]

    def work(self, context: Context) -> dict[str, Any]:
        task = BatchTask(self, context)
        return task.play()


class BatchTask:
    """One attempt at a batch: its run, its items, its checkpoint and its report."""

    def __init__(self, operator: BatchOperator, context: Context) -> None:
        from alva_lever.batch.batch import Checkpoint

        self.run = Run.of(context)
        self.found: Mapping[str, Any] = operator.found or {}
        self.items = operator.items(self.run)
        self._operator = operator
        self._ti: Any = context["ti"]
        self._store: Any = context["task_state_store"]
        # A dry run if the find task was one. If the option was set since then, `play` makes this task one, too.
        self.dry_run = self.run.dry_run or bool(self.found.get("dry_run"))
        self.progress = Checkpoint()
        self._before: set[str] = set()

    @property
    def attempt(self) -> Attempt:
        """This attempt in the form that the integration takes."""
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
        """Returns the ids that this task did before its run was cleared."""
        before = (self._stored(_key(number, False)) for number in range(self.run.clear_number))
        return {item_id for progress in before for item_id in progress.done}

    def save(self, progress: Checkpoint) -> None:
        """Stores the checkpoint for the next attempt."""
        key = _key(self.run.clear_number, self.dry_run)
        self._store.set(key, progress.as_json(), retention=_NAMED_KEPT if self.run.asked_ids else None)

    def play(self) -> dict[str, Any]:
        """Does the batch. Returns the XCom; pushes it even if the task fails."""
        last = self._ti.try_number > self._ti.max_tries
        ledger = Ledger(self._operator)
        try:
            try:
                if not self.dry_run and checked_options(self._operator.account).dry_run:
                    self._begin_to_rehearse()
            finally:
                self._go_on()
            self.items = ledger.with_what_waits(self.items, but=self._before)
            if last and not self.dry_run:
                self._leave(ledger.settle(self._done(), self._faults()))
            self._operator.do(self)
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
        """Makes the task a dry run.

        :raises AirflowFailException: an earlier attempt was not a dry run; a dry run would drop its undone items.
        """
        if self._store.get(_key(self.run.clear_number, False)) is not None:
            raise AirflowFailException(
                "The option `dry_run` was set while this task was under way. It writes nothing more: the undone items "
                "wait for a run after the option is removed"
            )
        self.dry_run = True

    def _go_on(self) -> None:
        """Continues from the last attempt's checkpoint; items that a dry run rehearsed don't count as done."""
        self.progress = self._stored(_key(self.run.clear_number, self.dry_run))
        self._before = set(self.progress.done)

    def _stored(self, key: str) -> Checkpoint:
        from alva_lever.batch.batch import Checkpoint

        stored = self._store.get(key)
        return Checkpoint.of(stored) if isinstance(stored, Mapping) else Checkpoint()

    def _done(self) -> list[Item]:
        """Returns the items that this attempt did. For an item that an earlier attempt did, the leftover is newer."""
        done = self.progress.done - self._before
        return [item for item in self.items if item["id"] in done]

    def _faults(self) -> list[tuple[Item, str]]:
        faults = self.progress.faults
        left = [item for item in self.items if item["id"] not in self.progress.done]
        return [(item, faults.get(str(item["id"]), _UNTRIED)) for item in left]

    def _leave(self, settled: Settled | None) -> None:
        """Pushes the XCom of a task that fails, and so returns nothing. `settled`: what waits for another run; None if
        this task has a retry left."""
        from alva_lever.batch.run_report import RunReport

        report = RunReport.of(self.progress.report.as_json())
        for word, ids in ((LEFTOVER, settled.kept), (GIVEN_UP, settled.given_up)) if settled else ():
            for item_id in ids:
                report.count(word, item_id)
        kept = settled is not None and not settled.too_many
        self._ti.xcom_push("return_value", self._left(report, finished=False, kept=kept))

    def _left(self, report: RunReport, *, finished: bool, kept: bool) -> dict[str, Any]:
        return {"report": report.as_json(), "finished": finished, "kept": kept, "dry_run": self.dry_run}


class Ledger:
    """The leftovers, read when the task begins. The task holds the only slot of Lever's pool, so no other task changes
    them meanwhile."""

    def __init__(self, operator: BatchOperator) -> None:
        self._keeper_of = operator.keeper_of
        self._states = {dag_id: state_of(dag_id) for dag_id in operator.state_of}
        self._before = {dag_id: list(state.leftovers()) for dag_id, state in self._states.items()}

    def with_what_waits(self, items: Sequence[Item], *, but: Collection[str]) -> list[Item]:
        """Returns the items, each joined with its leftover: doing it settles both. `but`: the ids of done items."""
        by_id = {str(item["id"]): item for item in items}
        for waiting in itertools.chain.from_iterable(self._before.values()):
            if waiting.id in by_id and waiting.id not in but:
                by_id[waiting.id] = joined(by_id[waiting.id], waiting.item)
        return list(by_id.values())

    def settle(self, done: Sequence[Item], faults: Sequence[tuple[Item, str]]) -> Settled:
        """Removes done items from the leftovers, and adds failed ones."""
        now_ms, total = round(time.time() * 1000), Settled()
        for dag_id, state in self._states.items():
            leftovers = Leftovers(self._before[dag_id], join=joined)
            leftovers.done(done)
            total.add(leftovers.failed([row for row in faults if self._keeper_of(row[0]) == dag_id], now_ms))
            state.keep(leftovers)
        return total


def _key(clear_number: int, dry_run: bool) -> str:
    """Returns a checkpoint's key. A cleared run gets a new one and does everything again; a dry run has its own."""
    return f"{'rehearsed' if dry_run else 'progress'}-{clear_number}"


class InviteCandidatesOperator(BatchOperator):
    """Does one batch of `FindCandidatesOperator`.

    Adds the XCom `positions` to those of `BatchOperator`: by posting id, the ids of the job positions that are up to
    date.

    :param batch: `[{"id", "is"?, ...}, ...]`: opportunities with their claims, and postings. (templated)
    """

    def work(self, context: Context) -> dict[str, Any]:
        self._positions = self._known(context)
        done = super().work(context)
        context["ti"].xcom_push("positions", self._positions)
        return done

    def do(self, task: BatchTask) -> None:
        # A person's request counts once: when the run is cleared and repeated, it doesn't request the invitation again.
        answered = task.done_before_clearing()
        items = [_without_name(item, task.run.run_id) if item["id"] in answered else item for item in task.items]
        open_integration(self.account).do_candidates(
            replace(task.attempt, items=items), window=Window(*self.found["window"]), positions=self._positions
        )

    def _known(self, context: Context) -> dict[str, str]:
        """Returns the positions that earlier batches have brought up to date."""
        positions: dict[str, str] = {}
        left = context["ti"].xcom_pull(task_ids=self.task_id, key="positions")
        # Airflow gives a list of XComs for several batches, and the XCom itself for one.
        for earlier in [left] if isinstance(left, Mapping) else left or ():
            positions.update(pulled(earlier) or {})
        return positions


def _without_name(item: Item, run_id: str) -> Item:
    """Returns the item without a person's request in that run."""
    claim = Claim.of(item)
    others = {other_id: at_ms for other_id, at_ms in claim.named_ms.items() if other_id != run_id}
    kept = {name: value for name, value in item.items() if name != "named_ms"}
    return {**kept, **replace(claim, named_ms=others).as_json()}


class PushResultsOperator(BatchOperator):
    """Does one batch of `FindResultsOperator`: mirrors each candidate's present state into Lever."""

    def do(self, task: BatchTask) -> None:
        window, listed = Window(*self.found["window"]), int(self.found.get("listed", 0))
        open_integration(self.account).do_results(task.attempt, since_ms=window.first_ms, listed=listed)


class SyncPostingsOperator(BatchOperator):
    """Does one batch of `FindPostingsOperator`."""

    def do(self, task: BatchTask) -> None:
        open_integration(self.account).do_postings(task.attempt)


class HandleEventsOperator(BatchOperator):
    """Reads each opportunity that the run's deliveries name once, then invites, hires, removes, writes results, or does
    nothing. A run never has more deliveries than fit into one batch.

    The run's conf is `{"deliveries": [{"kind", "opportunity", "application"?} or {"kind", "candidate"}, ...]}`, with
    the kinds of `rules.events.Kind`.

    :param state_of: the DAGs whose scheduled runs retry what fails here: the one that invites, and the one that writes
        results.
    """

    def __init__(self, *, state_of: Sequence[str], **kwargs: Any) -> None:
        super().__init__(state_of=list(state_of), **kwargs)

    def items(self, run: Run) -> list[Item]:
        """Returns an item for each opportunity and each Alva candidate that the deliveries name."""
        from alva_lever.sync.items import spoken_of

        run.check_form()
        return spoken_of(map(Event.of, run.deliveries), run.queued_ms)

    def keeper_of(self, item: Item) -> str:
        inviting, writing_results = self.state_of
        return writing_results if Claim.of(item).kinds == {Kind.RESULTS} else inviting

    def do(self, task: BatchTask) -> None:
        open_integration(self.account).do_events(task.attempt)
