from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alva_lever.rules.addresses import fingerprint, first_valid, same
from tests.rules.build import ADDRESS, OTHER_ADDRESS

# Half a surrogate pair is text to JSON, and so to Lever.
ANY_TEXT = st.text(st.characters())
ADDRESS_LIKE = st.builds("{}@{}.example.com".format, ANY_TEXT, ANY_TEXT)
INVALID = [
    "",
    " ",
    "@",
    "ada",
    "ada@",
    "@candidates.example.com",
    "ada byron@candidates.example.com",
    "ada@@candidates.example.com",
    "n/a",
]


@pytest.mark.parametrize("email", INVALID)
def test_what_no_mail_can_be_sent_to_is_passed_over(email: str) -> None:
    assert first_valid([email]) is None
    assert first_valid([email, ADDRESS]) == ADDRESS


@pytest.mark.parametrize(
    "email",
    [
        "Ada Byron <ada@candidates.example.com>",
        "ada@candidates.example.com, ada.byron@candidates.example.com",
        "ada@candidates",
        "ada@localhost",
    ],
)
def test_only_a_bare_address_of_a_real_domain_is_one(email: str) -> None:
    assert first_valid([email]) is None


def test_the_first_valid_address_is_the_one() -> None:
    assert first_valid(["none", OTHER_ADDRESS, ADDRESS]) == OTHER_ADDRESS


def test_without_an_address_there_is_none() -> None:
    assert first_valid([]) is None


def test_white_space_around_an_address_is_not_part_of_it() -> None:
    assert first_valid([f" {ADDRESS}\n"]) == ADDRESS


@pytest.mark.parametrize(
    "email", ["ada+lever@candidates.example.com", "o'ada@candidates.example.com", "adä@candidates.example.com"]
)
def test_unusual_addresses_are_valid(email: str) -> None:
    assert first_valid([email]) == email


@settings(deadline=None)
@given(st.lists(ANY_TEXT | ADDRESS_LIKE, max_size=3))
def test_no_text_is_too_odd_to_be_looked_at(emails: list[str]) -> None:
    address = first_valid(emails)
    assert address is None or first_valid([address]) == address


def test_addresses_are_compared_without_case_and_space_around() -> None:
    assert same("Ada@Candidates.example.com", " ada@candidates.example.com")
    assert not same(ADDRESS, OTHER_ADDRESS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@b\u00fccher.example.com", "ada@xn--bcher-kva.example.com"),
        ("ADA@B\u00dcCHER.EXAMPLE.COM", " ada@XN--BCHER-KVA.example.com"),
        ("ada@bu\u0308cher.example.com", "ada@b\u00fccher.example.com"),
    ],
    ids=["punycode", "in another case", "composed"],
)
def test_a_domain_spelt_otherwise_is_the_same(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


def test_another_domain_is_not_the_same_however_it_is_spelt() -> None:
    assert not same("ada@bucher.example.com", "ada@b\u00fccher.example.com")
    assert not same("ada@bucher.example.com", "ada@xn--bcher-kva.example.com")


@pytest.mark.parametrize("email", INVALID)
def test_what_is_no_address_is_compared_as_it_stands(email: str) -> None:
    assert same(email, f" {email.upper()} ")
    assert not same(email, ADDRESS)


@settings(deadline=None)
@given(ANY_TEXT | ADDRESS_LIKE, ANY_TEXT | ADDRESS_LIKE)
def test_no_text_is_too_odd_to_be_compared(one: str, other: str) -> None:
    assert same(one, one)
    assert same(one, other) is same(other, one)


@given(st.lists(ANY_TEXT | ADDRESS_LIKE, max_size=3))
def test_no_text_is_too_odd_for_a_fingerprint(emails: list[str]) -> None:
    assert len(fingerprint(emails)) == 12


def test_half_a_surrogate_pair_has_a_fingerprint_of_its_own() -> None:
    assert len({fingerprint([email]) for email in ("\ud800", "\udc00", "?", "")}) == 4


def test_a_fingerprint_is_twelve_characters_and_tells_no_address() -> None:
    assert fingerprint([ADDRESS]) == fingerprint([f" {ADDRESS.upper()}"])
    assert len(fingerprint([ADDRESS])) == 12
    assert set(fingerprint([ADDRESS])) <= set("0123456789abcdef")


def test_other_addresses_or_another_order_have_another_fingerprint() -> None:
    lists = [[], [ADDRESS], [OTHER_ADDRESS], [ADDRESS, OTHER_ADDRESS], [OTHER_ADDRESS, ADDRESS]]
    assert len({fingerprint(emails) for emails in lists}) == len(lists)
