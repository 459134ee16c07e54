"""The notes that recruiters read, and the line at the end of each by which the integration knows its own.

- `Ref: alva-lever/failure/<failure>/<key>`, key: the entry's milliseconds, the run's id, or a hash of the addresses
- `Ref: alva-lever/bounce/<Alva's candidate id>-<sent_at, milliseconds, 0 where it is unknown>`
- `Ref: alva-lever/result/<Alva's candidate id> <state> <mark>`; the first version wrote neither state nor mark

What a note says is known from that line alone. The words above it may change at any time: no rule reads them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from alva_lever.rules import tags
from alva_lever.rules.model import AlvaCandidate, Note
from alva_lever.rules.policy import Policy
from alva_lever.rules.results import Facts, State, role_fit_tag


class Failure(StrEnum):
    """Why an invitation that the rules allow could not be sent."""

    MISSING_EMAIL = "missing_email"
    INVALID_EMAIL = "invalid_email"
    NO_POSTING = "no_posting"
    REFUSED_BY_ALVA = "refused_by_alva"


# The last line.


@dataclass(frozen=True, slots=True)
class Reference:
    """What the last line of a note says.

    `about`: `("failure", failure, key)`, `("bounce", key)` or `("result", candidate_id)`. Notes about the same are the
    same note. `state` and `mark`: of a result note; None where the first version wrote it.
    """

    about: tuple[str, ...]
    state: State | None = None
    mark: str | None = None


_PREFIX = "Ref: alva-lever/"
_GAP = r"(?: |<[^<>]*>)"
_ID = r"[\w.~%-]+"
_LINE = re.compile(
    # Of several, such as one that Alva's own words quote, the last one counts.
    rf".*Ref:{_GAP}*alva-lever/(?:"
    # The milliseconds of an entry end where the digits do, whatever is glued to them.
    r"(failure)/([a-z_]+)/(\d{13}(?!\d)|[\w.~%:+-]+)"
    rf"|(bounce)/({_ID}-\d+)"
    rf"|(result)/({_ID})(?:{_GAP}+(?P<state>{'|'.join(State)}){_GAP}+(?P<mark>[0-9a-f]{{8}}))?"
    r")",
    re.ASCII,
)


def failure_ref(failure: str, key: str) -> str:
    # A run's id may hold anything, if Airflow is set up so: no blank or markup ends it too early.
    return f"{_PREFIX}failure/{failure}/{quote(key, safe='+:')}"


def bounce_key(candidate: AlvaCandidate) -> str:
    """What makes a bounce one: the candidate, and when the invitation was sent."""
    sent_at_ms = candidate.invitation.sent_at_ms if candidate.invitation else None
    return f"{candidate.id}-{sent_at_ms or 0}"


def bounce_ref(candidate: AlvaCandidate) -> str:
    return f"{_PREFIX}bounce/{quote(bounce_key(candidate), safe='')}"


def result_ref(candidate_id: str, facts: Facts) -> str:
    return f"{_PREFIX}result/{quote(candidate_id, safe='')} {facts.state} {facts.mark}"


def read(text: str) -> Reference | None:
    """What the reference line in a text says, whatever was made of line breaks, markup and entities around it."""
    # Entities of entities, where what is HTML already was taken for plain text.
    text = html.unescape(html.unescape(text))
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    found = _LINE.match(" ".join(visible.split()))
    if found is None:
        return None
    about = tuple(unquote(part) for part in found.groups()[:-2] if part is not None)
    return Reference(about, State(found["state"]) if found["state"] else None, found["mark"])


def own(note: Note) -> Reference | None:
    """What a note of the integration's says; None for one of anybody else's. A person may quote the line."""
    return read(note.text) if note.author_id is None else None


def is_own(note: Note, ref: str) -> bool:
    """Whether this is the integration's note about what `ref` is about, whatever it says of that by now."""
    found, wanted = own(note), read(ref)
    return found is not None and wanted is not None and found.about == wanted.about


# The words.

# As much as a note repeats of what Alva said.
_SAID_CHARACTERS = 500
_WRONG = {
    Failure.MISSING_EMAIL: "The candidate has no e-mail address.",
    Failure.INVALID_EMAIL: "None of the candidate's e-mail addresses is a valid one.",
    Failure.NO_POSTING: "The candidate is on no posting, so Alva has no job to invite to.",
    Failure.REFUSED_BY_ALVA: "Alva did not take the candidate.",
}
_REMEDY = {
    Failure.MISSING_EMAIL: "Add an address.",
    Failure.INVALID_EMAIL: "Correct the address.",
    Failure.NO_POSTING: "Add the candidate to a posting.",
    Failure.REFUSED_BY_ALVA: "See in Alva what stands in the way.",
}
ALREADY_ON_JOB = (
    "A candidate with this e-mail address is on the job already: for another opportunity, or added in Alva by hand."
)
_NO_RESULTS = {
    State.RESET: (
        "The tests were reset in Alva, so there are no results now. When the candidate has taken them again, the new "
        "ones will stand here."
    ),
    State.AWAITING: (
        "Further tests were asked for in Alva, or some are to be taken again, so there are no results now. When all "
        "are done, they will stand here."
    ),
}


def failure_note(failure: Failure, *, policy: Policy, ref: str, detail: str | None = None) -> str:
    """What is wrong, and how to ask again. `detail`: more about it, such as what Alva said."""
    said = " ".join((detail or "").split())[:_SAID_CHARACTERS]
    wrong = f"{_WRONG[failure]} {said}".rstrip()
    again = [f"move the candidate to another stage and back to {policy.trigger_stage.name}"]
    if failure is not Failure.REFUSED_BY_ALVA:
        again.append(f"with the tag {tags.SEND_TESTS}, wait for the next look: no more is needed")
    return _invitation_note("Alva: the invitation was not sent.", wrong, _REMEDY[failure], again, ref)


def bounce_note(*, policy: Policy, ref: str) -> str:
    """The invitation e-mail came back."""
    again = [
        f"move the candidate to another stage and back to {policy.trigger_stage.name}",
        f"with the tag {tags.SEND_TESTS}, put the right address first: that is enough",
    ]
    wrong = "The e-mail to the candidate came back."
    return _invitation_note("Alva: the invitation bounced.", wrong, "Correct the address.", again, ref)


def result_note(facts: Facts, ref: str) -> str:
    """The results, or that there are none any more."""
    if facts.state.has_results:
        parts = ["\n".join([_role_fit(facts), *_tests(facts)])]
        if facts.link:
            parts.append(f"Details: {facts.link}")
    else:
        parts = [_NO_RESULTS[facts.state]]
    return "\n\n".join(["Alva: test results", *parts, ref])


def _invitation_note(title: str, wrong: str, remedy: str, again: list[str], ref: str) -> str:
    ways = "; or ".join([*again, "have somebody who runs the integration name the candidate in a manual run"])
    return f"{title}\n\n{wrong}\n\nWhat to do: {remedy} Then, to have it sent: {ways}.\n\n{ref}"


def _role_fit(facts: Facts) -> str:
    if facts.role_fit is None:
        return "Role fit: none now"
    label = (role_fit_tag(facts.role_fit) or "").removeprefix("Alva: ")
    on = "" if facts.computed_at is None else f", as of {facts.computed_at:%Y-%m-%d %H:%M} UTC"
    return f"Role fit: {facts.role_fit} of 100 ({label}){on}"


def _tests(facts: Facts) -> list[str]:
    scores, types = dict(facts.scores), {name for name, _ in facts.tests}
    tests = [f"{_named(name)}: {_with(status, scores.get(name))}" for name, status in facts.tests]
    # The others as they come: two interviews may have one title.
    return tests + [f"{_named(name)}: {score}" for name, score in facts.scores if name not in types]


def _named(name: str) -> str:
    return name[:1].upper() + name[1:].replace("_", " ")


def _with(status: str, score: str | None) -> str:
    return status if score is None else f"{status}, {score}"
