"""The tags that the integration owns, and the control tags that people set for it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

INVITATION_SENT = "Alva: Invitation Sent"
INVITATION_BOUNCED = "Alva: Invitation Bounced"
INVITATION_FAILED = "Alva: Invitation Failed"
COMPLETED = "Alva: Completed"
STATUS = (INVITATION_SENT, INVITATION_BOUNCED, INVITATION_FAILED, COMPLETED)

# Each role fit tag with the lowest role fit that it is for, the highest first.
LOWEST_ROLE_FIT = {
    "Alva: Very high role fit": 100,
    "Alva: High role fit": 75,
    "Alva: Medium role fit": 50,
    "Alva: Low role fit": 25,
    "Alva: Very low role fit": 0,
}
ROLE_FIT = tuple(LOWEST_ROLE_FIT)
OWNED = (*STATUS, *ROLE_FIT)

SEND_TESTS = "Alva: Send Tests"
SCREENING = "Alva: Screening"
SKIP_ASSESSMENT = "Alva: Skip Assessment"
ON_OPPORTUNITIES = (SEND_TESTS,)
ON_POSTINGS = (SCREENING, SKIP_ASSESSMENT)


@dataclass(frozen=True, slots=True)
class TagChange:
    """Tags to remove first and to add then. After a crash in between, the next run adds the rest."""

    remove: tuple[str, ...] = field(default=(), repr=False)
    add: tuple[str, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.remove or self.add)


def with_status(present: Iterable[str], status: str, role_fit: str | None = None) -> TagChange:
    """Returns the change that makes `status` the only status tag, and `role_fit` (or none) the only role fit tag.

    Adds the status last, since `Alva: Completed` says that the rest is done. Keeps all other tags.
    """
    present = set(present)
    wanted = [tag for tag in (role_fit, status) if tag is not None]
    return TagChange(
        remove=tuple(tag for tag in OWNED if tag in present and tag not in wanted),
        add=tuple(tag for tag in wanted if tag not in present),
    )


def role_fit_tag(role_fit: float | None) -> str | None:
    """Returns the tag for a role fit of 0 to 100, rounded down; None if there is no role fit, which is not zero."""
    if role_fit is None:
        return None
    whole = math.floor(role_fit)
    return next(tag for tag, lowest in LOWEST_ROLE_FIT.items() if whole >= lowest)


def near_misses(tags: Iterable[str], control: Iterable[str]) -> list[str]:
    """Returns the tags that differ from a control tag only in case or spacing. They are reported, not obeyed."""
    meant = {_folded(tag): tag for tag in control}
    return [tag for tag in tags if meant.get(_folded(tag), tag) != tag]


def _folded(tag: str) -> str:
    visible = (letter for letter in tag.casefold() if unicodedata.category(letter) != "Cf")
    return "".join("".join(visible).split())
