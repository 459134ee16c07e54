"""Leftovers: when they are retried, when they leave the list, and when they are given up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alva_lever.batch.leftovers import DUE, LONGEST_MS, MOST, SHOWN, Item, Leftover, Leftovers
from alva_lever.rules.events import Claim, Kind
from alva_lever.sync.items import joined

NOW = 1_767_225_600_000
HOUR = 60 * 60 * 1000


def leftovers(*waiting: Leftover) -> Leftovers:
    return Leftovers(waiting, join=joined)


def item(name: str = "ada", **claim: Any) -> Item:
    return {"id": name, **Claim(**claim).as_json()}


def waits(name: str = "ada", *, attempts: int = 1, first_ms: int = NOW, due_ms: int = NOW) -> Leftover:
    return Leftover(item(name), "refused", attempts, first_ms, due_ms)


def test_a_leftover_is_due_in_the_next_run_and_then_after_1_2_4_8_16_and_every_24_hours() -> None:
    waiting, now, hours = leftovers(), NOW, []
    for _ in range(9):
        waiting.failed([(item(), "refused")], now)
        (one,) = waiting
        hours.append((one.due_ms - now) // HOUR)
        now = one.due_ms
    assert hours == [0, 1, 2, 4, 8, 16, 24, 24, 24]
    assert (one.attempts, one.first_ms) == (9, NOW)


@pytest.mark.parametrize(("later_ms", "is_due"), [(-1, False), (0, True), (1, True)])
def test_only_due_leftovers_are_retried(later_ms: int, is_due: bool) -> None:
    waiting = leftovers(waits("ada", due_ms=NOW), waits("bo", due_ms=NOW + HOUR))
    assert waiting.due(NOW + later_ms) == ([item("ada")] if is_due else [])


@pytest.mark.parametrize(("age_ms", "given_up"), [(LONGEST_MS - 1, False), (LONGEST_MS, True), (2 * LONGEST_MS, True)])
def test_a_leftover_is_given_up_after_14_days(age_ms: int, given_up: bool) -> None:
    waiting = leftovers(waits(attempts=20), waits("bo"))
    settled = waiting.failed([({**item(), DUE: True}, "refused")], NOW + age_ms)
    assert (settled.kept, settled.given_up) == (([], ["ada"]) if given_up else (["ada"], []))
    assert [one.id for one in waiting] == (["bo"] if given_up else ["ada", "bo"])


def test_an_old_leftover_that_is_claimed_again_is_not_given_up_and_starts_again() -> None:
    waiting = leftovers(waits(attempts=20))
    assert waiting.failed([(item(), "refused")], NOW + LONGEST_MS).kept == ["ada"]
    (one,) = waiting
    assert (one.attempts, one.first_ms, dict(one.item)) == (1, NOW + LONGEST_MS, item())


def test_a_kept_item_loses_its_due_mark() -> None:
    waiting = leftovers(waits())
    waiting.failed([({**item(), DUE: True}, "refused")], NOW)
    assert waiting.due(NOW + HOUR) == [item()]


def test_a_leftover_keeps_the_fault_of_its_last_attempt() -> None:
    waiting = leftovers()
    for fault in ("refused", "passing"):
        waiting.failed([(item(), fault)], NOW)
    assert [one.fault for one in waiting] == ["passing"]


def test_a_finished_item_leaves_the_list() -> None:
    waiting = leftovers(waits("ada"), waits("bo"))
    waiting.done([item("bo"), item("nobody")])
    assert [one.id for one in waiting] == ["ada"]


def test_a_leftover_stays_until_its_own_claim_is_done() -> None:
    hired = item(kinds=frozenset({Kind.HIRED}))
    waiting = leftovers(Leftover(hired, "refused", 1, NOW, NOW))
    waiting.done([item()])
    assert waiting.due(NOW) == [hired]
    waiting.done([item(kinds=frozenset({Kind.HIRED, Kind.MOVED}))])
    assert list(waiting) == []


def test_a_retry_has_the_claims_of_all_attempts() -> None:
    waiting = leftovers()
    waiting.failed([(item(kinds=frozenset({Kind.APPLIED}), new_since_ms={"a1": NOW}), "refused")], NOW)
    waiting.failed([(item(kinds=frozenset({Kind.HIRED}), named_ms={"manual-1": NOW}), "refused")], NOW)
    (asked,) = map(Claim.of, waiting.due(NOW + HOUR))
    assert asked == Claim(frozenset({Kind.APPLIED, Kind.HIRED}), {"a1": NOW}, named_ms={"manual-1": NOW})


def test_at_most_a_thousand_wait_and_a_repeated_failure_needs_no_extra_room() -> None:
    waiting = leftovers(*(waits(f"o{number}") for number in range(MOST - 1)))
    settled = waiting.failed([(item(name), "refused") for name in ("new", "one-too-many", "o5")], NOW)
    assert (settled.kept, settled.too_many, len(waiting)) == (["new", "o5"], ["one-too-many"], MOST)


def test_a_finished_item_makes_room() -> None:
    waiting = leftovers(*(waits(f"o{number}") for number in range(MOST)))
    waiting.done([item("o7")])
    assert waiting.failed([(item("new"), "refused")], NOW).kept == ["new"]


def test_a_report_shows_the_hundred_leftovers_that_are_due_first() -> None:
    waiting = leftovers(*(waits(f"o{number:03}", due_ms=NOW + (200 - number) * HOUR) for number in range(150)))
    shown = waiting.shown()
    assert len(shown) == SHOWN
    assert [row["id"] for row in shown[:2]] == ["o149", "o148"]
    assert shown[0] == {"id": "o149", "fault": "refused", "attempts": 1, "due": "2026-01-03T03:00:00+00:00"}


def test_a_leftover_is_kept_as_json() -> None:
    one = Leftover(item(kinds=frozenset({Kind.DELETED}), named_ms={"m": NOW}), "not_found", 3, NOW, NOW + HOUR)
    assert Leftover.of(json.loads(json.dumps(one.as_json()))) == one
