"""Group commit: what arrives together is made durable together, and each waits until it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

# How long the first of a group waits for company. A run of a DAG costs Airflow seconds, so this is little.
WINDOW_SECONDS = 0.1
# As many as one batch does at Lever's limit: some 500 calls, and a completed result costs 7 of them.
MOST = 70


class _Open(Generic[T]):
    """A group that still takes members. `done` is how its committing ended, `full` ends the waiting early."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.items: list[T] = []
        self.full = asyncio.Event()
        self.done: asyncio.Future[None] = loop.create_future()
        # Nobody may be there any more to ask how it ended.
        self.done.add_done_callback(lambda done: done.cancelled() or done.exception())


class Group(Generic[T]):
    """Collects items, and calls `commit` with each group of them in a thread, one group after the other.

    A group closes `window_seconds` after its first item, or with its `most`th; while the group before is being
    committed it stays open, up to that many.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[T]], None],
        *,
        window_seconds: float = WINDOW_SECONDS,
        most: int = MOST,
    ) -> None:
        self._commit = commit
        self._window_seconds = window_seconds
        self._most = most
        self._open: _Open[T] | None = None
        self._turn: asyncio.Lock | None = None
        # Airflow's loop keeps no hold of a task by itself.
        self._closing: set[asyncio.Task[None]] = set()

    async def add(self, item: T) -> None:
        """Returns when the item is committed; raises what `commit` raised for its group."""
        group = self._taking()
        group.items.append(item)
        if len(group.items) >= self._most:
            self._open = None
            group.full.set()
        # A sender that gives up waiting takes nobody else's answer away.
        await asyncio.shield(group.done)

    def _taking(self) -> _Open[T]:
        loop = asyncio.get_running_loop()
        if self._open is None or self._open.loop is not loop:
            self._open = _Open(loop)
            if self._turn is None or not self._closing:
                self._turn = asyncio.Lock()
            task = loop.create_task(self._close(self._open, self._turn))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return self._open

    async def _close(self, group: _Open[T], turn: asyncio.Lock) -> None:
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(group.full.wait(), self._window_seconds)
            async with turn:
                if self._open is group:
                    self._open = None
                await asyncio.to_thread(self._commit, group.items)
        except BaseException as error:
            group.done.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            group.done.set_result(None)
