"""Deliveries over real HTTP to a receiver on loopback."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from socketserver import TCPServer
from typing import Any

import pytest
import requests

from include.sandbox import Clock, Sandbox
from include.sandbox.outbox import is_loopback
from tests.http.recording import CUT, RecordingServer, Reply
from tests.sandbox.conftest import Client

EVENT = "candidateStageChange"
Register = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _room_for_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's servers queue only five connections; of fifty at once, the system would cut some."""
    monkeypatch.setattr(TCPServer, "request_queue_size", 128)


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    """A sandbox with webhooks switched on and retries without a wait."""
    sandbox = Sandbox(clock=clock, lever_calls_per_second=None, webhook_waits_seconds=(0.0,) * 5)
    sandbox.recruiter.switch_webhooks()
    yield sandbox
    sandbox.deliveries.stop()


@pytest.fixture
def register(lever: Client, server: RecordingServer) -> Register:
    """Creates webhooks, by default to a receiver that accepts everything, and returns the API's answer."""
    server.always(Reply())

    def make(event: str = EVENT, url: str | None = None) -> dict[str, Any]:
        return dict(lever.post("/webhooks", {"event": event, "url": url or f"{server.root}/hook"})["data"])

    return make


def settle(sandbox: Sandbox) -> None:
    assert sandbox.deliveries.wait(30)


def move(sandbox: Sandbox, opportunity: str) -> None:
    """Moves the opportunity to another stage and back."""
    sandbox.recruiter.move(opportunity, "offer")
    sandbox.recruiter.move(opportunity, "applicant-new")


def outcome(sandbox: Sandbox) -> list[tuple[str, list[int | None]]]:
    return [(delivery.state, delivery.attempts) for delivery in sandbox.deliveries.all()]


def is_signed(body: dict[str, Any], webhook: dict[str, Any]) -> bool:
    message = body["token"] + str(body["triggeredAt"])
    key = webhook["configuration"]["signatureToken"]
    return bool(body["signature"] == hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest())


class TestOneDelivery:
    def test_a_delivery_is_a_signed_envelope(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str, clock: Clock
    ) -> None:
        webhook = register()
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        (received,) = server.received
        body = received.body
        assert (received.method, received.path) == ("POST", "/v1/hook")
        assert received.headers["User-Agent"] == "Lever-Webhooks"
        assert received.headers["Content-Type"] == "application/json"
        assert set(body) == {"id", "event", "triggeredAt", "token", "signature", "data"}
        assert (body["event"], body["triggeredAt"], len(body["token"])) == (EVENT, clock.now_ms(), 48)
        assert is_signed(body, webhook)
        (delivery,) = sandbox.deliveries.all()
        assert (delivery.id, delivery.opportunity) == (body["id"], body["data"]["opportunityId"])
        assert (delivery.webhook.id, delivery.state, delivery.attempts) == (webhook["id"], "delivered", [200])

    def test_an_api_call_sends_a_delivery_too(
        self, sandbox: Sandbox, lever: Client, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        lever.put(f"/opportunities/{opportunity}/stage", {"stage": "offer"})
        settle(sandbox)
        assert [received.body["data"]["toStageId"] for received in server.received] == ["offer"]

    @pytest.mark.parametrize("status", [200, 202, 204])
    def test_any_2xx_is_a_success(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str, status: int
    ) -> None:
        register()
        server.answer(Reply(status))
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        assert outcome(sandbox) == [("delivered", [status])]

    def test_a_delivery_is_sent_to_the_webhooks_present_url(
        self, sandbox: Sandbox, lever: Client, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        webhook = register()
        sandbox.recruiter.hold_webhooks()
        sandbox.recruiter.move(opportunity, "offer")
        lever.put("/webhooks", {"data": [{"id": webhook["id"], "url": f"{server.root}/moved"}]})
        sandbox.recruiter.hold_webhooks(False)
        settle(sandbox)
        assert [received.path for received in server.received] == ["/v1/moved"]

    def test_two_webhooks_for_the_same_event_and_url_get_a_delivery_each(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        webhooks = [register(), register()]
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        first, second = sandbox.deliveries.all()
        assert first.id != second.id
        bodies = {received.body["id"]: received.body for received in server.received}
        for delivery, webhook in zip((first, second), webhooks, strict=True):
            assert is_signed(bodies[delivery.id], webhook)
            assert not is_signed(bodies[delivery.id], next(other for other in webhooks if other is not webhook))

    def test_the_worlds_lock_is_free_during_a_delivery(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        taken = []

        def reply(_: object) -> Reply:
            taken.append(sandbox.world.lock.acquire(timeout=10))
            sandbox.world.lock.release()
            return Reply()

        server.answer(reply)
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        assert taken == [True]


class TestFailures:
    @pytest.mark.parametrize("status", [302, 307, 400, 404, 500])
    def test_a_failed_delivery_is_retried_five_times_with_the_same_body(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str, status: int
    ) -> None:
        register()
        server.always(Reply(status, headers={"Location": f"{server.root}/elsewhere"}))
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        assert outcome(sandbox) == [("failed", [status] * 6)]
        assert len(server.received) == 6
        assert {received.path for received in server.received} == {"/v1/hook"}
        assert all(received.body == server.received[0].body for received in server.received)

    def test_retries_end_with_the_first_success(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        server.answer(Reply(503), CUT)
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        assert outcome(sandbox) == [("delivered", [503, None, 200])]

    def test_a_refused_connection_is_a_failure(self, sandbox: Sandbox, register: Register, opportunity: str) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            register(url=f"http://127.0.0.1:{closed.getsockname()[1]}/hook")
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        assert outcome(sandbox) == [("failed", [None] * 6)]

    def test_a_timeout_is_a_failure(self, clock: Clock, server: RecordingServer) -> None:
        late = threading.Event()
        sandbox = Sandbox(clock=clock, webhook_waits_seconds=(0.0,), webhook_timeout_seconds=0.05)
        sandbox.recruiter.switch_webhooks()
        session = requests.Session()
        session.mount("http://", sandbox.adapter())
        session.auth = (sandbox.LEVER_KEY, "")
        session.post(f"{sandbox.lever_root}/webhooks", json={"event": "contactCreated", "url": server.root})

        def reply(_: object) -> Reply:
            late.wait(20)
            return Reply()

        server.always(reply)
        sandbox.recruiter.add_lead("Ada")
        settle(sandbox)
        late.set()
        sandbox.deliveries.stop()
        assert outcome(sandbox) == [("failed", [None, None])]

    def test_a_delivery_that_waits_for_a_retry_is_not_settled(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        sandbox.deliveries.waits_seconds = (3600.0,)
        server.answer(Reply(500))
        sandbox.recruiter.move(opportunity, "offer")
        assert not sandbox.deliveries.wait(0.2)
        assert sandbox.deliveries.summary() == {"waiting": 1, "delivered": 0, "failed": 0}


class TestLoopbackOnly:
    @pytest.mark.parametrize(
        "url",
        [
            "https://receiver.test/hook",
            "http://192.168.1.1/hook",
            "http://0.0.0.0/hook",
            "http://127.0.0.1.receiver.test/hook",
            "http://127.0.0.1@receiver.test/hook",
            "http://receiver.test\\@127.0.0.1/hook",
            "http://receiver.test#@127.0.0.1/hook",
            "http://[::2]/hook",
            "ftp://127.0.0.1/hook",
            "127.0.0.1/hook",
            "nonsense",
        ],
    )
    def test_another_machine_is_never_contacted(
        self, sandbox: Sandbox, register: Register, opportunity: str, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        contacted: list[object] = []
        webhook = register(url=url)
        monkeypatch.setattr(requests.Session, "send", lambda *arguments, **named: contacted.append(arguments))
        sandbox.recruiter.move(opportunity, "offer")
        sandbox.recruiter.rerun_delivery(sandbox.deliveries.all()[0].id)
        settle(sandbox)
        (delivery,) = sandbox.deliveries.all()
        assert (delivery.state, delivery.attempts, delivery.reason) == ("failed", [], "not loopback")
        assert sandbox.recruiter.verify_webhook(webhook["id"]) is None
        assert contacted == []

    @pytest.mark.parametrize(
        "url",
        ["http://127.0.0.1:1/", "http://127.9.8.7/", "http://localhost/x", "http://LOCALHOST/x", "https://[::1]:1/x"],
    )
    def test_every_loopback_address_is_recognised(self, url: str) -> None:
        assert is_loopback(url)

    def test_a_webhook_changed_to_another_machine_is_not_called(
        self, sandbox: Sandbox, lever: Client, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        webhook = register()
        sandbox.recruiter.hold_webhooks()
        sandbox.recruiter.move(opportunity, "offer")
        lever.put("/webhooks", {"data": [{"id": webhook["id"], "url": "http://receiver.test/hook"}]})
        sandbox.recruiter.hold_webhooks(False)
        settle(sandbox)
        assert outcome(sandbox) == [("failed", [None] * 6)]
        assert server.received == []


class TestOnRequest:
    def test_a_test_delivery_is_signed_has_no_data_and_is_sent_once(
        self, sandbox: Sandbox, register: Register, server: RecordingServer
    ) -> None:
        webhook = register()
        sandbox.recruiter.switch_webhooks(False)
        server.answer(Reply(204), Reply(500), CUT)
        statuses = [sandbox.recruiter.verify_webhook(webhook["id"]) for _ in range(3)]
        assert statuses == [204, 500, None]
        assert [received.body["data"] for received in server.received] == [{}] * 3
        assert all(is_signed(received.body, webhook) for received in server.received)
        assert sandbox.deliveries.all() == []

    def test_a_rerun_sends_the_same_delivery_again(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        server.answer(*[Reply(500)] * 6)
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        (delivery,) = sandbox.deliveries.of(state="failed")
        assert sandbox.recruiter.rerun_delivery(delivery.id) == delivery.id
        settle(sandbox)
        assert outcome(sandbox) == [("delivered", [500] * 6 + [200])]
        assert server.received[-1].body == server.received[0].body

    @pytest.mark.parametrize("move", ["rerun_delivery", "verify_webhook"])
    def test_an_unknown_delivery_or_webhook_is_refused(self, sandbox: Sandbox, move: str) -> None:
        with pytest.raises(ValueError, match="There is no"):
            getattr(sandbox.recruiter, move)("?")

    def test_duplicates_are_copies_of_the_same_delivery(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        sandbox.recruiter.disturb_webhooks(duplicates=2)
        move(sandbox, opportunity)
        settle(sandbox)
        assert outcome(sandbox) == [("delivered", [200] * 3)] * 2
        assert set(Counter(received.body["token"] for received in server.received).values()) == {3}
        sandbox.recruiter.disturb_webhooks()
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        assert len(server.received) == 7

    def test_a_delivery_with_one_accepted_copy_is_delivered(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        sandbox.deliveries.waits_seconds = ()
        server.answer(Reply(200), Reply(500))
        sandbox.recruiter.disturb_webhooks(duplicates=1)
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        (delivery,) = sandbox.deliveries.all()
        assert (delivery.state, Counter(delivery.attempts)) == ("delivered", Counter([200, 500]))

    def test_a_negative_number_of_duplicates_is_refused(self, sandbox: Sandbox) -> None:
        with pytest.raises(ValueError, match="fewer"):
            sandbox.recruiter.disturb_webhooks(duplicates=-1)

    def test_shuffled_deliveries_are_not_lost(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        sandbox.recruiter.disturb_webhooks(duplicates=1, shuffled=True)
        for _ in range(20):
            move(sandbox, opportunity)
        settle(sandbox)
        assert outcome(sandbox) == [("delivered", [200, 200])] * 40
        assert Counter(received.body["id"] for received in server.received) == {
            delivery.id: 2 for delivery in sandbox.deliveries.all()
        }

    def test_held_deliveries_are_sent_on_release(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        sandbox.recruiter.hold_webhooks()
        for _ in range(5):
            move(sandbox, opportunity)
        assert not sandbox.deliveries.wait(0.1)
        assert server.received == []
        assert sandbox.deliveries.summary()["waiting"] == 10
        sandbox.recruiter.hold_webhooks(False)
        settle(sandbox)
        assert len(server.received) == 10


class TestOrder:
    @pytest.fixture
    def sandbox(self, clock: Clock) -> Iterator[Sandbox]:
        """A sandbox with one connection, so that deliveries arrive in the order in which they are sent."""
        sandbox = Sandbox(clock=clock, lever_calls_per_second=None, webhook_connections=1)
        sandbox.recruiter.switch_webhooks()
        yield sandbox
        sandbox.deliveries.stop()

    @pytest.fixture
    def burst(self, sandbox: Sandbox, register: Register, opportunity: str) -> list[str]:
        """Holds thirty deliveries and returns their ids."""
        register()
        sandbox.recruiter.hold_webhooks()
        for _ in range(15):
            move(sandbox, opportunity)
        return [delivery.id for delivery in sandbox.deliveries.all()]

    def test_held_deliveries_are_released_in_order(
        self, sandbox: Sandbox, burst: list[str], server: RecordingServer
    ) -> None:
        sandbox.recruiter.hold_webhooks(False)
        settle(sandbox)
        assert [received.body["id"] for received in server.received] == burst

    def test_held_deliveries_can_be_released_in_reverse_on_one_connection(
        self, sandbox: Sandbox, burst: list[str], server: RecordingServer
    ) -> None:
        sandbox.recruiter.hold_webhooks(False, reversed=True)
        settle(sandbox)
        assert [received.body["id"] for received in server.received] == burst[::-1]
        assert server.connections == 1

    def test_shuffled_deliveries_arrive_in_another_order(
        self, sandbox: Sandbox, burst: list[str], server: RecordingServer
    ) -> None:
        sandbox.recruiter.disturb_webhooks(shuffled=True)
        sandbox.recruiter.hold_webhooks(False)
        settle(sandbox)
        order = [received.body["id"] for received in server.received]
        assert order != burst
        assert sorted(order) == sorted(burst)


class TestReset:
    def test_a_reset_drops_deliveries_and_webhooks_and_switches_events_off(
        self,
        sandbox: Sandbox,
        lever: Client,
        register: Register,
        server: RecordingServer,
        posting: str,
        opportunity: str,
    ) -> None:
        register()
        sandbox.recruiter.disturb_webhooks(duplicates=3)
        sandbox.recruiter.hold_webhooks()
        move(sandbox, opportunity)
        sandbox.reset()
        assert sandbox.deliveries.settled()
        assert sandbox.deliveries.all() == []
        assert lever.get("/webhooks")["data"] == []
        register("contactCreated")
        sandbox.recruiter.add_lead("Ada")
        assert sandbox.deliveries.all() == []
        sandbox.recruiter.switch_webhooks()
        sandbox.recruiter.add_lead("Bo")
        settle(sandbox)
        assert [received.body["event"] for received in server.received] == ["contactCreated"]

    def test_a_delivery_that_fails_after_a_reset_is_not_retried(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        arrived, go_on = threading.Event(), threading.Event()

        def reply(_: object) -> Reply:
            arrived.set()
            go_on.wait(20)
            return Reply(500)

        server.answer(reply)
        sandbox.recruiter.move(opportunity, "offer")
        assert arrived.wait(20)
        sandbox.reset()
        go_on.set()
        sandbox.deliveries.stop()
        assert len(server.received) == 1
        assert sandbox.deliveries.all() == []

    def test_tokens_and_ids_are_not_reused_after_a_reset(
        self, sandbox: Sandbox, register: Register, server: RecordingServer
    ) -> None:
        for _ in range(2):
            sandbox.reset()
            sandbox.recruiter.switch_webhooks()
            register("contactCreated")
            sandbox.recruiter.add_lead("Ada")
            settle(sandbox)
        assert len({received.body["token"] for received in server.received}) == 2
        assert len({received.body["id"] for received in server.received}) == 2


class TestThreads:
    def test_sender_threads_run_only_between_the_first_delivery_and_a_stop(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        def running() -> int:
            return sum(thread.name == "sandbox-webhooks" for thread in threading.enumerate())

        before = running()
        register()
        assert running() <= before
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        sandbox.deliveries.stop()
        assert running() <= before
        sandbox.recruiter.move(opportunity, "lead-new")
        settle(sandbox)
        assert len(server.received) == 2

    def test_a_thousand_deliveries_use_at_most_fifty_connections(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        register()
        for _ in range(500):
            move(sandbox, opportunity)
        settle(sandbox)
        assert sandbox.deliveries.summary() == {"waiting": 0, "delivered": 1000, "failed": 0}
        assert len({received.body["token"] for received in server.received}) == 1000
        assert 1 <= server.connections <= 50

    def test_a_sender_without_a_connection_is_refused(self) -> None:
        with pytest.raises(ValueError, match="connection"):
            Sandbox(webhook_connections=0)


class TestList:
    def test_the_list_can_be_filtered_and_cleared(
        self, sandbox: Sandbox, register: Register, server: RecordingServer, opportunity: str
    ) -> None:
        first, second = register(), register("candidateHired")
        sandbox.recruiter.move(opportunity, "offer")
        settle(sandbox)
        sandbox.recruiter.hold_webhooks()
        sandbox.recruiter.hire(opportunity)
        deliveries = sandbox.deliveries
        assert [row.webhook.id for row in deliveries.of(EVENT)] == [first["id"]]
        assert [row.event for row in deliveries.of(webhook=second["id"])] == ["candidateHired"]
        assert [row.event for row in deliveries.of(state="waiting")] == ["candidateHired"]
        assert (len(deliveries.of(opportunity=opportunity)), deliveries.of(opportunity="?")) == (2, [])
        deliveries.clear()
        assert [row.event for row in deliveries.all()] == ["candidateHired"]
