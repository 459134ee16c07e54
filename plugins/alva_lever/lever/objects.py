"""Frozen objects for what only Lever has."""

from __future__ import annotations

from dataclasses import dataclass, field

from alva_lever.rules.model import Archived


@dataclass(frozen=True, slots=True)
class AfterWrite:
    """The fields of an opportunity that are read from the answer to a write."""

    id: str
    stage_id: str
    confidential: bool
    anonymised: bool
    archived: Archived | None


@dataclass(frozen=True, slots=True)
class User:
    """A user of Lever. `email` is None if there is none."""

    id: str
    name: str = field(repr=False)
    email: str | None = field(repr=False)
    active: bool = True


@dataclass(frozen=True, slots=True)
class ArchiveReason:
    """Why opportunities are archived. `hired` comes from the reason's type; its name is the account's own, and may be
    empty."""

    id: str
    name: str
    hired: bool
    active: bool = True


@dataclass(frozen=True, slots=True)
class DeletedOpportunity:
    """A deleted opportunity; only its id is needed."""

    id: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook: sends one event to one URL. Only the call that creates it gives `signature_token`.

    `origins`: the origins that it is limited to; None if the event has no such condition.
    """

    id: str
    event: str
    url: str = field(repr=False)
    origins: tuple[str, ...] | None = None
    signature_token: str | None = field(default=None, repr=False)
