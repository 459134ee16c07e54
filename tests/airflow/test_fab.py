"""Airflow's five roles under its FAB auth manager: who may look, act and set up, as each finds it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from include.demo.airflow import Installation, command, environment
from include.demo.home import RECORD
from include.demo.ports import free_port
from include.demo.processes import Component, Fleet
from include.demo.rest import AirflowApi
from include.demo.start import PROJECT
from tests.airflow.conftest import PATIENCE_SECONDS

pytest.importorskip("airflow.providers.fab", reason="FAB isn't installed, the provider of Airflow's five roles")

FAB = {"AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"}
PASSWORD = "a-password-of-this-test"
# Whether a role may look, act and set up: the README's table.
ROLES = {
    "Admin": (True, True, True),
    "Op": (True, True, True),
    "User": (True, True, False),
    "Viewer": (True, False, False),
    "Public": (False, False, False),
}
ACTS = ("run-now", "backfill")
SETS_UP = ("set-up-pool", "set-up-dags", "set-up-connection", "set-up-options")


@pytest.fixture(scope="module")
def airflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Airflow's API server with FAB, the DAGs in its database, and a user with each role. Nothing else runs."""
    home = tmp_path_factory.mktemp("airflow")
    installation = Installation(home, PROJECT / "dags", PROJECT / "plugins", free_port(0, other_than=0))
    fleet = Fleet(home / RECORD)

    def airflow(*arguments: str) -> None:
        fleet.finish(_start(fleet, home, *arguments), PATIENCE_SECONDS)

    try:
        installation.write_settings()
        airflow("db", "migrate")
        airflow("dags", "reserialize")
        for role in ROLES:
            name = role.lower()
            airflow(
                "users", "create", "--role", role, "--username", name, "--password", PASSWORD,
                "--firstname", role, "--lastname", "Visitor", "--email", f"{name}@airflow.example.com",
            )  # fmt: skip
        _start(fleet, home, "api-server")
        ends = time.monotonic() + PATIENCE_SECONDS
        while not AirflowApi(installation.url).health():
            fleet.check()
            assert time.monotonic() < ends
            time.sleep(0.5)
        yield installation.url
    finally:
        fleet.stop()


def _start(fleet: Fleet, home: Path, *arguments: str) -> Component:
    log = home / f"{arguments[0]}.log"
    return fleet.start(" ".join(arguments[:2]), command(*arguments), log, environment(home) | FAB, home)


@pytest.fixture
def session(airflow_url: str, role: str) -> Iterator[requests.Session]:
    """A person with this role, who has logged in."""
    with requests.Session() as session:
        login = {"username": role.lower(), "password": PASSWORD}
        answer = session.post(f"{airflow_url}/auth/token", json=login, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 201, answer.text
        session.cookies.set("_token", answer.json()["access_token"])
        yield session


@pytest.mark.parametrize(("role", "may"), ROLES.items())
def test_a_role_may(airflow_url: str, session: requests.Session, role: str, may: tuple[bool, bool, bool]) -> None:
    looks, acts, sets_up = may
    page_url = f"{airflow_url}/alva-lever/"
    looked = {path: session.get(page_url + path, timeout=PATIENCE_SECONDS) for path in ("", "why", "set-up")}
    assert {path: answer.status_code for path, answer in looked.items()} == dict.fromkeys(looked, 200 if looks else 403)
    token = re.search(r'X-Form-Token": "([^"]+)"', looked[""].text)
    assert (token is not None) == looks
    form = {"form_token": token[1] if token else "", "dry_run": "true"}
    done = {
        action: session.post(page_url + action, data=form, timeout=PATIENCE_SECONDS, allow_redirects=False)
        for action in (*ACTS, *SETS_UP)
    }
    refused = {action for action, answer in done.items() if answer.status_code == 403}
    assert refused == {*(() if acts else ACTS), *(() if sets_up else SETS_UP)}
    # These need nothing else of the form.
    assert done["run-now"].status_code == (303 if acts else 403), done["run-now"].text
    assert done["set-up-pool"].status_code == (303 if sets_up else 403), done["set-up-pool"].text


def test_without_a_login_the_page_leads_to_fabs(airflow_url: str) -> None:
    url = f"{airflow_url}/alva-lever/"
    assert requests.get(url, timeout=PATIENCE_SECONDS).status_code == 401
    led = requests.get(url, headers={"Accept": "text/html"}, timeout=PATIENCE_SECONDS)
    assert (led.status_code, "/auth/login" in led.url) == (200, True)
    assert "password" in led.text
