"""What a job position in Alva should say of its posting in Lever."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from alva_lever.rules.model import JobPosition, Posting


class PostingWord(StrEnum):
    """A report's words for a posting; of several that are true, the first."""

    GONE = "gone"
    CONFIDENTIAL = "confidential"
    OWNER_UNKNOWN = "owner_unknown"
    FIELD_REFUSED = "field_refused"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def manager_of(posting: Posting) -> str | None:
    """The hiring manager's address, case-folded; None where there is no such person, or no address of theirs."""
    return (posting.hiring_manager_email or "").strip().casefold() or None


def owner_of(posting: Posting, users: Mapping[str, str]) -> str | None:
    """The hiring manager's address as Alva writes it, None where Alva has no such user.

    `users`: the addresses of Alva's users by their case-folded form.
    """
    manager = manager_of(posting)
    return None if manager is None else users.get(manager)


def owner_unknown(posting: Posting, users: Mapping[str, str] | None) -> bool:
    """Whether Alva has no such user as the hiring manager. One without an address can't be known or unknown.

    `users` as in `owner_of`; None: Alva doesn't tell who they are, so that nobody is unknown.
    """
    return users is not None and manager_of(posting) is not None and owner_of(posting, users) is None


def difference(position: JobPosition, posting: Posting, owner_email: str | None) -> dict[str, str | None]:
    """What has to be written, by field; empty where nothing differs. Without an owner, or a name of the posting, the
    present one stays."""
    wanted: dict[str, str | None] = {"team": posting.team}
    if posting.name is not None:
        wanted["name"] = posting.name
    if owner_email is not None and owner_email.casefold() != (position.owner_email or "").casefold():
        wanted["owner_email"] = owner_email
    return {name: value for name, value in wanted.items() if value != getattr(position, name)}
