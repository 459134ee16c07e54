"""What an opportunity carries of its candidate's state in Alva."""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import UTC, datetime

from alva_lever.rules import tags
from alva_lever.rules.model import AlvaCandidate, Results

_LOWEST = (100, 75, 50, 25, 0)  # the lowest role fit of each tag, in the order of `tags.ROLE_FIT`

_DONE = re.compile(r": completed(,|\s*$)")
_TITLE = "Alva: test results"
_RESET = (
    "The tests were reset in Alva, so there are no results now. When the candidate has taken them again, the new ones "
    "will stand here."
)
_AWAITING = (
    "Further tests were asked for in Alva, or some are to be taken again, so there are no results now. When all are "
    "done, they will stand here."
)


def status_tag(candidate: AlvaCandidate) -> str:
    """The one status tag: completed, bounced, or invited with nothing wrong."""
    if candidate.completed:
        return tags.COMPLETED
    return tags.INVITATION_BOUNCED if candidate.bounced else tags.INVITATION_SENT


def role_fit_tag(role_fit: float | None) -> str | None:
    """The tag for a role fit of 0 to 100, rounded down; none for none, which is not zero."""
    if role_fit is None:
        return None
    whole = math.floor(role_fit)
    return next(tag for tag, lowest in zip(tags.ROLE_FIT, _LOWEST, strict=True) if whole >= lowest)


def result_note(candidate: AlvaCandidate, results: Results, link: str | None, ref: str) -> str:
    """The results in plain text, for Lever's panel."""
    scores = dict(results.scores)
    types = [test.type for test in candidate.assessments]
    lines = [f"{_named(test.type)}: {_with(test.status, scores.get(test.type))}" for test in candidate.assessments]
    # The others as they come: two interviews may have one title.
    lines += [f"{_named(name)}: {score}" for name, score in results.scores if name not in types]
    parts = [_TITLE, "\n".join([_role_fit(results), *lines])]
    if link:
        parts.append(f"Details: {link}")
    return "\n\n".join([*parts, ref])


def reset_note(ref: str) -> str:
    """What takes the place of results that no longer hold."""
    return f"{_TITLE}\n\n{_RESET}\n\n{ref}"


def awaiting_note(ref: str) -> str:
    """The same where some tests are done, and others are not."""
    return f"{_TITLE}\n\n{_AWAITING}\n\n{ref}"


def tells_of_none(note: str) -> bool:
    """Whether a result note is one of these two."""
    text = " ".join(note.split())
    return _RESET in text or _AWAITING in text


def tells_of_more(note: str, candidate: AlvaCandidate) -> bool:
    """Whether a result note tells of more completed tests of one type than there are now."""
    told = Counter(line.partition(":")[0].strip() for line in note.splitlines() if _DONE.search(line))
    return bool(told - Counter(_named(test.type) for test in candidate.assessments if test.completed))


def _role_fit(results: Results) -> str:
    fit = results.role_fit
    if fit is None:
        return "Role fit: none now"
    label = (role_fit_tag(fit.score) or "").removeprefix("Alva: ")
    return f"Role fit: {math.floor(fit.score)} of 100 ({label}){_on(fit.computed_at)}"


def _on(computed_at: str | None) -> str:
    if not computed_at:
        return ""
    try:
        moment = datetime.fromisoformat(computed_at)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return ""
    return f", as of {utc:%Y-%m-%d %H:%M} UTC"


def _named(name: str) -> str:
    return name[:1].upper() + name[1:].replace("_", " ")


def _with(status: str, score: str | None) -> str:
    return status if score is None else f"{status}, {score}"
