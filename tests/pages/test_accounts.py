"""The pages of two Lever accounts, and who may look at which."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from airflow.models.connection import Connection
from airflow.models.dagrun import DagRun
from airflow.models.variable import Variable
from airflow.utils.session import create_session
from fastapi import FastAPI
from sqlalchemy import delete, select
from starlette.routing import Mount

from alva_lever.account import DEFAULT, URL_PREFIX, Account
from alva_lever.operators.links import RunLink
from alva_lever.web import airflow_internals
from alva_lever.web.app import build_app
from alva_lever.web.checks.__main__ import main as check
from alva_lever.web.registration import main as register
from include.sandbox import Sandbox
from include.sandbox.lever.oauth import CLIENT_ID, CLIENT_SECRET, SignInDoor
from tests.dags.people import THIS_HOUR, applied
from tests.dags.runner import Runner
from tests.granting import answered
from tests.pages.conftest import Site
from tests.pages.reading import said
from tests.pages.test_every_route import ROUTES
from tests.two_accounts import BERLIN, Berlin, berlin, named_in_configuration

__all__ = ["berlin"]
pytestmark = pytest.mark.usefixtures("unpaced")


@pytest.fixture
def two(site: Site, airflow_app: FastAPI, hourly: Runner, berlin: Berlin) -> Iterator[Site]:
    """The site with the pages of both accounts, in the place of those of one."""
    Runner(BERLIN.invite_dag_id)
    both = Mount(URL_PREFIX, build_app())
    airflow_app.router.routes.insert(0, both)
    yield site
    airflow_app.router.routes.remove(both)


def runs() -> list[tuple[str, str]]:
    with create_session() as session:
        return [(run.dag_id, run.run_id) for run in session.scalars(select(DagRun).order_by(DagRun.id))]


def links(answer: requests.Response) -> dict[str, str]:
    """Returns the links to the accounts, by their names."""
    _, _, inside = answer.text.partition('<ul aria-label="Accounts">')
    return {
        name: href for href, name in re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', inside.partition("</ul>")[0])
    }


def forbid(monkeypatch: pytest.MonkeyPatch, *dag_ids: str) -> None:
    """Airflow lets nobody look at these DAGs."""
    may = airflow_internals.may_read_dag
    monkeypatch.setattr(
        airflow_internals, "may_read_dag", lambda user, dag_id: dag_id not in dag_ids and may(user, dag_id)
    )


class TestApart:
    def test_each_page_tells_the_runs_of_its_account(
        self, two: Site, hourly: Runner, posting: str, berlin: Berlin
    ) -> None:
        applied(berlin.sandbox, berlin.posting)
        assert Runner(BERLIN.invite_dag_id).scheduled(THIS_HOUR).counts == {"trigger_stage": 1}
        there, here = said(two.get("berlin/")), said(two.get(""))
        assert "invited 1" in there
        assert "invited 1" not in here
        assert f'dags/{BERLIN.invite_dag_id}"' not in two.get("").text
        assert f'href="../../dags/{BERLIN.invite_dag_id}"' in two.get("berlin/").text

    def test_candidates_are_read_with_the_key_of_the_account(self, two: Site, berlin: Berlin) -> None:
        berlin.sandbox.recruiter.apply(berlin.posting, "Bo Ek", ["bo@candidates.example.com"], at_ms=None)
        assert "Bo Ek" in two.get("berlin/standing").text
        assert "Bo Ek" not in two.get("standing").text

    def test_why_explains_what_the_account_has(self, two: Site, berlin: Berlin) -> None:
        bo = applied(berlin.sandbox, berlin.posting)
        assert "It is in the trigger stage" in two.get("berlin/why", opportunity_id=bo).text
        assert "Lever has no opportunity with this id" in two.get("why", opportunity_id=bo).text

    def test_a_run_that_is_started_on_a_page_is_its_accounts(self, two: Site, berlin: Berlin) -> None:
        answer = two.post("berlin/run-now", page="berlin/why")
        assert answer.status_code == 303
        ((dag_id, run_id),) = runs()
        assert dag_id == BERLIN.invite_dag_id
        assert answer.headers["location"].startswith(f"run?dag_id={dag_id}")
        assert two.get("berlin/run", dag_id=dag_id, run_id=run_id).status_code == 200

    def test_a_leftover_of_another_account_is_not_started(self, two: Site, berlin: Berlin) -> None:
        form = {"dag_id": DEFAULT.invite_dag_id, "opportunity_id": applied(berlin.sandbox, berlin.posting)}
        assert two.post("berlin/do-now", page="berlin/why", **form).status_code == 400
        assert runs() == []

    def test_the_set_up_names_and_changes_what_is_the_accounts(
        self, two: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
        monkeypatch.delenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS_BERLIN")
        text = said(two.get("berlin/set-up"))
        for name in (BERLIN.settings_variable, BERLIN.pool, *BERLIN.dag_ids, BERLIN.lever_conn_id, BERLIN.alva_conn_id):
            assert name in text
        seen = re.search(r'name="seen" value="([^"]*)"', two.get("berlin/set-up-options").text)
        stages = re.findall(r'<option value="([^"]+)"', two.get("berlin/set-up-options").text)
        form = {"trigger_stage": stages[0], "seen": seen[1] if seen else ""}
        assert two.post("berlin/set-up-options", page="berlin/set-up", **form).status_code == 303
        with create_session() as session:
            keys = list(session.scalars(select(Variable.key)))
            session.execute(delete(Variable))
        assert keys == [BERLIN.settings_variable]


class TestWays:
    def test_each_page_leads_to_the_others(self, two: Site) -> None:
        assert links(two.get("why")) == {"default": "./", "berlin": "./berlin/"}
        assert links(two.get("berlin/why")) == {"default": "../", "berlin": "../berlin/"}

    def test_one_account_needs_no_links(self, site: Site) -> None:
        assert "Accounts" not in site.get("why").text

    def test_the_tab_of_a_run_leads_to_its_account(self, two: Site) -> None:
        query = {"dag_id": BERLIN.invite_dag_id, "run_id": "a", "panel": "1"}
        answer = two.get("run", **query)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "./berlin/run")
        assert two.get(f"{answer.headers['location']}").status_code == 404
        query["dag_id"] = DEFAULT.invite_dag_id
        assert two.get("berlin/run", **query).headers["location"].partition("?")[0] == "../run"

    def test_the_link_of_a_task_leads_to_its_account(self, berlin: Berlin) -> None:
        key = type("Key", (), {"dag_id": BERLIN.invite_dag_id, "run_id": "a"})
        operator = Runner(BERLIN.invite_dag_id).dag.task_dict["find"]
        assert RunLink().get_link(operator, ti_key=key).startswith("alva-lever/berlin/run?dag_id=")  # type: ignore[arg-type]

    def test_a_missing_slash_is_added(self, two: Site) -> None:
        answer = two.get("berlin")
        assert (answer.status_code, answer.headers["location"]) == (303, "berlin/")

    def test_the_login_leads_back_to_the_accounts_page(self, two: Site) -> None:
        answer = requests.get(
            f"{two.url}berlin/set-up", headers={"Accept": "text/html"}, timeout=60, allow_redirects=False
        )
        assert answer.status_code == 303
        assert answer.headers["location"].endswith("berlin%2Fset-up") or "berlin/set-up" in answer.headers["location"]

    def test_the_files_of_the_page_are_there_too(self, two: Site) -> None:
        assert two.get("berlin/static/page.css").status_code == 200


class TestWho:
    @pytest.mark.parametrize(("method", "path"), ROUTES)
    def test_each_route_asks_for_a_login(self, two: Site, method: str, path: str) -> None:
        url = f"{two.url}berlin{path}"
        assert requests.request(method, url, timeout=60, allow_redirects=False).status_code == 401
        assert two.session(None).request(method, url, timeout=60, allow_redirects=False).status_code == 403

    @pytest.mark.parametrize("path", ["berlin/why", "berlin/set-up", "berlin/candidates"])
    def test_a_page_needs_the_right_to_the_accounts_dag(
        self, two: Site, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        assert requests.get(two.url + path, timeout=60).status_code == 401
        assert two.get(path, None).status_code == 403
        forbid(monkeypatch, BERLIN.invite_dag_id)
        assert two.get(path, "VIEWER").status_code == 403
        assert two.get("why", "VIEWER").status_code == 200

    def test_a_page_leads_only_where_the_visitor_may_look(self, two: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        forbid(monkeypatch, DEFAULT.invite_dag_id)
        assert links(two.get("berlin/why", "VIEWER")) == {}
        assert two.get("why", "VIEWER").status_code == 403
        # Airflow's menu leads to the page of `default`.
        assert two.get("", "VIEWER").headers["location"] == "./berlin/"

    def test_a_viewer_may_not_act(self, two: Site) -> None:
        assert two.post("berlin/run-now", "VIEWER", page="berlin/why").status_code == 403
        assert runs() == []


def test_visitors_who_wait_for_one_accounts_lever_leave_turns_for_the_other(two: Site, berlin: Berlin) -> None:
    berlin.sandbox.faults.add("lever", "GET", "/stages", "slow", seconds=4.0, times=None)
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(two.get, "berlin/candidates") for _ in range(5)]
        next(one for one in waiting if one.result().status_code == 503)
        assert two.get("candidates").status_code == 200
        assert {one.result().status_code for one in waiting} == {200, 503}


def test_visitors_of_many_accounts_leave_threads_to_airflow(
    two: Site, airflow_app: FastAPI, berlin: Berlin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of 20 accounts has two turns, which would be all of Airflow's forty threads."""
    many = [Account.named(f"berlin_{number}") for number in range(20)]
    for account in many:
        for mine, its in ((BERLIN.lever_conn_id, account.lever_conn_id), (BERLIN.alva_conn_id, account.alva_conn_id)):
            monkeypatch.setenv(f"AIRFLOW_CONN_{its.upper()}", os.environ[f"AIRFLOW_CONN_{mine.upper()}"])
        options = os.environ["AIRFLOW_VAR_ALVA_LEVER_SETTINGS_BERLIN"]
        monkeypatch.setenv(f"AIRFLOW_VAR_{account.settings_variable.upper()}", options)
    berlin.sandbox.faults.add("lever", "GET", "/stages", "slow", seconds=5.0, times=None)
    with named_in_configuration(*many), monkeypatch.context() as patch, ThreadPoolExecutor(40) as pool:
        patch.setattr(airflow_app.router, "routes", [Mount(URL_PREFIX, build_app()), *airflow_app.router.routes])
        pages = [f"{account.account_id}/candidates" for account in many] * 2
        statuses = Counter(answer.status_code for answer in pool.map(two.get, pages))
    assert statuses == {200: 20, 503: 20}


def test_a_wrong_key_is_told_on_its_accounts_page_only(
    two: Site, berlin: Berlin, monkeypatch: pytest.MonkeyPatch
) -> None:
    lever = {"conn_type": "lever", "host": f"{berlin.url}/lever/v1", "password": "a-key-of-nobody"}
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_BERLIN", json.dumps(lever))
    assert "401" in said(two.get("berlin/candidates"))
    assert "401" not in said(two.get("candidates"))


class TestGranting:
    @pytest.fixture
    def asked(self, two: Site, berlin: Berlin, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """Access was allowed in Lever. Returns where Lever sends the person."""
        monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
        lever = {"conn_type": "lever", "host": f"{berlin.url}/lever/v1"}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_BERLIN", json.dumps(lever))
        app = {
            "conn_type": "generic", "host": berlin.url + SignInDoor.root, "login": CLIENT_ID, "password": CLIENT_SECRET,
        }  # fmt: skip
        for conn_id in ("LEVER_OAUTH", "LEVER_OAUTH_BERLIN"):
            monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id}", json.dumps(app))
        start = two.post("berlin/grant", page="berlin/access")
        with requests.Session() as session:
            yield answered(session, start.headers["refresh"].removeprefix("0; url="))
        with create_session() as session:
            session.execute(delete(Variable))

    def kept(self) -> list[str]:
        with create_session() as session:
            return list(session.scalars(select(Variable.key)))

    def test_what_is_granted_is_stored_for_the_account_that_asked(self, two: Site, asked: str) -> None:
        assert asked.startswith(f"{two.url}berlin/granted?")
        assert two.session().get(asked, timeout=60, allow_redirects=False).status_code == 303
        assert self.kept() == [BERLIN.lever_oauth_variable]
        assert "Access is granted" in said(two.get("berlin/access"))
        assert "Access is granted" not in said(two.get("access"))

    def test_another_account_does_not_take_the_answer(self, two: Site, asked: str) -> None:
        answer = two.session().get(asked.replace("/berlin/granted", "/granted"), timeout=60, allow_redirects=False)
        assert (answer.status_code, self.kept()) == (400, [])


class TestCommands:
    def test_the_checks_are_those_of_the_account(self, berlin: Berlin, capsys: pytest.CaptureFixture[str]) -> None:
        check(["--account", "berlin", "--local"])
        printed = capsys.readouterr().out
        assert f"Pool {BERLIN.pool}" in printed
        assert f"Pool {DEFAULT.pool}:" not in printed

    def test_the_webhooks_are_registered_in_the_account_with_its_address(
        self, berlin: Berlin, sandbox: Sandbox, database: None
    ) -> None:
        assert register(["--account", "berlin", "https://airflow.example.com"]) == 0
        hooks = berlin.sandbox.world.lever.webhooks.values()
        assert {hook.url for hook in hooks} == {"https://airflow.example.com/alva-lever/berlin/webhooks/lever"}
        with create_session() as session:
            stored = list(session.scalars(select(Connection.conn_id)))
            session.execute(delete(Connection))
        assert stored == [BERLIN.lever_webhook_conn_id]
        assert not sandbox.world.lever.webhooks

    def test_an_account_that_is_not_named_is_refused_with_those_that_are(
        self, berlin: Berlin, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            check(["--account", "munich"])
        assert re.search(r"'munich'.*default.*berlin", capsys.readouterr().err)
