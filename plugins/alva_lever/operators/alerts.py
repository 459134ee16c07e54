"""Who hears of a run that failed or is late: one line of Airflow's configuration, for all DAGs.

    [alva_lever]
    on_failure_callback = my_company.alerts.notify

(in the environment: `AIRFLOW__ALVA_LEVER__ON_FAILURE_CALLBACK`). It names a function that takes Airflow's context, or a
notifier of one of Airflow's providers that is made there, or a list of such. It is called when a run fails, and when a
run of the hourly DAG is late; both times with `run_id`, `dag_run` and `reason`.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from airflow.sdk.configuration import conf
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

log = logging.getLogger(__name__)

Callback = Callable[..., Any]
_SECTION, _OPTION = "alva_lever", "on_failure_callback"


def on_failure() -> list[Callback] | None:
    """What a DAG calls when a run of it fails.

    :raises Exception: the configuration names what is not there, or can't be called with a context: an import error of
        the DAG.
    """
    found = conf.getimport(_SECTION, _OPTION, fallback=None)
    if found is None:
        return None
    callbacks: list[Callback] = list(found) if isinstance(found, Sequence) else [found]
    for one in callbacks:
        # A class would be made and thrown away, and what is to be awaited never begun: nobody would hear of anything.
        if not callable(one) or inspect.isclass(one) or inspect.iscoroutinefunction(one):
            raise ValueError(
                f"`[{_SECTION}] {_OPTION}` names a {type(one).__name__}. It takes a function of Airflow's context, a "
                "notifier as it is made (not its class), or a list of such"
            )
    return callbacks


def late(after: timedelta) -> DeadlineAlert | None:
    """The alert for a run that is not done so long after it was queued; none where nobody would hear of it."""
    if on_failure() is None:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=after,
        callback=SyncCallback(tell_late, kwargs={"hours": after.total_seconds() / 3600}),
    )


def tell_late(context: Mapping[str, Any], hours: float) -> None:
    """Airflow's executor calls this when a run is late, and those who hear of failures hear of it too.

    Airflow gives the run as its REST API does, and no DAG and no task: see `Deadline.handle_miss` in Airflow.
    """
    run = SimpleNamespace(**context["dag_run"], run_id=context["dag_run"]["dag_run_id"])
    reason = (
        f"not done {hours:g} hours after it was queued. Tasks that stay `scheduled` wait for the pool `lever_api`; "
        "those that are up for a retry say in their log what is wrong"
    )
    log.error("The run %s of %s is %s", run.run_id, run.dag_id, reason)
    failed: Exception | None = None
    for callback in on_failure() or ():
        try:
            callback({**context, "dag_run": run, "run_id": run.run_id, "reason": reason})
        except Exception as error:
            # The others are to hear of it all the same.
            log.exception("A callback failed")
            failed = error
    if failed is not None:
        raise failed
