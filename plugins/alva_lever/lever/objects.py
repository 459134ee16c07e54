"""What only Lever has, as frozen objects."""

from __future__ import annotations

from dataclasses import dataclass, field

from alva_lever.rules.model import Archived


@dataclass(frozen=True, slots=True)
class AfterWrite:
    """What an opportunity has become, as far as the answer to a write is asked for it."""

    id: str
    stage_id: str
    confidential: bool
    anonymised: bool
    archived: Archived | None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who works in Lever. `email` is None for one without."""

    id: str
    name: str = field(repr=False)
    email: str | None = field(repr=False)
    active: bool = True


@dataclass(frozen=True, slots=True)
class ArchiveReason:
    """Why opportunities are archived. `hired` is told by the reason's type; its name is the account's own, and empty
    where Lever tells none."""

    id: str
    name: str
    hired: bool
    active: bool = True


@dataclass(frozen=True, slots=True)
class DeletedOpportunity:
    """What is needed of a deleted opportunity."""

    id: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """A delivery of one event to one URL. `signature_token` is told by the call that creates it and never again.

    `origins`: the origins that it is limited to; None for an event that has no such condition.
    """

    id: str
    event: str
    url: str = field(repr=False)
    origins: tuple[str, ...] | None = None
    signature_token: str | None = field(default=None, repr=False)
