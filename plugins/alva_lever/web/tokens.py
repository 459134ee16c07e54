"""Signing tokens as they are now, read for all who wait at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from alva_lever.web.airflow_internals import passwords

log = logging.getLogger(__name__)

Tokens = tuple[str, ...]

# Lever's have 48. A word of a few letters could be guessed, and is more likely a slip of the hand than a token.
SHORTEST = 16


def is_token(word: str) -> bool:
    """Whether this can be a signing token."""
    return len(word) >= SHORTEST


def signing_tokens(conn_id: str) -> Tokens:
    """The signing tokens in a connection's password. What is too short for one is passed over, and the log says so.

    :raises NotWritten: it isn't known which there are.
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
    """Reads tokens in a thread, each time again, so that a token that was put in or taken away counts at once.

    Those who ask while they are being read share the next reading, which begins after they asked.
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
        # Who asks from here on may want what is written from here on.
        self._under_way, self._next = self._next, None
        return await asyncio.to_thread(self._read)
