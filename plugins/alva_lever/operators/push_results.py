"""Writes into Lever what candidates have achieved in Alva."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from alva_lever.operators.base import LeverAlvaOperator
from alva_lever.operators.run import Run, covered_asset, read_covered
from alva_lever.operators.turns import Turns

if TYPE_CHECKING:
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.steps.mirroring import Changed
    from alva_lever.steps.progress import Progress

_NO_ID = "(not an id)"


class PushResultsOperator(LeverAlvaOperator):
    """Asks Alva who changed since the run's window began, or takes the opportunities that a person named, and mirrors
    the present state of each. It works in turns at Lever's limit, as `InviteCandidatesOperator` does.

    XCom `return_value`: `{"tally", "finished"}`, also when it failed (`finished` is then false).
    """

    def work(self, context: Context) -> dict[str, Any]:
        from alva_lever.alva.hook import AlvaHook
        from alva_lever.lever.hook import LeverHook
        from alva_lever.operators.settings import read_settings
        from alva_lever.steps.batch import Batch
        from alva_lever.steps.crew import THREADS
        from alva_lever.steps.meter import Meter
        from alva_lever.steps.mirroring import Mirroring
        from alva_lever.steps.progress import Progress

        run, turns = Run.of(context), Turns(context)
        lever, alva = LeverHook(self.lever_conn_id, threads=THREADS), AlvaHook(self.alva_conn_id, threads=THREADS)
        # Here rather than by whichever thread comes first: a connection comes over the task's one line to Airflow.
        alva.get_conn()
        progress, meter = turns.progress() or Progress(), Meter(lever, alva)

        def work() -> bool:
            try:
                settings = read_settings(lever)
                candidates = self._candidates(context, run, alva)
            finally:
                meter.read(progress.tally)
            names = _usable(run.asked_ids, progress) if run.asked_ids else candidates
            mirroring = Mirroring(
                candidates,
                lever=lever,
                alva=alva,
                settings=settings,
                near_miss=progress.tally.near_miss,
                dry_run=run.dry_run,
            )
            batch = Batch(mirroring, lever=lever, alva=alva, progress=progress, save=turns.save, meter=meter)
            return batch.work([(name, None) for name in names])

        return turns.play(work, progress)

    def _candidates(self, context: Context, run: Run, alva: AlvaHook) -> Changed:
        from alva_lever.steps.mirroring import changed_since

        # Also for named ones: a bad `since` is told, and the first scheduled run begins what is covered.
        covered = read_covered(context, covered_asset(self.dag_id), run)
        window = run.window(covered, now_ms=run.queued_ms)
        return {} if run.asked_ids else changed_since(alva, window.first_ms)


def _usable(asked_ids: Sequence[str], progress: Progress) -> list[str]:
    """Those that can be an id. What can't is gone, and isn't repeated anywhere."""
    from alva_lever.transport.root import can_be_id

    usable = [name for name in asked_ids if can_be_id(name)]
    if len(usable) < len(asked_ids) and _NO_ID not in progress.done:
        for _ in range(len(asked_ids) - len(usable)):
            progress.tally.count("gone", _NO_ID)
        progress.done.add(_NO_ID)
    return usable
