"""Brings job positions in Alva up to date with their postings in Lever."""

from __future__ import annotations

from alva_lever.operators.batches import BatchOperator, BatchTask
from alva_lever.operators.hooks import hooks


class SyncPostingsOperator(BatchOperator):
    """Does one batch of `FindPostingsOperator`."""

    def do(self, task: BatchTask) -> None:
        from alva_lever.rules.positions import Outcome
        from alva_lever.steps.batch import Batch
        from alva_lever.steps.meter import Meter
        from alva_lever.steps.posting_sync import POSITION, PostingSync

        lever, alva = hooks(self.account)
        sync = PostingSync(lever, alva, dry_run=task.dry_run)
        of_positions = {str(item["id"]) for item in task.items if item.get("is") == POSITION}
        batch: Batch[str] = Batch(
            lambda one: sync.do_position(one) if one in of_positions else sync.do(one),
            str,
            progress=task.progress,
            save=task.save,
            meter=Meter(lever, alva),
            free=lambda word: word == Outcome.UNCHANGED,
        )
        todo = batch.todo(str(item["id"]) for item in task.items)
        batch.work(todo, len(todo))
