"""Every hour: invites candidates who entered the trigger stage, carry `Alva: Send Tests`, or applied for a posting with
screening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

from alva_lever.account import ACCOUNTS
from alva_lever.operators.alerts import WatchPoolOperator, late, on_failure
from alva_lever.operators.dags import OTHER_PRIORITY, defaults, form, invite_candidates_doc, owner_links, tags
from alva_lever.operators.do import InviteCandidatesOperator
from alva_lever.operators.find import FindCandidatesOperator
from alva_lever.operators.report import ReportOperator

for account in ACCOUNTS.values():
    with DAG(
        account.invite_dag_id,
        description="Invites Lever's candidates in Alva",
        doc_md=invite_candidates_doc(account),
        schedule=CronDataIntervalTimetable("@hourly", timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        # A manual run need not wait for a long one: tasks of both take turns in the pool.
        max_active_runs=4,
        dagrun_timeout=timedelta(hours=24),
        deadline=late(timedelta(hours=2)),
        on_failure_callback=on_failure(),
        tags=tags(account),
        owner_links=owner_links(account),
        params=form(
            account,
            "the last whole hour",
            "Check only these opportunities, and invite them unless the table rules it out.",
        ),
        default_args=defaults(OTHER_PRIORITY),
    ):
        find = FindCandidatesOperator(
            task_id="find", account_id=account.account_id, pool=account.pool, execution_timeout=timedelta(minutes=30)
        )
        invite = InviteCandidatesOperator.partial(
            task_id="invite", account_id=account.account_id, pool=account.pool, found=find.output["found"],
            execution_timeout=timedelta(minutes=15), map_index_template="{{ task.batch | length }} candidates",
        ).expand(batch=find.output)  # fmt: skip
        invite >> ReportOperator(
            task_id="report",
            account_id=account.account_id,
            find_task_id="find",
            batch_task_id="invite",
            execution_timeout=timedelta(minutes=5),
        )
        # `watch_pool` needs an upstream task; see the operator.
        EmptyOperator(task_id="begin", execution_timeout=timedelta(minutes=5)) >> WatchPoolOperator(
            task_id="watch_pool", account_id=account.account_id, waiting_task_id="find",
            on_failure_callback=on_failure(), execution_timeout=timedelta(minutes=10),
        )  # fmt: skip
