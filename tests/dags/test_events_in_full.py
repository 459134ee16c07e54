"""The DAG that webhooks start: what its form refuses, its retries, and no personal data in its logs and database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.models.task_state_store import TaskStateStoreModel
from airflow.models.xcom import XComModel
from airflow.sdk.exceptions import ParamValidationError
from airflow.utils.session import create_session
from sqlalchemy import select

from include.sandbox import Sandbox
from tests.dags.runner import UNKNOWN, Runner

# Parts of names, addresses, Alva's answers and notes.
PERSONAL = [
    "zebedee",
    "quux",
    "candidates.example.com",
    "hiring.example.com",
    "role fit: ",
    "what to do:",
    "%40",
    "nonsense",
]


def delivery(kind: str, opportunity: str, **ids: str) -> dict[str, str]:
    return {"kind": kind, "opportunity": opportunity, **ids}


def applied(sandbox: Sandbox, posting: str, **options: Any) -> str:
    number = len(sandbox.world.lever.opportunities)
    given = {"emails": [f"zebedee{number}@candidates.example.com"], **options}
    return sandbox.recruiter.apply(posting, "Zebedee Quux", **given)


def invited(sandbox: Sandbox, opportunity: str) -> int:
    sent: int = sandbox.look(opportunity)["alva"]["invitations_sent"]
    return sent


def looks(sandbox: Sandbox, opportunity: str) -> int:
    return len(sandbox.journal.of("lever", "GET", f"/opportunities/{opportunity}"))


@pytest.fixture
def retrying(events: Runner) -> Runner:
    """The same DAG with three attempts for its first task, without delays."""
    events.retry("handle", 2)
    return events


@pytest.mark.parametrize(
    "deliveries",
    [
        "Zebedee Quux",
        ["Zebedee Quux"],
        [delivery("Zebedee Quux", UNKNOWN)],
        [{"opportunity": UNKNOWN}],
        [{"kind": "hired"}],
        [{"kind": "hired", "opportunity": None}],
        [delivery("hired", UNKNOWN), delivery("hired", "zebedee@candidates.example.com")],
        [delivery("application_created", UNKNOWN, application="zebedee@candidates.example.com")],
    ],
)
def test_a_conf_that_the_form_refuses_makes_no_run(events: Runner, sandbox: Sandbox, deliveries: object) -> None:
    with pytest.raises(ParamValidationError, match="Invalid input for param deliveries"):
        events.manual(deliveries=deliveries)
    with create_session() as session:
        assert session.scalars(select(DagRun)).all() == []
    assert sandbox.journal.of(None, None, None) == []


def test_a_retry_continues_where_the_last_attempt_stopped(retrying: Runner, sandbox: Sandbox, posting: str) -> None:
    ids = [applied(sandbox, posting) for _ in range(4)]
    sandbox.faults.add("lever", "POST", f"/opportunities/{ids[1]}/addTags", status=400)
    run = retrying.manual(deliveries=[delivery("stage_changed", one) for one in ids])
    assert (run.state, run.counts) == ("success", {"trigger_stage": 4})
    assert [invited(sandbox, one) for one in ids] == [1] * 4
    assert [sandbox.look(one)["tags"].count("Alva: Invitation Sent") for one in ids] == [1] * 4
    # The finished ones are not read again. The first attempt read the other one once more after the refusal.
    assert [looks(sandbox, one) for one in ids] == [1, 3, 1, 1]
    assert run.report is not None
    assert run.report["calls"] == {vendor: len(sandbox.journal.of(vendor, None, None)) for vendor in ("lever", "alva")}


def test_a_retry_does_an_announced_application_and_a_departure_too(retrying: Runner, sandbox: Sandbox) -> None:
    posting = sandbox.recruiter.add_posting("Support", tags=["Alva: Screening"])
    new, to_delete = applied(sandbox, posting, stage="Offer"), applied(sandbox, posting)
    retrying.manual(deliveries=[delivery("stage_changed", to_delete)])
    sandbox.recruiter.delete(to_delete)
    row = sandbox.world.lever.opportunity(new)
    assert row.application is not None
    for method, path in (("POST", "*/candidates"), ("DELETE", "/candidates/*")):
        # As many faults as one attempt meets.
        sandbox.faults.add("alva", method, path, kind="html", times=1)
    claimed = [delivery("application_created", new, application=row.application.id), delivery("deleted", to_delete)]
    run = retrying.manual(deliveries=claimed)
    assert (run.state, run.counts) == ("success", {"screening": 1, "deleted": 1})
    assert (invited(sandbox, new), sandbox.candidates.find(to_delete)["present"]) == (1, False)


def test_a_refused_key_fails_at_once_and_is_not_retried(retrying: Runner, sandbox: Sandbox, posting: str) -> None:
    ada = applied(sandbox, posting)
    fault = sandbox.faults.add("alva", status=401, times=None)
    run = retrying.manual(deliveries=[delivery("stage_changed", ada)])
    assert (run.state, run.tasks, run.counts) == (
        "failed",
        {"handle": ["failed"], "report": ["failed"]},
        {"leftover": 1},
    )
    assert fault.hits == 1
    assert (sandbox.look(ada)["tags"].count("Alva: Invitation Failed"), invited(sandbox, ada)) == (0, 0)
    sandbox.faults.clear()
    again = retrying.again(run.run_id)
    assert (again.state, again.counts, invited(sandbox, ada)) == ("success", {"trigger_stage": 1}, 1)


def test_a_dry_run_of_every_kind_reports_what_a_real_run_does(events: Runner, sandbox: Sandbox, posting: str) -> None:
    ids = [applied(sandbox, posting) for _ in range(5)]
    events.manual(deliveries=[delivery("stage_changed", one) for one in ids[:3]])
    sandbox.recruiter.hire(ids[0])
    sandbox.recruiter.delete(ids[1])
    claimed = [
        delivery("hired", ids[0]), delivery("deleted", ids[1]), delivery("deleted", ids[2]),
        delivery("stage_changed", ids[3]),
        delivery("application_created", ids[4], application=UNKNOWN),
    ]  # fmt: skip
    sandbox.journal.clear()
    dry = events.manual(deliveries=claimed, dry_run=True)
    assert [one for one in sandbox.journal.of(None, None, None) if one.method != "GET"] == []
    # All runs share one process, so the conf of the dry run would stay in the task.
    wet = events.manual(deliveries=claimed, dry_run=False)
    assert dry.report is not None
    assert wet.report is not None
    assert (dry.report["dry_run"], wet.report["dry_run"]) == (True, False)
    assert dry.report["ids"] == wet.report["ids"]
    assert dry.counts == {"hired": 1, "deleted": 1, "unconfirmed": 1, "trigger_stage": 1, "not_requested": 1}


def test_no_personal_data_is_kept_or_logged_for_any_outcome(
    events: Runner, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    add = sandbox.recruiter.add_posting
    posting, blank = add("Data Engineer", hiring_manager_email="zebedee.quux@hiring.example.com"), add("Cook")
    sandbox.recruiter.change_posting(blank, name=" ")
    known = "zebedee.known@candidates.example.com"
    sandbox.candidates.remember_person(known, 82)
    to_hire, to_delete = (applied(sandbox, posting) for _ in range(2))
    # Has its own address, because the numbered ones repeat after a deletion.
    faulty = applied(sandbox, posting, emails=["zebedee.faulty@candidates.example.com"])
    events.manual(deliveries=[delivery("stage_changed", one) for one in (to_hire, to_delete)])
    sandbox.recruiter.hire(to_hire)
    sandbox.recruiter.delete(to_delete)
    sandbox.faults.add("lever", "POST", f"/opportunities/{faulty}/addTags", status=400, times=None)
    others = [
        applied(sandbox, posting), applied(sandbox, posting, emails=[]), applied(sandbox, blank),
        applied(sandbox, posting, emails=["zebedee nonsense"]), applied(sandbox, posting, emails=[known]), faulty,
    ]  # fmt: skip
    claimed = [delivery("stage_changed", one) for one in others]
    run = events.manual(deliveries=[*claimed, delivery("hired", to_hire), delivery("deleted", to_delete)])
    assert run.state == "failed"
    assert run.counts == {
        "trigger_stage": 2, "missing_email": 1, "invalid_email": 1, "refused_by_alva": 1, "hired": 1, "deleted": 1,
        "leftover": 1,
    }  # fmt: skip
    with create_session() as session:
        kept = [json.dumps(XComModel.deserialize_value(row)) for row in session.scalars(select(XComModel))]
        kept += [str(row.value) for row in session.scalars(select(TaskStateStoreModel))]
        kept += [str(row.conf) for row in session.scalars(select(DagRun))]
    printed = capsys.readouterr()
    said = printed.out + printed.err + caplog.text
    assert "Done: " in said
    for text in ("\n".join(kept).casefold(), said.casefold()):
        assert [word for word in PERSONAL if word in text] == []
