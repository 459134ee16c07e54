"""All that reaches into Airflow beyond its public interface: runs made in process, connections read and written.

Checked against Airflow 3.3.2; `tests/web/test_internals.py` tells when another version does it otherwise. Nothing of it
may be called on an event loop: each call waits for the database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from airflow.api.common.trigger_dag import trigger_dag
from airflow.exceptions import DagRunAlreadyExists
from airflow.models.connection import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

# A writer that finds the database locked for a moment tries again; a sender isn't kept waiting for longer.
_PATIENCE_SECONDS = 5.0


class NotWritten(Exception):
    """Airflow's database can't be read or written just now. The text names the kind of fault only."""


def start_run(dag_id: str, run_id: str, conf: Mapping[str, Any]) -> None:
    """Make a run, committed when this returns. One that is there already is that run.

    :raises NotWritten: it is not known to be there: the DAG isn't, or the database couldn't be written.
    """
    tries = Retrying(
        retry=retry_if_exception_type(OperationalError),
        stop=stop_after_delay(_PATIENCE_SECONDS),
        wait=wait_random(0.05, 0.25),
        reraise=True,
    )
    try:
        tries(trigger_dag, dag_id, run_id=run_id, conf=dict(conf), triggered_by=DagRunTriggeredByType.REST_API)
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

    :raises NotWritten: the database can't be read, so that it isn't known.
    """
    try:
        password = Connection.get_connection_from_secrets(conn_id).password
    except AirflowNotFoundException:
        # Airflow says so as well where it couldn't ask its database.
        _ask_database(conn_id)
        password = None
    return tuple(dict.fromkeys((password or "").replace(",", " ").split()))


def change_connection(conn_id: str, change: Callable[[str, dict[str, Any]], tuple[str, dict[str, Any]]]) -> None:
    """Write what `change(password, extra)` gives into a connection in Airflow's database, which is made if need be.

    Tasks can't do this: Airflow has no such call for them.
    """
    with create_session() as session:
        row = session.scalar(select(Connection).where(Connection.conn_id == conn_id).with_for_update())
        if row is None:
            row = Connection(conn_id=conn_id, conn_type="generic")
            session.add(row)
        password, extra = change(row.password or "", row.extra_dejson)
        row.set_password(password)
        row.set_extra(json.dumps(extra))


def _ask_database(conn_id: str) -> None:
    try:
        with create_session() as session:
            session.scalar(select(Connection.id).where(Connection.conn_id == conn_id))
    except Exception as error:
        problem = type(error).__name__
    else:
        return
    raise NotWritten(f"Connection `{conn_id}` could not be read ({problem})")
