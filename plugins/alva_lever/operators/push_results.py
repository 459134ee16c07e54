"""Writes into Lever what candidates have achieved in Alva."""

from __future__ import annotations

from alva_lever.operators.batches import BatchOperator, BatchTask
from alva_lever.operators.hooks import open_integration
from alva_lever.rules.window import Window


class PushResultsOperator(BatchOperator):
    """Does one batch of `FindResultsOperator`: mirrors the present state of each candidate."""

    def do(self, task: BatchTask) -> None:
        window, listed = Window(*self.found["window"]), int(self.found.get("listed", 0))
        open_integration(self.account).do_results(task.attempt, since_ms=window.first_ms, listed=listed)
