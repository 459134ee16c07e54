"""Tests of the Airflow internals that the package uses. Run them before an upgrade of Airflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from airflow.models.connection import Connection
from airflow.models.dagrun import DagRun
from airflow.models.variable import Variable
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import delete, select, text

from alva_lever.web import airflow_internals
from alva_lever.web.airflow_internals import (
    NotWritten,
    Refused,
    change_connection,
    passwords,
    set_variable,
    start_backfill,
    start_run,
)
from tests.dags.runner import Runner

DAG_ID = "alva_lever_handle_events"
OPPORTUNITY = "0b8f2d5e-9c1a-4a57-8a55-7d2f3f5b6c01"
CONF = {"deliveries": [{"kind": "hired", "opportunity": OPPORTUNITY}]}


@pytest.fixture(autouse=True)
def _dag(database: None) -> None:
    Runner(DAG_ID)
    with create_session() as session:
        session.execute(delete(DagRun))


@pytest.fixture
def conn_id() -> Iterator[str]:
    yield "some_webhook"
    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id == "some_webhook"))


def runs() -> list[DagRun]:
    with create_session() as session:
        return list(session.scalars(select(DagRun)))


def while_locked(work: Callable[[], object]) -> None:
    """Runs `work` in its own thread, as the API server does, while another thread locks the database."""
    with create_session() as session, ThreadPoolExecutor(1) as pool:
        session.execute(text("BEGIN EXCLUSIVE"))
        try:
            pool.submit(work).result()
        finally:
            session.rollback()


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


class TestConnections:
    def test_tokens_are_separated_by_white_space_or_commas(self, conn_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_SOME_WEBHOOK", '{"conn_type": "http", "password": " a,b \\n c,,a\\tb "}')
        assert passwords(conn_id) == ("a", "b", "c")

    def test_without_a_connection_there_are_no_tokens(self, conn_id: str) -> None:
        assert passwords(conn_id) == ()

    def test_tokens_are_stored_encrypted(self, conn_id: str) -> None:
        change_connection(conn_id, lambda password, extra: ("first-token", {"kept": 1}))
        change_connection(conn_id, lambda password, extra: (f"{password} second-token", {**extra, "more": 2}))
        assert passwords(conn_id) == ("first-token", "second-token")
        with create_session() as session:
            row = session.scalar(select(Connection).where(Connection.conn_id == conn_id))
            assert row is not None
            assert row.extra_dejson == {"kept": 1, "more": 2}
            assert row.is_encrypted

    def test_an_empty_password_removes_the_old_one(self, conn_id: str) -> None:
        change_connection(conn_id, lambda password, extra: ("first-token", extra))
        change_connection(conn_id, lambda password, extra: ("", extra))
        assert passwords(conn_id) == ()

    def test_an_unreadable_database_is_an_error_not_an_absent_token(self, conn_id: str) -> None:
        with create_session() as session:
            session.execute(text("ALTER TABLE connection RENAME TO put_away"))
        with pytest.raises(NotWritten, match="could not be read"):
            passwords(conn_id)
        with create_session() as session:
            session.execute(text("ALTER TABLE put_away RENAME TO connection"))
        assert passwords(conn_id) == ()

    def test_a_failing_secrets_backend_is_an_error_not_an_absent_token(
        self, conn_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Airflow skips such a backend silently; the sender must retry the delivery rather than see it refused."""
        monkeypatch.setenv("AIRFLOW_CONN_SOME_WEBHOOK", "{ no JSON")
        with pytest.raises(NotWritten, match="EnvironmentVariablesBackend"):
            passwords(conn_id)
        change_connection(conn_id, lambda password, extra: ("token", extra))
        assert passwords(conn_id) == ("token",)


class TestSetVariable:
    @pytest.fixture(autouse=True)
    def _without(self) -> Iterator[None]:
        yield
        with create_session() as session:
            session.execute(delete(Variable).where(Variable.key == "some_token"))

    def row(self) -> Variable | None:
        with create_session() as session:
            return session.scalar(select(Variable).where(Variable.key == "some_token"))

    def test_a_variable_is_encrypted_and_replaced(self) -> None:
        for value in ("first", "second"):
            set_variable("some_token", value, "what it is")
            row = self.row()
            assert row is not None
            assert (row.val, row.is_encrypted, row.description) == (value, True, "what it is")
            assert value not in row._val

    def test_without_a_fernet_key_nothing_is_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Plain:
            is_encrypted = False

        monkeypatch.setattr(airflow_internals, "get_fernet", Plain)
        with pytest.raises(NotWritten, match="no `fernet_key`"):
            set_variable("some_token", "value", "")
        assert self.row() is None

    def test_a_locked_database_is_said_without_the_value(self) -> None:
        def refused() -> None:
            with pytest.raises(NotWritten, match="`some_token` could not be written") as error:
                set_variable("some_token", "s3cret", "")
            assert "s3cret" not in str(error.value)
            assert error.value.__context__ is None

        while_locked(refused)
