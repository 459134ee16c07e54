"""Measures deliveries acknowledged a second and the time until an invitation, each compared with plain Airflow."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import requests

from benchmarks.office import office
from include.demo.control import Control
from include.demo.running import Running, running
from include.demo.start import PROJECT

EVENTS, EMPTY = "alva_lever_handle_events", "does_nothing"
TOKEN = secrets.token_hex(24)
DELIVERIES, CONNECTIONS, RUNS, LOOKS = 1000, 50, 200, 5
PATIENCE_SECONDS = 300
_EMPTY_DAG = f"""
from airflow.sdk import dag, task

@dag(dag_id="{EMPTY}", schedule=None)
def does_nothing():
    @task
    def nothing():
        return None
    nothing()

does_nothing()
"""


def run() -> None:
    with tempfile.TemporaryDirectory() as folder, office(LOOKS + 10) as (sandbox_url, ids):
        dags = Path(folder) / "dags"
        shutil.copytree(PROJECT / "dags", dags)
        (dags / "does_nothing.py").write_text(_EMPTY_DAG)
        with running(Path(folder) / "airflow", sandbox_url, dags, durable=True) as airflow:
            connection = {"connection_id": "lever_webhook", "conn_type": "generic", "password": TOKEN}
            requests.post(f"{airflow.url}/api/v2/connections", json=connection, timeout=60).raise_for_status()
            _acknowledged(airflow, ids[LOOKS:])
            _until_invited(airflow, Control(sandbox_url), ids[:LOOKS])


def _acknowledged(airflow: Running, ids: list[str]) -> None:
    """Measures with both DAGs paused, so that only receiving counts."""

    def deliver_some(number: int) -> list[int]:
        session = requests.Session()
        mine = range(number, DELIVERIES, CONNECTIONS)
        return [deliver(airflow.url, ids[one % len(ids)], session).status_code for one in mine]

    started = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        statuses = [status for some in pool.map(deliver_some, range(CONNECTIONS)) for status in some]
    taken = DELIVERIES / (time.monotonic() - started)
    made = requests.get(f"{airflow.url}/api/v2/dags/{EVENTS}/dagRuns", params={"limit": 1}, timeout=60).json()
    session = requests.Session()
    started = time.monotonic()
    for _ in range(RUNS):
        where = f"{airflow.url}/api/v2/dags/{EMPTY}/dagRuns"
        session.post(where, json={"logical_date": None}, timeout=60).raise_for_status()
    plain = RUNS / (time.monotonic() - started)
    print(
        f"  {DELIVERIES} deliveries over {CONNECTIONS} connections: {statuses.count(200)} x 200, {taken:.0f} a second, "
        f"{made['total_entries']} runs; POST /api/v2/dags/.../dagRuns, one after the other: {plain:.0f} a second; "
        f"x {taken / plain:.1f}"
    )


def _until_invited(airflow: Running, control: Control, ids: list[str]) -> None:
    """Measures one delivery at a time, alternating with the empty DAG."""
    for dag_id in (EVENTS, EMPTY):
        airflow.api.unpause(dag_id)
    airflow.start.wait_for(
        lambda: all(run.is_done for dag_id in (EVENTS, EMPTY) for run in airflow.api.runs(dag_id)),
        "the earlier runs have ended",
        PATIENCE_SECONDS,
    )

    def is_done(run_id: str) -> bool:
        return airflow.api.run(EMPTY, run_id).is_done

    invited, done = [], []
    for number, opportunity in enumerate(ids):
        control.move("recruiter", "move", opportunity=opportunity, stage="Assessment")
        invited.append(until(partial(deliver, airflow.url, opportunity), partial(sent, control, opportunity)))
        run_id = f"bench-{number}"
        done.append(until(partial(airflow.api.trigger, EMPTY, run_id, {}), partial(is_done, run_id)))
    ours, empty = statistics.median(invited), statistics.median(done)
    print(
        f"  from delivery to invitation {ours:.1f} s (median of {len(invited)}, {min(invited):.1f} to "
        f"{max(invited):.1f}); a DAG whose one task does nothing, from trigger to success {empty:.1f} s "
        f"({min(done):.1f} to {max(done):.1f}); x {ours / empty:.2f}"
    )


def until(begin: Callable[[], object], ended: Callable[[], bool]) -> float:
    started = time.monotonic()
    begin()
    while not ended():
        if time.monotonic() - started > PATIENCE_SECONDS:
            raise TimeoutError("the measured run did not end in time")
        time.sleep(0.05)
    return time.monotonic() - started


def sent(control: Control, opportunity: str) -> bool:
    return bool(control.look(opportunity)["alva"]["invitations_sent"])


def deliver(url: str, opportunity: str, session: requests.Session | None = None) -> requests.Response:
    at, token = round(time.time() * 1000), secrets.token_hex(24)
    body = {
        "event": "candidateStageChange",
        "triggeredAt": at,
        "token": token,
        "signature": hmac.new(TOKEN.encode(), f"{token}{at}".encode(), hashlib.sha256).hexdigest(),
        "data": {"opportunityId": opportunity},
    }
    where = f"{url}/alva-lever/webhooks/lever"
    return (session or requests).post(where, data=json.dumps(body), timeout=60)
