"""What is said to have happened, and what is to be done about it. A claim is a hint to look, never the truth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from alva_lever.rules.model import Application
from alva_lever.rules.window import LONGEST_MS


class Kind(StrEnum):
    """What is said to have happened: in Lever to an opportunity, or (`RESULTS`) in Alva to a candidate."""

    APPLIED = "application_created"
    MOVED = "stage_changed"
    HIRED = "hired"
    DELETED = "deleted"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Event:
    """One delivery's claim: a kind and ids. `application_id`: the application that is said to be new. Of `RESULTS`
    the candidate's id in Alva is known, and the opportunity's isn't yet."""

    kind: Kind
    opportunity_id: str = ""
    application_id: str | None = None
    candidate_id: str | None = None

    def as_json(self) -> dict[str, str]:
        """`{"kind", "opportunity", "application"?}` or `{"kind", "candidate"}`, as it stands in a run's conf."""
        if self.candidate_id is not None:
            return {"kind": self.kind.value, "candidate": self.candidate_id}
        told = {"kind": self.kind.value, "opportunity": self.opportunity_id}
        return told if self.application_id is None else {**told, "application": self.application_id}

    @classmethod
    def of(cls, value: Mapping[str, str]) -> Event:
        """From `as_json`. :raises ValueError: there is no such kind. :raises KeyError: no kind, or no id for it."""
        kind = Kind(value["kind"])
        if kind is Kind.RESULTS:
            return cls(kind, candidate_id=value["candidate"])
        return cls(kind, value["opportunity"], value.get("application"))


@dataclass(frozen=True, slots=True)
class Claim:
    """All that is said of one opportunity, by deliveries, a poll, a form, or a run that could not do it.

    `new_since_ms`: by an application's id, since when it must have been created to count as new. `new_within_ms`: the
    first and last moment of each time in which any application counts as new, since it could not be read which it is.
    `deleted_since_ms`: since when it may have been deleted. `named_ms`: the manual runs in which a person named it, and
    when they did. Times are epoch milliseconds.
    """

    kinds: frozenset[Kind] = frozenset({Kind.MOVED})
    new_since_ms: Mapping[str, int] = field(default_factory=dict)
    new_within_ms: frozenset[tuple[int, int]] = frozenset()
    deleted_since_ms: int | None = None
    named_ms: Mapping[str, int] = field(default_factory=dict)

    @property
    def tells_of_arrival_alone(self) -> bool:
        """Whether an application is all that is said."""
        return Kind.APPLIED in self.kinds and Kind.MOVED not in self.kinds

    @property
    def asks_to_look(self) -> bool:
        """Whether the opportunity is to be looked at and decided about, as a poll would."""
        return not self.kinds.isdisjoint({Kind.APPLIED, Kind.MOVED})

    def is_new(self, application: Application) -> bool:
        """Whether this application counts as new by what is said."""
        created_ms = application.created_at_ms
        if created_ms is None:
            return False
        return created_ms >= self.new_since_ms.get(application.id, math.inf) or any(
            first_ms <= created_ms <= last_ms for first_ms, last_ms in self.new_within_ms
        )

    def plus(self, other: Claim) -> Claim:
        """Both."""
        deleted = [one for one in (self.deleted_since_ms, other.deleted_since_ms) if one is not None]
        return Claim(
            self.kinds | other.kinds,
            _earliest(self.new_since_ms, other.new_since_ms),
            self.new_within_ms | other.new_within_ms,
            min(deleted, default=None),
            _earliest(self.named_ms, other.named_ms),
        )

    def as_json(self) -> dict[str, Any]:
        """Without what is as a rule: a poll finds thousands who came into a stage."""
        told: dict[str, Any] = {}
        if self.kinds != {Kind.MOVED}:
            told["kinds"] = sorted(self.kinds)
        if self.new_since_ms:
            told["new_since_ms"] = dict(self.new_since_ms)
        if self.new_within_ms:
            told["new_within_ms"] = sorted(map(list, self.new_within_ms))
        if self.deleted_since_ms is not None:
            told["deleted_since_ms"] = self.deleted_since_ms
        if self.named_ms:
            told["named_ms"] = dict(self.named_ms)
        return told

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Claim:
        """From `as_json`, other keys aside."""
        return cls(
            frozenset(map(Kind, value.get("kinds", (Kind.MOVED,)))),
            value.get("new_since_ms", {}),
            frozenset((first_ms, last_ms) for first_ms, last_ms in value.get("new_within_ms", ())),
            value.get("deleted_since_ms"),
            value.get("named_ms", {}),
        )


def claims(events: Iterable[Event], received_ms: int) -> dict[str, Claim]:
    """By opportunity, in the order in which each was first heard of: several deliveries about one are one look.

    Events of candidates are passed over: whose they are isn't known yet. `received_ms`: when they came. What they tell
    of happened no longer ago than a delivery may be on its way.
    """
    since_ms = received_ms - LONGEST_MS
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
