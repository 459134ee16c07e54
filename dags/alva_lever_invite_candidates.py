"""Every hour: who came into the trigger stage, asked for tests, or applied for a posting with screening, is invited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable

from alva_lever.operators.find_candidates import FindCandidatesOperator
from alva_lever.operators.invite_candidates import InviteCandidatesOperator
from alva_lever.operators.report import ReportOperator
from alva_lever.operators.run import covered_asset
from alva_lever.operators.tell_departures import TellDeparturesOperator
from alva_lever.operators.wiring import REST, defaults, form

DAG_ID = "alva_lever_invite_candidates"
COVERED = covered_asset(DAG_ID)

with DAG(
    DAG_ID,
    description="Invites Lever's candidates in Alva",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable("@hourly", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    # A person's run doesn't wait for a long one: their Lever tasks take turns in the pool.
    max_active_runs=4,
    tags=["alva", "lever"],
    params=form(),
    default_args=defaults(REST),
):
    find = FindCandidatesOperator(
        task_id="find", pool="lever_api", inlets=[COVERED], execution_timeout=timedelta(minutes=30)
    )
    invite = InviteCandidatesOperator.partial(
        task_id="invite", pool="lever_api", found=find.output["found"], execution_timeout=timedelta(minutes=15),
        map_index_template="{{ task.batch | length }} candidates",
    ).expand(batch=find.output)  # fmt: skip
    departures = TellDeparturesOperator(
        task_id="tell_departures", departures=find.output["departures"], execution_timeout=timedelta(minutes=30)
    )
    report = ReportOperator(
        task_id="report", find_task_id="find", batch_task_id="invite", other_task_ids=["tell_departures"],
        polls=True, inlets=[COVERED], execution_timeout=timedelta(minutes=5),
    )  # fmt: skip
    [invite, departures] >> report
