"""Airflow's cluster policy in this suite, copied as `airflow_local_settings.py`: the DAGs run unchanged, with short
waits. Every process of Airflow loads it.

The three DAGs with a schedule run each half minute. A search overlaps the one before by 5 seconds and not 10 minutes,
which would hide a lost candidate: the sandbox's clock is Airflow's. The pauses before a call is made again are a tenth.
"""

from __future__ import annotations

import random
import sys
from datetime import timedelta
from typing import Any

RETRY_SECONDS = 1
OVERLAP_MS = 5_000
EVENTS = "alva_lever_handle_events"


def dag_policy(dag: Any) -> None:
    from airflow.sdk import DeltaDataIntervalTimetable

    # The hook keeps the whole pause before it looks whether a write took effect: one that was slower than we wait may
    # be about to.
    from alva_lever.http import hook, retry  # noqa: F401
    from alva_lever.rules import window

    retry.backoff_seconds = lambda attempt: random.uniform(0.05, 0.1) * 2**attempt
    window.OVERLAP_MS = OVERLAP_MS
    for name, module in [*sys.modules.items()]:
        if name.startswith("alva_lever.") and hasattr(module, "OVERLAP_MS"):
            vars(module)["OVERLAP_MS"] = OVERLAP_MS
    if dag.dag_id != EVENTS:
        # Where a run lasts longer than that, the next one makes up for those between.
        dag.max_active_runs = 2
        dag.timetable = DeltaDataIntervalTimetable(timedelta(seconds=30))


def task_policy(task: Any) -> None:
    task.retry_delay = timedelta(seconds=RETRY_SECONDS)
    task.retry_exponential_backoff = False
