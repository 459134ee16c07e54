"""What is done to webhooks, but for registering them: in Lever's settings, by Lever itself, and to its deliveries.

Alva's webhook is connected by a move of `Candidates`; what is done to deliveries here is done to Alva's too.
"""

from __future__ import annotations

from typing import Any

from include.sandbox.ids import fixed_uuid
from include.sandbox.lever.changes import EVENTS, about
from include.sandbox.naming import Naming
from include.sandbox.world import World


class WebhookMoves:
    """The moves. They are a recruiter's too, who is a Super Admin here. ValueError for what is not there."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._find = Naming(world)

    def switch_webhooks(self, on: bool = True, event: str | None = None) -> list[str]:
        """What a Super Admin switches in Lever's settings, for one event or for all; off at first.

        Gives the events that are on now.
        """
        if event is not None and event not in EVENTS:
            raise ValueError(f"No event {event!r}; there are: {', '.join(sorted(EVENTS))}")
        with self._world.lock:
            switched = EVENTS if event is None else {event}
            lever = self._world.lever
            lever.switched_on = lever.switched_on | switched if on else lever.switched_on - switched
            return sorted(lever.switched_on)

    def verify_webhook(self, webhook: str) -> int | None:
        """The button that tests a webhook: a delivery without data, once, switched on or not.

        Gives the status that came back, None where none did. Waits for it.
        """
        with self._world.lock:
            row, at_ms = self._find.webhook(webhook), self._world.clock.now_ms()
        return self._world.deliveries.verify(row, at_ms=at_ms)

    def rerun_delivery(self, delivery: str) -> str:
        """The button "Rerun": the same body once more."""
        self._world.deliveries.rerun(delivery)
        return delivery

    def disturb_webhooks(self, duplicates: int = 0, shuffled: bool = False) -> None:
        """From now on each delivery is sent ``1 + duplicates`` times; in an order that is not theirs, if shuffled.

        For that they are held back for a tenth of a second. Without arguments: as ever again.
        """
        self._world.deliveries.disturb(duplicates=duplicates, shuffled=shuffled)

    def hold_webhooks(self, held: bool = True, reversed: bool = False) -> None:
        """Keeps deliveries back; ``held`` False lets them go, in their order or the last first."""
        if held:
            self._world.deliveries.hold()
        else:
            self._world.deliveries.release(backwards=reversed)

    def pretend(self, event: str, opportunity: str, **data: Any) -> list[str]:
        """A delivery to each webhook for that event, well signed, that claims what need not be true.

        Whether it is switched on, whether there is such an opportunity and where it came from is not asked. ``data``
        is added to the usual ids, and wins. Gives the ids of the deliveries.
        """
        with self._world.lock:
            lever = self._world.lever
            webhooks = [webhook for webhook in lever.webhooks.values() if webhook.event == event]
            if not webhooks:
                raise ValueError(f"There is no webhook for {event!r}")
            known = lever.opportunities.get(opportunity)
            contact = fixed_uuid(f"contact of {opportunity}") if known is None else known.contact.id
            claimed = about(opportunity, contact) | data
            now = self._world.clock.now_ms()
            return [
                self._world.deliveries.send(webhook, event, claimed, at_ms=now, opportunity=opportunity)
                for webhook in webhooks
            ]
