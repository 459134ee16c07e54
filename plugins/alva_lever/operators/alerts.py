"""Who is told when something goes wrong: a task that fails, a run that is late, a pool that nobody gets."""

from __future__ import annotations

import inspect
import logging
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

from alva_lever.account import ACCOUNTS, DEFAULT

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


class WatchPoolOperator(BaseOperator):
    """Waits until a task of the same run has left the state `scheduled`, or any other one has the pool's slot.

    It is not in the pool itself. Tasks can't ask Airflow for pools; that nothing gets a slot for minutes is what a
    missing pool, or one without a slot, looks like.

    It needs a task before it, and the one that it watches has none: where tasks are run one after the other in one
    process (`dag.test()`), that one has had its turn by then, and nothing waits for what can't come.

    :param waiting_task_id: the task that waits for the slot.
    :param account_id: whose tasks take their turns in the pool.
    :param pool_id: the pool's name, for the sentence; None: the account's.
    :param patience_seconds: for how long nothing may get the slot.
    :param every_seconds: how often to look.
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
        self.account = ACCOUNTS[account_id]
        self.pool_id = pool_id or self.account.pool
        self.patience_seconds = patience_seconds
        self.every_seconds = every_seconds

    def execute(self, context: Context) -> None:
        """:raises AirflowFailException: nothing got the slot."""
        ti: Any = context["ti"]
        ends = time.monotonic() + self.patience_seconds
        while not self._moves(ti, context["run_id"]):
            if time.monotonic() > ends:
                raise AirflowFailException(
                    f"`{self.waiting_task_id}` has waited {self.patience_seconds:g} seconds for the pool "
                    f"`{self.pool_id}`, and no task has had its slot. Make the pool with 1 slot under Admin, "
                    "Pools. If it is there, see there what holds it, and whether the DAG was paused meanwhile"
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
