"""The results DAG in real Airflow, against both services over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from include.sandbox import Sandbox
from tests.dags.runner import UNKNOWN, Runner

NOW = datetime.now(UTC)
QUARTER = timedelta(minutes=15)
LAST = NOW.replace(minute=NOW.minute // 15 * 15, second=0, microsecond=0) - QUARTER
WRITES = ("POST", "PUT", "PATCH", "DELETE")
DONE = ["Alva: High role fit", "Alva: Completed"]


def tags(sandbox: Sandbox, opportunity: str) -> list[str]:
    return [tag for tag in sandbox.look(opportunity)["tags"] if tag.startswith("Alva:")]


def writes(sandbox: Sandbox) -> int:
    return sum(len(sandbox.journal.of(None, method, None)) for method in WRITES)


@pytest.fixture
def ada(events: Runner, sandbox: Sandbox, posting: str) -> str:
    """Somebody who was invited."""
    ada = sandbox.recruiter.apply(posting, "Ada Byron", ["ada@candidates.example.com"])
    events.manual(deliveries=[{"kind": "stage_changed", "opportunity": ada}])
    sandbox.journal.clear()
    return ada


def test_who_completed_is_told_and_a_second_run_writes_nothing(results: Runner, sandbox: Sandbox, ada: str) -> None:
    sandbox.candidates.finish(ada, 82)
    first = results.scheduled(LAST, LAST + QUARTER)
    assert (first.state, first.counts, tags(sandbox, ada)) == ("success", {"completed": 1}, DONE)
    sandbox.journal.clear()
    again = results.again(first.run_id)
    assert (again.state, again.counts, writes(sandbox)) == ("success", {"unchanged": 1}, 0)
    assert results.backfill(LAST - 4 * QUARTER).counts == {"unchanged": 1}
    assert writes(sandbox) == 0


def test_runs_that_failed_are_covered_by_the_next(results: Runner, sandbox: Sandbox, ada: str) -> None:
    results.scheduled(LAST - 8 * QUARTER, LAST - 7 * QUARTER)
    sandbox.clock.advance(round(-6 * QUARTER.total_seconds() * 1000))
    sandbox.candidates.finish(ada, 82)
    sandbox.clock.advance(round(6 * QUARTER.total_seconds() * 1000))
    sandbox.faults.add("alva", "GET", "/candidates*", status=403, times=None)
    assert results.scheduled(LAST - 7 * QUARTER, LAST - 6 * QUARTER).state == "failed"
    sandbox.faults.clear()
    run = results.scheduled(LAST, LAST + QUARTER)
    assert (run.state, run.counts, tags(sandbox, ada)) == ("success", {"completed": 1}, DONE)


def test_the_first_scheduled_run_looks_two_weeks_back_and_the_next_goes_on_from_there(
    results: Runner, sandbox: Sandbox, ada: str
) -> None:
    sandbox.clock.advance(round(-timedelta(days=13).total_seconds() * 1000))
    sandbox.candidates.finish(ada, 82)
    sandbox.clock.advance(round(timedelta(days=13).total_seconds() * 1000))
    first = results.scheduled(LAST - QUARTER, LAST)
    assert first.report is not None
    assert first.report["window"] == [moment.isoformat() for moment in (LAST - timedelta(days=14), LAST)]
    assert (first.counts, tags(sandbox, ada)) == ({"completed": 1}, DONE)
    second = results.scheduled(LAST, LAST + QUARTER)
    assert second.report is not None
    assert second.report["window"] == [moment.isoformat() for moment in (LAST, LAST + QUARTER)]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("scheduled", "The next scheduled run covers this time too"),
        ("backfill", "No other run does what this one was asked to"),
        ("manual", "No other run does what this one was asked to"),
    ],
)
def test_what_a_failed_run_promises_is_true_of_its_kind(
    results: Runner,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    said: str,
) -> None:
    sandbox.faults.add("alva", "GET", "/candidates*", status=401, times=None)
    run = results.manual() if kind == "manual" else getattr(results, kind)(LAST)
    assert run.state == "failed"
    assert said in capsys.readouterr().out + caplog.text


def test_named_in_a_form(results: Runner, sandbox: Sandbox, ada: str) -> None:
    sandbox.candidates.finish(ada, 82)
    run = results.manual(opportunity_ids=[ada, "", UNKNOWN, f"https://hire.eu.lever.co/candidates/{ada}"])
    assert run.counts == {"completed": 1, "gone": 1}
    assert run.report is not None
    assert run.report["ids"]["gone"] == [UNKNOWN]
    assert (run.report["looked_at"], run.report["window"]) == (2, None)


@pytest.mark.parametrize("ids", [None, []])
def test_a_dry_run_since_a_time(results: Runner, sandbox: Sandbox, ada: str, ids: list[str] | None) -> None:
    sandbox.candidates.finish(ada, 82)
    run = results.manual(since=(NOW - timedelta(hours=2)).isoformat(), dry_run=True, opportunity_ids=ids)
    assert run.report is not None
    assert (run.report["dry_run"], run.counts, writes(sandbox)) == (True, {"completed": 1}, 0)


def test_without_a_word_the_last_day(results: Runner, sandbox: Sandbox, ada: str) -> None:
    sandbox.candidates.finish(ada, 82)
    assert results.manual().counts == {"completed": 1}


def test_a_listing_that_fails_leaves_a_report(results: Runner, sandbox: Sandbox, ada: str) -> None:
    sandbox.faults.add("alva", "GET", "/candidates*", status=401, times=None)
    run = results.scheduled(LAST, LAST + QUARTER)
    tasks = {"find": ["failed"], "push": ["upstream_failed"], "report": ["failed"]}
    assert (run.state, run.tasks) == ("failed", tasks)
    assert run.report is not None
    assert run.report["calls"] == {"lever": 1, "alva": 1}


def test_what_alvas_webhook_told_is_done(events: Runner, sandbox: Sandbox, ada: str, posting: str) -> None:
    by_hand = sandbox.candidates.add_by_hand(posting, "by.hand@candidates.example.com")
    candidate = sandbox.candidates.finish(ada, 82)
    told = [{"kind": "results", "candidate": name} for name in (candidate, candidate, by_hand, "nobody")]
    run = events.manual(deliveries=told)
    assert (run.state, run.counts) == ("success", {"completed": 1, "not_in_alva": 1})
    assert tags(sandbox, ada) == DONE
    assert events.manual(deliveries=told).counts == {"unchanged": 1, "not_in_alva": 1}


def test_both_vendors_told_of_one(events: Runner, sandbox: Sandbox, ada: str) -> None:
    candidate = sandbox.candidates.finish(ada, 82)
    moved, results = {"kind": "stage_changed", "opportunity": ada}, {"kind": "results", "candidate": candidate}
    assert events.manual(deliveries=[moved, results]).counts == {"completed": 1}
    assert events.manual(deliveries=[results, moved]).counts == {"already_invited": 1}
    sandbox.recruiter.hire(ada)
    hired = {"kind": "hired", "opportunity": ada}
    assert events.manual(deliveries=[moved, hired, results]).counts == {"hired": 1}
    assert tags(sandbox, ada) == DONE


def test_one_candidate_of_alvas_that_cannot_be_read_keeps_nobody_waiting(
    events: Runner, sandbox: Sandbox, ada: str, posting: str
) -> None:
    bo = sandbox.recruiter.apply(posting, "Bo Ek", ["bo@candidates.example.com"])
    events.manual(deliveries=[{"kind": "stage_changed", "opportunity": bo}])
    told = [sandbox.candidates.finish(one, 82) for one in (ada, bo)]
    sandbox.faults.add("alva", "GET", f"/candidates/{told[0]}", status=400, times=None)
    run = events.manual(deliveries=[{"kind": "results", "candidate": name} for name in told])
    assert (run.state, run.counts) == ("failed", {"completed": 1, "leftover": 1})
    assert (tags(sandbox, ada), tags(sandbox, bo)) == (["Alva: Invitation Sent"], DONE)
