"""The check of everything: what is set wrong, one thing at a time, is found with its remedy."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.pool import Pool
from airflow.utils.session import create_session
from sqlalchemy import delete, update

from alva_lever.account import DEFAULT
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.events import Event, Kind
from alva_lever.web.airflow_internals import NotWritten
from alva_lever.web.airflow_records import listed
from alva_lever.web.airflow_store import change_connection
from alva_lever.web.app import start_events_run
from alva_lever.web.checks import Finding, State, live, local
from alva_lever.web.checks.__main__ import main
from alva_lever.web.checks.finding import guarded, wrong
from alva_lever.web.registration import Registration
from include.sandbox import Sandbox
from tests.dags.runner import Runner
from tests.pages.in_airflow import pause

HOST = "https://airflow.example.com"
URL = f"{HOST}/alva-lever/webhooks/lever"
# The permissions in the README, by the sandbox's names.
ALL = {
    "opportunities": "write", "notes": "write", "applications": "read", "postings": "read", "stages": "read",
    "archive_reasons": "read", "users": "read", "tags": "read", "webhooks": "write",
}  # fmt: skip


@pytest.fixture
def set_up(
    hourly: Runner, sandbox: Sandbox, posting: str, unpaced: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Everything is done: the tests change one thing."""
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", HOST)
    sandbox.recruiter.apply(posting, "Ada Byron", emails=["ada@candidates.example.com"])
    list(Registration(LeverHook(), URL, DEFAULT).register())
    change_connection("alva_webhook", lambda password, extra: ("a-token-of-alva-0123", extra))
    pause(paused=False)
    yield
    with create_session() as session:
        session.execute(delete(Connection))
        session.execute(delete(DagRun))
        Pool.create_or_update_pool("lever_api", 1, "", False, session=session)
    pause()


def faults(*, lately: bool = False) -> dict[str, Finding]:
    """Returns what is missing or wrong, by its subject. `lately`: as the services show it, too."""
    findings = [*local(DEFAULT), *(live(DEFAULT) if lately else ())]
    found = {finding.subject: finding for finding in findings if finding.is_fault}
    assert all(finding.said and finding.remedy for finding in found.values())
    return found


def only_fault(*, lately: bool = False) -> Finding:
    (found,) = faults(lately=lately).values()
    return found


def option(monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps({"trigger_stage": "New applicant"} | options))


def connect(monkeypatch: pytest.MonkeyPatch, vendor: str, **fields: object) -> None:
    name = f"AIRFLOW_CONN_{vendor.upper()}_DEFAULT"
    monkeypatch.setenv(name, json.dumps(json.loads(os.environ[name]) | fields))


@pytest.mark.usefixtures("set_up")
class TestAllIsWell:
    def test_nothing_is_missing_or_wrong(self) -> None:
        assert faults(lately=True) == {}

    def test_nothing_is_written(self, sandbox: Sandbox) -> None:
        sandbox.journal.clear()
        list(live(DEFAULT))
        assert {entry.method for entry in sandbox.journal.all()} == {"GET"}

    def test_lever_is_asked_for_less_than_twenty_pages(self, sandbox: Sandbox) -> None:
        sandbox.journal.clear()
        list(live(DEFAULT))
        assert len([entry for entry in sandbox.journal.all() if entry.service == "lever"]) < 20

    def test_every_permission_of_the_readme_is_looked_at(self) -> None:
        subjects = {finding.subject for finding in live(DEFAULT) if finding.state is State.DONE}
        needed = {name.replace("_", " "): access.replace("write", "read and write") for name, access in ALL.items()}
        assert {f"Permission {name}: {access}" for name, access in needed.items()} <= subjects

    def test_a_rehearsal_is_said_and_is_no_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        option(monkeypatch, dry_run=True)
        assert faults() == {}
        assert "Rehearsing" in {finding.subject for finding in local(DEFAULT) if finding.state is State.OPEN}

    def test_the_prefix_of_a_proxy_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", f"{HOST}/airflow/")
        (found,) = [finding for finding in local(DEFAULT) if finding.subject == "Airflow's address"]
        assert (found.state, found.said) == (
            State.DONE,
            "It is https://airflow.example.com; its path prefix is `/airflow`",
        )


@pytest.mark.usefixtures("set_up")
class TestSetWrong:
    """Each thing that Airflow knows by itself, set wrong."""

    @pytest.mark.parametrize("vendor", ["Lever", "Alva"])
    def test_no_connection(self, vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(f"AIRFLOW_CONN_{vendor.upper()}_DEFAULT")
        found = only_fault(lately=True)
        assert (found.subject, found.state) == (f"{vendor}'s connection", State.MISSING)
        assert found.said == f"There is no connection `{vendor.lower()}_default`"
        assert found.link == "connections"

    @pytest.mark.parametrize("vendor", ["Lever", "Alva"])
    def test_no_key(self, vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, vendor, password="")
        found = only_fault()
        assert (found.subject, found.state) == (f"{vendor}'s API key", State.MISSING)
        assert found.remedy.startswith(f"Put {vendor}'s API key into its API key (password) field")
        assert ("or grant access" in found.remedy) == (vendor == "Lever")

    def test_a_root_that_would_send_the_key_in_the_clear(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, "lever", host="http://api.lever.co/v1")
        found = only_fault()
        assert (found.subject, found.state) == ("Lever's API root", State.WRONG)
        assert "https://api.lever.co/v1" in found.remedy

    def test_levers_key_in_the_login(self, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
        connect(monkeypatch, "lever", login=sandbox.LEVER_KEY, password="")
        found = only_fault()
        assert (found.subject, found.state) == ("Lever's API key", State.WRONG)
        assert "moves the key into the password" in found.remedy

    def test_no_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS")
        found = only_fault()
        assert (found.subject, found.state) == ("Options", State.MISSING)

    def test_each_wrong_option_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        option(monkeypatch, blocked_origins=["friend"], dry_run="true")
        found = faults()
        assert set(found) == {"Option blocked_origins", "Option dry_run"}
        assert found["Option dry_run"].remedy == "Expected: true or false, without quotes"

    def test_a_variable_that_is_no_json(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", "{")
        assert (only_fault().state, only_fault().said) == (State.WRONG, "The options are not JSON")

    def test_no_pool(self) -> None:
        with create_session() as session:
            session.execute(delete(Pool).where(Pool.pool == "lever_api"))
        assert (only_fault().subject, only_fault().state) == ("Pool lever_api", State.MISSING)

    def test_a_pool_of_two_slots(self) -> None:
        with create_session() as session:
            session.execute(update(Pool).where(Pool.pool == "lever_api").values(slots=2))
        assert only_fault().remedy == "Give it 1 slot, on the set-up page or in Airflow"

    def test_a_paused_dag(self) -> None:
        pause(DEFAULT.results_dag_id)
        found = only_fault()
        assert (found.subject, found.said) == ("DAG alva_lever_push_results", "It is paused")
        assert found.link == "dags/alva_lever_push_results"

    def test_a_dag_that_airflow_does_not_know(self) -> None:
        where = DagModel.dag_id == DEFAULT.postings_dag_id
        with create_session() as session:
            session.execute(update(DagModel).where(where).values(is_stale=True))
        found = only_fault()
        with create_session() as session:
            session.execute(update(DagModel).where(where).values(is_stale=False))
        assert (found.subject, found.said) == ("DAG alva_lever_sync_postings", "Airflow does not know it")

    def test_a_dag_whose_file_has_an_import_error(self) -> None:
        where = DagModel.dag_id == DEFAULT.postings_dag_id
        with create_session() as session:
            session.execute(update(DagModel).where(where).values(has_import_errors=True))
        found = only_fault()
        with create_session() as session:
            session.execute(update(DagModel).where(where).values(has_import_errors=False))
        assert found.said == "Airflow can't import its file"

    def test_an_address_without_tls(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://airflow.example.com")
        assert (only_fault().subject, only_fault().state) == ("Airflow's address", State.WRONG)

    def test_no_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "")
        assert (only_fault().subject, only_fault().state) == ("Airflow's address", State.MISSING)

    def test_an_address_of_this_machine_is_no_fault_but_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://localhost:8080")
        (found,) = [finding for finding in local(DEFAULT) if finding.subject == "Airflow's address"]
        assert found.state is State.OPEN
        assert "no webhook can come" in found.said

    def test_a_word_that_is_no_signing_token(self) -> None:
        change_connection("alva_webhook", lambda password, extra: (f"{password} short", extra))
        assert only_fault().subject == "Alva's signing tokens"


@pytest.mark.usefixtures("set_up", "hurried")
class TestServicesSetWrong:
    """Each thing that Lever or Alva shows, set wrong."""

    def test_a_wrong_key_for_lever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, "lever", password="not-the-key")
        found = only_fault(lately=True)
        assert (found.subject, found.state) == ("Lever", State.WRONG)
        assert found.said == "Lever answered 401 to GET /stages: the API key was not accepted"
        assert found.remedy.startswith("Put a valid one into")

    def test_a_wrong_root_for_lever(self, monkeypatch: pytest.MonkeyPatch, served: str) -> None:
        connect(monkeypatch, "lever", host=f"{served}/lever/v2")
        found = only_fault(lately=True)
        assert found.subject == "Lever"
        assert "there is no API of Lever" in found.said

    def test_lever_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, "lever", host="http://127.0.0.1:9/v1")
        assert only_fault(lately=True).said == "Lever could not be reached (GET /stages): it refuses connections"

    @pytest.mark.parametrize("lacking", ["opportunities", "notes", "postings", "archive_reasons", "users"])
    def test_a_missing_permission(self, lacking: str, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
        permissions = {name: access for name, access in ALL.items() if name != lacking}
        connect(monkeypatch, "lever", password=sandbox.add_lever_key("lesser-key", permissions))
        found = only_fault(lately=True)
        named = lacking.replace("_", " ")
        assert found.subject.startswith(f"Permission {named}: read")
        assert found.said == f"The key may not read {named}"
        assert found.remedy.startswith("Make a new key in Lever")

    def test_a_missing_permission_for_applications(self, sandbox: Sandbox) -> None:
        """Lever then answers with the ids of applications alone."""

        def ids_alone(page: dict[str, list[dict[str, list[dict[str, str]]]]]) -> None:
            for row in page["data"]:
                row["applications"] = [one["id"] for one in row["applications"]]  # type: ignore[misc]

        expanded = {"expand": "applications"}
        sandbox.faults.add("lever", "GET", "/opportunities", "edit", times=None, action=ids_alone, query=expanded)
        assert only_fault(lately=True).subject == "Permission applications: read"

    @pytest.mark.parametrize("lacking", ["tags", "webhooks"])
    def test_an_optional_permission_is_said_and_is_no_fault(
        self, lacking: str, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
    ) -> None:
        permissions = {name: access for name, access in ALL.items() if name != lacking}
        connect(monkeypatch, "lever", password=sandbox.add_lever_key("lesser-key", permissions))
        found = [finding for finding in live(DEFAULT) if finding.subject.startswith(f"Permission {lacking}")]
        assert [finding.state for finding in found] == [State.OPEN]
        assert faults(lately=True) == {}

    def test_what_cannot_be_read_is_not_claimed(self, sandbox: Sandbox) -> None:
        sandbox.faults.add(
            "lever", "GET", "/opportunities", "edit", times=None, action=lambda page: page["data"].clear()
        )
        found = {finding.subject: finding.said for finding in live(DEFAULT) if finding.state is State.OPEN}
        assert "could not be seen" in found["Permission notes: read and write"]
        assert "could not be seen" in found["Permission applications: read"]

    def test_a_stage_that_is_gone_beside_another_wrong_option(self, monkeypatch: pytest.MonkeyPatch) -> None:
        option(monkeypatch, progression_stage="Second screen", blocked_origins=["friend"])
        assert set(faults()) == {"Option blocked_origins"}
        assert set(faults(lately=True)) == {"Option blocked_origins", "Option progression_stage"}

    def test_a_stage_that_is_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        option(monkeypatch, progression_stage="Second screen")
        found = only_fault(lately=True)
        assert found.subject == "Option progression_stage"
        assert "which is not the id or name of a stage" in found.said

    def test_a_wrong_key_for_alva(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, "alva", password="not-the-key")
        found = only_fault(lately=True)
        assert (found.subject, found.said) == (
            "Alva",
            "Alva answered 401 to GET /job_positions: the API key was not accepted",
        )

    def test_alva_answers_in_another_shape(self, sandbox: Sandbox) -> None:
        sandbox.candidates.add_position("Engineer")
        sandbox.faults.add(
            "alva", "GET", "/job_positions", "edit", times=None, skip=1,
            action=lambda page: [row.pop("external_id") for row in page["data"]],
        )  # fmt: skip
        found = only_fault(lately=True)
        assert found.said == "This is not as assumed: `external_id` is missing"
        assert found.remedy == "See `docs/alva.md`; this is changed in plugins/alva_lever/alva/models.py, PositionJson"

    def test_one_webhook_is_gone_from_lever(self, sandbox: Sandbox) -> None:
        webhooks = sandbox.world.lever.webhooks
        (gone,) = [webhook for webhook in webhooks.values() if webhook.event == "candidateHired"]
        del webhooks[gone.id]
        found = only_fault(lately=True)
        assert (found.subject, found.state, found.remedy) == (
            "Webhook candidateHired",
            State.MISSING,
            "Register the webhooks on the set-up page",
        )

    def test_when_the_last_delivery_of_each_kind_came_is_said(self) -> None:
        start_events_run(DEFAULT.events_dag_id, [Event(Kind.MOVED, "0b8f2d5e-9c1a-4a57-8a55-7d2f3f5b6c01")])
        found = {finding.subject: finding for finding in live(DEFAULT)}
        came = found["Last delivery, candidateStageChange"]
        assert (came.state, came.said.startswith(f"It came at {datetime.now(UTC):%Y-%m-%d}")) == (State.DONE, True)
        assert found["Last delivery, candidateHired"].state is State.OPEN


@pytest.mark.usefixtures("set_up")
class TestCommand:
    def test_it_succeeds_where_nothing_is_missing_or_wrong(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 0
        assert "Missing or wrong: 0" in capsys.readouterr().out

    def test_it_fails_and_prints_the_remedy(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
    ) -> None:
        connect(monkeypatch, "lever", password="not-the-key")
        assert main([]) == 1
        printed = capsys.readouterr().out
        assert "wrong   Lever: Lever answered 401 to GET /stages: the API key was not accepted.\n" in printed
        assert "Put a valid one into the API key (password) field of connection `lever_default`.\n" in printed
        assert "not-the-key" not in printed
        assert sandbox.ALVA_KEY not in printed

    def test_local_asks_neither_lever_nor_alva(self, capsys: pytest.CaptureFixture[str], sandbox: Sandbox) -> None:
        sandbox.journal.clear()
        assert main(["--local"]) == 0
        assert sandbox.journal.all() == []


class TestFinding:
    def test_a_check_that_fails_is_a_finding_without_the_errors_text(self) -> None:
        def check() -> list[Finding]:
            raise RuntimeError("Ada Byron")

        (found,) = guarded("Something", check)
        assert (found.state, found.said) == (State.WRONG, "This could not be checked (RuntimeError)")

    def test_an_error_says_what_is_wrong_and_what_to_do(self) -> None:
        found = wrong("It", NotWritten("It is so", remedy="do that. And this"))
        assert (found.said, found.remedy) == ("It is so", "Do that. And this")

    def test_an_error_without_a_remedy_is_shown_whole(self) -> None:
        found = wrong("It", NotWritten("It could not be read (VaultBackend: OSError). So"))
        assert (found.said, found.remedy) == (
            "It could not be read (VaultBackend: OSError). So",
            "Correct that, and check again",
        )


def test_dags_that_airflow_does_not_have_are_not_there(database: None) -> None:
    assert listed(["no_such_dag"]) == {}
