"""Each row of the table of answers, sent to the route as Airflow serves it."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from typing import Any

import pytest
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
from airflow.utils.session import create_session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text

from alva_lever.web import receiver as receiving
from tests.dags.runner import Runner
from tests.web.conftest import ANOTHER_TOKEN, APPLICATION, DAY_MS, LEVER, OPPORTUNITY, TOKEN, Door, now_ms, signed

LARGEST = 64 * 1024
EVENTS = {
    "applicationCreated": {"kind": "application_created", "opportunity": OPPORTUNITY, "application": APPLICATION},
    "candidateStageChange": {"kind": "stage_changed", "opportunity": OPPORTUNITY},
    "candidateHired": {"kind": "hired", "opportunity": OPPORTUNITY},
    "candidateDeleted": {"kind": "deleted", "opportunity": OPPORTUNITY},
}
IDS = {"opportunityId": OPPORTUNITY, "applicationId": APPLICATION, "contactId": "contact-1"}


class TestAccepted:
    @pytest.mark.parametrize("event", EVENTS)
    def test_each_event_starts_a_run_that_holds_only_kinds_and_ids(self, door: Door, event: str) -> None:
        assert door.send(signed(event=event, data=IDS)).status_code == 200
        (run,) = door.runs()
        assert run.conf == {"deliveries": [EVENTS[event]]}
        assert str(run.state) == "queued"

    def test_each_configured_token_is_accepted(self, door: Door) -> None:
        assert door.send(signed()).status_code == 200
        assert door.send(signed(ANOTHER_TOKEN)).status_code == 200
        assert len(door.runs()) == 2

    def test_a_delivery_without_an_id_is_accepted(self, door: Door) -> None:
        assert door.send(signed(id=...)).status_code == 200
        assert len(door.deliveries()) == 1

    def test_unknown_fields_are_ignored(self, door: Door) -> None:
        assert door.send(signed(version=2, data={**IDS, "name": "somebody"})).status_code == 200
        assert door.deliveries() == [EVENTS["candidateStageChange"]]

    @pytest.mark.parametrize("application", [{}, {"applicationId": "Ada Byron"}, {"applicationId": 7}])
    def test_an_application_event_without_a_valid_application_id_is_accepted(
        self, door: Door, application: dict[str, Any]
    ) -> None:
        data = {"opportunityId": OPPORTUNITY, **application}
        assert door.send(signed(event="applicationCreated", data=data)).status_code == 200
        assert door.deliveries() == [{"kind": "application_created", "opportunity": OPPORTUNITY}]

    def test_ids_are_stored_in_lower_case(self, door: Door) -> None:
        data = {"opportunityId": OPPORTUNITY.upper(), "applicationId": APPLICATION.upper()}
        assert door.send(signed(event="applicationCreated", data=data)).status_code == 200
        assert door.deliveries() == [EVENTS["applicationCreated"]]

    def test_a_signature_in_capitals_is_accepted(self, door: Door) -> None:
        body = signed()
        assert door.send({**body, "signature": body["signature"].upper()}).status_code == 200
        assert len(door.deliveries()) == 1

    def test_a_slash_at_the_end_of_the_address_is_accepted(self, door: Door) -> None:
        assert door.send(signed(), path=f"{LEVER}/").status_code == 200
        assert len(door.deliveries()) == 1

    def test_a_delivery_almost_fourteen_days_old_is_accepted(self, door: Door) -> None:
        assert door.send(signed(triggeredAt=now_ms() - 14 * DAY_MS + 60_000)).status_code == 200
        assert len(door.deliveries()) == 1

    def test_a_delivery_from_a_clock_that_is_a_day_ahead_is_accepted(self, door: Door) -> None:
        assert door.send(signed(triggeredAt=now_ms() + DAY_MS)).status_code == 200
        assert len(door.deliveries()) == 1

    def test_a_body_of_64_kib_is_accepted(self, door: Door) -> None:
        body = json.dumps(signed()).encode()
        assert door.send(body + b" " * (LARGEST - len(body))).status_code == 200
        assert len(door.deliveries()) == 1


class TestIgnored:
    """Answered 200, because a retry would change nothing."""

    @pytest.mark.parametrize(
        "fields",
        [
            pytest.param({"data": {}}, id="a test delivery"),
            pytest.param({"event": "candidateHired", "data": {}}, id="a test delivery of another event"),
            pytest.param({"event": "candidateArchiveChange"}, id="an event of no interest"),
            pytest.param({"data": {"contactId": "contact-1"}}, id="about no opportunity"),
            pytest.param({"event": "somethingNew", "data": {"a": 1}}, id="an unknown event"),
            pytest.param({"triggeredAt": now_ms() - 14 * DAY_MS - 60_000}, id="too old"),
            pytest.param({"triggeredAt": 0, "event": ..., "data": ...}, id="too old to be read"),
            pytest.param({"triggeredAt": -1}, id="from before 1970"),
        ],
    )
    def test_a_delivery_without_work_is_answered_200_and_starts_no_run(
        self, door: Door, fields: dict[str, Any]
    ) -> None:
        assert door.send(signed(**fields)).status_code == 200
        assert door.runs() == []


class TestRefused:
    @pytest.mark.parametrize(
        ("body", "word"),
        [
            (b"", "not JSON"),
            (b"{", "not JSON"),
            (b"\xff\xfe\x00", "not JSON"),
            (b"[" * 60_000, "not JSON"),
            (b"1" * 5000, "not JSON"),
            (b"event=candidateHired", "not JSON"),
            (b"[]", "not an object"),
            (b"null", "not an object"),
            (b'"text"', "not an object"),
            (b"12", "not an object"),
            (b"NaN", "not an object"),
        ],
    )
    def test_a_body_that_is_not_an_object_is_answered_400_with_the_reason(
        self, door: Door, body: bytes, word: str
    ) -> None:
        answer = door.send(body)
        assert answer.status_code == 400
        assert word in answer.json()["detail"]
        assert door.runs() == []

    @pytest.mark.parametrize(
        "fields",
        [
            pytest.param({"signature": "0" * 64}, id="wrong"),
            pytest.param({"signature": ...}, id="missing"),
            pytest.param({"signature": ""}, id="empty"),
            pytest.param({"signature": None}, id="null"),
            pytest.param({"signature": 7}, id="a number"),
            pytest.param({"signature": "\ud800é"}, id="no ASCII"),
            pytest.param({"token": ...}, id="no token"),
            pytest.param({"token": 12}, id="token is a number"),
            pytest.param({"token": ["x"]}, id="token is a list"),
            pytest.param({"triggeredAt": ...}, id="no time"),
            pytest.param({"triggeredAt": "1767225600000"}, id="time is text"),
            pytest.param({"triggeredAt": 1767225600000.0}, id="time is no whole number"),
            pytest.param({"triggeredAt": True}, id="time is true"),
            pytest.param({"triggeredAt": None}, id="time is null"),
            pytest.param({"triggeredAt": now_ms() + 2 * DAY_MS}, id="of the day after tomorrow"),
            pytest.param({"triggeredAt": 10**18, "data": {}}, id="a test of the far future"),
        ],
    )
    def test_a_forged_or_missing_signature_is_answered_401(self, door: Door, fields: dict[str, Any]) -> None:
        answer = door.send(signed(**fields))
        assert answer.status_code == 401
        assert door.runs() == []

    @pytest.mark.parametrize("changed", ["token", "triggeredAt"])
    def test_a_changed_signed_field_is_answered_401(self, door: Door, changed: str) -> None:
        body = signed()
        body[changed] = "another" if changed == "token" else body[changed] + 1
        assert door.send(body).status_code == 401

    @pytest.mark.parametrize("digits", [1, 2, 5])
    def test_digits_moved_from_the_token_to_the_time_are_answered_401(self, door: Door, digits: int) -> None:
        """With moved digits, a delivery of last month looks like one of the future and has the same signature."""
        old = signed(token="ab" * 20 + "12345", triggeredAt=now_ms() - 30 * DAY_MS)
        token = old["token"]
        moved = old | {"token": token[:-digits], "triggeredAt": int(f"{token[-digits:]}{old['triggeredAt']}")}
        assert door.send(old).status_code == 200
        assert door.send(moved).status_code == 401
        assert door.runs() == []

    @pytest.mark.parametrize("token", ["x", "changeme", "fifteen-letters"])
    def test_a_signature_with_a_short_token_is_answered_401(
        self, door: Door, token: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        password = f"{token} {TOKEN}"
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_WEBHOOK", json.dumps({"conn_type": "http", "password": password}))
        assert door.send(signed(token)).status_code == 401
        assert "`lever_webhook` holds 1 words of fewer than 16 characters" in caplog.text
        assert token not in caplog.text
        assert door.send(signed()).status_code == 200

    def test_a_signature_with_an_unknown_token_is_answered_401(self, door: Door) -> None:
        assert door.send(signed("2d" * 24)).status_code == 401
        assert door.runs() == []

    @pytest.mark.parametrize("password", ["", "  ,, \n", None])
    def test_a_delivery_is_answered_401_if_no_token_is_configured(
        self, door: Door, password: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_LEVER_WEBHOOK", json.dumps({"conn_type": "http", "password": password}))
        assert door.send(signed()).status_code == 401
        assert door.send(signed("")).status_code == 401
        assert door.runs() == []

    def test_a_delivery_is_answered_401_if_there_is_no_connection(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("AIRFLOW_CONN_LEVER_WEBHOOK")
        assert door.send(signed()).status_code == 401

    @pytest.mark.parametrize(
        ("fields", "word"),
        [
            ({"event": ...}, "`event`"),
            ({"event": None}, "`event`"),
            ({"event": ["candidateHired"]}, "`event`"),
            ({"data": ...}, "`data`"),
            ({"data": None}, "`data`"),
            ({"data": []}, "`data`"),
            ({"data": "opportunity-1"}, "`data`"),
            ({"data": {"opportunityId": 3}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": ""}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": "someone@candidates.example.com"}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": "+46 70 123 45 67"}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": "../stages"}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": "x" * 101}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": "Byron"}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": "46701234567"}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": f"{OPPORTUNITY}/notes"}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": f"{OPPORTUNITY}\n"}}, "`data.opportunityId`"),
            ({"data": {"opportunityId": OPPORTUNITY.replace("-", "")}}, "`data.opportunityId`"),
        ],
    )
    def test_a_signed_delivery_with_an_invalid_field_is_answered_400(
        self, door: Door, fields: dict[str, Any], word: str
    ) -> None:
        answer = door.send(signed(**fields))
        assert answer.status_code == 400
        assert word in answer.json()["detail"]
        assert door.runs() == []

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
    def test_another_method_is_answered_405(self, door: Door, method: str) -> None:
        assert door.send(signed(), method=method).status_code == 405
        assert door.runs() == []

    def test_another_method_at_an_address_with_a_slash_is_answered_405(self, door: Door) -> None:
        assert door.send(signed(), method="GET", path=f"{LEVER}/").status_code == 405

    @pytest.mark.parametrize("head", ["Content-Length: 500", "Transfer-Encoding: chunked"])
    @pytest.mark.parametrize("trickling", [False, True])
    def test_a_body_that_does_not_end_is_answered_408(
        self, door: Door, head: str, trickling: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(receiving, "WHOLE_WITHIN_SECONDS", 0.5)
        host, _, port = door.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=0.05) as link:
            link.sendall(f"POST {LEVER} HTTP/1.1\r\nHost: {host}\r\n{head}\r\n\r\n".encode())
            answer, ends = b"", time.monotonic() + 30
            while not answer and time.monotonic() < ends:
                if trickling:
                    link.sendall(b"1\r\nx\r\n" if "chunked" in head else b"x")
                with suppress(TimeoutError):
                    answer = link.recv(1000)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in answer.lower()
        assert door.send(signed()).status_code == 200

    def test_a_body_above_64_kib_is_answered_413(self, door: Door) -> None:
        body = json.dumps(signed()).encode()
        assert door.send(body + b" " * (LARGEST + 1 - len(body))).status_code == 413
        assert door.runs() == []

    @pytest.mark.parametrize("head", ["Content-Length: 900000000000", "Transfer-Encoding: chunked"])
    def test_a_large_body_is_answered_413_before_its_end(self, door: Door, head: str) -> None:
        """The sender is answered although it never finishes the body."""
        host, _, port = door.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as link:
            link.sendall(f"POST {LEVER} HTTP/1.1\r\nHost: {host}\r\n{head}\r\n\r\n".encode())
            if "chunked" in head:
                link.sendall(b"11000\r\n" + b"x" * 0x11000 + b"\r\n")
            assert link.recv(100).startswith(b"HTTP/1.1 413 ")

    def test_a_sender_that_disconnects_does_not_affect_other_deliveries(self, door: Door) -> None:
        host, _, port = door.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as link:
            link.sendall(f"POST {LEVER} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 500\r\n\r\nhalf".encode())
        assert door.send(signed()).status_code == 200
        assert len(door.runs()) == 1

    def test_answers_and_logs_do_not_repeat_the_delivery(self, door: Door, capfd: pytest.CaptureFixture[str]) -> None:
        answers = [
            door.send(b'{"name": "Ada Byron"'),
            door.send(signed(signature="Ada Byron")),
            door.send(signed(event={"name": "Ada Byron"})),
            door.send(signed(data={"opportunityId": "Ada Byron"})),
        ]
        assert [answer.status_code for answer in answers] == [400, 401, 400, 400]
        output = capfd.readouterr()
        assert "Ada" not in "".join([*(answer.text for answer in answers), output.out, output.err])


class TestDatabaseFaults:
    def test_a_delivery_is_answered_503_while_the_database_is_locked(self, door: Door) -> None:
        with create_session() as session:
            session.execute(text("BEGIN EXCLUSIVE"))
            assert door.send(signed()).status_code == 503
            session.rollback()
        assert door.runs() == []
        assert door.send(signed()).status_code == 200
        assert len(door.runs()) == 1

    def test_a_delivery_is_answered_503_while_the_dag_is_missing(self, door: Door) -> None:
        with create_session() as session:
            session.execute(delete(DagModel).where(DagModel.dag_id == "alva_lever_handle_events"))
        answer = door.send(signed())
        Runner("alva_lever_handle_events")
        assert answer.status_code == 503
        assert door.runs() == []
        assert door.send(signed()).status_code == 200


class TestTokensInTheDatabase:
    """A token is accepted as soon as it is stored and until it is removed."""

    def test_tokens_are_rotated_without_a_gap(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW_CONN_LEVER_WEBHOOK")
        answers = []
        old, new = "old" * 6, "new" * 6
        for tokens in (old, f"{old},{new}", new, ""):
            with create_session() as session:
                session.query(Connection).filter_by(conn_id="lever_webhook").delete()
                session.add(Connection(conn_id="lever_webhook", conn_type="http", password=tokens))
            answers.append([door.send(signed(token)).status_code for token in (old, new)])
        with create_session() as session:
            session.query(Connection).filter_by(conn_id="lever_webhook").delete()
        assert answers == [[200, 401], [200, 200], [401, 200], [401, 401]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "event": JSON | st.sampled_from([*EVENTS]),
        "data": JSON | st.fixed_dictionaries({"opportunityId": JSON}),
        "token": JSON,
        "triggeredAt": JSON | st.just(now_ms()),
        "signature": JSON,
        "id": JSON,
    },
)
EVER = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class TestFuzz:
    @EVER
    @given(body=st.binary(max_size=300) | JSON.map(json.dumps).map(str.encode))
    def test_any_body_is_answered_400_or_401(self, door: Door, body: bytes) -> None:
        assert door.send(body).status_code in (400, 401)

    @EVER
    @given(fields=FIELDS, honest=st.booleans())
    def test_any_fields_get_a_documented_answer_and_200_only_if_signed(
        self, door: Door, fields: dict[str, Any], honest: bool
    ) -> None:
        if honest:
            fields.pop("signature", None)
        answer = door.send(signed(**fields))
        assert answer.status_code in (200, 400, 401)
        assert answer.status_code != 200 or honest or "signature" not in fields
