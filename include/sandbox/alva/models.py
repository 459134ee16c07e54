"""The records of an Alva organisation. All fields go on the wire unless they are excluded."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_serializer, model_serializer

from include.sandbox.alva.wire import Address, AlvaError, Moment, Name, OrNone, Unique, Wire, later

DAY_MS = 24 * 60 * 60 * 1000
ACTIVE_MS = 90 * DAY_MS  # how long a job position stays active after a candidate was added (Alva's help centre)
VALID_MS = 730 * DAY_MS  # 24 months: how long a psychometric result can be used again, and a candidate's data is kept
REMINDER_MS = 3 * DAY_MS  # the step of automatic reminders (Alva's help centre)

INACTIVE, ACTIVE, EXPIRED = "inactive", "active", "expired"
INVITED, STARTED, COMPLETED = "invited", "started", "completed"
SENT, DELIVERED, BOUNCED = "sent", "delivered", "bounced"
Test = Literal["logic", "personality", "coding", "interview"]
PSYCHOMETRIC: tuple[Test, ...] = ("logic", "personality")
Stage = Literal["in_process", "shortlisted", "hired", "rejected", "withdrawn"]
Number = int | float


@dataclass(slots=True)
class Policy:
    """A switch for each point on which Alva's help centre says nothing or contradicts itself."""

    expired_takes_candidates: bool = False  # True: adding one re-activates it. Alva's article supports both
    lowest_fit: float = 0  # these two as in the older articles; 1 and 99 in the current ones. Others are clipped
    highest_fit: float = 100
    partial_fit: bool = False  # whether there is a role fit when only some of the tests are done
    known_users_only: bool = True  # owner and hiring team must be users of the organisation (article on hiring teams)
    known_teams_only: bool = False  # likewise for the team: nothing is documented, so any name is taken
    retention_ms: int = VALID_MS  # how long after it was added a candidate is anonymised

    def fit(self, score: float) -> float:
        """Clips a role fit to the scale."""
        return min(max(score, self.lowest_fit), self.highest_fit)


class Record(Wire):
    """The fields of every record: its number in the order of creation, its id, its times."""

    number: int = Field(exclude=True)
    id: str
    created_at_ms: Moment = Field(serialization_alias="created_at")
    updated_at_ms: Moment = Field(serialization_alias="updated_at")

    def change(self, now_ms: int) -> None:
        """Note that something visible has changed."""
        self.updated_at_ms = later(self.updated_at_ms, now_ms)


class User(Record):
    """An employee with an account in Alva."""

    email: str = Field(repr=False)
    first_name: str | None = Field(default=None, repr=False)
    last_name: str | None = Field(default=None, repr=False)
    team: str | None = None


class Team(Record):
    """A team or a test profile. Only its name is known."""

    name: str


class Webhook(Record):
    """A URL and its events. Without a signature token (the default in Alva) its calls are unsigned."""

    url: str
    events: tuple[str, ...]
    signature_token: str | None = Field(default=None, repr=False, serialization_alias="signed")

    @field_serializer("signature_token")
    def _signed(self, token: str | None) -> bool:
        return token is not None


class Facts(Wire):
    """The fields of a position that its creators choose."""

    name: Name
    external_id: str | None = None
    owner_email: str | None = Field(default=None, repr=False)
    hiring_team: Annotated[tuple[str, ...], OrNone] = Field(default=(), repr=False)
    team: str | None = None
    location: str | None = None
    profile_id: str | None = None
    invitation_template_id: str | None = None
    assessments: Annotated[tuple[Test, ...], OrNone, Unique] = PSYCHOMETRIC
    archived: bool = Field(default=False, strict=True)


class JobPosition(Record):
    """A position: its facts, and the state that its candidates determine. `expires_at_ms` is None before the first
    candidate."""

    facts: Facts
    status: str = INACTIVE
    expires_at_ms: int | None = Field(default=None, exclude=True)

    @model_serializer(mode="wrap")
    def _flat(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        shape = serialize(self)
        return {**shape.pop("facts"), **shape}

    @property
    def weighing(self) -> str:
        """Returns what a role fit is computed for: the position with its current profile."""
        return f"{self.id}/{self.facts.profile_id or ''}"

    def settle(self, now_ms: int) -> None:
        """Applies the time that has passed."""
        if self.status == ACTIVE and self.expires_at_ms is not None and now_ms >= self.expires_at_ms:
            self._turn(EXPIRED, self.expires_at_ms)

    def activate(self, now_ms: int) -> None:
        self.expires_at_ms = now_ms + ACTIVE_MS
        self._turn(ACTIVE, now_ms)

    def expire(self, now_ms: int) -> None:
        """Ends its 90 days now, even if they never began."""
        self.expires_at_ms = now_ms
        self._turn(EXPIRED, now_ms)

    def _turn(self, status: str, at_ms: int) -> None:
        if self.status != status:
            self.status = status
            self.change(at_ms)


class Invitee(Wire):
    """The candidate to invite, and how. `assessments` None: the position's own."""

    email: Address = Field(repr=False)
    first_name: str | None = Field(default=None, repr=False)
    last_name: str | None = Field(default=None, repr=False)
    external_id: str | None = None
    assessments: Annotated[tuple[Test, ...] | None, Unique] = None
    send_invitation: bool = Field(default=True, strict=True)


class Invitation(Wire):
    """The invitation e-mail that counts: the last one sent to a valid address."""

    email: str = Field(repr=False)
    sent_at_ms: Moment = Field(serialization_alias="sent_at")
    status: str = SENT


class Score(Wire):
    """One test's result: a percentage, and for the logic test a sten from 1 to 10."""

    percentage: int = Field(repr=False)
    sten: int | None = Field(repr=False)
    completed_at_ms: int = Field(exclude=True)

    @model_serializer(mode="wrap")
    def _without_sten(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialize(self).items() if value is not None}

    @classmethod
    def of(cls, test: str, role_fit: float | None, completed_at_ms: int) -> Score:
        """Returns a plausible score for this role fit. The differences between the tests are invented."""
        middle = 50 if role_fit is None else role_fit
        percentage = round(min(max(middle + {"logic": -8, "personality": 6}.get(test, 0), 1), 99))
        sten = min(max(round(percentage / 10), 1), 10) if test == "logic" else None
        return cls(percentage=percentage, sten=sten, completed_at_ms=completed_at_ms)


class Assessment(Wire):
    """A requested test. It has a score once it is completed."""

    type: str
    status: str = INVITED
    score: Score | None = Field(default=None, repr=False, exclude=True)

    def complete(self, score: Score) -> None:
        self.status, self.score = COMPLETED, score

    def reset(self) -> None:
        self.status, self.score = INVITED, None


class Interview(Wire):
    """An interview of the position, scored 1 to 5, or not yet. It is not a test: no e-mail invites to it."""

    title: str
    score: int | None = Field(default=None, repr=False)


class RoleFit(Wire):
    """A role fit, the time it was computed, and whether all requested tests went into it."""

    score: Number = Field(repr=False)
    computed_at_ms: Moment = Field(serialization_alias="computed_at")
    complete: bool


@dataclass(slots=True)
class Reminders:
    """Counts the reminders sent: by hand, and every 3 days while tests are due."""

    sent: int = 0
    since_ms: int | None = None

    def count(self, now_ms: int) -> int:
        return self.sent + (0 if self.since_ms is None else max(now_ms - self.since_ms, 0) // REMINDER_MS)

    def run(self, waiting: bool, now_ms: int) -> None:
        if not waiting:
            self.sent, self.since_ms = self.count(now_ms), None
        elif self.since_ms is None:
            self.since_ms = now_ms


class Candidate(Record):
    """A person's application to a job position, as the organisation sees it.

    `shared`: the person shares the results with the organisation. Anonymised: name, address and results are gone. On
    the wire, `role_fit` is a number here and an object in the results.
    """

    position_id: str = Field(serialization_alias="job_position_id")
    external_id: str | None
    url: str
    email: str | None = Field(repr=False)
    first_name: str | None = Field(repr=False)
    last_name: str | None = Field(repr=False)
    assessments: list[Assessment]
    interviews: list[Interview] = Field(exclude=True)
    invitation: Invitation | None = None
    stage: str = "in_process"
    role_fit: RoleFit | None = Field(default=None, repr=False)
    shared: bool = Field(default=True, exclude=True)
    anonymised: bool = Field(default=False, exclude=True)
    reminders: Reminders = Field(default_factory=Reminders, exclude=True)

    @field_serializer("role_fit")
    def _bare(self, fit: RoleFit | None) -> Number | None:
        return None if fit is None else fit.score

    @property
    def completed(self) -> bool:
        """Whether there are tests and all are done."""
        return bool(self.assessments) and all(test.status == COMPLETED for test in self.assessments)

    @property
    def waiting(self) -> bool:
        """Whether the person was invited without a known failure, and has tests to do."""
        invited = self.invitation is not None and self.invitation.status != BOUNCED
        return invited and not self.completed and not self.anonymised

    def change(self, now_ms: int) -> None:
        """Note that something visible has changed."""
        super().change(now_ms)
        self.reminders.run(self.waiting, now_ms)

    def score(self, test: str) -> Score | None:
        """Returns a test's result, if there is one and the person shares it."""
        found = (assessment.score for assessment in self.assessments if assessment.type == test)
        return next(found, None) if self.shared else None

    def person_email(self) -> str:
        """Returns the person's address. Raises 422 if it was anonymised."""
        if self.email is None:
            raise AlvaError(422, "anonymised", "This candidate is anonymised.")
        return self.email

    def anonymise(self, now_ms: int) -> None:
        """Removes all personal data. The requested tests and their status stay."""
        self.email = self.first_name = self.last_name = self.invitation = self.role_fit = None
        for assessment in self.assessments:
            assessment.score = None
        self.interviews.clear()
        self.anonymised = True
        self.change(now_ms)


@dataclass(slots=True)
class Person:
    """A person, identified by e-mail address (folded), with any number of applications.

    A person has one result for each psychometric test, valid 24 months in the whole organisation (Alva's article on
    sharing and retaking). Applications share the results; the role fit differs, because positions weigh them
    differently. `role_fit` holds for the position and profile in `fitted_to` (None: for the first that use the
    results). `applications`: the ids of this person's candidates.
    """

    email: str = field(repr=False)
    results: dict[str, Score] = field(default_factory=dict, repr=False)
    role_fit: float | None = field(default=None, repr=False)
    fitted_to: str | None = None
    applications: list[str] = field(default_factory=list)

    def take(self, tests: Iterable[str], role_fit: float | None, fitted_to: str | None, at_ms: int) -> None:
        """Completes some tests. Only psychometric results belong to the person; they replace earlier ones."""
        self.results |= {test: Score.of(test, role_fit, at_ms) for test in tests if test in PSYCHOMETRIC}
        self.role_fit, self.fitted_to = role_fit, fitted_to

    def forget(self) -> None:
        """Drops the results: they were reset, or are no longer shared."""
        self.results.clear()
        self.role_fit = self.fitted_to = None

    def valid_results(self, now_ms: int) -> dict[str, Score]:
        """Returns the results that a new application may use: less than 24 months old."""
        return {test: score for test, score in self.results.items() if now_ms - score.completed_at_ms < VALID_MS}

    def fit_for(self, weighing: str, policy: Policy) -> float | None:
        """Returns the role fit for a position and profile: the given one there, another one elsewhere."""
        if self.role_fit is None:
            return None
        fit = policy.fit(self.role_fit)
        self.fitted_to = self.fitted_to or weighing
        if self.fitted_to == weighing:
            return fit
        apart = 3 + zlib.crc32(weighing.encode()) % 12
        return fit - apart if fit - apart >= policy.lowest_fit else fit + apart


class Results(Wire):
    """A candidate's current results. A test without a visible result is null."""

    candidate_id: str
    role_fit: RoleFit | None
    logic: Score | None
    personality: Score | None
    coding: Score | None
    interviews: list[Interview]
    url: str

    @classmethod
    def of(cls, row: Candidate) -> Results:
        return cls(
            candidate_id=row.id,
            role_fit=row.role_fit,
            logic=row.score("logic"),
            personality=row.score("personality"),
            coding=row.score("coding"),
            interviews=row.interviews,
            url=row.url,
        )
