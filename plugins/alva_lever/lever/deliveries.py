"""Reads and verifies Lever's webhook deliveries, and makes events of them. Lever's documentation, Webhooks.

    {"id"?, "event", "triggeredAt": ms, "token", "signature": hex, "data": {...}}

The signature covers token and time only, not the event or its data, which are a hint. Token and time are signed without
a separator, so if a token ends in digits, anyone can resend the delivery with these digits moved to the time, which is
then thousands of years ahead. Opportunities and applications in deliveries have UUIDs; anything else may be made up,
and is not kept.
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

# The events that are registered with Lever, in this order, and what each reports.
KIND_OF = {
    "applicationCreated": Kind.APPLIED,
    "candidateStageChange": Kind.MOVED,
    "candidateHired": Kind.HIRED,
    "candidateDeleted": Kind.DELETED,
}
EVENTS = tuple(KIND_OF)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as received. Nothing in it is trusted before `event` has verified it."""

    sent_ms: int
    _message: bytes = field(repr=False)
    _signature: str = field(repr=False)
    _body: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, body: bytes) -> Delivery:
        """Reads a body. :raises NotTaken: 400, it is not a JSON object; 401, it isn't signed as Lever signs."""
        fields = json_object(body)
        try:
            signed = parsed(SignatureJson, fields)
        except Untrusted as untrusted:
            raise unsigned(str(untrusted)) from None
        message = f"{signed.token}{signed.triggered_at}".encode(errors="surrogatepass")
        return cls(signed.triggered_at, message, signed.signature, fields)

    def event(self, tokens: Iterable[str], *, now_ms: int) -> Event | None:
        """Returns the event; None if there is nothing to do: a test, an old delivery, an event of another kind or
        without an opportunity.

        :raises NotTaken: 401, none of the signing tokens signed it, or its time is more than a day ahead; 400, `event`
            or `data` is missing or of another type, or the opportunity's id is not an id.
        """
        check(self._message, self._signature, tokens)
        if is_ahead(self.sent_ms, now_ms):
            raise unsigned("`triggeredAt` is more than a day in the future")
        if is_too_old(self.sent_ms, now_ms):
            return None
        delivery = said(EventJson, self._body)
        kind = KIND_OF.get(delivery.event)
        # A delivery without data is the test that Lever's settings send.
        if kind is None or not delivery.data:
            return None
        hint = said(DeliveryJson, self._body).data
        if hint.opportunity_id is None:
            return None
        return Event(kind, hint.opportunity_id, hint.application_id if kind is Kind.APPLIED else None)
