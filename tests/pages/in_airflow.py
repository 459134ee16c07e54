"""Reads and changes what Airflow's database holds of DAGs and runs."""

from __future__ import annotations

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import select, update

from alva_lever.account import DEFAULT


def runs() -> list[DagRun]:
    with create_session() as session:
        return list(session.scalars(select(DagRun).order_by(DagRun.id)))


def pause(*dag_ids: str, paused: bool = True) -> None:
    """Pauses these DAGs, or the account's four."""
    with create_session() as session:
        named = DagModel.dag_id.in_(dag_ids or DEFAULT.dag_ids)
        session.execute(update(DagModel).where(named).values(is_paused=paused))
