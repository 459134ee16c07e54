"""Lever's JSON: one model for each shape that is read, and its conversion to the rules' objects. Wire names are used
only here and in `OpportunityFilter`.

A field that Lever may leave out has a default: lists, names, an origin, whether a candidate is anonymised. A field has
no default if its absence would then decide something: the id, confidentiality, the stage, whether it is archived, the
application and when it was made.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator
from pydantic.alias_generators import to_camel

from alva_lever.http.wire import (
    Flag,
    Id,
    IfReadable,
    ListOf,
    Millis,
    Reference,
    ReferenceOrNone,
    Whole,
    WireModel,
    id_text,
    not_as_documented,
    reference_or_none,
)
from alva_lever.lever.objects import AfterWrite, ArchiveReason, User, Webhook
from alva_lever.rules.ids import is_uuid
from alva_lever.rules.model import Application, Archived, Note, Opportunity, Posting, Reply, Stage, StageChange


class NotExpanded(Exception):
    """Lever gives ids instead of expanded objects, because the key may not read these. That holds for every row, so it
    is no fault of this one."""


class LeverModel(WireModel):
    """Lever's names are `camelCase`."""

    model_config = ConfigDict(alias_generator=to_camel)


def _confidential(word: Any) -> bool:
    # Any other word keeps the record away from Alva.
    if not isinstance(word, str):
        raise not_as_documented("is not text")
    return word != "non-confidential"


def _the_application(value: Any) -> Any:
    """Returns the first of `applications`, which holds at most one. A list of nulls doesn't say that there is none."""
    if not isinstance(value, list) or not value:
        return value
    first = next((one for one in value if one is not None), None)
    if id_text(first) is not None:
        raise NotExpanded
    return [first]


def _uuid(value: Any) -> str:
    if not isinstance(value, str) or not is_uuid(value):
        raise not_as_documented("is not a UUID")
    return value.lower()


# A UUID in lower case, as Lever writes it.
Uuid = Annotated[str, PlainValidator(_uuid)]
Confidential = Annotated[bool, PlainValidator(_confidential)]


class StageChangeJson(LeverModel):
    to_stage_id: Id
    updated_at: Millis

    def to_rules(self) -> StageChange:
        return StageChange(self.to_stage_id, self.updated_at)


class ArchivedJson(LeverModel):
    reason: ReferenceOrNone = None
    archived_at: IfReadable[Millis] = None

    def to_rules(self) -> Archived:
        return Archived(self.reason, self.archived_at)


class ApplicationJson(LeverModel):
    id: Id
    posting: ReferenceOrNone
    # Needed to tell whether a candidate is new on a posting.
    created_at: Millis

    def to_rules(self) -> Application:
        return Application(self.id, self.posting, self.created_at)


class PresentJson(LeverModel):
    """The fields of an opportunity that every answer holds, expanded or not."""

    id: Id
    stage: Reference
    confidential: Confidential = Field(alias="confidentiality")
    is_anonymized: Flag = False
    archived: ArchivedJson | None

    @property
    def archived_or_none(self) -> Archived | None:
        return None if self.archived is None else self.archived.to_rules()


class AfterWriteJson(PresentJson):
    """The opportunity in the answer to a write; no other field is needed."""

    def to_rules(self) -> AfterWrite:
        return AfterWrite(self.id, self.stage, self.confidential, self.is_anonymized, self.archived_or_none)


class OpportunityJson(PresentJson):
    """One opportunity, expanded with its application.

    :raises NotExpanded: before any other error in the row.
    """

    applications: Annotated[list[ApplicationJson], BeforeValidator(_the_application)]
    name: str | None = None
    emails: ListOf[str] = ()
    links: ListOf[str] = ()
    stage_changes: ListOf[StageChangeJson] = ()
    tags: ListOf[str] = ()
    origin: str | None = None
    created_at: Millis | None = None
    updated_at: Millis | None = None
    last_advanced_at: Millis | None = None

    def to_rules(self) -> Opportunity:
        return Opportunity(
            id=self.id,
            name=self.name or "",
            emails=self.emails,
            links=self.links,
            stage_id=self.stage,
            stage_changes=tuple(change.to_rules() for change in self.stage_changes),
            confidential=self.confidential,
            anonymised=self.is_anonymized,
            archived=self.archived_or_none,
            tags=self.tags,
            origin=self.origin,
            application=self.applications[0].to_rules() if self.applications else None,
            created_at_ms=self.created_at,
            updated_at_ms=self.updated_at,
            last_advanced_at_ms=self.last_advanced_at,
        )


class HiringManagerJson(LeverModel):
    """A user with an e-mail address, which may be null."""

    email: str | None


def _hiring_manager(value: Any) -> HiringManagerJson | str | None:
    has_email = isinstance(value, dict) and "email" in value
    return HiringManagerJson.model_validate(value) if has_email else reference_or_none(value)


# A user, or only the user's id.
HiringManager = Annotated[HiringManagerJson | str | None, PlainValidator(_hiring_manager)]


class CategoriesJson(LeverModel):
    team: str | None = None


class PostingJson(LeverModel):
    id: Id
    text: str | None = None
    confidential: Confidential = Field(alias="confidentiality")
    tags: ListOf[str] = ()
    categories: CategoriesJson | None = None
    hiring_manager: HiringManager = None

    @property
    def hiring_manager_id(self) -> str | None:
        """The hiring manager's id, if Lever gives no e-mail address."""
        return self.hiring_manager if isinstance(self.hiring_manager, str) else None

    def to_rules(self) -> Posting:
        manager = self.hiring_manager
        return Posting(
            id=self.id,
            name=self.text or None,
            confidential=self.confidential,
            tags=self.tags,
            team=(self.categories.team if self.categories else None) or None,
            hiring_manager_email=(manager.email if isinstance(manager, HiringManagerJson) else None) or None,
        )


class CommentJson(LeverModel):
    value: str | None = None
    created_at: Millis | None = None
    user: ReferenceOrNone = None
    score: Whole | None = None


class NoteJson(LeverModel):
    """A note. Its text is its first comment: the other comments of the thread are other people's."""

    id: Id
    comments: ListOf[CommentJson] = Field((), alias="fields")
    created_at: Millis
    user: ReferenceOrNone = None

    def to_rules(self) -> Note:
        first, *others = [
            Reply(comment.value, comment.created_at, comment.user, comment.score)
            for comment in self.comments
            if comment.value is not None
        ] or [Reply("", None)]
        return Note(
            id=self.id,
            text=first.text,
            created_at_ms=self.created_at,
            author_id=self.user,
            replies=tuple(others),
            text_at_ms=first.created_at_ms,
        )


class ListedNoteJson(NoteJson):
    deleted_at: Millis | None = None


class AuthorJson(LeverModel):
    """The author of a note that can't be read otherwise."""

    user: IfReadable[ReferenceOrNone] = None


class WrittenNoteJson(LeverModel):
    """The answer to a write of a note: in recorded traffic the note and its id, in the documentation only the id."""

    id: ReferenceOrNone = None


class NoteIdJson(LeverModel):
    note_id: Id


class StageJson(LeverModel):
    id: Id
    text: IfReadable[str] = None

    def to_rules(self) -> Stage:
        return Stage(id=self.id, name=self.text or "")


class TagJson(LeverModel):
    """A tag. It has no id; its text identifies it."""

    text: IfReadable[str] = None


class UserJson(LeverModel):
    id: Id
    name: IfReadable[str] = None
    email: str | None = None
    deactivated_at: Millis | None = None

    def to_rules(self) -> User:
        return User(self.id, self.name or "", self.email or None, active=self.deactivated_at is None)


class ArchiveReasonJson(LeverModel):
    id: Id
    text: IfReadable[str] = None
    type: str
    status: IfReadable[str] = None

    def to_rules(self) -> ArchiveReason:
        return ArchiveReason(self.id, self.text or "", self.type == "hired", active=self.status != "inactive")


class ConditionsJson(LeverModel):
    origins: IfReadable[ListOf[str]] = None


class ConfigurationJson(LeverModel):
    conditions: IfReadable[ConditionsJson] = None
    signature_token: IfReadable[str] = None


class CreatedWebhookJson(LeverModel):
    """A webhook that was just created: its id and its signature token."""

    id: Id
    configuration: IfReadable[ConfigurationJson] = None

    @property
    def signature_token(self) -> str | None:
        return self.configuration.signature_token if self.configuration else None


class WebhookJson(CreatedWebhookJson):
    event: str
    url: str

    def to_rules(self) -> Webhook:
        conditions = self.configuration.conditions if self.configuration else None
        return Webhook(self.id, self.event, self.url, conditions.origins if conditions else None)


class EnvelopeJson(LeverModel):
    """`{"data": {...}}`"""

    data: Any


class ShortPageJson(LeverModel):
    """`{"data": [...], "hasNext": bool, "next": "token"}`. Some short lists, such as webhooks, have no `hasNext`."""

    data: list[Any]
    has_next: Flag = False
    next: IfReadable[str] = None


class PageJson(ShortPageJson):
    """The same, but `hasNext` must be there. Lever's documentation, Pagination."""

    has_next: bool


class ErrorJson(LeverModel):
    """`{"code", "message"}`. Lever's documentation, Responses and Errors."""

    code: str
    message: IfReadable[str] = None


class SignatureJson(LeverModel):
    """The signed fields of a webhook's delivery."""

    token: str
    triggered_at: int
    signature: str


class HintJson(LeverModel):
    """The opportunity and the application that a delivery is about. Nothing else of it is kept."""

    opportunity_id: Uuid | None = None
    application_id: IfReadable[Uuid] = None


class DeliveryJson(LeverModel):
    data: HintJson
