"""Two workers, two API servers, a scheduler, PostgreSQL and Redis: each is lost while candidates are invited."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from include.demo.printing import say
from include.demo.processes import DemoError
from tests.airflow.conftest import EVENTS, HOURLY, PATIENCE_SECONDS, Office
from tests.distributed.conftest import Machines

TRIGGER_STAGE = "Assessment"
LONG_AGO = datetime.now(UTC) - timedelta(days=3)
AWAY_SECONDS = 5.0
IN_A_RUN, IN_A_BURST = 40, 40


@pytest.fixture
def posting(machines: Machines) -> Iterator[str]:
    office = machines.office
    before = office.sandbox.deliveries.waits_seconds
    office.sandbox.deliveries.waits_seconds = (2, 4, 8, 16, 32, 64)
    yield office.sandbox.recruiter.add_posting("Data Engineer", team="Platform")
    office.sandbox.deliveries.waits_seconds = before


def applied(office: Office, posting: str, count: int) -> list[str]:
    return [office.applied(posting, LONG_AGO) for _ in range(count)]


def moved(office: Office, opportunities: list[str]) -> None:
    for opportunity in opportunities:
        office.sandbox.recruiter.move(opportunity, TRIGGER_STAGE)


def test_each_candidate_is_invited_once_though_everything_is_lost_once(machines: Machines, posting: str) -> None:
    office, fleet = machines.office, machines.fleet
    by_run = applied(office, posting, IN_A_RUN)
    moved(office, by_run)
    office.register(office.url)

    with in_mid_batch(office) as reached:
        office.api.trigger(HOURLY, "lost", {"since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()})
        office.wait_for(reached.is_set, "the batch is under way", PATIENCE_SECONDS)
        began = time.monotonic()
        fleet.kill(worker_at_work(machines))
    # The dead worker's task keeps Lever's slot until its heartbeat is missed. Meanwhile the rest is lost.
    bursts = [applied(office, posting, IN_A_BURST) for _ in range(3)]
    moved(office, bursts[0])
    fleet.kill("api-server-1")
    fleet.kill("scheduler")
    moved(office, bursts[1])
    with fleet.away("redis", signal.SIGTERM):
        pass_time(office, AWAY_SECONDS)
    with fleet.away("postgresql", signal.SIGINT):
        moved(office, bursts[2])
        pass_time(office, AWAY_SECONDS)
        office.wait_for(lambda: was_refused(office), "a delivery is answered 503", PATIENCE_SECONDS)

    everyone = [*by_run, *bursts[0], *bursts[1], *bursts[2]]
    office.wait_for(office.sandbox.deliveries.settled, "all is delivered", PATIENCE_SECONDS)
    office.wait_for(lambda: sum(map(office.invited, everyone)) >= len(everyone), "all are invited", PATIENCE_SECONDS)
    office.wait_for(lambda: all_is_done(office), "all runs are done", PATIENCE_SECONDS)
    say(f"All runs were done {time.monotonic() - began:.0f} seconds after the worker's death")

    assert [office.invited(opportunity) for opportunity in everyone] == [1] * len(everyone)
    tags = [office.sandbox.look(opportunity)["tags"] for opportunity in everyone]
    assert {tag.count("Alva: Invitation Sent") for tag in tags} == {1}
    assert {run.state for run in [*office.runs(HOURLY), *office.runs(EVENTS)]} == {"success"}
    assert {delivery.state for delivery in office.sandbox.deliveries.all()} == {"delivered"}
    assert attempts(office, "lost", "invite") == {2}
    # Airflow's own processes end with the database, or were killed: a supervisor has started them again.
    assert {"api-server-1", "scheduler", "redis", "postgresql"} <= set(fleet.restarts)
    assert {name for name in fleet.restarts if name.startswith("worker")} != set()


class in_mid_batch:
    """Holds the tenth tag of a batch back while the block runs; sets its event when it comes."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._reached, self._go_on = threading.Event(), threading.Event()

    def __enter__(self) -> threading.Event:
        def hold() -> None:
            self._reached.set()
            self._go_on.wait(PATIENCE_SECONDS)

        self._office.sandbox.faults.add("lever", "POST", "*/addTags", kind="call", action=hold, skip=9)
        return self._reached

    def __exit__(self, *error: object) -> None:
        self._go_on.set()


def worker_at_work(machines: Machines) -> str:
    """Returns the worker that has a connection to the sandbox."""
    ports = {call.connection for call in machines.office.sandbox.journal.of("lever")}
    for name in ("worker-1", "worker-2"):
        leader = psutil.Process(machines.fleet.named(name).process.pid)
        for process in leader.children(recursive=True):
            with suppress(psutil.Error):
                if any(link.laddr and link.laddr.port in ports for link in process.net_connections("tcp")):
                    return name
    raise AssertionError("no worker calls Lever")


def pass_time(office: Office, seconds: float) -> None:
    until = time.monotonic() + seconds
    office.wait_for(lambda: time.monotonic() > until, "some time has passed", seconds + PATIENCE_SECONDS)


def was_refused(office: Office) -> bool:
    return any(503 in delivery.attempts for delivery in office.sandbox.deliveries.all())


def all_is_done(office: Office) -> bool:
    """Asks Airflow, which may still be coming back."""
    try:
        return office.all_done(HOURLY) and office.all_done(EVENTS)
    except DemoError:
        return False


def attempts(office: Office, run_id: str, task_id: str) -> set[int]:
    rows = office.get(f"dags/{HOURLY}/dagRuns/{run_id}/taskInstances")["task_instances"]
    return {row["try_number"] for row in rows if row["task_id"] == task_id}
