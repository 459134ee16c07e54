"""Each route of the app asks for a login, but for the webhooks, which are signed, and the files of the page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from fastapi.routing import APIRoute

from alva_lever.account import read_accounts
from alva_lever.web.app import build_app
from tests.pages.conftest import Site

ROUTES = [
    (method, route.path)
    for route in build_app().routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods)
]


def test_there_are_routes() -> None:
    assert len(ROUTES) > 20


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_it_asks_for_a_login(site: Site, method: str, path: str) -> None:
    answer = requests.request(method, site.url.rstrip("/") + path, timeout=60, allow_redirects=False)
    assert answer.status_code == 401
    page = requests.request(
        method, site.url.rstrip("/") + path, headers={"Accept": "text/html"}, timeout=60, allow_redirects=False
    )
    assert page.status_code == (303 if method == "GET" else 401)
    if method == "GET":
        assert "/auth/login?next=" in page.headers["location"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_login_without_a_role_is_refused(site: Site, method: str, path: str) -> None:
    answer = site.session(None).request(method, site.url.rstrip("/") + path, timeout=60, allow_redirects=False)
    assert answer.status_code == 403


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST"])
def test_a_form_without_its_token_is_refused(site: Site, path: str) -> None:
    answer = site.session("ADMIN").post(site.url.rstrip("/") + path, timeout=60, allow_redirects=False)
    assert answer.status_code == 403


def test_nothing_else_is_served_without_a_login() -> None:
    others = {getattr(route, "path", "") for route in build_app().routes if not isinstance(route, APIRoute)}
    webhooks = {f"/webhooks/{vendor}{slash}" for vendor in ("lever", "alva") for slash in ("", "/")}
    assert others == {*webhooks, "/static"}


@pytest.mark.parametrize("word", sorted({path.split("/")[1] for _, path in ROUTES} - {""}))
def test_no_account_can_have_the_address_of_a_route(word: str) -> None:
    with pytest.raises(ValueError, match="It takes names of lower-case letters"):
        read_accounts(word)


def test_a_fifth_who_waits_for_lever_is_told_to_try_again(site: Site, hourly: object) -> None:
    """Four wait in threads that Airflow's tasks need as well; the others are answered at once."""
    site.sandbox.faults.add("lever", "GET", "/stages", "slow", seconds=3.0, times=None)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: site.get("candidates", state="sent").status_code, range(8)))
    assert statuses.count(503) >= 1
    assert set(statuses) <= {200, 503}
