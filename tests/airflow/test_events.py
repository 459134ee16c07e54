"""Webhooks of a running Airflow: bursts, a killed API server, and events beside a backfill."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import requests

from include.demo.airflow import command, environment
from include.demo.ports import free_port
from include.demo.processes import Component, Fleet
from include.demo.settings import Connection, Settings
from tests.airflow.conftest import EVENTS, HOURLY, PATIENCE_SECONDS, Office

TRIGGER_STAGE, ELSEWHERE = "Assessment", "Recruiter screen"
LONG_AGO = datetime.now(UTC) - timedelta(days=3)
# The calls of one task in one turn, with some room for calls in progress.
CALLS_IN_A_TURN = 500 + 100


@pytest.fixture(autouse=True)
def _done(office: Office) -> Iterator[None]:
    """Waits for all runs of a test before the next test begins."""
    yield
    office.wait_for(lambda: office.all_done(EVENTS), "the events are done", PATIENCE_SECONDS)
    office.sandbox.deliveries.waits_seconds = (1, 2, 4, 8, 16)


def applied(office: Office, posting: str, count: int) -> list[str]:
    return [office.applied(posting, LONG_AGO) for _ in range(count)]


def moved(office: Office, opportunities: Sequence[str]) -> None:
    for opportunity in opportunities:
        office.sandbox.recruiter.move(opportunity, TRIGGER_STAGE)


def invited(office: Office, opportunities: Sequence[str]) -> list[int]:
    return [office.invited(opportunity) for opportunity in opportunities]


def test_a_bulk_move_is_acknowledged_in_groups_and_each_candidate_is_invited_once(office: Office, posting: str) -> None:
    before = len(office.runs(EVENTS))
    ids = applied(office, posting, 1000)
    office.register(office.url)
    office.sandbox.recruiter.hold_webhooks()
    moved(office, ids)
    office.sandbox.recruiter.hold_webhooks(False)
    office.wait_for(office.sandbox.deliveries.settled, "all is delivered", PATIENCE_SECONDS)
    deliveries = office.sandbox.deliveries.all()
    assert len(deliveries) == 1000
    assert {tuple(delivery.attempts) for delivery in deliveries} == {(200,)}
    office.wait_for(lambda: office.all_done(EVENTS), "its runs are done", PATIENCE_SECONDS)
    runs = office.runs(EVENTS)[before:]
    assert {run.state for run in runs} == {"success"}
    assert len(runs) <= 100
    assert invited(office, ids) == [1] * 1000
    assert {office.sandbox.look(opportunity)["tags"].count("Alva: Invitation Sent") for opportunity in ids} == {1}
    reports = [office.api.report(run) for run in runs]
    assert sum(report["counts"]["trigger_stage"] for report in reports) == 1000


def test_an_application_creates_its_job_position_and_invites_if_the_posting_has_the_tag(
    office: Office, posting: str
) -> None:
    """A test delivery is answered 200 and starts no run."""
    screened = office.sandbox.recruiter.add_posting("Support agent", tags=["Alva: Screening"])
    office.register(office.url)
    before = len(office.runs(EVENTS))
    (webhook, *_) = office.sandbox.world.lever.webhooks
    assert office.sandbox.recruiter.verify_webhook(webhook) == 200
    assert len(office.runs(EVENTS)) == before
    plain, asked = applied(office, posting, 1)[0], applied(office, screened, 1)[0]
    office.wait_for(office.sandbox.deliveries.settled, "both are delivered", PATIENCE_SECONDS)
    office.wait_for(lambda: office.all_done(EVENTS), "its runs are done", PATIENCE_SECONDS)
    names = {position.facts.external_id: position.facts.name for position in office.sandbox.world.alva.positions.all()}
    assert names == {posting: "Data Engineer", screened: "Support agent"}
    assert invited(office, [plain, asked]) == [0, 1]
    assert office.stages([plain, asked]) == [None, "in_process"]


def test_duplicate_shuffled_and_false_events_have_the_same_result(office: Office, posting: str) -> None:
    """Each event comes twice and out of order, with false ones among them; the result is that of the true events."""
    moves, hired, deleted, stays = (applied(office, posting, 10) for _ in range(4))
    office.register(office.url)
    ids = [*moves, *hired, *deleted]
    moved(office, [*ids, *stays])
    office.wait_for(lambda: sum(invited(office, [*ids, *stays])) == 40, "all are invited", PATIENCE_SECONDS)
    office.wait_for(lambda: office.all_done(EVENTS), "the runs are done", PATIENCE_SECONDS)
    office.sandbox.recruiter.disturb_webhooks(duplicates=1, shuffled=True)
    for opportunity in hired:
        office.sandbox.recruiter.hire(opportunity)
    for opportunity in deleted:
        office.sandbox.recruiter.move(opportunity, ELSEWHERE)
        office.sandbox.recruiter.move(opportunity, TRIGGER_STAGE)
        office.sandbox.recruiter.delete(opportunity)
    for opportunity in stays:
        office.sandbox.recruiter.pretend("candidateDeleted", opportunity)
        office.sandbox.recruiter.pretend("candidateHired", opportunity)
    office.wait_for(office.sandbox.deliveries.settled, "all is delivered", PATIENCE_SECONDS)
    office.wait_for(lambda: office.all_done(EVENTS), "the runs are done", PATIENCE_SECONDS)
    assert office.stages([*moves, *stays]) == ["in_process"] * 20
    assert office.stages(hired) == ["hired"] * 10
    assert office.stages(deleted) == [None] * 10
    assert invited(office, [*moves, *hired, *stays]) == [1] * 30


def test_a_result_is_in_lever_soon_after_alvas_webhook(office: Office, posting: str) -> None:
    ids = applied(office, posting, 20)
    office.register(office.url)
    moved(office, ids)
    office.wait_for(lambda: sum(invited(office, ids)) == 20, "all are invited", PATIENCE_SECONDS)
    token = "5b" * 24
    office.api.load(Settings(connections=(Connection("alva_webhook", "generic", password=f"another {token}"),)))
    office.sandbox.candidates.connect_webhook(f"{office.url}/alva-lever/webhooks/alva", token)
    for opportunity in ids:
        office.sandbox.candidates.finish(opportunity, 82)
    office.wait_for(office.sandbox.deliveries.settled, "all is delivered", PATIENCE_SECONDS)
    assert [delivery.attempts for delivery in office.sandbox.deliveries.of(webhook="alva")] == [[200]] * 20
    done = ["Alva: High role fit", "Alva: Completed"]
    office.wait_for(
        lambda: all(office.sandbox.look(opportunity)["tags"][-2:] == done for opportunity in ids),
        "all results are in Lever",
        PATIENCE_SECONDS,
    )
    assert [len(office.sandbox.look(opportunity)["notes"]) for opportunity in ids] == [1] * 20


def test_acknowledged_deliveries_survive_a_killed_server_and_the_others_are_retried(
    office: Office, posting: str
) -> None:
    """A separate API server receives the deliveries and is killed halfway."""
    ids = applied(office, posting, 300)
    office.sandbox.deliveries.waits_seconds = (5, 10, 20, 40, 80)  # a server needs a while to come back
    with servers(office) as start:
        port, receiving = start()
        office.register(f"http://127.0.0.1:{port}")
        moved(office, ids)
        office.wait_for(lambda: _count(office, "delivered") >= 60, "some are delivered", PATIENCE_SECONDS)
        kill(receiving)
        assert _count(office, "delivered") < 300
        taken = [str(delivery.opportunity) for delivery in office.sandbox.deliveries.of(state="delivered")]
        office.wait_for(lambda: office.all_done(EVENTS), "what was taken is done", PATIENCE_SECONDS)
        assert invited(office, taken) == [1] * len(taken)
        start(port)
        office.wait_for(office.sandbox.deliveries.settled, "the rest is delivered", PATIENCE_SECONDS)
        assert _count(office, "delivered") == 300
        office.wait_for(lambda: office.all_done(EVENTS), "the rest is done", PATIENCE_SECONDS)
    assert invited(office, ids) == [1] * 300


def test_an_event_does_not_wait_for_the_end_of_a_long_run(office: Office, posting: str) -> None:
    """A run of six turns invites candidates who were in the stage already; a new candidate gets the next turn."""
    many = applied(office, posting, 1500)
    moved(office, many)
    (opportunity,) = applied(office, posting, 1)
    office.register(office.url)
    office.api.trigger(HOURLY, "many", {"since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()})
    office.wait_for(lambda: sum(invited(office, many)) >= 400, "it is under way", PATIENCE_SECONDS)
    calls = len(office.sandbox.journal.of("lever"))
    moved(office, [opportunity])
    office.wait_for(lambda: office.invited(opportunity) == 1, "the event is done", PATIENCE_SECONDS)
    meanwhile = len(office.sandbox.journal.of("lever")) - calls
    assert not office.api.run(HOURLY, "many").is_done
    assert meanwhile <= CALLS_IN_A_TURN
    office.ended("many")
    assert sum(invited(office, many)) == 1500


def kill(component: Component) -> None:
    tree = psutil.Process(component.process.pid)
    for process in [*tree.children(recursive=True), tree]:
        process.send_signal(signal.SIGKILL)
    component.process.wait()


@contextmanager
def servers(office: Office) -> Iterator[Callable[..., tuple[int, Component]]]:
    """Starts API servers in addition to the one of the tasks, on a given or a free port."""
    fleet = Fleet(office.home / "more-servers.json")

    def start(port: int | None = None) -> tuple[int, Component]:
        port = port or free_port(0, other_than=0)
        component = Fleet.start(
            fleet,
            "another api-server",
            command("api-server", "--port", str(port)),
            Path(office.home / "another-api-server.log"),
            environment(office.home, os.environ),
            office.home,
        )
        office.wait_for(lambda: _answers(port), "it answers", PATIENCE_SECONDS)
        return port, component

    try:
        yield start
    finally:
        fleet.stop()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/api/v2/version", timeout=5).ok
    except requests.RequestException:
        return False


def _count(office: Office, state: str) -> int:
    return office.sandbox.deliveries.summary()[state]
