"""The queries and the pages of Lever's listings.

A repeated parameter is a list, with or without ``[]`` after the name. Values of one parameter are alternatives; all
parameters have to match. Unknown parameters are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import quote, unquote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from include.sandbox.lever.access import Key, LeverError
from include.sandbox.lever.account import Ordered, Place, Placed, canonical
from include.sandbox.lever.models import Opportunity, Shape

Row = TypeVar("Row", bound=Placed)
MAX_LIMIT = 100
Texts = list[str]
Emails = Annotated[list[str], AfterValidator(lambda emails: [*map(canonical, emails)])]
Flag = Literal["true", "false"]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a parameter filters by: whether a row fits its value."""

    fits: Callable[[Any, Any], bool]


Value = str | Callable[[Any], Any]  # of a row: the path of an attribute, or a function


def any_of(value: Value) -> Filter:
    """Matches if the row's value is one of the given values."""
    get = _getter(value)
    return Filter(lambda row, wanted: get(row) in wanted)


def overlap(values: str | Callable[[Any], Iterable[str]]) -> Filter:
    """Matches if one of the row's values is given."""
    get = _getter(values)
    return Filter(lambda row, wanted: not set(wanted).isdisjoint(get(row)))


def since(time: Value) -> Filter:
    """Matches from this time on, in milliseconds, inclusive. None never matches."""
    get = _getter(time)
    return Filter(lambda row, start: get(row) is not None and get(row) >= start)


def until(time: Value) -> Filter:
    get = _getter(time)
    return Filter(lambda row, end: get(row) is not None and get(row) <= end)


def _getter(value: Value) -> Callable[[Any], Any]:
    return attrgetter(value) if isinstance(value, str) else value


class View(BaseModel):
    """Which fields are shown, and which are expanded."""

    model_config = ConfigDict(hide_input_in_errors=True)

    include: Texts = []
    expand: Texts = []

    def of(self, shape: Shape) -> Shape:
        """Returns the fields that ``include`` or ``expand`` names; without ``include``, all."""
        wanted = {*self.include, *self.expand}
        return {name: value for name, value in shape.items() if name in wanted} if self.include else shape


class Listing(View):
    """The parameters of a page."""

    limit: int = Field(default=MAX_LIMIT, ge=1, le=MAX_LIMIT)
    offset: str | None = None

    def keep(self) -> Callable[[Any], bool]:
        """Returns whether a row matches every filter."""
        tests = [
            (found.fits, getattr(self, name))
            for name, field in type(self).model_fields.items()
            for found in field.metadata
            if isinstance(found, Filter) and getattr(self, name) not in (None, [])
        ]
        return lambda row: all(fits(row, wanted) for fits, wanted in tests)

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
        Filter(lambda row, wanted: wanted == "all" or row.confidential is (wanted == "confidential")),
    ] = "non-confidential"

    def allowed(self, key: Key) -> Self:
        """Raises 403 if the key may not see the requested rows."""
        if self.confidentiality != "non-confidential":
            key.require_confidential()
        return self


class Opportunities(Guarded):
    stage_id: Annotated[Texts, any_of("stage.id")] = []
    origin: Annotated[Texts, any_of("origin")] = []
    contact_id: Annotated[Texts, any_of("contact.id")] = []
    archive_reason_id: Annotated[Texts, any_of(lambda row: row.archived and row.archived.reason)] = []
    posting_id: Annotated[Texts, any_of(lambda row: row.posting and row.posting.id)] = []
    archived_posting_id: Annotated[
        Texts, any_of(lambda row: row.application and row.application.archived and row.posting.id)
    ] = []
    location: Annotated[Texts, any_of(lambda row: row.location or "unspecified")] = []
    tag: Annotated[Texts, overlap("tags")] = []
    source: Annotated[Texts, overlap("sources")] = []
    email: Annotated[Emails, overlap(lambda row: map(canonical, row.contact.emails))] = []
    archived: Annotated[Flag | None, Filter(lambda row, wanted: (row.archived is not None) is (wanted == "true"))] = (
        None
    )
    snoozed: Flag | None = None
    created_at_start: Annotated[int | None, since("created_at")] = None
    created_at_end: Annotated[int | None, until("created_at")] = None
    updated_at_start: Annotated[int | None, since("updated_at")] = None
    updated_at_end: Annotated[int | None, until("updated_at")] = None
    advanced_at_start: Annotated[int | None, since("last_advanced_at")] = None
    advanced_at_end: Annotated[int | None, until("last_advanced_at")] = None
    archived_at_start: Annotated[int | None, since(lambda row: row.archived and row.archived.archived_at)] = None
    archived_at_end: Annotated[int | None, until(lambda row: row.archived and row.archived.archived_at)] = None

    def keep_at(self, now_ms: int) -> Callable[[Opportunity], bool]:
        """Returns `keep`, with the snooze filter at that time."""
        fits, wanted = self.keep(), self.snoozed
        if wanted is None:
            return fits
        return lambda row: fits(row) and ((row.snoozed_until or 0) > now_ms) is (wanted == "true")


class Postings(Guarded):
    """Lever's documentation allows ``updated_at_*`` together with ``confidentiality`` alone. Without
    ``distributionChannel``, published postings that only the company's own people see are left out."""

    state: Annotated[Texts, any_of("state")] = []
    group: Texts = []
    team: Annotated[Texts, any_of("team")] = []
    department: Annotated[Texts, any_of("department")] = []
    location: Annotated[Texts, any_of("location")] = []
    commitment: Annotated[Texts, any_of("commitment")] = []
    tag: Annotated[Texts, overlap("tags")] = []
    distribution_channel: Texts = Field(default=[], alias="distributionChannel")
    updated_at_start: Annotated[int | None, since("updated_at")] = None
    updated_at_end: Annotated[int | None, until("updated_at")] = None

    @model_validator(mode="after")
    def _alone(self) -> Self:
        spans = (self.updated_at_start, self.updated_at_end)
        others = (self.state, self.group, self.team, self.department, self.location, self.commitment, self.tag)
        if spans != (None, None) and any((*others, self.distribution_channel)):
            raise LeverError(400, "updated_at_start and updated_at_end can only be combined with confidentiality.")
        return self

    def keep(self) -> Callable[[Any], bool]:
        fits, wanted = super().keep(), set(self.distribution_channel)

        def listed(row: Any) -> bool:
            if wanted:
                return not wanted.isdisjoint(row.channels or ())
            return row.state != "published" or row.channels is None or "public" in row.channels

        return lambda row: fits(row) and listed(row)


class Users(Listing):
    """Lists active users only, unless ``includeDeactivated``."""

    access_role: Annotated[Texts, any_of("access_role")] = Field(default=[], alias="accessRole")
    external_directory_id: Annotated[Texts, any_of("external_directory_id")] = []
    email: Annotated[Emails, overlap(lambda row: [canonical(row.email)])] = []
    include_deactivated: Flag = Field(default="false", alias="includeDeactivated")

    def keep(self) -> Callable[[Any], bool]:
        fits, everyone = super().keep(), self.include_deactivated == "true"
        return lambda user: fits(user) and (everyone or user.deactivated_at is None)


class DeletedOnes(Listing):
    """There is no ``confidentiality`` here: confidential records are left out."""

    deleted_at_start: Annotated[int | None, since("deleted_at")] = None
    deleted_at_end: Annotated[int | None, until("deleted_at")] = None

    def keep(self) -> Callable[[Any], bool]:
        fits = super().keep()
        return lambda row: fits(row) and not row.confidential


class Reasons(BaseModel):
    type: Literal["hired", "non-hired"] | None = None


def encode(place: Place) -> str:
    """Returns the token of a place: percent-encoded JSON, which callers encode once more as a parameter.

    For opportunities it is ``[stage rank, lastAdvancedAt, id]`` (seen in recorded traffic). The order is by descending
    time; the token holds the time itself.
    """
    *numbers, uid = place
    return quote(json.dumps([*numbers[:-1], -numbers[-1], uid], separators=(",", ":")), safe="")


def decode(token: str) -> Place:
    """Returns the place of a token, percent-encoded or not. Else 400: Lever's text is known, its status is not."""
    try:
        parts = json.loads(token if token.startswith("[") else unquote(token))
    except ValueError:
        parts = None
    well_formed = (
        isinstance(parts, list)
        and len(parts) in (2, 3)
        and isinstance(parts[-1], str)
        and all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts[:-1])
    )
    if not well_formed:
        raise LeverError(400, "Invalid offset token")
    *numbers, uid = parts
    return (*numbers[:-1], -numbers[-1], uid)
