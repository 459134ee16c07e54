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
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from include.sandbox.answer import dump
from include.sandbox.ids import Ids
from include.sandbox.lever.models import Webhook
from include.sandbox.sender import CONNECTIONS, TIMEOUT_SECONDS, Letter, Sender, Target, is_loopback, post_once

WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0)  # before each of the five retries; Lever publishes no times
TOKEN_LENGTH = 48  # of the signing token, and of the token in each delivery
HEADERS = {"User-Agent": "Lever-Webhooks"}
NOT_LOOPBACK = "not loopback"
State = Literal["waiting", "delivered", "failed"]
STATES: tuple[State, ...] = ("waiting", "delivered", "failed")


@dataclass(slots=True, repr=False)
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

    def letter(self) -> Letter:
        return Letter(self.id, self.webhook, self.body, self.headers)

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


class Deliveries:
    """All deliveries, the oldest first, until the world is reset. Safe to use from several threads.

    Only `verify` and `wait` wait for an answer: call them without holding a lock. ``waits_seconds``: real time before
    each retry; there are as many retries as waits.
    """

    def __init__(
        self,
        *,
        waits_seconds: Sequence[float] = WAITS_SECONDS,
        connections: int = CONNECTIONS,
        timeout_seconds: float = TIMEOUT_SECONDS,
        seed: int = 1,
    ) -> None:
        self.waits_seconds = tuple(waits_seconds)
        self._changed = threading.Condition()
        self._deliveries: dict[str, Delivery] = {}
        self._unsettled = 0
        self._copies = 1
        self.ids = Ids(f"deliveries {seed}")  # kept over a reset, so that neither id nor token comes twice
        self._sender = Sender(self._answered, connections=connections, timeout_seconds=timeout_seconds)

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
            letter = self._signed(webhook, webhook.event, {}, at_ms, None).letter()
        return post_once(letter, self._sender.timeout_seconds)

    def disturb(self, *, duplicates: int, shuffled: bool) -> None:
        """From now on sends each delivery ``1 + duplicates`` times, and in another order if shuffled."""
        if duplicates < 0:
            raise ValueError("There can't be fewer than no duplicates")
        with self._changed:
            self._copies = 1 + duplicates
            self._sender.shuffle(shuffled)

    def hold(self) -> None:
        """Sends nothing more until `release`; deliveries on their way go on."""
        self._sender.hold()

    def release(self, *, backwards: bool = False) -> None:
        """Sends the held deliveries, in their order or the last first."""
        self._sender.release(backwards=backwards)

    def forget(self) -> None:
        """Drops all deliveries, including those that wait, and ends `hold` and `disturb`."""
        with self._changed:
            self._deliveries.clear()
            self._unsettled = 0
            self._copies = 1
            self._sender.forget()
            self._changed.notify_all()

    def stop(self) -> None:
        """Stops the threads. The next delivery starts them again."""
        self._sender.stop()

    # The list

    def all(self) -> list[Delivery]:
        """Returns copies of all deliveries as they are now."""
        return self._which(lambda delivery: True)

    def of(
        self,
        event: str | None = None,
        webhook: str | None = None,
        opportunity: str | None = None,
        state: str | None = None,
    ) -> list[Delivery]:
        """Returns the deliveries of this event, webhook (by id), opportunity and state; None: any."""
        return self._which(
            lambda delivery: (
                event in (None, delivery.event)
                and webhook in (None, delivery.webhook.id)
                and opportunity in (None, delivery.opportunity)
                and state in (None, delivery.state)
            )
        )

    def summary(self) -> dict[str, int]:
        """Counts the deliveries in each state."""
        with self._changed:
            counts = Counter(delivery.state for delivery in self._deliveries.values())
        return {state: counts[state] for state in STATES}

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

    # Helpers

    def _which(self, keep: Callable[[Delivery], bool]) -> list[Delivery]:
        with self._changed:
            rows = [delivery for delivery in self._deliveries.values() if keep(delivery)]
            return [replace(delivery, attempts=[*delivery.attempts]) for delivery in rows]

    def _signed(
        self, webhook: Webhook, event: str, data: Mapping[str, object], at_ms: int, opportunity: str | None
    ) -> Delivery:
        uid, token = self.ids.uuid(), self.ids.hex(TOKEN_LENGTH)
        signature = hmac.new(webhook.signature_token.encode(), f"{token}{at_ms}".encode(), hashlib.sha256).hexdigest()
        shown = {"id": uid, "event": event, "triggeredAt": at_ms, "token": token, "signature": signature, "data": data}
        return Delivery(uid, event, webhook, opportunity, at_ms, dump(shown), HEADERS)

    def _dispatch(self, delivery: Delivery) -> None:
        """Queues the copies of a delivery, but none for another machine. The caller holds the lock."""
        delivery.accepted, delivery.reason = False, None
        if not is_loopback(delivery.webhook.url):
            delivery.reason = NOT_LOOPBACK
            return
        self._unsettled += delivery.unsent == 0
        delivery.unsent += self._copies
        self._sender.add(*[delivery.letter() for _ in range(self._copies)])

    def _answered(self, letter: Letter, status: int | None) -> None:
        """Records an answer, and retries a failed delivery after a wait. A sending thread calls this."""
        accepted = status is not None and 200 <= status < 300
        with self._changed:
            delivery = self._deliveries.get(letter.delivery_id)
            if delivery is None:
                return  # the world was reset in the meantime
            delivery.attempts.append(status)
            if not accepted and letter.failures < len(self.waits_seconds):
                letter.failures += 1
                self._sender.add_later(letter, self.waits_seconds[letter.failures - 1])
                return
            delivery.accepted |= accepted
            delivery.unsent -= 1
            if delivery.unsent == 0:
                self._unsettled -= 1
                self._changed.notify_all()
