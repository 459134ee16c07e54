"""Following a listing from page to page."""

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

# Where a row of a listing stands. Which one it is, its id tells.
ROW = "data[]"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row of which no more than its id can be read. `problem` says why, with the names of fields and no value."""

    id: str
    problem: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one answer; `next` asks for the page after it, None on the last one."""

    rows: tuple[T | Unreadable, ...]
    next: str | None


class Paginator(Generic[T]):
    """Every row of a listing once, page by page, none asked for before it is needed.

    `fetch(token, asked)` gets one page; `asked` are the tokens of this walk so far, for `checked_next`. `key` tells
    rows apart, as their ids tell those that can't be read: one that comes twice (it moved while we walked) is given
    once. Memory holds one page and the keys.

    `stale(error)` says that the vendor no longer knows a token that it gave out. The listing is then walked from its
    start, at most `RESTARTS` times; the keys that were given stay known.
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
    """What is under `data`, each row read by itself, so that one that can't be read is its own fault.

    A row is passed over if it is null, or if that is what `parse` makes of it: None.

    :raises Untrusted: a row has no id, so that nobody could say which it is.
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
        raise Untrusted("can be no id", f"{ROW}.id")
    return Unreadable(row_id, problem)


def readable(rows: Iterable[T | Unreadable], what: str) -> Iterator[T]:
    """The rows without those that can't be read, of which the log tells. `what`: of whom they are, and what."""
    for row in rows:
        if isinstance(row, Unreadable):
            log.warning("%s %s cannot be read, and is passed over: %s", what, row.id, row.problem)
        else:
            yield row


def whole(rows: Iterable[T | Unreadable], asked: Asked) -> Iterator[T]:
    """The rows, none of which may be missed. `asked`: the request. :raises Malformed: one can't be read."""
    for row in rows:
        if isinstance(row, Unreadable):
            raise malformed(asked, status=200, problem=f"row {row.id}: {row.problem}")
        yield row


def checked_next(token: str, asked: Collection[str], *, name: str) -> str:
    """The token of the next page, unless this walk was there already: it would go round for ever, or end early without
    a word.

    :raises Untrusted: the token was asked for before. `name`: the field's.
    """
    if token in asked:
        raise Untrusted(f"`{name}` repeats a token of this walk")
    return token
