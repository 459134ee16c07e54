"""Reads and verifies Alva's webhook deliveries, and makes events of them. What is assumed of Alva is in docs/alva.md.

    X-Alva-Signature: sha256=<hex HMAC-SHA256 of the raw body>
    {"id", "event", "created_at": ISO 8601, "data": {"candidate_id", ...}}

Only the candidate's id is read; Alva's API gives the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alva_lever.alva.models import DeliveryJson, SentJson
from alva_lever.http.deliveries import (
    EventJson,
    check,
    is_ahead,
    is_too_old,
    json_object,
    said,
    unsigned,
)
from alva_lever.rules.events import Event, Kind

SIGNATURE = "X-Alva-Signature"
_SCHEME = "sha256="


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as received. Nothing in it is trusted before `event` has verified it."""

    _message: bytes = field(repr=False)
    _signature: str = field(repr=False)
    _body: dict[str, object] = field(repr=False)

    @classmethod
    def read(cls, body: bytes, headers: Mapping[str, str]) -> Delivery:
        """Reads a body. :raises NotTaken: 400, it is not a JSON object; 401, it isn't signed as Alva signs."""
        fields = json_object(body)
        signature = headers.get(SIGNATURE, "")
        if not signature.lower().startswith(_SCHEME):
            raise unsigned(f"the header `{SIGNATURE}` is missing, or does not begin with `{_SCHEME}`")
        return cls(body, signature[len(_SCHEME) :], fields)

    def event(self, tokens: Iterable[str], *, now_ms: int) -> Event | None:
        """Returns the event; None if there is nothing to do: a test, an old delivery, an event without a candidate.

        :raises NotTaken: 401, none of the signing tokens signed it, or its time is more than a day ahead; 400,
            `created_at`, `event` or `data` is missing or of another type.
        """
        check(self._message, self._signature, tokens)
        sent_ms = said(SentJson, self._body).created_at
        if is_ahead(sent_ms, now_ms):
            raise unsigned("`created_at` is more than a day in the future")
        if is_too_old(sent_ms, now_ms):
            return None
        said(EventJson, self._body)
        candidate_id = said(DeliveryJson, self._body).data.candidate_id
        return None if candidate_id is None else Event(Kind.RESULTS, candidate_id=candidate_id)
