"""Follows a listing from page to page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from alva_lever.http.errors import Asked, RequestRejected, malformed
from alva_lever.http.wire import Untrusted, id_of, part
from alva_lever.rules.ids import is_id

T = TypeVar("T")

log = logging.getLogger(__name__)

# The place of a row in an error text, which names the row by its id.
ROW = "data[]"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that can't be read beyond its id. `problem` says why; it names fields and quotes no value."""

    id: str
    problem: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one page. `next`: the token of the next page, None on the last one."""

    rows: tuple[T | Unreadable, ...]
    next: str | None


class Paginator(Generic[T]):
    """Yields every row of a listing once, and fetches each page only when it is needed.

    `fetch(token, asked)` reads one page; `asked` holds the tokens used so far, for `checked_next`. `key` identifies a
    row (an unreadable one has its id): a row that comes twice, because it moved during the walk, is yielded once.
    Memory holds one page and the keys.

    `stale(error)` says that the vendor has forgotten a token. The walk then starts again, at most `RESTARTS` times, and
    yields no row again.
    """

    RESTARTS = 2

    def __init__(
        self,
        fetch: Callable[[str | None, Collection[str]], Page[T]],
        *,
        key: Callable[[T], str],
        stale: Callable[[RequestRejected], bool] = lambda error: False,
        given: set[str] | None = None,
    ) -> None:
        self._fetch = fetch
        self._key = key
        self._stale = stale
        self.given: set[str] = set() if given is None else given
        self.pages = 0

    def __iter__(self) -> Iterator[T | Unreadable]:
        restarts = 0
        token: str | None = None
        asked: set[str] = set()
        while True:
            try:
                page = self._fetch(token, asked)
            except RequestRejected as error:
                if token is None or restarts == self.RESTARTS or not self._stale(error):
                    raise
                restarts += 1
                token, asked = None, set()
                continue
            self.pages += 1
            for row in page.rows:
                key = row.id if isinstance(row, Unreadable) else self._key(row)
                if key not in self.given:
                    self.given.add(key)
                    yield row
            if page.next is None:
                return
            token = page.next
            asked.add(token)


def rows_of(rows: Sequence[object], parse: Callable[[object], T | None]) -> tuple[T | Unreadable, ...]:
    """Parses each row of `data` by itself, so that one unreadable row doesn't fail the page.

    Skips a row that is null, or for which `parse` returns None.

    :raises Untrusted: a row has no id, so that a log couldn't name it.
    """
    read: list[T | Unreadable] = []
    for row in rows:
        found = None if row is None else _row_of(row, parse)
        if found is not None:
            read.append(found)
    return tuple(read)


def _row_of(row: object, parse: Callable[[object], T | None]) -> T | Unreadable | None:
    try:
        return part(ROW, parse, row)
    except Untrusted as untrusted:
        problem = str(untrusted)
    row_id = part(ROW, id_of, row)
    if not is_id(row_id):
        raise Untrusted("is not an id", f"{ROW}.id")
    return Unreadable(row_id, problem)


def readable(rows: Iterable[T | Unreadable], what: str) -> Iterator[T]:
    """Yields the readable rows and logs the others. `what`: the vendor and the kind of row, for the log."""
    for row in rows:
        if isinstance(row, Unreadable):
            log.warning("%s %s cannot be read and is skipped: %s", what, row.id, row.problem)
        else:
            yield row


def whole(rows: Iterable[T | Unreadable], asked: Asked) -> Iterator[T]:
    """Yields the rows of a listing that must be complete. `asked`: the request. :raises Malformed: a row can't be
    read."""
    for row in rows:
        if isinstance(row, Unreadable):
            raise malformed(asked, status=200, problem=f"row {row.id}: {row.problem}")
        yield row


def checked_next(token: str, asked: Collection[str], *, name: str) -> str:
    """Returns the token of the next page. A token that this walk has used before would make it run for ever, or end
    early unnoticed.

    :raises Untrusted: the walk has used the token before. `name`: of the field.
    """
    if token in asked:
        raise Untrusted(f"`{name}` repeats a token of this walk")
    return token
