"""The windows of sections 8 and 9."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules.window import Window, requested, scheduled
from tests.rules.build import DAY_MS, HOUR_MS, MINUTE_MS, NEW_YEAR_MS

NOON_MS = NEW_YEAR_MS + 12 * HOUR_MS
MOMENTS_MS = st.integers(min_value=0, max_value=4 * 10**12)
LATEST = (NOON_MS - HOUR_MS, NOON_MS)


# What is searched.


def test_the_search_begins_ten_minutes_before_the_start() -> None:
    assert Window(*LATEST).first_ms == NOON_MS - HOUR_MS - 10 * MINUTE_MS


def test_the_search_ends_a_millisecond_before_the_end() -> None:
    assert Window(*LATEST).last_ms == NOON_MS - 1


@pytest.mark.parametrize(
    ("moment_ms", "included"),
    [
        pytest.param(NOON_MS - HOUR_MS, True, id="start"),
        pytest.param(NOON_MS - HOUR_MS - 10 * MINUTE_MS, True, id="overlap"),
        pytest.param(NOON_MS - HOUR_MS - 10 * MINUTE_MS - 1, False, id="before the overlap"),
        pytest.param(NOON_MS - 1, True, id="last millisecond"),
        pytest.param(NOON_MS, False, id="end"),
        pytest.param(None, False, id="unknown"),
    ],
)
def test_the_window_includes_its_interval_and_the_overlap(moment_ms: int | None, included: bool) -> None:
    assert Window(*LATEST).has(moment_ms) is included


@given(MOMENTS_MS, st.integers(1, 48))
def test_every_moment_belongs_to_one_interval_and_at_most_one_overlap(moment_ms: int, hours: int) -> None:
    first_ms = (moment_ms // HOUR_MS - 1) * HOUR_MS
    windows = [Window(first_ms + n * HOUR_MS, first_ms + (n + 1) * HOUR_MS) for n in range(hours + 2)]
    found = [window for window in windows if window.has(moment_ms)]
    assert sum(window.start_ms <= moment_ms < window.end_ms for window in found) == 1
    assert len(found) <= 2


# A scheduled run.


def test_a_scheduled_run_covers_its_interval() -> None:
    assert scheduled(*LATEST, covered_ms=LATEST[0]) == Window(*LATEST)


def test_the_first_scheduled_run_covers_its_interval() -> None:
    assert scheduled(*LATEST, covered_ms=None) == Window(*LATEST)


def test_three_missed_hours_are_covered_too() -> None:
    assert scheduled(*LATEST, covered_ms=LATEST[0] - 3 * HOUR_MS) == Window(NOON_MS - 4 * HOUR_MS, NOON_MS)


@pytest.mark.parametrize("outage_ms", [14 * DAY_MS + 1, 30 * DAY_MS, NOON_MS])
def test_at_most_fourteen_days_are_covered(outage_ms: int) -> None:
    assert scheduled(*LATEST, covered_ms=NOON_MS - outage_ms) == Window(NOON_MS - 14 * DAY_MS, NOON_MS)


def test_an_outage_of_fourteen_days_is_covered_completely() -> None:
    assert scheduled(*LATEST, covered_ms=NOON_MS - 14 * DAY_MS).start_ms == NOON_MS - 14 * DAY_MS


@pytest.mark.parametrize("covered_ms", [LATEST[0] + 1, NOON_MS, NOON_MS + 5 * HOUR_MS])
def test_an_interval_that_was_covered_before_is_covered_again_completely(covered_ms: int) -> None:
    assert scheduled(*LATEST, covered_ms=covered_ms) == Window(*LATEST)


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_the_next_successful_run_covers_the_failed_hours(succeeds: list[bool]) -> None:
    covered_ms, done_ms = NEW_YEAR_MS, NEW_YEAR_MS
    for hour, success in enumerate(succeeds):
        start_ms = NEW_YEAR_MS + hour * HOUR_MS
        window = scheduled(start_ms, start_ms + HOUR_MS, covered_ms)
        assert window.start_ms == done_ms
        if success:
            covered_ms = max(covered_ms, start_ms + HOUR_MS)
            done_ms = window.end_ms


# Any other run.


def test_since_in_the_form_starts_the_window() -> None:
    assert requested(NOON_MS - 5 * DAY_MS, LATEST, NOON_MS + 7) == Window(NOON_MS - 5 * DAY_MS, NOON_MS + 7)


def test_since_can_reach_further_back_than_a_scheduled_run() -> None:
    assert requested(NOON_MS - 400 * DAY_MS, None, NOON_MS).start_ms == NOON_MS - 400 * DAY_MS


def test_without_since_the_data_interval_is_covered() -> None:
    assert requested(None, (NEW_YEAR_MS, NEW_YEAR_MS + HOUR_MS), NOON_MS) == Window(NEW_YEAR_MS, NEW_YEAR_MS + HOUR_MS)


def test_without_since_and_data_interval_the_last_day_is_covered() -> None:
    assert requested(None, None, NOON_MS) == Window(NOON_MS - 24 * HOUR_MS, NOON_MS)


@given(MOMENTS_MS, MOMENTS_MS)
def test_a_window_never_runs_backwards(since_ms: int, now_ms: int) -> None:
    window = requested(since_ms, None, now_ms)
    assert window.start_ms <= window.end_ms
