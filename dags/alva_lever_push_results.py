"""Every 15 minutes: writes candidates' results in Alva into Lever, and keeps them up to date there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable

from alva_lever.account import ACCOUNTS
from alva_lever.operators.alerts import on_failure
from alva_lever.operators.dags import RESULTS_PRIORITY, defaults, form, owner_links, push_results_doc, tags
from alva_lever.operators.do import PushResultsOperator
from alva_lever.operators.find import FindResultsOperator
from alva_lever.operators.report import ReportOperator

for account in ACCOUNTS.values():
    with DAG(
        account.results_dag_id,
        description="Writes Alva's results into Lever",
        doc_md=push_results_doc(account),
        schedule=CronDataIntervalTimetable("*/15 * * * *", timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        # A manual run need not wait for a long one: tasks of both take turns in the pool.
        max_active_runs=4,
        dagrun_timeout=timedelta(hours=24),
        on_failure_callback=on_failure(),
        tags=tags(account),
        owner_links=owner_links(account),
        params=form(account, "the last whole quarter of an hour", "Write the results of these opportunities only."),
        default_args=defaults(RESULTS_PRIORITY),
    ):
        find = FindResultsOperator(
            task_id="find", account_id=account.account_id, pool=account.pool, execution_timeout=timedelta(minutes=30)
        )
        push = PushResultsOperator.partial(
            task_id="push", account_id=account.account_id, pool=account.pool, found=find.output["found"],
            execution_timeout=timedelta(minutes=15), map_index_template="{{ task.batch | length }} candidates",
        ).expand(batch=find.output)  # fmt: skip
        push >> ReportOperator(
            task_id="report",
            account_id=account.account_id,
            find_task_id="find",
            batch_task_id="push",
            execution_timeout=timedelta(minutes=5),
        )
