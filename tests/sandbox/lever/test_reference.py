from __future__ import annotations

import pytest

from include.sandbox import Sandbox
from tests.sandbox.conftest import Client


def test_stages_are_in_pipeline_order_and_built_in_stages_have_slugs(lever: Client) -> None:
    page = lever.get("/stages", limit=100)
    assert page["hasNext"] is False
    ids = [row["id"] for row in page["data"]]
    assert ids[:4] == ["lead-new", "lead-reached-out", "lead-responded", "applicant-new"]
    assert "offer" in ids
    assert all(set(row) == {"id", "text"} for row in page["data"])
    assert lever.get("/stages/offer")["data"] == {"id": "offer", "text": "Offer"}


def test_disposition_stages_have_ascending_ranks_and_only_hired_has_a_type(lever: Client) -> None:
    data = lever.get("/disposition_stages")["data"]
    ranks = [row["rank"] for row in data["stages"]]
    assert ranks == sorted(ranks)
    assert {row["type"] for row in data["archiveReasons"]} == {None, "hired"}
    assert set(data["stages"][0]) == {"id", "text", "pipeline", "rank", "hasInterview"}


def test_exactly_one_archive_reason_is_hired(lever: Client) -> None:
    hired = lever.get("/archive_reasons", type="hired")["data"]
    assert [row["type"] for row in hired] == ["hired"]
    others = lever.get("/archive_reasons", type="non-hired")["data"]
    assert len(lever.get("/archive_reasons")["data"]) == len(others) + 1
    assert lever.get(f"/archive_reasons/{hired[0]['id']}")["data"] == hired[0]
    assert lever.call("GET", "/archive_reasons", params={"type": "x"}).status_code == 400


def test_tags_and_sources_are_counted_in_alphabetical_order(sandbox: Sandbox, lever: Client, posting: str) -> None:
    sandbox.recruiter.add_lead("Ada", tags=["vip", "a"])
    sandbox.recruiter.add_lead("Bo", tags=["vip", "VIP"])
    assert lever.get("/tags") == {
        "data": [{"text": "a", "count": 1}, {"text": "VIP", "count": 1}, {"text": "vip", "count": 2}],
        "hasNext": False,
    }
    assert lever.get("/sources")["data"] == [{"text": "Added manually", "count": 2}]


def test_an_unused_tag_is_not_listed(sandbox: Sandbox, lever: Client) -> None:
    lead = sandbox.recruiter.add_lead("Ada", tags=["vip"])
    sandbox.recruiter.untag(lead, "vip")
    assert lever.get("/tags")["data"] == []


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"email": "Robin.Vik@hiring.example.com"}, ["Robin Vik"]),
        ({"email": "nobody@hiring.example.com"}, []),
        ({"accessRole": "super admin"}, ["Robin Vik"]),
        ({"accessRole[]": ["super admin", "admin"]}, ["Sasha Lund", "Robin Vik"]),
    ],
)
def test_users_are_filtered_by_email_and_access_role(
    lever: Client, params: dict[str, object], expected: list[str]
) -> None:
    assert [row["name"] for row in lever.walk("/users", **params)] == expected


def test_users_are_listed_newest_first_without_deactivated_ones(sandbox: Sandbox, lever: Client) -> None:
    times = [row["createdAt"] for row in lever.walk("/users", limit=2)]
    assert times == sorted(times, reverse=True)
    new = sandbox.recruiter.add_user("New Here", "new@hiring.example.com")
    assert lever.listed("/users")[0] == new
    sandbox.world.lever.user(new).deactivated_at = 1
    assert new not in lever.listed("/users")
    assert new in lever.listed("/users", includeDeactivated="true")


def test_webhooks_are_listed_without_has_next_and_tokens(lever: Client) -> None:
    body = {"url": "https://example.test/hook", "event": "candidateHired"}
    response = lever.call("POST", "/webhooks", json=body)
    made = response.json()["data"]
    assert response.status_code == 201
    token = made["configuration"].pop("signatureToken")
    assert len(token) == 48
    assert int(token, 16)
    assert len(made["configuration"]["conditions"]["origins"]) == 6
    assert lever.get("/webhooks") == {"data": [made]}


def test_creating_a_webhook_twice_makes_two_webhooks(lever: Client) -> None:
    body = {"url": "https://example.test/hook", "event": "candidateDeleted"}
    first, second = (lever.post("/webhooks", body)["data"] for _ in range(2))
    assert first["id"] != second["id"]
    assert "conditions" not in first["configuration"]
    assert len(lever.get("/webhooks")["data"]) == 2
    assert lever.call("DELETE", f"/webhooks/{first['id']}").status_code == 204
    assert [row["id"] for row in lever.get("/webhooks")["data"]] == [second["id"]]
    assert lever.refused("DELETE", f"/webhooks/{first['id']}")[0] == 404


def test_webhooks_are_updated_together_or_not_at_all(lever: Client) -> None:
    webhook_id = lever.post("/webhooks", {"url": "https://a.test", "event": "candidateHired"})["data"]["id"]
    rows = [{"id": webhook_id, "url": "https://b.test", "configuration": {"conditions": {"origins": ["applied"]}}}]
    assert lever.refused("PUT", "/webhooks", json={"data": [*rows, {"id": "unknown"}]})[0] == 404
    assert lever.get("/webhooks")["data"][0]["url"] == "https://a.test"
    lever.put("/webhooks", {"data": rows})
    changed = lever.get("/webhooks")["data"][0]
    assert changed["url"] == "https://b.test"
    assert changed["configuration"] == {"conditions": {"origins": ["applied"]}}


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://a.test", "event": "tagAdded"},
        {"event": "candidateHired"},
        {"url": "https://a.test", "event": "candidateHired", "configuration": {"conditions": {"origins": ["x"]}}},
    ],
)
def test_a_malformed_webhook_is_refused(lever: Client, body: dict[str, object]) -> None:
    assert lever.refused("POST", "/webhooks", json=body)[0] == 400
