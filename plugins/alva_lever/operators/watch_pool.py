"""Says within minutes that a pool is missing, for which Airflow would let a task wait for ever without a word."""

from __future__ import annotations

import time
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from alva_lever.account import ACCOUNTS, DEFAULT


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
