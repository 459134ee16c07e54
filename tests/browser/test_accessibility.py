"""Axe finds no serious fault in any part of the page, in light and dark, at a desk and on a phone. `test_set_up.py`
looks at the whole pages on the way from nothing to an invitation."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from playwright.sync_api import BrowserContext, Page, expect
from starlette.routing import Mount

from alva_lever.account import DEFAULT, URL_PREFIX, Account
from alva_lever.web.app import build_app
from include.sandbox import Sandbox
from include.sandbox.lever.oauth import CLIENT_ID, CLIENT_SECRET, SignInDoor
from tests.browser.seeing import faults, log_in
from tests.dags.people import INVITE
from tests.dags.runner import UNKNOWN, Runner
from tests.pages.conftest import Site
from tests.pages.story import Story, in_each_state
from tests.pages.test_accounts import two
from tests.pages.test_grant import _nothing_granted
from tests.pages.test_happened import end_backfills
from tests.two_accounts import BERLIN, berlin, named_in_configuration

__all__ = ["_nothing_granted", "berlin", "end_backfills", "two"]
pytestmark = pytest.mark.usefixtures("unpaced")


@pytest.fixture(autouse=True)
def _logged_in(context: BrowserContext, site: Site, hourly: Runner) -> None:
    log_in(context, site, "ADMIN")


def query(**fields: str) -> str:
    return urlencode(fields)


def ago(past: timedelta) -> str:
    """Returns a moment as a date field of the page takes it."""
    return f"{datetime.now(UTC) - past:%Y-%m-%dT%H:%M}"


class TestCandidates:
    @pytest.fixture
    def people(self, hourly: Runner, results: Runner, sandbox: Sandbox, posting: str) -> dict[str, str]:
        return in_each_state(hourly, results, sandbox, posting)

    def test_each_list_in_the_page(self, site: Site, tab: Page, people: dict[str, str]) -> None:
        tab.goto(site.url)
        for label in ("Invited", "Bounced", "Failed", "Completed", "In the trigger stage and not invited"):
            tab.get_by_role("link", name=label, exact=True).click()
            expect(tab.locator("#live caption")).to_contain_text(label)
            assert faults(tab) == []

    @pytest.mark.parametrize("path", ["candidates?state=sent", "standing"])
    def test_a_list_by_itself(self, site: Site, tab: Page, people: dict[str, str], path: str) -> None:
        tab.goto(site.url + path)
        expect(tab.locator("table")).to_be_visible()
        assert faults(tab) == []


class TestAccess:
    @pytest.fixture(autouse=True)
    def _by_oauth(self, served: str, monkeypatch: pytest.MonkeyPatch) -> None:
        app = {"conn_type": "generic", "host": served + SignInDoor.root, "login": CLIENT_ID, "password": CLIENT_SECRET}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
        lever = {"conn_type": "lever", "host": f"{served}/lever/v1"}
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(lever))

    def test_before_an_app_is_stored(self, site: Site, tab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW_CONN_LEVER_OAUTH")
        tab.goto(f"{site.url}access")
        expect(tab.locator("#grant")).to_contain_text("store your company's OAuth app")
        assert faults(tab) == []

    def test_granting(self, site: Site, tab: Page) -> None:
        tab.goto(f"{site.url}access")
        tab.get_by_text("Your company's OAuth app at Lever").click()
        assert faults(tab) == []
        tab.get_by_role("button", name="Grant access").click()
        # Lever's own page in between.
        tab.get_by_role("button", name="Allow").click()
        expect(tab.locator("#grant")).to_contain_text("Access is granted.")
        assert faults(tab) == []

    def test_a_denial(self, site: Site, tab: Page) -> None:
        tab.goto(f"{site.url}access")
        tab.get_by_role("button", name="Grant access").click()
        tab.get_by_role("button", name="Deny").click()
        tab.get_by_role("heading", name="Access was denied").wait_for()
        assert faults(tab) == []


class TestRuns:
    def test_the_answer_to_a_backfill(self, site: Site, tab: Page) -> None:
        tab.goto(site.url)
        form = tab.locator("form[action=backfill]")
        form.get_by_label("From").fill(ago(timedelta(hours=3)))
        form.get_by_role("button").click()
        tab.get_by_role("heading", name="is started").wait_for()
        assert faults(tab) == []

    @pytest.mark.parametrize("panel", ["", "1"])
    def test_a_run_and_its_tab_in_airflow(
        self, site: Site, tab: Page, story: Story, hourly: Runner, panel: str
    ) -> None:
        story.apply(emails=[])
        ended = hourly.manual(opportunity_ids=[story.apply()])
        tab.goto(f"{site.url}run?{query(dag_id=INVITE, run_id=ended.run_id, panel=panel)}")
        expect(tab.locator("table")).to_be_visible()
        assert faults(tab) == []

    def test_a_followed_run(self, site: Site, tab: Page, story: Story, hourly: Runner) -> None:
        ada = story.apply()
        tab.goto(f"{site.url}why?{query(opportunity_id=ada)}")
        tab.get_by_role("button", name="Invite now").click()
        expect(tab.locator("#run")).to_contain_text("queued")
        assert faults(tab) == []
        ended = hourly.manual(opportunity_ids=[ada])
        tab.goto(f"{site.url}why-run?{query(dag_id=INVITE, run_id=ended.run_id, opportunity_id=ada)}")
        expect(tab.locator("#word")).to_be_visible()
        assert faults(tab) == []


class TestAccounts:
    def follow(self, tab: Page, name: str) -> None:
        with tab.expect_navigation():
            tab.get_by_role("list", name="Accounts").get_by_role("link", name=name, exact=True).click()

    def test_each_page_leads_to_the_others(self, two: Site, tab: Page) -> None:
        tab.goto(f"{two.url}why")
        for account, path in ((BERLIN, "berlin/"), (DEFAULT, ""), (BERLIN, "berlin/")):
            self.follow(tab, account.account_id)
            assert tab.url == two.url + path
            expect(tab).to_have_title(f"What happened · {account.account_id} · Alva and Lever")
            expect(tab.get_by_role("list", name="Accounts").locator("[aria-current]")).to_have_text(account.account_id)
            assert faults(tab) == []
        tab.get_by_role("link", name="Set-up", exact=True).click()
        expect(tab.locator("#checklist")).to_contain_text(f"Pool {BERLIN.pool}")
        assert faults(tab) == []

    def test_many_accounts_with_long_names(
        self, two: Site, tab: Page, airflow_app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        many = [Account.named(f"recruiting_in_the_office_no_{number:03}") for number in range(20)]
        with named_in_configuration(DEFAULT, *many), monkeypatch.context() as patch:
            patch.setattr(airflow_app.router, "routes", [Mount(URL_PREFIX, build_app()), *airflow_app.router.routes])
            tab.goto(two.url)
            for account in many[::19]:
                self.follow(tab, account.account_id)
                expect(tab).to_have_title(f"What happened · {account.account_id} · Alva and Lever")
                assert faults(tab) == []


class TestErrors:
    @pytest.mark.parametrize(
        ("path", "said"),
        [
            (f"run?{query(dag_id=INVITE, run_id='x')}", "This is no run of Alva and Lever"),
            (f"run?{query(dag_id=INVITE, run_id='x', panel='1')}", "This is no run of Alva and Lever"),
            (f"why-run?{query(dag_id=INVITE, run_id='x', opportunity_id=UNKNOWN)}", "Airflow has no such run."),
            ("why?opportunity_id=Ada", "This is neither the address"),
            ("granted?state=forged&code=x", "This answer came too late"),
            ("nothing", "Not Found"),
        ],
    )
    def test_there_is_no_such_thing(self, site: Site, tab: Page, path: str, said: str) -> None:
        tab.goto(site.url + path)
        expect(tab.locator("main")).to_contain_text(said)
        assert faults(tab) == []

    def test_a_refused_start(self, site: Site, tab: Page) -> None:
        tab.goto(site.url)
        form = tab.locator("form[action=backfill]")
        form.get_by_label("From").fill(ago(timedelta(days=60)))
        form.get_by_role("button").click()
        tab.get_by_role("heading", name="Not started").wait_for()
        assert faults(tab) == []

    def test_a_fault_beside_its_field(self, site: Site, tab: Page) -> None:
        tab.goto(f"{site.url}set-up")
        tab.get_by_label("Where Lever reaches Airflow").fill("http://airflow.example.com")
        tab.get_by_role("button", name="Register the four webhooks").click()
        expect(tab.locator("#url[aria-invalid]")).to_be_visible()
        assert faults(tab) == []

    @pytest.mark.parametrize("path", ["candidates?state=sent", "standing"])
    def test_lever_refuses(self, site: Site, tab: Page, sandbox: Sandbox, path: str) -> None:
        sandbox.faults.add("lever", "GET", status=403, times=None)
        tab.goto(site.url + path)
        expect(tab.get_by_role("alert")).to_be_visible()
        assert faults(tab) == []

    def test_others_are_asking(
        self, site: Site, tab: Page, airflow_app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = build_app()
        page.state.turns = threading.Semaphore(0)
        monkeypatch.setattr(airflow_app.router, "routes", [Mount(URL_PREFIX, page), *airflow_app.router.routes])
        tab.goto(f"{site.url}standing")
        expect(tab.get_by_role("status")).to_contain_text("Others are asking")
        assert faults(tab) == []

    def test_a_role_that_may_not_look(self, site: Site, tab: Page, context: BrowserContext) -> None:
        log_in(context, site, None)
        tab.goto(site.url)
        expect(tab.locator("body")).to_contain_text("may not look here")
        assert faults(tab) == []
