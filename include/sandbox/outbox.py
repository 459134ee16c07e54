"""What deliveries wait in before they are sent, and how one is sent: over HTTP, to this machine only."""

from __future__ import annotations

import functools
import heapq
import ipaddress
import itertools
import random
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

BATCH_SECONDS = 0.1  # how long items are collected before they are shuffled

Item = TypeVar("Item")


class Outbox(Generic[Item]):
    """A queue: first in, first out, unless it is held or shuffled. Times are seconds on the caller's clock. Not
    thread-safe: the caller holds a lock."""

    def __init__(self) -> None:
        self._ready: deque[Item] = deque()
        self._later: list[tuple[float, int, Item]] = []  # a heap of time, a number to order equal times, and item
        self._numbers = itertools.count()
        self._chance = random.Random("outbox")
        self._held = False
        self._shuffled = False
        self._batch_ends = 0.0

    def add(self, item: Item, now: float) -> None:
        """Adds a new item. If shuffled, it waits until its batch is complete."""
        if self._held or not self._shuffled:
            self._ready.append(item)
            return
        if self._batch_ends <= now:
            self._batch_ends = now + BATCH_SECONDS
        self.add_later(item, self._batch_ends)

    def add_later(self, item: Item, due: float) -> None:
        """Adds an item that must not leave before ``due``."""
        heapq.heappush(self._later, (due, next(self._numbers), item))

    def take(self, now: float) -> Item | None:
        """Takes the next item, None if none may leave now."""
        if self._held:
            return None
        ripe: list[Item] = []
        while self._later and self._later[0][0] <= now:
            ripe.append(heapq.heappop(self._later)[-1])
        self._ready.extend(self._arranged(ripe))
        return self._ready.popleft() if self._ready else None

    @property
    def ready(self) -> int:
        """Counts the items that may leave now."""
        return 0 if self._held else len(self._ready)

    @property
    def due(self) -> float | None:
        """Returns when the next waiting item may leave, None if none will."""
        return self._later[0][0] if self._later and not self._held else None

    def hold(self) -> None:
        """Lets nothing leave until `release`."""
        self._held = True

    def release(self, *, backwards: bool = False) -> None:
        """Releases the held items: in their order, the last first, or shuffled."""
        if self._held:
            self._held = False
            self._ready = deque([*self._ready][::-1] if backwards else self._arranged(self._ready))

    def shuffle(self, shuffled: bool) -> None:
        """Shuffles items from now on. Items that already wait keep their place."""
        self._shuffled = shuffled

    def _arranged(self, items: Iterable[Item]) -> list[Item]:
        """Returns the items in their order or, if shuffled, in another order if there are at least two."""
        came = [*items]
        if not self._shuffled:
            return came
        order = [*came]
        self._chance.shuffle(order)
        return order if any(one is not other for one, other in zip(order, came, strict=True)) else order[::-1]


def session() -> requests.Session:
    """Opens a session that ignores the environment (proxies, ``.netrc``)."""
    opened = requests.Session()
    opened.trust_env = False
    opened.headers["Content-Type"] = "application/json"
    return opened


def post(
    session: requests.Session, url: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float
) -> int | None:
    """Posts to this machine and no other. Returns the status, None for no answer. ``timeout_seconds``: for the
    connection, and again for the answer."""
    if not is_loopback(url):
        return None
    try:
        request = session.prepare_request(requests.Request("POST", url, dict(headers), data=body))
        return session.send(request, timeout=timeout_seconds, allow_redirects=False, proxies={}).status_code
    except (requests.RequestException, HTTPError, ValueError, OSError):
        return None


@functools.lru_cache(maxsize=1024)
def is_loopback(url: str) -> bool:
    """Whether an HTTP URL names this machine: ``localhost``, 127.0.0.0/8 or ::1; no name is looked up. Parses the URL
    as it will be sent, so that two parsers can't disagree."""
    try:
        prepared = urlsplit(requests.Request("POST", url).prepare().url or "")
        host = prepared.hostname or ""
        if prepared.scheme not in ("http", "https"):
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (requests.RequestException, HTTPError, ValueError):
        return False
