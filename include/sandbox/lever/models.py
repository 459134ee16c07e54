"""What a Lever account holds. Plain records; the rules about them are in `account`.

Times are milliseconds since 1970. No record has a repr of its own, so that nobody's name or address lands in a test's
output.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ORIGINS = ("applied", "sourced", "referred", "university", "internal", "agency")


@dataclass(slots=True, repr=False)
class Stage:
    id: str  # a slug where Lever made it, else a UUID
    text: str
    pipeline: str  # lead, applicant, screen, onsite, offer
    rank: float  # the account's one pipeline is in this order; the first part of the listing's order
    has_interview: bool = False


@dataclass(slots=True, repr=False)
class ArchiveReason:
    id: str
    text: str
    type: str = "non-hired"  # or "hired"
    status: str = "active"  # or "inactive"


@dataclass(slots=True, repr=False)
class User:
    id: str
    name: str
    email: str
    created_at: int
    access_role: str = "team member"
    deactivated_at: int | None = None
    job_title: str | None = None
    username: str | None = None
    photo: str | None = None
    external_directory_id: str | None = None
    linked_contact_ids: list[str] | None = None
    manager_id: str | None = None

    @property
    def order(self) -> tuple[int, str]:
        """Users and postings are listed the newest first."""
        return (-self.created_at, self.id)


@dataclass(slots=True, repr=False)
class Posting:
    id: str
    text: str
    created_at: int
    updated_at: int
    state: str = "published"  # internal, closed, draft, pending, rejected
    confidential: bool = False
    team: str | None = None
    department: str | None = None
    location: str | None = None
    commitment: str | None = None
    tags: list[str] = field(default_factory=list)
    user: str | None = None
    owner: str | None = None
    hiring_manager: str | None = None
    details: dict[str, Any] = field(default_factory=dict)  # whatever else was recorded of it, as it stands on the wire

    @property
    def order(self) -> tuple[int, str]:
        return (-self.created_at, self.id)

    def derived_tags(self) -> list[str]:
        """The tags that Lever puts on an opportunity when it is linked to this posting."""
        derived = (self.text, self.department, self.team, self.location, self.commitment)
        return [tag for tag in dict.fromkeys(derived) if tag]


@dataclass(slots=True, repr=False)
class Contact:
    """A person. Several opportunities may share one."""

    id: str
    name: str = ""
    headline: str = ""
    location: str = ""
    emails: list[str] = field(default_factory=list)
    phones: list[dict[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anonymised: bool = False
    data_protection: dict[str, Any] | None = None


@dataclass(slots=True, repr=False)
class StageChange:
    stage_id: str
    index: int  # the stage's place in the pipeline at that time, from 0
    at: int
    user_id: str | None = None


@dataclass(slots=True, repr=False)
class Archived:
    reason: str
    at: int


@dataclass(slots=True, repr=False)
class Application:
    id: str
    posting: Posting
    created_at: int
    type: str = "posting"  # "user": added by hand, without name, e-mail and phone of its own; "referral"
    posting_owner: str | None = None  # these two as they were when it was made
    posting_hiring_manager: str | None = None
    name: str | None = None
    email: str | None = None
    phone: dict[str, str] | None = None
    company: str | None = None
    comments: str | None = None
    user: str | None = None
    archived: Archived | None = None


@dataclass(slots=True, repr=False)
class Comment:
    value: str
    created_at: int
    user: str | None = None
    score: int | None = None
    stage: str | None = None


@dataclass(slots=True, repr=False)
class Note:
    """A thread of comments. Only one made through the API may be changed or deleted through it."""

    id: str
    comments: list[Comment]
    created_at: int
    user: str | None = None
    secret: bool = False
    by_api: bool = True

    @property
    def order(self) -> tuple[int, str]:
        return (-self.created_at, self.id)


@dataclass(slots=True, repr=False)
class Opportunity:
    id: str
    contact: Contact
    stage: Stage
    created_at: int
    last_advanced_at: int
    last_interaction_at: int
    updated_at: int | None = None  # null on what has not been touched since Lever introduced it
    origin: str = "sourced"
    confidential: bool = False  # through its posting only
    tags: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    stage_changes: list[StageChange] = field(default_factory=list)
    archived: Archived | None = None
    application: Application | None = None
    sourced_by: str | None = None
    owner: str | None = None
    followers: list[str] = field(default_factory=list)
    snoozed_until: int | None = None
    location: str | None = None  # the posting's location, as Lever shows it on the opportunity
    notes: dict[str, Note] = field(default_factory=dict)
    restricted: bool = False  # Lever refuses to show it by its id

    @property
    def posting(self) -> Posting | None:
        return None if self.application is None else self.application.posting

    @property
    def order(self) -> tuple[float, int, str]:
        """Where it stands in a listing: by the stage's rank, then the latest entry first, then the id."""
        return (self.stage.rank, -self.last_advanced_at, self.id)


@dataclass(slots=True, repr=False)
class Webhook:
    id: str
    event: str
    url: str
    signature_token: str
    origins: list[str] | None
    created_at: int
    updated_at: int


@dataclass(slots=True, repr=False)
class Deleted:
    """A row of the feed of deleted things."""

    id: str
    at: int
    by: str | None = None
    opportunity: str | None = None
    posting: str | None = None
    confidential: bool = False

    @property
    def order(self) -> tuple[int, str]:
        return (-self.at, self.id)
