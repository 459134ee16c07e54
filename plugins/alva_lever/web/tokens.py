"""Reads the current signing tokens, once for all callers that wait."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable

from alva_lever.web.airflow_internals import passwords

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


def signing_tokens(conn_id: str) -> Tokens:
    """Returns the signing tokens in a connection's password. A word that is too short is skipped, and logged.

    :raises NotWritten: the password can't be read.
    """
    words = passwords(conn_id)
    tokens = tuple(filter(is_token, words))
    if len(tokens) < len(words):
        log.warning(
            "The password of connection `%s` holds %s words of fewer than %s characters, which are no signing tokens",
            conn_id,
            len(words) - len(tokens),
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
