"""Checks that the webhooks of both vendors share: the body is JSON, the signature is valid, the delivery is recent.

A delivery that fails a check is answered with the status and sentence of `NotTaken`, which never quotes the delivery.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Any

from alva_lever.http.wire import Model, Untrusted, WireModel, parsed
from alva_lever.rules.events import OLDEST_DELIVERY_MS

# Two clocks never differ by more.
AHEAD_MS = 24 * 60 * 60 * 1000


class NotTaken(Exception):
    """The delivery is refused. `status`: of the answer (400 or 401). The text says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class EventJson(WireModel):
    """The fields that both vendors' deliveries have. A test delivery has empty `data`."""

    event: str
    data: dict[str, Any]


def json_object(body: bytes) -> dict[str, object]:
    """Reads the body as a JSON object. :raises NotTaken: 400, it is something else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise NotTaken(400, "The body is not JSON") from None
    if not isinstance(value, dict):
        raise NotTaken(400, "The body is JSON, but not an object")
    return value


def unsigned(why: str) -> NotTaken:
    """Returns the error for a delivery that may not come from the vendor."""
    return NotTaken(401, f"It is not certain who sent this delivery: {why}")


def check(message: bytes, signature: str, tokens: Iterable[str]) -> None:
    """Checks that `signature` is the HMAC-SHA256 of `message` with one of the tokens as key, in hex of either case.

    Tries every token, and compares in constant time.

    :raises NotTaken: 401, no token fits.
    """
    given = signature.lower().encode(errors="surrogatepass")
    valid = False
    for token in tokens:
        expected = hmac.new(token.encode(errors="surrogatepass"), message, hashlib.sha256).hexdigest()
        valid |= hmac.compare_digest(expected.encode(), given)
    if not valid:
        raise unsigned("its signature fits none of the signing tokens configured here")


def said(model: type[Model], body: object) -> Model:
    """Reads the fields of a signed delivery. :raises NotTaken: 400, a field is missing or of another type."""
    try:
        return parsed(model, body)
    except Untrusted as untrusted:
        raise NotTaken(400, str(untrusted)) from None


def is_too_old(at_ms: int, now_ms: int) -> bool:
    """Whether a delivery sent at this time is too old to act on."""
    return now_ms - at_ms > OLDEST_DELIVERY_MS


def is_ahead(at_ms: int, now_ms: int) -> bool:
    """Whether this time is further in the future than a sender's clock could be."""
    return at_ms - now_ms > AHEAD_MS
