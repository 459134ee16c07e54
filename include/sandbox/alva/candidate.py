"""A candidate: one person's application to one job position, as the organisation sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from include.sandbox.alva.errors import AlvaError
from include.sandbox.alva.persons import Score
from include.sandbox.alva.times import REMINDER_MS, later

STAGES = ("in_process", "shortlisted", "hired", "rejected", "withdrawn")
INVITED, STARTED, COMPLETED = "invited", "started", "completed"
SENT, DELIVERED, BOUNCED = "sent", "delivered", "bounced"


@dataclass(frozen=True, slots=True)
class Invitee:
    """Who is to be invited, and how. `assessments` None: the position's own."""

    email: str = field(repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    external_id: str | None = None
    assessments: Sequence[str] | None = None
    send_invitation: bool = True


@dataclass(slots=True)
class Invitation:
    """The invitation e-mail that counts, the last one that was sent to a good address."""

    email: str = field(repr=False)
    sent_at_ms: int
    status: str = SENT


@dataclass(slots=True)
class Assessment:
    """One requested test. The score is there once it is completed."""

    type: str
    status: str = INVITED
    score: Score | None = field(default=None, repr=False)

    def complete(self, score: Score) -> None:
        """Take in the test's result."""
        self.status, self.score = COMPLETED, score

    def reset(self) -> None:
        """Back to the beginning."""
        self.status, self.score = INVITED, None


@dataclass(slots=True)
class Interview:
    """One interview of the position's: scored 1 to 5, or not yet. It is no test: nobody is invited to it by e-mail."""

    title: str
    score: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RoleFit:
    """A role fit, when it was computed, and whether from all the requested tests."""

    score: float = field(repr=False)
    computed_at_ms: int
    complete: bool


@dataclass(slots=True)
class Reminders:
    """How many reminders went out: one by hand each, and one each 3 days while the tests are waited for."""

    sent: int = 0
    since_ms: int | None = None

    def count(self, now_ms: int) -> int:
        """All that were sent until now."""
        return self.sent + (0 if self.since_ms is None else max(now_ms - self.since_ms, 0) // REMINDER_MS)

    def run(self, waiting: bool, now_ms: int) -> None:
        """Start or stop the automatic ones."""
        if not waiting:
            self.sent, self.since_ms = self.count(now_ms), None
        elif self.since_ms is None:
            self.since_ms = now_ms


@dataclass(slots=True)
class Candidate:
    """An application.

    `shared`: the person lets the organisation see the results. Anonymised: name, address, results are gone.
    """

    number: int
    id: str
    position_id: str
    external_id: str | None
    url: str
    created_at_ms: int
    updated_at_ms: int
    email: str | None = field(repr=False)
    first_name: str | None = field(repr=False)
    last_name: str | None = field(repr=False)
    assessments: list[Assessment]
    interviews: list[Interview]
    invitation: Invitation | None = None
    stage: str = "in_process"
    role_fit: RoleFit | None = field(default=None, repr=False)
    shared: bool = True
    anonymised: bool = False
    reminders: Reminders = field(default_factory=Reminders)

    @property
    def completed(self) -> bool:
        """Whether there are tests and all of them are done."""
        return bool(self.assessments) and all(test.status == COMPLETED for test in self.assessments)

    @property
    def waiting(self) -> bool:
        """Whether the person was invited, as far as is known successfully, and has tests to do."""
        invited = self.invitation is not None and self.invitation.status != BOUNCED
        return invited and not self.completed and not self.anonymised

    def touch(self, now_ms: int) -> None:
        """Note that something visible has changed."""
        self.updated_at_ms = later(self.updated_at_ms, now_ms)
        self.reminders.run(self.waiting, now_ms)

    def score(self, test: str) -> Score | None:
        """One test's result, if there is one and the person shares it."""
        if not self.shared:
            return None
        return next((assessment.score for assessment in self.assessments if assessment.type == test), None)

    def person_email(self) -> str:
        """The address by which the person is known, or 422 where it was anonymised."""
        if self.email is None:
            raise AlvaError(422, "anonymised", "This candidate is anonymised.")
        return self.email

    def anonymise(self, now_ms: int) -> None:
        """Let everything personal go. What was requested, and how far it came, stays."""
        self.email = self.first_name = self.last_name = self.invitation = self.role_fit = None
        for assessment in self.assessments:
            assessment.score = None
        self.interviews.clear()
        self.anonymised = True
        self.touch(now_ms)
