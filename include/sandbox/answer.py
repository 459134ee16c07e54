"""One whole answer of a service, kept so that a fault can change it before it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Send

Headers = list[tuple[bytes, bytes]]

CUT = "include.sandbox.cut"  # the server's extension in the ASGI scope: a function that cuts the connection


@dataclass(slots=True)
class Answer:
    status: int
    headers: Headers
    body: bytes

    @classmethod
    def of(cls, status: int, content: bytes, content_type: str, extra: Mapping[str, str] | None = None) -> Answer:
        headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(content)).encode())]
        headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in (extra or {}).items()]
        return cls(status, headers, content)

    @classmethod
    def json(cls, status: int, value: object, extra: Mapping[str, str] | None = None) -> Answer:
        return cls.of(status, dump(value), "application/json; charset=utf-8", extra)

    def parsed(self) -> Any:
        return json.loads(self.body)

    def with_body(self, content: bytes) -> Answer:
        """Returns the answer with another body and its length."""
        kept = [(name, value) for name, value in self.headers if name != b"content-length"]
        return Answer(self.status, [*kept, (b"content-length", str(len(content)).encode())], content)

    async def send(self, send: Send, *, size: int | None = None) -> None:
        """Sends it, or only the first ``size`` bytes of the body, without the end."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        body = self.body if size is None else self.body[:size]
        await send({"type": "http.response.body", "body": body, "more_body": size is not None})


def dump(value: object) -> bytes:
    """Compact JSON in UTF-8, as both services write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
