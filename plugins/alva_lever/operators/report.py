"""Leaves a run's report, advances what the DAG has covered, and fails the run if it is incomplete."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.observability import stats

from alva_lever.account import DEFAULT
from alva_lever.batch.leftovers import SHOWN
from alva_lever.batch.run_report import RunReport
from alva_lever.dag_state import WritableDagState
from alva_lever.metrics import Metrics, count_run, show_state, switched_on
from alva_lever.operators.base import StatefulOperator, state_of
from alva_lever.operators.run import Run, pulled


class ReportOperator(StatefulOperator):
    """Adds up the reports of the tasks before it. The last task of its DAG; it runs even if the others fail.

    XCom `return_value`: `{"dry_run", "window", "invited", "looked_at", "counts", "ids", "near_misses", "leftovers",
    "calls", "waited_seconds"}`. If the run is incomplete, this task leaves the report and fails without a retry.

    :param batch_task_id: the task that did the batches.
    :param find_task_id: the task that found them; None if `batch_task_id` is a single task that did everything.
    :param account_id: the account that the run's metrics carry.
    """

    def __init__(
        self,
        *,
        batch_task_id: str,
        find_task_id: str | None = None,
        account_id: str = DEFAULT.account_id,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"trigger_rule": "all_done", "retries": 0, **kwargs})
        self.batch_task_id = batch_task_id
        self.find_task_id = find_task_id
        self.account_id = account_id

    def execute(self, context: Context) -> dict[str, Any]:
        run, ti = Run.of(context), context["ti"]
        found = pulled(ti.xcom_pull(task_ids=self.find_task_id, key="found")) if self.find_task_id else None
        parts = list(self._parts(ti, found))
        total = RunReport()
        for part in parts:
            if part.left is not None:
                total.add(RunReport.of(part.left["report"]))
        dry_run = run.dry_run or any(part.left is not None and part.left.get("dry_run", False) for part in parts)
        states = {dag_id: state_of(dag_id) for dag_id in self.state_of}
        leftovers = {dag_id: state.leftovers() for dag_id, state in states.items()}
        waiting = [leftover for those in leftovers.values() for leftover in those.shown()]
        window = None if found is None or found["named"] else tuple(found["window"])
        report = total.as_xcom(dry_run=dry_run, window=window, leftovers=waiting[:SHOWN])
        waits = sum(map(len, leftovers.values()))
        self.log.info("%s", _table(report, waits, known=self.find_task_id is None or found is not None))
        unfinished = [part.name for part in parts if not part.finished]
        kept = all(part.finished or (part.left is not None and part.left.get("kept", False)) for part in parts)
        if kept and run.scheduled and not dry_run and found is not None:
            states[self.state_of[0]].move_covered(found["window"][1])
        if unfinished:
            ti.xcom_push("return_value", report)
        if switched_on():
            try:
                self._count(report, self._failures(ti, parts), states, leftovers)
            except Exception as error:  # the report is more than its figures
                self.log.warning("The metrics could not be sent: %s", type(error).__name__)
        if unfinished:
            raise AirflowFailException(_what_next(run, unfinished, kept=kept, dry_run=dry_run))
        return report

    def _count(
        self,
        report: Mapping[str, Any],
        failures: Counter[str],
        states: Mapping[str, WritableDagState],
        leftovers: Mapping[str, Sized],
    ) -> None:
        count_run(Metrics(stats, account=self.account_id, dag_id=self.dag_id), report, failures)
        for dag_id, state in states.items():
            show_state(
                Metrics(stats, account=self.account_id, dag_id=dag_id),
                waiting=len(leftovers[dag_id]),
                covered_ms=state.covered_ms,
                now_ms=round(time.time() * 1000),
            )

    def _parts(self, ti: Any, found: Mapping[str, Any] | None) -> Iterator[_Part]:
        if self.find_task_id is None:
            yield _Part(self.batch_task_id, None, pulled(ti.xcom_pull(task_ids=self.batch_task_id)))
            return
        yield _Part(self.find_task_id, None, found)
        for index in range(found["batches"] if found is not None and found["finished"] else 0):
            left = ti.xcom_pull(task_ids=self.batch_task_id, map_indexes=index)
            yield _Part(self.batch_task_id, index, pulled(left))

    def _failures(self, ti: Any, parts: Iterable[_Part]) -> Counter[str]:
        """Counts what failed, by kind. A task that left nothing, because it was killed, say, is `unknown`."""
        failures = Counter[str]()
        for part in parts:
            if not part.finished:
                which = {} if part.index is None else {"map_indexes": part.index}
                left = pulled(ti.xcom_pull(task_ids=part.task_id, key="failures", **which))
                failures.update(left or {"unknown": 1})
        return failures


@dataclass(frozen=True, slots=True)
class _Part:
    """A task of the run, with its index if it is mapped. `left`: its XCom, None if it left none."""

    task_id: str
    index: int | None
    left: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        return f"`{self.task_id}`" + ("" if self.index is None else f" [{self.index}]")

    @property
    def finished(self) -> bool:
        return self.left is not None and bool(self.left["finished"])


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


def _table(report: Mapping[str, Any], waits: int, *, known: bool) -> str:
    """Formats the report for the log, one line for each word. `waits`: the number of leftovers, of which the report
    names the first. `known`: whether the run knew what to do."""
    window, misses = report["window"], len(report["near_misses"])
    lines = [
        f"Report{' of a dry run' if report['dry_run'] else ''}",
        f"  from {window[0]} to {window[1]}" if window else f"  of {'named records' if known else 'nothing'}",
        f"  {report['invited']:>6} {'would have been invited' if report['dry_run'] else 'invited'}",
        f"  {report['looked_at']:>6} looked at",
        *(f"  {count:>6} {word}" for word, count in sorted(report["counts"].items())),
        f"  {waits:>6} wait for another attempt",
        *([f"  {misses:>6} tags that are nearly a control tag (`near_misses`)"] if misses else []),
        f"  {report['calls']['lever']:>6} calls to Lever, {report['calls']['alva']} to Alva",
    ]
    return "\n".join(lines)
