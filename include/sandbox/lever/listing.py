"""Pages. A token names the first row of the next page by its place in the order, so that it outlives that row.

On the wire it is percent-encoded JSON; callers send it as a parameter, which encodes it again. For opportunities it
reads ``[stage rank, lastAdvancedAt, id]`` (seen in recorded traffic). A row whose place changes during a walk is seen
twice or not at all, as in Lever.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from include.sandbox.lever.errors import BadRequest
from include.sandbox.lever.order import Ordered, Place, Placed
from include.sandbox.lever.query import Query

Row = TypeVar("Row", bound=Placed)


def page(
    rows: Ordered[Row], query: Query, keep: Callable[[Row], bool], show: Callable[[Row], dict[str, Any]]
) -> dict[str, Any]:
    """One page of what ``keep`` keeps, from the token on: ``{data, hasNext}``, and ``next`` unless it is the last."""
    limit = query.limit()
    offset = query.one("offset")
    start = None if offset is None else decode(offset)
    found = list(islice(_kept(rows, start, keep), limit + 1))
    answer: dict[str, Any] = {"data": [show(row) for row in found[:limit]], "hasNext": len(found) > limit}
    if len(found) > limit:
        answer["next"] = encode(found[limit].order)
    return answer


def in_order(rows: Iterable[Row]) -> Ordered[Row]:
    """A small collection, put in order for one page."""
    ordered: Ordered[Row] = Ordered()
    for row in rows:
        ordered.place(row)
    return ordered


def encode(place: Place) -> str:
    """The token of a place. Times count down in the order, and are shown as they are."""
    *numbers, uid = place
    return quote(json.dumps([*numbers[:-1], -numbers[-1], uid], separators=(",", ":")), safe="")


def decode(token: str) -> Place:
    """The place behind a token, percent-encoded or not.

    400 for what is none: the wording is known, the status is not.
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


def _kept(rows: Ordered[Row], start: Place | None, keep: Callable[[Row], bool]) -> Iterator[Row]:
    return (row for row in rows.starting(start) if keep(row))
