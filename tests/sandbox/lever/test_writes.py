from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from include.sandbox import Clock, Sandbox
from tests.sandbox.conftest import Client

MINUTE_MS = 60_000
Shown = Callable[[], dict[str, Any]]


@pytest.fixture
def shown(lever: Client, opportunity: str) -> Shown:
    return lambda: lever.get(f"/opportunities/{opportunity}")["data"]


@pytest.fixture
def path(opportunity: str, clock: Clock) -> str:
    """The path of an opportunity that is a minute old."""
    clock.advance(MINUTE_MS)
    return f"/opportunities/{opportunity}"


WRITES = [
    ("POST", "addTags", {"tags": ["a", "b"]}),
    ("POST", "addLinks", {"links": ["https://a.test"]}),
    ("POST", "addSources", {"sources": ["Fair"]}),
    ("POST", "removeTags", {"tags": ["London"]}),
    ("POST", "removeSources", {"sources": ["Job site"]}),
    ("PUT", "stage", {"stage": "offer"}),
]


@pytest.mark.parametrize(("method", "verb", "body"), WRITES)
def test_a_write_is_answered_with_the_whole_opportunity_but_its_location(
    lever: Client, shown: Shown, path: str, method: str, verb: str, body: dict[str, object]
) -> None:
    answer = lever.call(method, f"{path}/{verb}", json=body)
    assert answer.status_code == 200
    now = shown()
    assert now.pop("opportunityLocation") == "London"
    assert answer.json() == {"data": now}


@pytest.mark.parametrize(("method", "verb", "body"), WRITES)
def test_a_write_changes_updated_at_and_its_repetition_does_not(
    lever: Client, clock: Clock, shown: Shown, path: str, method: str, verb: str, body: dict[str, object]
) -> None:
    before = shown()["updatedAt"]
    lever.call(method, f"{path}/{verb}", json=body)
    after = shown()
    assert after["updatedAt"] == before + MINUTE_MS
    clock.advance(MINUTE_MS)
    lever.call(method, f"{path}/{verb}", json=body)
    assert shown() == after


def test_tags_are_appended_in_order_and_are_case_sensitive(lever: Client, shown: Shown, path: str) -> None:
    lever.post(f"{path}/addTags", {"tags": ["b", "a", "b", "Full-Time"]})
    derived = ["Data Engineer", "Engineering", "Platform", "London", "Full-time"]
    assert shown()["tags"] == [*derived, "b", "a", "Full-Time"]
    lever.post(f"{path}/removeTags", {"tags": ["full-time", "a"]})
    assert shown()["tags"] == [*derived, "b", "Full-Time"]


def test_links_belong_to_the_contact_and_are_on_all_of_its_opportunities(
    sandbox: Sandbox, lever: Client, path: str, opportunity: str, clock: Clock
) -> None:
    other = sandbox.recruiter.add_lead("Ada", contact=opportunity)
    clock.advance(MINUTE_MS)
    lever.post(f"{path}/addLinks", {"links": ["https://a.test"]})
    row = lever.get(f"/opportunities/{other}")["data"]
    assert row["links"] == ["https://a.test"]
    assert row["updatedAt"] == clock.now_ms()
    lever.post(f"/opportunities/{other}/removeLinks", {"links": ["https://a.test"]})
    assert lever.get(path)["data"]["links"] == []


def test_a_stage_change_is_an_entry_in_the_history(
    sandbox: Sandbox, lever: Client, shown: Shown, path: str, clock: Clock
) -> None:
    user = lever.get("/users")["data"][0]["id"]
    lever.put(f"{path}/stage", {"stage": "offer"}, perform_as=user)
    row = shown()
    assert row["stage"] == "offer"
    assert row["stageChanges"][-1] == {
        "toStageId": "offer",
        "toStageIndex": 9,
        "updatedAt": clock.now_ms(),
        "userId": user,
    }
    assert row["lastAdvancedAt"] == clock.now_ms()
    assert len(row["stageChanges"]) == 2


def test_without_perform_as_the_history_names_no_user(lever: Client, shown: Shown, path: str) -> None:
    lever.put(f"{path}/stage", {"stage": "offer"})
    assert "userId" not in shown()["stageChanges"][-1]


def test_archiving_changes_the_entry_and_a_second_time_only_reason_and_time(
    sandbox: Sandbox, lever: Client, shown: Shown, path: str, clock: Clock
) -> None:
    reasons = {row["text"]: row["id"] for row in lever.get("/archive_reasons")["data"]}
    lever.put(f"{path}/archived", {"reason": reasons["Withdrew"]})
    first = clock.now_ms()
    assert shown()["archived"] == {"reason": reasons["Withdrew"], "archivedAt": first}
    assert shown()["lastAdvancedAt"] == first
    assert shown()["stage"] == "applicant-new"
    clock.advance(MINUTE_MS)
    lever.put(f"{path}/archived", {"reason": reasons["Timing"]})
    assert shown()["archived"] == {"reason": reasons["Timing"], "archivedAt": first + MINUTE_MS}
    application = lever.get(path, expand="applications")["data"]["applications"][0]
    assert application["archived"] == {"reason": reasons["Timing"], "archivedAt": first}


def test_an_archived_opportunity_can_move_and_stays_archived_until_the_reason_is_null(
    lever: Client, shown: Shown, path: str
) -> None:
    reason = lever.get("/archive_reasons")["data"][0]["id"]
    lever.put(f"{path}/archived", {"reason": reason})
    lever.put(f"{path}/stage", {"stage": "offer"})
    assert shown()["stage"] == "offer"
    assert shown()["archived"]["reason"] == reason
    lever.put(f"{path}/archived", {"reason": None})
    assert shown()["archived"] is None


@pytest.mark.parametrize(
    ("method", "verb", "body", "status"),
    [
        ("PUT", "stage", {"stage": "nowhere"}, 404),
        ("PUT", "stage", {}, 400),
        ("PUT", "archived", {"reason": "none"}, 404),
        ("PUT", "archived", {}, 400),
        ("POST", "addTags", {"tags": "a"}, 400),
        ("POST", "addTags", {}, 400),
        ("POST", "addTags", [], 400),
        ("POST", "addTags?perform_as=nobody", {"tags": ["a"]}, 400),
    ],
)
def test_a_malformed_write_is_refused_and_changes_nothing(
    lever: Client, shown: Shown, path: str, method: str, verb: str, body: object, status: int
) -> None:
    before = shown()
    assert lever.refused(method, f"{path}/{verb}", json=body)[0] == status
    assert shown() == before


def test_a_body_that_is_not_json_is_refused(lever: Client, path: str) -> None:
    assert lever.refused("POST", f"{path}/addTags", data=b"{tags")[0] == 400


def test_an_anonymised_contact_cannot_be_updated(
    sandbox: Sandbox, lever: Client, shown: Shown, path: str, opportunity: str
) -> None:
    sandbox.recruiter.anonymise(opportunity)
    row = shown()
    assert (row["isAnonymized"], row["name"], row["emails"], row["links"]) == (True, "", [], [])
    assert row["tags"]
    assert lever.refused("POST", f"{path}/addLinks", json={"links": ["https://a.test"]})[0] == 400


def test_updated_at_may_lag_behind(sandbox: Sandbox, lever: Client, shown: Shown, path: str, clock: Clock) -> None:
    sandbox.set_updated_at_lag(90_000)
    before, wrote_at = shown()["updatedAt"], clock.now_ms()
    lever.post(f"{path}/addTags", {"tags": ["a"]})
    assert shown()["updatedAt"] == before
    clock.advance(89_999)
    assert shown()["updatedAt"] == before
    clock.advance(1)
    assert shown()["updatedAt"] == wrote_at


def test_a_new_opportunity_needs_perform_as_and_is_matched_to_a_contact_by_address(
    lever: Client, opportunity: str, posting: str
) -> None:
    user = lever.get("/users")["data"][0]["id"]
    body = {"name": "Somebody", "emails": ["ADA@candidates.example.com"], "postings": [posting], "tags": ["new"]}
    assert lever.refused("POST", "/opportunities", json=body)[0] == 400
    response = lever.call("POST", "/opportunities", params={"perform_as": user}, json=body)
    made = response.json()
    assert response.status_code == 201
    assert made["deduped"] is True
    assert made["data"]["name"] == "Ada Byron"
    assert made["data"]["stage"] == "lead-new"
    assert made["data"]["tags"] == ["new", "Data Engineer", "Engineering", "Platform", "London", "Full-time"]
    assert made["data"]["contact"] == lever.get(f"/opportunities/{opportunity}")["data"]["contact"]
    fresh = lever.post("/opportunities", {"name": "Bo", "emails": ["bo@candidates.example.com"]}, perform_as=user)
    assert fresh["deduped"] is False
    assert fresh["data"]["applications"] == []


def test_deleted_opportunities_are_only_in_the_deleted_listing(sandbox: Sandbox, lever: Client, posting: str) -> None:
    ids = [sandbox.recruiter.apply(posting, "Ada") for _ in range(4)]
    for at, uid in enumerate(ids, start=1000):
        sandbox.recruiter.delete(uid, at_ms=at)
    assert lever.refused("GET", f"/opportunities/{ids[0]}") == (404, "ResourceNotFound")
    assert lever.listed("/opportunities") == []
    assert lever.listed("/opportunities/deleted", limit=1) == ids[::-1]
    assert lever.listed("/opportunities/deleted", deleted_at_start=1001, deleted_at_end=1002) == ids[2:0:-1]
    row = lever.get("/opportunities/deleted", deleted_at_end=1000)["data"][0]
    assert (set(row), row["deletedAt"]) == ({"id", "deletedAt", "deletedBy"}, 1000)
    application = lever.get("/applications/deleted")["data"][-1]
    assert (application["opportunityId"], application["postingId"]) == (ids[0], posting)


def test_a_change_of_a_contact_shows_on_its_opportunities(lever: Client, shown: Shown, path: str, clock: Clock) -> None:
    contact = shown()["contact"]
    answer = lever.put(f"/contacts/{contact}", {"location": "Oslo", "emails": ["new@candidates.example.com"]})
    assert answer["data"]["location"] == {"name": "Oslo"}
    assert "isAnonymized" not in answer["data"]
    assert (shown()["location"], shown()["emails"]) == ("Oslo", ["new@candidates.example.com"])
    assert shown()["updatedAt"] == clock.now_ms()
    assert lever.get(f"/contacts/{contact}")["data"]["isAnonymized"] is False
