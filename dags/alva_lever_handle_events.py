"""When webhooks deliver: what they say has happened is looked at in Lever and Alva, and done within seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param

from alva_lever.operators.handle_events import HandleEventsOperator
from alva_lever.operators.report import ReportOperator
from alva_lever.operators.wiring import EVENTS, defaults, dry_run
from alva_lever.rules.claims import Kind

ID = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.:~-]{0,99}\Z"}
DELIVERY = {
    "oneOf": [
        {
            "type": "object",
            "required": ["kind", "opportunity"],
            "properties": {
                "kind": {"enum": [kind.value for kind in Kind if kind is not Kind.RESULTS]},
                "opportunity": ID,
                "application": ID,
            },
        },
        {
            "type": "object",
            "required": ["kind", "candidate"],
            "properties": {"kind": {"const": Kind.RESULTS.value}, "candidate": ID},
        },
    ]
}

with DAG(
    "alva_lever_handle_events",
    description="Does what Lever's and Alva's webhooks tell of",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["alva", "lever"],
    params={
        **dry_run(),
        "deliveries": Param([], type="array", items=DELIVERY, description="What was delivered: kinds and ids"),
    },
    default_args=defaults(EVENTS),
):
    handle = HandleEventsOperator(task_id="handle", pool="lever_api", execution_timeout=timedelta(minutes=15))
    handle >> ReportOperator(task_id="report", other_task_ids=["handle"], execution_timeout=timedelta(minutes=5))
