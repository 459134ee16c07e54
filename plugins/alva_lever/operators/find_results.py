"""Finds whose state in Alva has changed."""

from __future__ import annotations

from alva_lever.operators.finding import FindOperator, Search
from alva_lever.rules.claims import Claim, Kind
from alva_lever.rules.leftovers import DUE, Item
from alva_lever.rules.window import LONGEST_MS

CANDIDATE = "candidate"


class FindResultsOperator(FindOperator):
    """Asks Alva who changed since the run's window began, or takes the opportunities that a person named.

    An item is `{"id": opportunity id, "kinds": ["results"]}`, or, where Alva's row doesn't tell whose it is,
    `{"id": Alva's candidate id, "is": "candidate", "kinds": ["results"]}`. XCom `found` has beside the rest `listed`:
    how many Alva listed.
    """

    # A mirror writes only differences, so a DAG that was unpaused late brings what it missed.
    first_run_looks_back_ms = LONGEST_MS

    def find(self, search: Search) -> list[list[Item]]:
        from alva_lever.operators.settings import read_settings
        from alva_lever.steps.batch import Batches
        from alva_lever.steps.mirroring import changed_since, likely_calls

        # Before anything is done: a bad option is told here, once.
        read_settings(self.account, search.lever)
        batches, results = Batches(), Claim(frozenset({Kind.RESULTS})).as_json()
        if search.run.asked_ids:
            for opportunity_id in search.run.asked_ids:
                batches.add({"id": opportunity_id, **results}, likely_calls(None))
            return batches.all
        changed = changed_since(search.alva, search.window.first_ms)
        search.more["listed"] = len(changed)
        due = {str(item["id"]): dict(item) for item in search.due}
        for item in due.values():
            batches.add(item, likely_calls(None))

        def add(item: Item, *ids: str, calls: float) -> None:
            """`ids`: by any of them it is the same one."""
            known = [due[one] for one in ids if one in due]
            for one in known:
                one.pop(DUE, None)
            if not known:
                batches.add({**item, **results}, calls)

        for opportunity_id, candidate in changed.candidates.items():
            add({"id": opportunity_id}, opportunity_id, candidate.id, calls=likely_calls(candidate))
        for opportunity_id in changed.opportunity_ids:
            add({"id": opportunity_id}, opportunity_id, calls=likely_calls(None))
        for candidate_id in changed.candidate_ids:
            add({"id": candidate_id, "is": CANDIDATE}, candidate_id, calls=likely_calls(None))
        return batches.all
