"""Finds who may have to be invited, and who was hired or deleted."""

from __future__ import annotations

from alva_lever.operators.finding import FindOperator, Search
from alva_lever.rules.claims import Claim
from alva_lever.rules.leftovers import Item


class FindCandidatesOperator(FindOperator):
    """Asks Lever for everything that the run's window holds, or takes the ids that a person named. Alva's key is tried
    before anything is looked for.

    An item is `{"id": opportunity id, "contact": contact id where nothing is likely to be done, ...}`, with what is
    said of it beside that, as `rules.claims.Claim.as_json` has it.
    """

    def find(self, search: Search) -> list[list[Item]]:
        from alva_lever.operators.settings import read_settings
        from alva_lever.steps.batch import Batches
        from alva_lever.steps.finding import LIKELY_CALLS, Finding

        settings = read_settings(self.account, search.lever)
        search.alva.check_key()
        if search.run.asked_ids:
            run, batches = search.run, Batches()
            named = Claim(named_ms={run.run_id: run.queued_ms} if run.manual else {})
            for opportunity_id in search.run.asked_ids:
                batches.add({"id": opportunity_id, **named.as_json()}, LIKELY_CALLS)
            return batches.all
        finding = Finding(search.lever, settings, search.window, due=search.due, tally=search.tally)
        finding.find()
        return finding.batches.all
