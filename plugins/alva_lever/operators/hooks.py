"""What a task works with: the hooks, for as many threads as a batch has, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alva_lever.account import Account
from alva_lever.operators.settings import read_settings

if TYPE_CHECKING:
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.lever.hook import LeverHook
    from alva_lever.sync.integration import Integration


def hooks(account: Account) -> tuple[LeverHook, AlvaHook]:
    """Both, opened here rather than by the thread that comes first: a connection comes over the task's one line to
    Airflow."""
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.batch.worker_pool import THREADS
    from alva_lever.lever.hook import LeverHook

    lever = LeverHook(account.lever_conn_id, threads=THREADS)
    alva = AlvaHook(account.alva_conn_id, threads=THREADS)
    lever.get_conn()
    alva.get_conn()
    return lever, alva


def integration_of(account: Account, lever: LeverHook, alva: AlvaHook) -> Integration:
    """:raises BadOption: the account's options can't be used."""
    from alva_lever.sync.integration import Integration

    return Integration(read_settings(account, lever), lever, alva)


def open_integration(account: Account) -> Integration:
    """The same with hooks of its own."""
    return integration_of(account, *hooks(account))
