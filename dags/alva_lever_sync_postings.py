"""Every night: the job positions in Alva get the name, the team and the hiring manager of their postings in Lever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable

from alva_lever.operators.report import ReportOperator
from alva_lever.operators.sync_postings import SyncPostingsOperator
from alva_lever.operators.wiring import REST, defaults, dry_run

with DAG(
    "alva_lever_sync_postings",
    description="Brings Alva's job positions up to date with Lever's postings",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    # Two at once would do the same work twice.
    max_active_runs=1,
    tags=["alva", "lever"],
    params=dry_run(),
    default_args=defaults(REST),
):
    sync = SyncPostingsOperator(task_id="sync", pool="lever_api", execution_timeout=timedelta(minutes=30))
    sync >> ReportOperator(task_id="report", other_task_ids=["sync"], execution_timeout=timedelta(minutes=5))
