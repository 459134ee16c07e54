from __future__ import annotations

import pytest

from include.sandbox.candidates import Candidates
from tests.sandbox.alva.conftest import Api


def test_a_user_is_added_once_for_an_address_in_any_case(api: Api) -> None:
    body = {"email": "Ada@example.com", "first_name": "Ada", "last_name": "Ek", "team": "Kitchen"}
    made = api.call("POST", "/users", 201, json=body)
    assert {key: made[key] for key in body} == body
    error = api.call("POST", "/users", 409, json={"email": "ada@EXAMPLE.com"})["error"]
    assert error["details"] == {"user_id": made["id"]}
    assert api.call("GET", "/users") == {"data": [made], "next_cursor": None}
    api.call("POST", "/users", 422, json={"email": "ada"})


def test_teams_and_profiles_are_listed(api: Api, candidates: Candidates) -> None:
    assert api.walk("/teams") == []
    team = candidates.add_team("Kitchen")
    assert [(row["id"], row["name"]) for row in api.walk("/teams")] == [(team, "Kitchen")]
    assert [row["name"] for row in api.walk("/profiles")] == ["Default profile"]
    api.call("POST", "/teams", 405, json={"name": "Bar"})


def test_webhooks_are_created_changed_and_removed_and_show_no_token(api: Api) -> None:
    made = api.call("POST", "/webhooks", 201, json={"url": "https://hooks.example.test/alva"})
    assert made["signed"] is False
    assert made["events"] == ["candidate.created", "validation_test_result.created", "role_fit.created"]
    body = {"signature_token": "secret-token", "events": ["role_fit.created"]}
    changed = api.call("PATCH", f"/webhooks/{made['id']}", json=body)
    assert (changed["signed"], changed["events"], changed["url"]) == (True, ["role_fit.created"], made["url"])
    assert "secret-token" not in str(api.call("GET", "/webhooks"))
    assert api.call("GET", f"/webhooks/{made['id']}") == changed
    api.call("DELETE", f"/webhooks/{made['id']}", 204)
    api.call("DELETE", f"/webhooks/{made['id']}", 404)
    assert api.walk("/webhooks") == []


@pytest.mark.parametrize("body", [{}, {"url": ""}, {"url": "https://x.test", "events": ["candidate.deleted"]}])
def test_a_wrong_webhook_is_a_422(api: Api, body: dict[str, object]) -> None:
    api.call("POST", "/webhooks", 422, json=body)
