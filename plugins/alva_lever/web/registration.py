"""Lever's webhooks: one an event and address, each with its signing token where the receiver looks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from alva_lever.lever.deliveries import EVENTS
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.objects import Webhook
from alva_lever.transport.errors import Refused
from alva_lever.transport.root import is_loopback
from alva_lever.web.app import LEVER_PATH, LEVER_TOKENS, PREFIX
from alva_lever.web.internals import change_connection, extra_of, is_kept_elsewhere

# In the connection's extra: which webhook's token is stored, by a fingerprint from which none can be read.
_KNOWN = "webhooks"


class CannotRegister(Exception):
    """What keeps the webhooks from being registered, and what to do about it."""


class Outcome(StrEnum):
    """What became of an event's webhook."""

    KEPT = "is registered already"
    MADE = "is registered now"
    RENEWED = "has a new signing token; the one before is accepted still"
    FOREIGN = "was made in Lever's settings, so copy its signing token from there"


@dataclass(frozen=True, slots=True)
class Registered:
    """One event, and what became of its webhook, or would in a dry run."""

    event: str
    outcome: Outcome


def webhook_url(address: str) -> str:
    """The webhook's address from Airflow's, which may have a path, or from itself.

    :raises CannotRegister: it is none that Lever can send to.
    """
    expected = "Give the address at which Lever reaches Airflow, such as https://airflow.example.com"
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname or ""
    except ValueError:
        raise CannotRegister(f"What was given is no address. {expected}") from None
    if "@" in parts.netloc or parts.query or parts.fragment or not host:
        raise CannotRegister(f"What was given is not the address of a server. {expected}")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise CannotRegister(f"Lever sends to https:// only (http:// is accepted for this machine). {expected}")
    path = parts.path.rstrip("/").removesuffix(PREFIX + LEVER_PATH)
    return f"{parts.scheme}://{parts.netloc}{path}{PREFIX}{LEVER_PATH}"


class Registration:
    """Registers, once: Lever makes a second webhook for the same event and address without a word.

    A webhook whose token isn't known here (it was made elsewhere, or a crash came before its token was stored) is
    deleted and made anew, unless Lever refuses to delete it: then a person made it in Lever's settings.
    """

    def __init__(self, lever: LeverHook, url: str, *, dry_run: bool = False) -> None:
        self._lever = lever
        self._url = url
        self._dry_run = dry_run

    def register(self, *, renew: bool = False) -> list[Registered]:
        """One webhook for each event. `renew`: with a new signing token each; the old webhook goes when the new one's
        token is stored, and its token stays.

        :raises CannotRegister: the tokens can't be stored.
        :raises ApiError: Lever refused, or failed. What was registered until then is, and is found the next time.
        :raises NotWritten: Airflow's database can't be written; the webhook in question was deleted again.
        """
        if is_kept_elsewhere(LEVER_TOKENS):
            raise CannotRegister(
                f"Connection `{LEVER_TOKENS}` comes from the environment or a secrets backend, where this command "
                "can't write. Make the webhooks in Lever's settings and put their signing tokens there, or take the "
                "connection away and run this again"
            )
        return [Registered(event, self._one(event, renew=renew)) for event in EVENTS]

    def forget_old(self) -> int:
        """Takes away the tokens of webhooks that this command made and that are gone by now; gives how many."""
        there = {webhook.id for webhook in self._lever.webhooks()}
        gone = {name: mark for name, mark in _known().items() if name not in there}
        if gone and not self._dry_run:
            _change(lambda tokens: [one for one in tokens if _mark(one) not in gone.values()], forget=list(gone))
        return len(gone)

    def _one(self, event: str, *, renew: bool) -> Outcome:
        known, strange = self._there(event)
        if not self._dry_run:
            for webhook in (*strange, *known[1:]):
                self._delete(webhook)
            strange = self._there(event)[1]
        if strange and not self._dry_run:
            return Outcome.FOREIGN
        if known and not renew:
            return Outcome.KEPT
        if not self._dry_run:
            self._store(self._lever.create_webhook(event=event, url=self._url))
            for webhook in known[:1]:
                self._delete(webhook)
        return Outcome.RENEWED if known else Outcome.MADE

    def _there(self, event: str) -> tuple[list[Webhook], list[Webhook]]:
        """Those for this event and address: those whose token is stored, and the others."""
        there = [one for one in self._lever.webhooks() if (one.event, one.url) == (event, self._url)]
        stored = _known()
        return [one for one in there if one.id in stored], [one for one in there if one.id not in stored]

    def _delete(self, webhook: Webhook) -> None:
        try:
            self._lever.delete_webhook(webhook.id)
        except Refused as refused:
            # Made in Lever's settings, unless it is the key that may delete none: then making one is refused as well.
            self._lever.log.info("%s", refused)

    def _store(self, webhook: Webhook) -> None:
        token = webhook.signature_token or ""
        try:
            if not token:
                raise CannotRegister("Lever's answer holds no signing token, so the webhook was deleted again")
            _change(lambda tokens: [*tokens, token], known={webhook.id: _mark(token)})
        except BaseException:
            self._lever.delete_webhook(webhook.id)
            raise


def _known() -> dict[str, str]:
    """Fingerprints of stored tokens by webhook id."""
    return dict(extra_of(LEVER_TOKENS).get(_KNOWN) or {})


def _change(
    tokens_of: Callable[[list[str]], list[str]], *, known: dict[str, str] | None = None, forget: Sequence[str] = ()
) -> None:
    def write(password: str, extra: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        kept = {name: mark for name, mark in (extra.get(_KNOWN) or {}).items() if name not in forget}
        tokens = tokens_of(list(dict.fromkeys(password.replace(",", " ").split())))
        return " ".join(tokens), {**extra, _KNOWN: {**kept, **(known or {})}}

    change_connection(LEVER_TOKENS, write)


def _mark(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:12]
