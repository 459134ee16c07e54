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
    """An invited candidate."""
    ada = sandbox.recruiter.apply(posting, "Ada Byron", ["ada@candidates.example.com"])
    events.manual(deliveries=[{"kind": "stage_changed", "opportunity": ada}])
    sandbox.journal.clear()
    return ada


def test_a_completion_is_written_and_a_second_run_writes_nothing(results: Runner, sandbox: Sandbox, ada: str) -> None:
    sandbox.candidates.finish(ada, 82)
    first = results.scheduled(LAST, LAST + QUARTER)
    assert (first.state, first.counts, tags(sandbox, ada)) == ("success", {"completed": 1}, DONE)
    sandbox.journal.clear()
    again = results.again(first.run_id)
    assert (again.state, again.counts, writes(sandbox)) == ("success", {"unchanged": 1}, 0)
    assert results.backfill(LAST - 4 * QUARTER).counts == {"unchanged": 1}
    assert writes(sandbox) == 0


def test_the_next_run_covers_the_failed_ones(results: Runner, sandbox: Sandbox, ada: str) -> None:
    results.scheduled(LAST - 8 * QUARTER, LAST - 7 * QUARTER)
    sandbox.clock.advance(round(-6 * QUARTER.total_seconds() * 1000))
    sandbox.candidates.finish(ada, 82)
    sandbox.clock.advance(round(6 * QUARTER.total_seconds() * 1000))
    sandbox.faults.add("alva", "GET", "/candidates*", status=403, times=None)
    assert results.scheduled(LAST - 7 * QUARTER, LAST - 6 * QUARTER).state == "failed"
    sandbox.faults.clear()
    run = results.scheduled(LAST, LAST + QUARTER)
    assert (run.state, run.counts, tags(sandbox, ada)) == ("success", {"completed": 1}, DONE)


def test_the_first_scheduled_run_covers_two_weeks_and_the_next_continues_from_there(
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
def test_the_log_of_a_failed_run_says_whether_the_next_run_covers_its_time(
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


def test_a_manual_run_does_the_named_opportunities(results: Runner, sandbox: Sandbox, ada: str) -> None:
    sandbox.candidates.finish(ada, 82)
    run = results.manual(opportunity_ids=[ada, "", UNKNOWN, f"https://hire.eu.lever.co/candidates/{ada}"])
    assert run.counts == {"completed": 1, "gone": 1}
    assert run.report is not None
    assert run.report["ids"]["gone"] == [UNKNOWN]
    assert (run.report["looked_at"], run.report["window"]) == (2, None)


@pytest.mark.parametrize("ids", [None, []])
def test_a_dry_run_since_a_time_reports_and_writes_nothing(
    results: Runner, sandbox: Sandbox, ada: str, ids: list[str] | None
) -> None:
    sandbox.candidates.finish(ada, 82)
    run = results.manual(since=(NOW - timedelta(hours=2)).isoformat(), dry_run=True, opportunity_ids=ids)
    assert run.report is not None
    assert (run.report["dry_run"], run.counts, writes(sandbox)) == (True, {"completed": 1}, 0)


def test_a_manual_run_without_a_form_covers_the_last_day(results: Runner, sandbox: Sandbox, ada: str) -> None:
    sandbox.candidates.finish(ada, 82)
    assert results.manual().counts == {"completed": 1}


def test_a_run_whose_listing_failed_has_a_report(results: Runner, sandbox: Sandbox, ada: str) -> None:
    sandbox.faults.add("alva", "GET", "/candidates*", status=401, times=None)
    run = results.scheduled(LAST, LAST + QUARTER)
    tasks = {"find": ["failed"], "push": ["upstream_failed"], "report": ["failed"]}
    assert (run.state, run.tasks) == ("failed", tasks)
    assert run.report is not None
    assert run.report["calls"] == {"lever": 1, "alva": 1}


def test_deliveries_by_alva_are_done(events: Runner, sandbox: Sandbox, ada: str, posting: str) -> None:
    by_hand = sandbox.candidates.add_by_hand(posting, "by.hand@candidates.example.com")
    candidate = sandbox.candidates.finish(ada, 82)
    deliveries = [{"kind": "results", "candidate": name} for name in (candidate, candidate, by_hand, "nobody")]
    run = events.manual(deliveries=deliveries)
    assert (run.state, run.counts) == ("success", {"completed": 1, "not_in_alva": 1})
    assert tags(sandbox, ada) == DONE
    assert events.manual(deliveries=deliveries).counts == {"unchanged": 1, "not_in_alva": 1}


def test_deliveries_by_both_vendors_about_one_opportunity_are_done_together(
    events: Runner, sandbox: Sandbox, ada: str
) -> None:
    candidate = sandbox.candidates.finish(ada, 82)
    moved, results = {"kind": "stage_changed", "opportunity": ada}, {"kind": "results", "candidate": candidate}
    assert events.manual(deliveries=[moved, results]).counts == {"completed": 1}
    assert events.manual(deliveries=[results, moved]).counts == {"already_invited": 1}
    sandbox.recruiter.hire(ada)
    hired = {"kind": "hired", "opportunity": ada}
    assert events.manual(deliveries=[moved, hired, results]).counts == {"hired": 1}
    assert tags(sandbox, ada) == DONE


def test_a_candidate_that_cannot_be_read_in_alva_does_not_block_the_others(
    events: Runner, sandbox: Sandbox, ada: str, posting: str
) -> None:
    bo = sandbox.recruiter.apply(posting, "Bo Ek", ["bo@candidates.example.com"])
    events.manual(deliveries=[{"kind": "stage_changed", "opportunity": bo}])
    candidate_ids = [sandbox.candidates.finish(one, 82) for one in (ada, bo)]
    sandbox.faults.add("alva", "GET", f"/candidates/{candidate_ids[0]}", status=400, times=None)
    run = events.manual(deliveries=[{"kind": "results", "candidate": name} for name in candidate_ids])
    assert (run.state, run.counts) == ("failed", {"completed": 1, "leftover": 1})
    assert (tags(sandbox, ada), tags(sandbox, bo)) == (["Alva: Invitation Sent"], DONE)
