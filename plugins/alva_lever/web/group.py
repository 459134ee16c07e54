"""Group commit: items that arrive together are made durable together, and each caller waits until its item is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

# How long the first item of a group waits for others in a burst. A DAG run takes Airflow seconds, so this adds little.
WINDOW_SECONDS = 0.1
# As many as fit into one batch: some 500 calls to Lever, of which a completed result needs 7.
MOST = 70


class _Open(Generic[T]):
    """A group that still takes items. `done`: the outcome of its commit. `full` ends the wait early."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.items: list[T] = []
        self.full = asyncio.Event()
        self.done: asyncio.Future[None] = loop.create_future()
        # Retrieves the exception, since every caller may have given up waiting for it.
        self.done.add_done_callback(lambda done: done.cancelled() or done.exception())


class Group(Generic[T]):
    """Collects items into groups, and calls `commit` for one group after the other, in a thread.

    An item that comes alone is committed at once. In a burst, a group closes `window_seconds` after its first item, or
    when it has `most` items: that is, if the group before it had several items and ended no longer ago than that. While
    the previous group is being committed, a group stays open, up to `most` items.
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
        # When the last group of several items ended, by the event loop's clock.
        self._burst_at: float | None = None
        # The event loop itself keeps no strong reference to a task.
        self._closing: set[asyncio.Task[None]] = set()

    async def add(self, item: T) -> None:
        """Adds an item and returns when it is committed; raises what `commit` raised for its group."""
        group = self._taking()
        group.items.append(item)
        if len(group.items) >= self._most:
            self._open = None
            group.full.set()
        # A sender that gives up waiting must not cancel the commit for the others.
        await asyncio.shield(group.done)

    def _taking(self) -> _Open[T]:
        loop = asyncio.get_running_loop()
        if self._open is None or self._open.loop is not loop:
            self._open = _Open(loop)
            wait_seconds = self._window_seconds if self._is_burst(loop.time()) else 0.0
            if self._turn is None or not self._closing:
                self._turn = asyncio.Lock()
            task = loop.create_task(self._close(self._open, self._turn, wait_seconds))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return self._open

    def _is_burst(self, now: float) -> bool:
        return self._burst_at is not None and now - self._burst_at < self._window_seconds

    async def _close(self, group: _Open[T], turn: asyncio.Lock, wait_seconds: float) -> None:
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(group.full.wait(), wait_seconds)
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
        finally:
            self._burst_at = group.loop.time() if len(group.items) > 1 else None
