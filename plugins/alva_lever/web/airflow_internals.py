"""Uses of Airflow beyond its public interface: creates runs in process, asks who is logged in and what they may do, and
opens Airflow's database.

Checked against Airflow 3.3; `tests/web/test_airflow_internals.py` fails if another version behaves differently. Never
call these on an event loop: each waits for the database.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from airflow._shared.secrets_masker import mask_secret
from airflow.api.common.trigger_dag import trigger_dag
from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
from airflow.configuration import conf
from airflow.exceptions import DagRunAlreadyExists
from airflow.models import backfill
from airflow.models.backfill import (
    AlreadyRunningBackfill,
    InvalidBackfillDate,
    InvalidBackfillDateRange,
    ReprocessBehavior,
    _create_backfill,
)
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from fastapi import Request
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from alva_lever.rules.remedies import Remediable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# A writer retries while the database is locked, but not for longer, since a sender waits for the answer.
_PATIENCE_SECONDS = 5.0
# Airflow 3.3.0 has no exception of its own for a backfill without runs.
_NO_RUNS_TO_CREATE: type[Exception] = getattr(backfill, "NoBackfillRunsToCreate", RuntimeError)


class NotWritten(Remediable):
    """Airflow's database can't be read or written just now. The text names the kind of fault only."""


class Refused(Exception):
    """Airflow does not start what was asked for. The text is a sentence for the person who asked."""


@contextmanager
def faults_named(what: str) -> Iterator[None]:
    """Turns any error into `NotWritten`: `what`, and the kind of error only, since the text of a database error holds
    the values that were to be written."""
    try:
        yield
    except Exception as error:
        failure = NotWritten(f"{what} ({type(error).__name__})")
    else:
        return
    try:
        raise failure
    finally:
        # A traceback would show the error's text.
        failure.__context__ = None


@contextmanager
def database(what: str) -> Iterator[Session]:
    """Opens a session that is committed at the end. :raises NotWritten: `what`, and the kind of fault."""
    with faults_named(what), create_session() as session:
        yield session


def new_run_id(prefix: str) -> str:
    """Returns an id for a run that no other run has."""
    return f"{prefix}{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}_{secrets.token_hex(4)}"


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
    with faults_named(f"No run of {dag_id} could be made"), suppress(DagRunAlreadyExists):
        tries(
            trigger_dag,
            dag_id,
            run_id=run_id,
            conf=dict(conf),
            triggered_by=triggered_by,
            triggering_user_name=user_name,
            note=note,
        )


def start_backfill(dag_id: str, from_date: datetime, to_date: datetime, *, user_name: str) -> int:
    """Creates the runs of the DAG's intervals that begin in this time and are over, and runs the completed ones again.
    Returns the backfill's id.

    :raises Refused: a backfill of the DAG is under way already, or no interval lies in this time.
    :raises NotWritten: Airflow's database couldn't be written; another attempt may find a part of the backfill.
    """
    with faults_named(f"No backfill of {dag_id} could be made"):
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
        except (InvalidBackfillDate, InvalidBackfillDateRange, _NO_RUNS_TO_CREATE):
            sentence = "No whole hour lies between that date and now. Choose an earlier date"
        else:
            return int(made.id)
    raise Refused(sentence)


def hide(secret: str) -> None:
    """Keeps a secret out of what this process logs from now on. The server logs each request with its query."""
    mask_secret(secret)


def as_server() -> None:
    """Makes this process read connections as the API server does, from Airflow's database too. For commands: by
    default, Airflow lets a process read them from its environment only."""
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"


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
