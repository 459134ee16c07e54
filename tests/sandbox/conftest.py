"""A sandbox with a frozen clock and no rate limit, and an HTTP client for each service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from include.sandbox import Clock, Sandbox

NOW_MS = 1_767_225_600_000


class Client:
    """Calls one service through requests. ``call`` returns the response, the other methods the JSON of a success."""

    def __init__(self, session: requests.Session, root: str) -> None:
        self.session = session
        self.root = root

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.root + path, **options)

    def get(self, path: str, /, **params: Any) -> Any:
        return self._json(self.call("GET", path, params=params))

    def post(self, path: str, body: object = None, **params: Any) -> Any:
        return self._json(self.call("POST", path, json=body, params=params))

    def put(self, path: str, body: object, **params: Any) -> Any:
        return self._json(self.call("PUT", path, json=body, params=params))

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Returns status and code of an error in Lever's format."""
        response = self.call(method, path, **options)
        body = response.json()
        assert set(body) == {"code", "message"}
        return response.status_code, body["code"]

    def listed(self, path: str, /, **params: Any) -> list[Any]:
        """Returns the ids of all pages."""
        return [row["id"] for row in self.walk(path, **params)]

    def walk(self, path: str, /, **params: Any) -> list[Any]:
        rows: list[Any] = []
        page = self.get(path, **params)
        while True:
            rows += page["data"]
            if not page["hasNext"]:
                assert "next" not in page
                return rows
            page = self.get(path, **params, offset=page["next"])

    @staticmethod
    def _json(response: requests.Response) -> Any:
        assert response.status_code < 300, (response.status_code, response.text)
        return response.json() if response.content else None


@pytest.fixture
def clock() -> Clock:
    clock = Clock(NOW_MS)
    clock.freeze()
    return clock


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock, lever_calls_per_second=None)


@pytest.fixture
def client_of(sandbox: Sandbox) -> Callable[[str], Client]:
    """Makes a Lever client with the given key."""

    def make(key: str) -> Client:
        session = requests.Session()
        session.mount("http://", sandbox.adapter())
        session.auth = (key, "")
        return Client(session, sandbox.lever_root)

    return make


@pytest.fixture
def lever(sandbox: Sandbox, client_of: Callable[[str], Client]) -> Client:
    return client_of(sandbox.LEVER_KEY)


@pytest.fixture
def control(sandbox: Sandbox) -> Client:
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    return Client(session, "http://127.0.0.1/control")


@pytest.fixture
def posting(sandbox: Sandbox) -> str:
    return sandbox.recruiter.add_posting(
        "Data Engineer",
        team="Platform",
        department="Engineering",
        location="London",
        commitment="Full-time",
        hiring_manager_email="mika.strand@hiring.example.com",
    )


@pytest.fixture
def opportunity(sandbox: Sandbox, posting: str) -> str:
    return sandbox.recruiter.apply(posting, "Ada Byron", ["ada@candidates.example.com"])
