"""The queries and the pages of Lever's listings.

A repeated parameter is a list, with or without ``[]`` after the name. Values of one parameter are alternatives; all
parameters have to match. Unknown parameters are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import quote, unquote

from fastapi import Depends, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from include.sandbox.lever.access import Key
from include.sandbox.lever.account import Ordered, Place, Placed, canonical
from include.sandbox.lever.errors import BadRequest
from include.sandbox.lever.models import Opportunity, Shape

Row = TypeVar("Row", bound=Placed)
MAX_LIMIT = 100
LAST = BeforeValidator(lambda values: values[-1])
Texts = list[str]
Integer = Annotated[int | None, LAST]
Flag = Annotated[Literal["true", "false"] | None, LAST]
Text = Annotated[str | None, LAST]


@dataclass(frozen=True, slots=True)
class Filter:
    """The filter of a parameter: ``test`` compares the row's value with the parameter's."""

    value: Callable[[Any], Any]
    test: Callable[[Any, Any], bool]


Value = Callable[[Any], Any]


def any_of(value: str | Value) -> Filter:
    """Matches if the row's value is one of the given values."""
    return Filter(_getter(value), lambda found, wanted: found in wanted)


def overlap(name: str) -> Filter:
    """Matches if one of the row's values is given."""
    return Filter(attrgetter(name), lambda found, wanted: not set(wanted).isdisjoint(found))


def since(value: str | Value) -> Filter:
    """Matches from this time on, in milliseconds, inclusive. None never matches."""
    return Filter(_getter(value), lambda found, start: found is not None and found >= start)


def until(value: str | Value) -> Filter:
    return Filter(_getter(value), lambda found, end: found is not None and found <= end)


def flag(value: Callable[[Any], bool]) -> Filter:
    return Filter(value, lambda found, wanted: found is (wanted == "true"))


def emails(value: Callable[[Any], Collection[str]]) -> Filter:
    return Filter(
        lambda row: {*map(canonical, value(row))}, lambda found, wanted: not found.isdisjoint(map(canonical, wanted))
    )


def _getter(value: str | Value) -> Value:
    return attrgetter(value) if isinstance(value, str) else value


def asked(model: type[BaseModel]) -> Any:
    """Returns a dependency that reads the query into the model."""

    async def read(request: Request) -> BaseModel:
        values: dict[str, list[str]] = {}
        for name, value in request.query_params.multi_items():
            values.setdefault(name.removesuffix("[]"), []).append(value)
        return model.model_validate(values)

    return Depends(read)


class View(BaseModel):
    """Which fields are shown, and which are expanded."""

    model_config = ConfigDict(hide_input_in_errors=True)

    include: Texts = Field(default_factory=list)
    expand: Texts = Field(default_factory=list)

    def of(self, shape: Shape) -> Shape:
        """Returns the fields that ``include`` or ``expand`` names; without ``include``, all."""
        wanted = {*self.include, *self.expand}
        return {name: value for name, value in shape.items() if name in wanted} if self.include else shape


class Listing(View):
    """The parameters of a page."""

    limit: Annotated[int, LAST] = Field(default=MAX_LIMIT, ge=1, le=MAX_LIMIT)
    offset: Text = None

    def keep(self) -> Callable[[Any], bool]:
        """Returns whether a row matches every filter."""
        tests = [
            (found.value, found.test, getattr(self, name))
            for name, field in type(self).model_fields.items()
            for found in field.metadata
            if isinstance(found, Filter) and getattr(self, name) not in (None, [])
        ]
        return lambda row: all(test(value(row), wanted) for value, test, wanted in tests)

    def page(
        self, rows: Ordered[Row], show: Callable[[Row], Shape], keep: Callable[[Row], bool] | None = None
    ) -> Shape:
        """Returns ``{data, hasNext}``, and ``next`` unless it is the last page.

        ``next`` is the place of the next page's first row in the order, so it stays valid if that row is gone. A row
        whose place changes during a walk comes twice or not at all, as in Lever.
        """
        start = None if self.offset is None else decode(self.offset)
        fits = keep or self.keep()
        found = list(islice((row for row in rows.starting(start) if fits(row)), self.limit + 1))
        more = len(found) > self.limit
        page: Shape = {"data": [self.of(show(row)) for row in found[: self.limit]], "hasNext": more}
        return page | {"next": encode(found[self.limit].order)} if more else page


class Guarded(Listing):
    """A listing that has confidential rows."""

    confidentiality: Annotated[
        Literal["non-confidential", "confidential", "all"],
        LAST,
        Filter(
            attrgetter("confidential"), lambda found, wanted: wanted == "all" or found is (wanted == "confidential")
        ),
    ] = "non-confidential"

    def allowed(self, key: Key) -> Self:
        """Raises 403 if the key may not see the requested rows."""
        if self.confidentiality != "non-confidential":
            key.require_confidential()
        return self


def _applied_to(row: Opportunity) -> str | None:
    return row.posting.id if row.posting else None


def _archived_from(row: Opportunity) -> str | None:
    return row.application.posting.id if row.application and row.application.archived else None


def _archived_at(row: Opportunity) -> int | None:
    return row.archived.archived_at if row.archived else None


class Opportunities(Guarded):
    stage_id: Annotated[Texts, any_of("stage.id")] = []
    origin: Annotated[Texts, any_of("origin")] = []
    contact_id: Annotated[Texts, any_of("contact.id")] = []
    archive_reason_id: Annotated[Texts, any_of(lambda row: row.archived and row.archived.reason)] = []
    posting_id: Annotated[Texts, any_of(_applied_to)] = []
    archived_posting_id: Annotated[Texts, any_of(_archived_from)] = []
    location: Annotated[Texts, any_of(lambda row: row.location or "unspecified")] = []
    tag: Annotated[Texts, overlap("tags")] = []
    source: Annotated[Texts, overlap("sources")] = []
    email: Annotated[Texts, emails(lambda row: row.contact.emails)] = []
    archived: Annotated[Flag, flag(lambda row: row.archived is not None)] = None
    snoozed: Flag = None
    created_at_start: Annotated[Integer, since("created_at")] = None
    created_at_end: Annotated[Integer, until("created_at")] = None
    updated_at_start: Annotated[Integer, since("updated_at")] = None
    updated_at_end: Annotated[Integer, until("updated_at")] = None
    advanced_at_start: Annotated[Integer, since("last_advanced_at")] = None
    advanced_at_end: Annotated[Integer, until("last_advanced_at")] = None
    archived_at_start: Annotated[Integer, since(_archived_at)] = None
    archived_at_end: Annotated[Integer, until(_archived_at)] = None

    def keep_at(self, now_ms: int) -> Callable[[Opportunity], bool]:
        """Returns `keep`, with the snooze filter at that time."""
        fits, wanted = self.keep(), self.snoozed
        if wanted is None:
            return fits
        return lambda row: fits(row) and ((row.snoozed_until or 0) > now_ms) is (wanted == "true")


class Postings(Guarded):
    """Lever's documentation allows ``updated_at_*`` together with ``confidentiality`` alone."""

    state: Annotated[Texts, any_of("state")] = []
    group: Texts = []
    team: Annotated[Texts, any_of("team")] = []
    department: Annotated[Texts, any_of("department")] = []
    location: Annotated[Texts, any_of("location")] = []
    commitment: Annotated[Texts, any_of("commitment")] = []
    tag: Annotated[Texts, overlap("tags")] = []
    distribution_channel: Texts = Field(default=[], validation_alias="distributionChannel")
    updated_at_start: Annotated[Integer, since("updated_at")] = None
    updated_at_end: Annotated[Integer, until("updated_at")] = None

    @model_validator(mode="after")
    def _alone(self) -> Self:
        names = {"state", "group", "team", "department", "location", "commitment", "tag", "distribution_channel"}
        spans = {"updated_at_start", "updated_at_end"}
        if spans & self.model_fields_set and names & self.model_fields_set:
            raise BadRequest("updated_at_start and updated_at_end can only be combined with confidentiality.")
        return self


class Users(Listing):
    """Lists active users only, unless ``includeDeactivated``."""

    access_role: Annotated[Texts, any_of("access_role")] = Field(default=[], validation_alias="accessRole")
    external_directory_id: Annotated[Texts, any_of("external_directory_id")] = []
    email: Annotated[Texts, emails(lambda row: [row.email])] = []
    include_deactivated: Flag = Field(default=None, validation_alias="includeDeactivated")


class DeletedOnes(Listing):
    """There is no ``confidentiality`` here: confidential records are left out."""

    deleted_at_start: Annotated[Integer, since("deleted_at")] = None
    deleted_at_end: Annotated[Integer, until("deleted_at")] = None


class Reasons(BaseModel):
    type: Annotated[Literal["hired", "non-hired"] | None, LAST] = None


def encode(place: Place) -> str:
    """Returns the token of a place: percent-encoded JSON, which callers encode once more as a parameter.

    For opportunities it is ``[stage rank, lastAdvancedAt, id]`` (seen in recorded traffic). The order is by descending
    time; the token holds the time itself.
    """
    *numbers, uid = place
    return quote(json.dumps([*numbers[:-1], -numbers[-1], uid], separators=(",", ":")), safe="")


def decode(token: str) -> Place:
    """Returns the place of a token, percent-encoded or not.

    Raises 400 for anything else: Lever's text is known, its status is not.
    """
    try:
        parts = json.loads(token if token.startswith("[") else unquote(token))
    except ValueError:
        raise BadRequest("Invalid offset token") from None
    well_formed = (
        isinstance(parts, list)
        and len(parts) in (2, 3)
        and isinstance(parts[-1], str)
        and all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts[:-1])
    )
    if not well_formed:
        raise BadRequest("Invalid offset token")
    *numbers, uid = parts
    return (*numbers[:-1], -numbers[-1], uid)
