"""A small HTTP server on loopback that answers from a script and records what reaches it."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Received:
    """One request as it arrived. `connection` counts the TCP connections from 1."""

    method: str
    path: str
    raw_query: str
    headers: dict[str, str]
    body: Any
    connection: int

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.raw_query, keep_blank_values=True)


@dataclass(frozen=True)
class Reply:
    """A response to send: JSON, or raw bytes. `cut` closes the connection, after the body if there is one."""

    status: int = 200
    json: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False

    def content(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.status == 204 else json.dumps(self.json).encode()


Step = Reply | Callable[[Received], Reply]
CUT = Reply(cut=True)


def data(*rows: Any, next: str | None = None) -> Reply:
    """Returns a page of a Lever listing."""
    return Reply(json={"data": list(rows), "hasNext": next is not None} | ({"next": next} if next else {}))


class RecordingServer:
    """`answer(...)` adds steps to the script; each request takes the next one. `received` lists the requests."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._script: deque[Step] = deque()
        self._always: Step | None = None
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one packet: sent separately, the second waits for the first.
            wbufsize = -1
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                with outer._lock:
                    outer.connections += 1
                    self.number = outer.connections

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                received = Received(
                    self.command, path, query, dict(self.headers), json.loads(body) if body else None, self.number
                )
                with outer._lock:
                    outer.received.append(received)
                    step = outer._script.popleft() if outer._script else outer._always
                if step is None:
                    step = Reply(418, json={"code": "Unscripted", "message": "the test expected no such request"})
                reply = step if isinstance(step, Reply) else step(received)
                content = reply.content()
                if reply.cut and not content.strip(b"null"):
                    self._cut()
                    return
                # Without the server's own Date and Server headers, if the reply has a Date.
                self.send_response_only(reply.status) if "Date" in reply.headers else self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                # A cut answer promises more bytes than it sends.
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(content) + (50 if reply.cut else 0)))
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()
                if reply.cut:
                    self._cut()

            def _cut(self) -> None:
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

            def log_message(self, format: str, *args: Any) -> None:
                """Keeps the test's output quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Ignores a client that disconnects."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.root = f"http://127.0.0.1:{self.port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def answer(self, *steps: Step) -> None:
        self._script.extend(steps)

    def always(self, step: Step) -> None:
        """Sets the answer for requests after the end of the script."""
        self._always = step

    @property
    def asked(self) -> list[str]:
        """Request lines such as `GET /v1/stages`, in the order of arrival."""
        return [f"{request.method} {request.path}" for request in self.received]

    @property
    def unanswered(self) -> int:
        """The number of scripted answers that no request took."""
        return len(self._script)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Time:
    """A clock that advances only by sleeping."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []
        self._start = now

    def clock(self) -> float:
        return self.seconds

    def now(self) -> float:
        return self._start + self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments for a hook's constructor."""
        return {"clock": self.clock, "now": self.now, "sleep": self.sleep}
