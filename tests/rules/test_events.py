from __future__ import annotations

import pytest

from alva_lever.rules.events import Claim, Event, Kind, claims

MOVED, HIRED, DELETED = (Event(kind, "o1") for kind in (Kind.MOVED, Kind.HIRED, Kind.DELETED))
APPLIED = Event(Kind.APPLIED, "o1", "a1")
DAY_MS = 24 * 60 * 60 * 1000


@pytest.mark.parametrize("event", [MOVED, HIRED, DELETED, APPLIED, Event(Kind.APPLIED, "o1")])
def test_an_event_survives_the_way_through_a_conf(event: Event) -> None:
    assert Event.of(event.as_json()) == event
    assert set(event.as_json()) <= {"kind", "opportunity", "application"}


def test_an_id_that_a_person_put_into_a_conf_in_capitals_is_levers() -> None:
    opportunity_id = "8d49b010-cc6a-4f40-ace5-e86061c677ed"
    assert Event.of({"kind": "hired", "opportunity": opportunity_id.upper()}) == Event(Kind.HIRED, opportunity_id)


@pytest.mark.parametrize("conf", [{"kind": "else", "opportunity": "o"}, {"opportunity": "o"}, {"kind": "hired"}])
def test_a_conf_without_a_known_kind_or_an_opportunity_is_refused(conf: dict[str, str]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Event.of(conf)


def test_events_about_one_opportunity_become_one_claim_in_the_order_of_arrival() -> None:
    other = Event(Kind.MOVED, "o2")
    claimed = claims([MOVED, other, APPLIED, MOVED, Event(Kind.APPLIED, "o1", "a2"), DELETED], 15 * DAY_MS)
    assert list(claimed) == ["o1", "o2"]
    kinds = frozenset({Kind.MOVED, Kind.APPLIED, Kind.DELETED})
    # 15 days less the 14 that a delivery may take.
    assert claimed["o1"] == Claim(kinds, {"a1": DAY_MS, "a2": DAY_MS}, deleted_since_ms=DAY_MS)
    assert claimed["o2"] == Claim(frozenset({Kind.MOVED}))


@pytest.mark.parametrize(("event", "asks"), [(MOVED, True), (APPLIED, True), (HIRED, False), (DELETED, False)])
def test_a_move_and_an_application_ask_for_a_decision(event: Event, asks: bool) -> None:
    assert claims([event], 0)["o1"].asks_to_look is asks
