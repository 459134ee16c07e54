"""Finds who may have to be invited, and who was hired or deleted."""

from __future__ import annotations

from alva_lever.batch.leftovers import Item
from alva_lever.operators.finding import FindOperator, Search
from alva_lever.rules.claims import Claim


class FindCandidatesOperator(FindOperator):
    """Asks Lever for everything that the run's window holds, or takes the ids that a person named.

    An item is `{"id": opportunity id, ...}` with what is said of it, as `rules.claims.Claim.as_json` has it, or
    `{"id": posting id, "is": "posting"}`: somebody arrived on it.
    """

    def find(self, search: Search) -> list[list[Item]]:
        run = search.run
        if run.asked_ids:
            claim = Claim(named_ms={run.run_id: run.queued_ms} if run.manual else {})
            return search.integration.named_candidates(run.asked_ids, claim)
        return search.integration.find_candidates(search.window, search.tally, search.due)
