"""The operators in a user's own DAG: they declare the asset that keeps their state by themselves."""

from __future__ import annotations

from pathlib import Path

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import Asset

OWN = """
from datetime import UTC, datetime
from airflow.sdk import DAG
from alva_lever.operators.find import FindCandidatesOperator
from alva_lever.operators.do import InviteCandidatesOperator
from alva_lever.operators.report import ReportOperator

with DAG("recruiting", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
    find = FindCandidatesOperator(task_id="who", pool="lever_api")
    invite = InviteCandidatesOperator.partial(task_id="ask", pool="lever_api", found=find.output["found"])
    invite.expand(batch=find.output) >> ReportOperator(task_id="told", find_task_id="who", batch_task_id="ask")
"""


def test_the_operators_declare_the_asset_of_their_state(tmp_path: Path) -> None:
    (tmp_path / "recruiting.py").write_text(OWN, "utf-8")
    bag = DagBag(str(tmp_path))
    assert bag.import_errors == {}
    tasks = bag.dags["recruiting"].task_dict
    for task_id in ("who", "told"):
        assert [one.name for one in tasks[task_id].inlets if isinstance(one, Asset)] == ["recruiting_covered"]
