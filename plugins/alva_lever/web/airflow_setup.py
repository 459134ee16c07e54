"""Uses of Airflow beyond its public interface by the set-up: connections, the Variable, the pool and the DAGs.

Checked against Airflow 3.3.2; `tests/pages/test_setup.py` and `test_checks.py` fail if another version behaves
differently. Never call these on an event loop: each waits for the database. None of them goes through Airflow's audit
log, so no key gets there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Protocol, cast

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails, PoolDetails
from airflow.configuration import ensure_secrets_loaded
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.pool import Pool
from airflow.models.variable import Variable
from airflow.secrets.metastore import MetastoreBackend
from airflow.utils.session import create_session
from sqlalchemy import select

from alva_lever.http.session import HasHost
from alva_lever.web.airflow_internals import NotWritten, change_connection

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# The most runs that are searched for the last delivery of each kind.
_RUNS = 1_000


@contextmanager
def _database(what: str) -> Iterator[Session]:
    """Opens a session that is committed at the end. :raises NotWritten: the text names the kind of fault only, since
    that of a database error holds the values."""
    try:
        with create_session() as session:
            yield session
    except Exception as error:
        problem = type(error).__name__
    else:
        return
    raise NotWritten(f"{what} ({problem})")


# Connections and the Variable.


class KeptConnection(HasHost, Protocol):
    """A connection as Airflow keeps it, its key decrypted."""

    @property
    def login(self) -> str | None: ...
    @property
    def password(self) -> str | None: ...
    @property
    def extra(self) -> str | None: ...


def find_connection(conn_id: str) -> KeptConnection | None:
    """Returns a connection from wherever Airflow reads it, None if there is none.

    :raises NotWritten: it wasn't found, but some place could not be searched.
    """

    def look(backend: Any) -> object | None:
        found = backend.get_connection(conn_id=conn_id)
        if found is not None:
            # Decrypts it, which fails where it was encrypted with another key.
            _ = found.password, found.extra
        return cast("object | None", found)

    return cast("KeptConnection | None", _looked_up(look, f"Connection `{conn_id}`"))


def is_variable_kept_elsewhere(key: str) -> bool:
    """Whether a Variable comes from the environment or a secrets backend, so that Airflow never reads the one in its
    database. :raises NotWritten: one of these could not be searched."""
    found = _looked_up(
        lambda backend: None if isinstance(backend, MetastoreBackend) else backend.get_variable(key=key),
        f"Variable `{key}`",
    )
    return found is not None


def _looked_up(look: Callable[[Any], object | None], what: str) -> object | None:
    problem = ""
    for backend in ensure_secrets_loaded():
        try:
            found = look(backend)
        except Exception as error:
            problem = f"{type(backend).__name__}: {type(error).__name__}"
        else:
            if found is not None:
                return found
    if problem:
        raise NotWritten(f"{what} could not be read ({problem})")
    return None


def write_connection(conn_id: str, *, conn_type: str, root: str, key: str) -> None:
    """Writes an API root and a key into a connection in Airflow's database, which encrypts the key. Its type and its
    extra stay; a new connection has this type where Airflow knows it.

    :raises NotWritten: the database can't be written.
    """
    with _database(f"Connection `{conn_id}` could not be written") as session:
        row = session.scalar(select(Connection).where(Connection.conn_id == conn_id).with_for_update())
        if row is None:
            row = Connection(conn_id=conn_id, conn_type=conn_type if _types_are_known() else "generic")
            session.add(row)
        # The root says it all, and a login may hold the key of earlier versions, which the audit log shows.
        row.host, row.schema, row.port, row.login = root, None, None, None
        row.set_password(key)
        if not key:
            _empty_password(row)


def remove_key(conn_id: str) -> None:
    """Takes the key out of a connection in Airflow's database, also one in the login. :raises NotWritten: the database
    can't be written."""
    with _database(f"Connection `{conn_id}` could not be written") as session:
        row = session.scalar(select(Connection).where(Connection.conn_id == conn_id).with_for_update())
        if row is not None:
            row.login = None
            _empty_password(row)


def _empty_password(row: Connection) -> None:
    """Airflow itself treats an empty password as not given."""
    row._password, row.is_encrypted = None, False


def _types_are_known() -> bool:
    """Whether the package is installed: Airflow takes connection types from installed packages alone."""
    try:
        version("alva-lever")
    except PackageNotFoundError:
        return False
    return True


def write_variable(key: str, value: Mapping[str, object], *, description: str) -> None:
    """Writes a Variable as JSON, encrypted. :raises NotWritten: the database can't be written."""
    with _database(f"Variable `{key}` could not be written") as session:
        Variable.set(key, json.dumps(value, indent=2), description=description, session=session)


def change_tokens(conn_id: str, change: Callable[[list[str]], Sequence[str]]) -> None:
    """Changes the words in a connection's password. :raises NotWritten: the database can't be written."""

    def write(password: str, extra: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        words = list(dict.fromkeys(password.replace(",", " ").split()))
        return " ".join(change(words)), extra

    change_connection(conn_id, write)


# The pool and the DAGs.


def pool_slots(name: str) -> int | None:
    """Returns how many slots a pool has, None if there is no such pool. :raises NotWritten: it can't be read."""
    with _database(f"Pool `{name}` could not be read") as session:
        return session.scalar(select(Pool.slots).where(Pool.pool == name))


def make_pool(name: str, *, slots: int, description: str) -> None:
    """Makes a pool, or gives the existing one these slots. :raises NotWritten: the database can't be written."""
    with _database(f"Pool `{name}` could not be made") as session:
        Pool.create_or_update_pool(
            name=name, slots=slots, description=description, include_deferred=False, session=session
        )


@dataclass(frozen=True, slots=True)
class DagState:
    """What Airflow knows of a DAG. `broken`: its file can't be imported just now."""

    paused: bool
    broken: bool


def dag_states(dag_ids: Collection[str]) -> dict[str, DagState]:
    """Returns the state of each of these DAGs that Airflow knows and still finds in its files.

    :raises NotWritten: the database can't be read.
    """
    columns = (DagModel.dag_id, DagModel.is_paused, DagModel.has_import_errors)
    with _database("The DAGs could not be read") as session:
        rows = session.execute(select(*columns).where(DagModel.dag_id.in_(dag_ids), DagModel.is_stale.is_(False))).all()
    return {dag_id: DagState(bool(paused), bool(broken)) for dag_id, paused, broken in rows}


def unpause(dag_ids: Collection[str]) -> None:
    """Unpauses these DAGs. :raises NotWritten: the database can't be written."""
    with _database("The DAGs could not be unpaused") as session:
        for row in session.scalars(select(DagModel).where(DagModel.dag_id.in_(dag_ids))):
            row.is_paused = False


def last_deliveries(dag_id: str, kinds: Collection[str]) -> dict[str, datetime]:
    """Returns when the last delivery of each kind came, from the conf of the DAG's last runs.

    :raises NotWritten: the database can't be read.
    """
    found: dict[str, datetime] = {}
    with _database(f"The runs of {dag_id} could not be read") as session:
        runs = session.execute(
            select(DagRun.conf, DagRun.run_after).where(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()).limit(_RUNS)
        )
        for conf, moment in runs:
            for kind in _kinds(conf):
                found.setdefault(kind, moment)
            if found.keys() >= set(kinds):
                break
    return {kind: found[kind] for kind in kinds if kind in found}


def _kinds(conf: object) -> set[str]:
    """Returns the kinds of the deliveries in a run's conf, which a person may have typed."""
    deliveries = conf.get("deliveries") if isinstance(conf, dict) else None
    rows = deliveries if isinstance(deliveries, list) else []
    return {str(row.get("kind")) for row in rows if isinstance(row, dict)}


# What a visitor may change.


def may_unpause(user: object, dag_ids: Collection[str]) -> bool:
    """Whether the user may change all of these DAGs."""
    manager = get_auth_manager()
    return all(
        manager.is_authorized_dag(method="PUT", details=DagDetails(id=dag_id), user=cast("BaseUser", user))
        for dag_id in dag_ids
    )


def may_make_pool(user: object, name: str) -> bool:
    """Whether the user may make this pool, and change it."""
    manager, details = get_auth_manager(), PoolDetails(name=name)
    return bool(
        manager.is_authorized_pool(method="POST", user=cast("BaseUser", user))
        and manager.is_authorized_pool(method="PUT", details=details, user=cast("BaseUser", user))
    )
