"""Lever's and Alva's objects, with the fields that a rule needs, and the policy for the candidates on one posting.

Frozen; times are epoch milliseconds. A repr identifies and grades nobody: it leaves out names, addresses, links, tags,
note texts and scores.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the account's pipeline. Ids are slugs (`applicant-new`) or UUIDs."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`pipeline`: the account's stages in order. `blocked_origins`: in Lever's words, such as `sourced`."""

    trigger_stage: Stage
    progression_stage: Stage | None
    blocked_origins: frozenset[str]
    pipeline: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Archived:
    """Why and when an opportunity was archived; None where Lever doesn't say."""

    reason_id: str | None
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class StageChange:
    """An entry into a stage."""

    stage_id: str
    changed_at_ms: int


@dataclass(frozen=True, slots=True)
class Application:
    """Links an opportunity to its one posting. `posting_id` is None if Lever gives none."""

    id: str
    posting_id: str | None
    created_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One candidacy in Lever. `application` None: a lead without a posting."""

    id: str
    name: str = field(repr=False)
    emails: tuple[str, ...] = field(repr=False)
    links: tuple[str, ...] = field(repr=False)
    stage_id: str | None
    stage_changes: tuple[StageChange, ...]
    confidential: bool
    anonymised: bool
    archived: Archived | None
    tags: tuple[str, ...] = field(repr=False)
    origin: str | None
    application: Application | None
    created_at_ms: int | None
    updated_at_ms: int | None
    last_advanced_at_ms: int | None

    @property
    def posting_id(self) -> str | None:
        return None if self.application is None else self.application.posting_id

    def entered_ms(self, stage_id: str) -> int | None:
        """Returns when the opportunity last entered this stage, or None. Doesn't use `last_advanced_at_ms`, which
        archiving also changes."""
        return max((change.changed_at_ms for change in self.stage_changes if change.stage_id == stage_id), default=None)


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting. `name` is None if Lever gives none; `hiring_manager_email` is None without a hiring manager or without
    an address."""

    id: str
    name: str | None
    confidential: bool
    tags: tuple[str, ...]
    team: str | None
    hiring_manager_email: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A comment below a note. `score`: 1 to 4, or None."""

    text: str = field(repr=False)
    created_at_ms: int | None
    author_id: str | None = None
    score: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """A note on an opportunity. `author_id` is None if the API wrote the note for no particular user.

    `text_at_ms`: when the present text was written, if Lever gives that separately from the note's own time.
    """

    id: str
    text: str = field(repr=False)
    created_at_ms: int
    author_id: str | None
    replies: tuple[Reply, ...] = ()
    text_at_ms: int | None = None

    @property
    def written_ms(self) -> int:
        """When the present text was written."""
        return max(self.created_at_ms, self.text_at_ms or 0)


@dataclass(frozen=True, slots=True)
class Invitation:
    """The last invitation e-mail. `status`: `sent`, `delivered` or `bounced`."""

    status: str
    sent_at_ms: int | None
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Assessment:
    """One test. `status`: `invited`, `started` or `completed`."""

    type: str
    status: str

    @property
    def completed(self) -> bool:
        return self.status == "completed"


@dataclass(frozen=True, slots=True)
class AlvaCandidate:
    """A candidate on a job position. `role_fit` is 0 to 100, or None, which is not zero; `stage` is empty if Alva gives
    none."""

    id: str
    external_id: str | None
    job_position_id: str
    email: str = field(repr=False)
    stage: str
    invitation: Invitation | None
    assessments: tuple[Assessment, ...]
    role_fit: float | None = field(repr=False)
    url: str | None = field(repr=False)
    updated_at_ms: int | None = None

    @property
    def invited_email(self) -> str:
        """The address that the invitation went to."""
        return (self.invitation.email if self.invitation else "") or self.email

    @property
    def bounced(self) -> bool:
        """Whether the invitation e-mail bounced."""
        return self.invitation is not None and self.invitation.status == "bounced"

    @property
    def completed(self) -> bool:
        """Whether the candidate has completed all requested tests."""
        return bool(self.assessments) and all(test.completed for test in self.assessments)

    @property
    def partly_completed(self) -> bool:
        """Whether the candidate has completed some of the requested tests but not all."""
        return not self.completed and any(test.completed for test in self.assessments)


def later(one: AlvaCandidate | None, other: AlvaCandidate) -> AlvaCandidate:
    """Returns the candidate that changed last, of two with the same `external_id`; if neither is later, the first."""
    return other if one is None or (other.updated_at_ms or 0) > (one.updated_at_ms or 0) else one


@dataclass(frozen=True, slots=True)
class ChangedCandidate:
    """A row of Alva's listing of changed candidates. `external_id` is the opportunity's id.

    `candidate` is None if the row can't be read; `problem` then names the faulty fields, without their values. At least
    one of the two ids is always there.
    """

    candidate_id: str | None
    external_id: str | None
    candidate: AlvaCandidate | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RoleFit:
    """How well the candidate fits the role, 0 to 100, and when Alva computed it (as Alva writes it)."""

    score: float = field(repr=False)
    computed_at: str | None


@dataclass(frozen=True, slots=True)
class Results:
    """The present results: the role fit, and each part's scores in words, such as `("logic", "74 %, sten 7")`."""

    candidate_id: str
    role_fit: RoleFit | None = field(repr=False)
    scores: tuple[tuple[str, str], ...] = field(repr=False)
    url: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class JobPosition:
    """A job position in Alva. `external_id` is the posting's id, or None if a person made the position by hand."""

    id: str
    external_id: str | None
    name: str | None
    owner_email: str | None = field(repr=False)
    team: str | None
