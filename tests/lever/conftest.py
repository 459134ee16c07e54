from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from alva_lever.lever.hook import LeverHook
from tests.http.recording import RecordingServer, Time


def opportunity(id: str | int = "opp-1", **fields: Any) -> dict[str, Any]:
    """Returns an opportunity as `expand=applications` gives it: the keys and types of recorded traffic."""
    return {
        "id": id,
        "name": "Ada Byron",
        "contact": f"contact-of-{id}",
        "headline": "",
        "stage": "applicant-new",
        "confidentiality": "non-confidential",
        "location": "",
        "phones": [{"type": "mobile", "value": "+1 555 0112"}],
        "emails": ["ada@example.com"],
        "links": ["https://example.test/ada"],
        "archived": None,
        "tags": ["Engineering"],
        "sources": ["Job site"],
        "stageChanges": [{"toStageId": "applicant-new", "toStageIndex": 3, "updatedAt": 1767225600000}],
        "origin": "applied",
        "sourcedBy": None,
        "owner": "user-1",
        "followers": [],
        "applications": [{"id": f"app-of-{id}", "posting": "posting-1", "createdAt": 1767225600001, "name": None}],
        "createdAt": 1767225600000,
        "updatedAt": None,
        "lastInteractionAt": 1767225600002,
        "lastAdvancedAt": 1767225600000,
        "snoozedUntil": None,
        "urls": {"list": "https://hire.lever.test", "show": "https://hire.lever.test/1"},
        "isAnonymized": False,
        "dataProtection": None,
        **fields,
    }


def posting(id: str = "p1", manager: Any = None, **fields: Any) -> dict[str, Any]:
    """Returns a posting as `expand=hiringManager` gives it."""
    return {
        "id": id,
        "text": "Engineer",
        "state": "published",
        "confidentiality": "non-confidential",
        "tags": ["Alva: Screening"],
        "categories": {"team": "Platform", "level": None},
        "hiringManager": manager,
        "createdAt": 1767225600000,
        **fields,
    }


def note(id: str = "note-1", text: str = "Hello\n\nRef: alva-lever/result/7", **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "text": "Note",
        "fields": [{"type": "note", "text": "Comment", "value": text, "createdAt": 5, "user": None}],
        "user": None,
        "secret": False,
        "completedAt": 5,
        "createdAt": 5,
        "deletedAt": None,
        **fields,
    }


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, server: RecordingServer) -> Callable[..., None]:
    def connect(**fields: Any) -> None:
        connection = {"conn_type": "http", "host": server.root, "password": "lever-key", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(connection))

    connect()
    return connect


@pytest.fixture
def lever(connect: Callable[..., None], time: Time) -> LeverHook:
    return LeverHook(**time.arguments)
