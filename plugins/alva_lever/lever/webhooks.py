"""Lever's webhooks, as their API knows them: those made in its settings can be changed only there."""

from __future__ import annotations

from collections.abc import Sequence

from alva_lever.http.errors import NotFound
from alva_lever.http.paginator import readable
from alva_lever.http.root import path
from alva_lever.lever import wire
from alva_lever.lever.base import LeverBase
from alva_lever.lever.objects import Webhook


class Webhooks(LeverBase):
    """Lever's documentation, Webhooks."""

    def webhooks(self) -> list[Webhook]:
        """All of them, without their tokens. GET /webhooks"""
        walk = self._walk(wire.webhook, "webhooks", key=lambda webhook: webhook.id, keyset=False)
        return list(readable(walk, "Lever's webhook"))

    def create_webhook(self, *, event: str, url: str, origins: Sequence[str] | None = None) -> Webhook:
        """Make one, with its signature token. POST /webhooks

        Lever makes a second one for the same event and URL without a word, so ask `webhooks` before. The token is told
        in this answer alone: where the answer is lost and the webhook is found to be there, it is deleted and another
        one made.
        """
        body: dict[str, object] = {"event": event, "url": url}
        if origins is not None:
            body["configuration"] = {"conditions": {"origins": list(origins)}}
        before = {webhook.id for webhook in self.webhooks()}

        def read_back() -> tuple[str, str | None] | None:
            for webhook in self.webhooks():
                if (webhook.event, webhook.url) == (event, url) and webhook.id not in before:
                    self.delete_webhook(webhook.id)
            return None

        made, token = self.write_once(
            "POST", "/webhooks", wire.one(wire.created_webhook), json=body, read_back=read_back
        )
        return Webhook(made, event, url, None if origins is None else tuple(origins), token)

    def update_webhooks(self, webhooks: Sequence[Webhook]) -> None:
        """Give each webhook, known by its id, this URL and these origins. PUT /webhooks"""
        rows = [
            {"id": webhook.id, "url": webhook.url}
            | ({"configuration": {"conditions": {"origins": list(webhook.origins)}}} if webhook.origins else {})
            for webhook in webhooks
        ]
        self.ask("PUT", "/webhooks", wire.nothing, json={"data": rows})

    def delete_webhook(self, webhook_id: str) -> None:
        """One that is gone already is no error. DELETE /webhooks/:webhook"""
        try:
            self.ask("DELETE", path(self.vendor, "webhooks", webhook_id), wire.nothing)
        except NotFound:
            self.log.debug("%s had no such webhook", self.vendor)
