"""Looks at a batch of candidates, and invites those whom the rules say are to be invited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowRescheduleException
from airflow.sdk.timezone import utcnow

from alva_lever.operators.run import Run, failing_at_once, pulled
from alva_lever.rules.window import Window

if TYPE_CHECKING:
    from alva_lever.steps.batch import Pair, Progress

# How long it is remembered whom a person named.
_KEPT = timedelta(days=400)


class InviteCandidatesOperator(BaseOperator):
    """Does one batch. What a retry, or the next turn, finds done already isn't done again.

    It gives up its slot after a turn at Lever's limit (about a minute), comes back behind whoever is in more of a
    hurry, and goes on where it was.

    XComs: `return_value` `{"tally", "finished"}`, also when it failed (`finished` is then false); `positions`, the ids
    of job positions by posting id that it has brought up to date.

    :param batch: `[[opportunity id, contact id or null], ...]`. (templated)
    :param found: XCom `found` of `FindCandidatesOperator`. (templated)
    """

    template_fields: Sequence[str] = ("batch", "found")

    def __init__(
        self,
        *,
        batch: Any,
        found: Any,
        lever_conn_id: str = "lever_default",
        alva_conn_id: str = "alva_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.batch = batch
        self.found = found
        self.lever_conn_id = lever_conn_id
        self.alva_conn_id = alva_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        result: dict[str, Any] = failing_at_once(lambda: self._invite(context))
        return result

    def _invite(self, context: Context) -> dict[str, Any]:
        from alva_lever.alva.hook import AlvaHook
        from alva_lever.lever.hook import LeverHook
        from alva_lever.operators.settings import read_settings
        from alva_lever.steps.batch import Batch
        from alva_lever.steps.crew import THREADS
        from alva_lever.steps.inviting import Errand

        run, ti = Run.of(context), context["ti"]
        store, key = context["task_state_store"], _key(run.clear_number)
        lever, alva = LeverHook(self.lever_conn_id, threads=THREADS), AlvaHook(self.alva_conn_id, threads=THREADS)
        # Here rather than by whichever thread comes first: a connection comes over the task's one line to Airflow.
        alva.get_conn()
        progress = self._progress(store.get(key), context)
        batch = Batch(
            lever=lever,
            alva=alva,
            errand=Errand(
                settings=read_settings(lever),
                window=Window(*self.found["window"]),
                run_id=run.run_id,
                named=frozenset(run.asked_ids) - _answered(store, run) if run.manual else frozenset(),
                dry_run=run.dry_run,
                repeated=ti.try_number > 1 or run.clear_number > 0 or bool(progress.done),
            ),
            progress=progress,
            save=lambda progress: store.set(key, progress.as_json(), retention=_KEPT if run.asked_ids else None),
        )
        pairs: list[Pair] = [(opportunity_id, contact_id) for opportunity_id, contact_id in self.batch]
        try:
            finished = batch.work(pairs)
        except BaseException:
            # A task that fails returns nothing, and the report is to tell what it did.
            ti.xcom_push("return_value", {"tally": progress.tally.as_json(), "finished": False})
            raise
        self.log.info("Done: %s of %s, %s", len(progress.done), len(pairs), progress.tally.counts)
        if not finished:
            self.log.info("This turn at Lever's limit is over: the rest follows in the next one")
            raise AirflowRescheduleException(utcnow())  # type: ignore[no-untyped-call]  # Airflow's, without types
        ti.xcom_push("positions", progress.positions)
        return {"tally": progress.tally.as_json(), "finished": True}

    def _progress(self, stored: object, context: Context) -> Progress:
        """What earlier attempts and turns have done; at first, the positions that earlier batches know."""
        from alva_lever.steps.batch import Progress

        if isinstance(stored, Mapping):
            return Progress.of(stored)
        positions: dict[str, str] = {}
        left = context["ti"].xcom_pull(task_ids=self.task_id, key="positions")
        # Of one batch alone, Airflow gives what it left; of several, a list.
        for earlier in [left] if isinstance(left, Mapping) else left or ():
            positions.update(pulled(earlier) or {})
        return Progress(positions=positions)


def _answered(store: Any, run: Run) -> set[str]:
    """Whom this run did before it was cleared. A person's asking counts once: a repeat of the run isn't asked again."""
    if not run.asked_ids:
        return set()
    earlier = [store.get(_key(number)) for number in range(run.clear_number)]
    return {name for progress in earlier if isinstance(progress, Mapping) for name in progress["done"]}


def _key(clear_number: int) -> str:
    """What is done is kept for each time that the run was cleared: a run again looks again."""
    return f"progress-{clear_number}"
