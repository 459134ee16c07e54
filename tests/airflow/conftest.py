"""Starts a whole Airflow as `make demo` does: API server, scheduler, DAG processor and triggerer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from include.demo.airflow import environment
from include.demo.rest import AirflowApi, Run
from include.demo.running import running as airflow
from include.sandbox import Sandbox

SETTINGS = "alva_lever_settings"
HOURLY = "alva_lever_invite_candidates"
EVENTS = "alva_lever_handle_events"
PATIENCE_SECONDS = 600  # the machine may be busy with other work


@dataclass
class Office:
    """Airflow with both services. Lever has no rate limit here."""

    sandbox: Sandbox
    api: AirflowApi
    url: str
    home: Path
    wait_for: Callable[[Callable[[], bool], str, float], None] = field(repr=False)

    def run(self, run_id: str, **conf: Any) -> Run:
        self.api.trigger(HOURLY, run_id, conf)
        return self.ended(run_id)

    def ended(self, run_id: str) -> Run:
        self.wait_for(lambda: self.api.run(HOURLY, run_id).is_done, f"{run_id} is done", PATIENCE_SECONDS)
        return self.api.run(HOURLY, run_id)

    def report(self, run_id: str) -> dict[str, Any]:
        return self.api.report(self.api.run(HOURLY, run_id))

    @contextmanager
    def settings(self, **options: Any) -> Iterator[None]:
        """Sets the integration's options while the block runs."""
        before = self.api.get(f"variables/{SETTINGS}")["value"]
        self.api.change_variable(SETTINGS, json.dumps(options))
        try:
            yield
        finally:
            self.api.change_variable(SETTINGS, before)

    def get(self, path: str) -> Any:
        return self.api.get(path)

    def invited(self, opportunity: str) -> int:
        sent: int = self.sandbox.look(opportunity)["alva"]["invitations_sent"]
        return sent

    def stages(self, opportunities: Iterable[str]) -> list[str | None]:
        """Returns each opportunity's stage in Alva, or None if it has no candidate there."""
        found: list[Any] = [self.sandbox.candidates.find(opportunity)["candidate"] for opportunity in opportunities]
        return [None if candidate is None else str(candidate["stage"]) for candidate in found]

    def runs(self, dag_id: str) -> list[Run]:
        """Returns all runs of a DAG, page by page."""
        rows: list[dict[str, Any]] = []
        while page := self.get(f"dags/{dag_id}/dagRuns?limit=100&offset={len(rows)}&order_by=run_after")["dag_runs"]:
            rows += page
        return [Run(dag_id, row["dag_run_id"], row["state"], datetime.fromisoformat(row["run_after"])) for row in rows]

    def all_done(self, dag_id: str) -> bool:
        return all(run.is_done for run in self.runs(dag_id))

    def register(self, base_url: str) -> None:
        """Registers webhooks to this address and switches them on in Lever, as an administrator does."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "alva_lever.web.registration", base_url],
            env=environment(self.home), cwd=self.home, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        self.sandbox.recruiter.switch_webhooks()

    def applied(self, posting: str, at: datetime) -> str:
        number = len(self.sandbox.world.lever.opportunities)
        at_ms = round(at.timestamp() * 1000)
        return self.sandbox.recruiter.apply(posting, "Ada Byron", [f"c{number}@candidates.example.com"], at_ms=at_ms)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    sandbox = Sandbox(lever_calls_per_second=None)
    with sandbox.serve() as sandbox_url, airflow(tmp_path_factory.mktemp("airflow"), sandbox_url) as there:
        there.api.change_connection("lever_default", "lever", extra='{"calls_per_second": 100000}')
        for dag_id in (HOURLY, EVENTS):
            there.api.unpause(dag_id)
        there.start.wait_for(lambda: _has_run(there.api), "the run that is due at once is done", PATIENCE_SECONDS)
        yield Office(sandbox, there.api, there.url, there.home, there.start.wait_for)


@pytest.fixture
def office(running: Office) -> Office:
    running.sandbox.reset()
    return running


@pytest.fixture
def posting(office: Office) -> str:
    return office.sandbox.recruiter.add_posting("Data Engineer", team="Platform")


def _has_run(api: AirflowApi) -> bool:
    runs = api.runs(HOURLY)
    return bool(runs) and all(run.is_done for run in runs)
