"""Opens an account as Airflow keeps it: its options from the Variable, its hooks and its integration."""

from __future__ import annotations

import hashlib
import logging
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

log = logging.getLogger(__name__)


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
            f"There is no Variable `{variable}`",
            remedy="Make it in Airflow under Admin, Variables, as JSON such as "
            '{"trigger_stage": "Assessment", "dry_run": true}; the README lists its options',
        )
    try:
        return read_options(text)
    except BadOption as bad:
        problem = bad
    raise _correct_it(problem, variable)


def checked_options(account: Account, lever: LeverHook | None = None) -> Options:
    """Reads the options as `read_variable` does. If one can't be used, the error also says what is wrong with the
    stages, provided that Lever can be asked: a person then corrects everything at once."""
    try:
        return read_variable(account)
    except BadOption as bad:
        problem = bad
    if problem.options is not None:
        from alva_lever.http.errors import ApiError

        try:
            resolve(problem.options, (lever or lever_hook(account)).stages(), problem.faults)
        except ApiError as error:
            log.info("The stages of the options could not be looked up: %s", error)
        except BadOption as bad:
            problem = _correct_it(bad, account.settings_variable)
    raise problem


def read_settings(account: Account, lever: LeverHook) -> Settings:
    """Reads the options, and looks up their stages in Lever. Reads nothing else there before the options are checked.

    :raises BadOption: the Variable is missing, or an option can't be used.
    """
    options = checked_options(account, lever)
    try:
        return resolve(options, lever.stages())
    except BadOption as bad:
        problem = bad
    raise _correct_it(problem, account.settings_variable)


def _correct_it(problem: BadOption, variable: str) -> BadOption:
    remedy = f"Correct the Variable `{variable}` under Admin, Variables"
    return BadOption(str(problem), problem.faults, options=problem.options, remedy=remedy)


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


def hooks(account: Account, lever: LeverHook | None = None) -> tuple[LeverHook, AlvaHook]:
    """Opens both hooks, so that what Airflow keeps for them is read, and a granted token renewed, before any thread
    needs it.

    `lever`: the hook for Lever, if there is one already; else it has the connection's own pace.
    """
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.batch.worker_pool import THREADS

    lever = lever or lever_hook(account, threads=THREADS)
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

    The options and their stages are kept for a while. A changed connection, grant or Variable is seen at once.
    """

    CALLS_PER_SECOND = 1.0
    _KEPT_SECONDS = 300.0

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lever_lock = threading.Lock()
        self._lever_mark = b""
        self._lever: LeverHook | None = None
        # Held while the stages are read, which may take long: apart from the hook's, so that the hook is there at once.
        self._lock = threading.Lock()
        self._mark = b""
        self._until = 0.0
        self._opened: Integration | None = None

    def lever(self) -> LeverHook:
        """Returns the account's hook for Lever, which all visitors share. It needs no options. If the connection can't
        be used, the hook's first call says so."""
        from alva_lever.batch.worker_pool import THREADS

        with self._lever_lock:
            mark = self._read_lever_mark()
            if self._lever is None or not mark or mark != self._lever_mark:
                self._lever = lever_hook(self._account, threads=THREADS, calls_per_second=self.CALLS_PER_SECOND)
                self._lever_mark = mark
            return self._lever

    def integration(self) -> Integration:
        """Returns the account's integration.

        :raises ApiError: a connection can't be used.
        :raises BadOption: the account's options can't be used.
        """
        with self._lock:
            mark = self._read_mark()
            if self._opened is None or not mark or mark != self._mark or time.monotonic() > self._until:
                self._opened = integration_of(self._account, *hooks(self._account, self.lever()))
                self._mark, self._until = mark, time.monotonic() + self._KEPT_SECONDS
            return self._opened

    def _read_mark(self) -> bytes:
        """Returns what changes with the access to Lever, Alva's connection or the options; nothing if a connection
        can't be read."""
        lever_mark, alva = self._read_lever_mark(), _uri(self._account.alva_conn_id)
        if not lever_mark or not alva:
            return b""
        text = Variable.get(self._account.settings_variable, default=None)
        return _digest(lever_mark.hex(), alva, text or "")

    def _read_lever_mark(self) -> bytes:
        """Returns what changes with Lever's connection, or when a person grants access; nothing if there is no
        connection. A renewed token changes nothing: the hook reads it by itself."""
        from alva_lever.http.errors import ApiError
        from alva_lever.lever.granted_token import read_grant

        uri = _uri(self._account.lever_conn_id)
        try:
            grant = read_grant(self._account.lever_oauth_variable)
        except ApiError:
            granted = "unreadable"
        else:
            granted = "" if grant is None else f"{grant.granted_at} {grant.client_id} {grant.audience}"
        return _digest(uri, granted) if uri else b""


def _uri(conn_id: str) -> str:
    """Returns a connection as text, empty if there is none."""
    try:
        return str(BaseHook.get_connection(conn_id).get_uri())
    except AirflowNotFoundException:
        return ""


def _digest(*texts: str) -> bytes:
    return hashlib.sha256("\n".join(texts).encode()).digest()


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
