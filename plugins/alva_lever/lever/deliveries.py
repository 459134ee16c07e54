"""Lever's webhook deliveries: read, verified, and made an event. Lever's documentation, Webhooks.

    {"id"?, "event", "triggeredAt": ms, "token", "signature": hex, "data": {...}}

The signature covers token and time only, never the event or its data: what they say is a hint. Token and time are
signed without a mark between them, so a delivery whose token ends in digits can be sent again with these moved to its
time: thousands of years ahead. The opportunities and applications of deliveries have UUIDs; whatever else stands there
may be anything, and is not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alva_lever.rules.claims import Event, Kind
from alva_lever.rules.ids import is_uuid
from alva_lever.transport.deliveries import (
    NotTaken,
    check,
    event_and_data,
    is_ahead,
    is_too_old,
    json_object,
    unsigned,
)

_KINDS = {
    "applicationCreated": Kind.APPLIED,
    "candidateStageChange": Kind.MOVED,
    "candidateHired": Kind.HIRED,
    "candidateDeleted": Kind.DELETED,
}
# What is asked of Lever to send, in the order in which it is registered.
EVENTS = tuple(_KINDS)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it came: nothing of it is believed before `event`."""

    sent_ms: int
    _message: bytes = field(repr=False)
    _signature: str = field(repr=False)
    _body: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, body: bytes) -> Delivery:
        """:raises NotTaken: 400, it is no JSON object; 401, it isn't signed as Lever signs."""
        fields = json_object(body)
        token, at, signature = fields.get("token"), fields.get("triggeredAt"), fields.get("signature")
        if not isinstance(token, str):
            raise unsigned("`token` is missing, or is no text")
        # True is an int to Python, not to JSON.
        if not isinstance(at, int) or isinstance(at, bool):
            raise unsigned("`triggeredAt` is missing, or is no whole number")
        if not isinstance(signature, str):
            raise unsigned("`signature` is missing, or is no text")
        return cls(at, f"{token}{at}".encode(errors="surrogatepass"), signature, fields)

    def event(self, tokens: Iterable[str], *, now_ms: int) -> Event | None:
        """What it says; None where that asks for nothing: a test, an event of no interest or about no opportunity, one
        from long ago.

        :raises NotTaken: 401, none of the signing tokens signed it, or its time is more than a day ahead; 400, `event`
            or `data` is missing or another type, or the opportunity's id is none.
        """
        check(self._message, self._signature, tokens)
        if is_ahead(self.sent_ms, now_ms):
            raise unsigned("`triggeredAt` is more than a day in the future")
        if is_too_old(self.sent_ms, now_ms):
            return None
        name, data = event_and_data(self._body)
        # Without data it is the test that Lever's settings send.
        if name not in _KINDS or not data:
            return None
        if data.get("opportunityId") is None:
            return None
        opportunity = _uuid(data["opportunityId"])
        if opportunity is None:
            raise NotTaken(400, "`data.opportunityId` is no UUID")
        announced = _uuid(data.get("applicationId")) if _KINDS[name] is Kind.APPLIED else None
        return Event(_KINDS[name], opportunity, announced)


def _uuid(value: object) -> str | None:
    """A UUID as Lever writes it, None for anything else."""
    return value.lower() if isinstance(value, str) and is_uuid(value) else None
