"""Events and the claims made of them. A claim is a hint to check an opportunity; it is never trusted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from alva_lever.rules.ids import id_in
from alva_lever.rules.model import Application

# An older delivery is not acted on: Lever's own log of deliveries goes back no further.
OLDEST_DELIVERY_MS = 14 * 24 * 60 * 60 * 1000


class Kind(StrEnum):
    """What an event reports: a change of an opportunity in Lever, or (`RESULTS`) of a candidate in Alva."""

    APPLIED = "application_created"
    MOVED = "stage_changed"
    HIRED = "hired"
    DELETED = "deleted"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook delivery: a kind and ids. `application_id`: the application that the delivery calls new. A `RESULTS`
    event has the candidate's id in Alva and no opportunity id."""

    kind: Kind
    opportunity_id: str = ""
    application_id: str | None = None
    candidate_id: str | None = None

    def as_json(self) -> dict[str, str]:
        """Returns `{"kind", "opportunity", "application"?}` or `{"kind", "candidate"}`, the form in a run's conf."""
        if self.candidate_id is not None:
            return {"kind": self.kind.value, "candidate": self.candidate_id}
        value = {"kind": self.kind.value, "opportunity": self.opportunity_id}
        return value if self.application_id is None else {**value, "application": self.application_id}

    @classmethod
    def of(cls, value: Mapping[str, str]) -> Event:
        """Reads `as_json`. :raises ValueError: an unknown kind. :raises KeyError: the kind or its id is missing."""
        kind = Kind(value["kind"])
        if kind is Kind.RESULTS:
            return cls(kind, candidate_id=value["candidate"])
        return cls(kind, id_in(value["opportunity"]), value.get("application"))


@dataclass(frozen=True, slots=True)
class Claim:
    """Everything reported about one opportunity by deliveries, a poll, a form, or an earlier run that failed on it.

    `new_since_ms`: by application id, the earliest creation time at which the application counts as new.
    `new_within_ms`: first and last moment of each period in which any application counts as new, because its id could
    not be read. `deleted_since_ms`: the earliest time at which the opportunity may have been deleted. `named_ms`: by
    run id, when a person named the opportunity in a manual run. Times are epoch milliseconds.
    """

    kinds: frozenset[Kind] = frozenset({Kind.MOVED})
    new_since_ms: Mapping[str, int] = field(default_factory=dict)
    new_within_ms: frozenset[tuple[int, int]] = frozenset()
    deleted_since_ms: int | None = None
    named_ms: Mapping[str, int] = field(default_factory=dict)

    @property
    def tells_of_arrival_alone(self) -> bool:
        """Whether the claim reports a new application and no stage change."""
        return Kind.APPLIED in self.kinds and Kind.MOVED not in self.kinds

    @property
    def asks_to_look(self) -> bool:
        """Whether the decision table applies to the opportunity, as in a poll."""
        return not self.kinds.isdisjoint({Kind.APPLIED, Kind.MOVED})

    def is_new(self, application: Application) -> bool:
        """Whether the claim makes this application new."""
        created_ms = application.created_at_ms
        if created_ms is None:
            return False
        return created_ms >= self.new_since_ms.get(application.id, math.inf) or any(
            first_ms <= created_ms <= last_ms for first_ms, last_ms in self.new_within_ms
        )

    def plus(self, other: Claim) -> Claim:
        """Returns both claims as one."""
        deleted = [since_ms for since_ms in (self.deleted_since_ms, other.deleted_since_ms) if since_ms is not None]
        return Claim(
            self.kinds | other.kinds,
            _earliest(self.new_since_ms, other.new_since_ms),
            self.new_within_ms | other.new_within_ms,
            min(deleted, default=None),
            _earliest(self.named_ms, other.named_ms),
        )

    def as_json(self) -> dict[str, Any]:
        """Returns only what differs from the defaults: a poll may find thousands of plain stage changes."""
        value: dict[str, Any] = {}
        if self.kinds != {Kind.MOVED}:
            value["kinds"] = sorted(self.kinds)
        if self.new_since_ms:
            value["new_since_ms"] = dict(self.new_since_ms)
        if self.new_within_ms:
            value["new_within_ms"] = sorted(map(list, self.new_within_ms))
        if self.deleted_since_ms is not None:
            value["deleted_since_ms"] = self.deleted_since_ms
        if self.named_ms:
            value["named_ms"] = dict(self.named_ms)
        return value

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Claim:
        """Reads `as_json`; ignores other keys."""
        return cls(
            frozenset(map(Kind, value.get("kinds", (Kind.MOVED,)))),
            value.get("new_since_ms", {}),
            frozenset((first_ms, last_ms) for first_ms, last_ms in value.get("new_within_ms", ())),
            value.get("deleted_since_ms"),
            value.get("named_ms", {}),
        )


def claims(events: Iterable[Event], received_ms: int) -> dict[str, Claim]:
    """Returns one claim for each opportunity, in the order of its first event: several deliveries need only one read.

    Skips events of Alva candidates, whose opportunity is not known yet. `received_ms`: when the deliveries came. The
    changes that they report are at most `OLDEST_DELIVERY_MS` older.
    """
    since_ms = received_ms - OLDEST_DELIVERY_MS
    found: dict[str, Claim] = {}
    for event in events:
        if not event.opportunity_id:
            continue
        claim = Claim(
            frozenset({event.kind}),
            {} if event.application_id is None else {event.application_id: since_ms},
            deleted_since_ms=since_ms if event.kind is Kind.DELETED else None,
        )
        before = found.get(event.opportunity_id)
        found[event.opportunity_id] = claim if before is None else before.plus(claim)
    return found


def _earliest(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: min(each[key] for each in (one, other) if key in each) for key in {**one, **other}}
