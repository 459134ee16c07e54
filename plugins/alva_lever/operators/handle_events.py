"""Does what webhook deliveries ask for, on the state as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alva_lever.batch.leftovers import Item
from alva_lever.operators.batches import BatchOperator, BatchTask
from alva_lever.operators.hooks import open_integration
from alva_lever.operators.run import Run
from alva_lever.rules.claims import Claim, Event, Kind


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
        from alva_lever.sync.items import spoken_of

        run.check_form()
        return spoken_of(map(Event.of, run.deliveries), run.queued_ms)

    def keeper_of(self, item: Item) -> str:
        inviting, writing_results = self.state_of
        return writing_results if Claim.of(item).kinds == {Kind.RESULTS} else inviting

    def do(self, task: BatchTask) -> None:
        open_integration(self.account).do_events(task.attempt)
