"""The forms for API root and key. A key is written and never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from airflow.sdk import Connection

from alva_lever.account import Account
from alva_lever.alva.hook import AlvaHook
from alva_lever.connect import lever_hook, shared
from alva_lever.http.errors import SetupError
from alva_lever.http.hook import VendorHook
from alva_lever.http.secrets_backends import comes_from_elsewhere
from alva_lever.http.session import api_root, origin
from alva_lever.lever.hook import LeverHook
from alva_lever.web import airflow_store
from alva_lever.web.airflow_internals import NotWritten
from alva_lever.web.airflow_store import KeptConnection, is_kept_elsewhere

VENDORS = ("lever", "alva")
ROOT, KEY, WHOLE = "root", "key", ""
_FIELDS = {"host": ROOT, "password": KEY, "extra": WHOLE}


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """What the form of a vendor shows. `faults`: a sentence by field, `WHOLE` for none. `tested`: whether a call
    worked, and a sentence. `kept_elsewhere`: why it can't be changed here, empty if it can."""

    slug: str
    vendor: str
    conn_id: str
    example: str
    root: str
    has_key: bool
    kept_elsewhere: str
    faults: Mapping[str, str] = field(default_factory=dict)
    tested: tuple[bool, str] | None = None


def hook_of(account: Account, slug: str) -> LeverHook | AlvaHook:
    """Returns a vendor's hook, which knows its connection and calls nothing."""
    return lever_hook(account) if slug == "lever" else AlvaHook(account.alva_conn_id)


def test(account: Account, slug: str) -> tuple[bool, str]:
    """Makes one call to a vendor. Returns whether it worked, and a sentence."""
    hook = shared(account).lever() if slug == "lever" else AlvaHook(account.alva_conn_id)
    return hook.test_connection()


def connection_form(
    account: Account,
    slug: str,
    *,
    faults: Mapping[str, str] | None = None,
    root: str | None = None,
    tested: tuple[bool, str] | None = None,
) -> ConnectionForm:
    """Returns the form as it stands. `faults` and `root`: of a form that was refused."""
    hook = hook_of(account, slug)
    found, problem, elsewhere = None, "", ""
    try:
        found = airflow_store.find_connection(hook.http_conn_id)
        elsewhere = kept_elsewhere(hook.http_conn_id)
    except NotWritten as error:
        problem = str(error)
    shown = dict(faults or {})
    if problem:
        shown.setdefault(WHOLE, problem)
    return ConnectionForm(
        slug,
        hook.vendor,
        hook.http_conn_id,
        hook.example_root,
        _root_of(hook, found) if root is None else root,
        bool(_key_of(hook, found)),
        elsewhere,
        shown,
        tested,
    )


def save(account: Account, slug: str, *, root: str, key: str) -> dict[str, str]:
    """Writes root and key into the connection, if they can be used. An empty key leaves the one that is stored.

    Returns a sentence by field for what can't be used; empty if it is saved.

    :raises NotWritten: Airflow's database can't be read or written.
    """
    hook = hook_of(account, slug)
    conn_id = hook.http_conn_id
    if problem := kept_elsewhere(conn_id):
        return {WHOLE: problem}
    found = airflow_store.find_connection(conn_id)
    wanted = Connection(
        conn_id=conn_id,
        conn_type=hook.conn_type,
        host=root.strip(),
        password=key.strip() or _key_of(hook, found),
        extra=None if found is None else found.extra,
    )
    faults = {_FIELDS[name]: str(error) for name, error in hook.faults_of(wanted).items()}
    if not faults and not key.strip() and _leads_elsewhere(hook, found, wanted):
        faults[KEY] = "Enter the key once more: the stored one is for the API root that it was stored with"
    if not faults:
        new_root = api_root(wanted, vendor=hook.vendor, example=hook.example_root)
        airflow_store.write_connection(conn_id, conn_type=hook.conn_type, root=new_root, key=wanted.password or "")
    return faults


def take_key_away(account: Account) -> str:
    """Takes Lever's key out of its connection, so that what was granted is used. Returns why it can't, empty if the key
    is gone.

    :raises NotWritten: Airflow's database can't be read or written.
    """
    conn_id = account.lever_conn_id
    if problem := kept_elsewhere(conn_id):
        return problem
    airflow_store.remove_key(conn_id)
    return ""


def kept_elsewhere(conn_id: str) -> str:
    """Returns why a connection can't be changed here, empty if it can. :raises NotWritten: some place could not be
    searched."""
    return _change_it_there(f"Connection `{conn_id}`") if is_kept_elsewhere(conn_id) else ""


def variable_kept_elsewhere(key: str) -> str:
    """Returns why a Variable can't be changed here, empty if it can. :raises NotWritten: as above."""
    return _change_it_there(f"Variable `{key}`") if airflow_store.is_variable_kept_elsewhere(key) else ""


def _change_it_there(what: str) -> str:
    return f"{comes_from_elsewhere(what)}, so it can't be changed here: change it there"


def _key_of(hook: VendorHook, found: KeptConnection | None) -> str:
    return "" if found is None else hook.key_in(found)


def _root_of(hook: VendorHook, found: KeptConnection | None) -> str:
    """Returns the stored root. Empty where it can't be used, since what stands there may be a key."""
    if found is None:
        return ""
    try:
        return api_root(found, vendor=hook.vendor, example=hook.example_root)
    except SetupError:
        return ""


def _leads_elsewhere(hook: VendorHook, found: KeptConnection | None, wanted: Connection) -> bool:
    """Whether a stored key would be sent to another host than before, or to one for which nobody has stored it."""
    before = _root_of(hook, found)
    if not before:
        return bool(_key_of(hook, found))
    return origin(before) != origin(api_root(wanted, vendor=hook.vendor, example=hook.example_root))
