"""Finds whose state in Alva has changed."""

from __future__ import annotations

from alva_lever.batch.leftovers import Item
from alva_lever.operators.finding import FindOperator, Search
from alva_lever.rules.window import LONGEST_MS


class FindResultsOperator(FindOperator):
    """Asks Alva who changed since the run's window began, or takes the opportunities that a person named.

    An item is `{"id": opportunity id, "kinds": ["results"]}`, or, where Alva's row doesn't tell whose it is,
    `{"id": Alva's candidate id, "is": "candidate", "kinds": ["results"]}`. XCom `found` has beside the rest `listed`:
    how many Alva listed.
    """

    # A mirror writes only differences, so a DAG that was unpaused late brings what it missed.
    first_run_looks_back_ms = LONGEST_MS

    def find(self, search: Search) -> list[list[Item]]:
        if search.run.asked_ids:
            return search.integration.named_results(search.run.asked_ids)
        batches, search.more["listed"] = search.integration.find_results(search.window, search.due)
        return batches
