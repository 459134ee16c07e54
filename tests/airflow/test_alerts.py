"""The alerts of a running Airflow: for a failed run, a late run and a missing pool."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from include.demo.running import Running, running
from include.demo.start import PROJECT
from include.sandbox import Sandbox
from tests.airflow.conftest import EVENTS, PATIENCE_SECONDS

NO_POOL, ITS_TURN = "waits_for_no_pool", "waits_its_turn"

# Beside the DAGs, where the DAG processor and the tasks can import it.
CALLBACK = """
import json
from pathlib import Path

def notify(context):
    ti = context.get("ti")
    row = {
        "dag": context["dag_run"].dag_id,
        "run": context["run_id"],
        "reason": context.get("reason"),
        "task": getattr(ti, "task_id", None) if "exception" in context else None,
        "exception": str(context.get("exception")),
        "keys": sorted(context),
    }
    with Path(__file__).with_name("alerts.txt").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\\n")
"""
# Like the hourly DAG, but with waits of seconds instead of minutes.
WAITING = """
from datetime import timedelta
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task
from alva_lever.operators.alerts import late, on_failure
from alva_lever.operators.alerts import WatchPoolOperator

@task(task_id="find")
def find():
    pass

for dag_id, pool in (("waits_for_no_pool", "no_such_pool"), ("waits_its_turn", "lever_api")):
    with DAG(dag_id, schedule=None, deadline=late(timedelta(seconds=5)), on_failure_callback=on_failure()):
        find.override(pool=pool, weight_rule="absolute", priority_weight=1)()
        EmptyOperator(task_id="begin") >> WatchPoolOperator(
            task_id="watch_pool", waiting_task_id="find", pool_id=pool, patience_seconds=10, every_seconds=1,
            on_failure_callback=on_failure(),
        )
"""


@dataclass
class Office:
    sandbox: Sandbox
    airflow: Running
    dags: Path

    def alerts(self, dag_id: str) -> list[dict[str, Any]]:
        file = self.dags / "alerts.txt"
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
        return [row for row in rows if row["dag"] == dag_id]

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        rows = self.airflow.api.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {row["task_id"]: row["state"] for row in rows}

    def log(self, dag_id: str, run_id: str, task_id: str) -> str:
        folder = self.airflow.home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        return "".join(file.read_text("utf-8") for file in folder.glob("**/*.log"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    dags = tmp_path_factory.mktemp("alerts") / "dags"
    shutil.copytree(PROJECT / "dags", dags, ignore=shutil.ignore_patterns("__pycache__"))
    (dags / "_alerts.py").write_text(CALLBACK, "utf-8")
    (dags / "waiting.py").write_text(WAITING, "utf-8")
    sandbox = Sandbox(lever_calls_per_second=None)
    alerts = {"alva_lever": {"on_failure_callback": "_alerts.notify"}}
    with sandbox.serve() as url, running(tmp_path_factory.mktemp("airflow"), url, dags, alerts) as airflow:
        # A call that a test holds back outlasts the hook's usual time-out.
        airflow.api.change_connection("lever_default", "lever", extra=json.dumps({"timeout": PATIENCE_SECONDS}))
        # No other DAG runs: a task that got the slot of Lever's pool would show that the pool exists.
        for dag_id in (EVENTS, NO_POOL, ITS_TURN):
            airflow.api.unpause(dag_id)
        yield Office(sandbox, airflow, dags)


def test_a_failed_run_calls_the_callback(office: Office) -> None:
    office.airflow.api.trigger(EVENTS, "misspelt", {"dryrun": True})
    office.airflow.start.wait_for(lambda: bool(office.alerts(EVENTS)), "the callback was called", PATIENCE_SECONDS)
    assert office.airflow.api.run(EVENTS, "misspelt").state == "failed"
    (alert,) = office.alerts(EVENTS)
    assert (alert["run"], alert["reason"], alert["task"]) == ("misspelt", "task_failure", None)


def test_a_missing_pool_fails_the_watch_and_a_late_run_calls_the_callback(office: Office) -> None:
    dag_id = NO_POOL
    office.airflow.api.trigger(dag_id, "one", {})
    office.airflow.start.wait_for(
        lambda: len(office.alerts(dag_id)) == 2 and office.states(dag_id, "one")["watch_pool"] == "failed",
        "both alerts have come",
        PATIENCE_SECONDS,
    )
    assert office.states(dag_id, "one") == {"begin": "success", "find": "scheduled", "watch_pool": "failed"}
    sentence = "`find` has waited 10 seconds for the pool `no_such_pool`, and no task has had its slot"
    assert sentence in office.log(dag_id, "one", "watch_pool")
    late, failed = sorted(office.alerts(dag_id), key=lambda alert: alert["task"] or "")
    assert (late["run"], failed["run"]) == ("one", "one")
    assert late["reason"].startswith("not done 0.00138889 hours after it was queued")
    assert failed["task"] == "watch_pool"
    assert sentence in failed["exception"]


def test_a_pool_whose_slot_is_held_by_another_run_is_not_missing(office: Office) -> None:
    """The events DAG holds the slot until the watch is over while the other run still waits."""
    posting = office.sandbox.recruiter.add_posting("Data Engineer")
    opportunity = office.sandbox.recruiter.apply(
        posting, "Ada Byron", ["ada@candidates.example.com"], stage="Assessment"
    )
    asked, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        go_on.wait(PATIENCE_SECONDS)

    office.sandbox.faults.add("lever", "GET", "/stages", kind="call", action=hold)
    start, api = office.airflow.start, office.airflow.api
    api.trigger(EVENTS, "holds", {"deliveries": [{"kind": "stage_changed", "opportunity": opportunity}]})
    start.wait_for(asked.is_set, "the slot is held", PATIENCE_SECONDS)
    try:
        api.trigger(ITS_TURN, "one", {})
        start.wait_for(
            lambda: office.states(ITS_TURN, "one")["watch_pool"] in ("success", "failed"),
            "the watch is over",
            PATIENCE_SECONDS,
        )
        assert office.states(ITS_TURN, "one") == {
            "begin": "success", "find": "scheduled", "watch_pool": "success",
        }  # fmt: skip
    finally:
        go_on.set()
    start.wait_for(lambda: api.run(ITS_TURN, "one").is_done, "its turn has come", PATIENCE_SECONDS)
    assert api.run(ITS_TURN, "one").state == "success"
    assert api.run(EVENTS, "holds").is_done
