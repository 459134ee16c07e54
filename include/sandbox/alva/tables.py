"""Where an organisation keeps its records, and how a list of them is asked for and paged."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from include.sandbox.alva.models import Record
from include.sandbox.alva.wire import AlvaError, Wire, parse_iso

if TYPE_CHECKING:
    from include.sandbox.alva.organisation import AlvaOrganisation

RecordT = TypeVar("RecordT", bound=Record)


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

    limit: int = Field(default=50, ge=1, le=100)
    cursor: Annotated[int, BeforeValidator(_place)] = 0
    updated_since: Annotated[int | None, BeforeValidator(_moment)] = None
    external_id: str | None = None
    email: str | None = Field(default=None, repr=False)
    job_position_id: str | None = None


class Page(TypedDict, Generic[RecordT]):
    """A page of rows, and the cursor of the next page (None: there is none)."""

    data: list[RecordT]
    next_cursor: str | None


class Table(Generic[RecordT]):
    """An organisation's records of one kind, in the order of their creation.

    A page follows their numbers, which have the same order and never change. So a walk skips and repeats nothing when
    rows change or are removed; new rows come last.
    """

    def __init__(self, kind: str, organisation: AlvaOrganisation) -> None:
        self._kind = kind
        self._organisation = organisation
        self._rows: dict[str, RecordT] = {}

    def add(self, row: RecordT) -> RecordT:
        self._rows[row.id] = row
        return row

    def get(self, row_id: str) -> RecordT:
        if row_id not in self._rows:
            raise AlvaError(404, "not_found", f"There is no such {self._kind}.")
        row = self._rows[row_id]
        self.settle(row)
        return row

    def remove(self, row_id: str) -> None:
        self.get(row_id)
        del self._rows[row_id]

    def all(self) -> list[RecordT]:
        rows = [*self._rows.values()]
        for row in rows:
            self.settle(row)
        return rows

    def settle(self, row: RecordT) -> None:
        """Applies the time that has passed."""

    def matching(self, query: Query) -> Iterable[RecordT]:
        """Returns the rows that match the query's filters."""
        return self.all()

    def page(self, query: Query) -> Page[RecordT]:
        """Returns a page of the rows; `updated_since` is inclusive."""
        since = query.updated_since or 0
        wanted = (row for row in self.matching(query) if row.number > query.cursor and row.updated_at_ms >= since)
        found = list(islice(wanted, query.limit))
        more = next(wanted, None) is not None
        after = base64.urlsafe_b64encode(f"after:{found[-1].number}".encode()).decode().rstrip("=") if more else None
        return {"data": found, "next_cursor": after}
