"""The request bodies of Lever's API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from include.sandbox.lever.access import LeverError
from include.sandbox.lever.changes import Event
from include.sandbox.lever.models import Origin

OR_NONE = BeforeValidator(lambda value: [] if value is None else value)
OR_BLANK = BeforeValidator(lambda value: value or None)
Texts = Annotated[list[str], OR_NONE]
Filled = Annotated[str, Field(min_length=1)]
Past = Annotated[int | None, Field(ge=0, strict=True)]


class Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True)


class Tags(Body):
    tags: list[str]


class Links(Body):
    links: list[str]


class Sources(Body):
    sources: list[str]


class StageChoice(Body):
    stage: str


class Archiving(Body):
    """``reason: null`` makes the opportunity active again."""

    reason: str | None


class Phone(Body):
    type: Any = None
    value: Any


class NewOpportunity(Body):
    name: str | None = None
    headline: str | None = None
    location: str | None = None
    emails: Texts = []
    phones: Annotated[list[Phone], OR_NONE] = []
    links: Texts = []
    tags: Texts = []
    sources: Texts = []
    followers: Texts = []
    postings: Texts = []
    origin: Annotated[Origin | None, OR_BLANK] = None
    stage: str | None = None
    contact: str | None = None
    owner: str | None = None
    created_at: Past = None


class NewComment(Body):
    value: Filled
    score: Literal[1, 2, 3, 4] | None = None
    secret: Any = None
    created_at: Past = None


class NoteChange(Body):
    """The comments that replace all comments of the note."""

    values: list[NewComment] = Field(min_length=1)


class Categories(Body):
    team: str | None = None
    department: str | None = None
    location: str | None = None
    commitment: str | None = None


class PostingChange(Body):
    """Fields that are sent are replaced, others stay."""

    text: str | None = None
    state: Literal["published", "internal", "closed", "draft", "pending", "rejected"] | None = None
    user: str | None = None
    owner: str | None = None
    hiring_manager: str | None = None
    categories: Annotated[Categories | None, OR_BLANK] = None
    tags: Texts = []


class Applying(Body):
    """Name and address, at the top or in ``personalInformation``."""

    name: str
    email: str

    @model_validator(mode="before")
    @classmethod
    def _informed(cls, body: Any) -> Any:
        given = body.get("personalInformation", []) if isinstance(body, dict) else []
        answers = {str(item.get("identifier")): item.get("value") for item in given if isinstance(item, dict)}
        if not isinstance(body, dict):
            return body
        answers |= body
        if not answers.get("name") or not answers.get("email"):
            raise LeverError(400, "Missing required parameter: name, email")
        return answers


class ContactChange(Body):
    """``location`` is sent as a plain string and shown as an object."""

    name: str | None = None
    headline: str | None = None
    location: str | None = None
    emails: Texts = []


class Conditions(Body):
    origins: Annotated[list[Origin], OR_NONE] = []


class NewWebhook(Body):
    event: Event
    url: Filled
    configuration: Any = None


class WebhookChange(Body):
    id: Any = None
    url: str | None = None
    configuration: Any = None


class WebhookChanges(Body):
    """Several changes: all take effect, or none."""

    data: list[WebhookChange]
