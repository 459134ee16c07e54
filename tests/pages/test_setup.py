"""The page `set-up`: what it shows, what its forms and buttons do, and for whom."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
from airflow.models.log import Log
from airflow.models.pool import Pool
from airflow.models.variable import Variable
from airflow.utils.session import create_session
from sqlalchemy import delete, select, update

from alva_lever.account import DEFAULT
from include.sandbox import Sandbox
from tests.dags.runner import Runner
from tests.pages.conftest import Site
from tests.pages.in_airflow import pause
from tests.pages.reading import said

PAGE = "set-up"
ACTIONS = (
    "set-up-connection", "set-up-test", "set-up-options", "set-up-webhooks", "set-up-token", "set-up-pool",
    "set-up-dags", "set-up-key",
)  # fmt: skip
TOKEN = "0f" * 24
KEY = "a-key-that-no-page-shows"


pytestmark = pytest.mark.usefixtures("unpaced")


@pytest.fixture(autouse=True)
def _as_the_api_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")


@pytest.fixture
def bare(site: Site, hourly: Runner, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Airflow as it is on the first day: no connection, Variable or pool, and all DAGs paused."""
    for name in ("CONN_LEVER_DEFAULT", "CONN_ALVA_DEFAULT", "VAR_ALVA_LEVER_SETTINGS"):
        monkeypatch.delenv(f"AIRFLOW_{name}")
    _empty()
    yield site
    _empty()
    with create_session() as session:
        Pool.create_or_update_pool("lever_api", 1, "", False, session=session)


def _empty() -> None:
    with create_session() as session:
        for model in (Connection, Variable, Log):
            session.execute(delete(model))
        session.execute(delete(Pool).where(Pool.pool == "lever_api"))
    pause()


@pytest.fixture
def root(served: str) -> Callable[[str], str]:
    return lambda vendor: f"{served}/{vendor}/v1"


def send(site: Site, action: str, role: str | None = "ADMIN", /, **form: Any) -> requests.Response:
    return site.post(action, role, page=PAGE, **form)


def connection(conn_id: str) -> Connection | None:
    with create_session() as session:
        return session.scalar(select(Connection).where(Connection.conn_id == conn_id))


def options() -> dict[str, Any]:
    with create_session() as session:
        row = session.scalar(select(Variable).where(Variable.key == "alva_lever_settings"))
        assert row is not None
        assert row.is_encrypted
        found: dict[str, Any] = json.loads(row.val or "")
        return found


def stage(sandbox: Sandbox, name: str) -> str:
    return next(stage.id for stage in sandbox.world.lever.stages.values() if stage.text == name)


def connect_both(site: Site, sandbox: Sandbox, root: Callable[[str], str]) -> None:
    for vendor, key in (("lever", sandbox.LEVER_KEY), ("alva", sandbox.ALVA_KEY)):
        assert send(site, "set-up-connection", vendor=vendor, root=root(vendor), key=key).status_code == 303


class TestWho:
    def test_without_a_login_the_page_leads_to_airflows(self, site: Site) -> None:
        answer = requests.get(site.url + PAGE, headers={"Accept": "text/html"}, allow_redirects=False, timeout=60)
        assert (answer.status_code, "/api/v2/auth/login" in answer.headers["Location"]) == (303, True)

    @pytest.mark.parametrize("path", [PAGE, "set-up-options"])
    def test_without_a_login_a_program_gets_401(self, site: Site, path: str) -> None:
        assert requests.get(site.url + path, timeout=60).status_code == 401

    @pytest.mark.parametrize("action", ACTIONS)
    def test_without_a_login_no_action_is_taken(self, site: Site, action: str) -> None:
        assert requests.post(site.url + action, data={"form_token": "x"}, timeout=60).status_code == 401

    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("role", [None, "VIEWER", "USER"])
    def test_who_may_not_set_up_takes_no_action(self, site: Site, role: str | None, action: str) -> None:
        assert send(site, action, role).status_code == 403

    @pytest.mark.parametrize("action", ACTIONS)
    def test_a_form_without_the_pages_token_is_refused(self, site: Site, action: str) -> None:
        for form in ({}, {"form_token": "forged"}):
            answer = site.session("ADMIN").post(site.url + action, data=form, timeout=60)
            assert answer.status_code == 403

    @pytest.mark.parametrize("role", ["VIEWER", "USER"])
    def test_who_may_look_sees_the_checklist_and_no_form_that_changes(self, site: Site, role: str) -> None:
        answer = site.get(PAGE, role)
        assert answer.status_code == 200
        assert "What is done, and what is missing" in answer.text
        assert 'method="post"' not in answer.text
        assert site.get("set-up-options", role).status_code == 403

    def test_without_a_role_there_is_nothing(self, site: Site) -> None:
        assert site.get(PAGE, None).status_code == 403

    def test_the_pool_takes_airflows_right_to_make_pools(self, bare: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(SimpleAuthManager, "is_authorized_pool", lambda *_, **__: False)
        assert send(bare, "set-up-pool").status_code == 403
        assert send(bare, "set-up-dags").status_code == 303

    @pytest.mark.parametrize("role", ["OP", "ADMIN"])
    def test_who_may_set_up_sees_the_forms_and_uses_them(self, bare: Site, role: str) -> None:
        assert bare.get(PAGE, role).text.count('method="post"') > 5
        assert send(bare, "set-up-pool", role).status_code == 303


class TestChecklist:
    def test_with_nothing_set_up_the_page_says_what_is_missing(self, bare: Site) -> None:
        shown = said(bare.get(PAGE))
        for missing in (
            "There is no connection lever_default .",
            "There is no connection alva_default .",
            "There is no Variable alva_lever_settings .",
            "There is no such pool, so that no task can run.",
            "DAG alva_lever_push_results (missing): It is paused.",
        ):
            assert missing in shown

    def test_check_everything_asks_both_services(self, site: Site) -> None:
        shown = said(site.get(PAGE, check="everything"))
        assert "Lever answered, and accepts the key" in shown
        assert "Alva answered, and accepts the key" in shown
        assert "Permission postings: read (done)" in shown

    def test_without_that_neither_is_asked(self, site: Site) -> None:
        site.sandbox.journal.clear()
        site.get(PAGE)
        assert site.sandbox.journal.all() == []

    def test_links_lead_into_airflow_below_any_prefix(self, bare: Site) -> None:
        assert {"../connections", "../pools", "../variables"} <= set(re.findall(r'href="([^"]+)"', bare.get(PAGE).text))

    def test_the_page_loads_nothing_inline(self, bare: Site) -> None:
        for path in (PAGE, "set-up-options"):
            shown = bare.get(path).text
            assert not re.search(r"<style|style=|<script>|\son\w+=", shown)


class TestAccess:
    def test_a_root_and_a_key_are_stored_encrypted(self, bare: Site, root: Callable[[str], str]) -> None:
        answer = send(bare, "set-up-connection", vendor="lever", root=root("lever") + "/", key=f" {KEY} ")
        assert (answer.status_code, answer.headers["Location"]) == (303, "set-up?done=lever#connection-lever")
        row = connection("lever_default")
        assert row is not None
        assert (row.conn_type, row.host, row.password, row.is_encrypted) == ("lever", root("lever"), KEY, True)
        assert KEY not in (row._password or "")

    def test_a_stored_key_is_never_shown(self, bare: Site, root: Callable[[str], str]) -> None:
        send(bare, "set-up-connection", vendor="lever", root=root("lever"), key=KEY)
        for shown in (bare.get(PAGE), send(bare, "set-up-test", vendor="lever"), bare.get(PAGE, check="everything")):
            assert "A key is stored" in shown.text
            assert KEY not in shown.text

    def test_an_empty_key_keeps_the_stored_one(self, bare: Site, root: Callable[[str], str]) -> None:
        send(bare, "set-up-connection", vendor="lever", root=root("lever"), key=KEY)
        assert send(bare, "set-up-connection", vendor="lever", root=root("lever")).status_code == 303
        row = connection("lever_default")
        assert row is not None
        assert row.password == KEY

    def test_a_stored_key_does_not_go_to_another_host(self, bare: Site, root: Callable[[str], str]) -> None:
        send(bare, "set-up-connection", vendor="lever", root=root("lever"), key=KEY)
        answer = send(bare, "set-up-connection", vendor="lever", root="https://other.example.com/v1")
        assert (answer.status_code, "Enter the key once more" in answer.text) == (422, True)
        row = connection("lever_default")
        assert row is not None
        assert row.host == root("lever")

    @pytest.mark.parametrize("host", ["", "http://api.lever.co/v1", "two words"])
    @pytest.mark.parametrize("key", [{"password": KEY}, {"login": KEY}])
    def test_a_key_without_a_usable_root_goes_nowhere(self, bare: Site, host: str, key: dict[str, Any]) -> None:
        with create_session() as session:
            session.add(Connection(conn_id="lever_default", conn_type="http", host=host, **key))
        answer = send(bare, "set-up-connection", vendor="lever", root="https://evil.example/v1")
        assert (answer.status_code, "Enter the key once more" in answer.text, KEY in answer.text) == (422, True, False)
        row = connection("lever_default")
        assert row is not None
        assert (row.host or "") == host

    @pytest.mark.parametrize(
        ("form", "field", "sentence"),
        [
            ({"root": "http://api.lever.co/v1", "key": KEY}, "root", "would send the key in the clear"),
            ({"root": "", "key": KEY}, "root", "Connection `lever_default` has no host"),
            ({"root": "https://api.lever.co/v1", "key": "two words"}, "key", "white space or characters that no key"),
            ({"root": "https://api.lever.co/v1", "key": ""}, "key", "Connection `lever_default` has no API key"),
        ],
    )
    def test_what_cannot_be_used_is_refused_beside_its_field(
        self, bare: Site, form: dict[str, str], field: str, sentence: str
    ) -> None:
        answer = send(bare, "set-up-connection", vendor="lever", **form)
        assert answer.status_code == 422
        shown = re.search(rf'<input id="lever-{field}"[^>]*>', answer.text)
        assert shown is not None
        assert 'aria-invalid="true"' in shown[0]
        hint = re.search(rf'<small id="lever-{field}-hint">(.*?)</small>', answer.text, re.DOTALL)
        assert hint is not None
        assert sentence in html.unescape(hint[1])
        assert form["key"] not in answer.text or not form["key"]
        assert connection("lever_default") is None

    def test_a_key_in_the_login_moves_into_the_password(self, bare: Site, root: Callable[[str], str]) -> None:
        with create_session() as session:
            session.add(Connection(conn_id="lever_default", conn_type="http", host=root("lever"), login=KEY))
        assert send(bare, "set-up-connection", vendor="lever", root=root("lever")).status_code == 303
        row = connection("lever_default")
        assert row is not None
        assert (row.conn_type, row.login, row.password) == ("http", None, KEY)

    @pytest.mark.parametrize("vendor", ["lever", "alva"])
    def test_the_test_button_says_whether_it_works(
        self, bare: Site, sandbox: Sandbox, root: Callable[[str], str], vendor: str
    ) -> None:
        connect_both(bare, sandbox, root)
        assert "answered, and accepts the key" in send(bare, "set-up-test", vendor=vendor).text
        send(bare, "set-up-connection", vendor=vendor, root=root(vendor), key=KEY)
        assert "the API key was not accepted" in send(bare, "set-up-test", vendor=vendor).text

    def test_a_connection_from_the_environment_is_not_changed_here(self, site: Site) -> None:
        assert said(site.get(PAGE)).count("so it can't be changed here") >= 2
        assert "Take away Lever's key" not in said(site.get(PAGE))
        for answer in (
            send(site, "set-up-connection", vendor="lever", root="https://api.lever.co/v1", key=KEY),
            send(site, "set-up-key"),
        ):
            assert answer.status_code == 422
        assert connection("lever_default") is None

    def test_a_key_that_was_encrypted_with_another_key_is_said_and_does_not_break_the_page(
        self, bare: Site, root: Callable[[str], str]
    ) -> None:
        send(bare, "set-up-connection", vendor="lever", root=root("lever"), key=KEY)
        with create_session() as session:
            session.execute(update(Connection).values(password="gAAAAAnot-decryptable"))
        answer = bare.get(PAGE)
        assert (answer.status_code, KEY in answer.text) == (200, False)
        assert "Connection lever_default could not be read" in said(answer)

    def test_there_is_no_other_vendor(self, site: Site) -> None:
        assert send(site, "set-up-connection", vendor="other").status_code == 404


class TestOptions:
    @pytest.fixture
    def connected(self, bare: Site, sandbox: Sandbox, root: Callable[[str], str]) -> Site:
        connect_both(bare, sandbox, root)
        return bare

    def save(self, site: Site, **form: Any) -> requests.Response:
        return send(site, "set-up-options", **form)

    def test_the_stages_are_those_of_the_account(self, connected: Site, sandbox: Sandbox) -> None:
        shown = connected.get("set-up-options").text
        for one in sandbox.world.lever.stages.values():
            assert shown.count(f'<option value="{one.id}">{one.text}</option>') == 2

    def test_a_form_that_was_open_while_the_options_changed_does_not_undo_the_change(
        self, connected: Site, sandbox: Sandbox
    ) -> None:
        fields = {"trigger_stage": stage(sandbox, "Assessment")}
        self.save(connected, **fields)
        self.save(connected, **fields, live="yes")
        (seen,) = re.findall(r'name="seen" value="(\w+)"', connected.get("set-up-options").text)
        self.save(connected, **fields)
        late = self.save(connected, **fields, live="yes", seen=seen)
        assert (late.status_code, "The options were changed while this form was open" in late.text) == (422, True)
        assert options()["dry_run"] is True

    def test_the_first_options_begin_as_a_rehearsal_whatever_is_sent(self, connected: Site, sandbox: Sandbox) -> None:
        assert "It begins as a rehearsal" in connected.get("set-up-options").text
        trigger = stage(sandbox, "Assessment")
        answer = self.save(connected, trigger_stage=trigger, live="yes")
        assert answer.headers["Location"] == "set-up?done=first-options#options"
        assert options() == {"trigger_stage": trigger, "dry_run": True}

    def test_then_the_switch_goes_live_and_back(self, connected: Site, sandbox: Sandbox) -> None:
        form = {"trigger_stage": stage(sandbox, "Assessment")}
        self.save(connected, **form)
        switch = re.compile(r'<input type="checkbox" role="switch" name="live"[^>]*>')
        assert " checked" not in switch.findall(connected.get("set-up-options").text)[0]
        self.save(connected, **form, live="yes")
        assert "dry_run" not in options()
        assert " checked" in switch.findall(connected.get("set-up-options").text)[0]
        self.save(connected, **form)
        assert options()["dry_run"] is True

    def test_every_option_is_saved_and_shown_again(self, connected: Site, sandbox: Sandbox) -> None:
        form = {"trigger_stage": stage(sandbox, "Assessment"), "progression_stage": stage(sandbox, "Manager screen")}
        self.save(connected, **form, blocked_origins=["agency", "referred"])
        assert options() == form | {"blocked_origins": ["agency", "referred"], "dry_run": True}
        shown = connected.get("set-up-options").text
        assert re.findall(r'value="(\w+)" checked', shown) == ["agency", "referred"]
        assert re.findall(r'<option value="([^"]+)" selected>', shown) == [*form.values()]

    def test_each_fault_stands_beside_its_field_and_nothing_is_saved(self, connected: Site, sandbox: Sandbox) -> None:
        trigger = stage(sandbox, "Assessment")
        answer = self.save(connected, trigger_stage=trigger, progression_stage=trigger, blocked_origins=["friend"])
        assert "which is the trigger stage" in html.unescape(answer.text)
        assert answer.status_code == 422
        assert "Option `blocked_origins` has `friend`" in html.unescape(answer.text)
        answer = self.save(connected, trigger_stage=trigger, progression_stage=trigger)
        assert answer.status_code == 422
        field = re.search(r'<select id="progression_stage"[^>]*>', answer.text)
        assert field is not None
        assert 'aria-invalid="true"' in field[0]
        assert 'aria-describedby="progression_stage-hint"' in field[0]
        hint = re.search(r'<small id="progression_stage-hint">(.*?)</small>', answer.text, re.DOTALL)
        assert hint is not None
        assert "which is the trigger stage" in hint[1]
        with create_session() as session:
            assert session.scalar(select(Variable)) is None

    def test_without_a_trigger_stage_nothing_is_saved(self, connected: Site) -> None:
        assert self.save(connected).status_code == 422

    def test_a_stage_that_is_gone_is_shown_as_such(self, connected: Site) -> None:
        Variable.set("alva_lever_settings", json.dumps({"trigger_stage": "Gone by now"}))
        shown = html.unescape(connected.get("set-up-options").text)
        assert "Gone by now (not a stage)" in shown
        assert "is not the id or name of a stage" in shown

    def test_options_that_cannot_be_read_are_said_and_can_be_saved_again(
        self, connected: Site, sandbox: Sandbox
    ) -> None:
        Variable.set("alva_lever_settings", '{"trigger_stage": "Assessment", "dry_run": "no"}')
        assert "Option `dry_run` is" in html.unescape(connected.get("set-up-options").text)
        assert self.save(connected, trigger_stage=stage(sandbox, "Assessment")).status_code == 303

    def test_without_lever_the_stages_are_typed_so_that_writing_can_be_stopped(self, bare: Site) -> None:
        assert '<input id="trigger_stage"' in bare.get("set-up-options").text
        Variable.set("alva_lever_settings", json.dumps({"trigger_stage": "Assessment"}))
        answer = self.save(bare, trigger_stage="Assessment")
        assert answer.headers["Location"] == "set-up?done=unchecked-options#options"
        assert options() == {"trigger_stage": "Assessment", "dry_run": True}

    def test_a_variable_from_the_environment_is_not_changed_here(self, site: Site) -> None:
        assert "Variable `alva_lever_settings` comes from the environment" in html.unescape(
            site.get("set-up-options").text
        )
        assert self.save(site, trigger_stage="applicant-new").status_code == 422


class TestWebhooks:
    @pytest.fixture
    def connected(self, bare: Site, sandbox: Sandbox, root: Callable[[str], str]) -> Site:
        connect_both(bare, sandbox, root)
        return bare

    def test_a_button_registers_the_four_webhooks(self, connected: Site, sandbox: Sandbox) -> None:
        answer = send(connected, "set-up-webhooks", url="https://airflow.example.com/prefix", action="register")
        assert answer.status_code == 200
        assert answer.text.count("is registered now.") == 4
        assert "a Super Admin switches these four events on in Lever" in answer.text
        webhooks = sandbox.world.lever.webhooks.values()
        assert {one.url for one in webhooks} == {"https://airflow.example.com/prefix/alva-lever/webhooks/lever"}
        row = connection("lever_webhook")
        assert row is not None
        assert (row.password or "").split() == [one.signature_token for one in webhooks]
        assert not [one.signature_token for one in webhooks if one.signature_token in answer.text]

    def test_tokens_are_renewed_and_the_old_ones_retired(self, connected: Site, sandbox: Sandbox) -> None:
        for action in ("register", "renew"):
            send(connected, "set-up-webhooks", url="https://airflow.example.com", action=action)
        assert "Signing tokens known: 8." in connected.get(PAGE).text
        answer = send(connected, "set-up-webhooks", action="forget")
        assert "Signing tokens of deleted webhooks taken away: 4." in answer.text
        assert "Signing tokens known: 4." in connected.get(PAGE).text

    @pytest.mark.parametrize("url", ["http://airflow.example.com", "", "airflow"])
    def test_an_address_that_lever_cannot_reach_is_refused_beside_the_field(self, connected: Site, url: str) -> None:
        answer = send(connected, "set-up-webhooks", url=url, action="register")
        assert answer.status_code == 422
        assert re.search(r'<input id="url"[^>]*aria-invalid="true"', answer.text)

    def test_a_key_without_the_permission_is_told_what_it_lacks(
        self, connected: Site, sandbox: Sandbox, root: Callable[[str], str]
    ) -> None:
        key = sandbox.add_lever_key("lesser-key", {"stages": "read"})
        send(connected, "set-up-connection", vendor="lever", root=root("lever"), key=key)
        answer = send(connected, "set-up-webhooks", url="https://airflow.example.com", action="register")
        assert "webhooks: read and write" in answer.text
        assert answer.status_code == 422

    @pytest.mark.parametrize("vendor", ["lever", "alva"])
    def test_a_signing_token_is_added_and_taken_away(self, bare: Site, vendor: str) -> None:
        assert send(bare, "set-up-token", vendor=vendor, token=TOKEN).status_code == 303
        row = connection(f"{vendor}_webhook")
        assert row is not None
        assert (row.password, row.is_encrypted) == (TOKEN, True)
        shown = bare.get(PAGE).text
        assert TOKEN not in shown
        (fingerprint,) = re.findall(r'name="retire" value="(\w+)"', shown)
        send(bare, "set-up-token", vendor=vendor, retire=fingerprint)
        row = connection(f"{vendor}_webhook")
        assert row is not None
        assert not row.password

    @pytest.mark.parametrize("token", ["", "short", f"{TOKEN} {TOKEN}", f"{TOKEN},{TOKEN}"])
    def test_what_is_no_token_is_refused(self, bare: Site, token: str) -> None:
        answer = send(bare, "set-up-token", vendor="lever", token=token)
        assert (answer.status_code, "This is no signing token" in answer.text) == (422, True)
        assert connection("lever_webhook") is None

    def test_the_addresses_can_be_copied(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/prefix")
        shown = site.get(PAGE).text
        for vendor in ("lever", "alva"):
            assert f'value="https://airflow.example.com/prefix/alva-lever/webhooks/{vendor}" readonly' in shown


class TestAirflow:
    def test_a_button_makes_the_pool_with_one_slot(self, bare: Site) -> None:
        for _ in range(2):
            assert send(bare, "set-up-pool").headers["Location"] == "set-up?done=pool#checklist"
            with create_session() as session:
                pool = session.scalar(select(Pool).where(Pool.pool == "lever_api"))
                assert pool is not None
                assert pool.slots == 1
                pool.slots = 5

    def test_a_button_unpauses_all_four_dags(self, bare: Site) -> None:
        assert send(bare, "set-up-dags").status_code == 303
        with create_session() as session:
            unpaused = set(session.scalars(select(DagModel.dag_id).where(DagModel.is_paused.is_(False))))
        assert unpaused == set(DEFAULT.pooled_tasks)


def test_from_nothing_all_is_set_up_by_the_page_alone(
    bare: Site,
    sandbox: Sandbox,
    root: Callable[[str], str],
    logged: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no key is in Airflow's audit log, in a log line, or on a page."""
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com")
    shown = []
    connect_both(bare, sandbox, root)
    send(bare, "set-up-options", trigger_stage=stage(sandbox, "Assessment"))
    for action in ("set-up-pool", "set-up-dags"):
        send(bare, action)
    shown.append(send(bare, "set-up-webhooks", url="https://airflow.example.com", action="register").text)
    send(bare, "set-up-token", vendor="alva", token=TOKEN)
    shown += [bare.get(PAGE, check="everything").text, bare.get("set-up-options").text]
    assert "Nothing is missing or wrong" in shown[1]
    with create_session() as session:
        audit = " ".join(f"{row.event} {row.extra}" for row in session.scalars(select(Log)))
    secrets = [sandbox.LEVER_KEY, sandbox.ALVA_KEY, TOKEN]
    secrets += [one.signature_token for one in sandbox.world.lever.webhooks.values()]
    for secret in secrets:
        assert secret not in audit
        assert secret not in logged()
        assert not [page for page in shown if secret in page]
