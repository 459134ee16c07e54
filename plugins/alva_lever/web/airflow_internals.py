"""Uses of Airflow beyond its public interface: creates runs in process, reads and writes connections, and asks who is
logged in and what they may do.

Checked against Airflow 3.3.2; `tests/web/test_airflow_internals.py` fails if another version behaves differently. Never
call these on an event loop: each waits for the database.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote, urlsplit

from airflow._shared.secrets_masker import mask_secret
from airflow.api.common.trigger_dag import trigger_dag
from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
from airflow.configuration import conf, ensure_secrets_loaded
from airflow.exceptions import DagRunAlreadyExists
from airflow.models.backfill import (
    AlreadyRunningBackfill,
    InvalidBackfillDate,
    InvalidBackfillDateRange,
    NoBackfillRunsToCreate,
    ReprocessBehavior,
    _create_backfill,
)
from airflow.models.connection import Connection
from airflow.models.crypto import get_fernet
from airflow.models.variable import Variable
from airflow.secrets.metastore import MetastoreBackend
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from fastapi import Request
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

# A writer retries while the database is locked, but not for longer, since a sender waits for the answer.
_PATIENCE_SECONDS = 5.0


class NotWritten(Exception):
    """Airflow's database can't be read or written just now. The text names the kind of fault only."""


class Refused(Exception):
    """Airflow does not start what was asked for. The text is a sentence for the person who asked."""


def start_run(
    dag_id: str, run_id: str, conf: Mapping[str, Any], *, user_name: str | None = None, note: str | None = None
) -> None:
    """Creates a run with this conf, committed on return. A run with this id that exists already is left as it is.

    `user_name`: the person who asked for it, None if a webhook did. `note`: shown beside the run in Airflow. A paused
    DAG stays paused, and the run waits.

    :raises NotWritten: the run may not exist: the DAG is missing, or the database couldn't be written.
    """
    tries = Retrying(
        retry=retry_if_exception_type(OperationalError),
        stop=stop_after_delay(_PATIENCE_SECONDS),
        wait=wait_random(0.05, 0.25),
        reraise=True,
    )
    triggered_by = DagRunTriggeredByType.REST_API if user_name is None else DagRunTriggeredByType.UI
    try:
        tries(
            trigger_dag,
            dag_id,
            run_id=run_id,
            conf=dict(conf),
            triggered_by=triggered_by,
            triggering_user_name=user_name,
            note=note,
        )
    except DagRunAlreadyExists:
        return
    except Exception as error:
        problem = type(error).__name__
    else:
        return
    # Raised outside the handler: a database error's text holds the values that were to be written.
    raise NotWritten(f"No run of {dag_id} could be made ({problem})")


def start_backfill(dag_id: str, from_date: datetime, to_date: datetime, *, user_name: str) -> int:
    """Creates the runs of the DAG's intervals that begin in this time and are over, and runs the completed ones again.
    Returns the backfill's id.

    :raises Refused: a backfill of the DAG is under way already, or no interval lies in this time.
    :raises NotWritten: Airflow's database couldn't be written; another attempt may find a part of the backfill.
    """
    try:
        made = _create_backfill(
            dag_id=dag_id,
            from_date=from_date,
            to_date=to_date,
            # One after the other, so that events and scheduled runs get their turns.
            max_active_runs=1,
            reverse=False,
            dag_run_conf=None,
            triggering_user_name=user_name,
            reprocess_behavior=ReprocessBehavior.COMPLETED,
        )
    except AlreadyRunningBackfill:
        sentence = "A backfill of this DAG is under way. Wait until it is done, or cancel it in Airflow"
    except (InvalidBackfillDate, InvalidBackfillDateRange, NoBackfillRunsToCreate):
        sentence = "No whole hour lies between that date and now. Choose an earlier date"
    except Exception as error:
        problem = type(error).__name__
        raise NotWritten(f"No backfill of {dag_id} could be made ({problem})") from None
    else:
        return int(made.id)
    raise Refused(sentence)


def passwords(conn_id: str) -> tuple[str, ...]:
    """Returns the words of a connection's password, split at white space and commas; empty if there is none.

    :raises NotWritten: the connection wasn't found, but some place could not be searched.
    """
    problem = ""
    for backend in ensure_secrets_loaded():
        try:
            connection = backend.get_connection(conn_id=conn_id)
            if connection is not None:
                return tuple(dict.fromkeys((connection.password or "").replace(",", " ").split()))
        except Exception as error:
            # Airflow would silently skip it, and a delivery would be refused for good.
            problem = f"{type(backend).__name__}: {type(error).__name__}"
    if problem:
        raise NotWritten(f"Connection `{conn_id}` could not be read ({problem})")
    return ()


def set_variable(name: str, text: str, description: str) -> None:
    """Writes a Variable into Airflow's database, encrypted.

    :raises NotWritten: it can't be written, or would not be encrypted.
    """
    if not get_fernet().is_encrypted:
        raise NotWritten("Airflow has no `fernet_key`, so that it would store access to Lever unencrypted. Set one")
    try:
        Variable.set(name, text, description)
    except Exception as error:
        problem = type(error).__name__
    else:
        return
    raise NotWritten(f"The Variable `{name}` could not be written ({problem})")


def hide(secret: str) -> None:
    """Keeps a secret out of what this process logs from now on. The server logs each request with its query."""
    mask_secret(secret)


def as_server() -> None:
    """Makes this process read connections as the API server does, from Airflow's database too. For commands: by
    default, Airflow lets a process read them from its environment only."""
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"


def is_kept_elsewhere(conn_id: str) -> bool:
    """Whether a connection comes from the environment or a secrets backend, so that Airflow never reads the one in its
    database.

    :raises NotWritten: the environment or a backend failed; Airflow would silently skip it.
    """
    for backend in ensure_secrets_loaded():
        if isinstance(backend, MetastoreBackend):
            return False
        try:
            there = backend.get_connection(conn_id=conn_id) is not None
        except Exception as error:
            problem = f"{type(backend).__name__}: {type(error).__name__}"
            break
        if there:
            return True
    else:
        return False
    raise NotWritten(f"Connection `{conn_id}` could not be looked for in the environment or a backend ({problem})")


def base_url() -> str:
    """Returns the address in Airflow's configuration, empty if there is none."""
    return str(conf.get("api", "base_url", fallback="") or "")


def base_path() -> str:
    """Returns the path under which browsers find Airflow, without a slash at its end; empty at a host's root."""
    return urlsplit(base_url()).path.rstrip("/")


async def user_of(request: Request) -> object:
    """Returns the user who is logged in, by cookie or bearer token. :raises HTTPException: 401 or 403."""
    return await get_user(request, None, await bearer_scheme(request))


def user_id(user: object) -> str:
    """Returns Airflow's id of a user."""
    return str(cast("BaseUser", user).get_id())


def user_name(user: object) -> str:
    """Returns the user's name, as Airflow shows it beside runs that they have triggered."""
    return str(cast("BaseUser", user).get_name())


def may_read_dag(user: object, dag_id: str) -> bool:
    """Whether the user may read this DAG."""
    return bool(
        get_auth_manager().is_authorized_dag(method="GET", details=DagDetails(id=dag_id), user=cast("BaseUser", user))
    )


def may_trigger_dag(user: object, dag_id: str) -> bool:
    """Whether the user may trigger this DAG."""
    return bool(
        get_auth_manager().is_authorized_dag(
            method="POST",
            access_entity=DagAccessEntity.RUN,
            details=DagDetails(id=dag_id),
            user=cast("BaseUser", user),
        )
    )


def may_set_up(user: object) -> bool:
    """Whether the user may change connections and Variables."""
    manager = get_auth_manager()
    return bool(
        manager.is_authorized_connection(method="PUT", user=cast("BaseUser", user))
        and manager.is_authorized_variable(method="PUT", user=cast("BaseUser", user))
    )


def login_url(next_path: str) -> str:
    """Returns the address of Airflow's login, which leads back to this path."""
    return f"{base_path()}/api/v2/auth/login?next={quote(next_path)}"


def signing_key() -> str:
    """Returns the key with which Airflow signs what it gives to browsers: all API servers share it."""
    return str(get_signing_key("api", "secret_key"))


def stored(conn_id: str) -> tuple[str, dict[str, Any]]:
    """Returns password and extra of a connection in Airflow's database, both empty if there is none.

    :raises NotWritten: the database can't be read.
    """
    try:
        with create_session() as session:
            row = session.scalar(select(Connection).where(Connection.conn_id == conn_id))
            return ("", {}) if row is None else (row.password or "", row.extra_dejson)
    except Exception as error:  # not the database's: the connection was encrypted with another key
        problem = type(error).__name__
    raise NotWritten(f"Connection `{conn_id}` could not be read ({problem})")


def store_connection(conn_id: str, *, host: str, login: str | None = None, password: str | None = None) -> None:
    """Writes these fields into a connection in Airflow's database, which encrypts the password. A new one is of the
    type generic.

    :raises NotWritten: the database can't be written.
    """
    try:
        with create_session() as session:
            row = session.scalar(select(Connection).where(Connection.conn_id == conn_id).with_for_update())
            if row is None:
                row = Connection(conn_id=conn_id, conn_type="generic")
                session.add(row)
            row.host, row.schema, row.port, row.login = host or None, None, None, login
            row.set_password(password)
    except Exception as error:
        problem = type(error).__name__
    else:
        return
    raise NotWritten(f"Connection `{conn_id}` could not be written ({problem})")


def change_connection(conn_id: str, change: Callable[[str, dict[str, Any]], tuple[str, dict[str, Any]]]) -> None:
    """Writes `change(password, extra)` into a connection in Airflow's database, and creates the connection if needed.

    Airflow has no such call for tasks.

    :raises NotWritten: the database can't be written.
    """
    try:
        _change_connection(conn_id, change)
    except Exception as error:
        problem = type(error).__name__
    else:
        return
    raise NotWritten(f"Connection `{conn_id}` could not be written ({problem})")


def _change_connection(conn_id: str, change: Callable[[str, dict[str, Any]], tuple[str, dict[str, Any]]]) -> None:
    with create_session() as session:
        row = session.scalar(select(Connection).where(Connection.conn_id == conn_id).with_for_update())
        if row is None:
            row = Connection(conn_id=conn_id, conn_type="generic")
            session.add(row)
        password, extra = change(row.password or "", row.extra_dejson)
        row.set_password(password)
        if not password:
            # Airflow treats an empty password as not given.
            row._password, row.is_encrypted = None, False
        row.set_extra(json.dumps(extra))
