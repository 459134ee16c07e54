from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alva_lever.transport.fields import Fields, Untrusted, if_readable

SECRET = "ada@example.com"

HUGE = [10**400, -(10**400), float("inf"), 2**53 + 1]

WRONG: list[tuple[str, object, list[object]]] = [
    ("text", SECRET, [1, True, [SECRET], {"x": SECRET}, None]),
    ("text_or_none", SECRET, [1, True, [SECRET]]),
    ("id", "x1", [1.5, float("inf"), True, "", None, [SECRET], {"id": "x1"}]),
    ("id_or_none", "x1", [1.5, True, [SECRET], {"id": False}, {"name": SECRET}]),
    ("id_of", "x1", [1.5, True, [SECRET], {"id": None}, None, ""]),
    ("whole", 7, [7.5, "7", True, None, [SECRET], *HUGE]),
    ("whole_or_none", 7, [7.5, "7", False, [SECRET], *HUGE]),
    ("number_or_none", 7.5, ["7", True, [SECRET], *HUGE]),
    ("flag", True, [1, 0, "true", None, SECRET]),
    ("flag_or_false", True, [1, 0, "true", SECRET]),
    ("texts_or_empty", [SECRET], [SECRET, [1], [None, 1], {"x": 1}]),
    ("texts_or_none", [SECRET], [SECRET, [1]]),
    ("values", [None], [SECRET, None, {"x": 1}]),
    ("object", {"x": 1}, [SECRET, [1], None, 1]),
    ("object_or_none", {"x": 1}, [SECRET, [1], 1]),
    ("moment_ms_or_none", "2025-03-01T08:00:05Z", [SECRET, 5, "yesterday", "0000-01-01", "2025-03-01T08:00:05+99:99"]),
]


@pytest.mark.parametrize(("method", "value"), [(method, value) for method, _, wrong in WRONG for value in wrong])
def test_a_value_of_another_type_is_named_and_not_shown(method: str, value: Any) -> None:
    with pytest.raises(Untrusted) as error:
        getattr(Fields({"field": value}, "row"), method)("field")
    assert "`row.field" in str(error.value)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(("method", "value"), [(method, value) for method, value, _ in WRONG])
def test_a_value_of_the_type_is_read(method: str, value: Any) -> None:
    assert getattr(Fields({"field": value}), method)("field") is not None


@pytest.mark.parametrize("method", [method for method, _, _ in WRONG if method.endswith("_or_none")])
def test_null_and_absence_are_none_where_they_may_be(method: str) -> None:
    assert getattr(Fields({"field": None}), method)("field") is None
    assert getattr(Fields({}), method)("field") is None


@pytest.mark.parametrize("method", [method for method, _, _ in WRONG if "_or_" not in method])
def test_a_missing_field_is_called_missing(method: str) -> None:
    with pytest.raises(Untrusted, match="`field` is missing"):
        getattr(Fields({}), method)("field")


def test_required_takes_null_but_not_absence() -> None:
    assert Fields({"field": None}).required("field") is None
    with pytest.raises(Untrusted, match="`field` is missing"):
        Fields({}).required("field")


@pytest.mark.parametrize("read", [Fields.id_or_none, Fields.id_of])
def test_an_expanded_object_stands_for_its_id(read: Callable[[Fields, str], str | None]) -> None:
    assert read(Fields({"stage": {"id": "offer", "text": "Offer"}}), "stage") == "offer"
    assert read(Fields({"stage": {"id": 7}}), "stage") == "7"


@pytest.mark.parametrize(("number", "text"), [(771, "771"), (771.0, "771"), (2**64, str(2**64)), (0, "0")])
@pytest.mark.parametrize("read", [Fields.id, Fields.id_or_none, Fields.id_of])
def test_an_id_that_comes_as_a_number_is_text_from_here_on(
    read: Callable[[Fields, str], str | None], number: float, text: str
) -> None:
    assert read(Fields({"id": number}), "id") == text


@pytest.mark.parametrize(("number", "whole"), [(7.0, 7), (1767225600000.0, 1767225600000), (-3, -3)])
def test_a_whole_number_may_come_as_a_float(number: float, whole: int) -> None:
    read = Fields({"at": number}).whole("at")
    assert (read, type(read)) == (whole, int)


def test_null_and_absence_are_empty_where_they_may_be_and_null_items_are_passed_over() -> None:
    for fields in (Fields({"field": None}), Fields({})):
        assert (fields.texts_or_empty("field"), fields.rows_or_empty("field", Fields.id)) == ((), ())
        assert fields.flag_or_false("field") is False
    assert Fields({"field": [None, "a", None]}).texts_or_empty("field") == ("a",)
    assert Fields({"field": [None, {"id": "1"}]}).rows_or_empty("field", Fields.id) == ("1",)
    assert Fields({"field": [None, 1]}).values("field") == [None, 1]


def test_what_decides_nothing_may_be_anything() -> None:
    assert if_readable(Fields({"name": [SECRET]}).text_or_none, "name") is None
    assert if_readable(Fields({"name": SECRET}).text_or_none, "name") == SECRET


def test_only_an_explicit_null_is_null() -> None:
    assert [Fields(fields).is_null("field") for fields in ({"field": None}, {}, {"field": ""})] == [True, False, False]


def test_rows_are_objects() -> None:
    assert Fields({"data": [{"id": "1"}, {"id": "2"}]}).rows("data", Fields.id) == ("1", "2")
    with pytest.raises(Untrusted, match=r"`data\[\]` is not an object"):
        Fields({"data": [{"id": "1"}, SECRET]}).rows("data", Fields.id)
    with pytest.raises(Untrusted, match=r"`data\[\].id` is missing"):
        Fields({"data": [{"id": "1"}, {}]}).rows("data", Fields.id)


@pytest.mark.parametrize(
    ("text", "moment_ms"),
    [
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T00:00:01.25", 1250),
        ("1970-01-01T01:00:01.250+01:00", 1250),
    ],
)
def test_moments_are_milliseconds_and_utc_unless_said(text: str, moment_ms: int) -> None:
    assert Fields({"at": text}).moment_ms_or_none("at") == moment_ms


@pytest.mark.parametrize("body", [None, [], "text", 3])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(Untrusted, match="the body is not an object"):
        Fields(body)
