"""A task that is retried: how the next attempt continues what the last one did, did as a dry run, or left open."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alva_lever.batch.leftovers import Leftover
from alva_lever.rules.events import Claim, Kind
from include.sandbox import Sandbox
from include.sandbox.alva.models import Invitee
from tests.dags.people import (
    INVITE,
    RESULTS,
    THIS_HOUR,
    announced,
    applied,
    candidate_id,
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
    """Returns a leftover of another run that is due at once."""
    return Leftover({"id": opportunity, **Claim(frozenset(kinds)).as_json()}, "refused", 1, NOW_MS, NOW_MS)


def before_attempt(runner: Runner, number: int, task_id: str, do: Any) -> None:
    """Calls `do` before the attempt with this number, while the task doesn't hold its pool slot."""
    runner.before = lambda task, attempt: do() if (task, attempt) == (task_id, number) else None


@pytest.fixture
def pair(sandbox: Sandbox, posting: str) -> tuple[str, str]:
    """Two candidates in the trigger stage. The first attempt to tag the second one fails."""
    ada, bo = (applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30))) for _ in range(2))
    sandbox.faults.add("lever", "POST", f"/opportunities/{bo}/addTags", status=400)
    return ada, bo


class TestLeftoversOfAnotherRun:
    @pytest.mark.parametrize("kind", [Kind.MOVED, Kind.HIRED])
    def test_a_leftover_that_comes_between_two_attempts_stays_if_the_first_did_its_candidate(
        self, events: Runner, pair: tuple[str, str], kind: Kind
    ) -> None:
        ada, bo = pair
        events.retry("handle", 1)
        before_attempt(events, 2, "handle", lambda: keep([left(ada, kind)]))
        run = events.manual(deliveries=announced("stage_changed", ada, bo))
        assert (run.state, run.counts, told(run)) == ("success", {"trigger_stage": 2}, {ada: ("refused", 1)})
        assert list(waiting().values()) == [left(ada, kind)]

    def test_a_leftover_from_before_the_first_attempt_is_done_with_it(
        self, events: Runner, pair: tuple[str, str]
    ) -> None:
        ada, bo = pair
        keep([left(ada, Kind.MOVED)])
        events.retry("handle", 1)
        run = events.manual(deliveries=announced("stage_changed", ada, bo))
        assert (run.state, run.counts, waiting()) == ("success", {"trigger_stage": 2}, {})


class TestResultsThatTheFirstAttemptCouldNotRead:
    @pytest.fixture
    def ada(self, events: Runner, sandbox: Sandbox, posting: str) -> str:
        """An invited candidate."""
        ada = applied(sandbox, posting)
        events.manual(deliveries=announced("stage_changed", ada))
        events.retry("handle", 1)
        return ada

    def test_the_retry_writes_them_although_the_opportunity_was_done(
        self, events: Runner, sandbox: Sandbox, ada: str
    ) -> None:
        candidate = sandbox.candidates.finish(ada, 82)
        sandbox.faults.add("alva", "GET", f"/candidates/{candidate}", status=400)
        run = events.manual(deliveries=[*announced("stage_changed", ada), {"kind": "results", "candidate": candidate}])
        assert (run.state, run.counts, waiting()) == ("success", {"completed": 1}, {})
        assert tags(sandbox, ada) == ["High role fit", "Completed"]

    @pytest.mark.parametrize(("kind", "word"), [("stage_changed", "trigger_stage"), ("hired", "hired")])
    def test_unchanged_results_do_not_replace_the_word_of_the_first_attempt(
        self, events: Runner, sandbox: Sandbox, ada: str, kind: str, word: str
    ) -> None:
        candidate = candidate_id(sandbox, ada)
        if kind == "hired":
            sandbox.recruiter.hire(ada)
        else:
            sandbox.recruiter.untag(ada, "Alva: Invitation Sent")
        sandbox.faults.add("alva", "GET", f"/candidates/{candidate}", status=400)
        run = events.manual(deliveries=[*announced(kind, ada), {"kind": "results", "candidate": candidate}])
        assert (run.state, run.counts) == ("success", {word: 1})


class TestTwoInAlva:
    """One opportunity with two candidates in Alva: the one that changed last counts, whichever a delivery names."""

    @pytest.fixture
    def two(self, events: Runner, sandbox: Sandbox, posting: str) -> tuple[str, str, str]:
        """Returns the opportunity, its invited candidate, and a candidate added by hand later who has completed."""
        ada = applied(sandbox, posting)
        events.manual(deliveries=announced("stage_changed", ada))
        first, position = candidate_id(sandbox, ada), sandbox.candidates.add_position("By hand")
        sandbox.clock.advance(60_000)
        second = sandbox.world.alva.roster.invite(
            position, Invitee(email="other@candidates.example.com", external_id=ada)
        ).id
        sandbox.clock.advance(60_000)
        assert sandbox.candidates.finish(ada, 82) == second
        return ada, first, second

    def test_a_late_delivery_about_the_other_candidate_changes_nothing(
        self, events: Runner, results: Runner, sandbox: Sandbox, two: tuple[str, str, str]
    ) -> None:
        ada, first, _ = two
        assert results.manual(opportunity_ids=[ada]).counts == {"completed": 1}
        assert events.manual(deliveries=[{"kind": "results", "candidate": first}]).counts == {"unchanged": 1}
        assert tags(sandbox, ada) == ["High role fit", "Completed"]

    def test_a_leftover_of_the_other_candidate_writes_the_latest_results(
        self, results: Runner, sandbox: Sandbox, two: tuple[str, str, str]
    ) -> None:
        ada, first, _ = two
        keep([Leftover({"id": first, "is": "candidate", "kinds": ["results"]}, "refused", 1, NOW_MS, NOW_MS)], RESULTS)
        run = results.scheduled(THIS_HOUR, THIS_HOUR + timedelta(minutes=15))
        assert (run.state, run.counts, waiting(RESULTS)) == ("success", {"completed": 1}, {})
        assert tags(sandbox, ada) == ["High role fit", "Completed"]

    def test_deliveries_about_both_write_the_latest_results_if_one_could_not_be_read_at_first(
        self, events: Runner, sandbox: Sandbox, two: tuple[str, str, str]
    ) -> None:
        ada, first, second = two
        sandbox.faults.add("alva", "GET", f"/candidates/{second}", status=400)
        events.retry("handle", 1)
        run = events.manual(deliveries=[{"kind": "results", "candidate": one} for one in (first, second)])
        assert (run.state, run.counts, tags(sandbox, ada)) == (
            "success",
            {"completed": 1},
            ["High role fit", "Completed"],
        )

    def test_a_candidate_without_a_readable_external_id_counts_too(
        self, results: Runner, sandbox: Sandbox, two: tuple[str, str, str]
    ) -> None:
        ada, _, second = two

        def spoil(answer: dict[str, Any]) -> None:
            for row in answer["data"]:
                if row["id"] == second:
                    row["external_id"] = ["?"]

        sandbox.faults.add("alva", "GET", "/candidates", kind="edit", action=spoil, times=2)
        sandbox.faults.add("alva", "GET", f"/candidates/{second}", status=400)
        results.retry("push", 1)
        run = results.scheduled(THIS_HOUR, THIS_HOUR + timedelta(minutes=15))
        assert (run.state, run.counts, tags(sandbox, ada)) == (
            "success",
            {"completed": 1},
            ["High role fit", "Completed"],
        )


class TestDryRun:
    def options(self, monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
        value = json.dumps({"trigger_stage": "New applicant", **options})
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", value)

    def test_an_attempt_after_a_dry_run_does_everything(
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

    @pytest.mark.parametrize("kind", ["scheduled", "backfill", "manual", "events"])
    def test_a_run_that_becomes_a_dry_run_stops_writing_and_keeps_the_rest_as_leftovers(
        self, hourly: Runner, events: Runner, sandbox: Sandbox, pair: tuple[str, str],
        monkeypatch: pytest.MonkeyPatch, kind: str,
    ) -> None:  # fmt: skip
        ada, bo = pair
        runner, task = (events, "handle") if kind == "events" else (hourly, "invite")
        runner.retry(task, 1)
        before_attempt(runner, 2, task, lambda: self.options(monkeypatch, dry_run=True))
        if kind == "events":
            run = runner.manual(deliveries=announced("stage_changed", ada, bo))
        elif kind == "manual":
            run = runner.manual(opportunity_ids=[ada, bo])
        else:
            run = getattr(runner, kind)(THIS_HOUR - HOUR)
        assert run.report is not None
        assert (run.state, run.counts) == ("failed", {"trigger_stage": 1, "leftover": 1})
        assert (run.report["dry_run"], run.report["invited"], list(waiting())) == (False, 2, [bo])
        assert (tags(sandbox, ada), tags(sandbox, bo)) == (["Invitation Sent"], [])
        # A dry run keeps the leftovers.
        dry = Runner(INVITE).scheduled(THIS_HOUR + 2 * HOUR)
        assert (dry.counts, list(waiting())) == ({"trigger_stage": 1}, [bo])
        self.options(monkeypatch)
        run = Runner(INVITE).scheduled(THIS_HOUR + 3 * HOUR)
        assert (run.state, tags(sandbox, bo), waiting()) == ("success", ["Invitation Sent"], {})
        assert [sent(sandbox, one) for one in pair] == [1, 1]


@pytest.mark.parametrize("value", ["", "{", '{"trigger_stage": "New applicant", "dryrun": true}'])
def test_the_next_run_covers_the_first_hour_if_that_failed_for_wrong_options(
    hourly: Runner, sandbox: Sandbox, posting: str, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    ada = applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30)))
    with monkeypatch.context() as wrong:
        wrong.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", value)
        assert hourly.scheduled(THIS_HOUR - HOUR).state == "failed"
    run = hourly.scheduled(THIS_HOUR)
    assert (run.state, run.counts, sent(sandbox, ada)) == ("success", {"trigger_stage": 1}, 1)


def test_an_invitation_counts_once_if_its_tag_fails_several_times(
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
    def test_a_run_over_that_time_finds_the_deletion_and_the_candidate_is_removed(
        self, hourly: Runner, events: Runner, sandbox: Sandbox, posting: str, kind: str
    ) -> None:
        ada = applied(sandbox, posting)
        events.manual(deliveries=announced("stage_changed", ada))
        sandbox.recruiter.delete(ada, at_ms=ms(THIS_HOUR - 40 * DAY + timedelta(minutes=30)))
        candidate = candidate_id(sandbox, ada)
        sandbox.faults.add("alva", "DELETE", f"/candidates/{candidate}", status=403)
        since = THIS_HOUR - 40 * DAY
        run = hourly.backfill(since) if kind == "backfill" else hourly.manual(since=since.isoformat())
        # The next run removes the candidate, although its window is much later.
        assert (run.state, run.counts) == ("failed", {"leftover": 1})
        run = hourly.scheduled(THIS_HOUR - HOUR)
        assert (run.state, run.counts, waiting()) == ("success", {"deleted": 1}, {})
        assert sandbox.candidates.find(ada)["present"] is False


def test_a_new_application_among_the_leftovers_stays_new_after_other_announcements(
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


class TestNames:
    """A manual run asks once for the candidates it names, whichever run does it, and however late."""

    @pytest.fixture
    def ada(self, sandbox: Sandbox, posting: str) -> str:
        """A candidate who is invited only if a manual run names them."""
        return applied(sandbox, posting, stage="Offer", at_ms=ms(THIS_HOUR - 40 * DAY))

    def bounce(self, sandbox: Sandbox, results: Runner, ada: str) -> None:
        """Lets the invitation bounce a few minutes after it was sent."""
        sandbox.clock.advance(5 * 60_000)
        sandbox.candidates.bounce(ada)
        results.manual(opportunity_ids=[ada])
        assert tags(sandbox, ada) == ["Invitation Bounced"]

    def test_a_cleared_manual_run_also_does_the_request_of_a_later_one(
        self, hourly: Runner, sandbox: Sandbox, ada: str
    ) -> None:
        sandbox.recruiter.set_emails(ada, [])
        first = hourly.manual(opportunity_ids=[ada])
        assert first.counts == {"missing_email": 1}
        sandbox.recruiter.set_emails(ada, ["ada@candidates.example.com"])
        sandbox.faults.add("lever", "GET", f"/opportunities/{ada}", status=400)
        assert hourly.manual(opportunity_ids=[ada]).counts == {"leftover": 1}
        # The cleared run also does the request of the second run.
        assert hourly.again(first.run_id).counts == {"manual": 1}
        assert (sent(sandbox, ada), waiting()) == (1, {})

    def test_a_failed_run_that_is_cleared_after_another_did_its_leftovers_sends_no_second_invitation(
        self, hourly: Runner, results: Runner, sandbox: Sandbox, ada: str
    ) -> None:
        sandbox.faults.add("lever", "GET", f"/opportunities/{ada}", status=400)
        red = hourly.manual(opportunity_ids=[ada])
        assert hourly.scheduled(THIS_HOUR - HOUR).counts == {"manual": 1}
        self.bounce(sandbox, results, ada)
        assert hourly.again(red.run_id).counts == {"awaiting_retry": 1}
        assert sent(sandbox, ada) == 1

    def test_a_leftover_that_another_run_does_between_find_and_invite_is_not_done_twice(
        self, hourly: Runner, events: Runner, results: Runner, sandbox: Sandbox, ada: str
    ) -> None:
        claim = Claim(named_ms={"manual__1": ms(datetime.now(UTC)) - 60_000})
        keep([Leftover({"id": ada, **claim.as_json()}, "refused", 1, NOW_MS, NOW_MS)])

        def meanwhile() -> None:
            assert events.manual(deliveries=announced("stage_changed", ada)).counts == {"manual": 1}
            self.bounce(sandbox, results, ada)

        before_attempt(hourly, 1, "invite", meanwhile)
        run = hourly.scheduled(THIS_HOUR - HOUR)
        assert (run.state, run.counts, sent(sandbox, ada)) == ("success", {"awaiting_retry": 1}, 1)


@pytest.mark.parametrize(("kind", "word"), [(Kind.MOVED, "trigger_stage"), (Kind.HIRED, "unconfirmed")])
def test_a_claim_of_today_is_not_given_up_with_one_of_two_weeks_ago(
    hourly: Runner, sandbox: Sandbox, posting: str, kind: Kind, word: str
) -> None:
    ada = applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30)))
    hourly.scheduled(THIS_HOUR - 5 * HOUR)
    keep([left(ada, kind)])
    hours_pass(14 * 24 + 1)
    sandbox.faults.add("lever", "GET", f"/opportunities/{ada}", status=400)
    run = hourly.scheduled(THIS_HOUR - HOUR)
    assert (run.state, run.counts, told(run)) == ("failed", {"leftover": 1}, {ada: ("refused", 1)})
    assert hourly.scheduled(THIS_HOUR).counts == {word: 1}
    assert (sent(sandbox, ada), waiting()) == (1, {})
