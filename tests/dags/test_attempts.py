"""A task that is tried again: what one attempt did, rehearsed or left open, and what the next makes of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from alva_lever.rules.claims import Claim, Kind
from alva_lever.rules.leftovers import Leftover
from include.sandbox import Sandbox
from tests.dags.people import (
    THIS_HOUR,
    announced,
    applied,
    candidate_id,
    covered,
    hours_pass,
    keep,
    ms,
    sent,
    tags,
    told,
    waiting,
)  # fmt: skip
from tests.dags.runner import HOUR, UNKNOWN, Runner

DAY = timedelta(days=1)
NOW_MS = ms(THIS_HOUR)


def left(opportunity: str, *kinds: Kind) -> Leftover:
    """What another run could not do; due at once."""
    return Leftover({"id": opportunity, **Claim(frozenset(kinds)).as_json()}, "refused", 1, NOW_MS, NOW_MS)


def before_attempt(runner: Runner, number: int, task_id: str, do: Any) -> None:
    """What happens after an attempt, when the task doesn't hold the slot, and before the next."""
    runner.before = lambda task, attempt: do() if (task, attempt) == (task_id, number) else None


@pytest.fixture
def pair(sandbox: Sandbox, posting: str) -> tuple[str, str]:
    """Two who are in the trigger stage. The second can't be tagged at first."""
    ada, bo = (applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30))) for _ in range(2))
    sandbox.faults.add("lever", "POST", f"/opportunities/{bo}/addTags", status=400)
    return ada, bo


class TestWhatAnotherRunLeft:
    @pytest.mark.parametrize("kind", [Kind.MOVED, Kind.HIRED])
    def test_between_two_attempts_about_who_was_done_in_the_first_stays(
        self, events: Runner, pair: tuple[str, str], kind: Kind
    ) -> None:
        ada, bo = pair
        events.retry("handle", 1)
        before_attempt(events, 2, "handle", lambda: keep([left(ada, kind)]))
        run = events.manual(deliveries=announced("stage_changed", ada, bo))
        assert (run.state, run.counts, told(run)) == ("success", {"trigger_stage": 2}, {ada: ("refused", 1)})
        assert list(waiting().values()) == [left(ada, kind)]

    def test_before_the_first_is_gone_by_what_that_did(self, events: Runner, pair: tuple[str, str]) -> None:
        ada, bo = pair
        keep([left(ada, Kind.MOVED)])
        events.retry("handle", 1)
        run = events.manual(deliveries=announced("stage_changed", ada, bo))
        assert (run.state, run.counts, waiting()) == ("success", {"trigger_stage": 2}, {})


def test_results_of_a_candidate_whose_opportunity_was_done_without_them(
    events: Runner, sandbox: Sandbox, posting: str
) -> None:
    ada = applied(sandbox, posting)
    events.manual(deliveries=announced("stage_changed", ada))
    candidate = sandbox.candidates.finish(ada, 82)
    sandbox.faults.add("alva", "GET", f"/candidates/{candidate}", status=400)
    events.retry("handle", 1)
    run = events.manual(deliveries=[*announced("stage_changed", ada), {"kind": "results", "candidate": candidate}])
    assert (run.state, run.counts, waiting()) == ("success", {"completed": 1}, {})
    assert tags(sandbox, ada) == ["High role fit", "Completed"]


class TestRehearsal:
    def options(self, monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
        value = json.dumps({"trigger_stage": "New applicant", **options})
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", value)

    def test_what_was_rehearsed_is_not_done_for_the_attempt_that_is_real(
        self, events: Runner, sandbox: Sandbox, posting: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada, bo = (applied(sandbox, posting) for _ in range(2))
        sandbox.faults.add("lever", "GET", f"/opportunities/{bo}", status=400)
        self.options(monkeypatch, dry_run=True)
        events.retry("handle", 1)
        before_attempt(events, 2, "handle", lambda: self.options(monkeypatch))
        run = events.manual(deliveries=announced("stage_changed", ada, bo))
        assert run.report is not None
        assert (run.state, run.counts, run.report["dry_run"]) == ("success", {"trigger_stage": 2}, False)
        assert [(sent(sandbox, one), tags(sandbox, one)) for one in (ada, bo)] == [(1, ["Invitation Sent"])] * 2

    def test_an_attempt_that_became_one_writes_nothing_and_covers_nothing(
        self, hourly: Runner, sandbox: Sandbox, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada, bo = pair
        hourly.retry("invite", 1)
        before_attempt(hourly, 2, "invite", lambda: self.options(monkeypatch, dry_run=True))
        run = hourly.scheduled(THIS_HOUR - HOUR)
        assert run.report is not None
        assert (run.state, run.report["dry_run"], covered()) == ("success", True, THIS_HOUR - HOUR)
        assert (tags(sandbox, ada), tags(sandbox, bo)) == (["Invitation Sent"], [])
        self.options(monkeypatch)
        assert hourly.scheduled(THIS_HOUR).counts == {"already_invited": 1, "trigger_stage": 1}
        assert [sent(sandbox, one) for one in pair] == [1, 1]


@pytest.mark.parametrize("value", ["", "{", '{"trigger_stage": "New applicant", "dryrun": true}'])
def test_the_first_hour_is_covered_by_the_next_though_the_options_were_wrong(
    hourly: Runner, sandbox: Sandbox, posting: str, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    ada = applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30)))
    with monkeypatch.context() as wrong:
        wrong.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", value)
        assert hourly.scheduled(THIS_HOUR - HOUR).state == "failed"
    run = hourly.scheduled(THIS_HOUR)
    assert (run.state, run.counts, sent(sandbox, ada)) == ("success", {"trigger_stage": 1}, 1)


def test_an_invitation_counts_once_however_often_its_tag_fails(
    hourly: Runner, sandbox: Sandbox, pair: tuple[str, str]
) -> None:
    _, bo = pair
    sandbox.faults.add("lever", "POST", f"/opportunities/{bo}/addTags", status=400)
    hourly.retry("invite", 2)
    run = hourly.scheduled(THIS_HOUR - HOUR)
    assert run.report is not None
    assert (run.state, run.report["invited"], run.counts) == ("success", 2, {"trigger_stage": 2})
    assert [sent(sandbox, one) for one in pair] == [1, 1]


class TestDeletedLongAgo:
    @pytest.mark.parametrize("kind", ["manual", "backfill"])
    def test_a_run_that_looks_so_far_back_finds_it_and_removes_them(
        self, hourly: Runner, events: Runner, sandbox: Sandbox, posting: str, kind: str
    ) -> None:
        ada = applied(sandbox, posting)
        events.manual(deliveries=announced("stage_changed", ada))
        sandbox.recruiter.delete(ada, at_ms=ms(THIS_HOUR - 40 * DAY + timedelta(minutes=30)))
        candidate = candidate_id(sandbox, ada)
        sandbox.faults.add("alva", "DELETE", f"/candidates/{candidate}", status=403)
        since = THIS_HOUR - 40 * DAY
        run = hourly.backfill(since) if kind == "backfill" else hourly.manual(since=since.isoformat())
        # It is done by the next run, whose window is not that old.
        assert (run.state, run.counts) == ("failed", {"leftover": 1})
        run = hourly.scheduled(THIS_HOUR - HOUR)
        assert (run.state, run.counts, waiting()) == ("success", {"deleted": 1}, {})
        assert sandbox.candidates.find(ada)["present"] is False


def test_a_new_application_that_waits_is_new_whatever_else_was_announced(
    hourly: Runner, events: Runner, sandbox: Sandbox
) -> None:
    posting = sandbox.recruiter.add_posting("Support", tags=["Alva: Screening"])
    ada = applied(sandbox, posting, stage="Offer", at_ms=ms(THIS_HOUR - timedelta(minutes=30)))
    sandbox.faults.add("lever", "GET", f"/opportunities/{ada}", status=400, times=None)
    events.manual(deliveries=[{"kind": "application_created", "opportunity": ada, "application": UNKNOWN}])
    assert hourly.scheduled(THIS_HOUR - HOUR).counts == {"leftover": 1}
    sandbox.faults.clear()
    hours_pass(3)
    run = hourly.scheduled(THIS_HOUR + 3 * HOUR)
    assert (run.state, run.counts, sent(sandbox, ada)) == ("success", {"screening": 1}, 1)
