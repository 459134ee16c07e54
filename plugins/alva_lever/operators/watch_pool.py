"""Says within minutes that a pool is missing, for which Airflow would let a task wait for ever without a word."""

from __future__ import annotations

import time
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

# What waits for the pool's slot, or holds it: every task of these DAGs that isn't a report.
_IN_POOL = {
    "alva_lever_handle_events": ["handle"],
    "alva_lever_push_results": ["find", "push"],
    "alva_lever_invite_candidates": ["find", "invite"],
    "alva_lever_sync_postings": ["find", "sync"],
}
_PATIENCE_SECONDS = 180.0
_EVERY_SECONDS = 5.0


class WatchPoolOperator(BaseOperator):
    """Waits until a task of the same run has left the state `scheduled`, or any other one has the pool's slot.

    It is not in the pool itself. Tasks can't ask Airflow for pools; that nothing gets a slot for three minutes is what
    a missing pool, or one without a slot, looks like.

    :param waiting_task_id: the task that waits for the slot.
    :param pool_id: the pool's name, for the sentence.
    """

    def __init__(self, *, waiting_task_id: str, pool_id: str = "lever_api", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.waiting_task_id = waiting_task_id
        self.pool_id = pool_id

    def execute(self, context: Context) -> None:
        """:raises AirflowFailException: nothing got the slot."""
        ti: Any = context["ti"]
        ends = time.monotonic() + _PATIENCE_SECONDS
        while not self._moves(ti, context["run_id"]):
            if time.monotonic() > ends:
                raise AirflowFailException(
                    f"`{self.waiting_task_id}` has waited {_PATIENCE_SECONDS:g} seconds for the pool `{self.pool_id}`, "
                    "and no task has had its slot. Make the pool with 1 slot under Admin, Pools; if it is there, see "
                    "there what holds it"
                )
            time.sleep(_EVERY_SECONDS)

    def _moves(self, ti: Any, run_id: str) -> bool:
        states = ti.get_task_states(dag_id=self.dag_id, task_ids=[self.waiting_task_id], run_ids=[run_id])
        state = (states.get(run_id) or {}).get(self.waiting_task_id)
        if state not in (None, "scheduled"):
            return True
        return any(
            ti.get_ti_count(dag_id=dag_id, task_ids=task_ids, states=["queued", "running"])
            for dag_id, task_ids in _IN_POOL.items()
        )
