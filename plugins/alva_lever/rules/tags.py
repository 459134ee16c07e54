"""The tags that the integration owns, and those that people set for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

INVITATION_SENT = "Alva: Invitation Sent"
INVITATION_BOUNCED = "Alva: Invitation Bounced"
INVITATION_FAILED = "Alva: Invitation Failed"
COMPLETED = "Alva: Completed"
STATUS = (INVITATION_SENT, INVITATION_BOUNCED, INVITATION_FAILED, COMPLETED)

ROLE_FIT = (
    "Alva: Very high role fit",
    "Alva: High role fit",
    "Alva: Medium role fit",
    "Alva: Low role fit",
    "Alva: Very low role fit",
)
OWNED = (*STATUS, *ROLE_FIT)

SEND_TESTS = "Alva: Send Tests"
SCREENING = "Alva: Screening"
SKIP_ASSESSMENT = "Alva: Skip Assessment"
ON_OPPORTUNITIES = (SEND_TESTS,)
ON_POSTINGS = (SCREENING, SKIP_ASSESSMENT)


@dataclass(frozen=True, slots=True)
class TagChange:
    """Tags to remove and to add, in this order: a crash in between leaves somebody whom the next look completes."""

    remove: tuple[str, ...] = ()
    add: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.remove or self.add)


def with_status(tags: Iterable[str], status: str) -> TagChange:
    """What makes `status` the one status tag. All other tags stay as they are."""
    present = set(tags)
    return TagChange(
        remove=tuple(tag for tag in STATUS if tag in present and tag != status),
        add=() if status in present else (status,),
    )


def near_misses(tags: Iterable[str], control: Iterable[str]) -> list[str]:
    """Those tags that differ from a control tag only in case or spacing. They are reported, not obeyed."""
    meant = {_folded(tag): tag for tag in control}
    return [tag for tag in tags if meant.get(_folded(tag), tag) != tag]


def _folded(tag: str) -> str:
    return "".join(tag.casefold().split())
