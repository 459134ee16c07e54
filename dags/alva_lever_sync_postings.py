"""Every night: copies name, team and hiring manager of Lever's postings to their job positions in Alva."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable

from alva_lever.account import ACCOUNTS
from alva_lever.operators.alerts import on_failure
from alva_lever.operators.dags import OTHER_PRIORITY, defaults, dry_run, owner_links, sync_postings_doc, tags
from alva_lever.operators.do import SyncPostingsOperator
from alva_lever.operators.find import FindPostingsOperator
from alva_lever.operators.report import ReportOperator

for account in ACCOUNTS.values():
    with DAG(
        account.postings_dag_id,
        description="Brings Alva's job positions up to date with Lever's postings",
        doc_md=sync_postings_doc(account),
        schedule=CronDataIntervalTimetable("0 2 * * *", timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        # Two runs at once would do the same work twice.
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=24),
        on_failure_callback=on_failure(),
        tags=tags(account),
        owner_links=owner_links(account),
        params=dry_run(account),
        default_args=defaults(OTHER_PRIORITY),
    ):
        find = FindPostingsOperator(
            task_id="find", account_id=account.account_id, pool=account.pool, execution_timeout=timedelta(minutes=30)
        )
        sync = SyncPostingsOperator.partial(
            task_id="sync", account_id=account.account_id, pool=account.pool, found=find.output["found"],
            execution_timeout=timedelta(minutes=15), map_index_template="{{ task.batch | length }} postings",
        ).expand(batch=find.output)  # fmt: skip
        sync >> ReportOperator(
            task_id="report",
            account_id=account.account_id,
            find_task_id="find",
            batch_task_id="sync",
            execution_timeout=timedelta(minutes=5),
        )
