"""Sends deliveries over HTTP to this machine only, in its own threads, from an ordered outbox."""

from __future__ import annotations

import functools
import heapq
import ipaddress
import itertools
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

CONNECTIONS = 50
TIMEOUT_SECONDS = 10.0
BATCH_SECONDS = 0.1  # how long items are collected before they are shuffled
IDLE_SECONDS = 2.0  # shorter than a server keeps a connection open, so that none is used while it is being closed


class Target(Protocol):
    """A webhook of either service, with its current URL."""

    @property
    def id(self) -> str: ...

    @property
    def url(self) -> str: ...


@dataclass(slots=True, eq=False, repr=False)
class Letter:
    """One copy of a delivery, until it is accepted or given up: JSON and headers."""

    delivery_id: str
    target: Target
    body: bytes
    headers: Mapping[str, str]
    failures: int = 0


Item = TypeVar("Item")


class Outbox(Generic[Item]):
    """A queue: first in, first out, unless it is held or shuffled.

    Times are seconds on the caller's clock. Not thread-safe: the caller holds a lock.
    """

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
        if self._later and self._later[0][0] <= now:
            self._ripen(now)
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

    def _ripen(self, now: float) -> None:
        ripe: list[Item] = []
        while self._later and self._later[0][0] <= now:
            ripe.append(heapq.heappop(self._later)[-1])
        self._ready.extend(self._arranged(ripe))

    def _arranged(self, items: Iterable[Item]) -> list[Item]:
        """Returns the items in their order or, if shuffled, in another order if there are at least two."""
        came = [*items]
        if not self._shuffled:
            return came
        order = [*came]
        self._chance.shuffle(order)
        return order if any(one is not other for one, other in zip(order, came, strict=True)) else order[::-1]


class Sender:
    """Sends letters from up to ``connections`` threads, each with its own open connection.

    A thread starts when a letter finds no idle thread, and ends after a while without letters. Threads call
    ``answered`` without a lock held, with the status, or None for no answer.
    """

    def __init__(
        self,
        answered: Callable[[Letter, int | None], None],
        *,
        connections: int = CONNECTIONS,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        if connections < 1:
            raise ValueError("A sender needs a connection")
        self.timeout_seconds = timeout_seconds
        self._answered = answered
        self._connections = connections
        self._changed = threading.Condition()
        self._outbox: Outbox[Letter] = Outbox()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._stopping = False

    def add(self, *letters: Letter) -> None:
        with self._changed:
            now = time.monotonic()
            for letter in letters:
                self._outbox.add(letter, now)
            self._attend()

    def add_later(self, letter: Letter, seconds: float) -> None:
        """Sends a letter after real seconds, whatever the world's clock says."""
        with self._changed:
            self._outbox.add_later(letter, time.monotonic() + seconds)
            self._attend()

    def hold(self) -> None:
        with self._changed:
            self._outbox.hold()

    def release(self, *, backwards: bool = False) -> None:
        with self._changed:
            self._outbox.release(backwards=backwards)
            self._attend()

    def shuffle(self, shuffled: bool) -> None:
        with self._changed:
            self._outbox.shuffle(shuffled)

    def forget(self) -> None:
        """Drops all waiting letters, and ends `hold` and `shuffle`. Letters being sent are still sent."""
        with self._changed:
            self._outbox = Outbox()

    def stop(self) -> None:
        """Stops each thread after its present letter. Waiting letters stay until another is added."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            threads = [*self._threads]
        for thread in threads:
            thread.join()
        with self._changed:
            self._stopping = False

    def _attend(self) -> None:
        """Wakes waiting threads and starts more if needed. The caller holds the lock."""
        self._changed.notify_all()
        self._hire()

    def _hire(self) -> None:
        """Starts a thread if more letters are ready than threads are idle. The caller holds the lock."""
        wanted = max(self._outbox.ready, 0 if self._outbox.due is None else 1)
        if wanted > self._idle and len(self._threads) < self._connections and not self._stopping:
            thread = threading.Thread(target=self._work, name="sandbox-webhooks", daemon=True)
            self._threads.add(thread)
            thread.start()

    def _work(self) -> None:
        with _session() as session:
            while (letter := self._next()) is not None:
                self._answered(letter, post(session, letter, self.timeout_seconds))

    def _next(self) -> Letter | None:
        """Waits for a letter to send, None if this thread is to end."""
        with self._changed:
            idle_until = time.monotonic() + IDLE_SECONDS
            while not self._stopping:
                now = time.monotonic()
                letter = self._outbox.take(now)
                if letter is not None:
                    self._hire()
                    return letter
                due = self._outbox.due
                if now >= idle_until and (due is None or self._idle):
                    break
                until = [moment for moment in (due, idle_until) if moment is not None and moment > now]
                self._idle += 1
                self._changed.wait(min(until) - now)
                self._idle -= 1
            self._threads.discard(threading.current_thread())
            return None


def post_once(letter: Letter, timeout_seconds: float) -> int | None:
    """Posts on a new connection. Returns the status, None for no answer."""
    with _session() as session:
        return post(session, letter, timeout_seconds)


def post(session: requests.Session, letter: Letter, timeout_seconds: float) -> int | None:
    """Posts to this machine and no other. Returns the status, None for no answer.

    ``timeout_seconds``: for the connection, and again for the answer. The answer's body is ignored.
    """
    url = letter.target.url  # read once, since it may change meanwhile
    if not is_loopback(url):
        return None
    try:
        request = session.prepare_request(requests.Request("POST", url, dict(letter.headers), data=letter.body))
        return session.send(request, timeout=timeout_seconds, allow_redirects=False, proxies={}).status_code
    except (requests.RequestException, HTTPError, ValueError, OSError):
        return None


@functools.lru_cache(maxsize=1024)
def is_loopback(url: str) -> bool:
    """Whether an HTTP URL names this machine: ``localhost``, 127.0.0.0/8 or ::1.

    Parses the URL as it will be sent, so that two parsers can't disagree. No name is looked up.
    """
    try:
        prepared = urlsplit(requests.Request("POST", url).prepare().url or "")
        host = prepared.hostname or ""
        if prepared.scheme not in ("http", "https"):
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (requests.RequestException, HTTPError, ValueError):
        return False


def _session() -> requests.Session:
    """Opens a session that ignores the environment (proxies, ``.netrc``)."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Content-Type"] = "application/json"
    return session
