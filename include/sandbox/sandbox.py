"""The stand-in as one object: a simulation and the ways to reach it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from include.sandbox.adapter import SandboxAdapter
from include.sandbox.gate import ALVA_ROOT, LEVER_ROOT, Gate
from include.sandbox.server import running
from include.sandbox.simulation import Simulation

IN_PROCESS = "http://127.0.0.1"


class Sandbox(Simulation):
    """`app` (ASGI), `adapter` (requests, no socket), `serve` (HTTP on a free port)."""

    @cached_property
    def gate(self) -> Gate:
        """The whole ASGI application: ``/lever/v1``, ``/alva/v1``, ``/control``."""
        return Gate(self)

    @property
    def app(self) -> Gate:
        return self.gate

    @property
    def lever_root(self) -> str:
        """Lever's API root in process."""
        return IN_PROCESS + LEVER_ROOT

    @property
    def alva_root(self) -> str:
        """Alva's API root in process."""
        return IN_PROCESS + ALVA_ROOT

    def adapter(self) -> SandboxAdapter:
        """Returns an adapter for ``session.mount("http://", ...)`` that answers without a socket."""
        return SandboxAdapter(self.gate)

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Runs a real server on the loopback interface during the block; yields its base URL. Port 0: any free port."""
        with running(self.gate, port) as base_url:
            yield base_url
