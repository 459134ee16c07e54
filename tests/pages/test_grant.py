"""Granting access to Lever by OAuth, from the button to the stored token."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from airflow.models.connection import Connection
from airflow.models.log import Log
from airflow.models.variable import Variable
from airflow.utils.session import create_session
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import delete, select

from alva_lever.account import DEFAULT
from alva_lever.connect import shared
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.oauth import Grant
from alva_lever.lever.permissions import SCOPES
from alva_lever.web import airflow_store
from alva_lever.web.checks import State, live, local
from include.sandbox import Sandbox
from include.sandbox.lever.oauth import CLIENT_ID, CLIENT_SECRET, SignInDoor
from tests.granting import answered, query_of
from tests.pages.conftest import Site
from tests.pages.reading import said

VARIABLE = "alva_lever_oauth_token"


@pytest.fixture
def served(served: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both services, with a connection to Lever that has no key, and one that has the OAuth app."""
    connect(monkeypatch, served)
    app = {"conn_type": "generic", "host": served + SignInDoor.root, "login": CLIENT_ID, "password": CLIENT_SECRET}
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
    return served


@pytest.fixture(autouse=True)
def _nothing_granted(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # As `airflow api-server` sets it: Variables are read from the database too.
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
    yield
    with create_session() as session:
        session.execute(delete(Variable).where(Variable.key == VARIABLE))


def connect(monkeypatch: pytest.MonkeyPatch, url: str, key: str | None = None) -> None:
    lever = {"conn_type": "lever", "host": f"{url}/lever/v1", "password": key}
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(lever))


def stored() -> Grant | None:
    with create_session() as session:
        row = session.scalar(select(Variable).where(Variable.key == VARIABLE))
        if row is None:
            return None
        assert row.is_encrypted
        return Grant.model_validate_json(row.val)


def start(site: Site, role: str = "ADMIN") -> str:
    """Presses the button, and returns where the browser goes then."""
    page = site.post("grant", role, page="access")
    assert page.status_code == 200, page.text
    url = page.headers["refresh"].removeprefix("0; url=")
    assert f'<a href="{url}">'.replace("&", "&amp;") in page.text
    return url


def in_lever(site: Site, answer: str = "allow", role: str = "ADMIN") -> str:
    """Returns where Lever sends the person."""
    with requests.Session() as session:
        return answered(session, start(site, role), answer)


def back(site: Site, url: str, role: str | None = "ADMIN") -> requests.Response:
    return site.session(role).get(url, headers={"Accept": "text/html"}, timeout=60, allow_redirects=False)


def request_log(capfd: pytest.CaptureFixture[str]) -> str:
    """Returns what the server logs, up to its answer to `granted`: it logs a request after the answer is sent."""
    text, until = "", time.monotonic() + 10
    while "path=/alva-lever/granted" not in text and time.monotonic() < until:
        text += "".join(capfd.readouterr())
        time.sleep(0.01)
    return text


class TestGranting:
    def test_lever_is_asked_for_what_is_needed(self, site: Site, served: str) -> None:
        url = start(site)
        assert url.startswith(f"{served}{SignInDoor.root}/authorize?")
        asked = query_of(url)
        assert asked["redirect_uri"] == f"{site.url}granted"
        assert asked["scope"].split() == list(SCOPES)
        assert asked["audience"] == f"{served}/lever/v1/"

    def test_an_allowed_access_is_stored_and_works(self, site: Site) -> None:
        page = back(site, in_lever(site))
        assert (page.status_code, page.headers["location"]) == (303, "set-up")
        grant = stored()
        assert grant is not None
        assert grant.client_id == CLIENT_ID
        assert LeverHook().stages()
        assert "Access is granted. The present token is valid until" in said(site.get("access"))

    def test_airflows_address_and_prefix_are_those_of_its_configuration(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/team/")
        assert query_of(start(site))["redirect_uri"] == "https://airflow.example.com/team/alva-lever/granted"
        assert "https://airflow.example.com/team/alva-lever/granted" in said(site.get("access"))

    def test_a_denial_is_shown_as_one(self, site: Site) -> None:
        page = back(site, in_lever(site, "deny"))
        assert page.status_code == 200
        assert "Access was denied" in said(page)
        assert stored() is None

    def test_another_refusal_of_lever_names_its_code_and_nothing_else(self, site: Site) -> None:
        state = query_of(start(site))["state"]
        for error, shown in (
            ("invalid_scope", "invalid_scope"),
            ("Call <b>555</b> now", "neither access nor a reason"),
        ):
            answer = urlencode({"state": state, "error": error, "error_description": "Call 555 now"})
            page = back(site, f"{site.url}granted?{answer}")
            assert page.status_code == 502
            assert f"Lever answered with {shown}" in said(page)
            assert "555" not in page.text

    def test_a_code_works_once(self, site: Site) -> None:
        url = in_lever(site)
        assert back(site, url).status_code == 303
        first = stored()
        page = back(site, url)
        assert (page.status_code, "Access was not granted" in said(page)) == (502, True)
        assert stored() == first

    def test_a_wrong_secret_is_told(self, site: Site, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
        app = {"conn_type": "generic", "host": served + SignInDoor.root, "login": CLIENT_ID, "password": "wrong-secret"}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
        page = back(site, in_lever(site))
        assert page.status_code == 502
        assert "invalid_client" in said(page)
        assert "wrong-secret" not in page.text

    def test_without_an_app_it_says_what_is_missing(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW_CONN_LEVER_OAUTH")
        assert site.post("grant", page="access").status_code == 409
        part = site.get("access")
        assert "There is no connection `lever_oauth`" in said(part)
        assert "Grant access</button>" not in part.text

    def test_where_the_variable_is_read_from_elsewhere_it_says_so(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = in_lever(site)
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_OAUTH_TOKEN", "something else")
        page = back(site, url)
        assert page.status_code == 502
        assert "alva_lever_oauth_token" in said(page)

    def test_without_encryption_nothing_is_stored(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        class Plain:
            is_encrypted = False

        url = in_lever(site)
        monkeypatch.setattr(airflow_store, "get_fernet", Plain)
        assert "Airflow has no `fernet_key`" in said(back(site, url))
        assert stored() is None


class TestTheApp:
    """A person stores the OAuth app, where nothing is set up."""

    @pytest.fixture(autouse=True)
    def _nothing_set_up(self, served: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        for name in ("LEVER_DEFAULT", "LEVER_OAUTH"):
            monkeypatch.delenv(f"AIRFLOW_CONN_{name}")
        yield
        with create_session() as session:
            session.execute(delete(Connection).where(Connection.conn_id.in_(["lever_default", "lever_oauth"])))

    def save(self, site: Site, role: str = "ADMIN", **fields: str) -> requests.Response:
        return site.post("oauth-app", role, page="access", **fields)

    def kept(self, conn_id: str) -> tuple[str | None, str | None, str | None] | None:
        with create_session() as session:
            row = session.scalar(select(Connection).where(Connection.conn_id == conn_id))
            return None if row is None else (row.host, row.login, row.password)

    def test_from_nothing_to_granted_in_the_browser_alone(self, site: Site, served: str) -> None:
        assert 'name="root"' in site.get("access").text
        fields = {"root": f"{served}/lever/v1", "sign_in": served + SignInDoor.root}
        saved = self.save(site, client_id=f" {CLIENT_ID} ", secret=CLIENT_SECRET, **fields)
        assert (saved.status_code, saved.headers["location"]) == (303, "set-up")
        assert self.kept("lever_default") == (f"{served}/lever/v1", None, None)
        assert self.kept("lever_oauth") == (served + SignInDoor.root, CLIENT_ID, CLIENT_SECRET)
        part = site.get("access").text
        assert CLIENT_ID in part
        assert CLIENT_SECRET not in part
        assert back(site, in_lever(site)).status_code == 303
        assert LeverHook().stages()

    @pytest.mark.parametrize("field", ["password", "login"])
    def test_once_the_key_is_taken_away_what_was_granted_is_used(self, site: Site, served: str, field: str) -> None:
        root = f"{served}/lever/v1"
        self.save(site, root=root, sign_in=served + SignInDoor.root, client_id=CLIENT_ID, secret=CLIENT_SECRET)
        assert "Take away Lever's key" not in said(site.get("set-up"))
        back(site, in_lever(site))
        # A key that doesn't work, so that it shows what is used.
        with create_session() as session:
            row = session.scalar(select(Connection).where(Connection.conn_id == "lever_default"))
            setattr(row, field, "not-the-key")
        assert "Take away Lever's key" in said(site.get("set-up"))
        assert "the API key was not accepted" in said(site.post("set-up-test", page="access", vendor="lever"))
        done = site.post("set-up-key", page="access")
        assert (done.status_code, done.headers["location"]) == (303, "set-up?done=no-key#connection-lever")
        assert self.kept("lever_default") == (root, None, None)
        tested = said(site.post("set-up-test", page="access", vendor="lever"))
        assert "Lever answered, and accepts the access that was granted" in tested
        assert "Take away Lever's key" not in tested

    def test_without_a_key_a_wrong_root_is_corrected_and_a_grant_does_not_follow_it(
        self, site: Site, served: str
    ) -> None:
        wrong, right = f"{served}/lever/v2", f"{served}/lever/v1"
        fields = {"client_id": CLIENT_ID, "secret": CLIENT_SECRET, "sign_in": served + SignInDoor.root}
        assert self.save(site, root=wrong, **fields).status_code == 303
        assert f'name="root" value="{wrong}"' in site.get("access").text
        assert self.save(site, root=right, **fields).status_code == 303
        assert self.kept("lever_default") == (right, None, None)
        assert back(site, in_lever(site)).status_code == 303
        assert self.save(site, root="https://elsewhere.example.com/v1", **fields).status_code == 303
        assert f"Access was granted to {right}/, and the connection leads to" in said(site.get("access"))
        assert self.save(site, root=right, **fields).status_code == 303
        assert "Access is granted" in said(site.get("access"))

    def test_the_root_of_a_stored_key_is_not_asked_for_and_stays(self, site: Site, served: str) -> None:
        with create_session() as session:
            session.add(Connection(conn_id="lever_default", conn_type="http", host=f"{served}/lever/v1", password="k"))
        assert 'name="root"' not in site.get("access").text
        fields = {"root": "https://evil.example/v1", "sign_in": "https://auth.example.com"}
        assert self.save(site, client_id="client", secret="the-secret", **fields).status_code == 303
        assert self.kept("lever_default") == (f"{served}/lever/v1", None, "k")

    def test_an_empty_secret_keeps_the_stored_one_but_sends_it_nowhere_else(self, site: Site, served: str) -> None:
        fields = {"root": f"{served}/lever/v1", "client_id": "first", "sign_in": served + SignInDoor.root}
        assert self.save(site, secret="stored-secret", **fields).status_code == 303
        assert self.save(site, **{**fields, "client_id": "second"}).status_code == 303
        assert self.kept("lever_oauth") == (served + SignInDoor.root, "second", "stored-secret")
        with create_session() as session:
            made = session.query(Connection).filter_by(conn_id="lever_default").one()
            assert made.conn_type == "lever"
        refused = self.save(site, **{**fields, "sign_in": "https://elsewhere.example.com"})
        assert (refused.status_code, "has no client secret" in said(refused)) == (422, True)
        assert self.kept("lever_oauth") == (served + SignInDoor.root, "second", "stored-secret")

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"client_id": ""}, "has no client id"),
            ({"secret": "two words"}, "holds white space"),
            ({"root": "http://api.example.com/v1"}, "in the clear"),
            ({"sign_in": "http://auth.example.com"}, "in the clear"),
            ({"root": ""}, "has no host"),
        ],
    )
    def test_what_cannot_be_used_is_refused_and_nothing_stored(
        self, site: Site, fields: dict[str, str], problem: str
    ) -> None:
        given = {"root": "https://api.lever.co/v1", "client_id": "client", "secret": "the-secret", **fields}
        page = self.save(site, **given)
        assert page.status_code == 422
        assert problem in said(page)
        assert given["secret"] not in page.text
        assert (self.kept("lever_default"), self.kept("lever_oauth")) == (None, None)

    def test_a_connection_to_lever_that_is_there_stays_as_it_is(
        self, site: Site, served: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connect(monkeypatch, served, "a-key")
        fields = {"root": "https://api.lever.co/v1", "sign_in": "https://auth.example.com"}
        assert self.save(site, client_id="client", secret="the-secret", **fields).status_code == 303
        assert self.kept("lever_default") is None
        assert self.kept("lever_oauth") == ("https://auth.example.com", "client", "the-secret")

    @pytest.mark.parametrize("host", ["", "http://api.lever.co/v1"])
    @pytest.mark.parametrize("key", [{"password": "a-key"}, {"login": "a-key"}])
    def test_a_key_without_a_usable_root_gets_none_here(self, site: Site, host: str, key: dict[str, Any]) -> None:
        with create_session() as session:
            session.add(Connection(conn_id="lever_default", conn_type="http", host=host, **key))
        page = self.save(site, root="https://evil.example/v1", client_id="client", secret="the-secret")
        assert (page.status_code, "save root and key together" in said(page)) == (422, True)
        kept = self.kept("lever_default")
        assert kept is not None
        assert (kept[0] or "") == host
        assert self.kept("lever_oauth") is None

    def test_an_app_from_the_environment_is_changed_there(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", "https://client:secret@auth.example.com")
        page = self.save(site, root="https://api.lever.co/v1", client_id="client", secret="the-secret")
        assert (page.status_code, "change it there" in said(page)) == (422, True)

    def test_who_may_not_set_up_may_not_store_it(self, site: Site) -> None:
        assert self.save(site, "USER", client_id="client", secret="the-secret").status_code == 403
        assert 'name="secret"' not in site.get("access", "USER").text


class TestWhoAsked:
    def test_an_answer_to_no_question_is_refused(self, site: Site, sandbox: Sandbox) -> None:
        code = query_of(in_lever(site))["code"]
        for state in (
            "",
            "x",
            "x.y.z",
            URLSafeTimedSerializer("guess", salt="alva-lever-grant").dumps(["admin", "", ""]),
        ):
            page = back(site, f"{site.url}granted?{urlencode({'code': code, 'state': state})}")
            assert page.status_code == 400
            assert "does not belong to a question of yours" in said(page)
        assert stored() is None
        assert sandbox.journal.of("sign_in", path="/oauth/token") == []

    def test_an_answer_to_another_persons_question_is_refused(self, site: Site) -> None:
        assert back(site, in_lever(site, role="OP"), "ADMIN").status_code == 400
        assert stored() is None

    def test_an_answer_after_a_quarter_of_an_hour_is_refused(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        url = in_lever(site)
        monkeypatch.setattr("alva_lever.web.grant._STATE_SECONDS", -1)
        assert back(site, url).status_code == 400
        assert stored() is None

    def test_a_form_token_is_no_state(self, site: Site) -> None:
        state = site.token(page="access")
        assert back(site, f"{site.url}granted?{urlencode({'code': 'c', 'state': state})}").status_code == 400

    @pytest.mark.parametrize("role", ["VIEWER", "USER", None])
    def test_who_may_not_set_up_may_not_grant(self, site: Site, role: str | None) -> None:
        url = in_lever(site)
        assert site.post("grant", role, page="access").status_code == 403
        assert back(site, url, role).status_code == 403
        assert stored() is None

    @pytest.mark.parametrize(("role", "button"), [("VIEWER", False), ("USER", False), ("OP", True), ("ADMIN", True)])
    def test_who_may_look_sees_the_state(self, site: Site, role: str, button: bool) -> None:
        part = site.get("access", role)
        assert part.status_code == 200
        assert "no access has been granted" in said(part)
        assert ("Grant access</button>" in part.text) == button

    def test_htmx_gets_it_as_a_part(self, site: Site) -> None:
        part = site.session().get(f"{site.url}access", headers={"HX-Request": "true"}, timeout=60).text
        assert part.startswith("<section")
        assert "<html" in site.get("access").text

    def test_without_a_login_there_is_nothing(self, site: Site) -> None:
        for path in ("access", "granted?code=c&state=s"):
            answer = requests.get(site.url + path, headers={"Accept": "text/html"}, timeout=60, allow_redirects=False)
            assert (answer.status_code, "/auth/login" in answer.headers["location"]) == (303, True)
        assert requests.post(f"{site.url}grant", timeout=60).status_code == 401

    def test_a_form_from_elsewhere_is_refused(self, site: Site) -> None:
        assert site.session().post(f"{site.url}grant", data={"form_token": "x"}, timeout=60).status_code == 403


class TestTheState:
    @pytest.fixture
    def grant(self, site: Site) -> Grant:
        back(site, in_lever(site))
        grant = stored()
        assert grant is not None
        return grant

    def change(self, grant: Grant, **fields: object) -> None:
        Variable.set(VARIABLE, grant.model_copy(update=fields).model_dump_json())

    def test_a_token_that_ran_out(self, site: Site, grant: Grant) -> None:
        self.change(grant, expires_at=1_790_000_000)
        shown = said(site.get("access"))
        assert "ran out at 2026-09-21 14:13 UTC. The next task that calls Lever renews it" in shown
        assert "Grant access again" in shown

    def test_an_access_that_lever_no_longer_accepts(self, site: Site, grant: Grant) -> None:
        self.change(grant, refused=True)
        shown = said(site.get("access"))
        assert "Lever no longer accepts the access that was granted" in shown
        assert "Access is granted" not in shown

    def test_the_checks_know_it_too(self, site: Site, grant: Grant) -> None:
        subject = "Lever's connection"
        assert any("granted by OAuth" in found.said for found in local(DEFAULT) if found.subject == subject)
        self.change(grant, expires_at=1_790_000_000)
        (fault,) = (found for found in local(DEFAULT) if found.subject == "Lever's API key")
        assert "ran out at" in f"{fault}"

    def test_the_page_uses_what_was_granted_last(self, site: Site, grant: Grant) -> None:
        first = shared(DEFAULT).lever()
        self.change(grant, access_token="renewed")
        assert shared(DEFAULT).lever() is first
        self.change(grant, granted_at=grant.granted_at + 1)
        assert shared(DEFAULT).lever() is not first

    @pytest.mark.usefixtures("hurried", "unpaced")
    def test_a_scope_that_was_not_granted_is_told_with_what_to_do(
        self, site: Site, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sandbox.recruiter.apply(sandbox.recruiter.add_posting("Engineer"), "Ada Byron", emails=[])
        url = start(site).replace("postings%3Aread%3Aadmin+", "").replace("webhooks%3Awrite%3Aadmin+", "")
        with requests.Session() as session:
            back(site, answered(session, url))
        found = {finding.subject: finding for finding in live(DEFAULT)}
        lacking = found["Permission postings: read"]
        assert (lacking.state, lacking.said) == (State.MISSING, "The access that was granted may not read postings")
        assert lacking.remedy.startswith(
            "Add the scope `postings:read:admin` to your OAuth app at Lever. Grant access again on the page"
        )
        told = [f"{one.said}. {one.remedy}" for name, one in found.items() if name.startswith(("Permission", "Lever"))]
        assert [one for one in told if "key" in one] == []
        answer = site.post("set-up-webhooks", page="access", url="https://airflow.example.com", action="register")
        assert "Add the scope `webhooks:write:admin` to your OAuth app at Lever. Grant access again" in said(answer)

    def test_a_key_comes_first(
        self, site: Site, served: str, sandbox: Sandbox, grant: Grant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connect(monkeypatch, served, sandbox.LEVER_KEY)
        assert "has an API key, and it is used" in said(site.get("access"))

    @pytest.mark.parametrize(("role", "status"), [("VIEWER", 403), (None, 403), ("nobody", 303)])
    def test_the_code_is_hidden_from_the_log_where_the_visitor_is_refused(
        self, site: Site, capfd: pytest.CaptureFixture[str], role: str | None, status: int
    ) -> None:
        url = in_lever(site)
        capfd.readouterr()
        if role == "nobody":
            page = requests.get(url, headers={"Accept": "text/html"}, timeout=60, allow_redirects=False)
            assert page.headers["location"] == "/api/v2/auth/login?next=/alva-lever/set-up"
        else:
            page = back(site, url, role)
        assert page.status_code == status
        text = request_log(capfd)
        assert "code=%2A%2A%2A" in text
        assert query_of(url)["code"] not in text

    def test_nobody_else_chooses_what_is_hidden(self, site: Site, capfd: pytest.CaptureFixture[str]) -> None:
        back(site, f"{site.url}granted?{urlencode({'code': 'alva-lever', 'state': 'x.y.z'})}")
        assert "code=alva-lever" in request_log(capfd)

    def test_no_page_and_no_log_holds_a_token_a_code_or_the_secret(
        self, site: Site, logged: Callable[[], str], capfd: pytest.CaptureFixture[str]
    ) -> None:
        url = in_lever(site)
        pages = [back(site, url), site.get("access"), back(site, url)]
        grant = stored()
        assert grant is not None
        with create_session() as session:
            kept = repr([(row.event, row.extra) for row in session.scalars(select(Log))])
        text = " ".join([*(page.text for page in pages), logged(), *capfd.readouterr(), kept])
        assert "code=%2A%2A%2A" in text  # the server's own log of requests
        hidden = [grant.access_token, grant.refresh_token, query_of(url)["code"], CLIENT_SECRET]
        assert [secret for secret in hidden if secret in text] == []
