from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

import pytest

from alva_lever.transport.errors import Refused
from alva_lever.transport.fields import Untrusted
from alva_lever.transport.walk import Page, Walk, checked_next

STALE = Refused("stale", status=400)


class Listing:
    """Pages by token; a token in `stale` is refused so many times."""

    def __init__(self, pages: dict[str | None, Page[str]], stale: dict[str, int] | None = None) -> None:
        self.pages = pages
        self.stale = stale or {}
        self.fetched: list[str | None] = []

    def walk(self, given: set[str] | None = None) -> Walk[str]:
        return Walk(self.fetch, key=lambda row: row, stale=lambda error: error is STALE, given=given)

    def fetch(self, token: str | None, asked: Collection[str]) -> Page[str]:
        self.fetched.append(token)
        if token is not None and self.stale.get(token):
            self.stale[token] -= 1
            raise STALE
        page = self.pages[token]
        if page.next is not None:
            checked_next(page.next, asked, name="next")
        return page


def pages(*rows: str) -> dict[str | None, Page[str]]:
    """`pages("ab", "cd")`: two pages; tokens are `1`, `2` ..."""
    tokens: list[str | None] = [None, *(str(number) for number in range(1, len(rows)))]
    return {
        token: Page(tuple(row), str(number + 1) if number + 1 < len(rows) else None)
        for number, (token, row) in enumerate(zip(tokens, rows, strict=True))
    }


def test_every_row_comes_once_even_if_it_moved_to_a_later_page() -> None:
    listing = Listing(pages("abc", "cde", "aef"))
    walk = listing.walk()
    assert "".join(walk) == "abcdef"
    assert walk.pages == 3


def test_no_page_is_asked_for_before_it_is_needed() -> None:
    listing = Listing(pages("ab", "cd", "ef"))
    assert list(islice(listing.walk(), 2)) == ["a", "b"]
    assert listing.fetched == [None]


def test_a_page_without_rows_is_not_the_end() -> None:
    assert "".join(Listing(pages("ab", "", "c")).walk()) == "abc"


def test_a_token_that_comes_back_is_not_followed_for_ever() -> None:
    listing = Listing({None: Page(("a",), "1"), "1": Page(("b",), "2"), "2": Page(("c",), "1")})
    with pytest.raises(Untrusted, match="`next` repeats"):
        list(listing.walk())


def test_a_token_that_asks_for_its_own_page_is_not_followed() -> None:
    listing = Listing({None: Page(("a",), "1"), "1": Page(("b",), "1")})
    with pytest.raises(Untrusted):
        list(listing.walk())


def test_a_stale_token_starts_the_walk_again_without_giving_a_row_twice() -> None:
    listing = Listing(pages("ab", "cd", "ef"), stale={"2": 1})
    assert "".join(listing.walk()) == "abcdef"
    assert listing.fetched == [None, "1", "2", None, "1", "2"]


def test_it_starts_again_twice_and_not_a_third_time() -> None:
    assert "".join(Listing(pages("ab", "cd"), stale={"1": 2}).walk()) == "abcd"
    listing = Listing(pages("ab", "cd"), stale={"1": 3})
    rows: list[str] = []
    with pytest.raises(Refused):
        rows.extend(listing.walk())
    assert listing.fetched == [None, "1"] * 3


def test_a_refusal_of_the_first_page_is_a_refusal() -> None:
    def fetch(token: str | None, asked: Collection[str]) -> Page[str]:
        raise STALE

    with pytest.raises(Refused):
        list(Walk(fetch, key=str, stale=lambda error: True))


def test_what_was_given_before_is_not_given_again() -> None:
    first = Listing(pages("ab", "c")).walk()
    assert "".join(first) == "abc"
    assert "".join(Listing(pages("bcd")).walk(given=first.given)) == "d"


def test_memory_stays_flat_while_a_long_listing_is_walked() -> None:
    held: list[int] = []

    def fetch(token: str | None, asked: Collection[str]) -> Page[str]:
        number = int(token or 0)
        return Page((f"row {number}",), str(number + 1) if number < 999 else None)

    def count(rows: Iterator[str]) -> int:
        return sum(held.append(1) is None for _ in rows)

    assert count(iter(Walk(fetch, key=str))) == 1000
