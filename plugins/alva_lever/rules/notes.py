"""The notes that recruiters read: what they tell, in which words, and the line by which each is recognised.

Each note ends with a reference line, by which the integration recognises its own notes:

- `Ref: alva-lever/failure/<failure>/<key>`; the key is the stage entry in milliseconds, the run's id, or a hash of the
  addresses
- `Ref: alva-lever/bounce/<Alva's candidate id>-<sent_at in milliseconds, 0 if unknown>`
- `Ref: alva-lever/result/<Alva's candidate id> <state> <mark>`; the first version wrote neither state nor mark

Rules read this line and nothing else of a note, so the text above it may change at any time.
"""

from __future__ import annotations

import hashlib
import html
import json
import math
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote, unquote

from alva_lever.rules import tags
from alva_lever.rules.model import AlvaCandidate, Note, Policy, Results
from alva_lever.rules.window import to_the_minute


class State(StrEnum):
    """The state that a result note tells, as its last line names it."""

    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"  # completed without a role fit: the results were withdrawn, or are not computed yet
    RESET = "reset"
    AWAITING = "awaiting"  # some tests are completed; others are new or must be taken again

    @property
    def has_results(self) -> bool:
        return self in (State.COMPLETED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a result note tells, apart from its wording. Without results, only the state is set.

    `role_fit`: rounded down. `computed_at`: UTC, to the minute. `tests`: pairs of name and status. `scores`: pairs of
    name and score.
    """

    state: State
    role_fit: int | None = field(default=None, repr=False)
    computed_at: datetime | None = field(default=None, repr=False)
    tests: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    scores: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    link: str | None = field(default=None, repr=False)

    @property
    def mark(self) -> str:
        """Eight hex digits that change with the facts, but not with the order in which Alva lists them."""
        moment = None if self.computed_at is None else self.computed_at.isoformat()
        values = [self.role_fit, moment, sorted(self.tests), sorted(self.scores), self.link]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:8]


def facts(candidate: AlvaCandidate, results: Results, link: str | None) -> Facts:
    """Returns the facts of a candidate who has completed all tests."""
    fit = results.role_fit
    return Facts(
        State.WITHDRAWN if fit is None else State.COMPLETED,
        role_fit=None if fit is None else math.floor(fit.score),
        computed_at=None if fit is None else _minute(fit.computed_at),
        tests=tuple((test.type, test.status) for test in candidate.assessments),
        scores=results.scores,
        link=link,
    )


def status_tag(candidate: AlvaCandidate) -> str:
    """Returns the candidate's one status tag: completed, bounced, or invited."""
    if candidate.completed:
        return tags.COMPLETED
    return tags.INVITATION_BOUNCED if candidate.bounced else tags.INVITATION_SENT


def _minute(computed_at: str | None) -> datetime | None:
    if not computed_at:
        return None
    try:
        moment = datetime.fromisoformat(computed_at)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return utc.replace(second=0, microsecond=0)


class Failure(StrEnum):
    """Why an invitation that the rules allow could not be sent."""

    MISSING_EMAIL = "missing_email"
    INVALID_EMAIL = "invalid_email"
    NO_POSTING = "no_posting"
    REFUSED_BY_ALVA = "refused_by_alva"


# The last line.


@dataclass(frozen=True, slots=True)
class Reference:
    """The content of a reference line.

    `about`: `("failure", failure, key)`, `("bounce", key)` or `("result", candidate_id)`; there is one note for each
    value. `state` and `mark` belong to result notes, and are None in a note of the first version.
    """

    about: tuple[str, ...]
    state: State | None = None
    mark: str | None = None


_PREFIX = "Ref: alva-lever/"
_GAP = r"(?: |<[^<>]*>)"
_ID = r"[\w.~%-]+"
_LINE = re.compile(
    # The last reference in a text counts: an earlier one may be quoted from Alva's answer.
    rf".*Ref:{_GAP}*alva-lever/(?:"
    # The milliseconds of an entry end with their last digit, even if other text follows without a blank.
    r"(failure)/([a-z_]+)/(\d{13}(?!\d)|[\w.~%:+-]+)"
    rf"|(bounce)/({_ID}-\d+)"
    rf"|(result)/({_ID})(?:{_GAP}+(?P<state>{'|'.join(State)}){_GAP}+(?P<mark>[0-9a-f]{{8}}))?"
    r")",
    re.ASCII,
)


def failure_ref(failure: str, key: str) -> str:
    # Airflow can be configured to allow any text as a run id; quoted, no blank or markup cuts the key short.
    return f"{_PREFIX}failure/{failure}/{quote(key, safe='+:')}"


def bounce_key(candidate: AlvaCandidate) -> str:
    """Identifies a bounce by the candidate and the time when the invitation was sent."""
    sent_at_ms = candidate.invitation.sent_at_ms if candidate.invitation else None
    return f"{candidate.id}-{sent_at_ms or 0}"


def bounce_ref(candidate: AlvaCandidate) -> str:
    return f"{_PREFIX}bounce/{quote(bounce_key(candidate), safe='')}"


def result_ref(candidate_id: str, facts: Facts) -> str:
    return f"{_PREFIX}result/{quote(candidate_id, safe='')} {facts.state} {facts.mark}"


def read(text: str) -> Reference | None:
    """Finds the reference in a text, even if line breaks, markup or entities around it have changed."""
    # Twice, since HTML that was escaped as if it were plain text has its entities escaped again.
    text = html.unescape(html.unescape(text))
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    found = _LINE.match(" ".join(visible.split()))
    if found is None:
        return None
    about = tuple(unquote(part) for part in found.groups()[:-2] if part is not None)
    return Reference(about, State(found["state"]) if found["state"] else None, found["mark"])


def own(note: Note) -> Reference | None:
    """Returns the reference of the integration's own note, else None. A note with an author may only quote the line."""
    return read(note.text) if note.author_id is None else None


def is_own(note: Note, ref: str) -> bool:
    """Whether this is the integration's note with the same `about` as `ref`; its state and mark may differ."""
    found, wanted = own(note), read(ref)
    return found is not None and wanted is not None and found.about == wanted.about


# The text.

# The most characters that a note quotes of Alva's answer.
_SAID_CHARACTERS = 500
_WRONG = {
    Failure.MISSING_EMAIL: "The candidate has no e-mail address.",
    Failure.INVALID_EMAIL: "None of the candidate's e-mail addresses is valid.",
    Failure.NO_POSTING: "The candidate is not on a posting, so there is no job in Alva for the invitation.",
    Failure.REFUSED_BY_ALVA: "Alva refused the candidate.",
}
_REMEDY = {
    Failure.MISSING_EMAIL: "Add an e-mail address.",
    Failure.INVALID_EMAIL: "Correct the e-mail address.",
    Failure.NO_POSTING: "Add the candidate to a posting.",
    Failure.REFUSED_BY_ALVA: "Solve the problem in Alva.",
}
ALREADY_ON_JOB = (
    "A candidate with this e-mail address is already on this job: for another opportunity, or added by hand in Alva."
)
_NO_RESULTS = {
    State.RESET: (
        "The tests were reset in Alva, so there are no results now. The new results will appear here when the "
        "candidate has taken the tests again."
    ),
    State.AWAITING: (
        "Further tests were requested in Alva, or the candidate must take some tests again, so there are no results "
        "now. The results will appear here when all tests are completed."
    ),
}


def failure_note(failure: Failure, *, policy: Policy, ref: str, detail: str | None = None) -> str:
    """Says what is wrong and how to ask for the invitation again. `detail`: the reason, such as Alva's answer."""
    said = " ".join((detail or "").split())[:_SAID_CHARACTERS]
    wrong = f"{what_is_wrong(failure)} {said}".rstrip()
    return _invitation_note("Alva: the invitation was not sent.", wrong, what_to_do(failure, policy), ref)


def bounce_note(*, policy: Policy, ref: str) -> str:
    """Says that the invitation e-mail bounced, and how to ask for another one."""
    return _invitation_note("Alva: the invitation bounced.", what_is_wrong(None), what_to_do(None, policy), ref)


def what_is_wrong(failure: Failure | None) -> str:
    """Returns a sentence on a failure, or on a bounce if `failure` is None."""
    return "The invitation e-mail could not be delivered." if failure is None else _WRONG[failure]


def what_to_do(failure: Failure | None, policy: Policy) -> str:
    """Returns sentences on how to remove the cause and to ask again. `failure`: None for a bounce."""
    remedy = "Correct the e-mail address." if failure is None else _REMEDY[failure]
    ways = [f"move the candidate to another stage and back to {policy.trigger_stage.name}"]
    if failure is None:
        ways.append(f"if the candidate has the tag {tags.SEND_TESTS}, just put the correct address first")
    elif failure is not Failure.REFUSED_BY_ALVA:
        ways.append(f"if the candidate has the tag {tags.SEND_TESTS}, just wait: the next hourly run sends it")
    ways.append("ask the person who runs the integration to name the candidate in a manual run")
    return f"{remedy} Then, to have the invitation sent: {'; or '.join(ways)}."


def result_note(facts: Facts, ref: str) -> str:
    """Tells the results, or why there are none now."""
    if facts.state.has_results:
        parts = ["\n".join([_role_fit(facts), *_tests(facts)])]
        if facts.link:
            parts.append(f"Details: {facts.link}")
    else:
        parts = [_NO_RESULTS[facts.state]]
    return "\n\n".join(["Alva: test results", *parts, ref])


def _invitation_note(title: str, wrong: str, to_do: str, ref: str) -> str:
    return f"{title}\n\n{wrong}\n\nWhat to do: {to_do}\n\n{ref}"


def _role_fit(facts: Facts) -> str:
    if facts.role_fit is None:
        return "Role fit: none now"
    label = (tags.role_fit_tag(facts.role_fit) or "").removeprefix("Alva: ")
    on = "" if facts.computed_at is None else f", as of {to_the_minute(facts.computed_at)}"
    return f"Role fit: {facts.role_fit} of 100 ({label}){on}"


def _tests(facts: Facts) -> list[str]:
    scores, types = dict(facts.scores), {name for name, _ in facts.tests}
    tests = [f"{_named(name)}: {_with(status, scores.get(name))}" for name, status in facts.tests]
    # Scores of no test are listed one by one, since two interviews may have the same title.
    return tests + [f"{_named(name)}: {score}" for name, score in facts.scores if name not in types]


def _named(name: str) -> str:
    return name[:1].upper() + name[1:].replace("_", " ")


def _with(status: str, score: str | None) -> str:
    return status if score is None else f"{status}, {score}"
