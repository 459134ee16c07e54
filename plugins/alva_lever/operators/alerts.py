"""Alerts for a run that fails, a run that is late, and a pool that gives no task a slot."""

from __future__ import annotations

import inspect
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.configuration import conf
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowFailException

from alva_lever.account import DEFAULT, account_named, account_of

log = logging.getLogger(__name__)

Callback = Callable[..., Any]
_SECTION, _OPTION = "alva_lever", "on_failure_callback"
_CALLING_BACK = frozenset({"LocalExecutor", "CeleryExecutor"})


def on_failure() -> list[Callback] | None:
    """Returns the callbacks for a run that fails, from Airflow's configuration; None if it names none.

    :raises Exception: the configuration names an object that doesn't exist or can't be called with a context. Airflow
        shows this as an import error of the DAG.
    """
    found = conf.getimport(_SECTION, _OPTION, fallback=None)
    if found is None:
        return None
    callbacks: list[Callback] = list(found) if isinstance(found, Sequence) else [found]
    for one in callbacks:
        # Calling a class would only make an instance, and a coroutine would never be awaited: no alert would be sent.
        if not callable(one) or inspect.isclass(one) or inspect.iscoroutinefunction(one):
            raise ValueError(
                f"`[{_SECTION}] {_OPTION}` names a {type(one).__name__}. It takes a function of Airflow's context, a "
                "notifier instance (not its class), or a list of these"
            )
    return callbacks


def late(after: timedelta) -> DeadlineAlert | None:
    """Returns the alert for a run that is not done this long after it was queued; None without a callback to alert, and
    with an executor that can't call it."""
    if on_failure() is None or not _executor_calls_back():
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=after,
        callback=SyncCallback(tell_late, kwargs={"hours": after.total_seconds() / 3600}),
    )


def _executor_calls_back() -> bool:
    """Whether the default executor can call a deadline's callback.

    Airflow's scheduler hands it over without asking, and ends where the executor refuses, as KubernetesExecutor does
    (provider 10.25): at every start, until the callback is removed from the database. Executors are known by name here,
    since an import of theirs would take a second in each task.
    """
    default = re.split("[,;]", conf.get("core", "executor"))[0]
    return not _CALLING_BACK.isdisjoint(re.split("[.:]", default.strip()))


def tell_late(context: Mapping[str, Any], hours: float) -> None:
    """Alerts the failure callbacks that a run is late. Airflow's executor calls this.

    Airflow passes the run in the form of its REST API, without DAG or task: see `Deadline.handle_miss` in Airflow.
    """
    run = SimpleNamespace(**context["dag_run"], run_id=context["dag_run"]["dag_run_id"])
    account = account_of(run.dag_id) or DEFAULT
    reason = (
        f"not done {hours:g} hours after it was queued. Tasks that stay `scheduled` wait for the pool "
        f"`{account.pool}`; tasks that are up for a retry say in their log what is wrong"
    )
    log.error("The run %s of %s is %s", run.run_id, run.dag_id, reason)
    failed: Exception | None = None
    for callback in on_failure() or ():
        try:
            callback({**context, "dag_run": run, "run_id": run.run_id, "reason": reason})
        except Exception as error:
            # The other callbacks are called all the same.
            log.exception("A callback failed")
            failed = error
    if failed is not None:
        raise failed


class WatchPoolOperator(BaseOperator):
    """Waits until a task of the same run leaves the state `scheduled`, or another task has the pool's slot.

    This task is not in the pool itself. A task can't ask Airflow about pools, but if no task gets a slot for minutes,
    the pool is missing or has no slot.

    It needs an upstream task, and the watched task must have none: `dag.test()` runs tasks one by one in one process,
    and the watched task then runs first, so that this one doesn't wait for it in vain.

    :param waiting_task_id: the task that waits for the slot.
    :param account_id: the account whose tasks use the pool.
    :param pool_id: the pool's name in the error; None: the account's pool.
    :param patience_seconds: how long to wait before the pool counts as missing.
    :param every_seconds: the pause between two checks.
    """

    def __init__(
        self,
        *,
        waiting_task_id: str,
        account_id: str = DEFAULT.account_id,
        pool_id: str | None = None,
        patience_seconds: float = 180.0,
        every_seconds: float = 5.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.waiting_task_id = waiting_task_id
        self.account = account_named(account_id)
        self.pool_id = pool_id or self.account.pool
        self.patience_seconds = patience_seconds
        self.every_seconds = every_seconds

    def execute(self, context: Context) -> None:
        """:raises AirflowFailException: no task got the slot in time."""
        ti: Any = context["ti"]
        ends = time.monotonic() + self.patience_seconds
        while not self._moves(ti, context["run_id"]):
            if time.monotonic() > ends:
                raise AirflowFailException(
                    f"`{self.waiting_task_id}` has waited {self.patience_seconds:g} seconds for the pool "
                    f"`{self.pool_id}`, and no task has had its slot. Make the pool with 1 slot under Admin, "
                    "Pools. If the pool exists, check which task holds its slot, and whether the DAG was paused"
                )
            time.sleep(self.every_seconds)

    def _moves(self, ti: Any, run_id: str) -> bool:
        states = ti.get_task_states(dag_id=self.dag_id, task_ids=[self.waiting_task_id], run_ids=[run_id])
        state = (states.get(run_id) or {}).get(self.waiting_task_id)
        if state not in (None, "scheduled"):
            return True
        return any(
            ti.get_ti_count(dag_id=dag_id, task_ids=list(task_ids), states=["queued", "running"])
            for dag_id, task_ids in self.account.pooled_tasks.items()
        )
