"""What a story is made of: postings, people, the moves a recruiter makes, and the reasons that a report gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.demo.control import Control

# The decision table: the first row that is true of a candidate gives the reason.
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
    """``expired``: Alva has a job position for it that takes no more candidates."""

    name: str
    tags: tuple[str, ...] = ()
    confidential: bool = False
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One of the sandbox's recruiter moves. ``days_ago``: when it happened, None for now."""

    name: str
    arguments: Mapping[str, Any]
    days_ago: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One candidate of the story. The first move makes the opportunity, the others are about it.

    ``expected``: the reason or failure in the first run, None where that run has no business looking.
    ``when_named``: the reason in the run that names this person; None: it does not.
    """

    name: str
    did: str
    moves: tuple[Move, ...]
    expected: str | None
    when_named: str | None = None
    emails: tuple[str, ...] | None = None  # None: one that is made from the name
    tag: str | None = None  # a status tag that it has from before
    near_miss: str | None = None  # a tag that is almost a control tag

    @property
    def addresses(self) -> tuple[str, ...]:
        return (address(self.name),) if self.emails is None else self.emails

    @property
    def expected_again(self) -> str | None:
        """The reason in a second run over the same time: nobody is invited twice, no failure is reported twice."""
        if self.expected in INVITING:
            return "already_invited"
        return "awaiting_retry" if self.expected in FAILURES else self.expected

    @property
    def reasons(self) -> set[str]:
        """All that its row of the table is to show."""
        return {one for one in (self.expected, self.expected_again, self.when_named) if one is not None}

    @property
    def is_invited(self) -> bool:
        return not INVITING.isdisjoint(self.reasons)

    @property
    def status_tag(self) -> str | None:
        """The one status tag that the opportunity carries in the end."""
        if self.is_invited:
            return INVITATION_SENT
        return INVITATION_FAILED if self.expected in FAILURES else self.tag


def applies(posting: str, origin: str = "applied", days_ago: int | None = None) -> Move:
    return Move("apply", {"posting": posting, "origin": origin}, days_ago)


def is_sourced(stage: str) -> Move:
    """A lead: somebody without a posting."""
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
    """Plays it all in the sandbox. Gives each person's opportunity, by name."""
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
    """The address that is made from a name."""
    return f"{name.lower().replace(' ', '.')}@candidates.example.com"


def act(
    control: Control,
    name: str,
    moves: Sequence[Move],
    opportunity: str | None = None,
    emails: Sequence[str] | None = None,
) -> str:
    """Plays one person's moves, and gives their opportunity. Where there is none yet, the first move makes it."""
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
