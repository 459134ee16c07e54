"""What Airflow's API server serves: the webhook endpoints, which make deliveries durable, and the page."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from functools import cache, partial

from airflow.observability import stats
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse

from alva_lever.account import ACCOUNTS, DEFAULT, Account
from alva_lever.alva.deliveries import Delivery as AlvaDelivery
from alva_lever.lever.deliveries import Delivery as LeverDelivery
from alva_lever.metrics import Metrics
from alva_lever.rules.events import Event
from alva_lever.web import actions, candidates, grant, happened, why
from alva_lever.web.airflow_internals import new_run_id, start_run
from alva_lever.web.group import Group
from alva_lever.web.pages import add_pages, lead_to_account, to_elsewhere
from alva_lever.web.receiver import Receiver
from alva_lever.web.setup import page as set_up
from alva_lever.web.signing_tokens import FreshTokens, signing_tokens
from alva_lever.web.visitors import Elsewhere

_ROUTERS = (happened.router, candidates.router, actions.router, why.router, set_up.router, grant.router)
# What is served in the place of the default account's page where there is no such account.
_first = APIRouter()


@_first.get("/")
async def lead_to_first() -> RedirectResponse:
    """Leads to the page of the account that is named first."""
    return RedirectResponse(f"{next(iter(ACCOUNTS))}/", 303)


@_first.get("/run", dependencies=[Depends(lead_to_account)])
async def lead_to_run() -> None:
    """Leads to the run on the page of its account."""
    raise HTTPException(404, "This is no run of Alva and Lever")


async def _to_page(request: Request, account: Account) -> RedirectResponse:
    return RedirectResponse(f"{account.account_id}/", 303)


def build_app() -> FastAPI:
    """Builds the app: the page of `default`, and under the name of each other account an app of the same pages.

    Webhooks need no login, since every delivery is signed; pages ask for Airflow's.
    """
    app = _new_app()
    for account in ACCOUNTS.values():
        _add_webhooks(app, account)
        if account.page_path:
            its_app = _new_app()
            add_pages(its_app, account, *_ROUTERS)
            # People leave out the last slash.
            app.add_route(account.page_path, partial(_to_page, account=account), methods=["GET"])
            app.mount(account.page_path, its_app)
    if DEFAULT in ACCOUNTS.values():
        add_pages(app, DEFAULT, *_ROUTERS)
    else:
        # Airflow's menu and tabs lead here.
        app.state.account = DEFAULT
        app.include_router(_first)
        app.add_exception_handler(Elsewhere, to_elsewhere)
    return app


def _new_app() -> FastAPI:
    """Returns an app that serves no description of itself."""
    return FastAPI(title="Alva and Lever", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)


def _add_webhooks(app: FastAPI, account: Account) -> None:
    group: Group[Event] = Group(partial(start_events_run, account.events_dag_id))
    for vendor, path, conn_id, read in (
        ("lever", account.lever_webhook_path, account.lever_webhook_conn_id, _lever_delivery),
        ("alva", account.alva_webhook_path, account.alva_webhook_conn_id, AlvaDelivery.read),
    ):
        tokens = FreshTokens(partial(signing_tokens, conn_id))
        metrics = Metrics(stats, account=account.account_id, vendor=vendor)
        receiver = Receiver(read, conn_id=conn_id, tokens=tokens, group=group, metrics=metrics)
        # Both spellings are routes: to the sender, a redirect is a failed delivery.
        for spelling in (path, f"{path}/"):
            app.add_route(spelling, receiver.answer, methods=["POST"])


def start_events_run(dag_id: str, events: Sequence[Event]) -> None:
    """Starts one run for all events; its conf holds kinds and ids.

    :raises NotWritten: the run could not be created.
    """
    deliveries = [event.as_json() for event in dict.fromkeys(events)]
    start_run(dag_id, new_run_id("webhooks__"), {"deliveries": deliveries})
    if len(events) > 1:
        leave_alone_what_is_loaded()


@cache
def leave_alone_what_is_loaded() -> None:
    """Takes what the server has loaded out of garbage collection, once, with the first burst of deliveries.

    In a burst the server would else stop once a second, for a quarter of a second and more, to search its own million
    objects in vain. Airflow's executors and its DAG processor do the same. At its start, a server has loaded only a
    part.
    """
    gc.collect()
    gc.freeze()


def _lever_delivery(body: bytes, headers: Mapping[str, str]) -> LeverDelivery:
    return LeverDelivery.read(body)
