"""What a job position in Alva should say of its posting in Lever."""

from __future__ import annotations

from collections.abc import Mapping

from alva_lever.rules.model import JobPosition, Posting


def owner_of(posting: Posting, users: Mapping[str, str]) -> str | None:
    """The hiring manager's address as Alva writes it, None where Alva has no such user.

    `users`: the addresses of Alva's users by their case-folded form.
    """
    email = posting.hiring_manager_email
    return None if email is None else users.get(email.strip().casefold())


def difference(position: JobPosition, posting: Posting, owner_email: str | None) -> dict[str, str | None]:
    """What has to be written, by field; empty where nothing differs. Without an owner, the present one stays."""
    wanted: dict[str, str | None] = {"name": posting.name, "team": posting.team}
    if owner_email is not None and owner_email.casefold() != (position.owner_email or "").casefold():
        wanted["owner_email"] = owner_email
    return {name: value for name, value in wanted.items() if value != getattr(position, name)}
