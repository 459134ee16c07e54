from __future__ import annotations

import re

import pytest

from alva_lever.rules.ids import ID, UUID, as_id, id_in, is_id, is_lever_record_id, is_uuid

A_UUID = "8d49b010-cc6a-4f40-ace5-e86061c677ed"
NO_IDS = [
    "", " ", ".", "..", "-1", "ada@example.com", "Ada Byron", "+46 70 123", "+46701234567", "a/b", "a\nb", "a\x00b",
    f"{A_UUID}\n", f" {A_UUID}", "_x", "é1", "\ud8001", "x" * 101,
]  # fmt: skip


@pytest.mark.parametrize(
    "text", [A_UUID, A_UUID.upper(), "applicant-new", "48213", "0", "kim:48213~a_b.c-d", "x" * 100]
)
def test_uuids_slugs_and_numbers_are_ids(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", NO_IDS)
def test_other_texts_are_not_ids(text: str) -> None:
    assert not is_id(text)
    assert not is_lever_record_id(text)
    assert as_id(text) is None


@pytest.mark.parametrize(
    "text", ["48213", "applicant-new", A_UUID[:-1], f"{A_UUID}0", A_UUID.replace("-", ""), *NO_IDS]
)
def test_only_a_whole_uuid_is_a_uuid(text: str) -> None:
    assert is_uuid(A_UUID)
    assert is_uuid(A_UUID.upper())
    assert not is_uuid(text)


@pytest.mark.parametrize(
    ("external_id", "expected"),
    [
        (A_UUID, True),
        ("11111111-1111-1111-1111-111111111111", True),
        ("opp-1", True),
        ("Ada", False),
        ("Ada-Byron", False),
        ("ada.byron1990", False),
        ("0701234567", False),
        ("070-123-45-67", False),
    ],
)
def test_an_external_id_that_is_a_word_or_a_number_is_not_a_lever_record_id(external_id: str, expected: bool) -> None:
    assert is_lever_record_id(external_id) is expected


@pytest.mark.parametrize(
    ("value", "read_as"),
    [("48213", "48213"), (48213, "48213"), ("a-b_c", "a-b_c"), (True, None), (48213.0, None), (-1, None), (None, None),
     ({"id": "1"}, None), ([], None), (10**400, None)],
)  # fmt: skip
def test_a_whole_number_is_read_as_a_text_id(value: object, read_as: str | None) -> None:
    assert as_id(value) == read_as


@pytest.mark.parametrize("text", [A_UUID, "applicant-new", "48213", *NO_IDS])
def test_the_patterns_decide_alike_in_a_form(text: str) -> None:
    """JSON schema can match a whole text only by `^` and `$`, and Python allows a line break before `$`."""
    line = text.removesuffix("\n")
    assert (re.search(f"^{ID}$", text) is not None) == is_id(line)
    assert (re.search(f"^{UUID}$", text) is not None) == is_uuid(line)


PAGE = "https://hire.lever.co/candidates/0b8f2d5e-9c1a-4a57-8a55-7d2f3f5b6c01"


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        f" {PAGE}\n",
        f"{PAGE}/",
        f"{PAGE}?tab=feedback",
        f"{PAGE}#x",
        PAGE[-36:],
        f"{PAGE[-36:]} ",
        PAGE[-36:].upper(),
    ],
)
def test_the_id_in_the_address_of_a_candidates_page(text: str) -> None:
    assert id_in(text) == PAGE[-36:]


@pytest.mark.parametrize(
    "text", ["Ada Byron", "ada@candidates.example.com", f"see {PAGE}", f"{PAGE} Ada Byron", f"{PAGE}0", ""]
)
def test_another_text_has_no_id(text: str) -> None:
    assert not is_uuid(id_in(text))
