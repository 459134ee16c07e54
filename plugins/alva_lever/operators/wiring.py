"""What the DAGs have in common: how a task is retried and takes its turn, and what a form asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param

# Whoever is in more of a hurry has the next turn at Lever.
EVENTS, RESULTS, REST = 30, 20, 10


def defaults(priority: int) -> dict[str, Any]:
    """The `default_args` of a DAG."""
    return {
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "weight_rule": "absolute",
        "priority_weight": priority,
    }


def dry_run() -> dict[str, Param]:
    """The form of every DAG."""
    return {"dry_run": Param(False, type="boolean", description="Read, decide and report, and write nothing")}


def form() -> dict[str, Param]:
    """The form of a DAG that polls."""
    return {
        **dry_run(),
        "since": Param(
            None, type=["null", "string"], format="date-time", description="Cover the time from then until now"
        ),
        "opportunity_ids": Param(
            None, type=["null", "array"], items={"type": "string"}, description="Look at these opportunities alone"
        ),
    }
