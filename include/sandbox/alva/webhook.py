"""Alva's webhook, which a person connects in Alva's settings: its deliveries.

    X-Alva-Signature: sha256=<hex HMAC-SHA256 of the raw body, with the webhook's token as its key>
    {"id": "evt_<n>", "event", "created_at", "data": {"candidate_id", "job_position_id"}}

Neither format is published: both are this project's choice. A delivery holds no result and no personal data. Webhooks
created by the API are different: they are stored, but get no deliveries.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from include.sandbox.alva.models import BOUNCED, COMPLETED, Candidate
from include.sandbox.alva.wire import Clock, iso
from include.sandbox.answer import dump
from include.sandbox.deliveries import Deliveries, Delivery


@dataclass(frozen=True, slots=True, repr=False)
class Connection:
    """The URL of the deliveries, and the token that signs them."""

    url: str
    token: str
    id: str = "alva"  # its name in the list of deliveries


class AlvaWebhook:
    """An organisation's one webhook, for all events. It is not connected at first."""

    def __init__(self, clock: Clock, deliveries: Deliveries) -> None:
        self._clock = clock
        self._deliveries = deliveries
        self.connection: Connection | None = None

    @contextmanager
    def watching(self, candidates: Iterable[Candidate]) -> Iterator[None]:
        """Sends a delivery for each of these candidates whose `updated_at` the block has changed."""
        before = [(candidate, _State.of(candidate)) for candidate in candidates]
        yield
        for candidate, state in before:
            now = _State.of(candidate)
            if self.connection is not None and now.updated_at_ms != state.updated_at_ms:
                self.tell(now.event_since(state), candidate.id, candidate)

    def tell(self, event: str, candidate_id: str, candidate: Candidate | None) -> str:
        """Sends a delivery about a candidate, who may not exist. Returns its id; ValueError if the webhook isn't
        connected."""
        if self.connection is None:
            raise ValueError("Alva's webhook is not connected")
        uid, at_ms = f"evt_{self._deliveries.ids.serial()}", self._clock.now_ms()
        position_id, external_id = (None, None) if candidate is None else (candidate.position_id, candidate.external_id)
        data = {"candidate_id": candidate_id, "job_position_id": position_id}
        created_at = iso(at_ms, with_fraction=True)
        body = dump({"id": uid, "event": event, "created_at": created_at, "data": data})
        signature = hmac.new(self.connection.token.encode(), body, hashlib.sha256).hexdigest()
        headers = {"User-Agent": "Alva-Webhooks", "X-Alva-Signature": f"sha256={signature}"}
        return self._deliveries.add(Delivery(uid, event, self.connection, external_id, at_ms, body, headers))


class _State(NamedTuple):
    """The state that decides which event a candidate's change is."""

    updated_at_ms: int
    fitted: bool
    completed: int
    bounced: bool

    @classmethod
    def of(cls, candidate: Candidate) -> _State:
        completed = sum(test.status == COMPLETED for test in candidate.assessments)
        bounced = candidate.invitation is not None and candidate.invitation.status == BOUNCED
        return cls(candidate.updated_at_ms, candidate.role_fit is not None, completed, bounced)

    def event_since(self, before: _State) -> str:
        if self.fitted and not before.fitted:
            return "role_fit.created"
        if self.completed > before.completed:
            return "test.completed"
        return "invitation.bounced" if self.bounced and not before.bounced else "candidate.updated"
