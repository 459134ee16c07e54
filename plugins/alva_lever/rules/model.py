"""What is known of Lever's and Alva's things, as far as a rule asks for it. Frozen; times are epoch milliseconds.

No repr tells who somebody is or how good: names, addresses, links, tags, note texts and scores are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Archived:
    """Why and when an opportunity was archived, where Lever tells."""

    reason_id: str | None
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class StageChange:
    """An entry into a stage."""

    stage_id: str
    changed_at_ms: int


@dataclass(frozen=True, slots=True)
class Application:
    """The one link of an opportunity to a posting. `posting_id` is None where Lever tells none."""

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
        """When it last came into that stage, None if it never did. Not `last_advanced_at_ms`: archiving moves that."""
        return max((change.changed_at_ms for change in self.stage_changes if change.stage_id == stage_id), default=None)


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting. `name` is None where Lever tells none; `hiring_manager_email` where there is no such person, or no
    address of theirs."""

    id: str
    name: str | None
    confidential: bool
    tags: tuple[str, ...]
    team: str | None
    hiring_manager_email: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody wrote below a note. `score`: 1 to 4, where they gave one."""

    text: str = field(repr=False)
    created_at_ms: int | None
    author_id: str | None = None
    score: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """A note on an opportunity. `author_id` is None for one that the API wrote for nobody in particular.

    `text_at_ms`: when its present text was written, where Lever tells that apart from the note's own time.
    """

    id: str
    text: str = field(repr=False)
    created_at_ms: int
    author_id: str | None
    replies: tuple[Reply, ...] = ()
    text_at_ms: int | None = None

    @property
    def written_ms(self) -> int:
        """When its text became what it is."""
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
    """A candidate on a job position. `role_fit` is 0 to 100, None where there is none (which is not zero); `stage` is
    empty where Alva tells none."""

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
        """Whether the invitation e-mail came back."""
        return self.invitation is not None and self.invitation.status == "bounced"

    @property
    def completed(self) -> bool:
        """Whether all tests that were asked for are done."""
        return bool(self.assessments) and all(test.completed for test in self.assessments)

    @property
    def partly_completed(self) -> bool:
        """Whether some of them are done, and others are not."""
        return not self.completed and any(test.completed for test in self.assessments)


def later(one: AlvaCandidate | None, other: AlvaCandidate) -> AlvaCandidate:
    """Of candidates with one `external_id` the one that changed last, else the one that was there first."""
    return other if one is None or (other.updated_at_ms or 0) > (one.updated_at_ms or 0) else one


@dataclass(frozen=True, slots=True)
class ChangedCandidate:
    """Somebody who changed in Alva, and of which opportunity they are.

    `candidate` None: the row can't be read, and `problem` says why, with the names of fields and no value. One of the
    two ids is there all the same.
    """

    candidate_id: str | None
    external_id: str | None
    candidate: AlvaCandidate | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RoleFit:
    """How well somebody fits the role, 0 to 100, and when that was computed (as Alva writes it)."""

    score: float = field(repr=False)
    computed_at: str | None


@dataclass(frozen=True, slots=True)
class Results:
    """The present summary: role fit, and the scores of each part in words, such as `("logic", "74 %, sten 7")`."""

    candidate_id: str
    role_fit: RoleFit | None = field(repr=False)
    scores: tuple[tuple[str, str], ...] = field(repr=False)
    url: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class JobPosition:
    """A job position in Alva; `external_id` is the posting's id, None for one that was made by hand."""

    id: str
    external_id: str | None
    name: str | None
    owner_email: str | None = field(repr=False)
    team: str | None
