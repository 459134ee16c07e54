"""Uses of Airflow beyond its public interface by the set-up: the pool and the DAGs.

Checked against Airflow 3.3; `tests/pages/test_setup.py` and `test_checks.py` fail if another version behaves
differently. Never call these on an event loop: each waits for the database.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import cast

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails, PoolDetails
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.pool import Pool
from sqlalchemy import select

from alva_lever.web.airflow_internals import database

# The most runs that are searched for the last delivery of each kind.
_RUNS = 1_000


def pool_slots(name: str) -> int | None:
    """Returns how many slots a pool has, None if there is no such pool. :raises NotWritten: it can't be read."""
    with database(f"Pool `{name}` could not be read") as session:
        return session.scalar(select(Pool.slots).where(Pool.pool == name))


def make_pool(name: str, *, slots: int, description: str) -> None:
    """Makes a pool, or gives the existing one these slots. :raises NotWritten: the database can't be written."""
    with database(f"Pool `{name}` could not be made") as session:
        Pool.create_or_update_pool(
            name=name, slots=slots, description=description, include_deferred=False, session=session
        )


def unpause(dag_ids: Collection[str]) -> None:
    """Unpauses these DAGs. :raises NotWritten: the database can't be written."""
    with database("The DAGs could not be unpaused") as session:
        for row in session.scalars(select(DagModel).where(DagModel.dag_id.in_(dag_ids))):
            row.is_paused = False


def last_deliveries(dag_id: str, kinds: Collection[str]) -> dict[str, datetime]:
    """Returns when the last delivery of each kind came, from the conf of the DAG's last runs.

    :raises NotWritten: the database can't be read.
    """
    found: dict[str, datetime] = {}
    with database(f"The runs of {dag_id} could not be read") as session:
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
