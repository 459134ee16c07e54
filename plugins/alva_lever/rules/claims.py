"""What deliveries claim of opportunities and candidates. A claim is a hint to look, never the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


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
    """All that is said of one opportunity."""

    kinds: frozenset[Kind]
    applications: frozenset[str]

    @property
    def tells_of_arrival_alone(self) -> bool:
        """Whether an application is all that is said."""
        return Kind.APPLIED in self.kinds and Kind.MOVED not in self.kinds

    @property
    def asks_to_look(self) -> bool:
        """Whether the opportunity is to be looked at and decided about, as a poll would."""
        return not self.kinds.isdisjoint({Kind.APPLIED, Kind.MOVED})


def results_of(opportunity_id: str) -> Event:
    """That the results of this opportunity's candidate may have changed."""
    return Event(Kind.RESULTS, opportunity_id)


def claims(events: Iterable[Event]) -> dict[str, Claim]:
    """By opportunity, in the order in which each was first heard of: several deliveries about one are one look.

    Events of candidates are passed over: `results_of` stands for them once their opportunities are known.
    """
    kinds: dict[str, set[Kind]] = {}
    applications: dict[str, set[str]] = {}
    for event in events:
        if not event.opportunity_id:
            continue
        kinds.setdefault(event.opportunity_id, set()).add(event.kind)
        announced = applications.setdefault(event.opportunity_id, set())
        if event.application_id is not None:
            announced.add(event.application_id)
    return {name: Claim(frozenset(said), frozenset(applications[name])) for name, said in kinds.items()}
