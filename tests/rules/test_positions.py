"""The job position of section 7: owner, name and team."""

from __future__ import annotations

from typing import Any

import pytest

from alva_lever.rules.positions import difference, manager_of, owner_of, owner_unknown
from tests.rules.build import position, posting

MANAGER = "manager@example.com"
USERS = {MANAGER: "Manager@Example.com"}


@pytest.mark.parametrize("email", [MANAGER, "MANAGER@Example.com", f" {MANAGER} "])
def test_the_alva_user_with_the_hiring_managers_address_is_the_owner(email: str) -> None:
    assert owner_of(posting(hiring_manager_email=email), USERS) == "Manager@Example.com"


@pytest.mark.parametrize("email", [None, "", " ", "somebody.else@example.com"])
def test_without_such_a_user_in_alva_there_is_no_owner(email: str | None) -> None:
    assert owner_of(posting(hiring_manager_email=email), USERS) is None


@pytest.mark.parametrize("email", [None, "", " "])
def test_a_missing_hiring_manager_or_address_does_not_count_as_unknown(email: str | None) -> None:
    without = posting(hiring_manager_email=email)
    assert (manager_of(without), owner_unknown(without, USERS), owner_unknown(without, {})) == (None, False, False)


@pytest.mark.parametrize(
    ("email", "users", "unknown"),
    [
        ("somebody.else@example.com", USERS, True),
        (MANAGER, {}, True),
        (MANAGER, USERS, False),
        (MANAGER.upper(), USERS, False),
        # Alva doesn't say who its users are.
        (MANAGER, None, False),
    ],
)
def test_a_hiring_manager_without_a_user_in_alva_is_unknown(
    email: str, users: dict[str, str] | None, unknown: bool
) -> None:
    assert owner_unknown(posting(hiring_manager_email=email), users) is unknown


def test_without_a_difference_nothing_is_written() -> None:
    assert difference(position(), posting(), MANAGER) == {}


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({"name": "Data Scientist"}, {"name": "Data Scientist"}),
        ({"team": "Insights"}, {"team": "Insights"}),
        ({"team": None}, {"team": None}),
        ({"name": "Data Scientist", "team": "Insights"}, {"name": "Data Scientist", "team": "Insights"}),
        ({"tags": ("Alva: Screening",)}, {}),
    ],
)
def test_only_what_differs_is_written(changes: dict[str, Any], written: dict[str, str | None]) -> None:
    assert difference(position(), posting(**changes), MANAGER) == written


@pytest.mark.parametrize("present", [None, "somebody.else@example.com"])
def test_another_owner_is_written(present: str | None) -> None:
    assert difference(position(owner_email=present), posting(), MANAGER) == {"owner_email": MANAGER}


def test_an_owner_in_another_case_is_the_same() -> None:
    assert difference(position(owner_email=MANAGER.upper()), posting(), MANAGER) == {}


def test_without_a_new_owner_the_present_one_stays() -> None:
    assert difference(position(), posting(hiring_manager_email=None), None) == {}


def test_a_posting_without_a_name_keeps_the_name_of_the_position() -> None:
    assert difference(position(), posting(name=None), MANAGER) == {}
    assert difference(position(), posting(name=None, team="Insights"), MANAGER) == {"team": "Insights"}


def test_a_position_without_a_name_gets_the_postings() -> None:
    assert difference(position(name=None), posting(), MANAGER) == {"name": posting().name}


def test_an_address_that_alva_does_not_know_is_never_written() -> None:
    unknown = posting(hiring_manager_email="somebody.else@example.com")
    assert difference(position(), unknown, owner_of(unknown, USERS)) == {}
