"""The parts of a story: postings, people, a recruiter's moves, and the reasons in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.demo.control import Control

# The decision table: the first row that fits a candidate gives the reason.
ROWS: Mapping[str, int] = {
    "gone": 1,
    "confidential": 2,
    "archived": 3,
    "already_invited": 4,
    "awaiting_retry": 5,
    "send_tests": 6,
    "skip_assessment": 7,
    "blocked_origin": 8,
    "trigger_stage": 9,
    "screening": 10,
    "manual": 11,
    "not_requested": 12,
}
INVITING = frozenset({"send_tests", "trigger_stage", "screening", "manual"})
FAILURES = frozenset({"missing_email", "invalid_email", "no_posting", "refused_by_alva"})
DONE_BEFORE = frozenset({"already_invited", "awaiting_retry"})
INVITATION_SENT = "Alva: Invitation Sent"
INVITATION_FAILED = "Alva: Invitation Failed"
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting. ``expired``: its job position in Alva takes no more candidates."""

    name: str
    tags: tuple[str, ...] = ()
    confidential: bool = False
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A recruiter move of the sandbox. ``days_ago``: when it happened; None: now."""

    name: str
    arguments: Mapping[str, Any]
    days_ago: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A candidate of the story. The first move creates the opportunity, the others change it.

    ``expected``: the reason or failure in the first run, None if that run doesn't find the candidate. ``when_named``:
    the reason in the run that names this person, None if it doesn't.
    """

    name: str
    did: str
    moves: tuple[Move, ...]
    expected: str | None
    when_named: str | None = None
    emails: tuple[str, ...] | None = None  # None: an address made from the name
    tag: str | None = None  # an earlier status tag
    near_miss: str | None = None  # a tag that is almost a control tag

    @property
    def addresses(self) -> tuple[str, ...]:
        return (address(self.name),) if self.emails is None else self.emails

    @property
    def expected_again(self) -> str | None:
        """Returns the reason in a second run over the same time, which invites no candidate and reports no failure
        again."""
        if self.expected in INVITING:
            return "already_invited"
        return "awaiting_retry" if self.expected in FAILURES else self.expected

    @property
    def reasons(self) -> set[str]:
        """Returns all reasons that the candidate's row is to show."""
        return {reason for reason in (self.expected, self.expected_again, self.when_named) if reason is not None}

    @property
    def is_invited(self) -> bool:
        return not INVITING.isdisjoint(self.reasons)

    @property
    def status_tag(self) -> str | None:
        """Returns the one status tag of the opportunity in the end."""
        if self.is_invited:
            return INVITATION_SENT
        return INVITATION_FAILED if self.expected in FAILURES else self.tag


def applies(posting: str, origin: str = "applied", days_ago: int | None = None) -> Move:
    return Move("apply", {"posting": posting, "origin": origin}, days_ago)


def is_sourced(stage: str) -> Move:
    """Adds a lead: a person without a posting."""
    return Move("add_lead", {"stage": stage})


def moves_to(stage: str, days_ago: int | None = None) -> Move:
    return Move("move", {"stage": stage}, days_ago)


def is_tagged(*tags: str) -> Move:
    return Move("tag", {"tags": tags})


def is_archived(reason: str) -> Move:
    return Move("archive", {"reason": reason})


def is_anonymised() -> Move:
    return Move("anonymise", {})


def perform(control: Control, postings: tuple[Posting, ...], people: tuple[Person, ...]) -> dict[str, str]:
    """Plays the story in the sandbox. Returns each person's opportunity, by name."""
    for posting in postings:
        _open(control, posting)
    return {person.name: act(control, person.name, person.moves, None, person.addresses) for person in people}


def _open(control: Control, posting: Posting) -> None:
    uid = control.move(
        "recruiter", "add_posting", name=posting.name, tags=posting.tags, confidential=posting.confidential
    )
    if posting.expired:
        control.move("candidates", "add_position", name=posting.name, external_id=uid)
        control.move("candidates", "expire_position", position=uid)


def address(name: str) -> str:
    """Makes an address from a name."""
    return f"{name.lower().replace(' ', '.')}@candidates.example.com"


def act(
    control: Control,
    name: str,
    moves: Sequence[Move],
    opportunity: str | None = None,
    emails: Sequence[str] | None = None,
) -> str:
    """Plays a person's moves and returns the opportunity. If there is none yet, the first move creates it."""
    todo = list(moves)
    if opportunity is None:
        first = todo.pop(0)
        who = {"name": name, "emails": (address(name),) if emails is None else emails}
        opportunity = str(control.move("recruiter", first.name, **who, **first.arguments, **_date(control, first)))
    for move in todo:
        control.move("recruiter", move.name, opportunity=opportunity, **move.arguments, **_date(control, move))
    return opportunity


def _date(control: Control, move: Move) -> dict[str, int]:
    return {} if move.days_ago is None else {"at_ms": control.now_ms() - move.days_ago * _DAY_MS}
