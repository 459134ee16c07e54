"""The stand-in for Lever's sign-in."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from include.sandbox import Sandbox
from include.sandbox.lever.oauth import CLIENT_ID, CLIENT_SECRET

ROOT = "http://127.0.0.1/lever/sign-in"
CALLBACK = "http://127.0.0.1:8080/granted"
ASKED = {
    "client_id": CLIENT_ID, "redirect_uri": CALLBACK, "response_type": "code", "state": "s-1",
    "audience": "https://api.lever.co/v1/", "scope": "stages:read:admin notes:write:admin offline_access",
}  # fmt: skip


@pytest.fixture
def browser(sandbox: Sandbox) -> requests.Session:
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    return session


def answered(browser: requests.Session, answer: str) -> dict[str, list[str]]:
    reply = browser.post(f"{ROOT}/authorize", data={**ASKED, "answer": answer}, allow_redirects=False)
    assert reply.status_code == 303
    assert reply.headers["location"].startswith(f"{CALLBACK}?")
    return parse_qs(urlsplit(reply.headers["location"]).query)


def asked_for_tokens(browser: requests.Session, **what: str) -> requests.Response:
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **what}
    return browser.post(f"{ROOT}/oauth/token", data=form)


def of_code(browser: requests.Session) -> dict[str, str]:
    code = answered(browser, "allow")["code"][0]
    reply = asked_for_tokens(browser, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    again = asked_for_tokens(browser, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert (reply.status_code, again.status_code, again.json()["error"]) == (200, 403, "invalid_grant")
    tokens: dict[str, str] = reply.json()
    return tokens


def status(browser: requests.Session, token: str, path: str = "stages") -> int:
    url = f"http://127.0.0.1/lever/v1/{path}"
    return browser.get(url, headers={"Authorization": f"Bearer {token}"}).status_code


def test_the_page_shows_what_is_asked_for_and_carries_it_along(browser: requests.Session) -> None:
    text = browser.get(f"{ROOT}/authorize", params=ASKED).text
    assert "notes:write:admin" in text
    assert 'name="state" value="s-1"' in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "x"}, {"response_type": "token"}, {"redirect_uri": "http://elsewhere.test"}, {"audience": ""},
        {"scope": ""}, {"scope": "everything"}, {"scope": "stages:read"},
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused(browser: requests.Session, wrong: dict[str, str]) -> None:
    assert browser.get(f"{ROOT}/authorize", params={**ASKED, **wrong}).status_code == 400
    assert browser.post(f"{ROOT}/authorize", data={**ASKED, **wrong, "answer": "allow"}).status_code == 400


def test_a_denial_is_sent_back_with_the_state(browser: requests.Session) -> None:
    answer = answered(browser, "deny")
    assert (answer["error"], answer["state"]) == (["access_denied"], ["s-1"])


def test_a_token_may_do_what_its_scopes_say_for_as_long_as_it_lasts(
    sandbox: Sandbox, browser: requests.Session
) -> None:
    tokens = of_code(browser)
    assert status(browser, tokens["access_token"]) == 200
    assert status(browser, tokens["access_token"], "postings") == 403
    sandbox.clock.advance(3600 * 1000)
    assert status(browser, tokens["access_token"]) == 401


def test_a_refresh_token_works_once(sandbox: Sandbox, browser: requests.Session) -> None:
    first = of_code(browser)["refresh_token"]
    second = asked_for_tokens(browser, grant_type="refresh_token", refresh_token=first).json()
    assert asked_for_tokens(browser, grant_type="refresh_token", refresh_token=first).json()["error"] == "invalid_grant"
    assert status(browser, second["access_token"]) == 200
    sandbox.clock.advance(91 * 86_400_000)
    late = asked_for_tokens(browser, grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert late.json()["error"] == "invalid_grant"


def test_a_wrong_secret_and_another_callback_get_no_token(browser: requests.Session) -> None:
    code = answered(browser, "allow")["code"][0]
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert asked_for_tokens(browser, **{**asked, "client_secret": "x"}).json()["error"] == "invalid_client"
    other = asked_for_tokens(browser, **{**asked, "redirect_uri": f"{CALLBACK}/x"})
    assert (other.status_code, other.json()["error"]) == (403, "invalid_grant")


def test_the_control_plane_sets_the_lifetime_and_revokes(sandbox: Sandbox, browser: requests.Session) -> None:
    assert browser.post("http://127.0.0.1/control/sign-in", json={"lifetime_seconds": 60}).status_code == 200
    tokens = of_code(browser)
    assert int(tokens["expires_in"]) == 60
    browser.post("http://127.0.0.1/control/sign-in", json={"revoke": True})
    assert status(browser, tokens["access_token"]) == 401
    refused = asked_for_tokens(browser, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"
