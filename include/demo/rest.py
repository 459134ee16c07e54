"""A client for the few calls of Airflow's REST API (v2) that the demo makes, one call at a time.

Two clients that write at once block SQLite, and Airflow's scheduler with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from include.demo.processes import DemoError
from include.demo.settings import Settings

_TIMEOUT_SECONDS = 15
_ATTEMPTS = 6  # SQLite sometimes refuses a second writer, more often on a busy machine
_DONE = ("success", "failed")
_UNDER_WAY = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Dag:
    dag_id: str
    file: str  # relative to the dags folder
    is_paused: bool
    next_run_after: datetime | None  # when the scheduler creates the next run


@dataclass(frozen=True, slots=True)
class Run:
    dag_id: str
    run_id: str
    state: str
    queued_at: datetime

    @property
    def is_done(self) -> bool:
        return self.state in _DONE


class AirflowApi:
    """Airflow's API server at ``url``. Raises `DemoError` with the answer if a call fails.

    ``meanwhile``: is called twice a second while a call waits for its next attempt.
    """

    def __init__(self, url: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        self._meanwhile = meanwhile
        self._root = f"{url}/api/v2"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc: it is this machine

    def health(self) -> dict[str, str]:
        """Returns each component's status (``healthy``); empty while the API server doesn't answer."""
        try:
            answer = self._session.get(f"{self._root}/monitor/health", timeout=_TIMEOUT_SECONDS)
            parts: dict[str, dict[str, str | None]] = answer.json() if answer.ok else {}
        except requests.RequestException:
            return {}
        return {name: str(part.get("status")) for name, part in parts.items()}

    def load(self, settings: Settings) -> None:
        """Creates the connections, pools and variables. Existing ones stay as they are."""
        for connection in settings.connections:
            body = {
                "connection_id": connection.conn_id,
                "conn_type": connection.conn_type,
                "host": connection.host,
                "login": connection.login,
                "password": connection.password,
                "schema": connection.schema,
                "port": connection.port,
                "extra": connection.extra,
            }
            self._make("connections", body)
        for pool in settings.pools:
            self._make("pools", {"name": pool.name, "slots": pool.slots, "description": pool.description})
        for variable in settings.variables:
            self._make("variables", {"key": variable.key, "value": variable.value})

    def dags(self) -> list[Dag]:
        """Returns the DAGs parsed so far, without those whose file is gone."""
        rows = self.get("dags", limit=100)["dags"]
        return [
            Dag(row["dag_id"], row["relative_fileloc"] or "", row["is_paused"], _time(row["next_dagrun_run_after"]))
            for row in rows
            if not row["is_stale"]
        ]

    def import_errors(self) -> dict[str, str]:
        """Returns the traceback of each file that can't be imported."""
        rows = self.get("importErrors", limit=100)["import_errors"]
        return {row["filename"]: row["stack_trace"] for row in rows}

    def change_connection(self, connection_id: str, conn_type: str, **fields: str) -> None:
        body = {"connection_id": connection_id, "conn_type": conn_type, **fields}
        self._call("PATCH", f"connections/{connection_id}", params={"update_mask": [*fields]}, json=body)

    def change_variable(self, key: str, value: str) -> None:
        self._call("PATCH", f"variables/{key}", json={"key": key, "value": value})

    def unpause(self, dag_id: str) -> None:
        self._call("PATCH", f"dags/{dag_id}", json={"is_paused": False})

    def pause(self, dag_id: str) -> None:
        self._call("PATCH", f"dags/{dag_id}", json={"is_paused": True})

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> None:
        """Starts a manual run. An existing run with this id counts as this run: an earlier answer may have been
        lost."""
        self._make(f"dags/{dag_id}/dagRuns", {"dag_run_id": run_id, "logical_date": None, "conf": dict(conf)})

    def run(self, dag_id: str, run_id: str) -> Run:
        return _run(self.get(f"dags/{dag_id}/dagRuns/{run_id}"))

    def runs(self, dag_id: str = "~") -> list[Run]:
        """Returns all runs of a DAG, or of all DAGs (``~``), in the order they were queued."""
        rows = self.get(f"dags/{dag_id}/dagRuns", limit=100)["dag_runs"]
        return sorted((_run(row) for row in rows), key=lambda run: run.queued_at)

    def is_idle(self, now: datetime) -> bool:
        """Whether nothing runs and no scheduled run is due."""
        if any(run.state in _UNDER_WAY for run in self.runs()):
            return False
        return all(dag.next_run_after is None or dag.next_run_after > now for dag in self.dags() if not dag.is_paused)

    def failed_tasks(self, run: Run) -> list[str]:
        rows = self.get(f"dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances", limit=100)["task_instances"]
        return sorted({row["task_id"] for row in rows if row["state"] == "failed"})

    def report(self, run: Run) -> dict[str, Any]:
        """Returns the result of the task ``report``, empty if there is none."""
        place = f"dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/report/xcomEntries/return_value"
        answer = self._call("GET", place, params={"deserialize": "true"}, also=404)
        value = answer.json()["value"] if answer.ok else None
        return value if isinstance(value, dict) else {}

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Reads a path below ``/api/v2/``."""
        body: dict[str, Any] = self._call("GET", path, params=query).json()
        return body

    def _make(self, path: str, body: Mapping[str, Any]) -> None:
        self._call("POST", path, json=body, also=409)

    def _call(self, method: str, path: str, also: int | None = None, **arguments: Any) -> requests.Response:
        """Makes a call, and retries it if the server fails. ``also``: a status that is acceptable too."""
        trouble = ""
        for attempt in range(_ATTEMPTS):
            for _ in range(2 * attempt):
                self._meanwhile()
                time.sleep(0.5)
            try:
                answer = self._session.request(
                    method, f"{self._root}/{path}", timeout=_TIMEOUT_SECONDS, allow_redirects=False, **arguments
                )
            except requests.RequestException as error:
                trouble = str(error)
                continue
            if answer.ok or answer.status_code == also:
                return answer
            trouble = f"{answer.status_code}: {answer.text[:500]}"
            if answer.status_code < 500:
                break
        raise DemoError(f"Airflow did not do {method} /api/v2/{path}. Its answer: {trouble}")


def _run(row: Mapping[str, Any]) -> Run:
    queued_at = _time(row["queued_at"]) or _time(row["run_after"])
    assert queued_at is not None  # `run_after` is never null
    return Run(row["dag_id"], row["dag_run_id"], row["state"], queued_at)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
