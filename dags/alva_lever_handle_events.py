"""On each webhook delivery: checks in Lever and Alva what has happened, and acts on it within seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param

from alva_lever.account import DEFAULT as account
from alva_lever.operators.alerts import on_failure
from alva_lever.operators.dags import DELIVERY, EVENTS_PRIORITY, HANDLE_EVENTS_DOC, defaults, dry_run, owner_links
from alva_lever.operators.do import HandleEventsOperator
from alva_lever.operators.report import ReportOperator

# The DAGs that retry later what fails here.
LATER = [account.invite_dag_id, account.results_dag_id]

with DAG(
    account.events_dag_id,
    description="Handles the events that Lever's and Alva's webhooks deliver",
    doc_md=HANDLE_EVENTS_DOC,
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    dagrun_timeout=timedelta(hours=24),
    on_failure_callback=on_failure(),
    tags=["alva", "lever"],
    owner_links=owner_links(),
    params={
        **dry_run(),
        "deliveries": Param(
            [], type="array", items=DELIVERY, title="Deliveries",
            description="Webhooks fill this in. By hand, enter a JSON list such as "
            '[{"kind": "stage_changed", "opportunity": "<id in Lever>"}]',
        ),
    },
    default_args=defaults(EVENTS_PRIORITY),
):  # fmt: skip
    handle = HandleEventsOperator(
        task_id="handle", pool=account.pool, state_of=LATER, execution_timeout=timedelta(minutes=15)
    )
    handle >> ReportOperator(
        task_id="report", batch_task_id="handle", state_of=LATER, execution_timeout=timedelta(minutes=5)
    )
