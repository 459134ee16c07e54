from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from include.sandbox import Sandbox
from tests.dags.runner import Runner


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(lever_calls_per_second=None)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    value: dict[str, object] = {"trigger_stage": "New applicant"}
    monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps(value))
    return value


@pytest.fixture
def served(sandbox: Sandbox, settings: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serves both services on a free port and sets the connections to them, without a rate limit."""
    with sandbox.serve() as url:
        lever = {
            "conn_type": "lever", "host": f"{url}/lever/v1", "password": sandbox.LEVER_KEY,
            "extra": {"calls_per_second": 100_000},
        }  # fmt: skip
        alva = {"conn_type": "alva", "host": f"{url}/alva/v1", "password": sandbox.ALVA_KEY}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(lever))
        monkeypatch.setenv("AIRFLOW_CONN_ALVA_DEFAULT", json.dumps(alva))
        yield url


@pytest.fixture
def hourly(database: None, served: str) -> Runner:
    """The hourly DAG, which has never run."""
    _forget_runs()
    return Runner("alva_lever_invite_candidates")


@pytest.fixture
def events(database: None, served: str) -> Runner:
    """The DAG that webhooks start, which has never run."""
    _forget_runs()
    return Runner("alva_lever_handle_events")


@pytest.fixture
def results(database: None, served: str) -> Runner:
    """The results DAG, which has never run."""
    _forget_runs()
    return Runner("alva_lever_push_results")


@pytest.fixture
def nightly(database: None, served: str) -> Runner:
    """The nightly DAG, which has never run."""
    _forget_runs()
    return Runner("alva_lever_sync_postings")


def _forget_runs() -> None:
    from airflow.models.asset_state_store import AssetStateStoreModel
    from airflow.models.dagrun import DagRun
    from airflow.models.task_state_store import TaskStateStoreModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        for model in (XComModel, TaskStateStoreModel, AssetStateStoreModel, TaskInstance, DagRun):
            session.execute(delete(model))


@pytest.fixture
def posting(sandbox: Sandbox) -> str:
    return sandbox.recruiter.add_posting("Data Engineer", team="Platform", hiring_manager_email="mo@hiring.example.com")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary faults are retried as often as usual, but without waiting."""
    monkeypatch.setattr("alva_lever.http.hook.seconds_until_next", lambda state: 0.0)
    monkeypatch.setattr("alva_lever.http.hook.backoff_seconds", lambda attempt: 0.0)
