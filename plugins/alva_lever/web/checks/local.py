"""The checks that ask Airflow alone, and so cost no call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from alva_lever.account import Account
from alva_lever.alva.hook import AlvaHook
from alva_lever.connect import lever_hook, read_variable
from alva_lever.http.hook import VendorHook
from alva_lever.http.session import is_loopback
from alva_lever.settings import BadOption, NoOptions
from alva_lever.web import airflow_records, airflow_setup, airflow_store
from alva_lever.web.airflow_internals import base_path, base_url
from alva_lever.web.checks.finding import Finding, State, guarded, wrong
from alva_lever.web.signing_tokens import SHORTEST, is_token, words

SLOTS = 1
_FIELDS = {"host": "API root", "password": "API key", "extra": "Extra fields"}


def local(account: Account) -> Iterator[Finding]:
    """Yields how everything stands that Airflow knows by itself."""
    for hook in (lever_hook(account), AlvaHook(account.alva_conn_id)):
        yield from guarded(f"{hook.vendor}'s connection", partial(connection, hook))
    yield from guarded("Options", partial(options, account))
    yield from guarded(f"Pool {account.pool}", partial(pool, account))
    yield from guarded("DAGs", partial(dags, account))
    yield from guarded("Airflow's address", address)
    yield from guarded("Lever's signing tokens", partial(tokens, account.lever_webhook_conn_id, "Lever"))
    yield from guarded("Alva's signing tokens", partial(tokens, account.alva_webhook_conn_id, "Alva"))


def connection(hook: VendorHook) -> Iterator[Finding]:
    """Whether the connection is there, and what of it can't be used."""
    subject, conn_id = f"{hook.vendor}'s connection", hook.http_conn_id
    found = airflow_store.find_connection(conn_id)
    if found is None:
        yield Finding(
            subject,
            State.MISSING,
            f"There is no connection `{conn_id}`",
            f"Put {hook.vendor}'s API root and API key into the form on the set-up page, or make it in Airflow",
            "connections",
        )
        return
    faults = hook.faults_of(hook.get_connection(conn_id))
    for field, error in faults.items():
        missing = not (found.host if field == "host" else hook.key_in(found))
        state = State.MISSING if missing and field != "extra" else State.WRONG
        yield wrong(f"{hook.vendor}'s {_FIELDS[field]}", error, link="connections", state=state)
    if not faults:
        how = "an API key" if hook.key_in(found) else "access that was granted by OAuth"
        yield Finding(subject, State.DONE, f"Connection `{conn_id}` has an API root and {how}")
    if (found.login or "").strip() and not (found.password or "").strip() and "password" not in faults:
        yield Finding(
            f"{hook.vendor}'s API key",
            State.WRONG,
            f"The key is in the login field of connection `{conn_id}`, which Airflow shows in its audit log",
            "Save the connection on the set-up page, which moves the key into the password, or move it in Airflow; "
            "replace a key that others may have seen there",
            "connections",
        )


def is_usable(hook: VendorHook) -> bool:
    """Whether there is a connection with which a call can be tried."""
    conn_id = hook.http_conn_id
    return airflow_store.find_connection(conn_id) is not None and not hook.faults_of(hook.get_connection(conn_id))


def options(account: Account) -> Iterator[Finding]:
    """Whether the options are there and can be read; their stages need a call (`live`)."""
    variable = account.settings_variable
    try:
        read = read_variable(account)
    except NoOptions:
        said = f"There is no Variable `{variable}`"
        yield Finding(
            "Options",
            State.MISSING,
            said,
            "Choose the options on the set-up page: they begin as a rehearsal",
            "variables",
        )
        return
    except BadOption as bad:
        for fault in bad.faults:
            yield wrong(f"Option {fault.option}" if fault.option else "Options", fault, link="variables")
        return
    if read.trigger_stage in (None, ""):
        yield Finding(
            "Option trigger_stage",
            State.MISSING,
            f"The Variable `{variable}` names no trigger stage",
            "Choose it on the set-up page",
            "variables",
        )
    else:
        yield Finding("Options", State.DONE, f"The Variable `{variable}` can be read")
    if read.dry_run:
        yield Finding(
            "Rehearsing",
            State.OPEN,
            "The option `dry_run` is on: all DAGs read, decide and report, and write nothing",
            "When their reports are right, switch to Live on the set-up page",
        )
    else:
        yield Finding("Live", State.DONE, "The option `dry_run` is off: the DAGs write to Lever and Alva")


def pool(account: Account) -> Iterator[Finding]:
    """Whether the pool has its one slot."""
    subject, slots = f"Pool {account.pool}", airflow_setup.pool_slots(account.pool)
    remedy = f"Make it on the set-up page, or in Airflow with {SLOTS} slot"
    if slots is None:
        yield Finding(subject, State.MISSING, "There is no such pool, so that no task can run", remedy, "pools")
    elif slots != SLOTS:
        said = f"It has {slots} slots: tasks that call Lever would run side by side, over its limit, or not at all"
        yield Finding(subject, State.WRONG, said, f"Give it {SLOTS} slot, on the set-up page or in Airflow", "pools")
    else:
        yield Finding(subject, State.DONE, "It has 1 slot: one task at a time talks to Lever")


def dags(account: Account) -> Iterator[Finding]:
    """Whether Airflow knows each DAG, and runs it."""
    known = airflow_records.listed(account.dag_ids)
    for dag_id in account.dag_ids:
        subject, dag, link = f"DAG {dag_id}", known.get(dag_id), f"dags/{dag_id}"
        if dag is None or dag.gone:
            yield Finding(
                subject,
                State.MISSING,
                "Airflow does not know it",
                "Copy the folder `dags/` into your deployment, wait a minute, and look at the import errors on "
                "Airflow's list of DAGs",
                "dags",
            )
        elif dag.broken:
            remedy = "Look at the import errors on Airflow's list of DAGs"
            yield Finding(subject, State.WRONG, "Airflow can't import its file", remedy, "dags")
        elif dag.paused:
            yield Finding(subject, State.MISSING, "It is paused", "Unpause it, on the set-up page or in Airflow", link)
        else:
            yield Finding(subject, State.DONE, "It is unpaused", link=link)


def address() -> Iterator[Finding]:
    """Whether others can reach Airflow at the address that it says of itself."""
    subject, url = "Airflow's address", base_url()
    remedy = "Set `[api] base_url` in Airflow's configuration to the address at which Lever reaches it"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    prefix = f"its path prefix is `{base_path()}`" if base_path() else "it has no path prefix"
    if not url:
        yield Finding(subject, State.MISSING, "Airflow's configuration has no `[api] base_url`", remedy)
    elif not host or parts.scheme not in ("http", "https"):
        yield Finding(subject, State.WRONG, "`[api] base_url` is not the address of a server", remedy)
    elif is_loopback(host):
        said = f"`[api] base_url` is an address of this machine alone, so that no webhook can come; {prefix}"
        yield Finding(subject, State.OPEN, said, f"For webhooks: {remedy[:1].lower()}{remedy[1:]}")
    elif parts.scheme != "https":
        said = f"`[api] base_url` begins with http://, and Lever sends to https:// only; {prefix}"
        yield Finding(subject, State.WRONG, said, f"{remedy}, by https://")
    else:
        yield Finding(subject, State.DONE, f"It is https://{parts.netloc.rpartition('@')[2]}; {prefix}")


def tokens(conn_id: str, vendor: str) -> Iterator[Finding]:
    """How many signing tokens are known."""
    subject, found = f"{vendor}'s signing tokens", words(conn_id)
    usable = [word for word in found if is_token(word)]
    if len(usable) < len(found):
        said = (
            f"The password of connection `{conn_id}` holds {len(found) - len(usable)} words of fewer than {SHORTEST} "
        )
        yield Finding(
            subject,
            State.WRONG,
            f"{said}characters, which are no signing tokens",
            "Take them out, and put in the tokens as they are shown in full",
            "connections",
        )
    if usable:
        tokens = "1 signing token is" if len(usable) == 1 else f"{len(usable)} signing tokens are"
        yield Finding(subject, State.DONE, f"{tokens} known, in connection `{conn_id}`")
    elif not found:
        yield Finding(
            subject,
            State.OPEN,
            f"None is known, so that no webhook of {vendor} is taken: what happens is found by the scheduled runs",
            "Register the webhooks on the set-up page"
            if vendor == "Lever"
            else "Make a webhook in Alva, and add its token on the set-up page",
        )
