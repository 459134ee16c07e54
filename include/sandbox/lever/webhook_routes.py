"""Lever's documentation, Webhooks: setting them up.

The same event and URL twice are two webhooks, as in recorded traffic.
"""

from __future__ import annotations

from typing import Any

from include.sandbox.lever import shapes
from include.sandbox.lever.call import Call, text, texts
from include.sandbox.lever.envelope import TOKEN_LENGTH
from include.sandbox.lever.errors import BadRequest
from include.sandbox.lever.events import EVENTS, WITH_ORIGINS
from include.sandbox.lever.models import ORIGINS, Webhook


def list_all(call: Call) -> dict[str, Any]:
    """All of them, without ``hasNext`` and without the signing tokens."""
    return {"data": [shapes.webhook(webhook) for webhook in call.account.webhooks.values()]}


def create(call: Call) -> dict[str, Any]:
    """The only answer that shows the ``signatureToken``."""
    body = call.body()
    event, url = text(body, "event"), text(body, "url")
    if event not in EVENTS:
        raise BadRequest(f"Invalid value for event: one of {', '.join(sorted(EVENTS))} is expected.")
    if not url:
        raise BadRequest("Missing required parameter: url")
    token = call.account.ids.hex(TOKEN_LENGTH)
    origins = _origins(event, body.get("configuration"))
    webhook = Webhook(call.account.ids.uuid(), event, url, token, origins, call.now_ms, call.now_ms)
    call.account.webhooks[webhook.id] = webhook
    return {"data": shapes.webhook(webhook, with_token=True)}


def update(call: Call) -> dict[str, Any]:
    """Several at once: ``{"data": [{"id", "url"?, "configuration"?}]}``; all or none."""
    rows = call.body().get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadRequest("Invalid value for data: a list of webhooks is expected.")
    wanted = [(call.account.webhook(str(row.get("id"))), row) for row in rows]
    changed = []
    for webhook, row in wanted:
        url = text(row, "url") or webhook.url
        origins = _origins(webhook.event, row["configuration"]) if "configuration" in row else webhook.origins
        changed.append((webhook, url, origins))
    for webhook, url, origins in changed:
        webhook.url, webhook.origins, webhook.updated_at = url, origins, call.now_ms
    return {"data": [shapes.webhook(webhook) for webhook, _, _ in changed]}


def delete(call: Call) -> None:
    """It is told nothing more; what waits to be sent to it still is (what Lever does is not documented)."""
    uid = call.account.webhook(call.path["webhook"]).id
    del call.account.webhooks[uid]


def _origins(event: str, configuration: object) -> list[str] | None:
    """The origins that it is sent for: all six where none are named, None for an event without that condition."""
    if event not in WITH_ORIGINS:
        return None
    conditions = configuration.get("conditions") if isinstance(configuration, dict) else None
    origins = texts(conditions, "origins") if isinstance(conditions, dict) else []
    if not set(origins) <= set(ORIGINS):
        raise BadRequest(f"Invalid value for origins: any of {', '.join(ORIGINS)} are expected.")
    return origins or [*ORIGINS]
