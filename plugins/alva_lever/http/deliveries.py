"""What the webhooks of both vendors share: a body that is JSON, a signature that is one of ours, and an age.

`NotTaken` is what a delivery is answered that isn't taken. Its sentence never repeats anything of the delivery.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Any

from alva_lever.http.wire import Model, Untrusted, WireModel, parsed

# Lever's own log of deliveries goes no further back.
OLDEST_MS = 14 * 24 * 60 * 60 * 1000
# More than any two clocks are apart.
AHEAD_MS = 24 * 60 * 60 * 1000


class NotTaken(Exception):
    """A delivery that isn't taken. `status`: the answer's (400 or 401). The text says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class EventJson(WireModel):
    """What the deliveries of both vendors have: a test has no `data` in it."""

    event: str
    data: dict[str, Any]


def json_object(body: bytes) -> dict[str, object]:
    """The object that a body is. :raises NotTaken: 400, it is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise NotTaken(400, "The body is not JSON") from None
    if not isinstance(value, dict):
        raise NotTaken(400, "The body is JSON, but not an object")
    return value


def unsigned(why: str) -> NotTaken:
    """What is answered where nothing shows that the vendor sent it."""
    return NotTaken(401, f"This delivery is not known to come from where it says: {why}")


def check(message: bytes, signature: str, tokens: Iterable[str]) -> None:
    """Nothing, if `signature` is the hex HMAC-SHA256, in either case, of `message` with one of the tokens as its key.

    Each token is tried, and each comparison takes the time that it takes whatever the outcome.

    :raises NotTaken: 401.
    """
    given = signature.lower().encode(errors="surrogatepass")
    known = False
    for token in tokens:
        expected = hmac.new(token.encode(errors="surrogatepass"), message, hashlib.sha256).hexdigest()
        known |= hmac.compare_digest(expected.encode(), given)
    if not known:
        raise unsigned("its signature is that of no signing token that is configured here")


def said(model: type[Model], body: object) -> Model:
    """What a delivery that is signed says, as far as it is read. :raises NotTaken: 400, it is something else."""
    try:
        return parsed(model, body)
    except Untrusted as untrusted:
        raise NotTaken(400, str(untrusted)) from None


def is_too_old(at_ms: int, now_ms: int) -> bool:
    """Whether nothing is done any more about what was sent then."""
    return now_ms - at_ms > OLDEST_MS


def is_ahead(at_ms: int, now_ms: int) -> bool:
    """Whether this time is none that a sender's clock could show."""
    return at_ms - now_ms > AHEAD_MS
