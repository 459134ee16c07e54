"""What the contract says of a candidate, written from its tables and from nothing of the package.

Reads the sandbox's world: the opportunity in Lever and the candidate in Alva, as they are now. The caller holds the
world's lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from include.sandbox.alva.models import BOUNCED, Candidate
from include.sandbox.lever.models import Opportunity

TRIGGER_STAGE, BLOCKED = "Assessment", ("agency",)  # as in airflow_settings.yaml
SEND_TESTS, SCREENING, SKIP = "Alva: Send Tests", "Alva: Screening", "Alva: Skip Assessment"
SENT, BOUNCE, FAILED, COMPLETED = (
    "Alva: Invitation Sent", "Alva: Invitation Bounced", "Alva: Invitation Failed", "Alva: Completed",
)  # fmt: skip
FITS = (
    (100, "Alva: Very high role fit"),
    (75, "Alva: High role fit"),
    (50, "Alva: Medium role fit"),
    (25, "Alva: Low role fit"),
    (0, "Alva: Very low role fit"),
)
OWNED = frozenset({SENT, BOUNCE, FAILED, COMPLETED, *(tag for _, tag in FITS)})


def is_out_of_bounds(row: Opportunity) -> bool:
    """Rows 1 and 2: nothing is done with it, and nothing is written to it."""
    posting = row.posting
    return (
        row.contact.anonymised or row.confidential or row.restricted or (posting is not None and posting.confidential)
    )


def is_to_be_invited(row: Opportunity, *, named: bool) -> bool:
    """Rows 1 to 12 for a candidate who has no status tag and has just applied."""
    if is_out_of_bounds(row) or row.archived is not None:
        return False
    on_posting = row.posting.tags if row.posting else []
    if SEND_TESTS in row.tags:
        return True
    if SKIP in on_posting or row.origin in BLOCKED:
        return False
    return row.stage.text == TRIGGER_STAGE or SCREENING in on_posting or named


def owned_tags(candidate: Candidate) -> set[str]:
    """Section 6: the tags that Alva's present state gives."""
    if candidate.assessments and all(test.status == "completed" for test in candidate.assessments):
        fit = candidate.role_fit
        return (
            {COMPLETED} if fit is None else {COMPLETED, next(tag for lowest, tag in FITS if fit.score // 1 >= lowest)}
        )
    if candidate.invitation is not None and candidate.invitation.status == BOUNCED:
        return {BOUNCE}
    return {SENT}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A broken promise. `what`: `lost`, `twice`, `uninvited` (invited though nothing asks for it), `tags`, `theirs` (a
    person's tag), `note`, `link`, `stage`, `owner` (of a job position; `opportunity_id` is then the posting's)."""

    what: str
    opportunity_id: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.what}: {self.opportunity_id}: {self.sentence}"


def owned(tags: Iterable[str]) -> set[str]:
    return {*OWNED.intersection(tags)}


def theirs(tags: Iterable[str]) -> set[str]:
    return set(tags) - OWNED
