"""Brings job positions in Alva up to date with their postings in Lever."""

from __future__ import annotations

from alva_lever.operators.batches import BatchOperator, BatchTask
from alva_lever.operators.hooks import open_integration


class SyncPostingsOperator(BatchOperator):
    """Does one batch of `FindPostingsOperator`."""

    def do(self, task: BatchTask) -> None:
        open_integration(self.account).do_postings(task.attempt)
