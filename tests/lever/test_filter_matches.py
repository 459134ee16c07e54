"""A filter says of an opportunity what Lever's listing with it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alva_lever.lever.opportunities import OpportunityFilter
from tests.rules.build import APPLIED, HOUR_MS, NEW_YEAR_MS, TESTS, archived, opportunity

ADA = opportunity(tags=("vip",), archived=archived(), updated_at_ms=NEW_YEAR_MS)


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({}, True),
        ({"stage_id": (TESTS.id, APPLIED.id)}, True),
        ({"stage_id": (TESTS.id,)}, False),
        ({"tag": ("vip",)}, True),
        ({"tag": ("VIP",)}, False),
        ({"posting_id": ("posting-1", "posting-2")}, True),
        ({"posting_id": ("posting-2",)}, False),
        ({"archive_reason_id": ("reason-1",)}, True),
        ({"archive_reason_id": ("reason-2",)}, False),
        ({"archived": True}, True),
        ({"archived": False}, False),
        ({"tag": ("vip",), "archived": False}, False),
    ],
    ids=str,
)
def test_every_field_has_to_match(fields: dict[str, Any], matches: bool) -> None:
    assert OpportunityFilter(**fields).matches(ADA) is matches


@pytest.mark.parametrize("what", ["created", "updated", "advanced", "archived"])
def test_both_ends_of_a_time_are_included(what: str) -> None:
    start, end = f"{what}_at_start_ms", f"{what}_at_end_ms"
    cases: list[tuple[dict[str, Any], bool]] = [
        ({start: NEW_YEAR_MS}, True),
        ({end: NEW_YEAR_MS}, True),
        ({start: NEW_YEAR_MS, end: NEW_YEAR_MS}, True),
        ({start: NEW_YEAR_MS + 1}, False),
        ({end: NEW_YEAR_MS - 1}, False),
        ({start: NEW_YEAR_MS - HOUR_MS, end: NEW_YEAR_MS + HOUR_MS}, True),
    ]
    for fields, matches in cases:
        assert OpportunityFilter(**fields).matches(ADA) is matches


def test_a_time_that_lever_does_not_give_is_in_no_interval() -> None:
    never = replace(ADA, archived=None, last_advanced_at_ms=None)
    assert not OpportunityFilter(archived_at_start_ms=0).matches(never)
    assert not OpportunityFilter(advanced_at_end_ms=NEW_YEAR_MS).matches(never)


def test_a_confidential_opportunity_is_never_listed() -> None:
    assert not OpportunityFilter().matches(replace(ADA, confidential=True))
