"""Granting access in a browser: the page's strict policy lets the person go to Lever and come back."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import BrowserContext, Page

from include.sandbox.lever.oauth import CLIENT_ID, CLIENT_SECRET, SignInDoor
from tests.browser.seeing import log_in, policy_refusals
from tests.pages.conftest import Site
from tests.pages.test_grant import _nothing_granted, stored

__all__ = ["_nothing_granted"]


@pytest.mark.parametrize(("button", "granted"), [("Allow", True), ("Deny", False)])
def test_a_person_grants_or_denies(
    site: Site, served: str, context: BrowserContext, tab: Page, monkeypatch: pytest.MonkeyPatch,
    button: str, granted: bool,
) -> None:  # fmt: skip
    # By another name than the page's, so that to the browser it is another site, as Lever is.
    lever = served.replace("127.0.0.1", "localhost")
    app = {"conn_type": "generic", "host": lever + SignInDoor.root, "login": CLIENT_ID, "password": CLIENT_SECRET}
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps({"conn_type": "lever", "host": f"{served}/lever/v1"}))
    log_in(context, site, "ADMIN")
    refused = policy_refusals(tab)
    tab.goto(f"{site.url}set-up")
    tab.get_by_role("button", name="Grant access").click()
    tab.get_by_role("button", name=button).click()
    if granted:
        tab.get_by_text("Access is granted.").wait_for()
        assert tab.url == f"{site.url}set-up"
    else:
        tab.get_by_role("heading", name="Access was denied").wait_for()
    assert (stored() is not None) == granted
    assert refused == []
