from __future__ import annotations

import time

from include.sandbox import Clock


def test_a_clock_shows_real_time_until_it_is_set() -> None:
    before = int(time.time() * 1000)
    assert before <= Clock().now_ms() <= int(time.time() * 1000)


def test_a_clock_runs_on_from_the_time_set() -> None:
    clock = Clock(1_000_000)
    assert 1_000_000 <= clock.now_ms() < 1_060_000
    clock.set(5_000_000)
    assert 5_000_000 <= clock.now_ms() < 5_060_000


def test_a_frozen_clock_stands_still_and_can_be_moved() -> None:
    clock = Clock()
    assert clock.freeze(1000) == 1000
    assert clock.advance(500) == 1500
    clock.set(42)
    assert clock.now_ms() == 42
    assert clock.frozen


def test_an_unfrozen_clock_runs_on_from_the_frozen_time() -> None:
    clock = Clock()
    clock.freeze(7_000)
    clock.unfreeze()
    assert 7_000 <= clock.now_ms() < 67_000
    assert not clock.frozen
