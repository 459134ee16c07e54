"""The webhook endpoints in Airflow's API server: they receive deliveries, verify them and make them durable."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from airflow.observability import stats
from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from alva_lever.account import ACCOUNTS, Account
from alva_lever.alva.deliveries import Delivery as AlvaDelivery
from alva_lever.http.deliveries import NotTaken
from alva_lever.lever.deliveries import Delivery as LeverDelivery
from alva_lever.metrics import Metric, Metrics, switched_on
from alva_lever.rules.events import Event
from alva_lever.web import actions, grant, happened, live, setup, why
from alva_lever.web.airflow_internals import NotWritten, start_run
from alva_lever.web.group import Group
from alva_lever.web.pages import add_pages
from alva_lever.web.tokens import FreshTokens, signing_tokens

log = logging.getLogger(__name__)

LARGEST_BYTES = 64 * 1024
WHOLE_WITHIN_SECONDS = 10.0
_LATER = "This can't be stored right now. Send it again later"


class Delivery(Protocol):
    """A delivery, read by the vendor's own package."""

    def event(self, tokens: Iterable[str], *, now_ms: int) -> Event | None:
        """Returns the event, None if there is nothing to do. :raises NotTaken: 401 or 400."""


class Receiver:
    """Receives the deliveries of one vendor.

    :param read: reads a delivery from a body and its headers. :raises NotTaken: 400 or 401.
    :param conn_id: the connection whose password holds the signing tokens.
    """

    def __init__(
        self,
        read: Callable[[bytes, Mapping[str, str]], Delivery],
        *,
        conn_id: str,
        tokens: FreshTokens,
        group: Group[Event],
        metrics: Metrics,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._read = read
        self._conn_id = conn_id
        self._tokens = tokens
        self._group = group
        self._metrics = metrics
        self._now = now

    async def answer(self, request: Request) -> JSONResponse:
        """Answers a delivery, also after an unexpected error, and counts the answer."""
        answer = await self._answer(request)
        if switched_on():
            self._metrics.count(Metric.WEBHOOKS, status=str(answer.status_code))
        return answer

    async def _answer(self, request: Request) -> JSONResponse:
        try:
            status, sentence = await self._take(request)
        except NotTaken as refused:
            status, sentence = refused.status, str(refused)
        except NotWritten as fault:
            log.error("A delivery was answered 503, to be sent again: %s", fault)
            return JSONResponse({"detail": _LATER}, 503)
        except Exception as error:
            # The error's text may hold values of the delivery.
            log.error("A delivery was answered 503, to be sent again: %s", type(error).__name__)
            return JSONResponse({"detail": _LATER}, 503)
        if status >= 400:
            log.warning("A delivery to %s was answered %s: %s", request.url.path, status, sentence)
        # The unread rest of a body must not be read as the next request.
        headers = {"Connection": "close"} if status in (408, 413) else None
        return JSONResponse({"detail": sentence}, status, headers)

    async def _take(self, request: Request) -> tuple[int, str]:
        body = await _body(request)
        delivery = self._read(body, request.headers)
        tokens = await self._tokens.get()
        if not tokens:
            log.warning("No signing token: put what the vendor shows into the password of %s", self._conn_id)
        event = delivery.event(tokens, now_ms=int(self._now() * 1000))
        if event is None:
            return 200, "Nothing to do"
        await self._group.add(event)
        return 200, "Taken"


async def _body(request: Request) -> bytes:
    """Reads the body. :raises NotTaken: 413, it is too large; 408, it takes too long; 400, the sender hung up before
    its end."""
    too_large = NotTaken(413, f"The body is larger than {LARGEST_BYTES} bytes")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 9 or int(length) > LARGEST_BYTES):
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(WHOLE_WITHIN_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BYTES:
                    raise too_large
    except TimeoutError:
        raise NotTaken(408, f"The body was not complete after {WHOLE_WITHIN_SECONDS:g} seconds") from None
    except ClientDisconnect:
        raise NotTaken(400, "The body was cut short") from None
    return bytes(body)


def build_app() -> FastAPI:
    """Builds the app. Webhooks need no login, since every delivery is signed; pages ask for Airflow's. It serves no API
    description."""
    app = FastAPI(title="Alva and Lever", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    for account in ACCOUNTS.values():
        _add_webhooks(app, account)
    add_pages(app, happened.router, live.router, actions.router, why.router, setup.router, grant.router)
    return app


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
    run_id = f"webhooks__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}_{secrets.token_hex(4)}"
    start_run(dag_id, run_id, {"deliveries": deliveries})


def _lever_delivery(body: bytes, headers: Mapping[str, str]) -> LeverDelivery:
    return LeverDelivery.read(body)
