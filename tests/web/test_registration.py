"""Registers webhooks with the sandbox and stores the tokens in Airflow's own database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from airflow.models.connection import Connection
from airflow.utils.session import create_session
from sqlalchemy import delete, select, text

from alva_lever.account import DEFAULT
from alva_lever.http.errors import Forbidden
from alva_lever.lever.hook import LeverHook
from alva_lever.web import registration
from alva_lever.web.airflow_internals import NotWritten
from alva_lever.web.airflow_store import change_connection
from alva_lever.web.registration import CannotRegister, Outcome, Registration, forget_old, webhook_url
from alva_lever.web.signing_tokens import words
from include.sandbox import Sandbox

URL = "https://airflow.example.com/alva-lever/webhooks/lever"
EVENTS = ["applicationCreated", "candidateStageChange", "candidateHired", "candidateDeleted"]
WRITES = ("POST", "PUT", "DELETE")


@pytest.fixture
def sandbox(database: None) -> Iterator[Sandbox]:
    yield Sandbox(lever_calls_per_second=None)
    with create_session() as session:
        session.execute(delete(Connection))


@pytest.fixture
def url(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with sandbox.serve() as url:
        connect(monkeypatch, url, sandbox.LEVER_KEY)
        yield url


@pytest.fixture
def lever(url: str) -> LeverHook:
    return LeverHook(calls_per_second=100_000)


def connect(monkeypatch: pytest.MonkeyPatch, url: str, key: str) -> None:
    connection = {"conn_type": "lever", "host": f"{url}/lever/v1", "password": key}
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(connection))


def outcomes(lever: LeverHook, **options: bool) -> list[str]:
    return [result.outcome.name for result in Registration(lever, URL, DEFAULT).register(**options)]


def tokens_at_lever(sandbox: Sandbox) -> list[str]:
    return [webhook.signature_token for webhook in sandbox.world.lever.webhooks.values()]


def ids_at_lever(sandbox: Sandbox) -> list[str]:
    return [*sandbox.world.lever.webhooks]


def written(sandbox: Sandbox) -> list[str]:
    return [entry.method for entry in sandbox.journal.all() if entry.method in WRITES]


def _fail(*_: object) -> None:
    raise NotWritten("the database is locked")


class TestUrl:
    @pytest.mark.parametrize(
        ("given", "url"),
        [
            ("https://airflow.example.com", URL),
            (" https://airflow.example.com/ ", URL),
            (URL, URL),
            (URL + "/", URL),
            ("https://example.com/airflow/", "https://example.com/airflow/alva-lever/webhooks/lever"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/alva-lever/webhooks/lever"),
            ("https://Airflow.Example.com:443", URL),
            ("https://airflow.example.com:8443", "https://airflow.example.com:8443/alva-lever/webhooks/lever"),
            ("http://[::1]:8080", "http://[::1]:8080/alva-lever/webhooks/lever"),
            ("http://localhost:8080", "http://localhost:8080/alva-lever/webhooks/lever"),
        ],
    )
    def test_the_url_is_built_from_airflows_address_or_the_webhooks_own(self, given: str, url: str) -> None:
        assert webhook_url(given, DEFAULT) == url

    @pytest.mark.parametrize(
        "given",
        ["", "airflow.example.com", "http://airflow.example.com", "https://", "https://a:b@example.com",
         "https://example.com/?a=b", "ftp://example.com", "https://[::1", "https://example.com:port",
         "https://exa mple.com"],
    )  # fmt: skip
    def test_an_invalid_address_is_refused(self, given: str) -> None:
        with pytest.raises(CannotRegister, match=r"https://airflow\.example\.com"):
            webhook_url(given, DEFAULT)


class TestRegister:
    def test_each_event_gets_a_webhook_and_its_token_is_stored(self, sandbox: Sandbox, lever: LeverHook) -> None:
        assert outcomes(lever) == ["MADE"] * 4
        webhooks = sandbox.world.lever.webhooks.values()
        assert [(webhook.event, webhook.url) for webhook in webhooks] == [(event, URL) for event in EVENTS]
        assert list(words("lever_webhook")) == tokens_at_lever(sandbox)

    def test_a_second_registration_writes_nothing(self, sandbox: Sandbox, lever: LeverHook) -> None:
        outcomes(lever)
        before = tokens_at_lever(sandbox)
        sandbox.journal.clear()
        assert outcomes(lever) == ["KEPT"] * 4
        assert written(sandbox) == []
        assert list(words("lever_webhook")) == before

    def test_other_tokens_and_extras_of_the_connection_are_kept(self, sandbox: Sandbox, lever: LeverHook) -> None:
        change_connection("lever_webhook", lambda password, extra: ("by-hand, another", {"note": "ours"}))
        outcomes(lever)
        assert list(words("lever_webhook")) == ["by-hand", "another", *tokens_at_lever(sandbox)]
        with create_session() as session:
            row = session.scalar(select(Connection).where(Connection.conn_id == "lever_webhook"))
            assert row is not None
            assert row.extra_dejson["note"] == "ours"
            assert not any(token in row.extra for token in tokens_at_lever(sandbox))

    def test_a_webhook_whose_token_was_not_stored_is_created_again(self, sandbox: Sandbox, lever: LeverHook) -> None:
        """A crash between Lever's answer and the commit leaves such a webhook; Lever allows two for one event."""
        for _ in range(2):
            lever.create_webhook(event="candidateHired", url=URL)
        assert outcomes(lever) == ["MADE", "MADE", "REMADE", "MADE"]
        assert len(tokens_at_lever(sandbox)) == 4
        assert sorted(words("lever_webhook")) == sorted(tokens_at_lever(sandbox))

    def test_other_webhooks_are_not_touched(self, sandbox: Sandbox, lever: LeverHook) -> None:
        lever.create_webhook(event="candidateHired", url="https://elsewhere.example.com/hook")
        lever.create_webhook(event="contactCreated", url=URL)
        others = ids_at_lever(sandbox)
        outcomes(lever)
        assert set(others) < set(ids_at_lever(sandbox))
        assert len(ids_at_lever(sandbox)) == 6

    @pytest.mark.parametrize("status", [403, 404])
    def test_a_webhook_made_in_levers_settings_is_not_doubled(
        self, sandbox: Sandbox, lever: LeverHook, status: int
    ) -> None:
        foreign = lever.create_webhook(event="candidateHired", url=URL).id
        sandbox.faults.add("lever", "DELETE", f"/webhooks/{foreign}", status=status, times=None)
        assert outcomes(lever) == ["MADE", "MADE", "FOREIGN", "MADE"]
        assert len(ids_at_lever(sandbox)) == 4
        assert len(words("lever_webhook")) == 3
        assert outcomes(lever, renew=True) == ["RENEWED", "RENEWED", "FOREIGN", "RENEWED"]
        assert foreign in ids_at_lever(sandbox)
        assert len(ids_at_lever(sandbox)) == 4

    @pytest.mark.parametrize(("renew", "stays"), [(False, True), (True, False)])
    def test_a_webhook_made_in_levers_settings_beside_ours_is_reported(
        self, sandbox: Sandbox, lever: LeverHook, renew: bool, stays: bool
    ) -> None:
        outcomes(lever)
        ours = set(ids_at_lever(sandbox))
        foreign = lever.create_webhook(event="candidateHired", url=URL).id
        sandbox.faults.add("lever", "DELETE", f"/webhooks/{foreign}", status=403, times=None)
        assert outcomes(lever, renew=renew)[2] == "TWICE"
        assert (ours <= set(ids_at_lever(sandbox))) == stays
        assert len(ids_at_lever(sandbox)) == 5

    def test_a_webhook_whose_token_was_removed_by_hand_is_created_again(
        self, sandbox: Sandbox, lever: LeverHook
    ) -> None:
        outcomes(lever)
        change_connection("lever_webhook", lambda password, extra: (password.split()[0], extra))
        assert outcomes(lever) == ["KEPT", "REMADE", "REMADE", "REMADE"]
        assert sorted(words("lever_webhook")) == sorted(tokens_at_lever(sandbox))

    def test_of_two_registered_webhooks_one_is_kept(self, sandbox: Sandbox, lever: LeverHook) -> None:
        """A crash during a renewal leaves two."""
        outcomes(lever)
        sandbox.faults.add("lever", "DELETE", "/webhooks/*", status=400)
        outcomes(lever, renew=True)
        assert len(ids_at_lever(sandbox)) == 5
        assert outcomes(lever) == ["KEPT"] * 4
        assert len(ids_at_lever(sandbox)) == 4
        assert set(tokens_at_lever(sandbox)) <= set(words("lever_webhook"))

    def test_no_webhook_is_created_if_the_database_cannot_be_written(
        self, sandbox: Sandbox, lever: LeverHook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registration, "change_connection", _fail)
        with pytest.raises(NotWritten):
            outcomes(lever)
        assert written(sandbox) == []

    @pytest.mark.parametrize("status", [403, 204])
    def test_a_webhook_whose_token_could_not_be_stored_is_deleted(
        self, sandbox: Sandbox, lever: LeverHook, monkeypatch: pytest.MonkeyPatch, status: int
    ) -> None:
        """The error is the database's, even if Lever refuses the deletion."""
        break_it = lambda: monkeypatch.setattr(registration, "change_connection", _fail)  # noqa: E731
        sandbox.faults.add("lever", "POST", "/webhooks", kind="call", action=break_it)
        if status == 403:
            sandbox.faults.add("lever", "DELETE", "/webhooks/*", status=403, times=None)
        with pytest.raises(NotWritten, match="locked"):
            outcomes(lever)
        assert len(ids_at_lever(sandbox)) == (1 if status == 403 else 0)

    def test_no_webhook_is_created_if_the_connection_is_an_environment_variable(
        self, sandbox: Sandbox, lever: LeverHook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_WEBHOOK", json.dumps({"conn_type": "generic", "password": ""}))
        with pytest.raises(CannotRegister, match="environment or a secrets backend"):
            outcomes(lever)
        assert written(sandbox) == []

    @pytest.mark.parametrize("token", ["", "short", "fifteen-letters", "two words of 20 letters"])
    def test_an_unusable_token_is_not_stored(
        self, sandbox: Sandbox, lever: LeverHook, monkeypatch: pytest.MonkeyPatch, token: str
    ) -> None:
        """The webhook is deleted too, because all its deliveries would be refused."""
        monkeypatch.setattr(sandbox.world.lever.ids, "hex", lambda length: token)
        with pytest.raises(CannotRegister, match="no usable signing token"):
            outcomes(lever)
        assert (ids_at_lever(sandbox), words("lever_webhook")) == ([], ())

    def test_a_dry_run_writes_nothing(self, sandbox: Sandbox, lever: LeverHook) -> None:
        registered = list(Registration(lever, URL, DEFAULT, dry_run=True).register())
        assert [result.outcome for result in registered] == [Outcome.MADE] * 4
        assert (written(sandbox), words("lever_webhook")) == ([], ())

    def test_a_key_that_may_not_read_webhooks_is_named(
        self, sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connect(monkeypatch, url, sandbox.add_lever_key("another", {"stages": "read"}))
        with pytest.raises(Forbidden, match="webhooks: read"):
            outcomes(LeverHook(calls_per_second=100_000))

    def test_a_read_only_key_is_a_missing_permission_not_a_webhook_of_levers_settings(
        self, sandbox: Sandbox, url: str, lever: LeverHook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for event in EVENTS:
            lever.create_webhook(event=event, url=URL)
        connect(monkeypatch, url, sandbox.add_lever_key("another", {"webhooks": "read"}))
        with pytest.raises(Forbidden, match="webhooks: write"):
            outcomes(LeverHook(calls_per_second=100_000))


class TestRenew:
    def test_the_new_token_is_stored_before_the_old_webhook_is_deleted(
        self, sandbox: Sandbox, lever: LeverHook
    ) -> None:
        outcomes(lever)
        old = tokens_at_lever(sandbox)
        seen = []

        def look() -> None:
            seen.append(set(tokens_at_lever(sandbox)) <= set(words("lever_webhook")))

        sandbox.faults.add("lever", "DELETE", "*/webhooks/*", kind="call", action=look, times=None)
        assert outcomes(lever, renew=True) == ["RENEWED"] * 4
        assert seen == [True] * 4
        assert set(old).isdisjoint(tokens_at_lever(sandbox))
        assert list(words("lever_webhook")) == [*old, *tokens_at_lever(sandbox)]

    def test_forget_old_removes_only_the_old_tokens(self, sandbox: Sandbox, lever: LeverHook) -> None:
        change_connection("lever_webhook", lambda password, extra: ("by-hand", {}))
        outcomes(lever)
        assert forget_old(lever, DEFAULT) == 0
        outcomes(lever, renew=True)
        assert forget_old(lever, DEFAULT, dry_run=True) == 4
        assert len(words("lever_webhook")) == 9
        assert forget_old(lever, DEFAULT) == 4
        assert list(words("lever_webhook")) == ["by-hand", *tokens_at_lever(sandbox)]

    def test_forget_old_removes_nothing_with_the_key_of_another_account(
        self, sandbox: Sandbox, lever: LeverHook
    ) -> None:
        outcomes(lever)
        before = tokens_at_lever(sandbox)
        sandbox.reset()
        with pytest.raises(CannotRegister, match="the same account"):
            forget_old(lever, DEFAULT)
        assert list(words("lever_webhook")) == before


class TestCommand:
    def test_the_command_prints_the_next_steps_and_no_token(
        self, sandbox: Sandbox, url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert registration.main(["https://airflow.example.com"]) == 0
        printed = capsys.readouterr()
        assert [line for line in printed.out.splitlines() if "is registered now" in line] == [
            f"{event}: is registered now" for event in EVENTS
        ]
        assert "switches these four events on" in printed.out
        assert not any(token in printed.out + printed.err for token in tokens_at_lever(sandbox))

    def test_the_command_prints_what_was_done_before_a_fault(
        self, sandbox: Sandbox, url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sandbox.faults.add("lever", "POST", "/webhooks", status=400, times=None, skip=2)
        assert registration.main(["https://airflow.example.com"]) == 1
        printed = capsys.readouterr()
        assert printed.out.count("is registered now") == 2
        assert printed.err.startswith("Lever answered 400 to POST /webhooks")

    def test_a_missing_permission_is_printed(
        self, sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        connect(monkeypatch, url, sandbox.add_lever_key("another", {"stages": "read"}))
        assert registration.main(["https://airflow.example.com"]) == 1
        assert "webhooks: read and write" in capsys.readouterr().err

    @pytest.mark.usefixtures("url")
    def test_a_connection_encrypted_with_another_key_is_reported(
        self, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        change_connection("lever_webhook", lambda password, extra: ("by-hand", extra))
        with create_session() as session:
            session.execute(text("UPDATE connection SET password = 'gAAAAA' WHERE conn_id = 'lever_webhook'"))
        assert registration.main(["https://airflow.example.com"]) == 1
        assert "`lever_webhook` could not be read (InvalidToken)" in capsys.readouterr().err
        assert len(sandbox.journal) == 0

    @pytest.mark.usefixtures("url")
    def test_an_environment_variable_that_is_not_a_connection_is_reported(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_WEBHOOK", "{a-token")
        assert registration.main(["https://airflow.example.com"]) == 1
        printed = capsys.readouterr()
        assert "EnvironmentVariablesBackend: JSONDecodeError" in printed.err
        assert "a-token" not in printed.out + printed.err

    @pytest.mark.usefixtures("url")
    def test_forget_old_needs_no_address(self, lever: LeverHook, capsys: pytest.CaptureFixture[str]) -> None:
        outcomes(lever)
        outcomes(lever, renew=True)
        assert registration.main(["--forget-old"]) == 0
        assert capsys.readouterr().out.endswith("4 signing tokens of deleted webhooks are removed\n")

    @pytest.mark.usefixtures("url")
    def test_a_dry_run_prints_what_would_be_deleted(
        self, sandbox: Sandbox, lever: LeverHook, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lever.create_webhook(event="candidateHired", url=URL)
        sandbox.journal.clear()
        assert registration.main(["https://airflow.example.com", "--dry-run"]) == 0
        assert "the webhook that was there is deleted" in capsys.readouterr().out
        assert written(sandbox) == []

    @pytest.mark.usefixtures("url")
    def test_a_wrong_address_is_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert registration.main(["http://airflow.example.com"]) == 1
        assert capsys.readouterr().err.startswith("Lever sends to https:// only")

    def test_the_command_reads_levers_key_from_airflows_database(self, sandbox: Sandbox, url: str) -> None:
        with create_session() as session:
            session.add(Connection("lever_default", "lever", host=f"{url}/lever/v1", password=sandbox.LEVER_KEY))
        command = [sys.executable, "-m", "alva_lever.web.registration", "http://127.0.0.1:8080"]
        environment = {name: value for name, value in os.environ.items() if "LEVER_DEFAULT" not in name}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert len(ids_at_lever(sandbox)) == 4
        assert sorted(words("lever_webhook")) == sorted(tokens_at_lever(sandbox))
        assert not any(token in done.stdout + done.stderr for token in tokens_at_lever(sandbox))
