"""Tests of what the package uses of Airflow's connections and Variables. Run them before an upgrade of Airflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from airflow.models.connection import Connection
from airflow.models.variable import Variable
from airflow.utils.session import create_session
from sqlalchemy import delete, select, text

from alva_lever.web import airflow_store
from alva_lever.web.airflow_internals import NotWritten
from alva_lever.web.airflow_store import (
    change_connection,
    find_connection,
    remove_key,
    stored,
    write_connection,
    write_variable,
)
from alva_lever.web.signing_tokens import words
from tests.web.conftest import while_locked

pytestmark = pytest.mark.usefixtures("database")


class Plain:
    """Airflow's encryption without a key."""

    is_encrypted = False


@pytest.fixture
def unencrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_store, "get_fernet", Plain)


@pytest.fixture
def conn_id() -> Iterator[str]:
    yield "some_webhook"
    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id == "some_webhook"))


class TestConnections:
    def test_tokens_are_separated_by_white_space_or_commas(self, conn_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_SOME_WEBHOOK", '{"conn_type": "http", "password": " a,b \\n c,,a\\tb "}')
        assert words(conn_id) == ("a", "b", "c")

    def test_without_a_connection_there_are_no_tokens(self, conn_id: str) -> None:
        assert words(conn_id) == ()

    def test_tokens_are_stored_encrypted(self, conn_id: str) -> None:
        change_connection(conn_id, lambda password, extra: ("first-token", {"kept": 1}))
        change_connection(conn_id, lambda password, extra: (f"{password} second-token", {**extra, "more": 2}))
        assert words(conn_id) == ("first-token", "second-token")
        with create_session() as session:
            row = session.scalar(select(Connection).where(Connection.conn_id == conn_id))
            assert row is not None
            assert row.extra_dejson == {"kept": 1, "more": 2}
            assert row.is_encrypted

    def test_an_empty_password_removes_the_old_one(self, conn_id: str) -> None:
        change_connection(conn_id, lambda password, extra: ("first-token", extra))
        change_connection(conn_id, lambda password, extra: ("", extra))
        assert words(conn_id) == ()

    def test_an_unreadable_database_is_an_error_not_an_absent_token(self, conn_id: str) -> None:
        with create_session() as session:
            session.execute(text("ALTER TABLE connection RENAME TO put_away"))
        with pytest.raises(NotWritten, match="could not be read"):
            words(conn_id)
        with create_session() as session:
            session.execute(text("ALTER TABLE put_away RENAME TO connection"))
        assert words(conn_id) == ()

    def test_a_failing_secrets_backend_is_an_error_not_an_absent_token(
        self, conn_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Airflow skips such a backend silently; the sender must retry the delivery rather than see it refused."""
        monkeypatch.setenv("AIRFLOW_CONN_SOME_WEBHOOK", "{ no JSON")
        with pytest.raises(NotWritten, match="EnvironmentVariablesBackend"):
            words(conn_id)
        change_connection(conn_id, lambda password, extra: ("token", extra))
        assert words(conn_id) == ("token",)

    @pytest.mark.parametrize(
        "write",
        [
            lambda conn_id: change_connection(conn_id, lambda password, extra: ("token", extra)),
            lambda conn_id: write_connection(conn_id, root="https://api.example.com", key="key"),
        ],
    )
    def test_without_a_fernet_key_nothing_is_written(
        self, conn_id: str, unencrypted: None, write: Callable[[str], None]
    ) -> None:
        with pytest.raises(NotWritten, match="no `fernet_key`"):
            write(conn_id)
        assert find_connection(conn_id) is None

    def test_a_key_can_be_taken_away_without_a_fernet_key(self, conn_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        write_connection(conn_id, root="https://api.example.com", key="key", login="key")
        monkeypatch.setattr(airflow_store, "get_fernet", Plain)
        remove_key(conn_id)
        assert stored(conn_id) == ("", {})

    def test_a_locked_database_is_said_without_the_key(self, conn_id: str) -> None:
        def refused() -> None:
            with pytest.raises(NotWritten, match="`some_webhook` could not be written") as error:
                write_connection(conn_id, root="https://api.example.com", key="s3cret")
            assert "s3cret" not in str(error.value)
            assert error.value.__context__ is None

        while_locked(refused)


class TestVariables:
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
            write_variable("some_token", value, description="what it is")
            row = self.row()
            assert row is not None
            assert (row.val, row.is_encrypted, row.description) == (value, True, "what it is")
            assert value not in row._val

    def test_without_a_fernet_key_nothing_is_written(self, unencrypted: None) -> None:
        with pytest.raises(NotWritten, match="no `fernet_key`"):
            write_variable("some_token", "value", description="")
        assert self.row() is None

    def test_a_locked_database_is_said_without_the_value(self) -> None:
        def refused() -> None:
            with pytest.raises(NotWritten, match="`some_token` could not be written") as error:
                write_variable("some_token", "s3cret", description="")
            assert "s3cret" not in str(error.value)
            assert error.value.__context__ is None

        while_locked(refused)
