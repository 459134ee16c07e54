"""The webhooks of two Lever accounts: each has its own addresses, signing tokens and DAG."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from fastapi import FastAPI
from sqlalchemy import select

from alva_lever.account import DEFAULT, URL_PREFIX, Account, read_accounts
from alva_lever.plugin import _Lazy
from alva_lever.web.app import build_app
from alva_lever.web.registration import CannotRegister, webhook_url
from tests.dags.runner import Runner
from tests.serving import on_loopback
from tests.statsd import Statsd
from tests.two_accounts import BERLIN, named_in_configuration
from tests.web.conftest import ANOTHER_TOKEN, TOKEN, Door, signed
from tests.web.test_alva_route import body, signature
from tests.web.test_metrics import statsd

__all__ = ["statsd"]
BERLINS = ANOTHER_TOKEN


@pytest.fixture
def two(door: Door, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """Both accounts' webhooks. The tokens of `default` and of `berlin` are different ones."""
    for account, token in ((DEFAULT, TOKEN), (BERLIN, BERLINS)):
        for conn_id in (account.lever_webhook_conn_id, account.alva_webhook_conn_id):
            connection = {"conn_type": "generic", "password": token}
            monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
    with named_in_configuration():
        Runner(BERLIN.events_dag_id)
        served = FastAPI()
        served.mount(URL_PREFIX, build_app())
        with on_loopback(served) as url:
            both = Door(url)
            yield both
            both.session.close()


def started() -> list[str]:
    """Returns the DAGs of the runs that deliveries have started."""
    with create_session() as session:
        return sorted(session.scalars(select(DagRun.dag_id)))


@pytest.mark.parametrize(("account", "token"), [(DEFAULT, TOKEN), (BERLIN, BERLINS)], ids=["default", "berlin"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_delivery_starts_a_run_of_its_account(two: Door, account: Account, token: str, slash: str) -> None:
    lever, alva = (URL_PREFIX + path + slash for path in (account.lever_webhook_path, account.alva_webhook_path))
    assert two.send(signed(token), path=lever).status_code == 200
    content = body()
    headers = {"X-Alva-Signature": signature(content, token)}
    assert two.send(content, path=alva, headers=headers).status_code == 200
    assert started() == [account.events_dag_id] * 2


@pytest.mark.parametrize(("account", "token"), [(DEFAULT, BERLINS), (BERLIN, TOKEN)], ids=["default", "berlin"])
def test_the_signing_token_of_the_other_account_is_refused(two: Door, account: Account, token: str) -> None:
    assert two.send(signed(token), path=URL_PREFIX + account.lever_webhook_path).status_code == 401
    content = body()
    headers = {"X-Alva-Signature": signature(content, token)}
    assert two.send(content, path=URL_PREFIX + account.alva_webhook_path, headers=headers).status_code == 401
    assert started() == []


def test_a_delivery_is_counted_for_its_account(two: Door, statsd: Statsd) -> None:
    two.send(signed(BERLINS), path=URL_PREFIX + BERLIN.lever_webhook_path)
    assert statsd.received() == {"webhooks": ["1|c"], "webhooks.berlin.lever.200": ["1|c"]}


@pytest.mark.parametrize("given", ["https://a.example.com", "https://a.example.com/alva-lever/berlin/webhooks/lever"])
def test_the_address_to_register_is_the_accounts(given: str) -> None:
    assert webhook_url(given, BERLIN) == "https://a.example.com/alva-lever/berlin/webhooks/lever"


@pytest.mark.parametrize(("account", "other"), [(DEFAULT, BERLIN), (BERLIN, DEFAULT)], ids=["default", "berlin"])
def test_the_address_of_another_accounts_webhook_is_refused(account: Account, other: Account) -> None:
    with named_in_configuration(), pytest.raises(CannotRegister, match="another account's webhook"):
        webhook_url(f"https://a.example.com{URL_PREFIX}{other.lever_webhook_path}", account)


class TestWithoutDefault:
    """Airflow's menu and its tab of each run lead to the same addresses, whatever the accounts are called."""

    @pytest.fixture
    def front(self) -> Iterator[Door]:
        with named_in_configuration(BERLIN):
            served = FastAPI()
            served.mount(URL_PREFIX, build_app())
        with on_loopback(served) as url:
            door = Door(url)
            yield door
            door.session.close()

    @pytest.mark.parametrize(
        ("path", "leads_to"),
        [
            ("/", "berlin/"),
            (f"/run?dag_id={BERLIN.results_dag_id}&run_id=a", f"./berlin/run?dag_id={BERLIN.results_dag_id}&run_id=a"),
        ],
    )
    def test_the_front_leads_to_an_accounts_page(self, front: Door, path: str, leads_to: str) -> None:
        with named_in_configuration(BERLIN):
            answer = front.session.get(f"{front.url}{URL_PREFIX}{path}", allow_redirects=False, timeout=60)
        assert (answer.status_code, answer.headers["location"]) == (303, leads_to)

    @pytest.mark.parametrize("path", ["/why", "/set-up", f"/run?dag_id={DEFAULT.results_dag_id}", "/static/page.css"])
    def test_nothing_of_default_is_there(self, front: Door, path: str) -> None:
        with named_in_configuration(BERLIN):
            answer = front.session.get(f"{front.url}{URL_PREFIX}{path}", allow_redirects=False, timeout=60)
            sent = front.send(signed(), path=f"{URL_PREFIX}/webhooks/lever")
        assert (answer.status_code, sent.status_code) == (404, 404)


def test_a_bad_name_does_not_stop_airflows_api_server(logged: Callable[[], str]) -> None:
    def make() -> list[Any]:
        return [read_accounts("Berlin")]

    class Plugin:
        apps = _Lazy(make)

    assert Plugin().apps == []
    assert "Alva and Lever are not served: `[alva_lever] accounts`" in logged()
