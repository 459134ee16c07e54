"""What a delivery of Lever's claims of an opportunity, true or not."""

from __future__ import annotations

from typing import Any

from alva_lever.rules.events import Event, Kind
from tests.sync.office import ELSEWHERE, Office


def moved(opportunity: str) -> Event:
    return Event(Kind.MOVED, opportunity)


def hired(opportunity: str) -> Event:
    return Event(Kind.HIRED, opportunity)


def deleted(opportunity: str) -> Event:
    return Event(Kind.DELETED, opportunity)


def applied(office: Office, opportunity: str, application: str | None = None) -> Event:
    """Returns the event that announces this application, else the opportunity's present one."""
    row = office.sandbox.world.lever.opportunities.get(opportunity)
    present = row.application.id if row is not None and row.application is not None else None
    return Event(Kind.APPLIED, opportunity, application or present)


def elsewhere(office: Office, **options: Any) -> str:
    """Adds a candidate in another stage than the trigger stage."""
    return office.apply(**{"stage": ELSEWHERE, **options})
