"""The task that watches the pool, without a scheduler: it must not wait, since no other task can start meanwhile."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from alva_lever.operators import alerts
from tests.dags.runner import Runner


@pytest.fixture(autouse=True)
def _no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process runs all tasks, so a task that sleeps would block the others."""

    def sleep(seconds: float) -> None:
        raise AssertionError("the task waits")

    monkeypatch.setattr(alerts, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))


@pytest.mark.parametrize("first", ["watch_pool", "find", "begin"])
def test_the_task_blocks_no_run_in_one_process_in_any_order_of_the_tasks(hourly: Runner, first: str) -> None:
    hourly.first = first
    ended = hourly.manual(since="2026-01-01T00:00:00Z")
    assert ended.state == "success"
    assert ended.tasks["watch_pool"] == ["success"]


def test_the_task_does_not_block_a_test_of_the_dag(hourly: Runner) -> None:
    """Runs the DAG like `airflow dags test`."""
    run = hourly.dag.test(run_conf={"since": "2026-01-01T00:00:00Z"})
    assert str(run.state) == "success"
    assert {one.task_id: str(one.state) for one in run.get_task_instances()} == {
        "begin": "success", "find": "success", "invite": "skipped", "report": "success", "watch_pool": "success",
    }  # fmt: skip
