"""Leaves a run's report, and says whether the run as a whole went well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from alva_lever.operators.run import Run, covered_asset, move_covered, pulled
from alva_lever.rules.tally import Tally

_OR_LEAVE_IT = ", or leave it: the next scheduled run that succeeds covers these hours too"


class ReportOperator(BaseOperator):
    """Adds up what the tasks before it did; the last of its DAG, and run whatever became of them.

    XCom `return_value`: `{"dry_run", "looked_at", "counts", "ids", "near_misses", "calls", "waited_seconds"}`; left
    also where the run fails, which it then does here, without a retry.

    :param find_task_id: the task that found whom to look at, where there is one.
    :param batch_task_id: the mapped task that did the batches which it found.
    :param other_task_ids: tasks with a tally of their own.
    :param polls: whether the DAG asks what happened in a stretch of time: a scheduled run that succeeds then moves how
        far the DAG has come.
    """

    def __init__(
        self,
        *,
        find_task_id: str | None = None,
        batch_task_id: str | None = None,
        other_task_ids: Sequence[str] = (),
        polls: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"trigger_rule": "all_done", "retries": 0, **kwargs})
        self.find_task_id = find_task_id
        self.batch_task_id = batch_task_id
        self.other_task_ids = other_task_ids
        self.polls = polls

    def execute(self, context: Context) -> dict[str, Any]:
        run, ti = Run.of(context), context["ti"]
        total, unfinished = Tally(), []
        for name, part in self._parts(ti):
            if part is not None:
                total.add(Tally.of(part["tally"]))
            if part is None or not part.get("finished", True):
                unfinished.append(name)
        report = total.report(dry_run=run.dry_run)
        self.log.info("Looked at %s: %s; calls %s", report["looked_at"], report["counts"], report["calls"])
        if unfinished:
            ti.xcom_push("return_value", report)
            raise AirflowFailException(
                f"The run is not complete: {', '.join(unfinished)} did not finish. Its report holds what was done; "
                "nothing of it is done twice. Read the red task's log and mend what it says; then clear that task with "
                f"its downstream{_OR_LEAVE_IT if self.polls else ''}"
            )
        if self.polls:
            move_covered(context, covered_asset(self.dag_id), run)
        return report

    def _parts(self, ti: Any) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
        """What each task left, None where it left nothing."""
        if self.find_task_id:
            found = pulled(ti.xcom_pull(task_ids=self.find_task_id, key="found"))
            yield f"`{self.find_task_id}`", found
            if found is None or not found["finished"]:
                return
            for index in range(found["batches"]):
                left = ti.xcom_pull(task_ids=self.batch_task_id, map_indexes=index)
                yield f"`{self.batch_task_id}` [{index}]", pulled(left)
        for task_id in self.other_task_ids:
            yield f"`{task_id}`", pulled(ti.xcom_pull(task_ids=task_id))
