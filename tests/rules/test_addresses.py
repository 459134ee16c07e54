from __future__ import annotations

import unicodedata

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from alva_lever.rules.addresses import fingerprint, first_valid, is_missing, same, split_name
from tests.rules.build import ADDRESS, OTHER_ADDRESS

# JSON, and so Lever, allows half a surrogate pair in a text.
ANY_TEXT = st.text(st.characters())
ADDRESS_LIKE = st.builds("{}@{}.example.com".format, ANY_TEXT, ANY_TEXT)
BLANKS = [" ", "   ", "\t", "\n", "\r\n", "\u00a0", "\u1680", "\u2009", "\u2028", "\u202f", "\u3000"]
INVISIBLE = ["\u00ad", "\u200b", "\u200d", "\u200e", "\u202a", "\u2060", "\ufeff", "\U000e0061", "\x00", "\x7f"]
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
def test_an_invalid_address_is_skipped(email: str) -> None:
    assert first_valid([email]) is None
    assert first_valid([email, ADDRESS]) == ADDRESS


@pytest.mark.parametrize("domain", ["candidates", "localhost", "candidates.test", "candidates.invalid"])
def test_a_domain_that_no_mail_reaches_is_not_valid(domain: str) -> None:
    assert first_valid([f"ada@{domain}"]) is None
    assert first_valid([f"ada@{domain}, {ADDRESS}"]) == ADDRESS


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_blanks_around_an_address_its_dots_and_its_at_sign_are_removed(blank: str) -> None:
    for pasted in (f"{blank}{ADDRESS}{blank}", ADDRESS.replace("@", f"{blank}@"), ADDRESS.replace("@", f"@{blank}")):
        assert first_valid([pasted]) == ADDRESS
    assert first_valid([ADDRESS.replace(".", f".{blank}")]) == ADDRESS
    assert first_valid([ADDRESS.replace(".", f"{blank}.")]) == ADDRESS


@pytest.mark.parametrize("invisible", INVISIBLE, ids=ascii)
def test_invisible_characters_in_an_address_are_removed(invisible: str) -> None:
    assert first_valid([invisible.join(["", *ADDRESS, ""])]) == ADDRESS


@pytest.mark.parametrize(
    "pasted",
    [
        "mailto:{}",
        "MAILTO: {}?subject=Your%20application",
        "Ada Byron <{}>",
        "Byron, Ada <{}>",
        '"Byron, Ada" <{}>',
        "Ada Byron\u00a0<mailto:{}>",
        "Ada @ Acme.com <{}>",
        "<{}>",
        "<{}",
        "[{0}](mailto:{0})",
        "({})",
        "'{}'",
        "{} (at work)",
        "E-mail: {}",
        "{},",
        "{};",
        "{} ;",
        "{}\uff0c",
        "{}.",
        ", {}",
    ],
)
def test_text_pasted_around_an_address_is_removed(pasted: str) -> None:
    assert first_valid([pasted.format(ADDRESS)]) == ADDRESS


def test_a_full_width_at_sign_counts_as_an_at_sign() -> None:
    assert first_valid([ADDRESS.replace("@", "\uff20")]) == ADDRESS


@pytest.mark.parametrize("between", [",", ";", ", ", " ; ", " ", "\n", "\t", "\u3000", " / ", ">, <", "\u3001"])
def test_the_first_valid_address_in_a_field_is_used(between: str) -> None:
    assert first_valid([between.join([ADDRESS, OTHER_ADDRESS])]) == ADDRESS
    assert first_valid([between.join(["ada@candidates.test", OTHER_ADDRESS, ADDRESS])]) == OTHER_ADDRESS


def test_any_address_in_a_field_comes_before_the_next_field() -> None:
    assert first_valid([f"none; {ADDRESS}", OTHER_ADDRESS]) == ADDRESS


@pytest.mark.parametrize("pasted", ["Byron {}", "Ada Byron {}", "{} Byron", "not {} but"])
def test_an_address_with_a_stray_word_beside_it_is_skipped_because_the_word_may_be_part_of_it(pasted: str) -> None:
    assert first_valid([pasted.format(ADDRESS)]) is None
    assert first_valid([pasted.format(ADDRESS) + f"; {OTHER_ADDRESS}"]) == OTHER_ADDRESS


@settings(deadline=None)
@given(ADDRESS_LIKE | st.emails())
def test_a_valid_address_is_used_unchanged(email: str) -> None:
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        return
    assert first_valid([email]) == email


@pytest.mark.parametrize("emails", [[], [""], [" ", "\u00a0\u3000"], ["\u200b", "\ufeff \u2060"]])
def test_blank_addresses_count_as_missing(emails: list[str]) -> None:
    assert is_missing(emails)
    assert not is_missing([*emails, "n/a"])


def test_the_first_valid_address_is_used() -> None:
    assert first_valid(["none", OTHER_ADDRESS, ADDRESS]) == OTHER_ADDRESS


def test_an_empty_list_has_no_valid_address() -> None:
    assert first_valid([]) is None


def test_white_space_around_an_address_is_removed() -> None:
    assert first_valid([f" {ADDRESS}\n"]) == ADDRESS


@pytest.mark.parametrize(
    "email", ["ada+lever@candidates.example.com", "o'ada@candidates.example.com", "adä@candidates.example.com"]
)
def test_unusual_addresses_are_valid(email: str) -> None:
    assert first_valid([email]) == email


@settings(deadline=None)
@given(st.lists(ANY_TEXT | ADDRESS_LIKE, max_size=3))
def test_any_text_can_be_searched_for_an_address(emails: list[str]) -> None:
    address = first_valid(emails)
    assert address is None or first_valid([address]) == address


def test_addresses_that_differ_only_in_case_or_surrounding_space_are_the_same() -> None:
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
def test_two_spellings_of_one_domain_are_the_same(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    "pasted",
    ["mailto:{}", "Ada Byron <{}>", "{};", "\u200b{}\u3000", "Nobody <none>, {}, grace@b.example.com"],
)
def test_a_pasted_address_is_the_same_as_the_plain_one(pasted: str) -> None:
    assert same(pasted.format(ADDRESS), ADDRESS.upper())
    assert same(ADDRESS, pasted.format(ADDRESS))
    assert not same(pasted.format(ADDRESS), OTHER_ADDRESS)


def test_two_domains_differ_in_any_spelling() -> None:
    assert not same("ada@bucher.example.com", "ada@b\u00fccher.example.com")
    assert not same("ada@bucher.example.com", "ada@xn--bcher-kva.example.com")


@pytest.mark.parametrize("email", INVALID)
def test_invalid_addresses_are_compared_as_plain_text(email: str) -> None:
    assert same(email, f" {email.upper()} ")
    assert not same(email, ADDRESS)


@settings(deadline=None)
@given(ANY_TEXT | ADDRESS_LIKE, ANY_TEXT | ADDRESS_LIKE)
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    assert same(one, one)
    assert same(one, other) is same(other, one)


@given(st.lists(ANY_TEXT | ADDRESS_LIKE, max_size=3))
def test_any_text_has_a_fingerprint(emails: list[str]) -> None:
    assert len(fingerprint(emails)) == 12


def test_each_half_of_a_surrogate_pair_has_its_own_fingerprint() -> None:
    assert len({fingerprint([email]) for email in ("\ud800", "\udc00", "?", "")}) == 4


def test_a_fingerprint_is_twelve_hex_digits_and_ignores_case_and_space() -> None:
    assert fingerprint([ADDRESS]) == fingerprint([f" {ADDRESS.upper()}"])
    assert len(fingerprint([ADDRESS])) == 12
    assert set(fingerprint([ADDRESS])) <= set("0123456789abcdef")


def test_other_addresses_or_another_order_change_the_fingerprint() -> None:
    lists = [[], [ADDRESS], [OTHER_ADDRESS], [ADDRESS, OTHER_ADDRESS], [OTHER_ADDRESS, ADDRESS]]
    assert len({fingerprint(emails) for emails in lists}) == len(lists)


@pytest.mark.parametrize(
    ("emails", "expected"),
    [
        ([], "e3b0c44298fc"),
        (["ada@candidates.example.com"], "557e4dbe484f"),
        (["Ada Byron <ada@candidates.example.com>"], "79b77918d4e9"),
        (["ada@candidates.example.com, bo@candidates.example.com", " "], "2dd0a5fd5f14"),
        (["ada\u200b@candidates.example.com\u00a0"], "4611050f6fd6"),
    ],
)
def test_fingerprints_in_existing_notes_stay_valid(emails: list[str], expected: str) -> None:
    assert fingerprint(emails) == expected


# Names.


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_a_name_is_split_at_its_first_blank(blank: str) -> None:
    assert split_name(f"Ada{blank}King Byron") == ("Ada", "King Byron")
    assert split_name(f"{blank}Ada{blank}") == ("Ada", "")


@pytest.mark.parametrize("invisible", INVISIBLE, ids=ascii)
def test_invisible_characters_in_a_name_are_removed(invisible: str) -> None:
    assert split_name(f"{invisible}A{invisible}da{invisible} {invisible}Byron{invisible}") == ("Ada", "Byron")
    assert split_name(f" {invisible} ") == ("", "")


@given(ANY_TEXT)
def test_a_split_name_keeps_every_visible_character(name: str) -> None:
    first, last = split_name(name)
    assert split_name(f"{first} {last}") == (first, last)
    seen = [letter for letter in name if unicodedata.category(letter) not in ("Cf", "Cc") and not letter.isspace()]
    assert [letter for letter in first + last if not letter.isspace()] == seen
