"""On each webhook delivery: checks in Lever and Alva what has happened, and acts on it within seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param

from alva_lever.account import ACCOUNTS
from alva_lever.operators.alerts import on_failure
from alva_lever.operators.dags import DELIVERY, EVENTS_PRIORITY, defaults, dry_run, handle_events_doc, owner_links, tags
from alva_lever.operators.do import HandleEventsOperator
from alva_lever.operators.report import ReportOperator

for account in ACCOUNTS.values():
    with DAG(
        account.events_dag_id,
        description="Handles the events that Lever's and Alva's webhooks deliver",
        doc_md=handle_events_doc(account),
        schedule=None,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        dagrun_timeout=timedelta(hours=24),
        on_failure_callback=on_failure(),
        tags=tags(account),
        owner_links=owner_links(account),
        params={
            **dry_run(account),
            "deliveries": Param(
                [], type="array", items=DELIVERY, title="Deliveries",
                description="Webhooks fill this in. By hand, enter a JSON list such as "
                '[{"kind": "stage_changed", "opportunity": "<id in Lever>"}]',
            ),
        },
        default_args=defaults(EVENTS_PRIORITY),
    ):  # fmt: skip
        # The DAGs that retry later what fails here.
        later = [account.invite_dag_id, account.results_dag_id]
        handle = HandleEventsOperator(
            task_id="handle", account_id=account.account_id, pool=account.pool, state_of=later,
            execution_timeout=timedelta(minutes=15),
        )  # fmt: skip
        handle >> ReportOperator(
            task_id="report", account_id=account.account_id, batch_task_id="handle", state_of=later,
            execution_timeout=timedelta(minutes=5),
        )  # fmt: skip
