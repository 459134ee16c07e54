"""Runs a DAG in real Airflow without a scheduler: with its database, its task runner and its dependency rules.

Like `DAG.test`, but for runs of every kind, with any data interval, and repeatable.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.callbacks.callback_requests import DagCallbackRequest
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, DagBag, sync_bag_to_db
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import clear_task_instances
from airflow.models.xcom import XComModel
from airflow.sdk import DAG
from airflow.sdk.definitions.dag import _run_task
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.serialization.definitions.dag import SerializedDAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select

DAGS = Path(__file__).parent.parent.parent / "dags"
# The keys of a run's report.
REPORT = {
    "dry_run", "window", "invited", "looked_at", "counts", "ids", "near_misses", "leftovers", "calls", "waited_seconds",
}  # fmt: skip
# An id in Lever's format that no opportunity has.
UNKNOWN = "0b8f2d5e-9c1a-4a57-8a55-7d2f3f5b6c01"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Ended:
    """A run that has ended."""

    run_id: str
    state: str
    tasks: dict[str, list[str]]
    report: dict[str, Any] | None

    @property
    def counts(self) -> dict[str, int]:
        assert self.report is not None
        counts: dict[str, int] = self.report["counts"]
        return counts


class Runner:
    """Runs one DAG. Tasks have no retries by default, because Airflow would wait for minutes."""

    def __init__(self, dag_id: str, retries: int = 0) -> None:
        bag = DagBag(_file_of(dag_id))
        assert not bag.import_errors
        self.dag: DAG = bag.dags[dag_id]
        for task in self.dag.tasks:
            if isinstance(task, MappedOperator):
                task.partial_kwargs["retries"] = retries
            else:
                task.retries = retries
        # This task runs first if several can run.
        self.first: str | None = None
        # Called before each attempt with the task's id and the number of the attempt.
        self.before: Callable[[str, int], None] = lambda task_id, attempt: None
        # The callback that the scheduler would request from the DAG processor at the end of the last run.
        self.asked: DagCallbackRequest | None = None
        self._params = {task.task_id: deepcopy(task.params) for task in self.dag.tasks}, deepcopy(self.dag.params)
        self._serialized: SerializedDAG = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(self.dag))

    def retry(self, task_id: str, times: int) -> None:
        """Gives the task this many retries, without a delay."""
        task, at_once = self.dag.task_dict[task_id], {"retry_delay": timedelta(0), "retry_exponential_backoff": 0}
        if isinstance(task, MappedOperator):
            task.partial_kwargs.update(at_once, retries=times)
        else:
            task.retries, task.retry_delay, task.retry_exponential_backoff = times, timedelta(0), 0
        self._serialized = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(self.dag))

    def manual(self, **conf: Any) -> Ended:
        return self._new(DagRunType.MANUAL, None, conf)

    def scheduled(self, start: datetime, end: datetime | None = None) -> Ended:
        return self._new(DagRunType.SCHEDULED, (start, end or start + HOUR), {})

    def backfill(self, start: datetime, **conf: Any) -> Ended:
        return self._new(DagRunType.BACKFILL_JOB, (start, start + HOUR), conf)

    def again(self, run_id: str, kind: DagRunType | None = None) -> Ended:
        """Clears the whole run and runs it again, as a person or a backfill (which changes its kind) does."""
        with create_session() as session:
            run = self._find(session, run_id)
            clear_task_instances(run.get_task_instances(session=session), session)
            run.run_type = kind or run.run_type
            run.state = "running"
        return self._to_the_end(run_id)

    def queued(self, run_id: str) -> Ended:
        """Runs a run that Airflow has queued, as the scheduler does."""
        with create_session() as session:
            run = self._find(session, run_id)
            run.state, run.start_date = "running", datetime.now().astimezone()
        return self._to_the_end(run_id)

    def _new(self, kind: DagRunType, interval: tuple[datetime, datetime] | None, conf: dict[str, Any]) -> Ended:
        now = datetime.now().astimezone()
        with create_session() as session:
            run_id = f"{kind}__{now.isoformat()}"
            self._serialized.create_dagrun(
                run_id=run_id,
                logical_date=interval[0] if interval else None,
                data_interval=interval,
                run_after=interval[1] if interval else now,
                run_type=kind,
                triggered_by=DagRunTriggeredByType.TEST,
                triggering_user_name="test",
                conf=conf,
                state=DagRunState.RUNNING,
                start_date=now,
                session=session,
            )
        return self._to_the_end(run_id)

    def _to_the_end(self, run_id: str) -> Ended:
        with create_session() as session:
            # Read again each time: a task that runs in this process detaches the rows of the session.
            while (run := self._find(session, run_id)).state == "running":
                session.expire_all()
                run.dag = self._serialized
                schedulable, self.asked = run.update_state(session=session, execute_callbacks=False)
                for instance in schedulable:
                    instance.try_number += instance.state != "up_for_reschedule"
                    instance.state = TaskInstanceState.SCHEDULED
                session.commit()
                scheduled = run.get_task_instances(state=[TaskInstanceState.SCHEDULED], session=session)
                for instance in sorted(scheduled, key=lambda one: one.task_id != self.first):
                    # All runs share one process, so the params of a form would stay in the DAG and its tasks.
                    of_tasks, of_dag = deepcopy(self._params)
                    self.dag.params = of_dag
                    for task in self.dag.tasks:
                        task.params = of_tasks[task.task_id]
                    self.before(instance.task_id, instance.try_number)
                    _run_task(ti=instance, task=self.dag.task_dict[instance.task_id])
                session.commit()
            tasks: dict[str, list[str]] = {}
            for instance in run.get_task_instances(session=session):
                tasks.setdefault(instance.task_id, []).append(str(instance.state))
            return Ended(run_id, str(run.state), tasks, self.xcom(run_id, "report"))

    def xcom(self, run_id: str, task_id: str, key: str = "return_value") -> Any:
        with create_session() as session:
            row = session.scalar(
                select(XComModel).where(XComModel.run_id == run_id, XComModel.task_id == task_id, XComModel.key == key)
            )
            return None if row is None else XComModel.deserialize_value(row)

    def _find(self, session: Any, run_id: str) -> DagRun:
        run: DagRun = session.scalar(select(DagRun).where(DagRun.run_id == run_id, DagRun.dag_id == self.dag.dag_id))
        run.dag = self._serialized
        return run


def _file_of(dag_id: str) -> str:
    """Returns the DAG's file. Enters all DAGs into the database if it doesn't have this one: that takes longer than a
    run of most DAGs, so it isn't done for every test."""
    with create_session() as session:
        found = session.get(DagModel, dag_id)
        if found is None:
            manager = DagBundlesManager()  # type: ignore[no-untyped-call]  # as Airflow declares it
            manager.sync_bundles_to_db(session=session)
            session.commit()
            for bundle in manager.get_all_dag_bundles():
                bundle.initialize()
                bag = BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
                sync_bag_to_db(bag, bundle.name, bundle.version)
            found = session.get_one(DagModel, dag_id)
        return str(DAGS / str(found.relative_fileloc))
