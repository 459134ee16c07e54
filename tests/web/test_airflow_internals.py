"""Tests of the Airflow internals that the package uses. Run them before an upgrade of Airflow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import delete, select

from alva_lever.web.airflow_internals import NotWritten, Refused, start_backfill, start_run
from tests.dags.runner import Runner
from tests.web.conftest import while_locked

DAG_ID = "alva_lever_handle_events"
OPPORTUNITY = "0b8f2d5e-9c1a-4a57-8a55-7d2f3f5b6c01"
CONF = {"deliveries": [{"kind": "hired", "opportunity": OPPORTUNITY}]}


@pytest.fixture(autouse=True)
def _dag(database: None) -> None:
    Runner(DAG_ID)
    with create_session() as session:
        session.execute(delete(DagRun))


def runs() -> list[DagRun]:
    with create_session() as session:
        return list(session.scalars(select(DagRun)))


class TestStartRun:
    def test_a_run_is_queued_without_a_data_interval(self) -> None:
        start_run(DAG_ID, "run-1", CONF)
        (run,) = runs()
        assert (run.dag_id, run.run_id, run.conf, str(run.state)) == (DAG_ID, "run-1", CONF, "queued")
        assert (run.logical_date, run.data_interval_start, str(run.run_type)) == (None, None, "manual")

    def test_starting_an_existing_run_makes_no_second_one(self) -> None:
        start_run(DAG_ID, "run-1", CONF)
        start_run(DAG_ID, "run-1", CONF)
        assert len(runs()) == 1

    def test_a_persons_run_has_their_name_and_a_note(self) -> None:
        start_run(DAG_ID, "a-run", {"dry_run": True}, user_name="ada", note="Dry run")
        with create_session() as session:
            run = session.scalars(select(DagRun)).one()
            assert (run.triggering_user_name, run.triggered_by, run.note) == (
                "ada",
                DagRunTriggeredByType.UI,
                "Dry run",
            )

    def test_a_dag_without_a_schedule_has_no_backfill(self) -> None:
        with pytest.raises(NotWritten, match="DagNonPeriodicScheduleException"):
            start_backfill(DAG_ID, datetime.now(UTC) - timedelta(hours=3), datetime.now(UTC), user_name="ada")

    def test_a_backfill_of_less_than_an_interval_is_refused(self) -> None:
        now = datetime.now(UTC)
        with pytest.raises(Refused, match="No whole hour"):
            start_backfill("alva_lever_invite_candidates", now - timedelta(seconds=1), now, user_name="ada")

    def test_a_run_of_an_unknown_dag_is_refused(self) -> None:
        with pytest.raises(NotWritten, match="No run of no_such_dag could be made"):
            start_run("no_such_dag", "run-1", CONF)

    def test_an_invalid_conf_is_not_written_and_not_shown(self) -> None:
        with pytest.raises(NotWritten) as error:
            start_run(DAG_ID, "run-1", {"deliveries": [{"kind": "Ada Byron", "opportunity": "o"}]})
        assert "Ada" not in repr(error.value)
        assert runs() == []

    def test_a_locked_database_is_an_error(self) -> None:
        with pytest.raises(NotWritten) as error:
            while_locked(lambda: start_run(DAG_ID, "run-1", CONF))
        assert OPPORTUNITY not in repr(error.value)
        assert runs() == []
