"""Compares a job position in Alva with its posting in Lever."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from alva_lever.rules.model import JobPosition, Posting


class PostingWord(StrEnum):
    """The report's words for a posting. If several apply, the first one counts."""

    GONE = "gone"
    CONFIDENTIAL = "confidential"
    OWNER_UNKNOWN = "owner_unknown"
    FIELD_REFUSED = "field_refused"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def manager_of(posting: Posting) -> str | None:
    """Returns the hiring manager's address, case-folded; None without a hiring manager or without an address."""
    return (posting.hiring_manager_email or "").strip().casefold() or None


def owner_of(posting: Posting, users: Mapping[str, str]) -> str | None:
    """Returns the hiring manager's address as Alva writes it; None if Alva has no such user.

    `users`: the addresses of Alva's users by their case-folded form.
    """
    manager = manager_of(posting)
    return None if manager is None else users.get(manager)


def owner_unknown(posting: Posting, users: Mapping[str, str] | None) -> bool:
    """Whether Alva has no user with the hiring manager's address. False if the posting has no such address.

    `users` as in `owner_of`; None if Alva doesn't list its users, and the result is then False.
    """
    return users is not None and manager_of(posting) is not None and owner_of(posting, users) is None


def difference(position: JobPosition, posting: Posting, owner_email: str | None) -> dict[str, str | None]:
    """Returns the fields to write; empty if nothing differs. Without an owner or a name, the position keeps its own."""
    wanted: dict[str, str | None] = {"team": posting.team}
    if posting.name is not None:
        wanted["name"] = posting.name
    if owner_email is not None and owner_email.casefold() != (position.owner_email or "").casefold():
        wanted["owner_email"] = owner_email
    return {name: value for name, value in wanted.items() if value != getattr(position, name)}
