"""Following a listing from page to page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from alva_lever.transport.errors import Refused
from alva_lever.transport.fields import Untrusted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that can't be read, but for its id. `problem` names fields, never values."""

    id: str
    problem: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one answer; `next` asks for the page after it, None on the last one."""

    rows: tuple[T, ...]
    next: str | None


class Walk(Generic[T]):
    """Every row of a listing once, page by page, none asked for before it is needed.

    `fetch(token, asked)` gets one page; `asked` are the tokens of this walk so far, for `checked_next`. `key` tells
    rows apart: one that comes twice (it moved while we walked) is given once. Memory holds one page and the keys.

    `stale(error)` says that the vendor no longer knows a token that it gave out. The listing is then walked from its
    start, at most `RESTARTS` times; the keys that were given stay known.
    """

    RESTARTS = 2

    def __init__(
        self,
        fetch: Callable[[str | None, Collection[str]], Page[T]],
        *,
        key: Callable[[T], str],
        stale: Callable[[Refused], bool] = lambda error: False,
        given: set[str] | None = None,
    ) -> None:
        self._fetch = fetch
        self._key = key
        self._stale = stale
        self.given: set[str] = set() if given is None else given
        self.pages = 0

    def __iter__(self) -> Iterator[T]:
        restarts = 0
        token: str | None = None
        asked: set[str] = set()
        while True:
            try:
                page = self._fetch(token, asked)
            except Refused as error:
                if token is None or restarts == self.RESTARTS or not self._stale(error):
                    raise
                restarts += 1
                token, asked = None, set()
                continue
            self.pages += 1
            for row in page.rows:
                if (key := self._key(row)) not in self.given:
                    self.given.add(key)
                    yield row
            if page.next is None:
                return
            token = page.next
            asked.add(token)


def checked_next(token: str, asked: Collection[str], *, name: str) -> str:
    """The token of the next page, unless this walk was there already: it would go round for ever, or end early without
    a word.

    :raises Untrusted: the token was asked for before. `name`: the field's.
    """
    if token in asked:
        raise Untrusted(f"`{name}` repeats a token of this walk")
    return token
