"""Finds the postings whose job position in Alva says something else."""

from __future__ import annotations

from alva_lever.batch.leftovers import Item
from alva_lever.operators.finding import FindOperator, Search


class FindPostingsOperator(FindOperator):
    """Holds Alva's job positions against Lever's postings; those that agree are counted here.

    An item is `{"id": posting id}`, or, where Alva's row can't be read, `{"id": position id, "is": "job_position"}`.
    """

    def find(self, search: Search) -> list[list[Item]]:
        return search.integration.find_postings(search.tally, search.due)
