"""Opens an account as Airflow keeps it: its options from the Variable, its hooks and its integration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import Variable

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
        _check_looked_for(variable)
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


def _check_looked_for(variable: str) -> None:
    """Tells a missing Variable from a lookup that failed: Airflow reports both in the same way.

    :raises TransientError: the lookup failed.
    :raises SetupError: the lookup failed, and a retry would fail as well.
    """
    from alva_lever.http.errors import SetupError, TransientError
    from alva_lever.http.secrets_backends import fault

    found = fault("variable", variable)
    if found is not None:
        problem = f"Airflow could not look for the Variable `{variable}` ({found.backend}: {found.kind})"
        raise SetupError(problem) if found.lasting else TransientError(problem)


def _correct_it(problem: BadOption, variable: str) -> BadOption:
    return BadOption(f"{problem}. Correct the Variable `{variable}` under Admin, Variables", problem.faults)


def hooks(account: Account) -> tuple[LeverHook, AlvaHook]:
    """Opens both hooks. Worker threads can't: reading a connection uses the task's one channel to Airflow."""
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.batch.worker_pool import THREADS
    from alva_lever.lever.hook import LeverHook

    lever = LeverHook(account.lever_conn_id, threads=THREADS)
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
