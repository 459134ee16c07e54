"""Signing tokens as they are now, read for all who wait at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

Tokens = tuple[str, ...]


class FreshTokens:
    """Reads tokens in a thread, each time anew, so that a token that was put in or taken away counts at once.

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
        # Whoever asks from here on may want what is written from here on.
        self._under_way, self._next = self._next, None
        return await asyncio.to_thread(self._read)
