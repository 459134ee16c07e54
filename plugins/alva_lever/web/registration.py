"""The webhooks registered with Lever, and the command that does it."""

from __future__ import annotations

import argparse
import hashlib
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk.exceptions import AirflowException

from alva_lever.account import DEFAULT, URL_PREFIX
from alva_lever.http.errors import ApiError, Forbidden, RequestRejected, Unauthorized
from alva_lever.http.session import is_loopback
from alva_lever.lever.deliveries import EVENTS
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.objects import Webhook
from alva_lever.web.airflow_internals import (
    NotWritten,
    as_server,
    base_url,
    change_connection,
    is_kept_elsewhere,
    stored,
)
from alva_lever.web.tokens import is_token

# Where the signing tokens are kept.
_CONN_ID = DEFAULT.lever_webhook_conn_id
# In the connection's extra: which webhook's token is stored, by a fingerprint from which none can be read.
_KNOWN = "webhooks"
_STILL_TO_DO = """
Still to do, by a Super Admin in Lever (Settings, Integrations and API, Webhooks): switch these four events on. Until
then Lever sends nothing. "Verify connection" there sends a test, which is answered 200."""
_REHEARSED = "Nothing is written. Without --dry-run it would be so, if Lever lets what is to be deleted be deleted:"
_RENEWED = """
Deliveries that the old tokens signed may still be on their way. In two weeks, run this with --forget-old."""


class CannotRegister(Exception):
    """What keeps the webhooks from being registered, and what to do about it."""


class Outcome(StrEnum):
    """What became of an event's webhook."""

    KEPT = "is registered already"
    MADE = "is registered now"
    REMADE = "is registered again: the webhook that was there is deleted, since its signing token was not known here"
    RENEWED = "has a new signing token; the one before is accepted still"
    FOREIGN = "was made in Lever's settings, so copy its signing token from there"
    TWICE = "is registered, and was set up in Lever's settings as well: delete it there, or all of it comes twice"


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
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise CannotRegister(f"What was given is no address. {expected}") from None
    blank = any(letter.isspace() for letter in parts.netloc + parts.path)
    if "@" in parts.netloc or parts.query or parts.fragment or not host or blank:
        raise CannotRegister(f"What was given is not the address of a server. {expected}")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise CannotRegister(f"Lever sends to https:// only (http:// is accepted for this machine). {expected}")
    path = parts.path.rstrip("/").removesuffix(URL_PREFIX + DEFAULT.lever_webhook_path)
    # Spelt in one way: to Lever another spelling is another address.
    netloc = f"[{host}]" if ":" in host else host
    if port not in (None, {"https": 443, "http": 80}[parts.scheme]):
        netloc = f"{netloc}:{port}"
    return f"{parts.scheme}://{netloc}{path}{URL_PREFIX}{DEFAULT.lever_webhook_path}"


class Registration:
    """Registers, once: Lever makes a second webhook for the same event and address without a word.

    A webhook whose token isn't known here (it was made elsewhere, or a crash came before its token was stored) is
    deleted and made again, unless Lever refuses to delete it: then a person made it in Lever's settings.
    """

    def __init__(self, lever: LeverHook, url: str, *, dry_run: bool = False) -> None:
        self._lever = lever
        self._url = url
        self._dry_run = dry_run

    def register(self, *, renew: bool = False) -> Iterator[Registered]:
        """One webhook for each event, told as it is done.

        `renew`: with a new signing token each; the old webhook goes when the new one's token is stored, and its token
        stays.

        :raises CannotRegister: the tokens can't be stored.
        :raises ApiError: Lever refused, or failed. What was registered until then is, and is found the next time.
        :raises NotWritten: Airflow's database can't be read or written; a webhook that was just made is deleted again.
        """
        _check_tokens_are_ours()
        for event in EVENTS:
            yield Registered(event, self._one(event, renew=renew))

    def _one(self, event: str, *, renew: bool) -> Outcome:
        known, strange = self._there(event)
        left: list[Webhook] = []
        if not self._dry_run:
            if known and renew:
                self._make(event)
            for webhook in (*(known if renew else known[1:]), *strange):
                self._delete(webhook)
            # Whether Lever let it be deleted is asked again: 404 is what one that it keeps may be answered as well.
            left = self._there(event)[1] if strange else []
            if not known and not left:
                self._make(event)
        if left:
            return Outcome.TWICE if known else Outcome.FOREIGN
        if known:
            return Outcome.RENEWED if renew else Outcome.KEPT
        return Outcome.REMADE if strange else Outcome.MADE

    def _there(self, event: str) -> tuple[list[Webhook], list[Webhook]]:
        """Those for this event and address: those whose token is stored, and the others."""
        there = [one for one in self._lever.webhooks() if (one.event, one.url) == (event, self._url)]
        password, extra = stored(_CONN_ID)
        marks = {_mark(token) for token in _apart(password) if is_token(token)}
        # One whose token somebody took out of the password is as good as unknown.
        known = {name for name, mark in _marks(extra).items() if mark in marks}
        return [one for one in there if one.id in known], [one for one in there if one.id not in known]

    def _delete(self, webhook: Webhook) -> None:
        """Or not, where a person made it in Lever's settings.

        :raises Forbidden: the key may delete none.
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
        """By deleting what isn't there."""
        try:
            self._lever.delete_webhook(str(uuid.uuid4()))
        except Forbidden:
            raise
        except RequestRejected as refused:
            self._lever.log.debug("%s", refused)

    def _make(self, event: str) -> None:
        # Nothing is made before it is known that its token can be stored.
        _change(lambda tokens: tokens)
        webhook = self._lever.create_webhook(event=event, url=self._url)
        token = webhook.signature_token or ""
        try:
            if _apart(token) != [token] or not is_token(token):
                raise CannotRegister("Lever's answer holds no usable signing token, so the webhook was deleted again")
            _change(lambda tokens: [*tokens, token], known={webhook.id: _mark(token)})
        except BaseException:
            # Where that fails too, the next run finds a webhook whose token it doesn't know.
            with suppress(ApiError):
                self._lever.delete_webhook(webhook.id)
            raise


def forget_old(lever: LeverHook, *, dry_run: bool = False) -> int:
    """Takes away the tokens of webhooks that this command made and that are gone by now; gives how many.

    :raises CannotRegister: none of them is there, so this is another account's key, more likely than not.
    """
    _check_tokens_are_ours()
    known = _marks(stored(_CONN_ID)[1])
    there = {webhook.id for webhook in lever.webhooks()}
    gone = {name: mark for name, mark in known.items() if name not in there}
    if gone and len(gone) == len(known):
        raise CannotRegister(
            "Lever has none of the webhooks whose signing tokens are stored here, so nothing was taken away. Look at "
            f"the key in connection `{lever.http_conn_id}`: is it that of the same account? If it is, register the "
            "webhooks first"
        )
    if gone and not dry_run:
        _change(lambda tokens: [one for one in tokens if _mark(one) not in gone.values()], forget=list(gone))
    return len(gone)


def _check_tokens_are_ours() -> None:
    """:raises CannotRegister: what is written would not be read."""
    if is_kept_elsewhere(_CONN_ID):
        raise CannotRegister(
            f"Connection `{_CONN_ID}` comes from the environment or a secrets backend, where this command "
            "can't write. Make the webhooks in Lever's settings and put their signing tokens there, or take the "
            "connection away and run this again"
        )
    # Before Lever's key is looked for: where the database can't be read, that isn't found either.
    stored(_CONN_ID)


def _marks(extra: dict[str, Any]) -> dict[str, str]:
    """Fingerprints of tokens by webhook id."""
    return dict(extra.get(_KNOWN) or {})


def _change(
    tokens_of: Callable[[list[str]], list[str]], *, known: dict[str, str] | None = None, forget: Sequence[str] = ()
) -> None:
    def write(password: str, extra: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        kept = {name: mark for name, mark in _marks(extra).items() if name not in forget}
        return " ".join(tokens_of(_apart(password))), {**extra, _KNOWN: {**kept, **(known or {})}}

    change_connection(_CONN_ID, write)


def _apart(password: str) -> list[str]:
    return list(dict.fromkeys(password.replace(",", " ").split()))


def _mark(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def main(arguments: list[str] | None = None) -> int:
    """0: registered. 1: not, and a sentence on stderr says why."""
    options = _options().parse_args(arguments)
    as_server()
    try:
        if options.forget_old:
            count = forget_old(LeverHook(), dry_run=options.dry_run)
            done = "would be" if options.dry_run else "are"
            print(f"{count} signing tokens of webhooks that are gone {done} taken away")
            return 0
        registration = Registration(LeverHook(), webhook_url(options.url or base_url()), dry_run=options.dry_run)
        outcomes = _tell(registration.register(renew=options.renew), dry_run=options.dry_run)
    except (CannotRegister, NotWritten, AirflowException) as error:
        print(f"{error}{_advice(error)}", file=sys.stderr)
        return 1
    if Outcome.FOREIGN in outcomes:
        print(f"\nSigning tokens from Lever's settings go into the password of connection `{_CONN_ID}`, separated by")
        print("spaces.")
    print(_STILL_TO_DO)
    if options.renew and not options.dry_run:
        print(_RENEWED)
    return 0


def _tell(registered: Iterable[Registered], *, dry_run: bool) -> set[Outcome]:
    """Prints each as it is done: what is done stays done if a later one fails."""
    outcomes: set[Outcome] = set()
    for one in registered:
        if dry_run and not outcomes:
            print(_REHEARSED)
        print(f"{one.event}: {one.outcome}", flush=True)
        outcomes.add(one.outcome)
    return outcomes


def _advice(error: Exception) -> str:
    if isinstance(error, Forbidden):
        return ". This command needs both: webhooks: read and write"
    if isinstance(error, NotWritten):
        return ". Run this where Airflow's database and its key (fernet_key) are those of the API server"
    return ""


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alva_lever.web.registration", description=__doc__)
    parser.add_argument("url", nargs="?", help="where Lever reaches Airflow (else: Airflow's [api] base_url)")
    parser.add_argument("--renew", action="store_true", help="new signing tokens, without a gap")
    parser.add_argument("--forget-old", action="store_true", help="take away the tokens of webhooks that are gone")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
