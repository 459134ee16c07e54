from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from weakref import WeakSet

import pytest

from alva_lever.http.errors import Asked, Malformed, RequestRejected
from alva_lever.http.paginator import Page, Paginator, Unreadable, checked_next, readable, rows_of, whole
from alva_lever.http.wire import Untrusted, WireModel, parsed

STALE = RequestRejected("stale", status=400)


class Listing:
    """Pages by token; `stale` says how often a token is refused."""

    def __init__(self, pages: dict[str | None, Page[str]], stale: dict[str, int] | None = None) -> None:
        self.pages = pages
        self.stale = stale or {}
        self.fetched: list[str | None] = []

    def walk(self, given: set[str] | None = None) -> Paginator[str]:
        return Paginator(self.fetch, key=lambda row: row, stale=lambda error: error is STALE, given=given)

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
    """Returns one page for each text: `pages("ab", "cd")` has two, and the second has token `1`."""
    tokens: list[str | None] = [None, *(str(number) for number in range(1, len(rows)))]
    return {
        token: Page(tuple(row), str(number + 1) if number + 1 < len(rows) else None)
        for number, (token, row) in enumerate(zip(tokens, rows, strict=True))
    }


def test_a_row_that_moved_to_a_later_page_comes_once() -> None:
    listing = Listing(pages("abc", "cde", "aef"))
    walk = listing.walk()
    assert list(walk) == [*"abcdef"]
    assert walk.pages == 3


def test_a_page_is_requested_only_when_it_is_needed() -> None:
    listing = Listing(pages("ab", "cd", "ef"))
    assert list(islice(listing.walk(), 2)) == ["a", "b"]
    assert listing.fetched == [None]


def test_a_page_without_rows_is_not_the_end() -> None:
    assert list(Listing(pages("ab", "", "c")).walk()) == [*"abc"]


def test_a_repeated_token_is_an_error() -> None:
    listing = Listing({None: Page(("a",), "1"), "1": Page(("b",), "2"), "2": Page(("c",), "1")})
    with pytest.raises(Untrusted, match="`next` repeats"):
        list(listing.walk())


def test_a_page_whose_next_token_is_its_own_is_an_error() -> None:
    listing = Listing({None: Page(("a",), "1"), "1": Page(("b",), "1")})
    with pytest.raises(Untrusted):
        list(listing.walk())


def test_a_stale_token_starts_the_walk_again_without_giving_a_row_twice() -> None:
    listing = Listing(pages("ab", "cd", "ef"), stale={"2": 1})
    assert list(listing.walk()) == [*"abcdef"]
    assert listing.fetched == [None, "1", "2", None, "1", "2"]


def test_the_walk_starts_again_at_most_twice() -> None:
    assert list(Listing(pages("ab", "cd"), stale={"1": 2}).walk()) == [*"abcd"]
    listing = Listing(pages("ab", "cd"), stale={"1": 3})
    rows: list[str | Unreadable] = []
    with pytest.raises(RequestRejected):
        rows.extend(listing.walk())
    assert listing.fetched == [None, "1"] * 3


def test_a_refused_first_page_is_not_retried() -> None:
    def fetch(token: str | None, asked: Collection[str]) -> Page[str]:
        raise STALE

    with pytest.raises(RequestRejected):
        list(Paginator[str](fetch, key=str, stale=lambda error: True))


def test_rows_given_before_are_not_given_again() -> None:
    first = Listing(pages("ab", "c")).walk()
    assert list(first) == [*"abc"]
    assert list(Listing(pages("bcd")).walk(given=first.given)) == ["d"]


def test_an_unreadable_row_is_given_once_too() -> None:
    lost = Unreadable("x", "`data[].tags` is not a list")
    listing = Listing({None: Page(("a", lost), "1"), "1": Page((lost, "b"), None)})
    assert list(listing.walk()) == ["a", lost, "b"]


ASKED: Asked = {"vendor": "Lever", "method": "GET", "path": "/things"}


class Named(WireModel):
    """A name that may be missing but not null."""

    name: str = ""


class TestRows:
    """Each row is read by itself."""

    def name(self, row: object) -> str | None:
        return parsed(Named, row).name or None

    def rows(self, *rows: object) -> tuple[str | Unreadable, ...]:
        return rows_of(rows, self.name)

    def test_an_unreadable_row_does_not_spoil_the_others(self) -> None:
        found = self.rows({"name": "a"}, {"id": "x", "name": ["Ada"]}, {"id": 7, "name": None}, {"name": "b"})
        problem = "`data[].name` is not text"
        assert found == ("a", Unreadable("x", problem), Unreadable("7", problem), "b")

    def test_null_rows_and_rows_read_as_none_are_skipped(self) -> None:
        assert self.rows(None, {"name": "a"}, {"id": "x"}) == ("a",)

    @pytest.mark.parametrize(
        "bad",
        [
            "Ada",
            5,
            {"name": 5},
            {"id": None, "name": 5},
            {"id": ["x"], "name": 5},
            {"id": "ada@example.com", "name": 5},
        ],
    )
    def test_an_unreadable_row_without_an_id_makes_the_page_malformed(self, bad: object) -> None:
        with pytest.raises(Untrusted) as error:
            self.rows({"name": "a"}, bad)
        assert "ada" not in str(error.value).lower()

    def test_readable_skips_an_unreadable_row_and_logs_its_id(self, caplog: pytest.LogCaptureFixture) -> None:
        assert list(readable(self.rows({"name": "a"}, {"id": "x", "name": ["Ada"]}), "Lever's thing")) == ["a"]
        assert caplog.messages == ["Lever's thing x cannot be read and is skipped: `data[].name` is not text"]

    def test_whole_gives_the_rows_before_an_unreadable_one_and_then_an_error(self) -> None:
        rows = whole(self.rows({"name": "a"}, {"id": "x", "name": ["Ada"]}), ASKED)
        assert next(rows) == "a"
        with pytest.raises(Malformed, match=r"row x: `data\[\].name` is not text") as error:
            next(rows)
        assert error.value.path == "/things"


def test_memory_stays_flat_while_a_long_listing_is_walked() -> None:
    class Row(str):
        """Text that a weak reference can point to."""

    held: WeakSet[Row] = WeakSet()

    def fetch(token: str | None, asked: Collection[str]) -> Page[Row]:
        number = int(token or 0)
        row = Row(f"row {number}")
        held.add(row)
        return Page((row,), str(number + 1) if number < 999 else None)

    at_once = [len(held) for _ in Paginator[Row](fetch, key=str)]
    assert len(at_once) == 1000
    assert max(at_once) <= 2
