from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from alva_lever.http.errors import Conflict, Malformed, NotFound, RequestRejected, TransientError
from alva_lever.http.retry import backoff_seconds
from tests.http.conftest import ShopHook
from tests.http.recording import CUT, Received, RecordingServer, Reply, Time

OK = Reply(json={"ok": True})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_transient_status_is_retried(shop: ShopHook, server: RecordingServer, status: int) -> None:
    server.answer(Reply(status), OK)
    assert shop.call("GET", "/things") == {"ok": True}
    assert shop.calls == 2


def test_a_cut_connection_is_retried(shop: ShopHook, server: RecordingServer) -> None:
    server.answer(CUT, OK)
    assert shop.call("GET", "/things") == {"ok": True}
    assert shop.calls == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_a_refusal_is_not_retried(shop: ShopHook, server: RecordingServer, status: int) -> None:
    server.answer(Reply(status, json={"message": "no"}))
    with pytest.raises(RequestRejected) as refused:
        shop.call("GET", "/things/1")
    assert refused.value.status == status
    assert shop.calls == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422, 425])
@pytest.mark.parametrize(
    ("raw", "came"),
    [
        (b"<html><title>Blocked</title></html>", "a page of HTML"),
        (b" \n<!doctype html>", "a page of HTML"),
        (b"", "no body"),
        (b"Access denied", "not JSON"),
        (b'{"message": "cut', "not JSON"),
        (b'["no"]', "JSON, but not an object"),
        (b"null", "JSON, but not an object"),
    ],
)
def test_a_refusal_that_is_not_the_vendors_is_transient_and_described(
    shop: ShopHook, server: RecordingServer, status: int, raw: bytes, came: str
) -> None:
    server.answer(Reply(status, raw=raw), OK)
    assert shop.call("GET", "/things/1") == {"ok": True}
    server.always(Reply(status, raw=raw))
    with pytest.raises(
        TransientError, match=f"isn't Shop's API answered {status} to GET /things/1: {came}. "
    ) as passing:
        shop.call("GET", "/things/1")
    assert "connection `shop_default`" in str(passing.value)
    assert (passing.value.status, shop.calls) == (status, 7)


def test_a_lasting_fault_is_raised_after_five_attempts(shop: ShopHook, server: RecordingServer) -> None:
    server.always(Reply(503))
    with pytest.raises(TransientError) as passing:
        shop.call("GET", "/things")
    assert passing.value.status == 503
    assert shop.calls == len(server.received) == 5


def test_retry_after_in_seconds_is_respected(shop: ShopHook, server: RecordingServer, time: Time) -> None:
    server.answer(Reply(429, headers={"Retry-After": "7"}), OK)
    shop.call("GET", "/things")
    assert time.slept == [7.0]


def test_retry_after_as_a_far_date_is_capped_at_a_minute(shop: ShopHook, server: RecordingServer, time: Time) -> None:
    elsewhere = datetime(2031, 5, 1, 12, 0, 0, tzinfo=UTC)
    until = format_datetime(elsewhere + timedelta(seconds=9), usegmt=True)

    def limited(received: object) -> Reply:
        return Reply(429, headers={"Retry-After": until})

    server.answer(limited, OK)
    # The server sends its own Date; a Retry-After far after it is capped.
    shop.call("GET", "/things")
    assert time.slept == [60.0]


def test_retry_after_as_a_date_is_respected(shop: ShopHook, server: RecordingServer, time: Time) -> None:
    sent = datetime(2031, 5, 1, 12, 0, 0, tzinfo=UTC)
    dates = {"Date": sent, "Retry-After": sent + timedelta(seconds=20)}
    headers = {name: format_datetime(at, usegmt=True) for name, at in dates.items()}
    server.answer(Reply(503, headers=headers), OK)
    shop.call("GET", "/things")
    assert time.slept == [20.0]


@pytest.mark.parametrize("value", ["0", "0.2", "Fri, 01 Jan 2010 00:00:00 GMT"])
def test_a_retry_after_that_is_too_short_does_not_use_up_all_attempts_at_once(
    shop: ShopHook, server: RecordingServer, time: Time, value: str
) -> None:
    server.always(Reply(429, headers={"Retry-After": value}))
    with pytest.raises(TransientError):
        shop.call("GET", "/things")
    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(time.slept, start=1))
    assert len(time.slept) == 4


@pytest.mark.parametrize("value", ["soon", "-3", "nan", "Mon, 32 Nov 2026 99:00:00 GMT", ""])
def test_an_invalid_retry_after_is_ignored(shop: ShopHook, server: RecordingServer, time: Time, value: str) -> None:
    server.answer(Reply(429, headers={"Retry-After": value}), OK)
    shop.call("GET", "/things")
    assert 1 <= time.slept[0] <= 2


def test_a_retry_after_of_an_hour_is_capped_at_a_minute_twice_and_then_raised(
    shop: ShopHook, server: RecordingServer, time: Time
) -> None:
    server.always(Reply(429, headers={"Retry-After": "3600"}))
    with pytest.raises(TransientError):
        shop.call("GET", "/things")
    assert time.slept == [60.0, 60.0]
    assert shop.calls == 3


def test_without_retry_after_the_waits_grow_and_vary(shop: ShopHook, server: RecordingServer, time: Time) -> None:
    random.seed(4)
    server.always(Reply(500))
    for _ in range(2):
        with pytest.raises(TransientError):
            shop.call("GET", "/things")
    first, second = time.slept[:4], time.slept[4:]
    assert all(2**n / 2 <= wait <= 2**n for waits in (first, second) for n, wait in enumerate(waits, start=1))
    assert first != second


def test_the_backoff_is_bounded() -> None:
    assert backoff_seconds(30) <= 60


def test_attempts_end_after_two_minutes_in_all(shop: ShopHook, server: RecordingServer, time: Time) -> None:
    def slow(received: object) -> Reply:
        time.seconds += 50
        return Reply(500)

    server.always(slow)
    with pytest.raises(TransientError):
        shop.call("GET", "/things")
    assert shop.calls == 3


def test_only_the_wait_after_a_429_counts_as_waiting_for_the_limit(
    shop: ShopHook, server: RecordingServer, time: Time
) -> None:
    server.answer(Reply(429, headers={"Retry-After": "7"}), Reply(500), OK)
    shop.call("GET", "/things")
    assert shop.waited_seconds == pytest.approx(7.0)
    assert sum(time.slept) > 7


def test_after_a_429_every_thread_waits(connect: Callable[..., None], server: RecordingServer, time: Time) -> None:
    arrived: list[tuple[str, float]] = []

    def ok(received: Received) -> Reply:
        arrived.append((received.path, time.seconds))
        return OK

    def sleep(seconds: float) -> None:
        # While the first thread waits, another thread calls.
        if not time.slept:
            other = threading.Thread(target=lambda: shop.call("GET", "/other"))
            time.slept.append(seconds)
            other.start()
            other.join()
        else:
            time.sleep(seconds)

    shop = ShopHook(threads=2, clock=time.clock, now=time.now, sleep=sleep)
    server.answer(Reply(429, headers={"Retry-After": "7"}))
    server.always(ok)
    shop.call("GET", "/things")
    assert arrived == [("/v1/other", 7.0), ("/v1/things", 7.1)]


def test_an_unrepeatable_call_that_may_have_taken_effect_is_not_retried(
    shop: ShopHook, server: RecordingServer
) -> None:
    for fault in (Reply(500), Reply(408), CUT, Reply(200, raw=b"<html>"), Reply(403, raw=b"<html>"), Reply(413)):
        server.answer(fault)
        before = shop.calls
        with pytest.raises(TransientError) as passing:
            shop.call("POST", "/things", json={}, repeatable=False)
        assert passing.value.may_have_happened
        assert shop.calls == before + 1


def test_an_unrepeatable_call_is_retried_after_a_429(shop: ShopHook, server: RecordingServer) -> None:
    server.answer(Reply(429), OK)
    assert shop.call("POST", "/things", json={}, repeatable=False) == {"ok": True}


def test_a_refused_connection_has_no_effect_and_is_not_counted_as_a_call(
    connect: Callable[..., None], server: RecordingServer, time: Time
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    connect(host=f"http://127.0.0.1:{port}/v1")
    shop = ShopHook(**time.arguments)
    with pytest.raises(TransientError) as passing:
        shop.call("POST", "/things", json={}, repeatable=False)
    assert not passing.value.may_have_happened
    assert len(time.slept) == 4
    assert shop.calls == 0


def test_a_call_that_timed_out_may_have_taken_effect(
    connect: Callable[..., None], server: RecordingServer, time: Time
) -> None:
    connect(extra={"timeout": 0.05})
    release = threading.Event()

    def slow(received: object) -> Reply:
        release.wait(5)
        return OK

    server.answer(slow)
    with pytest.raises(TransientError, match="in time") as passing:
        ShopHook(**time.arguments).call("POST", "/things", json={}, repeatable=False)
    release.set()
    assert passing.value.may_have_happened
    assert passing.value.status is None


class TestWriteOnce:
    """A write that would take effect twice if it were sent twice."""

    @pytest.mark.parametrize(
        "fault",
        [CUT, Reply(500), Reply(201, raw=b'{"id": "1'), Reply(201, raw=b"<html></html>"), Reply(403, raw=b"<html>")],
    )
    def test_a_write_that_is_found_is_not_sent_again(
        self, shop: ShopHook, server: RecordingServer, fault: Reply
    ) -> None:
        server.answer(fault)
        assert (
            shop.write_once("POST", "/things", lambda body: "answered", json={}, read_back=lambda: "found") == "found"
        )
        assert server.asked == ["POST /v1/things"]

    @pytest.mark.parametrize("fault", [CUT, Reply(500), Reply(201, raw=b'{"id": "1'), Reply(405, raw=b"<html>")])
    def test_a_write_that_is_not_found_is_sent_again(
        self, shop: ShopHook, server: RecordingServer, fault: Reply
    ) -> None:
        server.answer(fault, Reply(201, json={}))
        looks: list[None] = []
        answer = shop.write_once(
            "POST", "/things", lambda body: "answered", json={}, read_back=lambda: looks.append(None)
        )
        assert answer == "answered"
        assert len(looks) == 1
        assert server.asked == ["POST /v1/things"] * 2

    def test_the_write_is_looked_for_after_the_last_attempt_too(self, shop: ShopHook, server: RecordingServer) -> None:
        server.always(CUT)
        looks = iter([None, None, None, None, "found"])
        assert shop.write_once("POST", "/x", lambda body: "", json={}, read_back=lambda: next(looks)) == "found"
        assert len(server.received) == 5

    def test_the_fault_is_raised_if_the_write_is_never_found(self, shop: ShopHook, server: RecordingServer) -> None:
        server.always(Reply(502))
        with pytest.raises(TransientError) as passing:
            shop.write_once("POST", "/x", lambda body: "", json={}, read_back=lambda: None)
        assert passing.value.status == 502
        assert len(server.received) == 5

    def test_a_refused_write_is_not_looked_for(self, shop: ShopHook, server: RecordingServer) -> None:
        server.answer(Reply(404, json={"message": "no"}))
        with pytest.raises(NotFound):
            shop.write_once("POST", "/x", lambda body: "", json={}, read_back=lambda: pytest.fail("looked"))

    def test_a_write_answered_429_is_not_looked_for(self, shop: ShopHook, server: RecordingServer) -> None:
        server.answer(Reply(429), Reply(201, json={}))
        shop.write_once("POST", "/x", lambda body: "", json={}, read_back=lambda: pytest.fail("looked"))

    def test_a_failed_lookup_is_raised_and_the_write_not_repeated(
        self, shop: ShopHook, server: RecordingServer
    ) -> None:
        server.answer(CUT)

        def look() -> None:
            raise Malformed("cannot tell")

        with pytest.raises(Malformed):
            shop.write_once("POST", "/x", lambda body: "", json={}, read_back=look)
        assert len(server.received) == 1

    def test_a_write_is_looked_for_again_if_the_retry_answers_409(
        self, shop: ShopHook, server: RecordingServer
    ) -> None:
        there = Reply(409, json={"message": "there already"})
        looks = iter([None, "found", None, None])
        server.answer(CUT, there, CUT, there)
        assert shop.write_once("POST", "/x", lambda body: "", json={}, read_back=lambda: next(looks)) == "found"
        with pytest.raises(Conflict):
            shop.write_once("POST", "/x", lambda body: "", json={}, read_back=lambda: next(looks))

    def test_the_hook_waits_before_it_looks_for_the_write(
        self, shop: ShopHook, server: RecordingServer, time: Time
    ) -> None:
        server.answer(CUT)
        shop.write_once("POST", "/x", lambda body: 0, json={}, read_back=lambda: len(time.slept))
        assert len(time.slept) == 1
