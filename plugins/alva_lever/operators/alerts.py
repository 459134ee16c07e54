"""Who hears of a run that failed or is late: one line of Airflow's configuration, for all DAGs.

    [alva_lever]
    on_failure_callback = my_company.alerts.notify

(in the environment: `AIRFLOW__ALVA_LEVER__ON_FAILURE_CALLBACK`). It names a function that takes Airflow's context, or a
notifier of one of Airflow's providers that is made there, or a list of such. It is called when a run fails, and when a
run of the hourly DAG is late.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib import import_module
from typing import Any

from airflow.sdk.configuration import conf
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

log = logging.getLogger(__name__)

Callback = Callable[..., Any]


def on_failure() -> list[Callback] | None:
    """What a DAG calls when a run of it fails.

    :raises ImportError, AttributeError: the configuration names what is not there: an import error of the DAG.
    """
    path = conf.get("alva_lever", "on_failure_callback", fallback="")
    if not path:
        return None
    module, _, name = path.rpartition(".")
    found = getattr(import_module(module), name)
    return list(found) if isinstance(found, Sequence) else [found]


def late(after: timedelta) -> DeadlineAlert | None:
    """The alert for a run that is not done so long after it was queued; none where nobody would hear of it."""
    if on_failure() is None:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=after,
        callback=SyncCallback(tell_late, kwargs={"hours": after.total_seconds() / 3600}),
    )


def tell_late(context: dict[str, Any] | None = None, hours: float = 0.0, **_: Any) -> None:
    """Airflow calls this when a run is late, and those who hear of failures hear of it too."""
    run = (context or {}).get("dag_run") or {}
    run_id = run.get("dag_run_id") or run.get("run_id") if isinstance(run, dict) else getattr(run, "run_id", None)
    log.error(
        "The run %s is not done %g hours after it was queued. Look at its tasks: those that stay `scheduled` wait for "
        "the pool `lever_api`, those that are up for a retry say in their log what is wrong",
        run_id, hours,
    )  # fmt: skip
    for callback in on_failure() or ():
        callback(context or {})
