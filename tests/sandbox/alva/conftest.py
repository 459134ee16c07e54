"""An organisation behind its HTTP API, and a clock that stands still until it is set."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.alva.routes import router
from include.sandbox.candidates import Candidates
from include.sandbox.faults import Faults
from include.sandbox.journal import Journal

MARCH_MS = 1_740_816_000_000  # 2025-03-01T08:00:00Z


@dataclass
class StandingClock:
    ms: int = MARCH_MS

    def now_ms(self) -> int:
        return self.ms

    def days(self, number: float) -> None:
        self.ms += int(number * 24 * 60 * 60 * 1000)


class Api:
    """Calls the API with the right key, checks the status and returns the JSON."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def call(self, method: str, path: str, status: int = 200, **request: Any) -> Any:
        headers = {"Authorization": "Bearer sandbox-alva-key"} | request.pop("headers", {})
        answer = self.client.request(method, f"/alva/v1{path}", headers=headers, **request)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code}"
        return answer.json() if answer.content else None

    def position(self, **fields: Any) -> str:
        return str(self.call("POST", "/job_positions", 201, json={"name": "Cook"} | fields)["id"])

    def invite(self, position: str, opportunity: str | None, email: str = "kim@example.com", **fields: Any) -> Any:
        body = {"email": email, "external_id": opportunity, "send_invitation": True} | fields
        return self.call("POST", f"/job_positions/{position}/candidates", 201, json=body)

    def candidate(self, candidate_id: str) -> Any:
        return self.call("GET", f"/candidates/{candidate_id}")

    def results(self, candidate_id: str) -> Any:
        return self.call("GET", f"/candidates/{candidate_id}/results")

    def walk(self, path: str, **parameters: Any) -> list[Any]:
        rows: list[Any] = []
        while True:
            page = self.call("GET", path, params=parameters)
            rows += page["data"]
            if page["next_cursor"] is None:
                return rows
            parameters["cursor"] = page["next_cursor"]


def statuses(candidate: Any) -> list[str]:
    return [test["status"] for test in candidate["assessments"]]


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def organisation(clock: StandingClock) -> AlvaOrganisation:
    return AlvaOrganisation(clock)


@pytest.fixture
def api(organisation: AlvaOrganisation) -> Api:
    world = SimpleNamespace(alva=organisation, lock=organisation.lock)
    sandbox = SimpleNamespace(world=world, clock=organisation.clock, journal=Journal(), faults=Faults())
    app = FastAPI()
    app.include_router(router, prefix="/alva/v1")

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"sandbox": sandbox}}, receive, send)

    return Api(TestClient(behind, raise_server_exceptions=True))


@pytest.fixture
def candidates(organisation: AlvaOrganisation) -> Candidates:
    return Candidates(organisation)
