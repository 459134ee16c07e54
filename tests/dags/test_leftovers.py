"""Leftovers of a run: how later runs do them, and how far the covered time moves. Whole runs in real Airflow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alva_lever.batch.leftovers import MOST, Leftover
from alva_lever.rules.events import Claim, Kind
from include.sandbox import Sandbox
from tests.dags.people import (
    INVITE,
    RESULTS,
    THIS_HOUR,
    announced,
    applied,
    candidate_id,
    covered,
    hours_pass,
    hours_until_due,
    keep,
    ms,
    notes,
    sent,
    tags,
    told,
    waiting,
)  # fmt: skip
from tests.dags.runner import HOUR, UNKNOWN, Runner

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)


def refuse_tags(sandbox: Sandbox, *opportunities: str) -> None:
    for one in opportunities:
        sandbox.faults.add("lever", "POST", f"/opportunities/{one}/addTags", status=400, times=None)


@pytest.fixture
def ada(sandbox: Sandbox, posting: str) -> str:
    """A candidate who entered the trigger stage in the last hour and can't be tagged."""
    ada = applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30)))
    refuse_tags(sandbox, ada)
    return ada


class TestCovered:
    def test_the_covered_time_moves_on_despite_a_leftover(self, hourly: Runner, sandbox: Sandbox, ada: str) -> None:
        run = hourly.scheduled(THIS_HOUR - HOUR)
        assert (run.state, covered(), list(waiting())) == ("failed", THIS_HOUR, [ada])

    @pytest.mark.parametrize("kind", ["manual", "backfill"])
    def test_only_scheduled_runs_move_the_covered_time_and_the_next_one_does_the_leftovers_of_others(
        self, hourly: Runner, sandbox: Sandbox, ada: str, kind: str
    ) -> None:
        hourly.scheduled(THIS_HOUR - 9 * HOUR)
        run = hourly.backfill(THIS_HOUR - HOUR) if kind == "backfill" else hourly.manual(opportunity_ids=[ada])
        assert (run.state, run.counts, covered()) == ("failed", {"leftover": 1}, THIS_HOUR - 8 * HOUR)
        sandbox.faults.clear()
        # Its window is another hour.
        run = hourly.scheduled(THIS_HOUR - 8 * HOUR)
        assert (run.state, run.counts, tags(sandbox, ada)) == ("success", {"trigger_stage": 1}, ["Invitation Sent"])

    def test_more_than_a_thousand_leftovers_fail_the_run_and_the_covered_time_stays(
        self, hourly: Runner, sandbox: Sandbox, posting: str, ada: str
    ) -> None:
        hourly.scheduled(THIS_HOUR - 2 * HOUR)
        due_ms = ms(THIS_HOUR + 8 * HOUR)
        keep(Leftover({"id": f"{UNKNOWN}-{number}"}, "refused", 3, due_ms, due_ms) for number in range(MOST))
        # There is no room for one more.
        run = hourly.scheduled(THIS_HOUR - HOUR)
        assert (run.state, run.counts, covered()) == ("failed", {}, THIS_HOUR - HOUR)
        assert run.report is not None
        assert (len(waiting()), len(run.report["leftovers"])) == (MOST, 100)
        sandbox.faults.clear()
        # The next one covers that hour too.
        run = hourly.scheduled(THIS_HOUR)
        assert (run.state, run.counts, covered()) == ("success", {"trigger_stage": 1}, THIS_HOUR + HOUR)
        assert tags(sandbox, ada) == ["Invitation Sent"]

    def test_a_failed_listing_leaves_no_leftovers_and_the_covered_time_stays(
        self, hourly: Runner, sandbox: Sandbox, ada: str
    ) -> None:
        hourly.scheduled(THIS_HOUR - 2 * HOUR)
        sandbox.faults.add("lever", "GET", "/opportunities", status=403, times=None)
        assert hourly.scheduled(THIS_HOUR - HOUR).state == "failed"
        assert (covered(), waiting()) == (THIS_HOUR - HOUR, {})


class TestDue:
    def test_a_leftover_is_due_in_the_next_run_then_after_1_2_4_8_16_and_24_hours(
        self, hourly: Runner, sandbox: Sandbox, ada: str
    ) -> None:
        found = []
        for attempt in range(1, 9):
            run = hourly.scheduled(THIS_HOUR - HOUR if attempt == 1 else THIS_HOUR + attempt * HOUR)
            assert (run.state, run.counts, told(run)) == ("failed", {"leftover": 1}, {ada: ("refused", attempt)})
            found.append(hours_until_due()[ada])
            hours_pass(found[-1])
        assert found == [0, 1, 2, 4, 8, 16, 24, 24]
        assert sent(sandbox, ada) == 1

    def test_a_run_without_a_due_leftover_succeeds_and_only_reports_it(
        self, hourly: Runner, sandbox: Sandbox, ada: str
    ) -> None:
        for number in range(2):
            hourly.scheduled(THIS_HOUR + (number - 1) * HOUR)
        before = waiting()
        sandbox.journal.clear()
        run = hourly.scheduled(THIS_HOUR + HOUR)
        assert (run.state, run.counts, told(run), waiting()) == ("success", {}, {ada: ("refused", 2)}, before)
        assert sandbox.journal.of("lever", None, f"/opportunities/{ada}*") == []
        assert covered() == THIS_HOUR + 2 * HOUR

    def test_only_scheduled_runs_retry_leftovers(self, hourly: Runner, sandbox: Sandbox, ada: str) -> None:
        hourly.scheduled(THIS_HOUR - HOUR)
        sandbox.faults.clear()
        for run in (hourly.backfill(THIS_HOUR - 9 * HOUR), hourly.manual(opportunity_ids=[UNKNOWN])):
            assert (run.state, list(told(run))) == ("success", [ada])
        assert tags(sandbox, ada) == []

    @pytest.mark.parametrize(("days", "word"), [(13, "leftover"), (14.01, "given_up")])
    def test_a_leftover_is_given_up_after_14_days_and_that_run_fails(
        self, hourly: Runner, sandbox: Sandbox, ada: str, days: float, word: str
    ) -> None:
        hourly.scheduled(THIS_HOUR - HOUR)
        hours_pass(days * 24)
        run = hourly.scheduled(THIS_HOUR)
        assert (run.state, run.counts, bool(waiting())) == ("failed", {word: 1}, word == "leftover")
        assert run.report is not None
        assert run.report["ids"] == {word: [ada]}
        assert hourly.scheduled(THIS_HOUR + HOUR).state == "success"

    def test_a_thousand_due_leftovers_are_all_done(self, hourly: Runner, sandbox: Sandbox, ada: str) -> None:
        hourly.scheduled(THIS_HOUR - 2 * HOUR)
        now_ms = ms(THIS_HOUR)
        ids = [f"{UNKNOWN[:-6]}{number:06}" for number in range(MOST)]
        named = {"manual__2026-01-01T00:00:00+00:00": now_ms}
        claim = Claim(frozenset(Kind), {UNKNOWN: now_ms}, deleted_since_ms=now_ms, named_ms=named).as_json()
        keep(Leftover({"id": one, **claim}, "refused", 3, now_ms, now_ms) for one in ids)
        sandbox.faults.clear()
        run = hourly.scheduled(THIS_HOUR - HOUR)
        assert (run.state, run.counts, waiting()) == ("success", {"unconfirmed": MOST, "trigger_stage": 1}, {})
        assert len(run.tasks["invite"]) > 1


class TestDoneMeanwhile:
    @pytest.fixture
    def left(self, hourly: Runner, sandbox: Sandbox, ada: str) -> str:
        """A leftover after two attempts, due in an hour. Its fault is gone by now."""
        for number in range(2):
            hourly.scheduled(THIS_HOUR + (number - 1) * HOUR)
        sandbox.faults.clear()
        assert list(waiting()) == [ada]
        return ada

    def test_a_manual_run_that_names_a_leftover_does_it_before_it_is_due(
        self, hourly: Runner, sandbox: Sandbox, left: str
    ) -> None:
        run = hourly.manual(opportunity_ids=[left])
        assert (run.state, run.counts, told(run)) == ("success", {"trigger_stage": 1}, {})
        assert (tags(sandbox, left), waiting()) == (["Invitation Sent"], {})

    def test_an_events_run_does_a_leftover(self, events: Runner, sandbox: Sandbox, left: str) -> None:
        run = events.manual(deliveries=announced("stage_changed", left))
        assert (run.state, run.counts, told(run)) == ("success", {"trigger_stage": 1}, {})
        assert (tags(sandbox, left), waiting()) == (["Invitation Sent"], {})

    def test_a_cleared_run_does_its_leftover(self, hourly: Runner, sandbox: Sandbox, ada: str) -> None:
        run = hourly.scheduled(THIS_HOUR - HOUR)
        sandbox.faults.clear()
        again = hourly.again(run.run_id)
        assert (again.state, again.counts, waiting()) == ("success", {"trigger_stage": 1}, {})

    def test_a_poll_that_finds_a_leftover_and_need_not_invite_it_takes_it_off_the_list(
        self, hourly: Runner, sandbox: Sandbox, posting: str, left: str
    ) -> None:
        sandbox.recruiter.tag(left, "Alva: Completed")
        run = hourly.manual(since=(THIS_HOUR - 2 * HOUR).isoformat())
        assert (run.state, run.counts, waiting()) == ("success", {"already_invited": 1}, {})

    def test_a_leftover_whose_opportunity_is_deleted_is_gone(self, hourly: Runner, sandbox: Sandbox, left: str) -> None:
        sandbox.recruiter.delete(left, at_ms=ms(THIS_HOUR - 300 * HOUR))
        hours_pass(1)
        run = hourly.scheduled(THIS_HOUR + 2 * HOUR)
        assert (run.state, run.counts, waiting()) == ("success", {"gone": 1}, {})

    def test_a_manual_run_that_fails_counts_as_another_attempt(
        self, hourly: Runner, sandbox: Sandbox, left: str
    ) -> None:
        refuse_tags(sandbox, left)
        run = hourly.manual(opportunity_ids=[left])
        assert (run.state, told(run), hours_until_due()) == ("failed", {left: ("refused", 3)}, {left: 2.0})

    def test_a_dry_run_neither_removes_nor_adds_leftovers(
        self, hourly: Runner, sandbox: Sandbox, posting: str, left: str
    ) -> None:
        before = waiting()
        bad = applied(sandbox, posting)
        sandbox.faults.add("lever", "GET", f"/opportunities/{bad}", status=400, times=None)
        run = hourly.manual(opportunity_ids=[left, bad], dry_run=True)
        assert (run.state, run.counts, waiting()) == ("failed", {"trigger_stage": 1}, before)
        assert told(run) == {left: ("refused", 2)}


class TestWholeBatches:
    """A task that dies or ends early keeps all unfinished items as leftovers."""

    @pytest.fixture
    def people(self, sandbox: Sandbox, posting: str) -> list[str]:
        return [applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=20))) for _ in range(30)]

    @pytest.mark.parametrize(
        ("fault", "word"),
        [
            ({"status": 401}, "untried"),
            # The first two dozen get this fault; then the attempt ends and the others are untried.
            ({"kind": "html", "status": 200}, None),
            ({"status": 403}, "forbidden"),
        ],
    )
    def test_candidates_whom_alva_refuses_from_the_middle_on_are_leftovers(
        self,
        hurried: None,
        hourly: Runner,
        sandbox: Sandbox,
        people: list[str],
        fault: dict[str, Any],
        word: str | None,
    ) -> None:
        sandbox.faults.add("alva", "GET", "/candidates", times=None, skip=10, **fault)
        run = hourly.scheduled(THIS_HOUR - HOUR)
        done = [one for one in people if tags(sandbox, one)]
        assert (run.state, run.counts) == ("failed", {"trigger_stage": len(done), "leftover": 30 - len(done)})
        assert set(told(run)) == set(waiting()) == set(people) - set(done)
        assert word is None or word in {fault for fault, _ in told(run).values()}
        assert covered() == THIS_HOUR
        sandbox.faults.clear()
        run = hourly.scheduled(THIS_HOUR)
        assert (run.state, waiting()) == ("success", {})
        assert [(sent(sandbox, one), tags(sandbox, one)) for one in people] == [(1, ["Invitation Sent"])] * 30

    def test_all_candidates_are_leftovers_during_the_last_attempt_in_case_it_is_killed(
        self, hourly: Runner, sandbox: Sandbox, people: list[str]
    ) -> None:
        seen: list[dict[str, str]] = []
        sandbox.faults.add(
            "alva", "POST", "*/candidates", kind="call", times=None,
            action=lambda: seen.append({name: one.fault for name, one in waiting().items()}),
        )  # fmt: skip
        assert hourly.scheduled(THIS_HOUR - HOUR).counts == {"trigger_stage": 30}
        assert seen == [dict.fromkeys(people, "untried")] * 30
        assert waiting() == {}


class TestOfEvents:
    """The polling DAGs do the leftovers of deliveries."""

    def test_the_hourly_dag_does_leftover_stage_changes_hires_and_deletions(
        self, events: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        # Long before any window of a poll.
        old = {"at_ms": ms(THIS_HOUR - 40 * DAY)}
        moved, hired, deleted = (applied(sandbox, posting, **old) for _ in range(3))
        assert events.manual(deliveries=announced("stage_changed", hired, deleted)).state == "success"
        sandbox.recruiter.hire(hired, at_ms=ms(THIS_HOUR - 39 * DAY))
        # Nearly as long ago as a delivery may be.
        sandbox.recruiter.delete(deleted, at_ms=ms(THIS_HOUR - 13 * DAY))
        refuse_tags(sandbox, moved)
        candidates = [candidate_id(sandbox, one) for one in (hired, deleted)]
        for method, candidate in zip(("PATCH", "DELETE"), candidates, strict=True):
            sandbox.faults.add("alva", method, f"/candidates/{candidate}", status=403, times=None)
        run = events.manual(
            deliveries=announced("stage_changed", moved) + announced("hired", hired) + announced("deleted", deleted)
        )
        assert (run.state, run.counts) == ("failed", {"leftover": 3})
        assert told(run) == {moved: ("refused", 1), hired: ("forbidden", 1), deleted: ("forbidden", 1)}
        assert (set(waiting(INVITE)), set(waiting(RESULTS))) == ({moved, hired, deleted}, set())
        sandbox.faults.clear()
        run = Runner(INVITE).scheduled(THIS_HOUR - HOUR)
        assert (run.state, run.counts) == ("success", {"trigger_stage": 1, "hired": 1, "deleted": 1})
        assert (tags(sandbox, moved), waiting(INVITE)) == (["Invitation Sent"], {})
        assert sandbox.look(hired)["alva"]["candidate"]["stage"] == "hired"
        assert sandbox.candidates.find(deleted)["present"] is False

    def test_an_announced_application_among_the_leftovers_still_counts_as_new(
        self, events: Runner, sandbox: Sandbox
    ) -> None:
        posting = sandbox.recruiter.add_posting("Support", tags=["Alva: Screening"])
        new, other = (applied(sandbox, posting, stage="Offer", at_ms=ms(THIS_HOUR - 13 * DAY)) for _ in range(2))
        row = sandbox.world.lever.opportunity(new)
        assert row.application is not None
        sandbox.faults.add("lever", "GET", "/opportunities/*", status=400, times=None)
        run = events.manual(
            deliveries=[
                {"kind": "application_created", "opportunity": new, "application": row.application.id},
                {"kind": "application_created", "opportunity": other, "application": UNKNOWN},
            ]
        )
        assert (run.state, run.counts) == ("failed", {"leftover": 2})
        sandbox.faults.clear()
        hours_pass(30)
        run = Runner(INVITE).scheduled(THIS_HOUR - HOUR)
        assert (run.state, run.counts) == ("success", {"screening": 1, "not_requested": 1})
        assert (sent(sandbox, new), sent(sandbox, other)) == (1, 0)

    @pytest.mark.parametrize("at", ["/candidates/{}", "/candidates/{}/results"])
    def test_the_results_dag_does_leftover_results(
        self, events: Runner, sandbox: Sandbox, posting: str, at: str
    ) -> None:
        ada = applied(sandbox, posting)
        events.manual(deliveries=announced("stage_changed", ada))
        sandbox.clock.advance(round(-20 * DAY.total_seconds() * 1000))
        candidate = sandbox.candidates.finish(ada, 82)
        sandbox.clock.advance(round(20 * DAY.total_seconds() * 1000))
        sandbox.faults.add("alva", "GET", at.format(candidate), status=403, times=None)
        run = events.manual(deliveries=[{"kind": "results", "candidate": candidate}])
        assert (run.state, run.counts) == ("failed", {"leftover": 1})
        assert list(waiting(INVITE)) == []
        assert set(waiting(RESULTS)) == set(told(run))
        sandbox.faults.clear()
        # Long after the change in Alva, so that no window includes it.
        run = Runner(RESULTS).scheduled(THIS_HOUR - QUARTER, THIS_HOUR)
        assert (run.state, run.counts, waiting(RESULTS)) == ("success", {"completed": 1}, {})
        assert tags(sandbox, ada) == ["High role fit", "Completed"]

    def test_a_leftover_under_both_ids_is_done_once(self, events: Runner, sandbox: Sandbox, posting: str) -> None:
        ada = applied(sandbox, posting)
        events.manual(deliveries=announced("stage_changed", ada))
        candidate = sandbox.candidates.finish(ada, 82)
        results = Claim(frozenset({Kind.RESULTS})).as_json()
        now_ms = ms(THIS_HOUR)
        items: list[dict[str, Any]] = [{"id": ada, **results}, {"id": candidate, "is": "candidate", **results}]
        keep((Leftover(item, "refused", 3, now_ms, now_ms) for item in items), RESULTS)
        run = Runner(RESULTS).scheduled(THIS_HOUR, THIS_HOUR + QUARTER)
        assert (run.state, run.counts, waiting(RESULTS)) == ("success", {"completed": 1}, {})
        assert len(notes(sandbox, ada)) == len(sandbox.journal.of("lever", "POST", "*/notes")) == 1


class TestAsked:
    def test_the_leftover_of_a_manual_run_still_counts_as_named(
        self, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        ada = applied(sandbox, posting, stage="Offer", at_ms=ms(THIS_HOUR - 40 * DAY))
        sandbox.faults.add("lever", "GET", f"/opportunities/{ada}", status=400, times=None)
        assert hourly.manual(opportunity_ids=[ada]).counts == {"leftover": 1}
        sandbox.faults.clear()
        run = hourly.scheduled(THIS_HOUR - HOUR)
        assert (run.state, run.counts, sent(sandbox, ada)) == ("success", {"manual": 1}, 1)

    def test_the_leftover_of_a_manual_run_gets_only_one_failure_note(
        self, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        ada = applied(sandbox, posting, stage="Offer", emails=[], at_ms=ms(THIS_HOUR - 40 * DAY))
        refuse_tags(sandbox, ada)
        first = hourly.manual(opportunity_ids=[ada])
        assert (first.counts, len(notes(sandbox, ada))) == ({"leftover": 1}, 1)
        sandbox.faults.clear()
        assert hourly.scheduled(THIS_HOUR - HOUR).counts == {"missing_email": 1}
        assert hourly.again(first.run_id).counts == {"awaiting_retry": 1}
        assert (len(notes(sandbox, ada)), tags(sandbox, ada)) == (1, ["Invitation Failed"])

    @pytest.mark.parametrize("departed", ["hired", "deleted"])
    def test_a_manual_run_that_names_the_candidate_does_a_leftover_departure(
        self, hourly: Runner, sandbox: Sandbox, posting: str, departed: str
    ) -> None:
        ada = applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30)))
        hourly.scheduled(THIS_HOUR - HOUR)
        at = ms(THIS_HOUR + timedelta(minutes=1))
        (sandbox.recruiter.hire if departed == "hired" else sandbox.recruiter.delete)(ada, at_ms=at)
        sandbox.faults.add("alva", "GET", "/candidates", query={"external_id": ada}, status=403, times=None)
        assert hourly.scheduled(THIS_HOUR).counts == {"leftover": 1}
        sandbox.faults.clear()
        run = hourly.manual(opportunity_ids=[ada])
        assert (run.state, run.counts, waiting()) == ("success", {departed: 1}, {})

    def test_the_next_nightly_run_does_a_leftover_job_position(
        self, nightly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        bad, other = (
            sandbox.candidates.add_position("Old", external_id=one)
            for one in (posting, sandbox.recruiter.add_posting("Cook"))
        )
        dag_id = nightly.dag.dag_id
        sandbox.faults.add("alva", "PATCH", f"/job_positions/{bad}", status=403, times=None)
        run = nightly.scheduled(THIS_HOUR - DAY, THIS_HOUR)
        assert (run.state, run.counts, told(run)) == (
            "failed",
            {"updated": 1, "leftover": 1},
            {posting: ("forbidden", 1)},
        )
        assert (list(waiting(dag_id)), covered(dag_id)) == ([posting], THIS_HOUR)
        sandbox.faults.clear()
        run = nightly.scheduled(THIS_HOUR, THIS_HOUR + DAY)
        assert (run.state, run.counts, waiting(dag_id)) == ("success", {"owner_unknown": 1, "unchanged": 1}, {})
        assert [sandbox.world.alva.positions.named(one).facts.name for one in (bad, other)] == ["Data Engineer", "Cook"]

    def test_an_unreadable_job_position_is_a_leftover_under_its_own_id(
        self, hurried: None, nightly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        bad = sandbox.candidates.add_position("Old", external_id=posting)

        def spoil(answer: dict[str, Any]) -> None:
            for row in answer.get("data", [answer]):
                if row["id"] == bad:
                    row["external_id"] = ["?"]

        sandbox.faults.add("alva", "GET", "/job_positions*", kind="edit", action=spoil, times=None)
        dag_id = nightly.dag.dag_id
        run = nightly.scheduled(THIS_HOUR - DAY, THIS_HOUR)
        assert (run.state, told(run)) == ("failed", {bad: ("malformed", 1)})
        sandbox.faults.clear()
        run = nightly.scheduled(THIS_HOUR, THIS_HOUR + DAY)
        assert (run.state, waiting(dag_id)) == ("success", {})
        assert sandbox.world.alva.positions.named(posting).facts.name == "Data Engineer"
