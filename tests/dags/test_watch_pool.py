"""The task that watches the pool, where there is no scheduler: it waits for nothing that can't come."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from alva_lever.operators import alerts
from tests.dags.runner import Runner


@pytest.fixture(autouse=True)
def _nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sleeps in the one process that runs all tasks sleeps for all of them."""

    def sleep(seconds: float) -> None:
        raise AssertionError("it waits")

    monkeypatch.setattr(alerts, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))


@pytest.mark.parametrize("first", ["watch_pool", "find", "begin"])
def test_it_holds_up_no_run_in_one_process_in_whichever_order_its_tasks_are_taken(hourly: Runner, first: str) -> None:
    hourly.first = first
    ended = hourly.manual(since="2026-01-01T00:00:00Z")
    assert ended.state == "success"
    assert ended.tasks["watch_pool"] == ["success"]


def test_it_holds_up_no_test_of_the_dag(hourly: Runner) -> None:
    """`airflow dags test`, as people do it."""
    run = hourly.dag.test(run_conf={"since": "2026-01-01T00:00:00Z"})
    assert str(run.state) == "success"
    assert {one.task_id: str(one.state) for one in run.get_task_instances()} == {
        "begin": "success", "find": "success", "invite": "skipped", "report": "success", "watch_pool": "success",
    }  # fmt: skip
