"""Registers the webhooks with Lever, as a command."""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk.exceptions import AirflowException

from alva_lever.account import ACCOUNTS, URL_PREFIX, Account
from alva_lever.connect import lever_hook
from alva_lever.http.errors import ApiError, Forbidden, RequestRejected, Unauthorized
from alva_lever.http.secrets_backends import comes_from_elsewhere
from alva_lever.http.session import is_loopback
from alva_lever.lever.deliveries import EVENTS
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.oauth import GRANT_AGAIN
from alva_lever.lever.objects import Webhook
from alva_lever.lever.permissions import WEBHOOKS
from alva_lever.rules.remedies import Remediable
from alva_lever.web.airflow_internals import NotWritten, as_server, base_url
from alva_lever.web.airflow_store import change_connection, is_kept_elsewhere, stored
from alva_lever.web.signing_tokens import Tokens, fingerprint, is_token, words_of

# The key in the connection's extra for the fingerprints of the stored tokens, by webhook id.
_KNOWN = "webhooks"
STILL_TO_DO = """
If it is not done yet: a Super Admin switches these four events on in Lever (Settings, Integrations and API, Webhooks).
Until then Lever sends nothing. "Verify connection" there sends a test, which is answered with 200."""
_REHEARSED = "Nothing is written. Without --dry-run this would be the result, unless Lever refuses to delete a webhook:"
_RENEWED = """
Deliveries signed with the old tokens may still be on their way. In two weeks, run this with --forget-old."""


class CannotRegister(Remediable):
    """The webhooks can't be registered. The text says why, and what to do about it."""


class Outcome(StrEnum):
    """The outcome for an event's webhook."""

    KEPT = "is already registered"
    MADE = "is registered now"
    REMADE = "is registered again: the webhook that was there is deleted, since its signing token is not stored here"
    RENEWED = "has a new signing token; the old one is still accepted"
    FOREIGN = "was made in Lever's settings, so copy its signing token from there"
    TWICE = "is registered, and was set up in Lever's settings as well: delete it there, or every event comes twice"


@dataclass(frozen=True, slots=True)
class Registered:
    """An event and the outcome for its webhook; in a dry run, the outcome that it would have."""

    event: str
    outcome: Outcome


def webhook_url(address: str, account: Account) -> str:
    """Returns the address of an account's webhook, from itself or from Airflow's address, which may have a path.

    :raises CannotRegister: Lever can't send to this address.
    """
    expected = "Give the address at which Lever reaches Airflow, such as https://airflow.example.com"
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise CannotRegister("This is not an address", remedy=expected) from None
    blank = any(letter.isspace() for letter in parts.netloc + parts.path)
    if "@" in parts.netloc or parts.query or parts.fragment or not host or blank:
        raise CannotRegister("This is not the address of a server", remedy=expected)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        only = "Lever sends to https:// only (http:// is accepted for this machine)"
        raise CannotRegister(only, remedy=expected)
    path = parts.path.rstrip("/").removesuffix(URL_PREFIX + account.lever_webhook_path)
    if any(path.endswith(URL_PREFIX + one.lever_webhook_path) for one in ACCOUNTS.values()):
        raise CannotRegister("This is the address of another account's webhook", remedy=expected)
    # Always in the same spelling: to Lever, another spelling is another address.
    netloc = f"[{host}]" if ":" in host else host
    if port not in (None, {"https": 443, "http": 80}[parts.scheme]):
        netloc = f"{netloc}:{port}"
    return f"{parts.scheme}://{netloc}{path}{URL_PREFIX}{account.lever_webhook_path}"


class Registration:
    """Registers each webhook once: Lever itself creates a second one for the same event and address without an error.

    A webhook whose token isn't stored here (it was created elsewhere, or a crash came before the token was stored) is
    deleted and created again. If Lever refuses to delete it, a person made it in Lever's settings, and it stays.
    """

    def __init__(self, lever: LeverHook, url: str, account: Account, *, dry_run: bool = False) -> None:
        self._lever = lever
        self._url = url
        # The connection that holds the signing tokens.
        self._conn_id = account.lever_webhook_conn_id
        self._dry_run = dry_run

    def register(self, *, renew: bool = False) -> Iterator[Registered]:
        """Registers a webhook for each event, and yields each outcome at once.

        `renew`: each gets a new signing token. The old webhook is deleted when the new token is stored; the old token
        stays.

        :raises CannotRegister: the tokens can't be stored.
        :raises ApiError: Lever refused or failed. Webhooks registered before stay, and the next run finds them.
        :raises NotWritten: Airflow's database can't be read or written; a webhook that was just created is deleted
            again.
        """
        _check_tokens_are_ours(self._conn_id)
        for event in EVENTS:
            yield Registered(event, self._one(event, renew=renew))

    def registered(self) -> Iterator[tuple[str, int, int]]:
        """Yields for each event how many webhooks Lever has for it at this address: those whose signing token is stored
        here by `register`, and others. Reads only.

        :raises CannotRegister: the tokens are kept elsewhere.
        """
        _check_tokens_are_ours(self._conn_id)
        webhooks = self._lever.webhooks()
        for event in EVENTS:
            ours, others = self._sorted(event, webhooks)
            yield event, len(ours), len(others)

    def _one(self, event: str, *, renew: bool) -> Outcome:
        ours, unknown = self._there(event)
        left: list[Webhook] = []
        if not self._dry_run:
            if ours and renew:
                self._make(event)
            for webhook in (*(ours if renew else ours[1:]), *unknown):
                self._delete(webhook)
            # Look again whether it is deleted: Lever may answer 404 for a webhook that it keeps, too.
            left = self._there(event)[1] if unknown else []
            if not ours and not left:
                self._make(event)
        if left:
            return Outcome.TWICE if ours else Outcome.FOREIGN
        if ours:
            return Outcome.RENEWED if renew else Outcome.KEPT
        return Outcome.REMADE if unknown else Outcome.MADE

    def _there(self, event: str) -> tuple[list[Webhook], list[Webhook]]:
        """Reads the webhooks for this event and address: those whose token is stored, and the others."""
        return self._sorted(event, self._lever.webhooks())

    def _sorted(self, event: str, webhooks: Sequence[Webhook]) -> tuple[list[Webhook], list[Webhook]]:
        there = [webhook for webhook in webhooks if (webhook.event, webhook.url) == (event, self._url)]
        password, extra = stored(self._conn_id)
        marks = {fingerprint(token) for token in words_of(password) if is_token(token)}
        # The password decides: a person may have removed a token from it.
        stored_ids = {webhook_id for webhook_id, mark in _marks(extra).items() if mark in marks}
        ours = [webhook for webhook in there if webhook.id in stored_ids]
        return ours, [webhook for webhook in there if webhook.id not in stored_ids]

    def _delete(self, webhook: Webhook) -> None:
        """Deletes a webhook, unless a person made it in Lever's settings, which Lever refuses.

        :raises Forbidden: the key may not delete webhooks.
        """
        try:
            self._lever.delete_webhook(webhook.id)
        except Unauthorized:
            raise
        except RequestRejected as refused:
            if isinstance(refused, Forbidden):
                self._check_key_may_delete()
            self._lever.log.info("Lever did not let webhook %s be deleted (%s)", webhook.id, refused.status)

    def _check_key_may_delete(self) -> None:
        """Tests the permission by deleting a webhook that doesn't exist."""
        try:
            self._lever.delete_webhook(str(uuid.uuid4()))
        except Forbidden:
            raise
        except RequestRejected as refused:
            self._lever.log.debug("%s", refused)

    def _make(self, event: str) -> None:
        # Find out first whether a token can be stored.
        _change(self._conn_id, lambda tokens: tokens)
        webhook = self._lever.create_webhook(event=event, url=self._url)
        token = webhook.signature_token or ""
        try:
            if words_of(token) != (token,) or not is_token(token):
                raise CannotRegister("Lever's answer holds no usable signing token, so the webhook was deleted again")
            _change(self._conn_id, lambda tokens: [*tokens, token], known={webhook.id: fingerprint(token)})
        except BaseException:
            # If this fails too, the next run finds a webhook without a stored token.
            with suppress(ApiError):
                self._lever.delete_webhook(webhook.id)
            raise


def forget_old(lever: LeverHook, account: Account, *, dry_run: bool = False) -> int:
    """Removes the tokens of deleted webhooks that this command had created. Returns how many.

    :raises CannotRegister: Lever has none of the webhooks, so the key is probably another account's.
    """
    conn_id = account.lever_webhook_conn_id
    _check_tokens_are_ours(conn_id)
    marks = _marks(stored(conn_id)[1])
    there = {webhook.id for webhook in lever.webhooks()}
    gone = {webhook_id: mark for webhook_id, mark in marks.items() if webhook_id not in there}
    if gone and len(gone) == len(marks):
        raise CannotRegister(
            "Lever has none of the webhooks whose signing tokens are stored here, so nothing was removed",
            remedy=f"Look at the key in connection `{lever.http_conn_id}`: does it belong to the same account? If so, "
            "register the webhooks first",
        )
    if gone and not dry_run:
        _change(
            conn_id,
            lambda tokens: [token for token in tokens if fingerprint(token) not in gone.values()],
            forget=list(gone),
        )
    return len(gone)


def _check_tokens_are_ours(conn_id: str) -> None:
    """Checks that Airflow reads the tokens from its database. :raises CannotRegister: it reads them elsewhere."""
    if is_kept_elsewhere(conn_id):
        raise CannotRegister(
            f"{comes_from_elsewhere(f'Connection `{conn_id}`')}, where this command can't write",
            remedy="Make the webhooks in Lever's settings and put their signing tokens there, or remove the connection "
            "there and run this again",
        )
    # Read before Lever's key: without the database, that isn't found either.
    stored(conn_id)


def _marks(extra: dict[str, Any]) -> dict[str, str]:
    """Returns the fingerprints of tokens by webhook id."""
    return dict(extra.get(_KNOWN) or {})


def _change(
    conn_id: str,
    tokens_of: Callable[[Tokens], Iterable[str]],
    *,
    known: dict[str, str] | None = None,
    forget: Sequence[str] = (),
) -> None:
    def write(password: str, extra: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        kept = {name: mark for name, mark in _marks(extra).items() if name not in forget}
        return " ".join(tokens_of(words_of(password))), {**extra, _KNOWN: {**kept, **(known or {})}}

    change_connection(conn_id, write)


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 on success, 1 on failure, with a sentence on stderr that says why."""
    options = _options().parse_args(arguments)
    as_server()
    account = ACCOUNTS[options.account]
    lever = lever_hook(account)
    try:
        if options.forget_old:
            count = forget_old(lever, account, dry_run=options.dry_run)
            done = "would be" if options.dry_run else "are"
            print(f"{count} signing tokens of deleted webhooks {done} removed")
            return 0
        url = webhook_url(options.url or base_url(), account)
        registration = Registration(lever, url, account, dry_run=options.dry_run)
        outcomes = _tell(registration.register(renew=options.renew), dry_run=options.dry_run)
    except (CannotRegister, NotWritten, AirflowException) as error:
        print(f"{error}{advice(error, lever)}", file=sys.stderr)
        return 1
    if Outcome.FOREIGN in outcomes:
        print("\nSigning tokens from Lever's settings go, separated by spaces, into the password of connection")
        print(f"`{account.lever_webhook_conn_id}`.")
    print(STILL_TO_DO)
    if options.renew and not options.dry_run:
        print(_RENEWED)
    return 0


def _tell(registered: Iterable[Registered], *, dry_run: bool) -> set[Outcome]:
    """Prints each outcome at once: it stands even if a later one fails."""
    outcomes: set[Outcome] = set()
    for webhook in registered:
        if dry_run and not outcomes:
            print(_REHEARSED)
        print(f"{webhook.event}: {webhook.outcome}", flush=True)
        outcomes.add(webhook.outcome)
    return outcomes


def advice(error: Exception, lever: LeverHook) -> str:
    """Returns what else to say of an error, empty if nothing."""
    if isinstance(error, Forbidden):
        if lever.has_key():
            return f". This needs both: {WEBHOOKS}"
        return f". Add the scope `{WEBHOOKS.scope}` to your OAuth app at Lever. {GRANT_AGAIN}"
    if isinstance(error, NotWritten):
        return ". Run this where Airflow's database and its key (fernet_key) are those of the API server"
    return ""


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alva_lever.web.registration", description=__doc__)
    parser.add_argument("url", nargs="?", help="where Lever reaches Airflow (else: Airflow's [api] base_url)")
    parser.add_argument(
        "--account", default=next(iter(ACCOUNTS)), choices=ACCOUNTS, help="the Lever account (else: %(default)s)"
    )
    parser.add_argument("--renew", action="store_true", help="new signing tokens, without a gap")
    parser.add_argument("--forget-old", action="store_true", help="remove the tokens of deleted webhooks")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
