"""All that reaches into Airflow beyond its public interface: runs made in process, connections read and written.

Checked against Airflow 3.3.2; `tests/web/test_airflow_internals.py` fails when another version does it otherwise. None
of it may be called on an event loop: each call waits for the database.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from airflow.api.common.trigger_dag import trigger_dag
from airflow.configuration import conf, ensure_secrets_loaded
from airflow.exceptions import DagRunAlreadyExists
from airflow.models.connection import Connection
from airflow.secrets.metastore import MetastoreBackend
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

# A writer that finds the database locked for a moment tries again; a sender isn't kept waiting for longer.
_PATIENCE_SECONDS = 5.0


class NotWritten(Exception):
    """Airflow's database can't be read or written just now. The text names the kind of fault only."""


def start_run(dag_id: str, run_id: str, told: Mapping[str, Any]) -> None:
    """Make a run with this conf, committed when this returns. One that is there already is that run.

    :raises NotWritten: it is not known to be there: the DAG isn't, or the database couldn't be written.
    """
    tries = Retrying(
        retry=retry_if_exception_type(OperationalError),
        stop=stop_after_delay(_PATIENCE_SECONDS),
        wait=wait_random(0.05, 0.25),
        reraise=True,
    )
    try:
        tries(trigger_dag, dag_id, run_id=run_id, conf=dict(told), triggered_by=DagRunTriggeredByType.REST_API)
    except DagRunAlreadyExists:
        return
    except Exception as error:
        problem = type(error).__name__
    else:
        return
    # Out of the handler: a database error's text holds what was to be written.
    raise NotWritten(f"No run of {dag_id} could be made ({problem})")


def passwords(conn_id: str) -> tuple[str, ...]:
    """The password of a connection, taken apart at white space and commas; empty where there is none.

    :raises NotWritten: it was not found where it could be looked for, and elsewhere it couldn't: so it isn't known.
    """
    problem = ""
    for backend in ensure_secrets_loaded():
        try:
            connection = backend.get_connection(conn_id=conn_id)
            if connection is not None:
                return tuple(dict.fromkeys((connection.password or "").replace(",", " ").split()))
        except Exception as error:
            # Airflow would pass over it without a word, and a delivery would be refused for good.
            problem = f"{type(backend).__name__}: {type(error).__name__}"
    if problem:
        raise NotWritten(f"Connection `{conn_id}` could not be read ({problem})")
    return ()


def as_server() -> None:
    """From now on this process reads connections as the API server does, out of Airflow's database too. For commands:
    Airflow lets a process that says nothing of itself look into its environment alone."""
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"


def is_kept_elsewhere(conn_id: str) -> bool:
    """Whether a connection comes from the environment or a secrets backend, so that what is written into Airflow's
    database is never read.

    :raises NotWritten: the environment or a backend couldn't say; Airflow would pass over it without a word.
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
    """Where this Airflow says that it is reached; empty where its configuration doesn't say."""
    return str(conf.get("api", "base_url", fallback="") or "")


def stored(conn_id: str) -> tuple[str, dict[str, Any]]:
    """Password and extra of a connection in Airflow's database, both empty where there is none.

    :raises NotWritten: the database can't be read.
    """
    try:
        with create_session() as session:
            row = session.scalar(select(Connection).where(Connection.conn_id == conn_id))
            return ("", {}) if row is None else (row.password or "", row.extra_dejson)
    except Exception as error:  # one that isn't the database's: what is there was encrypted with another key
        problem = type(error).__name__
    raise NotWritten(f"Connection `{conn_id}` could not be read ({problem})")


def change_connection(conn_id: str, change: Callable[[str, dict[str, Any]], tuple[str, dict[str, Any]]]) -> None:
    """Write what `change(password, extra)` gives into a connection in Airflow's database, which is made if need be.

    Tasks can't do this: Airflow has no such call for them.

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
            # Airflow takes an empty one as none given.
            row._password, row.is_encrypted = None, False
        row.set_extra(json.dumps(extra))
