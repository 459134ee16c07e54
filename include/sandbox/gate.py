"""What every request to one of the two services passes on its way in and out: the journal and the faults."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from include.sandbox.answer import CUT, Answer
from include.sandbox.clock import Clock
from include.sandbox.faults import PASSING_THROUGH, Fault, Faults
from include.sandbox.journal import Journal
from include.sandbox.spoiling import edited, instead, spoiled

LEVER_ROOT = "/lever/v1"
ALVA_ROOT = "/alva/v1"
_ROOTS = {"lever": LEVER_ROOT, "alva": ALVA_ROOT}
_TOKENS = {"lever": "offset", "alva": "cursor"}


class Gate:
    """ASGI. What goes elsewhere than to a service (``/control``) passes as it is."""

    def __init__(self, application: ASGIApp, clock: Clock, journal: Journal, faults: Faults) -> None:
        self.application = application
        self._clock = clock
        self._journal = journal
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = _service(scope)
        if service is None:
            await self.application(scope, receive, send)
            return
        method, path = scope["method"], scope["path"][len(_ROOTS[service]) :] or "/"
        query = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        client = scope.get("client")
        number = self._journal.arrived(
            service, method, path, query, client[1] if client else None, self._clock.now_ms()
        )
        body = await _read(receive)
        token = next((value for name, value in query if name == _TOKENS[service]), None)
        met = self._faults.take(service, method, path, query=query, has_token=token is not None)
        fault = await self._let_pass(met)
        kind = fault.kind if fault else None
        if kind == "cut_before":
            await _cut(scope, receive)
            return
        answer = instead(service, fault) if fault else None
        if answer is None:
            answer = await self._handle(scope, body)
            for edit in (other for other in met if other.kind == "edit"):
                answer = await asyncio.to_thread(edited, edit, answer)
            if fault is not None:
                answer = spoiled(service, fault, answer, token)
        if kind == "cut_after":
            await _cut(scope, receive)
        elif kind == "cut_within":
            await answer.send(send, size=len(answer.body) // 2)
            await _cut(scope, receive)
        else:
            self._journal.answered(number, answer.status)
            await answer.send(send)

    async def _let_pass(self, faults: list[Fault]) -> Fault | None:
        """Does what comes before the handling; gives the fault that spoils the request, if one does."""
        spoiling = None
        for fault in faults:
            if fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "call" and fault.action is not None:
                await asyncio.to_thread(fault.action)
            elif fault.kind not in PASSING_THROUGH:
                spoiling = fault
        return spoiling

    async def _handle(self, scope: Scope, body: bytes) -> Answer:
        parts: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            parts.append(message)

        await self.application(scope, receive, send)
        start = parts[0]
        return Answer(start["status"], list(start["headers"]), b"".join(part.get("body", b"") for part in parts[1:]))


def _service(scope: Scope) -> str | None:
    if scope["type"] != "http":
        return None
    for service, root in _ROOTS.items():
        if scope["path"] == root or scope["path"].startswith(root + "/"):
            return service
    return None


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _cut(scope: Scope, receive: Receive) -> None:
    scope["extensions"][CUT]()
    while (await receive())["type"] != "http.disconnect":
        continue
