"""The records of a Lever account, with their wire names; `account` holds the rules about them.

A record shows exactly the fields of the recorded responses. Times are milliseconds since 1970. No record has a repr, so
that no name or address gets into a test's output.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_serializer,
)
from pydantic.alias_generators import to_camel

Shape = dict[str, Any]
Origin = Literal["applied", "sourced", "referred", "university", "internal", "agency"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
LIST_URL = "https://hire.lever.co/candidates"
JOBS_URL = "https://jobs.lever.co/sandbox"


class Record(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True, hide_input_in_errors=True
    )

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return []

    def shape(self) -> Shape:
        """Returns the record's JSON."""
        return self.model_dump()


class Listed(Record):
    """A record whose listing has the newest first."""

    id: str
    created_at: int

    @property
    def order(self) -> tuple[int, str]:
        return (-self.created_at, self.id)


class Stage(Record):
    id: str  # a slug for Lever's own stages, else a UUID
    text: str
    pipeline: str  # lead, applicant, screen, onsite, offer
    rank: int | float  # the order of the account's one pipeline; the first part of the listing's order
    has_interview: bool = False

    def brief(self) -> Shape:
        return {"id": self.id, "text": self.text}


class ArchiveReason(Record):
    id: str
    text: str
    status: str = "active"  # or "inactive"
    type: str = "non-hired"  # or "hired"


class User(Listed):
    name: str
    username: str | None = None
    email: str
    access_role: str = "team member"
    photo: str | None = None
    deactivated_at: int | None = None
    external_directory_id: str | None = None
    linked_contact_ids: list[str] | None = None
    job_title: str | None = None
    manager_id: str | None = None


class Posting(Listed):
    text: str
    updated_at: int
    state: str = "published"  # internal, closed, draft, pending, rejected
    confidential: bool = Field(default=False, exclude=True)
    team: str | None = Field(default=None, exclude=True)
    department: str | None = Field(default=None, exclude=True)
    location: str | None = Field(default=None, exclude=True)
    commitment: str | None = Field(default=None, exclude=True)
    tags: list[str] = Field(default_factory=list)
    user: str | None = None
    owner: str | None = None
    hiring_manager: str | None = None
    details: Shape = Field(default_factory=dict, exclude=True)  # other recorded fields, as on the wire

    def derived_tags(self) -> list[str]:
        """Returns the tags that Lever adds to an opportunity when it is linked to this posting."""
        derived = (self.text, self.department, self.team, self.location, self.commitment)
        return [tag for tag in dict.fromkeys(derived) if tag]

    @property
    def channels(self) -> list[str] | None:
        """Where it is published."""
        channels: list[str] | None = self.details.get(
            "distributionChannels", ["public"] if self.state == "published" else None
        )
        return channels

    def shape(self) -> Shape:
        """Returns the posting's JSON; fields that the record lacks are as recorded, or empty."""
        shown = self.state in ("published", "internal")
        url = f"{JOBS_URL}/{self.id}"
        shape: Shape = {
            "distributionChannels": self.channels,
            "content": {"description": "", "descriptionHtml": "", "lists": [], "closing": "", "closingHtml": ""},
            "country": None,
            "followers": [uid for uid in dict.fromkeys((self.owner, self.hiring_manager)) if uid],
            "reqCode": None,
            "requisitionCodes": [],
            "urls": {"list": JOBS_URL, "show": url, "apply": f"{url}/apply"} if shown else None,
            "workplaceType": "unspecified",
            "transcribeInterviews": False,
            "screening": {"enabled": False},
        }
        categories = {
            "commitment": self.commitment,
            "department": self.department,
            "level": None,
            "location": self.location,
            "team": self.team,
            "allLocations": [self.location] if self.location else [],
            **self.details.get("categories", {}),
        }
        confidentiality = confidentiality_of(self)
        return shape | self.details | self.model_dump() | {"categories": categories, "confidentiality": confidentiality}


class Contact(Record):
    """A person, who may have several opportunities."""

    id: str
    name: str = ""
    headline: str = ""
    anonymised: bool = Field(default=False, validation_alias="isAnonymized", serialization_alias="isAnonymized")
    location: str = ""
    emails: list[str] = Field(default_factory=list)
    phones: list[dict[str, str]] = Field(default_factory=list)
    links: list[str] = Field(default_factory=list, exclude=True)
    data_protection: Shape | None = None

    @field_serializer("location")
    def _named(self, location: str) -> Shape:
        return {"name": location}


class StageChange(Record):
    """``userId`` is absent if the user is unknown."""

    to_stage_id: str
    to_stage_index: int  # the stage's place in the pipeline at that time, from 0
    updated_at: int
    user_id: str | None = None

    @model_serializer(mode="wrap")
    def _known(self, serialize: SerializerFunctionWrapHandler) -> Shape:
        return {name: value for name, value in serialize(self).items() if value is not None}


class Archived(Record):
    reason: str
    archived_at: int


class Application(Record):
    id: str
    type: str = "posting"  # "user": added by hand, without name, e-mail and phone of its own; "referral"
    opportunity_id: str
    posting: Posting
    posting_hiring_manager: str | None = None  # these two as they were when the application was made
    posting_owner: str | None = None
    name: str | None = None
    company: str | None = None
    phone: dict[str, str] | None = None
    email: str | None = None
    comments: str | None = None
    user: str | None = None
    created_at: int
    archived: Archived | None = None

    @classmethod
    def of(cls, row: Opportunity, uid: str, posting: Posting, at: int, *, applied: bool, by: str | None) -> Application:
        """An application through the job site has the person's name and address of that time, another has its maker."""
        person = row.contact
        return cls(
            id=uid,
            opportunity_id=row.id,
            posting=posting,
            created_at=at,
            type="posting" if applied else "user",
            posting_owner=posting.owner,
            posting_hiring_manager=posting.hiring_manager,
            name=person.name if applied else None,
            email=next(iter(person.emails), None) if applied else None,
            phone=next(iter(person.phones), None) if applied else None,
            user=None if applied else by,
        )

    @model_serializer(mode="wrap")
    def _whole(self, serialize: SerializerFunctionWrapHandler) -> Shape:
        unknown = ("requisitionForHire", "ipAddress", "referer", "userAgent", "acceptLanguage", "timezone")
        lists: Shape = {"candidateId": self.opportunity_id, "links": [], "customQuestions": []}
        return {**serialize(self), **lists, **dict.fromkeys(unknown)}

    @field_serializer("posting")
    def _id(self, posting: Posting) -> str:
        return posting.id


class Comment(Record):
    value: str
    created_at: int
    user: str | None = None
    score: int | None = None
    stage: str | None = None


class Note(Listed):
    """A thread of comments. Only notes created through the API can be changed or deleted through it."""

    comments: list[Comment] = Field(exclude=True)
    user: str | None = None
    secret: bool = False
    by_api: bool = Field(default=True, exclude=True)

    def shape(self) -> Shape:
        fields = [{"type": "note", "text": "Comment", **comment.shape()} for comment in self.comments]
        times = {"completedAt": self.created_at, "deletedAt": None}
        return {"text": "Note", "fields": fields, **self.model_dump(), **times}


class Opportunity(Record):
    id: str
    contact: Contact = Field(exclude=True)
    stage: Stage = Field(exclude=True)
    created_at: int
    last_advanced_at: int
    last_interaction_at: int
    updated_at: int | None = None  # null if nothing has changed since Lever introduced the field
    origin: str = "sourced"
    confidential: bool = Field(default=False, exclude=True)  # through its posting only
    tags: list[str] = Field(default_factory=list)
    sources: list[str] = Field(default_factory=list)
    stage_changes: list[StageChange] = Field(default_factory=list)
    archived: Archived | None = None
    application: Application | None = Field(default=None, exclude=True)
    sourced_by: str | None = None
    owner: str | None = None
    followers: list[str] = Field(default_factory=list)
    snoozed_until: int | None = None
    location: str | None = Field(default=None, exclude=True)  # the posting's, as Lever shows it on the opportunity
    notes: dict[str, Note] = Field(default_factory=dict, exclude=True)
    restricted: bool = Field(default=False, exclude=True)  # Lever refuses to show it by id

    @property
    def posting(self) -> Posting | None:
        return None if self.application is None else self.application.posting

    @property
    def order(self) -> tuple[float, int, str]:
        """Returns its place in a listing: by the stage's rank, then the latest entry first, then the id."""
        return (self.stage.rank, -self.last_advanced_at, self.id)

    def shape(self) -> Shape:
        """Returns its JSON, with ``opportunityLocation`` last, which the answer to a write leaves out."""
        person = self.contact
        shape: Shape = self.model_dump() | {
            "name": person.name,
            "contact": person.id,
            "headline": person.headline,
            "stage": self.stage.id,
            "confidentiality": confidentiality_of(self),
            "location": person.location,
            "phones": person.phones,
            "emails": person.emails,
            "links": person.links,
            "applications": [self.application.id] if self.application else [],
            "urls": {"list": LIST_URL, "show": f"{LIST_URL}/{self.id}"},
            "isAnonymized": person.anonymised,
            "dataProtection": person.data_protection,
        }
        return shape if self.location is None else shape | {"opportunityLocation": self.location}

    def expanded(self, shape: Shape, expand: Collection[str]) -> Shape:
        """Returns the shape with objects instead of ids for the fields in ``expand``."""
        whole: Shape = {}
        if "contact" in expand:
            whole["contact"] = self.contact.shape()
        if "stage" in expand:
            whole["stage"] = self.stage.brief()
        if "applications" in expand and self.application is not None:
            whole["applications"] = [self.application.shape()]
        return shape | whole


class Webhook(Record):
    id: str
    event: str
    url: str
    signature_token: str = Field(exclude=True)
    origins: list[str] | None = Field(exclude=True)  # the webhook's origins; None: its event has no such condition
    created_at: int
    updated_at: int

    def shape(self, *, with_token: bool = False) -> Shape:
        """Returns its JSON. Lever shows the signing token once, in the answer that creates the webhook."""
        configuration: Shape = {} if self.origins is None else {"conditions": {"origins": self.origins}}
        if with_token:
            configuration["signatureToken"] = self.signature_token
        return self.model_dump() | {"configuration": configuration}


class Deleted(Record):
    """A row in a listing of deleted records: an opportunity, a posting or an application. No more is documented."""

    id: str
    deleted_at: int
    deleted_by: str | None = None
    opportunity_id: str | None = None
    posting_id: str | None = None
    confidential: bool = Field(default=False, exclude=True)

    @property
    def order(self) -> tuple[int, str]:
        return (-self.deleted_at, self.id)

    def shape(self) -> Shape:
        return self.model_dump(exclude={"opportunity_id", "posting_id"} if not self.opportunity_id else {"deleted_by"})


def confidentiality_of(row: Posting | Opportunity) -> str:
    return "confidential" if row.confidential else "non-confidential"


def with_users(shape: Shape, users: Mapping[str, User], expand: Collection[str]) -> Shape:
    """Returns the shape with users instead of their ids for the fields in ``expand``."""

    def whole(uid: Any) -> Any:
        return users[uid].shape() if uid in users else uid

    for name in {"user", "owner", "hiringManager", "sourcedBy", "followers"}.intersection(expand, shape):
        shape[name] = [*map(whole, shape[name])] if isinstance(shape[name], list) else whole(shape[name])
    return shape
