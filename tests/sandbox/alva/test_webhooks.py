"""Alva's webhook over real HTTP, to a receiver on loopback that keeps the raw body."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from fastapi import FastAPI, Request, Response

from include.sandbox import Clock, Sandbox
from include.sandbox.alva.models import Policy
from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.candidates import Candidates
from include.sandbox.transport import running
from tests.sandbox.alva.conftest import MARCH_MS, Api
from tests.sandbox.conftest import Client

TOKEN = "s3cret tökén"


@dataclass(frozen=True)
class Arrived:
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    @property
    def about(self) -> tuple[str, str]:
        """The event and the candidate's id."""
        return self.body["event"], self.body["data"]["candidate_id"]


class Receiver:
    """Answers with `statuses` in turn and then with 200."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []
        self.statuses: deque[int] = deque()
        self.url = ""
        self.app = FastAPI()

        @self.app.post("/hook")
        async def take(request: Request) -> Response:
            self.arrived.append(Arrived(dict(request.headers), await request.body()))
            return Response(status_code=self.statuses.popleft() if self.statuses else 200)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with running(receiver.app) as root:
        receiver.url = f"{root}/hook"
        yield receiver


@pytest.fixture
def clock() -> Clock:
    clock = Clock(MARCH_MS)
    clock.freeze()
    return clock


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    """A sandbox that retries without a wait, on one connection so that deliveries arrive in order."""
    sandbox = Sandbox(clock=clock, webhook_waits_seconds=(0.0,) * 5, webhook_connections=1)
    yield sandbox
    sandbox.deliveries.stop()


@pytest.fixture
def organisation(sandbox: Sandbox) -> AlvaOrganisation:
    return sandbox.world.alva


@pytest.fixture
def kim(api: Api) -> str:
    return str(api.invite(api.position(), "opp-1")["id"])


@pytest.fixture
def connected(candidates: Candidates, receiver: Receiver, kim: str) -> None:
    """Connects the webhook after the candidate was added."""
    candidates.connect_webhook(receiver.url, TOKEN)


def settle(sandbox: Sandbox) -> None:
    assert sandbox.deliveries.wait(30)


def new_events(sandbox: Sandbox, receiver: Receiver) -> list[tuple[str, str]]:
    """Returns the deliveries since the last call."""
    settle(sandbox)
    about = [arrived.about for arrived in receiver.arrived]
    receiver.arrived.clear()
    return about


def is_signed(arrived: Arrived, token: str) -> bool:
    expected = "sha256=" + hmac.new(token.encode(), arrived.raw, hashlib.sha256).hexdigest()
    return arrived.headers["x-alva-signature"] == expected


@pytest.mark.usefixtures("connected")
class TestOneDelivery:
    def test_a_delivery_has_ids_only_and_a_signature_over_its_bytes(
        self, sandbox: Sandbox, api: Api, candidates: Candidates, receiver: Receiver, kim: str, clock: Clock
    ) -> None:
        candidates.finish("opp-1", 83)
        settle(sandbox)
        (arrived,) = receiver.arrived
        assert is_signed(arrived, TOKEN)
        assert not is_signed(arrived, "another")
        assert not is_signed(Arrived(arrived.headers, arrived.raw + b" "), TOKEN)
        assert arrived.headers["content-type"] == "application/json"
        assert arrived.headers["user-agent"] == "Alva-Webhooks"
        uid = arrived.body["id"]
        assert uid.startswith("evt_")
        assert uid.removeprefix("evt_").isdigit()
        assert arrived.body == {
            "id": uid,
            "event": "role_fit.created",
            "created_at": "2025-03-01T08:00:00.000Z",
            "data": {"candidate_id": kim, "job_position_id": api.candidate(kim)["job_position_id"]},
        }
        (delivery,) = sandbox.deliveries.all()
        assert delivery.as_json() == {
            "id": uid,
            "event": "role_fit.created",
            "webhook": "alva",
            "opportunity": "opp-1",
            "at_ms": clock.now_ms(),
            "attempts": [200],
            "state": "delivered",
            "reason": None,
        }

    def test_each_delivery_has_its_own_id_and_time(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver, clock: Clock
    ) -> None:
        candidates.finish("opp-1")
        clock.advance(20)
        candidates.reset("opp-1")
        settle(sandbox)
        first, second = (arrived.body for arrived in receiver.arrived)
        assert first["id"] != second["id"]
        assert second["created_at"] == "2025-03-01T08:00:00.020Z"

    def test_the_worlds_lock_is_free_during_a_delivery(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver
    ) -> None:
        taken = []

        @receiver.app.post("/slow")
        def take() -> None:
            taken.append(sandbox.world.lock.acquire(timeout=10))
            sandbox.world.lock.release()

        candidates.connect_webhook(receiver.url.replace("/hook", "/slow"), TOKEN)
        candidates.finish("opp-1")
        settle(sandbox)
        assert taken == [True]


@pytest.mark.usefixtures("connected")
class TestEvents:
    @pytest.mark.parametrize(
        ("before", "move", "arguments", "event"),
        [
            ([], "finish", {"role_fit": 82}, "role_fit.created"),
            ([], "finish", {"role_fit": None}, "test.completed"),
            ([], "finish", {"only": ["logic"]}, "test.completed"),
            ([], "bounce", {}, "invitation.bounced"),
            ([], "deliver", {}, "candidate.updated"),
            ([], "start", {}, "candidate.updated"),
            ([], "interview", {}, "candidate.updated"),
            (["bounce"], "start", {}, "candidate.updated"),
            (["finish"], "finish", {"role_fit": 40}, "candidate.updated"),
            (["finish"], "interview", {}, "candidate.updated"),
            (["finish"], "refit", {"role_fit": 40}, "candidate.updated"),
            (["finish"], "refit", {"role_fit": None}, "candidate.updated"),
            (["finish"], "reset", {}, "candidate.updated"),
            (["finish"], "withdraw", {}, "candidate.updated"),
            (["finish", "withdraw"], "share", {}, "role_fit.created"),
            (["finish", "withdraw"], "refit", {"role_fit": 40}, "role_fit.created"),
            (["finish", "reset"], "finish", {"role_fit": None}, "test.completed"),
        ],
    )
    def test_each_move_sends_one_event(
        self,
        sandbox: Sandbox,
        candidates: Candidates,
        receiver: Receiver,
        kim: str,
        before: list[str],
        move: str,
        arguments: dict[str, object],
        event: str,
    ) -> None:
        for name in before:
            getattr(candidates, name)("opp-1")
        new_events(sandbox, receiver)
        getattr(candidates, move)("opp-1", **arguments)
        assert new_events(sandbox, receiver) == [(event, kim)]

    def test_a_move_without_a_change_sends_no_event(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver
    ) -> None:
        candidates.deliver("opp-1")
        new_events(sandbox, receiver)
        candidates.deliver("opp-1")
        assert new_events(sandbox, receiver) == []

    def test_a_refused_move_sends_no_event(self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver) -> None:
        with pytest.raises(ValueError, match="no such tests"):
            candidates.finish("opp-1", only=["coding"])
        assert new_events(sandbox, receiver) == []

    def test_a_persons_other_application_sends_an_event_too(
        self, sandbox: Sandbox, api: Api, candidates: Candidates, receiver: Receiver, kim: str
    ) -> None:
        other = api.invite(api.position(), "opp-2")["id"]
        api.invite(api.position(), "opp-3", "bo@example.com")
        for move, event in [("finish", "role_fit.created"), ("reset", "candidate.updated")]:
            getattr(candidates, move)("opp-2")
            assert Counter(new_events(sandbox, receiver)) == Counter([(event, kim), (event, other)])
        assert [row.opportunity for row in sandbox.deliveries.all()] == ["opp-1", "opp-2"] * 2
        candidates.withdraw("opp-2")
        assert new_events(sandbox, receiver) == [("candidate.updated", other)]

    def test_remembered_results_send_an_event_for_each_waiting_application(
        self, sandbox: Sandbox, api: Api, candidates: Candidates, receiver: Receiver, kim: str
    ) -> None:
        other = api.invite(api.position(), "opp-2")["id"]
        candidates.remember_person("nobody@example.com")
        candidates.remember_person("KIM@example.com", 70)
        assert new_events(sandbox, receiver) == [("role_fit.created", kim), ("role_fit.created", other)]

    def test_another_profile_sends_an_event_for_each_role_fit_of_the_position(
        self, sandbox: Sandbox, api: Api, organisation: AlvaOrganisation, candidates: Candidates, receiver: Receiver
    ) -> None:
        profile = organisation.directory.add_profile("Another").id
        position = api.position()
        bo = api.invite(position, "opp-2", "bo@example.com")["id"]
        api.invite(position, "opp-3", "cy@example.com")
        candidates.finish("opp-2")
        new_events(sandbox, receiver)
        api.call("PATCH", f"/job_positions/{position}", json={"profile_id": profile})
        assert new_events(sandbox, receiver) == [("candidate.updated", bo)]

    def test_the_delivery_of_a_candidate_added_by_hand_has_no_opportunity(
        self, sandbox: Sandbox, api: Api, organisation: AlvaOrganisation, candidates: Candidates, receiver: Receiver
    ) -> None:
        hand = candidates.add_by_hand(api.position(), "kim@example.com")
        candidates.finish("opp-1")
        assert len(new_events(sandbox, receiver)) == 2
        assert [row.opportunity for row in sandbox.deliveries.all()] == ["opp-1", None]
        assert receiver.arrived == []
        candidates.pretend_webhook("candidate.updated", hand)
        assert new_events(sandbox, receiver) == [("candidate.updated", hand)]

    def test_an_anonymised_candidate_still_sends_events(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver, kim: str
    ) -> None:
        candidates.anonymise("opp-1")
        candidates.withdraw("opp-1")
        assert new_events(sandbox, receiver) == [("candidate.updated", kim)]


class TestConnecting:
    def test_without_a_connection_nothing_is_sent(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver, kim: str
    ) -> None:
        candidates.finish("opp-1")
        candidates.connect_webhook(receiver.url, TOKEN)
        candidates.disconnect_webhook()
        candidates.reset("opp-1")
        assert new_events(sandbox, receiver) == []
        assert sandbox.deliveries.all() == []

    def test_an_organisation_works_without_a_connection(self) -> None:
        organisation = AlvaOrganisation(Clock(MARCH_MS), policy=Policy())
        Candidates(organisation).remember_person("kim@example.com")
        assert organisation.webhook.connection is None

    def test_a_second_connection_replaces_the_first(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver, kim: str
    ) -> None:
        candidates.connect_webhook("http://127.0.0.1:1/", "old")
        candidates.connect_webhook(receiver.url, TOKEN)
        candidates.finish("opp-1")
        settle(sandbox)
        (arrived,) = receiver.arrived
        assert is_signed(arrived, TOKEN)
        assert len(sandbox.deliveries.all()) == 1

    def test_a_connections_repr_hides_the_token(self, candidates: Candidates, organisation: AlvaOrganisation) -> None:
        candidates.connect_webhook("http://127.0.0.1:1/", TOKEN)
        assert TOKEN not in repr(organisation.webhook.connection)

    def test_a_reset_disconnects_and_drops_waiting_deliveries(
        self, sandbox: Sandbox, api: Api, candidates: Candidates, receiver: Receiver, connected: None
    ) -> None:
        candidates.finish("opp-1")
        settle(sandbox)
        sandbox.recruiter.hold_webhooks()
        candidates.reset("opp-1")
        sandbox.reset()
        assert sandbox.deliveries.all() == []
        with pytest.raises(ValueError, match="not connected"):
            sandbox.candidates.pretend_webhook("role_fit.created", "1")
        sandbox.candidates.connect_webhook(receiver.url, TOKEN)
        sandbox.candidates.pretend_webhook("role_fit.created", "1")
        settle(sandbox)
        assert len({arrived.body["id"] for arrived in receiver.arrived}) == len(receiver.arrived) == 2


@pytest.mark.usefixtures("connected")
class TestSending:
    def test_a_failed_delivery_is_retried_with_the_same_body_and_signature(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver
    ) -> None:
        receiver.statuses.extend([500, 404])
        candidates.finish("opp-1")
        settle(sandbox)
        assert [delivery.attempts for delivery in sandbox.deliveries.of(state="delivered")] == [[500, 404, 200]]
        assert len({(arrived.raw, arrived.headers["x-alva-signature"]) for arrived in receiver.arrived}) == 1

    def test_a_delivery_fails_after_five_retries_and_can_be_rerun(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver
    ) -> None:
        receiver.statuses.extend([503] * 6)
        candidates.finish("opp-1")
        settle(sandbox)
        (delivery,) = sandbox.deliveries.of(webhook="alva", state="failed")
        assert delivery.attempts == [503] * 6
        sandbox.recruiter.rerun_delivery(delivery.id)
        settle(sandbox)
        assert receiver.arrived[-1].raw == receiver.arrived[0].raw
        assert sandbox.deliveries.summary() == {"waiting": 0, "delivered": 1, "failed": 0}

    @pytest.mark.parametrize("url", ["https://receiver.test/hook", "http://192.168.1.1/hook", "nonsense"])
    def test_another_machine_is_never_contacted(
        self, sandbox: Sandbox, candidates: Candidates, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        contacted: list[object] = []
        monkeypatch.setattr(requests.Session, "send", lambda *arguments, **named: contacted.append(arguments))
        candidates.connect_webhook(url, TOKEN)
        candidates.finish("opp-1")
        settle(sandbox)
        (delivery,) = sandbox.deliveries.all()
        assert (delivery.state, delivery.attempts, delivery.reason) == ("failed", [], "not loopback")
        assert contacted == []

    def test_deliveries_can_be_duplicated_held_and_reversed(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver, kim: str
    ) -> None:
        sandbox.recruiter.disturb_webhooks(duplicates=1)
        sandbox.recruiter.hold_webhooks()
        candidates.finish("opp-1")
        candidates.reset("opp-1")
        assert receiver.arrived == []
        sandbox.recruiter.hold_webhooks(False, reversed=True)
        fit, update = ("role_fit.created", kim), ("candidate.updated", kim)
        assert new_events(sandbox, receiver) == [update, update, fit, fit]

    def test_levers_deliveries_are_sent_too(self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver) -> None:
        session = requests.Session()
        session.mount("http://", sandbox.adapter())
        session.auth = (sandbox.LEVER_KEY, "")
        session.post(f"{sandbox.lever_root}/webhooks", json={"event": "contactCreated", "url": receiver.url})
        sandbox.recruiter.switch_webhooks()
        sandbox.recruiter.add_lead("Ada")
        candidates.finish("opp-1")
        settle(sandbox)
        lever, alva = receiver.arrived
        assert (lever.headers["user-agent"], alva.headers["user-agent"]) == ("Lever-Webhooks", "Alva-Webhooks")
        assert "x-alva-signature" not in lever.headers
        assert [row.event for row in sandbox.deliveries.of(webhook="alva")] == ["role_fit.created"]


@pytest.mark.usefixtures("connected")
class TestFalseEvents:
    @pytest.mark.parametrize("event", ["role_fit.created", "anything"])
    def test_a_false_event_can_be_sent(
        self, sandbox: Sandbox, api: Api, candidates: Candidates, receiver: Receiver, kim: str, event: str
    ) -> None:
        uid = candidates.pretend_webhook(event, kim)
        settle(sandbox)
        (arrived,) = receiver.arrived
        assert is_signed(arrived, TOKEN)
        assert (arrived.body["id"], arrived.about) == (uid, (event, kim))
        assert arrived.body["data"]["job_position_id"] == api.candidate(kim)["job_position_id"]
        assert [row.id for row in sandbox.deliveries.of(event, "alva", "opp-1")] == [uid]
        assert api.candidate(kim)["role_fit"] is None

    def test_a_false_event_can_name_an_unknown_candidate(
        self, sandbox: Sandbox, candidates: Candidates, receiver: Receiver
    ) -> None:
        candidates.pretend_webhook("role_fit.created", "nobody")
        settle(sandbox)
        (arrived,) = receiver.arrived
        assert is_signed(arrived, TOKEN)
        assert arrived.body["data"] == {"candidate_id": "nobody", "job_position_id": None}
        assert [row.opportunity for row in sandbox.deliveries.all()] == [None]


def test_every_webhook_move_is_available_over_http(
    sandbox: Sandbox, control: Client, receiver: Receiver, kim: str
) -> None:
    move = {"event": "role_fit.created", "candidate_id": "nobody"}
    assert control.call("POST", "/candidates/pretend_webhook", json=move).status_code == 400
    assert control.post("/candidates/connect_webhook", {"url": receiver.url, "token": TOKEN}) == {"result": None}
    control.post("/candidates/finish", {"opportunity": "opp-1"})
    claimed = control.post("/candidates/pretend_webhook", move)["result"]
    settle(sandbox)
    control.post("/candidates/disconnect_webhook")
    control.post("/candidates/reset", {"opportunity": "opp-1"})
    page = control.get("/deliveries", webhook="alva")
    assert [(row["event"], row["opportunity"], row["state"]) for row in page["deliveries"]] == [
        ("role_fit.created", "opp-1", "delivered"),
        ("role_fit.created", None, "delivered"),
    ]
    assert page["deliveries"][1]["id"] == claimed
    assert control.get("/deliveries", opportunity="opp-1", webhook="alva")["deliveries"] == page["deliveries"][:1]
    assert all(is_signed(arrived, TOKEN) for arrived in receiver.arrived)
    assert new_events(sandbox, receiver) == [("role_fit.created", kim), ("role_fit.created", "nobody")]
    control.post("/candidates/connect_webhook", {"url": receiver.url, "token": TOKEN})
    control.post("/reset")
    assert control.call("POST", "/candidates/pretend_webhook", json=move).status_code == 400
