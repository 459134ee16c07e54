from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
import requests

from include.sandbox import Clock, Sandbox
from include.sandbox.lever.access import Bucket, Limit
from tests.sandbox.conftest import Client

UNAUTHENTICATED = {"code": "UnauthorizedError", "message": "The request requires authentication."}


@pytest.fixture
def secret(sandbox: Sandbox) -> str:
    posting = sandbox.recruiter.add_posting("Chief Financial Officer", confidential=True)
    return sandbox.recruiter.apply(posting, "Ada", ["ada@candidates.example.com"])


@pytest.mark.parametrize("header", [None, "", "Basic", "Basic !!!", "Basic bm9ib2R5Og==", "Bearer sandbox-lever-key"])
def test_a_request_without_a_known_key_is_answered_401(sandbox: Sandbox, header: str | None) -> None:
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    response = session.get(sandbox.lever_root + "/stages", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.json() == UNAUTHENTICATED


def test_the_key_is_the_user_name_and_the_password_is_empty(sandbox: Sandbox) -> None:
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    header = "Basic " + base64.b64encode(f"{sandbox.LEVER_KEY}:".encode()).decode()
    assert session.get(sandbox.lever_root + "/stages", headers={"Authorization": header}).ok


def test_an_oauth_token_is_a_bearer_token_and_can_be_revoked(sandbox: Sandbox) -> None:
    token = sandbox.add_lever_key("access-1", bearer=True)
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    session.headers["Authorization"] = f"Bearer {token}"
    assert session.get(sandbox.lever_root + "/stages").status_code == 200
    sandbox.remove_lever_key(token)
    assert session.get(sandbox.lever_root + "/stages").status_code == 401


def test_an_unknown_path_or_object_is_answered_404_with_levers_message(lever: Client) -> None:
    assert lever.call("GET", "/nothing/here").json() == {
        "code": "ResourceNotFound",
        "message": "/v1/nothing/here does not exist",
    }
    assert lever.call("GET", "/stages/abc").json() == {
        "code": "ResourceNotFound",
        "message": "stages abc was not found",
    }
    assert lever.refused("PATCH", "/stages") == (404, "ResourceNotFound")


def test_a_key_is_limited_to_its_permissions(
    sandbox: Sandbox, client_of: Callable[[str], Client], opportunity: str
) -> None:
    reader = client_of(sandbox.add_lever_key("reader", {"opportunities": "read", "notes": "write"}))
    assert reader.listed("/opportunities") == [opportunity]
    assert reader.refused("POST", f"/opportunities/{opportunity}/addTags", json={"tags": ["a"]})[0] == 403
    assert reader.refused("PUT", f"/opportunities/{opportunity}/stage", json={"stage": "offer"})[0] == 403
    assert reader.refused("GET", "/tags")[0] == 403
    assert reader.refused("GET", "/postings")[0] == 403
    reader.post(f"/opportunities/{opportunity}/notes", {"value": "Hello"})
    assert len(reader.get(f"/opportunities/{opportunity}/notes")["data"]) == 1


@pytest.mark.parametrize("permissions", [{"everything": "read"}, {"tags": "delete"}])
def test_a_permission_that_does_not_exist_is_refused(sandbox: Sandbox, permissions: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="No such permission"):
        sandbox.add_lever_key("odd", permissions)


def test_a_default_listing_has_no_confidential_rows_for_any_key(
    sandbox: Sandbox, lever: Client, client_of: Callable[[str], Client], secret: str, opportunity: str
) -> None:
    granted = client_of(sandbox.add_lever_key("granted", confidential=True))
    for client in (lever, granted):
        assert client.listed("/opportunities") == [opportunity]
        assert len(client.listed("/postings")) == 1
    assert set(granted.listed("/opportunities", confidentiality="all")) == {opportunity, secret}
    assert granted.listed("/opportunities", confidentiality="confidential") == [secret]
    assert granted.get(f"/opportunities/{secret}")["data"]["confidentiality"] == "confidential"
    assert len(granted.listed("/postings", confidentiality="all")) == 2


def test_a_key_without_the_grant_is_refused_confidential_objects(sandbox: Sandbox, lever: Client, secret: str) -> None:
    posting = sandbox.count()["postings"][0]["id"]
    for path in (
        "/opportunities?confidentiality=all",
        "/opportunities?confidentiality=confidential",
        "/postings?confidentiality=all",
        f"/opportunities/{secret}",
        f"/opportunities/{secret}/notes",
        f"/postings/{posting}",
    ):
        assert lever.refused("GET", path)[0] == 403
    assert lever.refused("POST", f"/opportunities/{secret}/addTags", json={"tags": ["a"]})[0] == 403


def test_a_restricted_opportunity_is_listed_and_refused_by_id(
    sandbox: Sandbox, lever: Client, opportunity: str
) -> None:
    sandbox.recruiter.restrict(opportunity)
    assert lever.listed("/opportunities") == [opportunity]
    assert lever.refused("GET", f"/opportunities/{opportunity}")[0] == 403
    sandbox.recruiter.restrict(opportunity, restricted=False)
    assert lever.get(f"/opportunities/{opportunity}")["data"]["id"] == opportunity


def test_a_bucket_allows_its_burst_at_once_and_then_its_rate() -> None:
    seconds = [0.0]
    bucket = Bucket(Limit(10, 20, lambda: seconds[0]))
    assert [bucket.take() for _ in range(21)] == [True] * 20 + [False]
    seconds[0] = 0.25
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    seconds[0] = 100
    assert [bucket.take() for _ in range(21)].count(True) == 20


def test_a_call_over_the_limit_is_answered_429_and_each_key_has_its_own_limit(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock, lever_calls_per_second=0.000001, lever_burst=2)
    other = sandbox.add_lever_key("other")
    session = requests.Session()
    session.mount("http://", sandbox.adapter())

    def get(key: str) -> requests.Response:
        return session.get(sandbox.lever_root + "/stages", auth=(key, ""))

    assert [get(sandbox.LEVER_KEY).status_code for _ in range(3)] == [200, 200, 429]
    refusal = get(sandbox.LEVER_KEY)
    assert set(json.loads(refusal.content)) == {"code", "message"}
    assert "retry-after" not in refusal.headers
    assert not any(name.lower().startswith("x-ratelimit") for name in refusal.headers)
    assert get(other).status_code == 200


def test_a_keys_repr_hides_its_token(sandbox: Sandbox) -> None:
    with sandbox.world.lock:
        key = sandbox.world.lever.keys.add("very-secret")
    assert "very-secret" not in repr(key)
