from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from alva_lever.alva.hook import AlvaHook
from tests.http.recording import RecordingServer, Reply, Time


def candidate(id: str = "48213", **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "external_id": "opp-1",
        "job_position_id": "771",
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Byron",
        "stage": "in_process",
        "invitation": {"status": "delivered", "sent_at": "2025-03-01T08:00:05Z", "email": "ada@example.com"},
        "assessments": [{"type": "logic", "status": "completed"}, {"type": "personality", "status": "started"}],
        "role_fit": None,
        "url": "https://app.alva.test/c/48213",
        "created_at": "2025-03-01T08:00:00Z",
        "updated_at": "2025-03-02T09:30:00Z",
        **fields,
    }


def position(id: str | int = "771", **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "external_id": "posting-1",
        "name": "Engineer",
        "owner_email": "mo@example.com",
        "team": "Platform",
        "status": "active",
        "archived": False,
        **fields,
    }


def results(**fields: Any) -> dict[str, Any]:
    return {
        "candidate_id": "48213",
        "role_fit": {"score": 82, "computed_at": "2025-03-03T10:00:00Z", "complete": True},
        "logic": {"percentage": 74, "sten": 7},
        "personality": {"percentage": 88},
        "coding": None,
        "interviews": [],
        "url": "https://app.alva.test/c/48213",
        **fields,
    }


def listed(*rows: Any, cursor: str | None = None) -> Reply:
    return Reply(json={"data": list(rows), "next_cursor": cursor})


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, server: RecordingServer) -> Callable[..., None]:
    def connect(**fields: Any) -> None:
        connection = {"conn_type": "http", "host": server.root, "password": "alva-key", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_ALVA_DEFAULT", json.dumps(connection))

    connect()
    return connect


@pytest.fixture
def alva(connect: Callable[..., None], time: Time) -> AlvaHook:
    return AlvaHook(**time.arguments)
