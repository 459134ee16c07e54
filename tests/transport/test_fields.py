from __future__ import annotations

from typing import Any

import pytest

from alva_lever.transport.fields import Fields, Untrusted

SECRET = "ada@example.com"

WRONG = [
    ("text", SECRET, [1, True, [SECRET], {"x": SECRET}, None]),
    ("text_or_none", SECRET, [1, True, [SECRET]]),
    ("id", "x1", [1, "", None, [SECRET]]),
    ("id_or_none", "x1", [1, True, [SECRET], {"id": 1}, {"name": SECRET}]),
    ("whole", 7, [7.0, "7", True, None, [SECRET]]),
    ("whole_or_none", 7, [7.5, "7", False, [SECRET]]),
    ("number_or_none", 7.5, ["7", True, [SECRET]]),
    ("flag", True, [1, 0, "true", None, SECRET]),
    ("texts", [SECRET], [SECRET, [1], [None], None, {"x": 1}]),
    ("texts_or_none", [SECRET], [SECRET, [1]]),
    ("object", {"x": 1}, [SECRET, [1], None, 1]),
    ("object_or_none", {"x": 1}, [SECRET, [1], 1]),
    ("moment_ms_or_none", "2025-03-01T08:00:05Z", [SECRET, 5, "yesterday"]),
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


@pytest.mark.parametrize("method", [method for method, _, _ in WRONG if not method.endswith("_or_none")])
def test_a_missing_field_is_called_missing(method: str) -> None:
    with pytest.raises(Untrusted, match="`field` is missing"):
        getattr(Fields({}), method)("field")


def test_required_takes_null_but_not_absence() -> None:
    assert Fields({"field": None}).required("field") is None
    with pytest.raises(Untrusted, match="`field` is missing"):
        Fields({}).required("field")


def test_an_expanded_object_stands_for_its_id() -> None:
    assert Fields({"stage": {"id": "offer", "text": "Offer"}}).id_or_none("stage") == "offer"


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
