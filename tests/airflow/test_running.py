"""Tests that need a running Airflow: backfills, a killed task, a run of several tasks."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta

import psutil
import requests

from tests.airflow.conftest import HOURLY, PATIENCE_SECONDS, Office
from tests.recorded import RECORDED, counted, recorded_rows

HOUR = timedelta(hours=1)
THIS_HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
TRIGGER_STAGE = "Assessment"


def in_stage(office: Office, posting: str, at: datetime) -> str:
    opportunity = office.applied(posting, at)
    return office.sandbox.recruiter.move(opportunity, TRIGGER_STAGE, at_ms=round(at.timestamp() * 1000))


def backfill(office: Office, start: datetime, end: datetime, **options: object) -> list[str]:
    """Runs a backfill and returns the ids of its runs when all are done."""
    body = {"dag_id": HOURLY, "from_date": start.isoformat(), "to_date": end.isoformat(), **options}

    def made() -> bool:
        answer = requests.post(f"{office.url}/api/v2/backfills", json=body, timeout=120)
        # 409: the previous backfill isn't over. 503: on SQLite, the scheduler wrote at the same time, so no backfill
        # was created; Airflow answers 500 if that meets its audit log. On a busy machine that is every second time.
        locked = answer.status_code == 503 or (answer.status_code == 500 and "Database error" in answer.text)
        assert answer.ok or answer.status_code == 409 or locked, answer.text
        return answer.ok

    office.wait_for(made, "the backfill is made", PATIENCE_SECONDS)
    office.wait_for(lambda: office.all_done(HOURLY), "the backfill is done", PATIENCE_SECONDS)
    rows = office.get(f"dags/{HOURLY}/dagRuns?run_type=backfill&limit=100")["dag_runs"]
    return [row["dag_run_id"] for row in rows if start <= datetime.fromisoformat(row["logical_date"]) <= end]


def test_a_backfill_of_past_hours_invites_only_the_missed_candidates(office: Office, posting: str) -> None:
    hours = [THIS_HOUR - n * HOUR for n in (9, 8, 7)]
    missed = [in_stage(office, posting, hour + HOUR / 2) for hour in hours]
    others = [in_stage(office, posting, THIS_HOUR - 11 * HOUR), in_stage(office, posting, THIS_HOUR - 3 * HOUR)]
    asks = office.sandbox.recruiter.apply(
        posting, "Bo Ek", ["bo@candidates.example.com"], stage="Offer", tags=["Alva: Send Tests"],
        at_ms=round((THIS_HOUR - 50 * HOUR).timestamp() * 1000),
    )  # fmt: skip
    runs = backfill(office, hours[0], hours[-1], run_backwards=True)
    assert len(runs) == 3
    assert {office.api.run(HOURLY, run).state for run in runs} == {"success"}
    assert [office.invited(opportunity) for opportunity in (*missed, asks)] == [1, 1, 1, 1]
    assert [office.invited(opportunity) for opportunity in others] == [0, 0]

    # A second backfill of the same hours, with one more missed candidate.
    late = in_stage(office, posting, hours[1] + HOUR / 4)
    office.sandbox.journal.clear()
    assert sorted(backfill(office, hours[0], hours[-1], reprocess_behavior="completed")) == sorted(runs)
    assert [office.invited(opportunity) for opportunity in (*missed, asks, late)] == [1, 1, 1, 1, 1]
    assert len(office.sandbox.journal.of("alva", "POST", "*/candidates")) == 1


def test_a_killed_task_is_retried_and_invites_no_candidate_twice(office: Office, posting: str) -> None:
    # Two hours ago, where a scheduled run that begins meanwhile does not look.
    ids = [in_stage(office, posting, datetime.now(UTC) - 2 * HOUR) for _ in range(40)]
    killed: list[int] = []

    def kill() -> None:
        """Kills the process that is calling Lever; its supervisor lives on."""
        port = office.sandbox.journal.all()[-1].connection
        for process in psutil.process_iter():
            try:
                mine = any(link.laddr and link.laddr.port == port for link in process.net_connections("tcp"))
            except psutil.Error:
                continue
            if mine and process.pid != os.getpid():
                killed.append(process.pid)
                process.send_signal(signal.SIGKILL)
                return

    office.sandbox.faults.add("lever", "POST", "*/addTags", kind="call", action=kill, skip=17)
    run = office.run("killed", since=(datetime.now(UTC) - 3 * HOUR).isoformat())
    assert len(killed) == 1
    assert run.state == "success"
    instances = office.get(f"dags/{HOURLY}/dagRuns/killed/taskInstances")["task_instances"]
    assert {row["try_number"] for row in instances if row["task_id"] == "invite"} == {2}
    assert [office.invited(opportunity) for opportunity in ids] == [1] * 40
    assert [office.sandbox.look(opportunity)["tags"].count("Alva: Invitation Sent") for opportunity in ids] == [1] * 40
    assert office.report("killed")["looked_at"] == 40


def test_a_long_run_takes_several_tasks_without_a_retry(office: Office, posting: str) -> None:
    """A refusal costs four calls, so these are more calls than one task makes in a turn of about a minute."""
    first = in_stage(office, posting, datetime.now(UTC) - 2 * HOUR)
    office.run("first", opportunity_ids=[first])
    office.sandbox.candidates.expire_position(posting)
    ids = [in_stage(office, posting, datetime.now(UTC) - 2 * HOUR) for _ in range(220)]
    run = office.run("long", since=(datetime.now(UTC) - 3 * HOUR).isoformat())
    assert run.state == "success"
    assert office.report("long")["counts"] == {"refused_by_alva": 220, "already_invited": 1}
    assert [len(office.sandbox.look(opportunity)["notes"]) for opportunity in ids] == [1] * 220
    instances = office.get(f"dags/{HOURLY}/dagRuns/long/taskInstances")["task_instances"]
    invites = [(row["state"], row["try_number"]) for row in instances if row["task_id"] == "invite"]
    assert invites == [("success", 1)] * 2


def test_a_run_on_a_real_account_succeeds_with_the_report_of_its_files(office: Office) -> None:
    rows = recorded_rows()
    office.sandbox.load_recorded(RECORDED)
    stage = "applicant-new"
    with office.settings(trigger_stage=stage):
        expected = counted(office.sandbox, rows, stage)
        run = office.run("recorded", since="2011-01-01T00:00:00Z")
    assert run.state == "success"
    assert office.report("recorded")["counts"] == dict(expected)
    assert sum(expected.values()) == len(rows)
