"""The records of an Alva organisation. A record is written on the wire as it stands, but for what is excluded."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_serializer, model_serializer

from include.sandbox.alva.wire import Address, AlvaError, Moment, Name, OrNone, Unique, Wire, later

DAY_MS = 24 * 60 * 60 * 1000
ACTIVE_MS = 90 * DAY_MS
"""How long a job position stays active after a candidate was added (Alva's help centre)."""
VALID_MS = 730 * DAY_MS
"""24 months: how long a psychometric result can be used again, and how long a candidate's data is kept by default."""
REMINDER_MS = 3 * DAY_MS
"""The step of automatic reminders (Alva's help centre)."""

INACTIVE, ACTIVE, EXPIRED = "inactive", "active", "expired"
INVITED, STARTED, COMPLETED = "invited", "started", "completed"
SENT, DELIVERED, BOUNCED = "sent", "delivered", "bounced"
Test = Literal["logic", "personality", "coding", "interview"]
PSYCHOMETRIC: tuple[Test, ...] = ("logic", "personality")
Stage = Literal["in_process", "shortlisted", "hired", "rejected", "withdrawn"]
Number = int | float


@dataclass(slots=True)
class Policy:
    """One switch for each point on which Alva's help centre is silent or says two things.

    - `expired_takes_candidates`: False = an expired position refuses them (422), True = adding one re-activates it.
      Alva's article on job positions supports both.
    - `lowest_fit`, `highest_fit`: 0 and 100 as in the older articles, 1 and 99 in the current ones. What is outside
      is cut.
    - `partial_fit`: whether there is a role fit when only some of the tests are done.
    - `known_users_only`: an owner or a hiring team's member must be a user of the organisation (Alva's article on
      hiring teams).
    - `known_teams_only`: likewise for the team. Nothing is documented, so that any name is taken by default.
    - `retention_ms`: how long after it was added a candidate is anonymised.
    """

    expired_takes_candidates: bool = False
    lowest_fit: float = 0
    highest_fit: float = 100
    partial_fit: bool = False
    known_users_only: bool = True
    known_teams_only: bool = False
    retention_ms: int = VALID_MS

    def fit(self, score: float) -> float:
        """A role fit within the scale."""
        return min(max(score, self.lowest_fit), self.highest_fit)


class Record(Wire):
    """What every entry of a list has: its place in the order of making, its id, its times."""

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
    """A team, or a test profile: all that is known of either is its name."""

    name: str


class Webhook(Record):
    """One URL and the events that it wants. Without a signature token (the default in Alva) its calls are unsigned."""

    url: str
    events: tuple[str, ...]
    signature_token: str | None = Field(default=None, repr=False, serialization_alias="signed")

    @field_serializer("signature_token")
    def _signed(self, token: str | None) -> bool:
        return token is not None


class Facts(Wire):
    """What a position's makers decide about it."""

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
    """A position: its facts, and what follows from its candidates. `expires_at_ms` is None while there was none."""

    facts: Facts
    status: str = INACTIVE
    expires_at_ms: int | None = Field(default=None, exclude=True)

    @model_serializer(mode="wrap")
    def _flat(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        shape = serialize(self)
        return {**shape.pop("facts"), **shape}

    @property
    def weighing(self) -> str:
        """What a role fit is computed for: the position and the profile that is in force."""
        return f"{self.id}/{self.facts.profile_id or ''}"

    def settle(self, now_ms: int) -> None:
        """Let the time that has passed take its effect."""
        if self.status == ACTIVE and self.expires_at_ms is not None and now_ms >= self.expires_at_ms:
            self._turn(EXPIRED, self.expires_at_ms)

    def activate(self, now_ms: int) -> None:
        self.expires_at_ms = now_ms + ACTIVE_MS
        self._turn(ACTIVE, now_ms)

    def expire(self, now_ms: int) -> None:
        """End its 90 days now, also where they never began."""
        self.expires_at_ms = now_ms
        self._turn(EXPIRED, now_ms)

    def _turn(self, status: str, at_ms: int) -> None:
        if self.status != status:
            self.status = status
            self.change(at_ms)


class Invitee(Wire):
    """Who is to be invited, and how. `assessments` None: the position's own."""

    email: Address = Field(repr=False)
    first_name: str | None = Field(default=None, repr=False)
    last_name: str | None = Field(default=None, repr=False)
    external_id: str | None = None
    assessments: Annotated[tuple[Test, ...] | None, Unique] = None
    send_invitation: bool = Field(default=True, strict=True)


class Invitation(Wire):
    """The invitation e-mail that counts, the last one that was sent to a good address."""

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
        """A plausible score for a person of this role fit. The differences between the tests are this stand-in's."""
        middle = 50 if role_fit is None else role_fit
        percentage = round(min(max(middle + {"logic": -8, "personality": 6}.get(test, 0), 1), 99))
        sten = min(max(round(percentage / 10), 1), 10) if test == "logic" else None
        return cls(percentage=percentage, sten=sten, completed_at_ms=completed_at_ms)


class Assessment(Wire):
    """One requested test. The score is there once it is completed."""

    type: str
    status: str = INVITED
    score: Score | None = Field(default=None, repr=False, exclude=True)

    def complete(self, score: Score) -> None:
        self.status, self.score = COMPLETED, score

    def reset(self) -> None:
        self.status, self.score = INVITED, None


class Interview(Wire):
    """One interview of the position's: scored 1 to 5, or not yet. It is no test: nobody is invited to it by e-mail."""

    title: str
    score: int | None = Field(default=None, repr=False)


class RoleFit(Wire):
    """A role fit, when it was computed, and whether from all the requested tests."""

    score: Number = Field(repr=False)
    computed_at_ms: Moment = Field(serialization_alias="computed_at")
    complete: bool


@dataclass(slots=True)
class Reminders:
    """How many reminders went out: one by hand each, and one each 3 days while the tests are waited for."""

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
    """One person's application to one job position, as the organisation sees it.

    `shared`: the person lets the organisation see the results. Anonymised: name, address, results are gone. On the
    wire `role_fit` is a bare number here, an object in the results.
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
        """Whether there are tests and all of them are done."""
        return bool(self.assessments) and all(test.status == COMPLETED for test in self.assessments)

    @property
    def waiting(self) -> bool:
        """Whether the person was invited, as far as is known successfully, and has tests to do."""
        invited = self.invitation is not None and self.invitation.status != BOUNCED
        return invited and not self.completed and not self.anonymised

    def change(self, now_ms: int) -> None:
        """Note that something visible has changed."""
        super().change(now_ms)
        self.reminders.run(self.waiting, now_ms)

    def score(self, test: str) -> Score | None:
        """One test's result, if there is one and the person shares it."""
        found = (assessment.score for assessment in self.assessments if assessment.type == test)
        return next(found, None) if self.shared else None

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
        self.change(now_ms)


@dataclass(slots=True)
class Person:
    """One person for each e-mail address (folded), however many applications there are.

    A person has one result for each psychometric test, valid 24 months in the whole organisation (Alva's article on
    sharing and retaking). Applications share the results; the role fit differs, because positions weigh them
    differently. `role_fit` holds for the position and profile that `fitted_to` names (None: for those that use the
    results first). `applications` are the ids of the candidates that this person is.
    """

    email: str = field(repr=False)
    results: dict[str, Score] = field(default_factory=dict, repr=False)
    role_fit: float | None = field(default=None, repr=False)
    fitted_to: str | None = None
    applications: list[str] = field(default_factory=list)

    def take(self, tests: Iterable[str], role_fit: float | None, fitted_to: str | None, at_ms: int) -> None:
        """Complete some tests. Only psychometric results belong to the person; what there was of them is replaced."""
        self.results |= {test: Score.of(test, role_fit, at_ms) for test in tests if test in PSYCHOMETRIC}
        self.role_fit, self.fitted_to = role_fit, fitted_to

    def forget(self) -> None:
        """Drop the results: they were reset, or the organisation may not see them any more."""
        self.results.clear()
        self.role_fit = self.fitted_to = None

    def valid_results(self, now_ms: int) -> dict[str, Score]:
        """The results that a new application may use: those of less than 24 months."""
        return {test: score for test, score in self.results.items() if now_ms - score.completed_at_ms < VALID_MS}

    def fit_for(self, weighing: str, policy: Policy) -> float | None:
        """The role fit for a position under a profile: the one that was given there, another one everywhere else."""
        if self.role_fit is None:
            return None
        fit = policy.fit(self.role_fit)
        self.fitted_to = self.fitted_to or weighing
        if self.fitted_to == weighing:
            return fit
        apart = 3 + zlib.crc32(weighing.encode()) % 12
        return fit - apart if fit - apart >= policy.lowest_fit else fit + apart
