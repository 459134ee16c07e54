"""What a webhook is sent: one JSON object, signed. Lever's documentation, Webhooks.

    {"id", "event", "triggeredAt": ms, "token", "signature", "data"}

The signature is the hex HMAC-SHA256 of token and time, one after the other, with the webhook's signing token as its
key. It covers neither the event nor the data.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from include.sandbox.answer import dump
from include.sandbox.lever.models import Webhook

HEADERS = {"User-Agent": "Lever-Webhooks"}
TOKEN_LENGTH = 48  # of the signing token as well as of the token that each delivery has of its own


def envelope(webhook: Webhook, uid: str, event: str, data: Mapping[str, object], *, token: str, at_ms: int) -> bytes:
    """The body in UTF-8. ``uid``: the delivery's own; ``at_ms``: when it happened, the world's time."""
    return dump(
        {
            "id": uid,
            "event": event,
            "triggeredAt": at_ms,
            "token": token,
            "signature": signature(webhook.signature_token, token, at_ms),
            "data": data,
        }
    )


def signature(signing_token: str, token: str, at_ms: int) -> str:
    """64 hex digits."""
    return hmac.new(signing_token.encode(), f"{token}{at_ms}".encode(), hashlib.sha256).hexdigest()
