"""The application that the plugin mounts on Airflow's API server, under `/alva-lever`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from fastapi import FastAPI

from alva_lever.account import ACCOUNTS, Account
from alva_lever.alva.deliveries import Delivery as AlvaDelivery
from alva_lever.lever.deliveries import Delivery as LeverDelivery
from alva_lever.rules.claims import Event
from alva_lever.web.group import Group
from alva_lever.web.internals import start_run
from alva_lever.web.receiver import Receiver
from alva_lever.web.tokens import FreshTokens, signing_tokens


def build_app() -> FastAPI:
    """Airflow asks nobody who comes here for a login: a delivery has its signature. It describes itself to nobody."""
    app = FastAPI(title="Alva and Lever", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    for account in ACCOUNTS.values():
        _add_webhooks(app, account)
    return app


def _add_webhooks(app: FastAPI, account: Account) -> None:
    group: Group[Event] = Group(partial(start_events_run, account.events_dag_id))
    for path, conn_id, read in (
        (account.lever_webhook_path, account.lever_webhook_conn_id, _lever_delivery),
        (account.alva_webhook_path, account.alva_webhook_conn_id, AlvaDelivery.read),
    ):
        tokens = FreshTokens(partial(signing_tokens, conn_id))
        receiver = Receiver(read, conn_id=conn_id, tokens=tokens, group=group)
        # A redirect from the one to the other would be a failed delivery to the sender.
        for spelling in (path, f"{path}/"):
            app.add_route(spelling, receiver.answer, methods=["POST"])


def start_events_run(dag_id: str, events: Sequence[Event]) -> None:
    """One run for all of them; its conf holds kinds and ids.

    :raises NotWritten: it could not be made.
    """
    deliveries = [event.as_json() for event in dict.fromkeys(events)]
    run_id = f"webhooks__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}_{secrets.token_hex(4)}"
    start_run(dag_id, run_id, {"deliveries": deliveries})


def _lever_delivery(body: bytes, headers: Mapping[str, str]) -> LeverDelivery:
    return LeverDelivery.read(body)
