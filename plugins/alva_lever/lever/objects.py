"""What only Lever has, as frozen objects. Times are epoch milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who works in Lever. `email` is None for one without."""

    id: str
    name: str = field(repr=False)
    email: str | None = field(repr=False)
    active: bool = True


@dataclass(frozen=True, slots=True)
class ArchiveReason:
    """Why opportunities are archived. `hired` is told by the reason's type; its name is the account's own."""

    id: str
    name: str
    hired: bool
    active: bool = True


@dataclass(frozen=True, slots=True)
class DeletedOpportunity:
    """What is left of a deleted opportunity: its id, and when and by whom, where Lever tells."""

    id: str
    deleted_at_ms: int | None
    deleted_by: str | None


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
