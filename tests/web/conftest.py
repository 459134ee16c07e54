"""The plugin's application as Airflow mounts it: on a real server on loopback, with Airflow's own database."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from airflow.api_fastapi.app import init_plugins
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from fastapi import FastAPI
from sqlalchemy import delete, select, text

from tests.dags.runner import Runner
from tests.serving import on_loopback

LEVER = "/alva-lever/webhooks/lever"
TOKEN, ANOTHER_TOKEN = "0f" * 24, "1e" * 24
DAY_MS = 24 * 60 * 60 * 1000
OPPORTUNITY = "0b6f4a1e-9c52-4d0a-8f3b-2f6f1c7e5d10"
APPLICATION = "9d2c7f64-1a3e-4b58-90c7-6e5b8a4f3c21"


def now_ms() -> int:
    return round(time.time() * 1000)


def signed(key: str = TOKEN, /, **fields: Any) -> dict[str, Any]:
    """Returns a delivery as Lever sends it, by default a stage change; `...` leaves a field out."""
    body = {
        "id": "delivery-1",
        "event": "candidateStageChange",
        "triggeredAt": now_ms(),
        "token": secrets.token_hex(24),
        "data": {"opportunityId": OPPORTUNITY, "candidateId": OPPORTUNITY, "toStageId": "applicant-new"},
    } | fields
    message = f"{body['token']}{body['triggeredAt']}".encode(errors="surrogatepass")
    body = {"signature": hmac.new(key.encode(), message, hashlib.sha256).hexdigest()} | body
    return {name: value for name, value in body.items() if value is not ...}


@dataclass
class Door:
    """Sends deliveries, and reads the runs that they start in Airflow."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def send(self, body: object, *, method: str = "POST", path: str = LEVER, **options: Any) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.session.request(method, self.url + path, data=data, timeout=60, **options)

    def runs(self) -> list[DagRun]:
        with create_session() as session:
            return list(session.scalars(select(DagRun).where(DagRun.dag_id == "alva_lever_handle_events")))

    def deliveries(self) -> list[dict[str, str]]:
        """Returns the deliveries of all runs."""
        return [delivery for run in self.runs() for delivery in (run.conf or {})["deliveries"]]


@pytest.fixture(scope="session")
def serving(database: None) -> Iterator[str]:
    Runner("alva_lever_handle_events")
    application = FastAPI()
    init_plugins(application)
    with on_loopback(application) as url:
        yield url


@pytest.fixture
def door(serving: str, tokens: None) -> Iterator[Door]:
    with create_session() as session:
        session.execute(delete(DagRun))
    door = Door(serving)
    yield door
    door.session.close()


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configures two signing tokens, as during a rotation."""
    connection = {"conn_type": "generic", "password": f"{TOKEN}, {ANOTHER_TOKEN}"}
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_WEBHOOK", json.dumps(connection))


def while_locked(work: Callable[[], object]) -> None:
    """Runs `work` in its own thread, as the API server does, while another thread locks the database."""
    with create_session() as session, ThreadPoolExecutor(1) as pool:
        session.execute(text("BEGIN EXCLUSIVE"))
        try:
            pool.submit(work).result()
        finally:
            session.rollback()
