"""The DAG that webhooks start, in real Airflow, against both services over HTTP."""

from __future__ import annotations

import json

import pytest
from airflow.models.task_state_store import TaskStateStoreModel
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from sqlalchemy import select

from include.sandbox import Sandbox
from tests.dags.runner import REPORT, UNKNOWN, Ended, Runner

WRITES = ("POST", "PUT", "PATCH", "DELETE")


def delivery(kind: str, opportunity: str, **ids: str) -> dict[str, str]:
    return {"kind": kind, "opportunity": opportunity, **ids}


def delivered(events: Runner, *deliveries: dict[str, str], **conf: object) -> Ended:
    return events.manual(deliveries=list(deliveries), **conf)


def writes(sandbox: Sandbox) -> int:
    return sum(len(sandbox.journal.of(None, method, None)) for method in WRITES)


@pytest.fixture
def ada(sandbox: Sandbox, posting: str) -> str:
    return sandbox.recruiter.apply(posting, "Ada Byron", ["ada@candidates.example.com"])


def test_one_run_does_deliveries_of_every_kind(events: Runner, sandbox: Sandbox, posting: str, ada: str) -> None:
    bo, kim, lee = (
        sandbox.recruiter.apply(posting, name, [f"{name}@candidates.example.com"]) for name in ("bo", "kim", "lee")
    )
    delivered(events, *(delivery("stage_changed", one) for one in (bo, kim, lee)))
    sandbox.recruiter.hire(bo)
    sandbox.recruiter.delete(kim)
    sandbox.journal.clear()
    run = delivered(
        events,
        delivery("application_created", ada, application=UNKNOWN),
        delivery("stage_changed", ada),
        delivery("hired", bo),
        delivery("deleted", kim),
        delivery("deleted", lee),
    )
    assert run.state == "success"
    assert run.report is not None
    assert run.report["ids"] == {"trigger_stage": [ada], "hired": [bo], "deleted": [kim], "unconfirmed": [lee]}
    assert run.report["looked_at"] == 4
    assert set(run.report) == REPORT
    assert (run.report["window"], run.report["invited"]) == (None, 1)
    assert run.report["calls"] == {vendor: len(sandbox.journal.of(vendor)) for vendor in ("lever", "alva")}
    assert [sandbox.candidates.find(one)["invitations_sent"] for one in (ada, bo, kim, lee)] == [1, 1, 1, 1]
    assert [sandbox.candidates.find(one)["present"] for one in (ada, bo, kim, lee)] == [True, True, False, True]


def test_an_announced_application_is_new(events: Runner, sandbox: Sandbox) -> None:
    posting = sandbox.recruiter.add_posting("Support", tags=["Alva: Screening"])
    old = sandbox.clock.now_ms() - 13 * 24 * 60 * 60 * 1000
    ada = sandbox.recruiter.apply(posting, "Ada", ["ada@candidates.example.com"], stage="Offer", at_ms=old)
    application = sandbox.world.lever.opportunity(ada).application
    assert application is not None
    assert delivered(events, delivery("application_created", ada, application=UNKNOWN)).counts == {"not_requested": 1}
    assert delivered(events, delivery("application_created", ada, application=application.id)).counts == {
        "screening": 1
    }


def test_a_dry_run_writes_nothing(events: Runner, sandbox: Sandbox, ada: str) -> None:
    run = delivered(events, delivery("stage_changed", ada), dry_run=True)
    assert run.report is not None
    assert (run.report["dry_run"], run.counts, writes(sandbox)) == (True, {"trigger_stage": 1}, 0)


def test_a_cleared_run_writes_nothing_more(events: Runner, sandbox: Sandbox, ada: str) -> None:
    first = delivered(events, delivery("stage_changed", ada))
    sandbox.journal.clear()
    again = events.again(first.run_id)
    assert (again.state, again.counts, writes(sandbox)) == ("success", {"already_invited": 1}, 0)


def test_a_run_without_deliveries_succeeds(events: Runner) -> None:
    assert (delivered(events).state, delivered(events).counts) == ("success", {})


def test_a_fault_fails_the_run_and_is_in_its_report(events: Runner, sandbox: Sandbox, posting: str, ada: str) -> None:
    bo = sandbox.recruiter.apply(posting, "Bo Ek", ["bo@candidates.example.com"])
    sandbox.faults.add("lever", "GET", f"/opportunities/{bo}", status=400, times=None)
    run = delivered(events, delivery("stage_changed", ada), delivery("stage_changed", bo))
    assert (run.state, run.tasks) == ("failed", {"handle": ["failed"], "report": ["failed"]})
    assert run.counts == {"trigger_stage": 1, "leftover": 1}


def test_no_personal_data_is_kept(events: Runner, sandbox: Sandbox, ada: str) -> None:
    delivered(events, delivery("stage_changed", ada))
    with create_session() as session:
        kept = [json.dumps(XComModel.deserialize_value(row)) for row in session.scalars(select(XComModel))]
        kept += [str(row.value) for row in session.scalars(select(TaskStateStoreModel))]
    assert kept
    assert not [text for text in kept if "byron" in text.lower() or "candidates.example.com" in text]


def test_deliveries_count_also_if_a_conf_does_not_override_params(
    events: Runner, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DAG_RUN_CONF_OVERRIDES_PARAMS", "False")
    assert delivered(events, delivery("stage_changed", ada)).counts == {"trigger_stage": 1}
