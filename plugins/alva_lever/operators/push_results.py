"""Writes into Lever what candidates have achieved in Alva."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alva_lever.operators.batches import BatchOperator, BatchTask
from alva_lever.operators.find_results import CANDIDATE
from alva_lever.operators.hooks import hooks
from alva_lever.operators.settings import read_settings
from alva_lever.rules.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alva_lever.alva.hook import AlvaHook
    from alva_lever.rules.model import AlvaCandidate

# The most that Alva lists in one answer.
_PAGE = 100


class PushResultsOperator(BatchOperator):
    """Does one batch of `FindResultsOperator`: mirrors the present state of each candidate."""

    def do(self, task: BatchTask) -> None:
        from alva_lever.rules.mirror import Word
        from alva_lever.steps.batch import Batch
        from alva_lever.steps.meter import Meter
        from alva_lever.steps.mirroring import Mirroring
        from alva_lever.steps.resolving import resolve

        lever, alva = hooks(self.account)
        settings, progress = read_settings(self.account, lever), task.progress
        left = [item for item in task.items if item["id"] not in progress.done]
        resolved = resolve(alva, [str(item["id"]) for item in left if item.get("is") == CANDIDATE])
        named = [str(item["id"]) for item in task.items if item.get("is") != CANDIDATE]
        mirroring = Mirroring(
            # Of several candidates of one opportunity the listing may not have the one that counts.
            {one: found for one, found in self._listed(alva).items() if one not in resolved.opportunity_ids},
            lever=lever,
            alva=alva,
            settings=settings,
            near_miss=progress.tally.near_miss,
            dry_run=task.dry_run,
        )
        earlier = resolved.reopened(progress)

        def do(opportunity_id: str) -> str:
            word = mirroring.do(opportunity_id)
            return earlier.get(opportunity_id, word) if word == Word.UNCHANGED else word

        batch: Batch[str] = Batch(do, str, progress=progress, save=task.save, meter=Meter(lever, alva))
        todo = batch.todo(dict.fromkeys([*named, *resolved.opportunity_ids]))
        resolved.around(lambda: batch.work(todo, len(todo)), progress=progress, save=task.save, of=len(task.items))

    def _listed(self, alva: AlvaHook) -> Mapping[str, AlvaCandidate]:
        """Alva's candidates by opportunity, where to list them again is cheaper than to ask for each. What Alva says of
        people isn't handed from task to task."""
        from alva_lever.steps.mirroring import changed_since

        listed = int(self.found.get("listed", 0))
        if not 0 < listed / _PAGE < len(self.batch) / 2:
            return {}
        return changed_since(alva, Window(*self.found["window"]).first_ms).candidates
