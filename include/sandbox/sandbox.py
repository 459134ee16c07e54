"""The stand-in as one object: a world, its doors, and what a test or a demo does to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from include.sandbox.adapter import SandboxAdapter
from include.sandbox.app import build_app
from include.sandbox.candidates import Candidates
from include.sandbox.clock import Clock
from include.sandbox.control import build_control
from include.sandbox.faults import Faults
from include.sandbox.gate import ALVA_ROOT, LEVER_ROOT, Gate
from include.sandbox.journal import Journal
from include.sandbox.lever.bucket import Limit
from include.sandbox.lever.deliveries import WAITS_SECONDS, Deliveries
from include.sandbox.lever.sender import CONNECTIONS, TIMEOUT_SECONDS
from include.sandbox.look import look
from include.sandbox.recorded import load_recorded
from include.sandbox.recruiter import Recruiter
from include.sandbox.seed import fill
from include.sandbox.server import running
from include.sandbox.world import ALVA_KEY, LEVER_KEY, World

IN_PROCESS = "http://127.0.0.1"


class Sandbox:
    """One world, and its doors: `app` (ASGI), `adapter` (requests, no socket), `serve` (HTTP on a free port).

    ``lever_calls_per_second`` None switches Lever's limit off. ``webhook_waits_seconds``: real time before a delivery
    that failed is sent again, as often as there are waits. All of it may be used from several threads at once.
    """

    LEVER_KEY = LEVER_KEY
    ALVA_KEY = ALVA_KEY

    def __init__(
        self,
        *,
        seed: int = 1,
        lever_calls_per_second: float | None = 10,
        lever_burst: int = 20,
        clock: Clock | None = None,
        webhook_waits_seconds: Sequence[float] = WAITS_SECONDS,
        webhook_connections: int = CONNECTIONS,
        webhook_timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.clock = clock or Clock()
        self.journal = Journal()
        self.faults = Faults()
        self.deliveries = Deliveries(
            waits_seconds=webhook_waits_seconds,
            connections=webhook_connections,
            timeout_seconds=webhook_timeout_seconds,
            seed=seed,
        )
        self.world = World(self.clock, Limit(lever_calls_per_second, lever_burst), seed, self.deliveries)
        self.recruiter = Recruiter(self.world)
        self.candidates = Candidates(self.world.alva)
        self.gate = Gate(self._build(), self.clock, self.journal, self.faults)

    @property
    def app(self) -> Gate:
        """Everything as one ASGI application: ``/lever/v1``, ``/alva/v1``, ``/control``."""
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
        """For ``session.mount("http://", ...)``: answers without a socket."""
        return SandboxAdapter(self.gate)

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """A real server on the loopback interface while the block runs; gives its base URL. Port 0: a free one."""
        with running(self.gate, port) as base_url:
            yield base_url

    def add_lever_key(
        self, token: str, permissions: dict[str, str] | None = None, *, confidential: bool = False, bearer: bool = False
    ) -> str:
        """Another key. ``permissions``: by resource (``{"opportunities": "read"}``), None for all.

        ``bearer``: it is an OAuth access token, sent as Bearer.
        """
        with self.world.lock:
            return self.world.lever.keys.add(token, permissions, confidential=confidential, bearer=bearer).token

    def remove_lever_key(self, token: str) -> None:
        with self.world.lock:
            self.world.lever.keys.remove(token)

    def set_updated_at_lag(self, ms: int) -> None:
        """From now on a change in Lever shows in ``updatedAt`` only after that time."""
        with self.world.lock:
            self.world.lever.updated_at_lag_ms = ms

    def reset(self, seed: int | None = None) -> None:
        """An empty world, no faults, an empty journal, no webhooks and no deliveries. The clock stays as it is."""
        with self.world.lock:
            self._begin_anew(seed)

    def seed(self, seed: int, opportunities: int = 200) -> None:
        """A made-up world in place of the present one, the same for the same number and clock."""
        with self.world.lock:
            self._begin_anew(seed)
            fill(self.world.lever, seed, opportunities)

    def load_recorded(self, folder: Path) -> None:
        """A world from a folder of recorded listings in place of the present one."""
        with self.world.lock:
            self._begin_anew(None)
            load_recorded(self.world.lever, folder)

    def look(self, opportunity: str) -> dict[str, Any]:
        """What one candidate looks like in both services: tags, notes, links and stage, and the state in Alva."""
        return look(self.world, opportunity)

    def count(self) -> dict[str, Any]:
        """How much there is of what."""
        with self.world.lock:
            lever = self.world.lever
            return {
                "opportunities": len(lever.opportunities),
                "contacts": len(lever.contacts),
                "postings": [{"id": row.id, "name": row.text, "tags": row.tags} for row in lever.postings.values()],
                "stages": [{"id": stage.id, "name": stage.text} for stage in lever.stages.values()],
                "deleted": len(lever.deleted["opportunities"]),
                "webhooks": len(lever.webhooks),
            }

    def _begin_anew(self, seed: int | None) -> None:
        self.world.begin_anew(self.world.seed if seed is None else seed)
        self.candidates = Candidates(self.world.alva)
        self.gate.application = self._build()
        self.faults.clear()
        self.journal.clear()

    def _build(self) -> FastAPI:
        return build_app(self.world, build_control(self))
