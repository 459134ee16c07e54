"""The hooks of a task, for as many threads as a batch has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alva_lever.account import Account
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.lever.hook import LeverHook


def hooks(account: Account) -> tuple[LeverHook, AlvaHook]:
    """Both, opened here rather than by the thread that comes first: a connection comes over the task's one line to
    Airflow."""
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.lever.hook import LeverHook
    from alva_lever.steps.crew import THREADS

    lever = LeverHook(account.lever_conn_id, threads=THREADS)
    alva = AlvaHook(account.alva_conn_id, threads=THREADS)
    lever.get_conn()
    alva.get_conn()
    return lever, alva
