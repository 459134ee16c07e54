"""Opens an account as Airflow keeps it: its options from the Variable, its hooks and its integration."""

from __future__ import annotations

import hashlib
import threading
import time
from functools import cache
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook, Variable, get_current_context
from airflow.sdk.exceptions import AirflowNotFoundException

from alva_lever.account import Account
from alva_lever.settings import BadOption, NoOptions, Options, Settings, read_options, resolve

if TYPE_CHECKING:
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.lever.hook import LeverHook
    from alva_lever.sync.integration import Integration


def read_variable(account: Account) -> Options:
    """Reads the options from the Variable, without a call to Lever.

    :raises NoOptions: the Variable is missing.
    :raises BadOption: an option can't be used.
    :raises TransientError: Airflow could not look for the Variable.
    """
    variable = account.settings_variable
    text = Variable.get(variable, default=None)
    if not text:
        from alva_lever.http.secrets_backends import check_variable_is_missing

        check_variable_is_missing(variable)
        raise NoOptions(
            f"There is no Variable `{variable}`. Make it in Airflow under Admin, Variables, as JSON such as "
            '{"trigger_stage": "Assessment", "dry_run": true}; the README lists its options'
        )
    try:
        return read_options(text)
    except BadOption as bad:
        problem = bad
    raise _correct_it(problem, variable)


def read_settings(account: Account, lever: LeverHook) -> Settings:
    """Reads the options, and looks up their stages in Lever. Reads nothing else there before the options are checked.

    :raises BadOption: the Variable is missing, or an option can't be used.
    """
    options = read_variable(account)
    try:
        return resolve(options, lever.stages())
    except BadOption as bad:
        problem = bad
    raise _correct_it(problem, account.settings_variable)


def _correct_it(problem: BadOption, variable: str) -> BadOption:
    return BadOption(f"{problem}. Correct the Variable `{variable}` under Admin, Variables", problem.faults)


def lever_hook(account: Account, *, threads: int = 1, calls_per_second: float | None = None) -> LeverHook:
    """Returns the account's hook for Lever. In a task that holds a slot of Lever's pool, it renews a granted token;
    elsewhere (on the page, in a command) it only reads what such a task has stored."""
    from alva_lever.lever.hook import LeverHook

    return LeverHook(
        account.lever_conn_id,
        oauth_conn_id=account.lever_oauth_conn_id,
        oauth_variable=account.lever_oauth_variable,
        renews=_holds_the_pool(account),
        threads=threads,
        calls_per_second=calls_per_second,
    )


def _holds_the_pool(account: Account) -> bool:
    try:
        task = get_current_context()["task"]
    except RuntimeError:
        return False
    return bool(task.pool == account.pool)


def hooks(account: Account, *, lever_calls_per_second: float | None = None) -> tuple[LeverHook, AlvaHook]:
    """Opens both hooks, so that what Airflow keeps for them is read, and a granted token renewed, before any thread
    needs it.

    `lever_calls_per_second`: None for the connection's own pace.
    """
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.batch.worker_pool import THREADS

    lever = lever_hook(account, threads=THREADS, calls_per_second=lever_calls_per_second)
    alva = AlvaHook(account.alva_conn_id, threads=THREADS)
    lever.get_conn()
    alva.get_conn()
    return lever, alva


def integration_of(account: Account, lever: LeverHook, alva: AlvaHook) -> Integration:
    """Returns the account's integration with these hooks. :raises BadOption: the account's options can't be used."""
    from alva_lever.sync.integration import Integration

    return Integration(read_settings(account, lever), lever, alva)


def open_integration(account: Account) -> Integration:
    """Returns the account's integration with new hooks."""
    return integration_of(account, *hooks(account))


class SharedIntegration:
    """Opens an account for the page, whose visitors share one pace: together they make at most one call to Lever a
    second, a tenth of its limit, in each process of Airflow's API server.

    The options and their stages are kept for a while. A changed connection or Variable is seen at once.
    """

    CALLS_PER_SECOND = 1.0
    _KEPT_SECONDS = 300.0

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._mark = b""
        self._until = 0.0
        self._opened: Integration | None = None

    def integration(self) -> Integration:
        """Returns the account's integration.

        :raises ApiError: a connection can't be used.
        :raises BadOption: the account's options can't be used.
        """
        with self._lock:
            mark = self._read_mark()
            if self._opened is None or not mark or mark != self._mark or time.monotonic() > self._until:
                lever, alva = hooks(self._account, lever_calls_per_second=self.CALLS_PER_SECOND)
                self._opened = integration_of(self._account, lever, alva)
                self._mark, self._until = mark, time.monotonic() + self._KEPT_SECONDS
            return self._opened

    def _read_mark(self) -> bytes:
        """Returns what changes with a connection or the options; nothing if a connection can't be read."""
        conn_ids = (self._account.lever_conn_id, self._account.alva_conn_id)
        try:
            uris = [BaseHook.get_connection(conn_id).get_uri() for conn_id in conn_ids]
        except AirflowNotFoundException:
            return b""
        text = Variable.get(self._account.settings_variable, default=None)
        return hashlib.sha256("\n".join([*uris, text or ""]).encode()).digest()


@cache
def shared(account: Account) -> SharedIntegration:
    """Returns the account's one `SharedIntegration` in this process."""
    return SharedIntegration(account)


def lever_site(account: Account) -> str | None:
    """Returns the root of the site on which people use this Lever account; None if the connection names none."""
    from alva_lever.http.errors import ApiError
    from alva_lever.lever.base import web_root

    try:
        return web_root(lever_hook(account).root())
    except ApiError:
        return None
