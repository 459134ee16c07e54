"""What the words of a report mean, and a report in a sentence, for people who read it on the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alva_lever.rules import tags
from alva_lever.rules.invitation import Reason
from alva_lever.rules.notes import Failure
from alva_lever.rules.positions import PostingWord
from alva_lever.rules.results import ResultsWord

LEFTOVER, GIVEN_UP = "leftover", "given_up"
FAILURES: tuple[str, ...] = tuple(Failure)

MEANINGS: Mapping[str, str] = {
    Reason.GONE: "Gone from Lever, or anonymised",
    Reason.CONFIDENTIAL: "Confidential, so it never reaches Alva",
    Reason.ARCHIVED: "Archived",
    Reason.ALREADY_INVITED: f"Has {tags.INVITATION_SENT} or {tags.COMPLETED} already",
    Reason.AWAITING_RETRY: "The invitation failed or bounced, and no new one has been asked for",
    Reason.SEND_TESTS: f"Invitation: has {tags.SEND_TESTS}",
    Reason.SKIP_ASSESSMENT: f"No invitation: the posting has {tags.SKIP_ASSESSMENT}",
    Reason.BLOCKED_ORIGIN: "No invitation: the origin is blocked",
    Reason.TRIGGER_STAGE: "Invitation: is in the trigger stage",
    Reason.SCREENING: f"Invitation: applied for a posting with {tags.SCREENING}",
    Reason.MANUAL: "Invitation: a person named it",
    Reason.NOT_REQUESTED: "No invitation: nothing asks for it",
    Failure.MISSING_EMAIL: "No invitation: there is no e-mail address",
    Failure.INVALID_EMAIL: "No invitation: no e-mail address is valid",
    Failure.NO_POSTING: "No invitation: there is no posting",
    Failure.REFUSED_BY_ALVA: "No invitation: Alva refused it",
    ResultsWord.INVITED: f"{tags.INVITATION_SENT} was missing and is there now",
    ResultsWord.BOUNCED: "The invitation e-mail bounced",
    ResultsWord.COMPLETED: "All tests are completed, and the results are in Lever",
    ResultsWord.UPDATED: "Brought up to date",
    ResultsWord.WITHDRAWN: "Alva has no role fit any more",
    ResultsWord.RESET: "The tests were reset",
    ResultsWord.UNCHANGED: "Nothing differs",
    ResultsWord.NOT_IN_ALVA: "Alva has no such candidate",
    PostingWord.OWNER_UNKNOWN: "Alva has no user with the hiring manager's address",
    PostingWord.FIELD_REFUSED: "Alva refuses the team or the hiring manager; the rest is up to date",
    "hired": "Hired, and Alva knows it",
    "deleted": "Deleted in Lever, and removed from Alva",
    "unconfirmed": "A delivery said so, and Lever does not show it",
    LEFTOVER: "Could not be done; a later run tries again",
    GIVEN_UP: "Could not be done for 14 days, and is not tried again",
}

# What a sentence says of a word beside the number.
_SHORT: Mapping[str, str] = {
    ResultsWord.BOUNCED: "bounced",
    ResultsWord.COMPLETED: "completed",
    ResultsWord.WITHDRAWN: "withdrawn",
    ResultsWord.RESET: "reset",
    ResultsWord.UPDATED: "brought up to date",
    "hired": "hired",
    "deleted": "deleted",
    PostingWord.OWNER_UNKNOWN: "with an unknown hiring manager",
    PostingWord.FIELD_REFUSED: "with a refused field",
    LEFTOVER: "to be tried again",
    GIVEN_UP: "given up",
}


def failed(counts: Mapping[str, int]) -> int:
    """Returns how many invitations failed."""
    return total(counts, FAILURES)


def total(counts: Mapping[str, int], words: Iterable[str]) -> int:
    return sum(counts.get(word, 0) for word in words)


def in_a_sentence(report: Mapping[str, Any], *, invites: bool = True) -> str:
    """Returns a run's report in words. `invites`: whether runs of this DAG send invitations."""
    counts: Mapping[str, int] = report["counts"]
    parts = [f"looked at {report['looked_at']}"]
    if invites or report["invited"]:
        parts.insert(0, f"{'would have invited' if report['dry_run'] else 'invited'} {report['invited']}")
    trouble = [f"{failed(counts)} failed"] if failed(counts) else []
    trouble += [f"{counts[word]} {short}" for word, short in _SHORT.items() if counts.get(word)]
    parts += [", ".join(trouble)] if trouble else []
    said = "; ".join(parts)
    return f"Rehearsal: {said}" if report["dry_run"] else said[0].upper() + said[1:]
