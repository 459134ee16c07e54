"""Reads and writes Airflow's connections and Variables beyond its public interface.

Checked against Airflow 3.3; `tests/web/test_airflow_store.py` fails if another version behaves differently. Never
call these on an event loop: each waits for the database. None of them goes through Airflow's audit log, so no key gets
there. What is secret is written only if Airflow encrypts it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from airflow.configuration import ensure_secrets_loaded
from airflow.models.connection import Connection
from airflow.models.crypto import get_fernet
from airflow.models.variable import Variable
from airflow.secrets.metastore import MetastoreBackend
from sqlalchemy import select

from alva_lever.http.secrets_backends import search
from alva_lever.http.session import HasHost, HasKey
from alva_lever.web.airflow_internals import NotWritten, database

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")


class KeptConnection(HasHost, HasKey, Protocol):
    """A connection as Airflow keeps it, its key decrypted."""

    @property
    def extra(self) -> str | None: ...


def find_connection(conn_id: str) -> KeptConnection | None:
    """Returns a connection from wherever Airflow reads it, None if there is none.

    :raises NotWritten: it wasn't found, but some place could not be searched.
    """

    def look(backend: Any) -> KeptConnection | None:
        found: KeptConnection | None = backend.get_connection(conn_id=conn_id)
        if found is not None:
            # Decrypts it, which fails where it was encrypted with another key.
            _ = found.password, found.extra
        return found

    return _found(look, f"Connection `{conn_id}`")


def is_kept_elsewhere(conn_id: str) -> bool:
    """Whether a connection comes from the environment or a secrets backend, so that Airflow never reads the one in its
    database. :raises NotWritten: one of these could not be searched."""
    what = f"Connection `{conn_id}`"
    return _found(lambda backend: backend.get_connection(conn_id=conn_id), what, among=_elsewhere()) is not None


def is_variable_kept_elsewhere(key: str) -> bool:
    """Whether a Variable comes from the environment or a secrets backend. :raises NotWritten: as above."""
    return _found(lambda backend: backend.get_variable(key=key), f"Variable `{key}`", among=_elsewhere()) is not None


def stored(conn_id: str) -> tuple[str, dict[str, Any]]:
    """Returns password and extra of a connection in Airflow's database, both empty if there is none.

    :raises NotWritten: the database can't be read, or the connection was encrypted with another key.
    """
    with database(f"Connection `{conn_id}` could not be read") as session:
        row = session.scalar(select(Connection).where(Connection.conn_id == conn_id))
        return ("", {}) if row is None else (row.password or "", row.extra_dejson)


def write_connection(
    conn_id: str, *, root: str, key: str, login: str | None = None, conn_type: str = "generic"
) -> None:
    """Writes an API root, a key and a login into a connection in Airflow's database, which encrypts the key. Its type
    and its extra stay; a new connection has this type where Airflow knows it.

    :raises NotWritten: the database can't be written, or the key would not be encrypted.
    """
    _check_it_is_encrypted()
    with database(f"Connection `{conn_id}` could not be written") as session:
        row = _row(session, conn_id) or _new(session, conn_id, conn_type if _types_are_known() else "generic")
        # The root says it all, and a login may hold the key of earlier versions, which the audit log shows.
        row.host, row.schema, row.port, row.login = root or None, None, None, login
        _set_password(row, key)


def change_connection(conn_id: str, change: Callable[[str, dict[str, Any]], tuple[str, dict[str, Any]]]) -> None:
    """Writes `change(password, extra)` into a connection in Airflow's database, and creates the connection if needed.

    :raises NotWritten: the database can't be written, or the password would not be encrypted.
    """
    _check_it_is_encrypted()
    with database(f"Connection `{conn_id}` could not be written") as session:
        row = _row(session, conn_id) or _new(session, conn_id, "generic")
        password, extra = change(row.password or "", row.extra_dejson)
        _set_password(row, password)
        row.set_extra(json.dumps(extra))


def remove_key(conn_id: str) -> None:
    """Takes the key out of a connection in Airflow's database, also one in the login. :raises NotWritten: the database
    can't be written."""
    with database(f"Connection `{conn_id}` could not be written") as session:
        row = _row(session, conn_id)
        if row is not None:
            row.login = None
            _set_password(row, "")


def write_variable(key: str, text: str, *, description: str) -> None:
    """Writes a Variable into Airflow's database. :raises NotWritten: it can't be written, or would not be encrypted."""
    _check_it_is_encrypted()
    with database(f"Variable `{key}` could not be written") as session:
        Variable.set(key, text, description, session=session)


def _found(look: Callable[[Any], T | None], what: str, *, among: Iterable[Any] | None = None) -> T | None:
    """Returns what the first backend has, of all that Airflow asks, or `among` these.

    :raises NotWritten: none has it, and one could not be searched. Airflow would silently skip that one: a delivery
        would be refused for good, or something be written that is never read.
    """
    found, fault = search(ensure_secrets_loaded() if among is None else among, look)
    if fault is not None:
        raise NotWritten(f"{what} could not be read ({fault.backend}: {fault.kind})")
    return found


def _elsewhere() -> Iterable[Any]:
    """Returns the places that Airflow asks before its database."""
    return takewhile(lambda backend: not isinstance(backend, MetastoreBackend), ensure_secrets_loaded())


def _check_it_is_encrypted() -> None:
    """:raises NotWritten: Airflow would not encrypt what is written."""
    if not get_fernet().is_encrypted:
        raise NotWritten("Airflow has no `fernet_key`, so that it would store this unencrypted", remedy="Set one")


def _row(session: Session, conn_id: str) -> Connection | None:
    return session.scalar(select(Connection).where(Connection.conn_id == conn_id).with_for_update())


def _new(session: Session, conn_id: str, conn_type: str) -> Connection:
    row = Connection(conn_id=conn_id, conn_type=conn_type)
    session.add(row)
    return row


def _set_password(row: Connection, password: str) -> None:
    row.set_password(password)
    if not password:
        # Airflow treats an empty password as not given.
        row._password, row.is_encrypted = None, False


def _types_are_known() -> bool:
    """Whether the package is installed: Airflow takes connection types from installed packages alone."""
    try:
        version("alva-lever")
    except PackageNotFoundError:
        return False
    return True
