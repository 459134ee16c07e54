from __future__ import annotations

from typing import Any

import pytest
from pydantic import create_model

from alva_lever.http.wire import (
    Flag,
    Id,
    IfReadable,
    IsoMillis,
    ListOf,
    Millis,
    Number,
    Percentage,
    Reference,
    ReferenceOrNone,
    Untrusted,
    WireModel,
    id_of,
    parsed,
    part,
    the_one,
)

SECRET = "ada@example.com"
HUGE = [10**400, -(10**400), float("inf"), 2**53 + 1]


class Item(WireModel):
    id: Id


TYPES: list[tuple[Any, Any, list[Any]]] = [
    (str, SECRET, [1, True, [SECRET], {"x": SECRET}, None]),
    (str | None, SECRET, [1, True, [SECRET]]),
    (bool, True, [1, 0, "true", None, SECRET]),
    (Flag, True, [1, 0, "true", SECRET]),
    (Id, "x1", [1.5, float("inf"), True, "", None, [SECRET], {"id": "x1"}]),
    (Reference, "x1", [1.5, True, [SECRET], {"id": None}, {"id": False}, {"name": SECRET}, None, ""]),
    (ReferenceOrNone, "x1", [1.5, True, [SECRET], {"id": False}, {"name": SECRET}]),
    (Millis, 7, [7.5, "7", True, None, [SECRET], *HUGE]),
    (Millis | None, 7, [7.5, "7", False, [SECRET], *HUGE]),
    (Number, 7.5, ["7", True, None, [SECRET], *HUGE]),
    (Percentage, 99.5, ["7", True, None, -1, 100.5, *HUGE]),
    (IsoMillis, "2025-03-01T08:00:05Z", [SECRET, 5, None, "yesterday", "0000-01-01", "2025-03-01T08:00:05+99:99"]),
    (ListOf[str], [SECRET], [SECRET, [1], [None, 1], {"x": 1}]),
    (ListOf[Item], [{"id": "1"}], [SECRET, [SECRET], [{}], {"id": "1"}]),
    (list[Item], [{"id": "1"}], [SECRET, [SECRET], [{}], [None], None]),
    (Item, {"id": 1}, [SECRET, [1], None, 1]),
    (Item | None, {"id": 1}, [SECRET, [1], 1]),
]


def read(type_: Any, value: Any = ..., *, default: Any = ...) -> Any:
    """Returns a field of this type as it is read; `...` leaves the field out."""
    model = create_model("Row", __base__=WireModel, field=(type_, default))
    row = parsed(model, {} if value is ... else {"field": value})
    return row.field  # type: ignore[attr-defined]


@pytest.mark.parametrize(("type_", "value"), [(type_, value) for type_, _, wrong in TYPES for value in wrong])
def test_a_value_of_another_type_is_named_and_not_shown(type_: Any, value: Any) -> None:
    with pytest.raises(Untrusted) as error:
        part("row", lambda row: read(type_, row), value)
    assert str(error.value).startswith("`row.field")
    assert SECRET not in str(error.value)
    # A traceback doesn't show it either.
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None


@pytest.mark.parametrize(("type_", "value"), [(type_, value) for type_, value, _ in TYPES])
def test_a_value_of_the_type_is_read(type_: Any, value: Any) -> None:
    assert read(type_, value) is not None


@pytest.mark.parametrize("type_", [type_ for type_, _, _ in TYPES])
def test_a_missing_field_is_called_missing(type_: Any) -> None:
    with pytest.raises(Untrusted, match=r"^`field` is missing$"):
        read(type_)


@pytest.mark.parametrize(
    ("type_", "problem"),
    [
        (str, "is not text"), (bool, "is not true or false"), (int, "is not a whole number"),
        (Millis, "is not a whole number"), (Number, "is not a number"), (Id, "is not an id"),
        (Reference, "is not an id"), (IsoMillis, "is not an ISO 8601 date-time"), (list[str], "is not a list"),
        (ListOf[str], "is not a list"), (dict[str, Any], "is not an object"), (Item, "is not an object"),
        (float, "is not as documented"),
    ],
)  # fmt: skip
def test_the_problem_is_described_in_a_few_words(type_: Any, problem: str) -> None:
    with pytest.raises(Untrusted, match=f"^`field` {problem}$"):
        read(type_, ({SECRET},))


def test_a_problem_names_its_exact_place() -> None:
    for type_, value, place in (
        (ListOf[Item], [None, {"id": "1"}, {}], r"field\[2\].id"),
        (ListOf[str], ["a", None, 5], r"field\[2\]"),
        (list[Item], [{"id": "1"}, None], r"field\[1\]"),
        (Reference, {"id": []}, "field.id"),
    ):
        with pytest.raises(Untrusted, match=f"^`{place}` is "):
            read(type_, value)


def test_null_is_read_as_none_or_empty_and_null_items_are_skipped() -> None:
    assert read(ReferenceOrNone, None) is None
    assert read(ReferenceOrNone, "") is None
    assert read(Flag, None) is False
    assert read(ListOf[str], None) == read(ListOf[Item], None) == ()
    assert read(ListOf[str], [None, "a", None]) == ("a",)
    assert [item.id for item in read(ListOf[Item], [None, {"id": 1}])] == ["1"]


@pytest.mark.parametrize("type_", [Reference, ReferenceOrNone])
def test_an_expanded_object_is_read_as_its_id(type_: Any) -> None:
    assert read(type_, {"id": "offer", "text": "Offer"}) == "offer"
    assert read(type_, {"id": 7}) == "7"


@pytest.mark.parametrize(("number", "text"), [(771, "771"), (771.0, "771"), (2**64, str(2**64)), (0, "0")])
@pytest.mark.parametrize("type_", [Id, Reference, ReferenceOrNone])
def test_a_numeric_id_is_read_as_text(type_: Any, number: float, text: str) -> None:
    assert read(type_, number) == text


@pytest.mark.parametrize(("number", "whole"), [(7.0, 7), (1767225600000.0, 1767225600000), (-3, -3)])
def test_a_whole_number_may_be_a_float(number: float, whole: int) -> None:
    found = read(Millis, number)
    assert (found, type(found)) == (whole, int)


def test_an_unreadable_optional_field_is_none() -> None:
    # mypy doesn't accept an alias of `Annotated` as an argument.
    assert read(IfReadable[str], [SECRET]) is None  # type: ignore[misc]
    assert read(IfReadable[str], SECRET) == SECRET  # type: ignore[misc]
    assert read(IfReadable[Item], {"id": []}) is None  # type: ignore[misc]
    assert read(IfReadable[ListOf[str]], [1]) is None  # type: ignore[misc]
    assert read(IfReadable[ListOf[str]], [None, "a"]) == ("a",)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "moment_ms"),
    [
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T00:00:01.25", 1250),
        ("1970-01-01T01:00:01.250+01:00", 1250),
    ],
)
def test_date_times_are_read_as_milliseconds_and_default_to_utc(text: str, moment_ms: int) -> None:
    assert read(IsoMillis, text) == moment_ms


def test_text_that_is_not_valid_unicode_is_kept() -> None:
    assert read(str, "\ud800") == "\ud800"


@pytest.mark.parametrize("body", [None, [], "text", 3])
def test_a_body_that_is_not_an_object_is_refused(body: Any) -> None:
    with pytest.raises(Untrusted, match=r"^the body is not an object$"):
        id_of(body)


def test_a_problem_names_its_place_in_the_whole_answer() -> None:
    for value, said in (({}, "`data.id` is missing"), (5, "`data` is not an object")):
        with pytest.raises(Untrusted, match=f"^{said}$"):
            part("data", id_of, value)


def test_an_answer_about_another_object_is_refused() -> None:
    assert the_one("7", id_of)({"id": 7}) == "7"
    with pytest.raises(Untrusted, match=r"^`id` is that of another object$"):
        the_one("7", id_of)({"id": 8})
