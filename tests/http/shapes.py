"""Answers that are not as documented: one field of an object is null, missing or of another type."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alva_lever.http.paginator import Page
from alva_lever.http.wire import Untrusted

MISSING = object()
# The same examples each time, so that a failure can be reproduced.
_FEW = settings(max_examples=150, deadline=None, derandomize=True, database=None)

# Tried at every path.
_ALWAYS: tuple[object, ...] = (
    MISSING, None, True, 5, 5.0, 10**400, float("inf"), "", "x", [], [None], ["x"], {}, {"id": None},
)  # fmt: skip

Path = tuple[str | int, ...]
Parse = Callable[[object], Any]

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([10**400, -(10**400), 1e308, 1.0, 1.5, float("inf"), 0, -1, 1767225600000.0]),
    st.text(max_size=8),
    st.sampled_from(
        ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2025-03-01", "non-confidential", "[]", "\ud800"]
    ),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "email", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@dataclass(frozen=True)
class Odd:
    """A `row` that is as documented except for the value at `path`."""

    path: Path
    value: Any
    row: dict[str, Any]

    @property
    def field(self) -> str | int:
        return self.path[0]


def any_shape_of(base: dict[str, Any]) -> Callable[[Callable[[Odd], None]], Callable[[], None]]:
    """Turns a check of one `Odd` into a test that makes each value of `base`, at any depth, null, missing and of
    another type."""
    paths = list(_paths(base))

    def odd(drawn: tuple[Path, Any]) -> Odd:
        return Odd(*drawn, _changed(base, *drawn))

    def decorate(check: Callable[[Odd], None]) -> Callable[[], None]:
        def test() -> None:
            for drawn in product(paths, _ALWAYS):
                check(odd(drawn))
            _FEW(given(st.tuples(st.sampled_from(paths), _VALUES).map(odd))(check))()

        return test

    return decorate


def read_between(
    page: Callable[[Parse], Callable[[object], Page[Any]]],
    parse: Parse,
    before: dict[str, Any],
    row: Odd,
    after: dict[str, Any],
) -> Any:
    """Reads the odd row between two documented rows, by a vendor's `page`. Returns "listing" if the whole page is
    refused."""
    body = {"data": [before, row.row, after], "hasNext": False, "next_cursor": None}
    try:
        first, *middle, last = page(parse)(body).rows
    except Untrusted:
        assert row.path == ("id",)
        assert not (isinstance(row.value, str) and row.value.isalnum())
        return "listing"
    assert (first, last) == (parse(before), parse(after))
    return middle[0] if middle else None


def _paths(value: Any, at: Path = ()) -> Iterator[Path]:
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _paths(inner, (*at, key))


def _changed(base: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    row = copy.deepcopy(base)
    place: Any = row
    for key in path[:-1]:
        place = place[key]
    if value is MISSING:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return row
