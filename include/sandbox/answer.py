"""What the services answer with: JSON, a refusal, or a connection that is cut."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable

from fastapi import Response
from starlette.types import Receive, Scope, Send

CUT = "include.sandbox.cut"  # the server's extension in the ASGI scope: a function that cuts the connection


def dump(value: object) -> bytes:
    """Compact JSON in UTF-8, as both services write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Json(Response):
    media_type = "application/json; charset=utf-8"

    def render(self, content: object) -> bytes:
        return dump(content)


class Cut(Response):
    """Cuts the connection, after nothing or after the head and half the body of an answer."""

    def __init__(self, begun: Response | None = None) -> None:
        super().__init__()
        self._begun = begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._begun is not None:
            half = self._begun.body[: len(self._begun.body) // 2]
            start = {"status": self._begun.status_code, "headers": self._begun.raw_headers}
            await send({"type": "http.response.start", **start})
            await send({"type": "http.response.body", "body": half, "more_body": True})
        cut: Callable[[], None] = scope["extensions"][CUT]
        cut()
        while (await receive())["type"] != "http.disconnect":
            continue


class Refusal(Exception, ABC):
    """A service's answer to what it doesn't do. Each service has its own kind."""

    status: int

    @abstractmethod
    def body(self) -> dict[str, object]:
        """Returns the answer's JSON."""

    def answer(self) -> Response:
        return Json(self.body(), self.status)
