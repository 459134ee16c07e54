"""Measures deliveries acknowledged a second and the time until an invitation, each compared with plain Airflow."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import aiohttp
import requests

from benchmarks.office import office
from benchmarks.table import Rows, say
from include.demo.control import Control
from include.demo.running import Running, running
from include.demo.start import PROJECT

EVENTS, EMPTY = "alva_lever_handle_events", "does_nothing"
PATH, STAGE_CHANGE = "/alva-lever/webhooks/lever", "candidateStageChange"
TOKEN = secrets.token_hex(24)
DELIVERIES, CONNECTIONS, RUNS, LOOKS, ALONE = 1000, (50, 200), 50, 5, 30
# In each, runs of Airflow's API, deliveries and ignored events follow each other, since a machine's speed changes.
ROUNDS = 5
# After such a pause, the next delivery comes alone.
CALM_SECONDS = 0.5
PATIENCE_SECONDS = 600
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


def run() -> Rows:
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder, office(LOOKS + 10) as (sandbox_url, ids):
        dags = Path(folder) / "dags"
        shutil.copytree(PROJECT / "dags", dags)
        (dags / "does_nothing.py").write_text(_EMPTY_DAG)
        with running(Path(folder) / "airflow", sandbox_url, dags, durable=True) as airflow:
            connection = {"connection_id": "lever_webhook", "conn_type": "generic", "password": TOKEN}
            requests.post(f"{airflow.url}/api/v2/connections", json=connection, timeout=60).raise_for_status()
            _until_invited(airflow, Control(sandbox_url), ids[:LOOKS], rows)
            _acknowledged(airflow, ids[LOOKS:], rows)
    return rows


def _acknowledged(airflow: Running, ids: list[str], rows: Rows) -> None:
    """Measures with both DAGs paused, so that only receiving counts."""
    for dag_id in (EVENTS, EMPTY):
        airflow.api.pause(dag_id)
    in_turn = (partial(deliver, airflow.url, ids[0]), partial(_trigger, airflow))
    alone, trigger = map(statistics.median, _each(in_turn, ALONE, CALM_SECONDS))
    say(
        rows,
        "one delivery alone, over 1 connection",
        f"x {alone / trigger:.2f} of the time in which Airflow's API makes a run; acknowledged in "
        f"{alone * 1000:.0f} ms (median of {ALONE}); a run is made in {trigger * 1000:.0f} ms",
    )
    for connections in CONNECTIONS:
        rounds = [_round(airflow, connections, ids) for _ in range(ROUNDS)]
        taken, plain, ignored, *_ = map(statistics.median, zip(*rounds, strict=True))
        of_plain = statistics.median(one.taken / one.plain for one in rounds)
        of_ignored = statistics.median(one.taken / one.ignored for one in rounds)
        say(
            rows,
            f"{DELIVERIES} deliveries over {connections} connections",
            f"x {of_plain:.1f} of the {plain:.0f} runs a second that Airflow's API makes one after the other; "
            f"{of_ignored:.0%} of the {ignored:.0f} a second at which ignored events are answered; {taken:.0f} a "
            f"second, in {max(one.runs for one in rounds)} runs at most; {sum(one.answered for one in rounds)} of "
            f"{ROUNDS * DELIVERIES} x 200 (medians of {ROUNDS})",
        )


class _Round(NamedTuple):
    """What was done a second. `answered`: the deliveries that were answered 200, in so many `runs`."""

    taken: float
    plain: float
    ignored: float
    answered: int
    runs: int


def _round(airflow: Running, connections: int, ids: list[str]) -> _Round:
    (took,) = _each([partial(_trigger, airflow)], RUNS, pause_seconds=0.0)
    plain = 1 / statistics.mean(took)
    before = _runs(airflow)
    statuses, taken = asyncio.run(_burst(airflow.url, connections, ids, STAGE_CHANGE))
    made = _runs(airflow) - before
    _, ignored = asyncio.run(_burst(airflow.url, connections, ids, "interviewCreated"))
    return _Round(taken, plain, ignored, statuses.count(200), made)


async def _burst(url: str, connections: int, ids: list[str], event: str) -> tuple[list[int], float]:
    """Returns the statuses of all deliveries, and how many were answered a second. The sender signs before it starts,
    and takes one thread, so that it costs the server little of its processors."""
    bodies = iter([_signed(ids[number % len(ids)], event) for number in range(DELIVERIES)])
    statuses: list[int] = []

    async def send_in_turn(session: aiohttp.ClientSession) -> None:
        for body in bodies:
            async with session.post(f"{url}{PATH}", data=body) as answer:
                statuses.append(answer.status)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        started = time.monotonic()
        await asyncio.gather(*(send_in_turn(session) for _ in range(connections)))
        return statuses, DELIVERIES / (time.monotonic() - started)


def _each(
    sends: Sequence[Callable[[requests.Session], requests.Response]], times: int, pause_seconds: float
) -> list[list[float]]:
    """Sends these in turn, so often, with a pause before each. Returns how long each took, in seconds, for each."""
    session = requests.Session()
    took: list[list[float]] = [[] for _ in sends]
    for _ in range(times):
        for send, seconds in zip(sends, took, strict=True):
            time.sleep(pause_seconds)
            started = time.monotonic()
            send(session).raise_for_status()
            seconds.append(time.monotonic() - started)
    return took


def _trigger(airflow: Running, session: requests.Session) -> requests.Response:
    return session.post(f"{airflow.url}/api/v2/dags/{EMPTY}/dagRuns", json={"logical_date": None}, timeout=60)


def _runs(airflow: Running) -> int:
    made = requests.get(f"{airflow.url}/api/v2/dags/{EVENTS}/dagRuns", params={"limit": 1}, timeout=60).json()
    return int(made["total_entries"])


def _until_invited(airflow: Running, control: Control, ids: list[str], rows: Rows) -> None:
    """Measures one delivery at a time, alternating with the empty DAG."""
    for dag_id in (EVENTS, EMPTY):
        airflow.api.unpause(dag_id)

    def is_done(run_id: str) -> bool:
        return airflow.api.run(EMPTY, run_id).is_done

    invited, done = [], []
    for number, opportunity in enumerate(ids):
        control.move("recruiter", "move", opportunity=opportunity, stage="Assessment")
        invited.append(until(partial(deliver, airflow.url, opportunity), partial(sent, control, opportunity)))
        run_id = f"bench-{number}"
        done.append(until(partial(airflow.api.trigger, EMPTY, run_id, {}), partial(is_done, run_id)))
    ours, empty = statistics.median(invited), statistics.median(done)
    say(
        rows,
        "from delivery to invitation",
        f"x {ours / empty:.2f} of a DAG whose one task does nothing; {ours:.1f} s (median of {len(invited)}, "
        f"{min(invited):.1f} to {max(invited):.1f}); that DAG, from trigger to success, {empty:.1f} s "
        f"({min(done):.1f} to {max(done):.1f})",
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
    return (session or requests).post(f"{url}{PATH}", data=_signed(opportunity, STAGE_CHANGE), timeout=60)


def _signed(opportunity: str, event: str) -> str:
    at, token = round(time.time() * 1000), secrets.token_hex(24)
    return json.dumps(
        {
            "event": event,
            "triggeredAt": at,
            "token": token,
            "signature": hmac.new(TOKEN.encode(), f"{token}{at}".encode(), hashlib.sha256).hexdigest(),
            "data": {"opportunityId": opportunity},
        }
    )
