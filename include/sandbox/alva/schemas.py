"""Requests to Alva's half, other than records, and answers that are not records."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from include.sandbox.alva.models import Candidate, Facts, Interview, Record, RoleFit, Score, Stage
from include.sandbox.alva.wire import Address, Name, OrNone, Unique, Wire, parse_iso

DEFAULT_LIMIT = 50
HIGHEST_LIMIT = 100
Event = Literal["candidate.created", "validation_test_result.created", "role_fit.created"]
"""The three switches of Alva's article for Pinpoint: New candidate, New validation test result, New role fit."""
EVENTS: tuple[Event, ...] = ("candidate.created", "validation_test_result.created", "role_fit.created")

RecordT = TypeVar("RecordT", bound=Record)


def cursor_after(number: int) -> str:
    """Returns the cursor of the page after the row with this number."""
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode().rstrip("=")


def _place(cursor: object) -> object:
    if not isinstance(cursor, str):
        return cursor  # the default
    with suppress(ValueError):  # not base64, ASCII or text: refused like any other unknown cursor
        padded = cursor + "=" * (-len(cursor) % 4)
        word, _, number = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(":")
        if word == "after" and number.isascii() and number.isdigit() and len(number) < 16:
            return int(number)
    raise PydanticCustomError("cursor", "is not one that this list gave")


def _moment(text: object) -> object:
    try:
        return parse_iso(text) if isinstance(text, str) else text
    except ValueError as error:
        said = "must be ISO 8601 with a time and an offset, as 2025-03-01T08:00:00Z"
        raise PydanticCustomError("moment", said) from error


class Query(Wire):
    """The query of a list; unknown parameters are ignored. `cursor` is the number of the last row received."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=HIGHEST_LIMIT)
    cursor: Annotated[int, BeforeValidator(_place)] = 0
    updated_since: Annotated[int | None, BeforeValidator(_moment)] = None
    external_id: str | None = None
    email: str | None = Field(default=None, repr=False)
    job_position_id: str | None = None


class Page(TypedDict, Generic[RecordT]):
    """A page of rows, and the cursor of the next page (None: there is none)."""

    data: list[RecordT]
    next_cursor: str | None


class FactsChange(Facts):
    """Fields that are sent are replaced, others stay."""

    name: Name = ""


class CandidateChange(Wire):
    """A changed e-mail address is refused: remove and invite the candidate again (Alva's article on inviting)."""

    email: object = Field(default=None, repr=False)
    stage: Stage = "in_process"


class NewUser(Wire):
    email: Address = Field(repr=False)
    first_name: str | None = Field(default=None, repr=False)
    last_name: str | None = Field(default=None, repr=False)
    team: str | None = None


class NewWebhook(Wire):
    url: Name
    events: Annotated[tuple[Event, ...], OrNone, Unique] = ()
    signature_token: str | None = Field(default=None, repr=False)


class WebhookChange(Wire):
    """Fields that are sent are replaced, others stay, and so do events that are null."""

    url: Name = ""
    events: Annotated[tuple[Event, ...] | None, Unique] = None
    signature_token: str | None = Field(default=None, repr=False)


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
