"""Does what webhook deliveries ask for, on the state as it is now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from alva_lever.operators.batches import BatchOperator, BatchTask
from alva_lever.operators.find_results import CANDIDATE
from alva_lever.operators.hooks import hooks
from alva_lever.operators.run import Run
from alva_lever.operators.settings import read_settings
from alva_lever.rules.claims import Claim, Event, Kind, claims
from alva_lever.rules.leftovers import Item


class HandleEventsOperator(BatchOperator):
    """Looks once at each opportunity that the run's deliveries speak of: invites, hires, removes, writes results, or
    does nothing. A run has no more deliveries than one batch does, so that it is the only batch.

    The run's conf is `{"deliveries": [{"kind", "opportunity", "application"?} or {"kind", "candidate"}, ...]}`; kinds
    are those of `rules.claims.Kind`.

    :param state_of: the DAGs whose scheduled runs do later what could not be done here: that which invites, and that
        which writes results.
    """

    def __init__(self, *, state_of: Sequence[str], **kwargs: Any) -> None:
        super().__init__(state_of=list(state_of), **kwargs)

    def items(self, run: Run) -> list[Item]:
        """One for each opportunity, and for each candidate of Alva's, that is spoken of."""
        run.check_form()
        events = [Event.of(told) for told in run.deliveries]
        results = Claim(frozenset({Kind.RESULTS})).as_json()
        spoken_of: list[Item] = [
            {"id": opportunity_id, **claim.as_json()} for opportunity_id, claim in claims(events, run.queued_ms).items()
        ]
        candidate_ids = dict.fromkeys(event.candidate_id for event in events if event.candidate_id)
        return [*spoken_of, *({"id": one, "is": CANDIDATE, **results} for one in candidate_ids)]

    def keeper_of(self, item: Item) -> str:
        inviting, writing_results = self.state_of
        return writing_results if Claim.of(item).kinds == {Kind.RESULTS} else inviting

    def do(self, task: BatchTask) -> None:
        from alva_lever.steps.candidates import do_candidates
        from alva_lever.steps.inviting import Errand
        from alva_lever.steps.resolving import resolve

        lever, alva = hooks(self.account)
        settings, progress = read_settings(self.account, lever), task.progress
        told = {str(item["id"]): Claim.of(item) for item in task.items if item.get("is") != CANDIDATE}
        candidate_ids = [str(item["id"]) for item in task.items if item.get("is") == CANDIDATE]
        resolved = resolve(alva, [one for one in candidate_ids if one not in progress.done])
        results = Claim(frozenset({Kind.RESULTS}))
        earlier = resolved.reopened(progress)
        for opportunity_id in resolved.opportunity_ids:
            done = opportunity_id in earlier or opportunity_id not in told
            told[opportunity_id] = results if done else told[opportunity_id].plus(results)
        errand = Errand(
            settings=settings,
            window=None,
            claims=told,
            dry_run=task.dry_run,
            repeated=task.repeated,
            began_ms=task.run.began_ms,
        )
        resolved.around(
            lambda: do_candidates(
                errand,
                contacts=dict.fromkeys(told),
                lever=lever,
                alva=alva,
                progress=progress,
                save=task.save,
                positions={},
                now_ms=int(time.time() * 1000),
                earlier=earlier,
            ),
            progress=progress,
            save=task.save,
            of=len(task.items),
        )
