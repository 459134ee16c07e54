"""How the sandbox is reached: in process, by a transport adapter for requests, or over a socket, by uvicorn on the
loopback interface. Either can cut a connection midway."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import http.client
import io
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import requests
import uvicorn
from requests.adapters import HTTPAdapter
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from urllib3 import HTTPHeaderDict, HTTPResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from include.sandbox.answer import CUT

# In process


@functools.cache
def _loop(process_id: int) -> asyncio.AbstractEventLoop:
    """An event loop in its own thread, for all adapters of a process. A forked process gets a new one."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="sandbox-in-process", daemon=True).start()
    return loop


class SandboxAdapter(HTTPAdapter):
    """Calls the application, and raises the errors that a socket would: `ConnectionError` or `ChunkedEncodingError` for
    a cut connection, `ReadTimeout` for an answer that takes longer than the caller waits.

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
        read_seconds = timeout[1] if isinstance(timeout, tuple) else timeout
        running = asyncio.run_coroutine_threadsafe(_exchange(self._application, request), _loop(os.getpid()))
        try:
            answer = running.result(read_seconds)
        except concurrent.futures.TimeoutError as error:
            if running.done():
                raise
            raise requests.exceptions.ReadTimeout("Read timed out.", request=request) from error
        if answer is None:
            raise requests.exceptions.ConnectionError("Remote end closed connection without response", request=request)
        return self.build_response(request, answer)


async def _exchange(application: ASGIApp, request: requests.PreparedRequest) -> HTTPResponse | None:
    """Returns the application's answer, None if it cut the connection before any."""
    url, body, over = urlsplit(request.url or ""), request.body or b"", asyncio.Event()
    unread: list[Message] = [{"type": "http.request", "body": _raw(body, "utf-8"), "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if not unread:
            await over.wait()
            return {"type": "http.disconnect"}
        return unread.pop()

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            over.set()

    scope: Scope = {
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
        "extensions": {CUT: over.set},
    }
    await application(scope, receive, send)
    if not sent:
        return None
    start, *parts = sent
    return HTTPResponse(
        body=io.BytesIO(b"".join(part.get("body", b"") for part in parts)),
        headers=HTTPHeaderDict([(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]),
        status=start["status"],
        reason=http.client.responses.get(start["status"]),
        preload_content=False,
        enforce_content_length=True,  # notices a body that was cut short, as a socket does
        request_method=request.method,
    )


def _raw(value: str | bytes, encoding: str = "latin-1") -> bytes:
    return value if isinstance(value, bytes) else value.encode(encoding)


# Over a socket

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _Cuttable(H11Protocol):
    """Gives the application a function that drops the request's connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn itself declares it
        super().connection_made(transport)
        application = cast(ASGIApp, self.app)

        async def with_cut(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[CUT] = transport.abort
            await application(scope, receive, send)

        self.app = cast(Any, with_cut)


class _Server(uvicorn.Server):
    """Ends as soon as it is told to. uvicorn's own looks for that ten times a second, and then sleeps for a tenth."""

    _told: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def stop(self) -> None:
        """Tells it from another thread to end."""
        self.should_exit = True
        if self._told is not None:
            loop, told = self._told
            loop.call_soon_threadsafe(told.set)

    async def main_loop(self) -> None:
        told = asyncio.Event()
        self._told = asyncio.get_running_loop(), told
        waiting = {asyncio.create_task(super().main_loop()), asyncio.create_task(told.wait())}
        if not self.should_exit:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        await asyncio.wait(waiting)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in self.servers:
            listener.close()
        for listening in sockets or []:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(3):  # lets the connections that are idle close
            await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)


def server(application: ASGIApp) -> _Server:
    """Returns a server without a socket."""
    config = uvicorn.Config(
        application,
        http=_Cuttable,
        interface="asgi3",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )
    return _Server(config)


def listen(port: int, host: str = LOOPBACK[0]) -> socket.socket:
    """Opens a socket on the loopback interface only. Port 0: any free port. ValueError for another host."""
    if host not in LOOPBACK:
        raise ValueError(f"The sandbox listens on {', '.join(LOOPBACK)} only, not on {host}: it protects nothing.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    return listening


@contextmanager
def running(application: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serves in a thread during the block; yields the base URL."""
    listening = listen(port)
    base_url = f"http://{LOOPBACK[0]}:{listening.getsockname()[1]}"
    serving = server(application)
    listening.listen(128)  # from here on a caller waits for an answer and is not refused
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]}, name="sandbox-http", daemon=True)
    thread.start()
    try:
        yield base_url
    finally:
        serving.stop()
        thread.join()
        listening.close()
