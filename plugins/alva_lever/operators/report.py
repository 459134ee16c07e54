"""Leaves a run's report, advances what the DAG has covered, and fails the run if it is incomplete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from alva_lever.batch.leftovers import SHOWN
from alva_lever.batch.run_report import RunReport
from alva_lever.operators.base import StatefulOperator, state_of
from alva_lever.operators.run import Run, pulled


class ReportOperator(StatefulOperator):
    """Adds up the reports of the tasks before it. The last task of its DAG; it runs even if the others fail.

    XCom `return_value`: `{"dry_run", "window", "invited", "looked_at", "counts", "ids", "near_misses", "leftovers",
    "calls", "waited_seconds"}`. If the run is incomplete, this task leaves the report and fails without a retry.

    :param batch_task_id: the task that did the batches.
    :param find_task_id: the task that found them; None if `batch_task_id` is a single task that did everything.
    """

    def __init__(self, *, batch_task_id: str, find_task_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**{"trigger_rule": "all_done", "retries": 0, **kwargs})
        self.batch_task_id = batch_task_id
        self.find_task_id = find_task_id

    def execute(self, context: Context) -> dict[str, Any]:
        run, ti = Run.of(context), context["ti"]
        found = pulled(ti.xcom_pull(task_ids=self.find_task_id, key="found")) if self.find_task_id else None
        parts = list(self._parts(ti, found))
        total = RunReport()
        for _, part in parts:
            if part is not None:
                total.add(RunReport.of(part["report"]))
        dry_run = run.dry_run or any(part is not None and part.get("dry_run", False) for _, part in parts)
        states = [state_of(dag_id) for dag_id in self.state_of]
        waiting = [leftover for state in states for leftover in state.leftovers().shown()]
        window = None if found is None or found["named"] else tuple(found["window"])
        report = total.as_xcom(dry_run=dry_run, window=window, leftovers=waiting[:SHOWN])
        self.log.info("%s", _table(report, known=self.find_task_id is None or found is not None))
        unfinished = [name for name, part in parts if part is None or not part["finished"]]
        kept = all(part is not None and (part["finished"] or part.get("kept", False)) for _, part in parts)
        if kept and run.scheduled and not dry_run and found is not None:
            states[0].move_covered(found["window"][1])
        if unfinished:
            ti.xcom_push("return_value", report)
            raise AirflowFailException(_what_next(run, unfinished, kept=kept, dry_run=dry_run))
        return report

    def _parts(self, ti: Any, found: Mapping[str, Any] | None) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
        """Yields each task's name and XCom, None if it left none."""
        if self.find_task_id is None:
            yield f"`{self.batch_task_id}`", pulled(ti.xcom_pull(task_ids=self.batch_task_id))
            return
        yield f"`{self.find_task_id}`", found
        for index in range(found["batches"] if found is not None and found["finished"] else 0):
            left = ti.xcom_pull(task_ids=self.batch_task_id, map_indexes=index)
            yield f"`{self.batch_task_id}` [{index}]", pulled(left)


def _what_next(run: Run, unfinished: Sequence[str], *, kept: bool, dry_run: bool) -> str:
    """Returns the error of a run that fails: what is unfinished, and what happens next."""
    incomplete = f"The run is incomplete: {', '.join(unfinished)} did not finish. Its report shows what was done"
    look = "The log of the red task says what is wrong"
    if dry_run:
        return f"{incomplete}, or would have been. {look}. A dry run is not retried: correct it, and rehearse again"
    clear = "clear that task with its downstream to try again now"
    said = f"{incomplete}, and nothing of that is done twice. {look}"
    if kept:
        return (
            f"{said}, and the report's `leftovers` name what waits: the next runs try it again, for 14 days. Or {clear}"
        )
    if run.scheduled:
        return f"{said}. The next scheduled run covers this time too. Or {clear}"
    again = "trigger it again with the right key" if run.strange else clear
    return f"{said}. No other run does what this one was asked to: {again}"


def _table(report: Mapping[str, Any], *, known: bool) -> str:
    """Formats the report for the log, one line for each word. `known`: whether the run knew what to do."""
    window, misses = report["window"], len(report["near_misses"])
    lines = [
        f"Report{' of a dry run' if report['dry_run'] else ''}",
        f"  from {window[0]} to {window[1]}" if window else f"  of {'named records' if known else 'nothing'}",
        f"  {report['invited']:>6} {'would have been invited' if report['dry_run'] else 'invited'}",
        f"  {report['looked_at']:>6} looked at",
        *(f"  {count:>6} {word}" for word, count in sorted(report["counts"].items())),
        f"  {len(report['leftovers']):>6} wait for another attempt",
        *([f"  {misses:>6} tags that are nearly a control tag (`near_misses`)"] if misses else []),
        f"  {report['calls']['lever']:>6} calls to Lever, {report['calls']['alva']} to Alva",
    ]
    return "\n".join(lines)
