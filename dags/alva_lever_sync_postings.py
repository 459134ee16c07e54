"""Every night: the job positions in Alva get the name, the team and the hiring manager of their postings in Lever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, Param

from alva_lever.operators.report import ReportOperator
from alva_lever.operators.sync_postings import SyncPostingsOperator

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
    params={"dry_run": Param(False, type="boolean", description="Read, decide and report, and write nothing")},
    default_args={
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "weight_rule": "absolute",
        "priority_weight": 10,
    },
):
    sync = SyncPostingsOperator(task_id="sync", pool="lever_api", execution_timeout=timedelta(minutes=30))
    sync >> ReportOperator(task_id="report", other_task_ids=["sync"], execution_timeout=timedelta(minutes=5))
