"""The webhooks on the set-up page: their addresses, their registration with Lever, and the signing tokens."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from alva_lever.account import URL_PREFIX, Account
from alva_lever.connect import shared
from alva_lever.http.errors import ApiError
from alva_lever.web.airflow_internals import NotWritten, base_url
from alva_lever.web.registration import CannotRegister, Registered, Registration, advice, forget_old, webhook_url
from alva_lever.web.setup.connections import kept_elsewhere
from alva_lever.web.signing_tokens import SHORTEST, change_words, fingerprint, is_token, words, words_of


# Two registrations at once could register an event twice. This keeps them apart in one process of the API server only.
# After one in another process, or by the command, a press of Register sets right what came twice.
@cache
def _under_way(account: Account) -> threading.Lock:
    return threading.Lock()


@dataclass(frozen=True, slots=True)
class TokensForm:
    """The signing tokens of a vendor, by their fingerprints. `address`: where the vendor sends its
    deliveries; empty if Airflow doesn't know its own."""

    slug: str
    vendor: str
    conn_id: str
    address: str
    fingerprints: Sequence[str]
    kept_elsewhere: str
    problem: str


@dataclass(frozen=True, slots=True)
class Registering:
    """The result of a registration. `url`: the address that was typed. `problem`: why it ended early; what `done` says
    stands all the same."""

    url: str
    done: Sequence[Registered] = ()
    problem: str = ""
    forgotten: int | None = None


def conn_id_of(account: Account, slug: str) -> str:
    """Returns the connection that holds the signing tokens of a vendor."""
    return account.lever_webhook_conn_id if slug == "lever" else account.alva_webhook_conn_id


def tokens(account: Account) -> list[TokensForm]:
    """Returns what is known of both vendors' webhooks, without a call."""
    found = []
    for slug, vendor, path in (
        ("lever", "Lever", account.lever_webhook_path),
        ("alva", "Alva", account.alva_webhook_path),
    ):
        conn_id, elsewhere, problem = conn_id_of(account, slug), "", ""
        marks: Sequence[str] = ()
        try:
            marks = [fingerprint(word) for word in words(conn_id)]
            elsewhere = kept_elsewhere(conn_id)
        except NotWritten as error:
            problem = str(error)
        address = f"{base_url().rstrip('/')}{URL_PREFIX}{path}" if base_url() else ""
        found.append(TokensForm(slug, vendor, conn_id, address, marks, elsewhere, problem))
    return found


def register(account: Account, url: str, *, renew: bool) -> Registering:
    """Registers the four webhooks with Lever, as the command does."""
    done: list[Registered] = []
    lever = shared(account).lever()
    if not _under_way(account).acquire(blocking=False):
        return Registering(url, problem="A registration is under way. Wait until it has ended")
    try:
        for one in Registration(lever, webhook_url(url, account), account).register(renew=renew):
            done.append(one)
    except (CannotRegister, NotWritten, ApiError) as error:
        return Registering(url, done, f"{error}{advice(error, lever)}")
    finally:
        _under_way(account).release()
    return Registering(url, done)


def forget(account: Account, url: str) -> Registering:
    """Takes away the signing tokens of webhooks that Lever no longer has."""
    lever = shared(account).lever()
    try:
        return Registering(url, forgotten=forget_old(lever, account))
    except (CannotRegister, NotWritten, ApiError) as error:
        return Registering(url, problem=f"{error}{advice(error, lever)}")


def add_token(account: Account, slug: str, token: str) -> str:
    """Adds a signing token. Returns what is wrong with it, empty if it is stored.

    :raises NotWritten: Airflow's database can't be read or written.
    """
    conn_id, token = conn_id_of(account, slug), token.strip()
    if problem := kept_elsewhere(conn_id):
        return problem
    if not is_token(token) or words_of(token) != (token,):
        return f"This is no signing token: it is one word of at least {SHORTEST} characters. Copy it in full"
    change_words(conn_id, lambda known: [*(word for word in known if word != token), token])
    return ""


def retire_token(account: Account, slug: str, retired: str) -> str:
    """Takes away the signing token with this fingerprint. Returns why it can't, empty if it is gone.

    :raises NotWritten: Airflow's database can't be read or written.
    """
    conn_id = conn_id_of(account, slug)
    if problem := kept_elsewhere(conn_id):
        return problem
    change_words(conn_id, lambda known: [word for word in known if fingerprint(word) != retired])
    return ""
