"""Every 15 minutes: what candidates have achieved in Alva is written into Lever, and kept true there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable

from alva_lever.operators.push_results import PushResultsOperator
from alva_lever.operators.report import ReportOperator
from alva_lever.operators.run import covered_asset
from alva_lever.operators.wiring import RESULTS, defaults, form

DAG_ID = "alva_lever_push_results"
COVERED = covered_asset(DAG_ID)

with DAG(
    DAG_ID,
    description="Writes Alva's results into Lever",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("*/15 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    # A person's run doesn't wait for a long one: their Lever tasks take turns in the pool.
    max_active_runs=4,
    tags=["alva", "lever"],
    params=form(),
    default_args=defaults(RESULTS),
):
    push = PushResultsOperator(
        task_id="push", pool="lever_api", inlets=[COVERED], execution_timeout=timedelta(minutes=15)
    )
    push >> ReportOperator(
        task_id="report", other_task_ids=["push"], polls=True, inlets=[COVERED], execution_timeout=timedelta(minutes=5)
    )
