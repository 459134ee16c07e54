"""Receives the deliveries of a vendor's webhook: reads, verifies and answers them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from alva_lever.http.deliveries import NotTaken
from alva_lever.metrics import Metric, Metrics, switched_on
from alva_lever.rules.events import Event
from alva_lever.web.airflow_internals import NotWritten
from alva_lever.web.group import Group
from alva_lever.web.signing_tokens import FreshTokens

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
