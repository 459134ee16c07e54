"""What every request to either service passes, in this order: the journal, the faults, the world's lock, the key."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from include.sandbox.answer import Cut, Refusal
from include.sandbox.faults import PASSING_THROUGH, Fault

_NOT_JSON = {"type": "json_invalid", "loc": ("body",), "msg": "JSON decode error"}
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Door(APIRoute, ABC):
    """A route of one service. Its function is a coroutine that waits for nothing, so the whole request is handled under
    the lock."""

    service: ClassVar[str]
    root: ClassVar[str]
    page_token: ClassVar[str]  # the parameter that names a page

    @abstractmethod
    def admit(self, request: Request) -> None:
        """Checks the request's key. Raises the service's refusal."""

    @abstractmethod
    def unreadable(self, error: RequestValidationError) -> Refusal:
        """Returns the refusal of a query or a body with these errors."""

    @abstractmethod
    def refusal(self, status: int, message: str) -> Refusal:
        """Returns the service's refusal with this status."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def served(request: Request) -> Response:
            sandbox, scope = request.state.sandbox, request.scope
            method, path = scope["method"], scope["path"].removeprefix(self.root) or "/"
            query = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
            token = next((value for name, value in query if name == self.page_token), None)
            port, now_ms = request.client and request.client.port, sandbox.clock.now_ms()
            number = sandbox.journal.arrived(self.service, method, path, query, port, now_ms)
            try:
                await request.body()
            except ClientDisconnect:  # the caller has gone; nobody reads this
                return Response()
            met = sandbox.faults.take(self.service, method, path, query=query, has_token=token is not None)
            fault = await _let_pass(met)
            if fault is not None and fault.kind == "cut_before":
                return Cut()
            ordered = self.refusal(fault.status or 503, "A fault that was ordered in the sandbox.") if fault else None
            answer = fault.instead(ordered.body()) if fault and ordered else None
            if answer is None:
                answer = await self._handled(request, handle)
                for edit in (other for other in met if other.kind == "edit"):
                    await asyncio.to_thread(edit.spoil, answer, token)
                if fault is not None:
                    fault.spoil(answer, token)
            if fault is not None and fault.kind in ("cut_after", "cut_within"):
                return Cut(answer if fault.kind == "cut_within" else None)
            sandbox.journal.answered(number, answer.status_code)
            return answer

        return served

    async def _handled(self, request: Request, handle: Handler) -> Response:
        with request.state.sandbox.world.lock:
            try:
                self.admit(request)
                return await handle(request)
            except Refusal as refusal:
                return refusal.answer()
            except RequestValidationError as error:
                return self.unreadable(error).answer()
            except HTTPException:  # FastAPI raises it for bytes that are not text
                return self.unreadable(RequestValidationError([_NOT_JSON])).answer()


async def _let_pass(faults: list[Fault]) -> Fault | None:
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
