"""Looks at a batch of candidates, and invites those whom the rules say are to be invited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from alva_lever.operators.base import LeverAlvaOperator
from alva_lever.operators.run import Run, pulled
from alva_lever.operators.turns import Turns, answered
from alva_lever.rules.window import Window

if TYPE_CHECKING:
    from alva_lever.steps.looking import Pair

# How long it is remembered whom a person named.
_KEPT = timedelta(days=400)


class InviteCandidatesOperator(LeverAlvaOperator):
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.batch = batch
        self.found = found

    def work(self, context: Context) -> dict[str, Any]:
        from alva_lever.alva.hook import AlvaHook
        from alva_lever.lever.hook import LeverHook
        from alva_lever.operators.settings import read_settings
        from alva_lever.steps.batch import Batch
        from alva_lever.steps.crew import THREADS
        from alva_lever.steps.inviting import Errand, Inviting
        from alva_lever.steps.progress import Progress

        run = Run.of(context)
        turns = Turns(context, kept=_KEPT if run.asked_ids else None)
        lever, alva = LeverHook(self.lever_conn_id, threads=THREADS), AlvaHook(self.alva_conn_id, threads=THREADS)
        # Here rather than by whichever thread comes first: a connection comes over the task's one line to Airflow.
        alva.get_conn()
        progress = turns.progress() or Progress(positions=self._known(context))
        # A person's asking counts once: a repeat of the run isn't asked again.
        named = set(run.asked_ids) - answered(context) if run.manual and run.asked_ids else ()
        errand = Errand(
            settings=read_settings(lever),
            window=Window(*self.found["window"]),
            run_id=run.run_id,
            named=frozenset(named),
            dry_run=run.dry_run,
            repeated=turns.repeated(progress),
            began_ms=run.began_ms,
        )
        inviting = Inviting(
            lever=lever, alva=alva, errand=errand, near_miss=progress.tally.near_miss, positions=progress.positions
        )
        batch = Batch(inviting, lever=lever, alva=alva, progress=progress, save=turns.save)
        pairs: list[Pair] = [(opportunity_id, contact_id) for opportunity_id, contact_id in self.batch]
        done = turns.play(lambda: batch.work(pairs), progress)
        context["ti"].xcom_push("positions", progress.positions)
        return done

    def _known(self, context: Context) -> dict[str, str]:
        """The positions that earlier batches have brought up to date."""
        positions: dict[str, str] = {}
        left = context["ti"].xcom_pull(task_ids=self.task_id, key="positions")
        # Of one batch alone, Airflow gives what it left; of several, a list.
        for earlier in [left] if isinstance(left, Mapping) else left or ():
            positions.update(pulled(earlier) or {})
        return positions
