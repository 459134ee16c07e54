"""What runs count in Airflow's metrics: whole runs in real Airflow, and what arrives at a StatsD server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils

from alva_lever.metrics import Metric
from include.sandbox import Sandbox
from tests.dags.people import INVITE, RESULTS, THIS_HOUR, applied, covered, hours_pass, ms, sent
from tests.dags.runner import HOUR, UNKNOWN, Runner
from tests.statsd import Statsd, configured, to

DAY = timedelta(days=1)


@pytest.fixture
def statsd() -> Iterator[Statsd]:
    server = Statsd()
    yield server
    server.close()


@pytest.fixture
def options() -> dict[str, str]:
    """Further options of Airflow's section `metrics`."""
    return {}


@pytest.fixture
def metered(
    statsd: Statsd, options: dict[str, str], hourly: Runner, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Runner]:
    """The hourly DAG, whose tasks send metrics to the server."""
    with monkeypatch.context() as patch, configured(patch, stats_utils, stats, **to(statsd), **options):
        yield hourly


def in_last_hour(sandbox: Sandbox, posting: str, **more: Any) -> str:
    return applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30)), **more)


def of(dag_id: str = INVITE) -> str:
    return f"default.{dag_id}"


class TestARun:
    def test_its_report_is_counted_under_names_that_hold_the_tags(
        self, metered: Runner, statsd: Statsd, sandbox: Sandbox, posting: str
    ) -> None:
        in_last_hour(sandbox, posting)
        in_last_hour(sandbox, posting)
        in_last_hour(sandbox, posting, stage="Manager screen")
        run = metered.scheduled(THIS_HOUR - HOUR)
        found = statsd.received()
        assert run.report is not None
        assert found[f"decisions.{of()}.trigger_stage"] == ["2|c"]
        assert found[f"decisions.{of()}.not_requested"] == ["1|c"]
        assert sorted(found["decisions"]) == ["1|c", "2|c"]
        assert found["invitations"] == found[f"invitations.{of()}"] == ["2|c"]
        assert found[f"calls.{of()}.lever"] == [f"{run.report['calls']['lever']}|c"]
        assert found[f"calls.{of()}.alva"] == [f"{run.report['calls']['alva']}|c"]
        assert found[f"waited_ms.{of()}"] == ["0|c"]
        assert found[f"leftovers_kept.{of()}"] == found[f"leftovers_given_up.{of()}"] == ["0|c"]
        assert found[f"leftovers_waiting.{of()}"] == ["0|g"]
        assert not [name for name in found if name.startswith(("failures", "rehearsed"))]

    def test_the_wait_for_levers_limit_is_counted_in_milliseconds(
        self, metered: Runner, statsd: Statsd, sandbox: Sandbox, posting: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(5):
            in_last_hour(sandbox, posting)
        slow = json.loads(os.environ["AIRFLOW_CONN_LEVER_DEFAULT"]) | {"extra": {"calls_per_second": 5}}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(slow))
        run = metered.scheduled(THIS_HOUR - HOUR)
        assert run.report is not None
        assert run.report["waited_seconds"] > 0
        assert statsd.received()["waited_ms"] == [f"{round(run.report['waited_seconds'] * 1000)}|c"]

    def test_how_far_it_has_covered_is_shown_as_age_and_as_time(
        self, metered: Runner, statsd: Statsd, sandbox: Sandbox
    ) -> None:
        metered.scheduled(THIS_HOUR - 3 * HOUR)
        found = statsd.received()
        mark = THIS_HOUR - 2 * HOUR
        assert covered() == mark
        (age,) = found[f"covered_age_seconds.{of()}"]
        assert abs(int(age.removesuffix("|g")) - (datetime.now(UTC) - mark).total_seconds()) < 120
        assert found[f"covered_until_seconds.{of()}"] == [f"{mark.timestamp():.0f}|g"]
        # A run that finds nothing out leaves the mark, and the age grows.
        sandbox.faults.add("lever", "GET", "/opportunities", status=403, times=None)
        metered.scheduled(THIS_HOUR - 2 * HOUR)
        assert statsd.received()["covered_until_seconds"] == [f"{mark.timestamp():.0f}|g"]

    @pytest.mark.parametrize("options", [{"statsd_influxdb_enabled": "True", "legacy_names_on": "False"}])
    def test_a_statsd_with_tags_gets_tags_alone(
        self, metered: Runner, statsd: Statsd, sandbox: Sandbox, posting: str
    ) -> None:
        in_last_hour(sandbox, posting)
        metered.scheduled(THIS_HOUR - HOUR)
        found = statsd.received()
        tags = f"account=default,dag_id={INVITE}"
        assert found[f"decisions,{tags},reason=trigger_stage"] == ["1|c"]
        assert found[f"leftovers_waiting,{tags}"] == ["0|g"]
        assert all(f",{tags}" in name for name in found)

    @pytest.mark.parametrize("options", [{"metrics_allow_list": "^alva_lever.invitations$", "statsd_prefix": "ours"}])
    def test_airflows_prefix_and_lists_hold(
        self, metered: Runner, statsd: Statsd, sandbox: Sandbox, posting: str
    ) -> None:
        in_last_hour(sandbox, posting)
        metered.scheduled(THIS_HOUR - HOUR)
        assert statsd.received() == {"ours.alva_lever.invitations": ["1|c"]}

    def test_it_sends_nothing_where_no_metrics_are_configured(
        self, statsd: Statsd, hourly: Runner, sandbox: Sandbox, posting: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        in_last_hour(sandbox, posting)
        with monkeypatch.context() as patch, configured(patch, stats_utils, stats, statsd_port=str(statsd.port)):
            patch.setattr("alva_lever.operators.report.count_run", None)
            assert hourly.scheduled(THIS_HOUR - HOUR).state == "success"
        assert statsd.received() == {}


@pytest.mark.parametrize("by", ["form", "option"])
def test_a_dry_run_counts_what_it_rehearsed_and_no_invitation(
    metered: Runner,
    statsd: Statsd,
    sandbox: Sandbox,
    posting: str,
    settings: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    by: str,
) -> None:
    ada = in_last_hour(sandbox, posting)
    if by == "option":
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps({**settings, "dry_run": True}))
    since = (THIS_HOUR - HOUR).isoformat()
    metered.manual(since=since, **({"dry_run": True} if by == "form" else {}))
    found = statsd.received()
    assert found[f"rehearsed.{of()}.trigger_stage"] == ["1|c"]
    assert (found["invitations"], sent(sandbox, ada)) == (["0|c"], 0)
    assert not [name for name in found if name.startswith("decisions")]


class TestFailures:
    def test_a_leftover_is_counted_when_it_is_kept_while_it_waits_and_when_it_is_given_up(
        self, metered: Runner, statsd: Statsd, sandbox: Sandbox, posting: str
    ) -> None:
        ada = in_last_hour(sandbox, posting)
        sandbox.faults.add("lever", "POST", f"/opportunities/{ada}/addTags", status=400, times=None)
        metered.scheduled(THIS_HOUR - HOUR)
        found = statsd.received()
        assert found[f"failures.{of()}.refused"] == ["1|c"]
        assert found[f"leftovers_kept.{of()}"] == ["1|c"]
        assert found[f"leftovers_waiting.{of()}"] == ["1|g"]
        assert not [name for name in found if name.startswith("decisions")]
        hours_pass(15 * 24)
        # Its time is another hour, so that nothing but the leftover asks for it.
        metered.scheduled(THIS_HOUR)
        found = statsd.received()
        assert found[f"leftovers_given_up.{of()}"] == ["1|c"]
        assert found[f"leftovers_waiting.{of()}"] == ["0|g"]

    @pytest.mark.parametrize(("status", "kind"), [(401, "unauthorized"), (403, "forbidden")])
    def test_a_task_that_fails_as_a_whole_counts_once(
        self, metered: Runner, statsd: Statsd, sandbox: Sandbox, status: int, kind: str
    ) -> None:
        sandbox.faults.add("lever", "GET", "/opportunities", status=status, times=None)
        assert metered.scheduled(THIS_HOUR - HOUR).state == "failed"
        assert statsd.received()[f"failures.{of()}.{kind}"] == ["1|c"]

    def test_what_failed_before_anything_was_read_has_its_kind_too(
        self, metered: Runner, statsd: Statsd, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        metered.manual(dryrun=True)
        assert statsd.received()[f"failures.{of()}.bad_request"] == ["1|c"]
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps({"trigger_stage": "No such stage"}))
        metered.manual()
        assert statsd.received()[f"failures.{of()}.bad_option"] == ["1|c"]

    def test_a_task_that_left_nothing_is_unknown(
        self, metered: Runner, statsd: Statsd, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("alva_lever.operators.base.failures_of", lambda error: {})
        metered.manual(dryrun=True)
        assert statsd.received()[f"failures.{of()}.unknown"] == ["1|c"]

    def test_a_fault_that_a_retry_overcomes_is_not_counted(
        self, metered: Runner, statsd: Statsd, sandbox: Sandbox, posting: str
    ) -> None:
        ada = in_last_hour(sandbox, posting)
        metered.retry("invite", 1)
        sandbox.faults.add("lever", "POST", f"/opportunities/{ada}/addTags", status=400, times=1)
        assert metered.scheduled(THIS_HOUR - HOUR).state == "success"
        found = statsd.received()
        assert found["invitations"] == ["1|c"]
        assert not [name for name in found if name.startswith("failures")]


def test_a_run_of_webhooks_shows_the_state_of_the_dags_that_do_its_leftovers(
    events: Runner, statsd: Statsd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, configured(patch, stats_utils, stats, **to(statsd)):
        events.manual(deliveries=[{"kind": "stage_changed", "opportunity": UNKNOWN}])
    found = statsd.received()
    assert found["decisions.default.alva_lever_handle_events.gone"] == ["1|c"]
    assert {f"leftovers_waiting.{of(INVITE)}", f"leftovers_waiting.{of(RESULTS)}"} <= set(found)


def test_every_metric_is_sent(metered: Runner, statsd: Statsd, sandbox: Sandbox, posting: str) -> None:
    """But `webhooks`, which the API server sends."""
    in_last_hour(sandbox, posting)
    ada = in_last_hour(sandbox, posting)
    sandbox.faults.add("lever", "POST", f"/opportunities/{ada}/addTags", status=400, times=None)
    metered.scheduled(THIS_HOUR - HOUR)
    metered.manual(since=(THIS_HOUR - HOUR).isoformat(), dry_run=True)
    names = {metric.removeprefix("alva_lever.") for metric in Metric if metric is not Metric.WEBHOOKS}
    assert names == {name for name in statsd.received() if "." not in name}
