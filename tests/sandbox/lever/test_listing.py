from __future__ import annotations

import json
from urllib.parse import quote, unquote

import pytest

from include.sandbox import Sandbox
from tests.sandbox.conftest import Client

STAGES = ["offer", "lead-new", "applicant-new", "lead-responded"]


@pytest.fixture
def people(sandbox: Sandbox, posting: str) -> dict[str, str]:
    """Makes two candidates in each stage, the older first; returns their ids by name."""
    return {
        f"{stage} {at}": sandbox.recruiter.apply(posting, "Ada", stage=stage, at_ms=at)
        for stage in STAGES
        for at in (1000, 2000)
    }


def test_rows_are_ordered_by_stage_and_then_latest_entry_first(lever: Client, people: dict[str, str]) -> None:
    expected = [
        people[f"{stage} {at}"]
        for stage in ("lead-new", "lead-responded", "applicant-new", "offer")
        for at in (2000, 1000)
    ]
    assert lever.listed("/opportunities") == expected
    assert lever.listed("/opportunities", limit=3) == expected


def test_rows_with_equal_entries_are_ordered_by_id(sandbox: Sandbox, lever: Client, posting: str) -> None:
    ids = [sandbox.recruiter.apply(posting, "Ada", at_ms=1000) for _ in range(5)]
    assert lever.listed("/opportunities", limit=2) == sorted(ids)


def test_a_token_is_encoded_json_with_the_first_row_of_the_next_page(lever: Client, people: dict[str, str]) -> None:
    page = lever.get("/opportunities", limit=1)
    assert json.loads(unquote(page["next"])) == [1, 1000, people["lead-new 1000"]]
    assert page["next"].startswith("%5B1%2C1000%2C%22")
    assert lever.get("/opportunities", limit=1, offset=page["next"])["data"][0]["id"] == people["lead-new 1000"]


def test_a_token_may_be_encoded_once_or_twice(lever: Client, people: dict[str, str]) -> None:
    token = lever.get("/opportunities", limit=3)["next"]
    twice = lever.call("GET", f"/opportunities?offset={quote(token)}").json()
    once = lever.call("GET", f"/opportunities?offset={token}").json()
    assert twice == once
    assert len(once["data"]) == 5


def test_the_last_page_has_no_next(lever: Client, people: dict[str, str]) -> None:
    page = lever.get("/opportunities", limit=8)
    assert set(page) == {"data", "hasNext"}
    assert page["hasNext"] is False


def test_during_a_walk_a_forward_move_repeats_a_row_and_a_backward_move_hides_it(
    sandbox: Sandbox, lever: Client, people: dict[str, str]
) -> None:
    forward, back = people["lead-new 2000"], people["offer 1000"]
    page = lever.get("/opportunities", limit=4)
    sandbox.recruiter.move(forward, "Reference check")
    sandbox.recruiter.move(back, "lead-new")
    seen = [row["id"] for row in page["data"]] + lever.listed("/opportunities", offset=page["next"])
    assert seen.count(forward) == 2
    assert back not in seen


def test_a_token_stays_valid_after_its_row_is_deleted(sandbox: Sandbox, lever: Client, people: dict[str, str]) -> None:
    token = lever.get("/opportunities", limit=1)["next"]
    sandbox.recruiter.delete(people["lead-new 1000"])
    assert lever.listed("/opportunities", offset=token)[0] == people["lead-responded 2000"]


@pytest.mark.parametrize("token", ["nonsense", "%5B1%5D", "[1,2]", '["a",1,"b"]', "{}", '[1,true,"x"]', ""])
def test_an_invalid_token_is_refused(lever: Client, people: dict[str, str], token: str) -> None:
    response = lever.call("GET", "/opportunities", params={"offset": token})
    assert response.status_code == 400
    assert "Invalid offset token" in response.json()["message"]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten"])
def test_a_limit_outside_1_to_100_is_refused(lever: Client, limit: str) -> None:
    assert lever.call("GET", "/opportunities", params={"limit": limit}).status_code == 400


def test_without_a_limit_a_page_has_100_rows(sandbox: Sandbox, lever: Client) -> None:
    sandbox.seed(1, 150)
    page = lever.get("/opportunities")
    assert len(page["data"]) == 100
    assert page["hasNext"] is True


def test_include_keeps_only_the_named_fields_and_those_of_expand(lever: Client, people: dict[str, str]) -> None:
    row = lever.get("/opportunities", include=["id", "tags"], expand="stage", limit=1)["data"][0]
    assert set(row) == {"id", "tags", "stage"}
    assert row["stage"] == {"id": "lead-new", "text": "New lead"}
