"""Group commit: items that arrive together are made durable together, and each caller waits until its item is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

# How long the first item of a group waits for others in a burst. A DAG run takes Airflow seconds, so this adds little.
WINDOW_SECONDS = 0.5
# Where none has come for so long, the burst is over, or its other senders are slow.
PAUSE_SECONDS = 0.05
# As many as fit into one batch: some 500 calls to Lever, of which a completed result needs 7.
MOST = 70


class _Open(Generic[T]):
    """A group that still takes items. `done`: the outcome of its commit. `full`: it has `enough` items to be closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, enough: int) -> None:
        self.loop = loop
        self.opened_at = loop.time()
        self.items: list[T] = []
        self.enough = enough
        self.full = asyncio.Event()
        self.done: asyncio.Future[None] = loop.create_future()
        # Retrieves the exception, since every caller may have given up waiting for it.
        self.done.add_done_callback(lambda done: done.cancelled() or done.exception())


class Group(Generic[T]):
    """Collects items into groups, and calls `commit` for one group after the other, in a thread.

    An item that comes alone is committed at once. In a burst, a group waits for others: that is, if several items
    waited at once when the group before it was done, `window_seconds` ago or less. It then closes when it has as many
    items as waited then, or `most`; when `pause_seconds` bring no other; or `window_seconds` after its first item.
    While the previous group is being committed, a group stays open, up to `most` items.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[T]], None],
        *,
        window_seconds: float = WINDOW_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
        most: int = MOST,
    ) -> None:
        self._commit = commit
        self._window_seconds = window_seconds
        self._pause_seconds = pause_seconds
        self._most = most
        self._open: _Open[T] | None = None
        self._turn: asyncio.Lock | None = None
        self._waiting = 0
        # How many waited when the last group was done, itself included, and when that was, by its event loop's clock.
        self._waited, self._done_at = 0, 0.0
        # The event loop itself keeps no strong reference to a task.
        self._closing: set[asyncio.Task[None]] = set()

    async def add(self, item: T) -> None:
        """Adds an item and returns when it is committed; raises what `commit` raised for its group."""
        group = self._taking()
        group.items.append(item)
        self._waiting += 1
        if len(group.items) >= self._most:
            self._open = None
        if len(group.items) >= group.enough:
            group.full.set()
        # A sender that gives up waiting must not cancel the commit for the others.
        await asyncio.shield(group.done)

    def _taking(self) -> _Open[T]:
        loop = asyncio.get_running_loop()
        if self._open is None or self._open.loop is not loop:
            self._open = _Open(loop, self._most)
            if self._turn is None or not self._closing:
                self._turn = asyncio.Lock()
            task = loop.create_task(self._close(self._open, self._turn))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return self._open

    async def _close(self, group: _Open[T], turn: asyncio.Lock) -> None:
        try:
            async with turn:
                await self._wait_for_others(group)
                if self._open is group:
                    self._open = None
                await asyncio.to_thread(self._commit, group.items)
        except BaseException as error:
            group.done.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            group.done.set_result(None)
        finally:
            self._waited, self._done_at = self._waiting, group.loop.time()
            self._waiting -= len(group.items)

    async def _wait_for_others(self, group: _Open[T]) -> None:
        clock = group.loop.time
        if self._waited < 2 or clock() - self._done_at >= self._window_seconds:
            return
        group.enough = min(self._waited, self._most)
        while len(group.items) < group.enough and clock() - group.opened_at < self._window_seconds:
            # Looks now and then, and not at each item, which would cost more than the rest.
            before = len(group.items)
            with suppress(TimeoutError):
                await asyncio.wait_for(group.full.wait(), self._pause_seconds)
            if len(group.items) == before:
                return
