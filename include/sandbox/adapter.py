"""Access without a socket: a transport adapter for requests that calls the ASGI application."""

from __future__ import annotations

import asyncio
import concurrent.futures
import http.client
import io
import os
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from starlette.types import ASGIApp, Message
from urllib3 import HTTPHeaderDict, HTTPResponse

from include.sandbox.answer import CUT


class _Loop:
    """An event loop in its own thread, for all adapters of a process. A forked process gets a new one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0

    def get(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._process != os.getpid():
                self._loop = asyncio.new_event_loop()
                self._process = os.getpid()
                threading.Thread(target=self._loop.run_forever, name="sandbox-in-process", daemon=True).start()
            return self._loop


_loop = _Loop()


class _Exchange:
    """One request to the application, and its answer."""

    def __init__(self, request: requests.PreparedRequest) -> None:
        url = urlsplit(request.url or "")
        body = request.body or b""
        self._body = body.encode() if isinstance(body, str) else bytes(body)
        self._asked = False
        self._over = asyncio.Event()
        self.cut = False
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.content = b""
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": unquote(url.path),
            "raw_path": url.path.encode(),
            "query_string": url.query.encode("latin-1"),
            "root_path": "",
            "headers": [(name.lower().encode(), _raw(value)) for name, value in request.headers.items()],
            "client": None,
            "server": (url.hostname, url.port or 80),
            "extensions": {CUT: self._cut},
        }

    def _cut(self) -> None:
        self.cut = True
        self._over.set()

    async def receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            self.content += message.get("body", b"")
            if not message.get("more_body", False):
                self._over.set()

    async def run(self, application: ASGIApp) -> None:
        await application(self.scope, self.receive, self.send)


class SandboxAdapter(HTTPAdapter):
    """Calls the application, and raises the errors that a socket would.

    These are `ConnectionError` or `ChunkedEncodingError` for a cut connection, `ReadTimeout` for an answer that takes
    longer than the caller waits.

    It can be mounted on several sessions and called from several threads. It never opens a connection.
    """

    def __init__(self, application: ASGIApp) -> None:
        super().__init__()
        self._application = application

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        exchange = _Exchange(request)
        read_seconds = timeout[1] if isinstance(timeout, tuple) else timeout
        running = asyncio.run_coroutine_threadsafe(exchange.run(self._application), _loop.get())
        try:
            running.result(read_seconds)
        except concurrent.futures.TimeoutError as error:
            if running.done():
                raise
            raise requests.exceptions.ReadTimeout("Read timed out.", request=request) from error
        if exchange.cut and exchange.status is None:
            raise requests.exceptions.ConnectionError("Remote end closed connection without response", request=request)
        status = exchange.status or 0
        raw = HTTPResponse(
            body=io.BytesIO(exchange.content),
            headers=HTTPHeaderDict(exchange.headers),
            status=status,
            reason=http.client.responses.get(status),
            preload_content=False,
            enforce_content_length=True,  # notices a body that was cut short, as a socket does
            request_method=request.method,
        )
        return self.build_response(request, raw)


def _raw(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")
