"""One world with its faults and its journal, for a test or a demo to control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from include.sandbox.alva.organisation import ALVA_KEY
from include.sandbox.candidates import Candidates
from include.sandbox.clock import Clock
from include.sandbox.deliveries import CONNECTIONS, TIMEOUT_SECONDS, WAITS_SECONDS, Deliveries
from include.sandbox.faults import Faults
from include.sandbox.journal import Journal
from include.sandbox.lever.access import Limit
from include.sandbox.recorded import load_recorded
from include.sandbox.recruiter import Recruiter
from include.sandbox.seed import fill
from include.sandbox.world import LEVER_KEY, Naming, World


class Simulation:
    """Safe to use from several threads. ``lever_calls_per_second`` None switches Lever's limit off.
    ``webhook_waits_seconds``: real time before each retry of a delivery."""

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
        self.deliveries = Deliveries(webhook_waits_seconds, webhook_connections, webhook_timeout_seconds, seed)
        self.world = World(self.clock, Limit(lever_calls_per_second, lever_burst), seed, self.deliveries)
        self.recruiter = Recruiter(self.world)
        self.candidates = Candidates(self.world.alva)

    def add_lever_key(
        self,
        token: str,
        permissions: Mapping[str, str] | None = None,
        *,
        confidential: bool = False,
        bearer: bool = False,
    ) -> str:
        """Adds a key. ``permissions``: by resource (``{"opportunities": "read"}``), None for all. ``bearer``: an OAuth
        access token, sent as Bearer."""
        with self.world.lock:
            return self.world.lever.keys.add(token, permissions, confidential=confidential, bearer=bearer).token

    def remove_lever_key(self, token: str) -> None:
        with self.world.lock:
            self.world.lever.keys.remove(token)

    def set_updated_at_lag(self, ms: int) -> None:
        """From now on ``updatedAt`` shows a change in Lever only after this time."""
        with self.world.lock:
            self.world.lever.updated_at_lag_ms = ms

    def reset(self, seed: int | None = None) -> None:
        """Empties the world: no faults, journal, webhooks or deliveries. The clock stays as it is."""
        with self.world.lock:
            self.world.begin(self.world.seed if seed is None else seed)
            self.candidates = Candidates(self.world.alva)
            self.faults.clear()
            self.journal.clear()

    def seed(self, seed: int, opportunities: int = 200) -> None:
        """Replaces the world by a generated one, which is the same for the same seed and clock."""
        with self.world.lock:
            self.reset(seed)
            fill(self.world.lever, seed, opportunities)

    def load_recorded(self, folder: Path) -> None:
        """Replaces the world by one from a folder of recorded listings."""
        with self.world.lock:
            self.reset()
            load_recorded(self.world.lever, folder)

    def look(self, opportunity: str) -> dict[str, Any]:
        """Returns one candidate in both services, for a demo to print and a person to check.

        ``{opportunity, stage, archived, tags, links, notes, posting, alva}``: ``stage`` and ``archived`` are names
        (``archived`` null if active), ``notes`` lists ``{id, author, text}`` in the order they were written, ``alva``
        is `Candidates.find`. ValueError if Lever has no such opportunity.
        """
        with self.world.lock:
            row, lever = Naming(self.world).opportunity(opportunity), self.world.lever
            return {
                "opportunity": row.id,
                "stage": row.stage.text,
                "archived": lever.archive_reason(row.archived.reason).text if row.archived else None,
                "tags": [*row.tags],
                "links": [*row.contact.links],
                "notes": [
                    {
                        "id": note.id,
                        "author": lever.users[note.user].name if note.user in lever.users else None,
                        "text": "\n\n".join(comment.value for comment in note.comments),
                    }
                    for note in row.notes.values()
                ],
                "posting": row.posting.text if row.posting else None,
                "alva": self.candidates.find(opportunity),
            }

    def count(self) -> dict[str, Any]:
        """Counts the records of each kind."""
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
