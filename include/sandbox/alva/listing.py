"""Lists: what can be asked of one, and its pages.

A page follows the rows' numbers, which are given in the order in which rows were made and never change. So nothing is
skipped or repeated when rows change or go while a list is walked; rows that are made meanwhile come last.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from include.sandbox.alva.errors import bad_request
from include.sandbox.alva.times import parse_iso

DEFAULT_LIMIT = 50
HIGHEST_LIMIT = 100


class Row(Protocol):
    """What a list needs of its rows."""

    @property
    def number(self) -> int:
        """The row's place in the order of making."""
        ...

    @property
    def updated_at_ms(self) -> int:
        """When it last changed."""
        ...


RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True, slots=True)
class Query:
    """What a list was asked for. None = not asked. `after` is the number of the last row that the caller has."""

    limit: int = DEFAULT_LIMIT
    after: int = 0
    updated_since_ms: int | None = None
    external_id: str | None = None
    email: str | None = field(default=None, repr=False)
    job_position_id: str | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Query:
        """Read a query string. Unknown parameters are ignored; a known one that can't be read is a 400."""
        return cls(
            limit=_limit(parameters.get("limit")),
            after=_place(parameters.get("cursor")),
            updated_since_ms=_moment(parameters.get("updated_since")),
            external_id=parameters.get("external_id"),
            email=parameters.get("email"),
            job_position_id=parameters.get("job_position_id"),
        )

    def on(self, job_position_id: str) -> Query:
        """The same, of one position's candidates."""
        return replace(self, job_position_id=job_position_id)


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """Some rows, and the cursor with which the next ones can be asked for (None: there are no more)."""

    rows: list[RowT]
    next_cursor: str | None


def page(rows: Iterable[RowT], query: Query) -> Page[RowT]:
    """One page of rows that are in the order of their numbers; `updated_since` includes its moment."""
    wanted = _wanted(rows, query)
    found = [row for _, row in zip(range(query.limit), wanted, strict=False)]
    more = next(wanted, None) is not None
    return Page(found, _cursor(found[-1].number) if more else None)


def _wanted(rows: Iterable[RowT], query: Query) -> Iterator[RowT]:
    since = query.updated_since_ms
    return (row for row in rows if row.number > query.after and (since is None or row.updated_at_ms >= since))


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (_is_number(text) and 1 <= int(text) <= HIGHEST_LIMIT):
        raise bad_request(f"limit must be a whole number from 1 to {HIGHEST_LIMIT}.", parameter="limit")
    return int(text)


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_iso(text)
    except ValueError as error:
        message = "updated_since must be ISO 8601 with a time and an offset, as 2025-03-01T08:00:00Z."
        raise bad_request(message, parameter="updated_since") from error


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _cursor(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode().rstrip("=")


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    with suppress(ValueError):  # no base64, no ASCII, no text: answered like every other cursor that isn't ours
        padded = cursor + "=" * (-len(cursor) % 4)
        word, _, number = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(":")
        if word == "after" and _is_number(number):
            return int(number)
    raise bad_request("cursor is not one that this list gave.", parameter="cursor")
