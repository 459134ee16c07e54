"""Brings the job positions in Alva up to date with their postings in Lever."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from alva_lever.operators.base import LeverAlvaOperator
from alva_lever.operators.run import Run
from alva_lever.operators.turns import Turns


class SyncPostingsOperator(LeverAlvaOperator):
    """Does every posting that has a job position in Alva. What a retry, or the next turn, finds done isn't done again.

    XCom `return_value`: `{"tally", "finished"}`, also when it failed (`finished` is then false).
    """

    def work(self, context: Context) -> dict[str, Any]:
        from alva_lever.alva.hook import AlvaHook
        from alva_lever.lever.hook import LeverHook
        from alva_lever.steps.crew import THREADS
        from alva_lever.steps.posting_sync import PostingSync
        from alva_lever.steps.progress import Progress

        turns = Turns(context)
        lever, alva = LeverHook(self.lever_conn_id, threads=THREADS), AlvaHook(self.alva_conn_id, threads=THREADS)
        # Here rather than by whichever thread comes first: a connection comes over the task's one line to Airflow.
        lever.get_conn()
        alva.get_conn()
        progress = turns.progress() or Progress()
        sync = PostingSync(lever=lever, alva=alva, progress=progress, save=turns.save, dry_run=Run.of(context).dry_run)
        return turns.play(sync.work, progress)
