"""The items of a batch: the id of an opportunity, a posting or a candidate in Alva, with its claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alva_lever.batch.leftovers import DUE, Item
from alva_lever.rules.events import Claim, Event, Kind, claims

# An item's `is`, if its id belongs to a candidate in Alva, a posting in Lever or a job position in Alva. Without `is`,
# the id is an opportunity's, or, in the DAG that syncs postings, a posting's.
CANDIDATE, POSTING, POSITION = "candidate", "posting", "job_position"
RESULTS = Claim(frozenset({Kind.RESULTS}))


def spoken_of(events: Iterable[Event], received_ms: int) -> list[Item]:
    """Returns an item for each opportunity and each Alva candidate that the events name.

    `received_ms`: when the deliveries came.
    """
    events = list(events)
    items: list[Item] = [{"id": one, **claim.as_json()} for one, claim in claims(events, received_ms).items()]
    candidate_ids = dict.fromkeys(event.candidate_id for event in events if event.candidate_id)
    return [*items, *({"id": one, "is": CANDIDATE, **RESULTS.as_json()} for one in candidate_ids)]


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Joins two items with the same id: keeps the first one's `is`, and both claims."""
    kept = {name: one[name] for name in ("id", "is", DUE) if name in one}
    return {**kept, **Claim.of(one).plus(Claim.of(other)).as_json()}
