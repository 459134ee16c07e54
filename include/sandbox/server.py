"""Access over a socket: uvicorn on the loopback interface, able to cut a connection midway."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from include.sandbox.answer import CUT

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


def server(application: ASGIApp) -> uvicorn.Server:
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
    return uvicorn.Server(config)


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
        serving.should_exit = True
        thread.join()
        listening.close()
