"""The callback for failed and late runs: what the option may name, and how it is called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.dag_processing.processor import _execute_dag_callbacks
from airflow.sdk import BaseNotifier
from airflow.sdk.execution_time.callback_supervisor import execute_callback
from airflow.serialization.serialized_objects import DagSerialization
from structlog import get_logger

from tests.dags.runner import DAGS, Runner

HOURLY = "alva_lever_invite_candidates"
OPTION = "AIRFLOW__ALVA_LEVER__ON_FAILURE_CALLBACK"
HERE = "tests.dags.test_alerts"
heard: list[dict[str, Any]] = []


def function(context: dict[str, Any]) -> None:
    heard.append(dict(context))


def failing(context: dict[str, Any]) -> None:
    raise RuntimeError("no network")


async def awaitable(context: dict[str, Any]) -> None:
    heard.append(dict(context))


class Notifier(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def notify(self, context: Any) -> None:
        heard.append({**context, "text": self.text})


TEXT = "{{ dag_run.dag_id }} {{ run_id }}: {{ reason }}"
notifier = Notifier(TEXT)
several: list[Any] = [failing, function, Notifier(TEXT)]
number = 42
among_others = [function, Notifier]


@pytest.fixture(autouse=True)
def _nothing_heard() -> Iterator[None]:
    heard.clear()
    # A notifier writes what it has rendered over its template.
    for each in (notifier, several[-1]):
        each.text = TEXT
    yield
    heard.clear()


def parsed() -> DagBag:
    return DagBag(str(DAGS))


def fail(hourly: Runner) -> str:
    """Makes a run fail and calls its callbacks as the DAG processor does. Returns the run's id."""
    ended = hourly.manual(dryrun=True)
    assert ended.state == "failed"
    assert hourly.asked is not None
    _execute_dag_callbacks(parsed(), hourly.asked, get_logger())
    return ended.run_id


def late() -> bool:
    """Calls the deadline's callback as Airflow's executor does. Returns whether all callbacks succeeded.

    The context is the one that `tests/airflow` receives from a real scheduler.
    """
    alerts = parsed().dags[HOURLY].deadline
    assert isinstance(alerts, list)
    (alert,) = alerts
    context = {"dag_run": {"dag_run_id": "run-1", "dag_id": HOURLY}, "deadline": {"id": "1"}}
    done, _ = execute_callback(
        alert.callback.path, {**alert.callback.kwargs, "context": context}, Path(), None, get_logger()
    )
    return done


@pytest.mark.parametrize("name", ["function", "notifier", "several"])
def test_each_kind_of_callback_is_called_for_a_failed_run(
    database: None, served: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(OPTION, f"{HERE}.{name}")
    run_id = fail(Runner(HOURLY))
    assert len(heard) == (2 if name == "several" else 1)
    for context in heard:
        assert (context["run_id"], context["reason"]) == (run_id, "task_failure")
        assert context.get("text", f"{HOURLY} {run_id}: task_failure") == f"{HOURLY} {run_id}: task_failure"


@pytest.mark.parametrize(("name", "well"), [("function", True), ("notifier", True), ("several", False)])
def test_each_kind_of_callback_is_called_for_a_late_run(monkeypatch: pytest.MonkeyPatch, name: str, well: bool) -> None:
    """A callback that fails does not stop the ones after it."""
    monkeypatch.setenv(OPTION, f"{HERE}.{name}")
    assert late() is well
    assert len(heard) == (2 if name == "several" else 1)
    for context in heard:
        assert context["run_id"] == context["dag_run"].run_id == "run-1"
        assert context["reason"].startswith("not done 2 hours after it was queued")
        assert context.get("text", f"{HOURLY} run-1: {context['reason']}") == f"{HOURLY} run-1: {context['reason']}"


@pytest.mark.parametrize(
    ("executor", "alerts"),
    [
        ("LocalExecutor", True),
        ("CeleryExecutor,KubernetesExecutor", True),
        ("airflow.providers.celery.executors.celery_executor.CeleryExecutor", True),
        ("KubernetesExecutor", False),
        ("KubernetesExecutor,CeleryExecutor", False),
        ("my_company.executors.OwnExecutor", False),
    ],
)
def test_a_late_run_alerts_only_where_the_executor_can_call_back(
    monkeypatch: pytest.MonkeyPatch, executor: str, alerts: bool
) -> None:
    """Elsewhere the scheduler would end with `NotImplementedError`."""
    monkeypatch.setenv(OPTION, f"{HERE}.function")
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    hourly = parsed().dags[HOURLY]
    assert bool(hourly.deadline) is alerts
    assert hourly.has_on_failure_callback


@pytest.mark.parametrize(
    "path",
    [
        "nowhere.at_all",
        f"{HERE}.nothing",
        "function",
        f"{HERE}.number",
        f"{HERE}.Notifier",
        f"{HERE}.among_others",
        f"{HERE}.awaitable",
    ],
)
def test_a_callback_that_cannot_be_called_is_an_import_error_that_names_the_option(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv(OPTION, path)
    errors = parsed().import_errors
    assert {Path(file).stem for file in errors} == {file.stem for file in DAGS.glob("*.py")}
    assert not [error for error in errors.values() if "on_failure_callback" not in error or "alva_lever" not in error]


@pytest.mark.parametrize("path", [None, "", f"{HERE}.several"])
def test_the_dags_can_be_serialized_with_and_without_a_callback(
    monkeypatch: pytest.MonkeyPatch, path: str | None
) -> None:
    if path is not None:
        monkeypatch.setenv(OPTION, path)
    bag = parsed()
    assert bag.import_errors == {}
    for dag in bag.dags.values():
        serialized = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        assert serialized.has_on_failure_callback is bool(path), dag.dag_id
        assert bool(serialized.deadline) is (bool(path) and dag.dag_id == HOURLY), dag.dag_id
    watch = bag.dags[HOURLY].task_dict["watch_pool"]
    assert bool(watch.on_failure_callback) is bool(path)
