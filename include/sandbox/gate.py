"""Both services and the control plane as one application, with the journal and the faults in front.

The effect of each fault on an answer is here as well.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from include.sandbox import control
from include.sandbox.alva import AlvaError
from include.sandbox.alva import router as alva
from include.sandbox.answer import CUT, Answer, dump
from include.sandbox.board import add_board
from include.sandbox.faults import PASSING_THROUGH, Fault
from include.sandbox.lever.errors import error_body
from include.sandbox.lever.oauth import router as sign_in
from include.sandbox.lever.routes import router as lever
from include.sandbox.simulation import Simulation

LEVER_ROOT = "/lever/v1"
ALVA_ROOT = "/alva/v1"
SIGN_IN_ROOT = "/lever/sign-in"
_ROOTS = {"lever": LEVER_ROOT, "alva": ALVA_ROOT, "sign_in": SIGN_IN_ROOT}
_TOKENS = {"lever": "offset", "alva": "cursor"}
_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>One moment</title></head><body><h1>One moment, please</h1></body></html>\n"
)

# Shared by all sandboxes of a process: it takes the sandbox from the request's state.
_application = FastAPI(title="Sandbox of Lever and Alva", openapi_url=None, redirect_slashes=False)
_application.include_router(lever, prefix=LEVER_ROOT)
_application.include_router(alva, prefix=ALVA_ROOT)
_application.include_router(sign_in, prefix=SIGN_IN_ROOT)
_application.include_router(control.router, prefix="/control")
add_board(_application)


class Gate:
    """The ASGI application. Requests to ``/control`` bypass journal and faults."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._journal = simulation.journal
        self._faults = simulation.faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"simulation": self._simulation, "world": self._simulation.world}
        service = _service(scope)
        if service is None:
            await _application(scope, receive, send)
            return
        method, path = scope["method"], scope["path"][len(_ROOTS[service]) :] or "/"
        query = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        client = scope.get("client")
        at_ms = self._simulation.clock.now_ms()
        number = self._journal.arrived(service, method, path, query, client[1] if client else None, at_ms)
        body = await _read(receive)
        token = next((value for name, value in query if name == _TOKENS.get(service)), None)
        met = self._faults.take(service, method, path, query=query, has_token=token is not None)
        fault = await self._let_pass(met)
        kind = fault.kind if fault else None
        if kind == "cut_before":
            await _cut(scope, receive)
            return
        answer = _instead(service, fault) if fault else None
        if answer is None:
            answer = await self._handle(scope, body)
            for edit in (other for other in met if other.kind == "edit"):
                answer = await asyncio.to_thread(_edited, edit, answer)
            if fault is not None:
                answer = _spoiled(service, fault, answer, token)
        if kind == "cut_after":
            await _cut(scope, receive)
        elif kind == "cut_within":
            await answer.send(send, size=len(answer.body) // 2)
            await _cut(scope, receive)
        else:
            self._journal.answered(number, answer.status)
            await answer.send(send)

    async def _let_pass(self, faults: list[Fault]) -> Fault | None:
        """Applies the faults that precede the handling. Returns the fault that spoils the request, if any."""
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

        await _application(scope, receive, send)
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


def _instead(service: str, fault: Fault) -> Answer | None:
    """Returns the answer of a fault that keeps the request from the service."""
    status = fault.status or 503
    if fault.kind == "status":
        extra = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        if isinstance(fault.body, str):
            return Answer.of(status, fault.body.encode(), "text/plain; charset=utf-8", extra)
        return Answer.json(status, _error(service, status) if fault.body is None else fault.body, extra)
    if fault.kind == "html":
        return Answer.of(status, _PAGE, "text/html; charset=utf-8")
    if fault.kind == "redirect":
        return Answer.of(302, b"", "text/plain; charset=utf-8", {"Location": fault.location})
    return None


def _edited(fault: Fault, answer: Answer) -> Answer:
    """Returns the service's answer as ``action`` changes it; an error or an empty answer stays as it is."""
    if fault.action is None or answer.status >= 300 or not answer.body:
        return answer
    content = answer.parsed()
    fault.action(content)
    return answer.with_body(dump(content))


def _spoiled(service: str, fault: Fault, answer: Answer, token: str | None) -> Answer:
    """Returns the service's answer with the fault in it. ``token``: of the requested page."""
    if fault.kind == "truncated":
        return answer.with_body(answer.body[: len(answer.body) // 2])
    if fault.kind not in ("no_data", "no_next", "repeated_token") or answer.status >= 300 or not answer.body:
        return answer
    page: dict[str, Any] = answer.parsed()
    if fault.kind == "no_data":
        page.pop("data", None)
    elif fault.kind == "no_next" and service == "lever":
        page["hasNext"] = True
        page.pop("next", None)
    elif fault.kind == "repeated_token" and service == "lever":
        page.update(hasNext=True, next=token)
    elif fault.kind == "repeated_token":
        page.update(next_cursor=token)
    return answer.with_body(dump(page))


def _error(service: str, status: int) -> dict[str, Any]:
    message = "A fault that was ordered in the sandbox."
    if service == "lever":
        return dict(error_body(status, message))
    return AlvaError(status, "ordered_fault", message).body()
