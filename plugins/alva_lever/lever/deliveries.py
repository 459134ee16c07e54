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

from alva_lever.http.deliveries import (
    EventJson,
    check,
    is_ahead,
    is_too_old,
    json_object,
    said,
    unsigned,
)
from alva_lever.http.wire import Untrusted, parsed
from alva_lever.lever.models import DeliveryJson, SignatureJson
from alva_lever.rules.events import Event, Kind

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
        try:
            signed = parsed(SignatureJson, fields)
        except Untrusted as untrusted:
            raise unsigned(str(untrusted)) from None
        message = f"{signed.token}{signed.triggered_at}".encode(errors="surrogatepass")
        return cls(signed.triggered_at, message, signed.signature, fields)

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
        told = said(EventJson, self._body)
        kind = _KINDS.get(told.event)
        # Without data it is the test that Lever's settings send.
        if kind is None or not told.data:
            return None
        hint = said(DeliveryJson, self._body).data
        if hint.opportunity_id is None:
            return None
        return Event(kind, hint.opportunity_id, hint.application_id if kind is Kind.APPLIED else None)
