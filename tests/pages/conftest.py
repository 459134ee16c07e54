"""The page as Airflow serves it: Airflow's whole API server on loopback, with its database, login and roles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi import FastAPI

from alva_lever.connect import SharedIntegration
from include.sandbox import Sandbox
from tests.dags.conftest import hourly, hurried, nightly, posting, results, sandbox, served
from tests.dags.runner import Runner
from tests.pages.story import TRIGGER, Story
from tests.serving import on_loopback

__all__ = ["hourly", "hurried", "nightly", "posting", "results", "sandbox", "served"]
HTML = {"Accept": "text/html"}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    value: dict[str, object] = {"trigger_stage": TRIGGER, "blocked_origins": ["agency"]}
    monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps(value))
    return value


@dataclass
class Site:
    """The page, and both services. `role`: VIEWER, USER, OP, ADMIN; None: a login without a role."""

    url: str
    sandbox: Sandbox
    sessions: dict[str | None, requests.Session] = field(default_factory=dict)

    def session(self, role: str | None = "ADMIN") -> requests.Session:
        """Returns a session of a person with this role, who is logged in."""
        if role not in self.sessions:
            session = requests.Session()
            user = SimpleAuthManagerUser(username=f"{role}".lower(), role=role)
            session.cookies.set("_token", get_auth_manager().generate_jwt(user))
            self.sessions[role] = session
        return self.sessions[role]

    def get(self, path: str, role: str | None = "ADMIN", **params: Any) -> requests.Response:
        return self.session(role).get(self.url + path, params=params, headers=HTML, timeout=60, allow_redirects=False)

    def post(self, path: str, role: str | None = "ADMIN", /, page: str = "why", **form: Any) -> requests.Response:
        """Sends a form as the page does, with the token that `page` holds."""
        token = self.token(role, page)
        return self.session(role).post(
            self.url + path, data={"form_token": token, **form}, timeout=60, allow_redirects=False
        )

    def token(self, role: str | None = "ADMIN", page: str = "why") -> str:
        found = re.search(r'X-Form-Token": "([^"]+)"', self.get(page, role).text)
        return found[1] if found else ""


@pytest.fixture(scope="session")
def airflow_app(database: None) -> FastAPI:
    """Airflow's API server."""
    return create_app()


@pytest.fixture(scope="session")
def api_server(airflow_app: FastAPI) -> Iterator[str]:
    """Returns the address of the page on Airflow's API server."""
    with on_loopback(airflow_app) as url:
        yield f"{url}/alva-lever/"


@pytest.fixture
def site(api_server: str, served: str, sandbox: Sandbox) -> Iterator[Site]:
    """The page with connections to both services, and the options set."""
    site = Site(api_server, sandbox)
    yield site
    for session in site.sessions.values():
        session.close()


@pytest.fixture
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page asks Lever without waiting. `test_pace.py` tests its pace."""
    monkeypatch.setattr(SharedIntegration, "CALLS_PER_SECOND", 100_000.0)


@pytest.fixture
def story(sandbox: Sandbox, posting: str, hourly: Runner) -> Story:
    return Story(sandbox, posting, hourly)
