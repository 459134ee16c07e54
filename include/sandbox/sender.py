"""Sends over HTTP, from threads of its own, to this machine only; and what waits to be sent, in its order."""

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
BATCH_SECONDS = 0.1  # how long things are gathered that are then shuffled
IDLE_SECONDS = 2.0  # less than a server keeps a connection open for, so that none is used just when it is closed


class Target(Protocol):
    """A webhook of whichever service: where its deliveries go at the moment."""

    @property
    def id(self) -> str: ...

    @property
    def url(self) -> str: ...


@dataclass(slots=True, eq=False, repr=False)
class Letter:
    """One copy of a delivery on its way, until it is accepted or given up: JSON, and the headers that go with it."""

    delivery_id: str
    target: Target
    body: bytes
    headers: Mapping[str, str]
    failures: int = 0


Item = TypeVar("Item")


class Outbox(Generic[Item]):
    """First come, first served; unless it is held, or shuffled.

    Times are seconds on the caller's clock. Not locked: its user holds a lock of its own.
    """

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


class Sender:
    """Up to ``connections`` threads, each with a connection that it keeps open.

    A thread is started when there is something to send and no thread to send it, and ends when there has been nothing
    for a while. ``answered`` is called from them, with no lock held: with the status, or None where no answer came.
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
        """Real seconds from now, whatever the world's clock says."""
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
        """Nothing waits any more, and nothing is held or shuffled. What is being sent at this moment is sent."""
        with self._changed:
            self._outbox = Outbox()

    def stop(self) -> None:
        """Ends the threads, once each has sent what it is sending. What waits does so until something is added."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            threads = [*self._threads]
        for thread in threads:
            thread.join()
        with self._changed:
            self._stopping = False

    def _attend(self) -> None:
        """Wakes those who wait, and sees that there are enough of them. The lock is held."""
        self._changed.notify_all()
        self._hire()

    def _hire(self) -> None:
        """One thread more, where more is ready than there are threads with nothing to do. The lock is held."""
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
        """Waits for something to send; None where this thread is to end."""
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
    """On a connection of its own: the status, or None where no answer came."""
    with _session() as session:
        return post(session, letter, timeout_seconds)


def post(session: requests.Session, letter: Letter, timeout_seconds: float) -> int | None:
    """The status, or None where no answer came; nothing else than this machine is ever contacted.

    ``timeout_seconds``: how long it waits for the connection, and then for the answer. The answer's body is ignored.
    """
    url = letter.target.url  # read once: it may become another one meanwhile
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

    Judged on the URL as it would be sent, so that no two readings of it can differ. No name is looked up.
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
    """Nothing of the environment (proxies, ``.netrc``) applies to it."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Content-Type"] = "application/json"
    return session
