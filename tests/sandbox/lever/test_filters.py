from __future__ import annotations

import pytest

from include.sandbox import Sandbox
from tests.sandbox.conftest import Client


@pytest.fixture
def ids(sandbox: Sandbox, posting: str) -> dict[str, str]:
    recruiter = sandbox.recruiter
    other = recruiter.add_posting("Designer", location="Oslo")
    ids = {
        "ada": recruiter.apply(posting, "Ada", ["Ada@Candidates.example.com"], tags=["vip"], at_ms=1000),
        "bo": recruiter.apply(other, "Bo", ["bo@candidates.example.com"], stage="offer", tags=["VIP"], at_ms=2000),
        "cleo": recruiter.add_lead("Cleo", tags=["vip", "late"], origin="referred", at_ms=3000),
    }
    recruiter.archive(ids["bo"], "Withdrew", at_ms=4000)
    recruiter.snooze(ids["cleo"], 1_900_000_000_000)
    return ids


def names(ids: dict[str, str], found: list[str]) -> set[str]:
    return {name for name, uid in ids.items() if uid in found}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, {"ada", "bo", "cleo"}),
        ({"tag": "vip"}, {"ada", "cleo"}),
        ({"tag": "VIP"}, {"bo"}),
        ({"tag": ["VIP", "late"]}, {"bo", "cleo"}),
        ({"tag": "vip", "origin": "applied"}, {"ada"}),
        ({"origin": ["applied", "referred"]}, {"ada", "bo", "cleo"}),
        ({"origin[]": ["referred"]}, {"cleo"}),
        ({"source": "Job site"}, {"ada", "bo"}),
        ({"stage_id": "offer"}, {"bo"}),
        ({"stage_id": ["offer", "lead-new"]}, {"bo", "cleo"}),
        ({"email": "ada@candidates.example.COM"}, {"ada"}),
        ({"archived": "true"}, {"bo"}),
        ({"archived": "false"}, {"ada", "cleo"}),
        ({"snoozed": "true"}, {"cleo"}),
        ({"snoozed": "false"}, {"ada", "bo"}),
        ({"location": "Oslo"}, {"bo"}),
        ({"location": "unspecified"}, {"cleo"}),
        ({"created_at_start": 1000, "created_at_end": 2000}, {"ada", "bo"}),
        ({"created_at_start": 1001, "created_at_end": 2999}, {"bo"}),
        ({"advanced_at_start": 3000}, {"bo", "cleo"}),
        ({"advanced_at_end": 3999}, {"ada", "cleo"}),
        ({"archived_at_start": 4000, "archived_at_end": 4000}, {"bo"}),
        ({"archived_at_start": 4001}, set()),
    ],
)
def test_a_filter_keeps_only_matching_opportunities(
    lever: Client, ids: dict[str, str], params: dict[str, object], expected: set[str]
) -> None:
    assert names(ids, lever.listed("/opportunities", **params)) == expected


def test_opportunities_are_filtered_by_posting_contact_and_reason_id(
    sandbox: Sandbox, lever: Client, ids: dict[str, str], posting: str
) -> None:
    designer = sandbox.count()["postings"][1]["id"]
    bo = lever.get(f"/opportunities/{ids['bo']}")["data"]
    assert names(ids, lever.listed("/opportunities", posting_id=posting)) == {"ada"}
    assert names(ids, lever.listed("/opportunities", posting_id=[posting, designer])) == {"ada", "bo"}
    assert names(ids, lever.listed("/opportunities", archived_posting_id=[posting, designer])) == {"bo"}
    assert names(ids, lever.listed("/opportunities", contact_id=bo["contact"])) == {"bo"}
    assert names(ids, lever.listed("/opportunities", archive_reason_id=bo["archived"]["reason"])) == {"bo"}


def test_filters_hold_across_pages(sandbox: Sandbox, lever: Client, posting: str) -> None:
    kept = {sandbox.recruiter.apply(posting, "Ada", tags=["yes"] if number % 3 else []) for number in range(30)}
    found = lever.listed("/opportunities", tag="yes", limit=7)
    assert len(found) == len(set(found)) == 20
    assert set(found) < kept


def test_a_null_updated_at_is_outside_every_window(sandbox: Sandbox, lever: Client, ids: dict[str, str]) -> None:
    sandbox.world.lever.opportunity(ids["ada"]).updated_at = None
    assert names(ids, lever.listed("/opportunities", updated_at_start=0)) == {"bo", "cleo"}
    assert names(ids, lever.listed("/opportunities", updated_at_end=2**60)) == {"bo", "cleo"}


@pytest.mark.parametrize(
    "params",
    [{"created_at_start": "yesterday"}, {"archived": "yes"}, {"confidentiality": "secret"}, {"updated_at_end": "1.5"}],
)
def test_a_malformed_value_is_refused(lever: Client, params: dict[str, object]) -> None:
    assert lever.call("GET", "/opportunities", params=params).status_code == 400


def test_an_unknown_parameter_is_ignored(lever: Client, ids: dict[str, str]) -> None:
    assert len(lever.listed("/opportunities", owner="somebody", sort="updatedAt")) == 3
