"""Deliveries to webhooks and their outcome, as the page of deliveries in Lever's settings shows them.

Alva's deliveries are among them; they arrive here already signed. Lever (its documentation, Webhooks) sends one JSON
object:

    {"id", "event", "triggeredAt": ms, "token", "signature", "data"}

The signature is the hex HMAC-SHA256 of token and time, concatenated, with the webhook's signing token as key. It covers
neither the event nor the data.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, get_args

import requests

from include.sandbox.answer import dump
from include.sandbox.clock import Ids
from include.sandbox.lever.models import Webhook
from include.sandbox.outbox import Outbox, is_loopback, post, session

CONNECTIONS = 50
TIMEOUT_SECONDS = 10.0
IDLE_SECONDS = 2.0  # shorter than a server keeps a connection open, so that none is used while it is being closed
WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0)  # before each of the five retries; Lever publishes no times
TOKEN_LENGTH = 48  # of the signing token, and of the token in each delivery
HEADERS = {"User-Agent": "Lever-Webhooks"}
State = Literal["waiting", "delivered", "failed"]


class Target(Protocol):
    """A webhook of either service, with its current URL."""

    @property
    def id(self) -> str: ...

    @property
    def url(self) -> str: ...


@dataclass(slots=True, eq=False, repr=False)
class Delivery:
    """One event for one webhook. Its body is the same in every attempt (Lever doesn't document that)."""

    id: str  # also the ``id`` in the body
    event: str
    webhook: Target
    opportunity: str | None  # None for an event about a person; for Alva's, the candidate's ``external_id``
    at_ms: int  # when the event happened, in the world's time
    body: bytes
    headers: Mapping[str, str]
    attempts: list[int | None] = field(default_factory=list)  # the answers' statuses, in order; None: no answer
    reason: str | None = None  # why it was not sent at all
    unsent: int = 0  # how many copies are still to be sent, including those that wait for a retry
    accepted: bool = False

    @property
    def state(self) -> State:
        """Returns ``delivered`` if at least one of the copies sent together was answered 2xx."""
        if self.unsent:
            return "waiting"
        return "delivered" if self.accepted else "failed"

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "event": self.event,
            "webhook": self.webhook.id,
            "opportunity": self.opportunity,
            "at_ms": self.at_ms,
            "attempts": [*self.attempts],
            "state": self.state,
            "reason": self.reason,
        }


@dataclass(slots=True, eq=False, repr=False)
class _Copy:
    """One copy of a delivery, until it is accepted or given up."""

    delivery: Delivery
    failures: int = 0


class Deliveries:
    """All deliveries, the oldest first, until the world is reset. Safe to use from several threads.

    ``waits_seconds``: real time before each retry, whatever the world's clock says; there are as many retries as waits.
    Up to ``connections`` threads send, each with its own open connection: one starts when a copy finds no idle thread,
    and ends after a while without copies. Only `verify` and `wait` wait for an answer: call them without holding a
    lock.
    """

    def __init__(
        self,
        waits_seconds: Sequence[float] = WAITS_SECONDS,
        connections: int = CONNECTIONS,
        timeout_seconds: float = TIMEOUT_SECONDS,
        seed: int = 1,
    ) -> None:
        if connections < 1:
            raise ValueError("A sender needs a connection")
        self.waits_seconds = tuple(waits_seconds)
        self.ids = Ids(f"deliveries {seed}")  # kept over a reset, so that neither id nor token comes twice
        self._connections = connections
        self._timeout_seconds = timeout_seconds
        self._changed = threading.Condition()
        self._deliveries: dict[str, Delivery] = {}
        self._outbox: Outbox[_Copy] = Outbox()
        self._unsettled = 0
        self._copies = 1
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._stopping = False

    # Sending

    def send(
        self, webhook: Webhook, event: str, data: Mapping[str, object], *, at_ms: int, opportunity: str | None = None
    ) -> str:
        """Signs a delivery as Lever does and queues it. Returns its id."""
        with self._changed:
            return self.add(self._signed(webhook, event, data, at_ms, opportunity))

    def add(self, delivery: Delivery) -> str:
        """Queues a delivery that is already signed. Returns its id."""
        with self._changed:
            self._deliveries[delivery.id] = delivery
            self._dispatch(delivery)
            return delivery.id

    def rerun(self, uid: str) -> None:
        """Sends the same body again, with retries. ValueError if there is no such delivery."""
        with self._changed:
            if uid not in self._deliveries:
                raise ValueError(f"There is no delivery {uid}")
            self._dispatch(self._deliveries[uid])

    def verify(self, webhook: Webhook, *, at_ms: int) -> int | None:
        """Sends a delivery without data, once. Returns the answer's status, None for no answer. No list shows it."""
        with self._changed:
            delivery = self._signed(webhook, webhook.event, {}, at_ms, None)
        with session() as opened:
            return self._post(opened, delivery)

    def disturb(self, *, duplicates: int, shuffled: bool) -> None:
        """From now on sends each delivery ``1 + duplicates`` times, and in another order if shuffled."""
        if duplicates < 0:
            raise ValueError("There can't be fewer than no duplicates")
        with self._changed:
            self._copies = 1 + duplicates
            self._outbox.shuffle(shuffled)

    def hold(self) -> None:
        """Sends nothing more until `release`; deliveries on their way go on."""
        with self._changed:
            self._outbox.hold()

    def release(self, *, backwards: bool = False) -> None:
        """Sends the held deliveries, in their order or the last first."""
        with self._changed:
            self._outbox.release(backwards=backwards)
            self._attend()

    def forget(self) -> None:
        """Drops all deliveries, including those that wait, and ends `hold` and `disturb`."""
        with self._changed:
            self._deliveries.clear()
            self._outbox = Outbox()
            self._unsettled = 0
            self._copies = 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Stops each thread after its present copy. The next delivery starts them again."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            threads = [*self._threads]
        for thread in threads:
            thread.join()
        with self._changed:
            self._stopping = False

    # The list

    def all(self) -> list[Delivery]:
        """Returns copies of all deliveries as they are now."""
        return self.of()

    def of(
        self,
        event: str | None = None,
        webhook: str | None = None,
        opportunity: str | None = None,
        state: str | None = None,
    ) -> list[Delivery]:
        """Returns copies of the deliveries of this event, webhook (by id), opportunity and state; None: any."""
        with self._changed:
            return [
                replace(delivery, attempts=[*delivery.attempts])
                for delivery in self._deliveries.values()
                if event in (None, delivery.event)
                and webhook in (None, delivery.webhook.id)
                and opportunity in (None, delivery.opportunity)
                and state in (None, delivery.state)
            ]

    def summary(self) -> dict[str, int]:
        """Counts the deliveries in each state."""
        with self._changed:
            counts = Counter(delivery.state for delivery in self._deliveries.values())
        return {state: counts[state] for state in get_args(State)}

    def settled(self) -> bool:
        """Whether no delivery waits to be sent, is held or waits for a retry."""
        return not self._unsettled

    def wait(self, timeout_seconds: float = 10.0) -> bool:
        """Waits until no delivery waits. Returns False after the time-out."""
        with self._changed:
            return self._changed.wait_for(self.settled, timeout_seconds)

    def clear(self) -> None:
        """Drops the deliveries that don't wait."""
        with self._changed:
            self._deliveries = {uid: delivery for uid, delivery in self._deliveries.items() if delivery.unsent}

    # Helpers. Where nothing else is said, the caller holds the lock

    def _signed(
        self, webhook: Webhook, event: str, data: Mapping[str, object], at_ms: int, opportunity: str | None
    ) -> Delivery:
        uid, token = self.ids.uuid(), self.ids.hex(TOKEN_LENGTH)
        signature = hmac.new(webhook.signature_token.encode(), f"{token}{at_ms}".encode(), hashlib.sha256).hexdigest()
        shown = {"id": uid, "event": event, "triggeredAt": at_ms, "token": token, "signature": signature, "data": data}
        return Delivery(uid, event, webhook, opportunity, at_ms, dump(shown), HEADERS)

    def _dispatch(self, delivery: Delivery) -> None:
        """Queues the copies of a delivery, but none for another machine."""
        delivery.accepted, delivery.reason = False, None
        if not is_loopback(delivery.webhook.url):
            delivery.reason = "not loopback"
            return
        self._unsettled += delivery.unsent == 0
        delivery.unsent += self._copies
        for _ in range(self._copies):
            self._outbox.add(_Copy(delivery), time.monotonic())
        self._attend()

    def _attend(self) -> None:
        """Wakes waiting threads and starts another if needed."""
        self._changed.notify_all()
        self._hire()

    def _hire(self) -> None:
        """Starts a thread if more copies are ready than threads are idle."""
        wanted = max(self._outbox.ready, 0 if self._outbox.due is None else 1)
        if wanted > self._idle and len(self._threads) < self._connections and not self._stopping:
            thread = threading.Thread(target=self._work, name="sandbox-webhooks", daemon=True)
            self._threads.add(thread)
            thread.start()

    def _work(self) -> None:
        """What a thread does, without the lock."""
        with session() as opened:
            while (copy := self._next()) is not None:
                self._answered(copy, self._post(opened, copy.delivery))

    def _post(self, opened: requests.Session, delivery: Delivery) -> int | None:
        return post(opened, delivery.webhook.url, delivery.body, delivery.headers, self._timeout_seconds)

    def _next(self) -> _Copy | None:
        """Takes the lock and waits for a copy to send, None if this thread is to end."""
        with self._changed:
            idle_until = time.monotonic() + IDLE_SECONDS
            while not self._stopping:
                now = time.monotonic()
                copy = self._outbox.take(now)
                if copy is not None:
                    self._hire()
                    return copy
                due = self._outbox.due
                if now >= idle_until and (due is None or self._idle):
                    break
                until = [moment for moment in (due, idle_until) if moment is not None and moment > now]
                self._idle += 1
                self._changed.wait(min(until) - now)
                self._idle -= 1
            self._threads.discard(threading.current_thread())
            return None

    def _answered(self, copy: _Copy, status: int | None) -> None:
        """Takes the lock and records an answer; retries a failed copy after a wait."""
        accepted, delivery = status is not None and 200 <= status < 300, copy.delivery
        with self._changed:
            if self._deliveries.get(delivery.id) is not delivery:
                return  # the world was reset in the meantime
            delivery.attempts.append(status)
            if not accepted and copy.failures < len(self.waits_seconds):
                self._outbox.add_later(copy, time.monotonic() + self.waits_seconds[copy.failures])
                copy.failures += 1
                self._attend()
                return
            delivery.accepted |= accepted
            delivery.unsent -= 1
            if delivery.unsent == 0:
                self._unsettled -= 1
                self._changed.notify_all()
