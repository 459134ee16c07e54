"""The items of a batch: an opportunity, a posting or a candidate in Alva by id, and what is claimed of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alva_lever.batch.leftovers import DUE, Item
from alva_lever.rules.events import Claim, Event, Kind, claims

# What an item is whose id is that of Alva's candidate, of Lever's posting, or of Alva's job position; of others it is
# the opportunity's, or, where postings are synced, the posting's.
CANDIDATE, POSTING, POSITION = "candidate", "posting", "job_position"
RESULTS = Claim(frozenset({Kind.RESULTS}))


def spoken_of(events: Iterable[Event], received_ms: int) -> list[Item]:
    """An item for each opportunity, and for each candidate of Alva's, that deliveries speak of.

    `received_ms`: when they came.
    """
    events = list(events)
    items: list[Item] = [{"id": one, **claim.as_json()} for one, claim in claims(events, received_ms).items()]
    candidate_ids = dict.fromkeys(event.candidate_id for event in events if event.candidate_id)
    return [*items, *({"id": one, "is": CANDIDATE, **RESULTS.as_json()} for one in candidate_ids)]


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Of two items of a batch with one id the item that asks for all that both ask for: what it is, and its claim."""
    kept = {name: one[name] for name in ("id", "is", DUE) if name in one}
    return {**kept, **Claim.of(one).plus(Claim.of(other)).as_json()}
