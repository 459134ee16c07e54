"""Two Lever accounts in one Airflow: what goes wrong in one is felt by no run of the other."""

from __future__ import annotations

import pytest

from alva_lever.operators.alerts import WatchPoolOperator, tell_late
from include.sandbox import Sandbox
from tests.dags.people import THIS_HOUR, announced, applied, covered, sent, tags, waiting
from tests.dags.runner import HOUR, Runner
from tests.dags.test_alerts import HERE, OPTION, _nothing_heard, heard
from tests.dags.test_metrics import metered, options, statsd
from tests.statsd import Statsd
from tests.two_accounts import BERLIN, Berlin, berlin, connect

__all__ = ["_nothing_heard", "berlin", "metered", "options", "statsd"]


@pytest.fixture
def hourly_berlin(hourly: Runner, berlin: Berlin) -> Runner:
    """Berlin's hourly DAG, which has never run."""
    return Runner(BERLIN.invite_dag_id)


def test_each_candidate_is_invited_by_their_own_account(
    hourly: Runner, hourly_berlin: Runner, sandbox: Sandbox, posting: str, berlin: Berlin
) -> None:
    ada, bo = applied(sandbox, posting), applied(berlin.sandbox, berlin.posting)
    for runner, here, candidate, there in (
        (hourly, sandbox, ada, berlin.sandbox),
        (hourly_berlin, berlin.sandbox, bo, sandbox),
    ):
        there.journal.clear()
        run = runner.scheduled(THIS_HOUR)
        assert run.state == "success"
        assert run.report is not None
        assert run.report["ids"] == {"trigger_stage": [candidate]}
        assert (sent(here, candidate), tags(here, candidate)) == (1, ["Invitation Sent"])
        assert there.journal.of() == []


def test_an_event_is_handled_with_the_keys_of_its_account(hourly: Runner, sandbox: Sandbox, berlin: Berlin) -> None:
    bo = applied(berlin.sandbox, berlin.posting)
    sandbox.journal.clear()
    run = Runner(BERLIN.events_dag_id).manual(deliveries=announced("stage_changed", bo))
    assert (run.state, run.counts, sent(berlin.sandbox, bo)) == ("success", {"trigger_stage": 1}, 1)
    assert sandbox.journal.of() == []


def test_results_and_postings_are_those_of_the_account(hourly_berlin: Runner, sandbox: Sandbox, berlin: Berlin) -> None:
    bo = applied(berlin.sandbox, berlin.posting)
    assert hourly_berlin.scheduled(THIS_HOUR).counts == {"trigger_stage": 1}
    berlin.sandbox.candidates.finish(bo)
    berlin.sandbox.recruiter.change_posting(berlin.posting, name="Data Engineer, Berlin")
    sandbox.journal.clear()
    assert Runner(BERLIN.results_dag_id).scheduled(THIS_HOUR).counts == {"completed": 1}
    assert Runner(BERLIN.postings_dag_id).scheduled(THIS_HOUR).counts == {"updated": 1}
    assert "Completed" in tags(berlin.sandbox, bo)
    assert sandbox.journal.of() == []


def test_what_a_run_counts_carries_its_account(metered: Runner, statsd: Statsd, berlin: Berlin) -> None:
    applied(berlin.sandbox, berlin.posting)
    Runner(BERLIN.invite_dag_id).scheduled(THIS_HOUR)
    found = statsd.received()
    assert found[f"decisions.berlin.{BERLIN.invite_dag_id}.trigger_stage"] == ["1|c"]
    assert found[f"leftovers_waiting.berlin.{BERLIN.invite_dag_id}"] == ["0|g"]
    assert [name for name in found if ".default." in name] == []


@pytest.mark.usefixtures("berlin", "_nothing_heard")
def test_an_alert_for_a_late_run_names_the_pool_of_its_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTION, f"{HERE}.function")
    tell_late({"dag_run": {"dag_run_id": "a", "dag_id": BERLIN.invite_dag_id}}, hours=2)
    (alert,) = heard
    assert f"`{BERLIN.pool}`" in alert["reason"]
    watch = Runner(BERLIN.invite_dag_id).dag.task_dict["watch_pool"]
    assert isinstance(watch, WatchPoolOperator)
    assert watch.pool_id == BERLIN.pool


class TestFaults:
    def test_a_wrong_key_fails_the_runs_of_its_account_only(
        self,
        hourly: Runner,
        hourly_berlin: Runner,
        sandbox: Sandbox,
        posting: str,
        berlin: Berlin,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ada, bo = applied(sandbox, posting), applied(berlin.sandbox, berlin.posting)
        connect(monkeypatch, berlin.url, "a-key-of-nobody")
        assert hourly_berlin.scheduled(THIS_HOUR).state == "failed"
        run = hourly.scheduled(THIS_HOUR)
        assert (run.state, run.counts, sent(sandbox, ada)) == ("success", {"trigger_stage": 1}, 1)
        # Each keeps its own time: the next run of the other covers what this one could not.
        assert (covered(), covered(BERLIN.invite_dag_id)) == (THIS_HOUR + HOUR, THIS_HOUR)
        connect(monkeypatch, berlin.url, berlin.sandbox.LEVER_KEY)
        assert hourly_berlin.scheduled(THIS_HOUR + HOUR).counts == {"trigger_stage": 1}
        assert sent(berlin.sandbox, bo) == 1

    @pytest.mark.usefixtures("hurried")
    def test_an_exhausted_limit_is_felt_by_its_account_only(
        self, hourly: Runner, hourly_berlin: Runner, sandbox: Sandbox, posting: str, berlin: Berlin
    ) -> None:
        ada = applied(sandbox, posting)
        applied(berlin.sandbox, berlin.posting)
        berlin.sandbox.faults.add("lever", "*", "*", status=429, times=None)
        assert hourly_berlin.scheduled(THIS_HOUR).state == "failed"
        run = hourly.scheduled(THIS_HOUR)
        assert (run.state, run.counts, sent(sandbox, ada)) == ("success", {"trigger_stage": 1}, 1)
        assert run.report is not None
        assert run.report["waited_seconds"] < 5

    def test_a_leftover_is_kept_and_tried_by_its_own_account(
        self, hourly: Runner, hourly_berlin: Runner, sandbox: Sandbox, posting: str, berlin: Berlin
    ) -> None:
        applied(sandbox, posting)
        bo = applied(berlin.sandbox, berlin.posting)
        berlin.sandbox.faults.add("lever", "POST", f"/opportunities/{bo}/addTags", status=403, times=None)
        assert hourly_berlin.scheduled(THIS_HOUR).state == "failed"
        assert hourly.scheduled(THIS_HOUR).state == "success"
        assert (list(waiting()), list(waiting(BERLIN.invite_dag_id))) == ([], [bo])
        berlin.sandbox.faults.clear()
        sandbox.journal.clear()
        assert hourly.scheduled(THIS_HOUR + HOUR).state == "success"
        assert sandbox.journal.of("lever", None, f"/opportunities/{bo}*") == []
        assert list(waiting(BERLIN.invite_dag_id)) == [bo]
        assert hourly_berlin.scheduled(THIS_HOUR + HOUR).state == "success"
        assert (waiting(BERLIN.invite_dag_id), tags(berlin.sandbox, bo)) == ({}, ["Invitation Sent"])

    def test_options_of_one_that_cannot_be_used_stop_its_runs_only(
        self,
        hourly: Runner,
        hourly_berlin: Runner,
        sandbox: Sandbox,
        posting: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        applied(sandbox, posting)
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS_BERLIN", "{}")
        assert hourly_berlin.scheduled(THIS_HOUR).state == "failed"
        assert hourly.scheduled(THIS_HOUR).counts == {"trigger_stage": 1}
