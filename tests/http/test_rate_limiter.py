from __future__ import annotations

import threading

import pytest

from alva_lever.http.rate_limiter import RateLimiter
from tests.http.recording import Time


def moments(pace: RateLimiter, time: Time, calls: int) -> list[float]:
    passed = []
    for _ in range(calls):
        pace.acquire()
        passed.append(time.clock())
    return passed


def busiest_second(passed: list[float]) -> int:
    return max(sum(start <= moment < start + 1 for moment in passed) for start in passed)


def test_at_most_ten_calls_a_second_pass(time: Time) -> None:
    passed = moments(RateLimiter(10, 10, clock=time.clock, sleep=time.sleep), time, 101)
    assert passed[0] == 0
    assert passed[-1] == pytest.approx(10.0)
    assert busiest_second(passed) <= 11


def test_the_bucket_starts_with_one_call(time: Time) -> None:
    pace = RateLimiter(10, 10, clock=time.clock, sleep=time.sleep)
    assert pace.acquire() == 0
    assert pace.acquire() == pytest.approx(0.1)


def test_idle_time_saves_up_at_most_one_second_of_calls(time: Time) -> None:
    pace = RateLimiter(10, 10, clock=time.clock, sleep=time.sleep)
    time.seconds += 60
    passed = moments(pace, time, 30)
    assert sum(moment < 60.001 for moment in passed) == 10
    assert busiest_second(passed) <= 20


def test_without_a_rate_no_call_waits(time: Time) -> None:
    pace = RateLimiter(None, clock=time.clock, sleep=time.sleep)
    assert moments(pace, time, 1000)[-1] == 0
    assert pace.waited_seconds == 0


def test_a_pause_holds_every_call_and_empties_the_bucket(time: Time) -> None:
    pace = RateLimiter(10, 10, clock=time.clock, sleep=time.sleep)
    time.seconds += 60
    pace.pause(5)
    assert moments(pace, time, 3) == pytest.approx([65.0, 65.2, 65.4], abs=0.01)


@pytest.mark.parametrize("rate", [10, None])
def test_a_pause_halves_the_pace_once_for_all_calls_under_way_and_later_calls_speed_it_up(
    time: Time, rate: float | None
) -> None:
    pace = RateLimiter(rate, clock=time.clock, sleep=time.sleep)
    for _ in range(12):
        pace.pause(1)
    passed = moments(pace, time, 300)
    first, last = passed[1] - passed[0], passed[-1] - passed[-2]
    assert first == pytest.approx(0.2 if rate else 0.1)
    assert last == pytest.approx(0.1) if rate else last < 0.001


def test_many_pauses_slow_the_pace_to_one_call_a_second_and_no_more(time: Time) -> None:
    pace = RateLimiter(None, clock=time.clock, sleep=time.sleep)
    for _ in range(20):
        pace.pause(1)
        pace.acquire()
    passed = moments(pace, time, 2)
    assert passed[1] - passed[0] == pytest.approx(1.0, abs=0.05)


def test_a_call_that_waits_through_many_pauses_speeds_the_pace_up_once(time: Time) -> None:
    pace: RateLimiter

    def sleep(seconds: float) -> None:
        if len(time.slept) < 12:
            pace.pause(0)
            seconds /= 2
        time.sleep(seconds)

    pace = RateLimiter(10, clock=time.clock, sleep=sleep)
    pace.pause(1)
    pace.acquire()
    passed = moments(pace, time, 2)
    assert passed[1] - passed[0] == pytest.approx(0.2, rel=0.05)


def test_a_limit_that_nobody_knows_is_kept_after_a_few_refusals(time: Time) -> None:
    """A vendor that takes 5 calls a second, whose limit the pace has to find."""
    pace = RateLimiter(None, clock=time.clock, sleep=time.sleep)
    tokens, filled_at, taken, refused = 5.0, 0.0, 0, 0
    while taken < 200:
        pace.acquire()
        tokens, filled_at = min(5.0, tokens + 5 * (time.seconds - filled_at)), time.seconds
        if tokens >= 1:
            tokens, taken = tokens - 1, taken + 1
        else:
            refused += 1
            pace.pause(1)
    assert refused <= 10
    assert time.seconds <= 80


def test_a_pause_holds_a_call_that_already_waits(time: Time) -> None:
    pace: RateLimiter

    def sleep(seconds: float) -> None:
        if not time.slept:
            pace.pause(7)
        time.sleep(seconds)

    pace = RateLimiter(10, 10, clock=time.clock, sleep=sleep)
    pace.acquire()
    pace.acquire()
    assert time.clock() == pytest.approx(7.0)


def test_a_pause_holds_calls_without_a_rate_too(time: Time) -> None:
    pace = RateLimiter(None, clock=time.clock, sleep=time.sleep)
    pace.pause(3)
    assert pace.acquire() == 3


def test_the_waited_time_is_counted(time: Time) -> None:
    pace = RateLimiter(10, 1, clock=time.clock, sleep=time.sleep)
    moments(pace, time, 11)
    assert pace.waited_seconds == pytest.approx(1.0)


def test_threads_share_one_bucket() -> None:
    turns: list[float] = []
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            turns.append(round(seconds, 6))

    # The clock stands still, so each call's wait shows its turn.
    pace = RateLimiter(10, 10, clock=lambda: 0.0, sleep=sleep)
    threads = [threading.Thread(target=lambda: [pace.acquire() for _ in range(25)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == [round(turn / 10, 6) for turn in range(1, 100)]


def test_a_sleep_that_does_nothing_does_not_hang_a_pause() -> None:
    pace = RateLimiter(10, 10, clock=lambda: 0.0, sleep=lambda seconds: None)
    pace.pause(60)
    assert pace.acquire() == 60


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_must_be_positive(rate: float) -> None:
    with pytest.raises(ValueError, match="calls_per_second"):
        RateLimiter(rate)


def test_waits_of_several_threads_at_once_count_once(time: Time) -> None:
    pace = RateLimiter(1, 1, clock=lambda: 0.0, sleep=lambda seconds: None)
    for _ in range(4):
        pace.acquire()
    assert pace.waited_seconds == pytest.approx(3.0)
