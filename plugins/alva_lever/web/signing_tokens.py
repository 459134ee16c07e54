"""The signing tokens in a connection's password: read once for all callers that wait, and changed."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import Any

from alva_lever.web.airflow_store import change_connection, find_connection

log = logging.getLogger(__name__)

Tokens = tuple[str, ...]

# Lever's tokens have 48 characters. A short word could be guessed, and is more likely a typing mistake.
SHORTEST = 16


def is_token(word: str) -> bool:
    """Whether this can be a signing token."""
    return len(word) >= SHORTEST


def fingerprint(token: str) -> str:
    """Returns the fingerprint by which a token is known without being shown."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def words_of(password: str) -> Tokens:
    """Returns the words of a connection's password, which white space and commas separate."""
    return tuple(dict.fromkeys(password.replace(",", " ").split()))


def words(conn_id: str) -> Tokens:
    """Returns the words of a connection's password; empty if there is none.

    :raises NotWritten: the connection wasn't found, but some place could not be searched.
    """
    found = find_connection(conn_id)
    return () if found is None else words_of(found.password or "")


def change_words(conn_id: str, change: Callable[[Tokens], Iterable[str]]) -> None:
    """Changes the words of a password in Airflow's database. :raises NotWritten: it can't be written."""

    def write(password: str, extra: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return " ".join(change(words_of(password))), extra

    change_connection(conn_id, write)


def signing_tokens(conn_id: str) -> Tokens:
    """Returns the signing tokens in a connection's password. A word that is too short is skipped, and logged.

    :raises NotWritten: the password can't be read.
    """
    found = words(conn_id)
    tokens = tuple(filter(is_token, found))
    if len(tokens) < len(found):
        log.warning(
            "The password of connection `%s` holds %s words of fewer than %s characters, which are no signing tokens",
            conn_id,
            len(found) - len(tokens),
            SHORTEST,
        )
    return tokens


class FreshTokens:
    """Reads tokens in a thread, and never caches them, so that a change counts at once.

    Callers that ask during a read share the next one, which begins after they asked.
    """

    def __init__(self, read: Callable[[], Tokens]) -> None:
        self._read = read
        self._under_way: asyncio.Task[Tokens] | None = None
        self._next: asyncio.Task[Tokens] | None = None

    async def get(self) -> Tokens:
        """:raises Exception: what `read` raised."""
        if self._next is None or self._next.get_loop() is not asyncio.get_running_loop():
            self._next = asyncio.create_task(self._after(self._under_way))
        return await asyncio.shield(self._next)

    async def _after(self, before: asyncio.Task[Tokens] | None) -> Tokens:
        if before is not None and not before.done() and before.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([before])
        # A caller from here on needs a read that begins later.
        self._under_way, self._next = self._next, None
        return await asyncio.to_thread(self._read)
