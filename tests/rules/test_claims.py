from __future__ import annotations

import pytest

from alva_lever.rules.claims import Claim, Event, Kind, claims

MOVED, HIRED, DELETED = (Event(kind, "o1") for kind in (Kind.MOVED, Kind.HIRED, Kind.DELETED))
APPLIED = Event(Kind.APPLIED, "o1", "a1")


@pytest.mark.parametrize("event", [MOVED, HIRED, DELETED, APPLIED, Event(Kind.APPLIED, "o1")])
def test_a_conf_holds_what_was_said(event: Event) -> None:
    assert Event.of(event.as_json()) == event
    assert set(event.as_json()) <= {"kind", "opportunity", "application"}


@pytest.mark.parametrize("told", [{"kind": "else", "opportunity": "o"}, {"opportunity": "o"}, {"kind": "hired"}])
def test_what_no_conf_holds(told: dict[str, str]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Event.of(told)


def test_several_about_one_are_one_claim_in_the_order_of_arrival() -> None:
    other = Event(Kind.MOVED, "o2")
    claimed = claims([MOVED, other, APPLIED, MOVED, Event(Kind.APPLIED, "o1", "a2")])
    assert list(claimed) == ["o1", "o2"]
    assert claimed["o1"] == Claim(frozenset({Kind.MOVED, Kind.APPLIED}), frozenset({"a1", "a2"}))
    assert claimed["o2"] == Claim(frozenset({Kind.MOVED}), frozenset())


@pytest.mark.parametrize(("event", "asks"), [(MOVED, True), (APPLIED, True), (HIRED, False), (DELETED, False)])
def test_a_move_and_an_application_ask_for_a_decision(event: Event, asks: bool) -> None:
    assert claims([event])["o1"].asks_to_look is asks
