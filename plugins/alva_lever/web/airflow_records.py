"""Reads what Airflow's database has of an account's DAGs: their runs with reports, their kept state, and whether they
are paused. Changes nothing.

Like `airflow_internals`, this uses Airflow beyond its public interface, and never runs on an event loop.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow._shared.state import AssetScope
from airflow.models.asset import AssetModel
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.state import get_state_backend
from airflow.utils.session import create_session
from sqlalchemy import ColumnElement, Select, and_, func, select

from alva_lever.dag_state import DagState, asset_name
from alva_lever.rules.window import Window, scheduled
from alva_lever.web.airflow_internals import database

_REPORT_TASK_ID = "report"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as Airflow knows it. `report`: as in `RunReport.as_xcom`; None if the run has not left one (yet)."""

    dag_id: str
    run_id: str
    state: str
    run_type: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    user_name: str | None
    report: Mapping[str, Any] | None

    @property
    def is_over(self) -> bool:
        return self.state in ("success", "failed")


@dataclass(frozen=True, slots=True)
class RunFigures:
    """The figures of a run's report. `ids`: by word, only for the words that were asked for."""

    dag_id: str
    run_id: str
    at: datetime
    dry_run: bool
    invited: int
    counts: Mapping[str, int]
    ids: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ListedDag:
    """A DAG in Airflow's list. `broken`: its file can't be imported just now. `gone`: it is no longer in any file."""

    paused: bool
    broken: bool
    gone: bool


def last_runs(dag_ids: Sequence[str], *, each: int) -> list[RunRecord]:
    """Returns the last runs of each DAG, the newest first, with one query."""
    place = func.row_number().over(partition_by=DagRun.dag_id, order_by=(DagRun.run_after.desc(), DagRun.id.desc()))
    numbered = select(DagRun.id, place.label("place")).where(DagRun.dag_id.in_(dag_ids)).subquery()
    wanted = _with_report().join(numbered, and_(numbered.c.id == DagRun.id, numbered.c.place <= each))
    return list(_records(wanted.order_by(DagRun.run_after.desc(), DagRun.id.desc())))


def run_record(dag_id: str, run_id: str) -> RunRecord | None:
    """Returns a run; None if there is no such run."""
    wanted = _with_report().where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    return next(_records(wanted), None)


def last_reported(dag_id: str) -> RunRecord | None:
    """Returns the last run that has left a report; None if there is none."""
    wanted = _with_report().where(DagRun.dag_id == dag_id, XComModel.value.is_not(None))
    return next(_records(wanted.order_by(DagRun.run_after.desc(), DagRun.id.desc()).limit(1)), None)


def figures_since(dag_ids: Sequence[str], since: datetime, words: Sequence[str]) -> list[RunFigures]:
    """Returns the figures of all reports since then, the newest first, and the ids under these words.

    The query picks them out of the reports, which are large.
    """
    columns: list[ColumnElement[Any]] = [XComModel.value[key] for key in ("dry_run", "invited", "counts")]
    columns += [XComModel.value[("ids", word)] for word in words]
    at = func.coalesce(DagRun.start_date, DagRun.run_after)
    wanted = (
        select(DagRun.dag_id, DagRun.run_id, DagRun.start_date, DagRun.run_after, *columns)
        .join(XComModel, _is_report())
        .where(DagRun.dag_id.in_(dag_ids), at >= since)
        .order_by(at.desc(), DagRun.id.desc())
    )
    with create_session() as session:
        rows = session.execute(wanted).all()
    return [
        RunFigures(
            row[0],
            row[1],
            row[2] or row[3],
            bool(row[4]),
            int(row[5] or 0),
            row[6],
            {word: ids for word, ids in zip(words, row[7:], strict=True) if isinstance(ids, list)},
        )
        for row in rows
        # With an XCom backend of its own, Airflow's database may have a reference in place of the report.
        if isinstance(row[6], Mapping)
    ]


def state_of(dag_id: str) -> DagState:
    """Returns the state that a DAG keeps from run to run."""
    with create_session() as session:
        asset_id = session.scalar(select(AssetModel.id).where(AssetModel.name == asset_name(dag_id)))
    return DagState(_AssetValues(asset_id))


def listed(dag_ids: Sequence[str]) -> dict[str, ListedDag]:
    """Returns each of these DAGs that Airflow has. :raises NotWritten: the database can't be read."""
    columns = (DagModel.dag_id, DagModel.is_paused, DagModel.has_import_errors, DagModel.is_stale)
    with database("The DAGs could not be read") as session:
        rows = session.execute(select(*columns).where(DagModel.dag_id.in_(dag_ids))).all()
    return {dag_id: ListedDag(bool(paused), bool(broken), bool(gone)) for dag_id, paused, broken, gone in rows}


def paused(dag_ids: Sequence[str]) -> dict[str, bool]:
    """Returns for each DAG that Airflow has whether it is paused. :raises NotWritten: the database can't be read."""
    return {dag_id: dag.paused for dag_id, dag in listed(dag_ids).items()}


def next_interval_ms(dag_id: str) -> tuple[int, int] | None:
    """Returns the data interval of the DAG's next scheduled run in epoch milliseconds, None if Airflow has none."""
    with create_session() as session:
        wanted = select(DagModel.next_dagrun_data_interval_start, DagModel.next_dagrun_data_interval_end)
        start, end = session.execute(wanted.where(DagModel.dag_id == dag_id)).first() or (None, None)
    return None if start is None or end is None else (round(start.timestamp() * 1000), round(end.timestamp() * 1000))


def next_window(dag_id: str) -> Window | None:
    """Returns what the next scheduled run of the DAG covers, None if Airflow has none. What happens from now on belongs
    to it or to a later one."""
    interval_ms = next_interval_ms(dag_id)
    if interval_ms is None:
        return None
    start_ms, end_ms = interval_ms
    return scheduled(start_ms, max(end_ms, round(time.time() * 1000) + 1), state_of(dag_id).covered_ms)


class _AssetValues:
    """Reads the values of an asset, as `AssetStateStoreAccessor` does in a task."""

    def __init__(self, asset_id: int | None) -> None:
        self._scope = None if asset_id is None else AssetScope(asset_id=asset_id)

    def get(self, key: str) -> Any:
        value = None if self._scope is None else get_state_backend().get(self._scope, key)
        return None if value is None else json.loads(value)


def _is_report() -> ColumnElement[bool]:
    return and_(
        XComModel.dag_run_id == DagRun.id,
        XComModel.task_id == _REPORT_TASK_ID,
        XComModel.key == "return_value",
        XComModel.map_index == -1,
    )


def _with_report() -> Select[Any]:
    columns = [DagRun.dag_id, DagRun.run_id, DagRun.state, DagRun.run_type, DagRun.run_after]
    more = [DagRun.start_date, DagRun.end_date, DagRun.triggering_user_name]
    return select(*columns, *more, XComModel.value).join(XComModel, _is_report(), isouter=True)


def _records(wanted: Select[Any]) -> Iterator[RunRecord]:
    with create_session() as session:
        rows = session.execute(wanted).all()
    for *first, state, run_type, asked_at, started_at, ended_at, user_name, report in rows:
        dag_id, run_id = first
        is_report = isinstance(report, Mapping) and isinstance(report.get("counts"), Mapping)
        yield RunRecord(
            dag_id,
            run_id,
            str(getattr(state, "value", state)),
            str(getattr(run_type, "value", run_type)),
            asked_at,
            started_at,
            ended_at,
            user_name,
            report if is_report else None,
        )
