"""Alva's webhook deliveries: read, verified, and made an event. The contract that the README describes.

    X-Alva-Signature: sha256=<hex HMAC-SHA256 of the raw body>
    {"id", "event", "created_at": ISO 8601, "data": {"candidate_id", ...}}

What it tells besides the candidate's id isn't read: the candidate is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alva_lever.rules.claims import Event, Kind
from alva_lever.rules.ids import as_id
from alva_lever.transport.deliveries import (
    NotTaken,
    check,
    event_and_data,
    is_too_old,
    json_object,
    unsigned,
)
from alva_lever.transport.fields import Fields, Untrusted

SIGNATURE = "X-Alva-Signature"
_SCHEME = "sha256="


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it came: nothing of it is believed before `event`."""

    _message: bytes = field(repr=False)
    _signature: str = field(repr=False)
    _body: dict[str, object] = field(repr=False)

    @classmethod
    def read(cls, body: bytes, headers: Mapping[str, str]) -> Delivery:
        """:raises NotTaken: 400, it is no JSON object; 401, it isn't signed as Alva signs."""
        fields = json_object(body)
        signature = headers.get(SIGNATURE, "")
        if not signature.lower().startswith(_SCHEME):
            raise unsigned(f"the header `{SIGNATURE}` is missing, or does not begin with `{_SCHEME}`")
        return cls(body, signature[len(_SCHEME) :], fields)

    def event(self, tokens: Iterable[str], *, now_ms: int) -> Event | None:
        """What it says; None where that asks for nothing: a test, an event about no candidate, one from long ago.

        :raises NotTaken: 401, none of the signature tokens signed it; 400, `created_at`, `event` or `data` is missing
            or another type.
        """
        check(self._message, self._signature, tokens)
        try:
            sent_ms = Fields(self._body).moment_ms_or_none("created_at")
        except (Untrusted, OverflowError):
            sent_ms = None
        if sent_ms is None:
            raise NotTaken(400, "`created_at` is missing, or is no date and time in ISO 8601")
        if is_too_old(sent_ms, now_ms):
            return None
        _, data = event_and_data(self._body)
        if data.get("candidate_id") is None:
            return None
        candidate = as_id(data["candidate_id"])
        if candidate is None:
            raise NotTaken(400, "`data.candidate_id` is no id")
        return Event(Kind.RESULTS, candidate_id=candidate)
