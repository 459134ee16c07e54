from __future__ import annotations

import unicodedata

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from alva_lever.rules.addresses import fingerprint, first_valid, is_missing, same, split_name
from tests.rules.build import ADDRESS, OTHER_ADDRESS

# Half a surrogate pair is text to JSON, and so to Lever.
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
def test_what_no_mail_can_be_sent_to_is_passed_over(email: str) -> None:
    assert first_valid([email]) is None
    assert first_valid([email, ADDRESS]) == ADDRESS


@pytest.mark.parametrize("domain", ["candidates", "localhost", "candidates.test", "candidates.invalid"])
def test_a_domain_that_no_mail_reaches_is_not_valid(domain: str) -> None:
    assert first_valid([f"ada@{domain}"]) is None
    assert first_valid([f"ada@{domain}, {ADDRESS}"]) == ADDRESS


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_blanks_around_an_address_and_beside_its_dots_and_its_at_sign_are_no_part_of_it(blank: str) -> None:
    for pasted in (f"{blank}{ADDRESS}{blank}", ADDRESS.replace("@", f"{blank}@"), ADDRESS.replace("@", f"@{blank}")):
        assert first_valid([pasted]) == ADDRESS
    assert first_valid([ADDRESS.replace(".", f".{blank}")]) == ADDRESS
    assert first_valid([ADDRESS.replace(".", f"{blank}.")]) == ADDRESS


@pytest.mark.parametrize("invisible", INVISIBLE, ids=ascii)
def test_invisible_characters_are_no_part_of_an_address_wherever_they_are(invisible: str) -> None:
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
def test_what_is_pasted_along_with_an_address_is_no_part_of_it(pasted: str) -> None:
    assert first_valid([pasted.format(ADDRESS)]) == ADDRESS


def test_an_at_sign_of_another_script_is_one() -> None:
    assert first_valid([ADDRESS.replace("@", "\uff20")]) == ADDRESS


@pytest.mark.parametrize("between", [",", ";", ", ", " ; ", " ", "\n", "\t", "\u3000", " / ", ">, <", "\u3001"])
def test_of_several_in_one_field_the_first_valid_one_is_used(between: str) -> None:
    assert first_valid([between.join([ADDRESS, OTHER_ADDRESS])]) == ADDRESS
    assert first_valid([between.join(["ada@candidates.test", OTHER_ADDRESS, ADDRESS])]) == OTHER_ADDRESS


def test_a_field_comes_before_the_next_one() -> None:
    assert first_valid([f"none; {ADDRESS}", OTHER_ADDRESS]) == ADDRESS


@pytest.mark.parametrize("pasted", ["Byron {}", "Ada Byron {}", "{} Byron", "not {} but"])
def test_a_word_beside_an_address_may_be_half_of_it_and_nobody_is_guessed(pasted: str) -> None:
    assert first_valid([pasted.format(ADDRESS)]) is None
    assert first_valid([pasted.format(ADDRESS) + f"; {OTHER_ADDRESS}"]) == OTHER_ADDRESS


@settings(deadline=None)
@given(ADDRESS_LIKE | st.emails())
def test_an_address_that_is_valid_as_it_stands_is_used_as_it_stands(email: str) -> None:
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        return
    assert first_valid([email]) == email


@pytest.mark.parametrize("emails", [[], [""], [" ", "\u00a0\u3000"], ["\u200b", "\ufeff \u2060"]])
def test_blank_addresses_are_none_at_all(emails: list[str]) -> None:
    assert is_missing(emails)
    assert not is_missing([*emails, "n/a"])


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


@pytest.mark.parametrize(
    "pasted",
    ["mailto:{}", "Ada Byron <{}>", "{};", "\u200b{}\u3000", "Nobody <none>, {}, grace@b.example.com"],
)
def test_an_address_is_the_same_as_the_one_that_was_pasted(pasted: str) -> None:
    assert same(pasted.format(ADDRESS), ADDRESS.upper())
    assert same(ADDRESS, pasted.format(ADDRESS))
    assert not same(pasted.format(ADDRESS), OTHER_ADDRESS)


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


@pytest.mark.parametrize(
    ("emails", "known"),
    [
        ([], "e3b0c44298fc"),
        (["ada@candidates.example.com"], "557e4dbe484f"),
        (["Ada Byron <ada@candidates.example.com>"], "79b77918d4e9"),
        (["ada@candidates.example.com, bo@candidates.example.com", " "], "2dd0a5fd5f14"),
        (["ada\u200b@candidates.example.com\u00a0"], "4611050f6fd6"),
    ],
)
def test_a_fingerprint_stands_in_notes_and_stays_what_it_is(emails: list[str], known: str) -> None:
    assert fingerprint(emails) == known


# Names.


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_a_name_is_split_at_its_first_blank_of_any_kind(blank: str) -> None:
    assert split_name(f"Ada{blank}King Byron") == ("Ada", "King Byron")
    assert split_name(f"{blank}Ada{blank}") == ("Ada", "")


@pytest.mark.parametrize("invisible", INVISIBLE, ids=ascii)
def test_invisible_characters_are_no_part_of_a_name(invisible: str) -> None:
    assert split_name(f"{invisible}A{invisible}da{invisible} {invisible}Byron{invisible}") == ("Ada", "Byron")
    assert split_name(f" {invisible} ") == ("", "")


@given(ANY_TEXT)
def test_nothing_visible_of_a_name_is_lost(name: str) -> None:
    first, last = split_name(name)
    assert split_name(f"{first} {last}") == (first, last)
    seen = [letter for letter in name if unicodedata.category(letter) not in ("Cf", "Cc") and not letter.isspace()]
    assert [letter for letter in first + last if not letter.isspace()] == seen
