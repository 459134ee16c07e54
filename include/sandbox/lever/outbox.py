"""What waits to be sent, and in which order it leaves.

Times are seconds on whatever clock the caller reads. Not locked: whoever uses it holds a lock of its own.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

BATCH_SECONDS = 0.1  # how long things are gathered that are then shuffled

Item = TypeVar("Item")


class Outbox(Generic[Item]):
    """First come, first served; unless it is held, or shuffled."""

    def __init__(self) -> None:
        self._ready: deque[Item] = deque()
        self._later: list[tuple[float, int, Item]] = []  # a heap: when, and a number that tells equal times apart
        self._numbers = itertools.count()
        self._chance = random.Random("outbox")
        self._held = False
        self._shuffled = False
        self._batch_ends = 0.0

    def add(self, item: Item, now: float) -> None:
        """Something new. Shuffled, it waits until its batch is over."""
        if self._held or not self._shuffled:
            self._ready.append(item)
            return
        if self._batch_ends <= now:
            self._batch_ends = now + BATCH_SECONDS
        self.add_later(item, self._batch_ends)

    def add_later(self, item: Item, due: float) -> None:
        """Something that must not leave before ``due``."""
        heapq.heappush(self._later, (due, next(self._numbers), item))

    def take(self, now: float) -> Item | None:
        """What leaves next; None where nothing may leave now."""
        if self._held:
            return None
        if self._later and self._later[0][0] <= now:
            self._ripen(now)
        return self._ready.popleft() if self._ready else None

    @property
    def ready(self) -> int:
        """How many could leave at once."""
        return 0 if self._held else len(self._ready)

    @property
    def due(self) -> float | None:
        """When the next one may leave that has to wait; None where nothing will by itself."""
        return self._later[0][0] if self._later and not self._held else None

    def hold(self) -> None:
        """Lets nothing leave until `release`."""
        self._held = True

    def release(self, *, backwards: bool = False) -> None:
        """Lets what was held leave: as it came, or the last first; or shuffled, if it is."""
        if self._held:
            self._held = False
            self._ready = deque([*self._ready][::-1] if backwards else self._arranged(self._ready))

    def shuffle(self, shuffled: bool) -> None:
        """From now on. What is waiting already keeps its place."""
        self._shuffled = shuffled

    def _ripen(self, now: float) -> None:
        ripe: list[Item] = []
        while self._later and self._later[0][0] <= now:
            ripe.append(heapq.heappop(self._later)[-1])
        self._ready.extend(self._arranged(ripe))

    def _arranged(self, items: Iterable[Item]) -> list[Item]:
        """As they came; shuffled, in an order that is another one wherever there are two."""
        came = [*items]
        if not self._shuffled:
            return came
        order = [*came]
        self._chance.shuffle(order)
        return order if any(one is not other for one, other in zip(order, came, strict=True)) else order[::-1]
