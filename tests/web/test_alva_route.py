"""The answers to Alva's deliveries. Alva's signature covers the whole body."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import ANOTHER_TOKEN, TOKEN, Door
from tests.web.test_lever_route import EVER, JSON, LARGEST

ALVA = "/alva-lever/webhooks/alva"
LEVERS = "3c" * 24
PAST = st.datetimes(max_value=datetime.now(UTC).replace(tzinfo=None))
EVENT = {"kind": "results", "candidate": "48213"}


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


def body(**fields: Any) -> bytes:
    """Returns a delivery as Alva sends it; `...` leaves a field out."""
    usual = {"id": "evt_1", "event": "role_fit.created", "created_at": ago(), "data": {"candidate_id": "48213"}}
    return json.dumps({name: value for name, value in (usual | fields).items() if value is not ...}).encode()


def signature(content: bytes, key: str = TOKEN) -> str:
    return "sha256=" + hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def send(door: Door, content: bytes, signed: str | None = "", **options: Any) -> requests.Response:
    """Sends a delivery. `signed` is the signature header: empty for the right one, None for no header."""
    header = signature(content) if signed == "" else signed
    headers = {} if header is None else {"X-Alva-Signature": header}
    return door.send(content, path=ALVA, headers=headers, **options)


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "generic", "password": f"{TOKEN} {ANOTHER_TOKEN}"}
    monkeypatch.setenv("AIRFLOW_CONN_ALVA_WEBHOOK", json.dumps(connection))
    # Lever's tokens are not accepted here.
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_WEBHOOK", json.dumps({"conn_type": "generic", "password": LEVERS}))


class TestAccepted:
    def test_a_run_holds_only_the_candidates_id(self, door: Door) -> None:
        answer = send(door, body(data={"candidate_id": "48213", "job_position_id": "771", "role_fit": 82}))
        assert answer.status_code == 200
        (run,) = door.runs()
        assert run.conf == {"deliveries": [EVENT]}

    def test_a_numeric_id_is_kept_as_text(self, door: Door) -> None:
        assert send(door, body(data={"candidate_id": 48213})).status_code == 200
        assert door.deliveries() == [EVENT]

    @pytest.mark.parametrize("spell", [str.upper, str.title, lambda text: "sha256=" + text[7:].upper()])
    def test_a_signature_in_either_case_is_accepted(self, door: Door, spell: Callable[[str], str]) -> None:
        content = body()
        assert send(door, content, spell(signature(content))).status_code == 200
        assert len(door.deliveries()) == 1

    def test_a_slash_at_the_end_of_the_address_is_accepted(self, door: Door) -> None:
        content = body()
        answer = door.send(content, path=f"{ALVA}/", headers={"X-Alva-Signature": signature(content)})
        assert answer.status_code == 200
        assert len(door.deliveries()) == 1

    @pytest.mark.parametrize("event", ["test.completed", "anything.else"])
    def test_any_event_about_a_candidate_is_accepted(self, door: Door, event: str) -> None:
        assert send(door, body(event=event)).status_code == 200
        assert door.deliveries() == [EVENT]

    def test_each_configured_token_is_accepted(self, door: Door) -> None:
        content = body()
        assert send(door, content, signature(content, ANOTHER_TOKEN)).status_code == 200
        assert len(door.deliveries()) == 1

    @pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.123+02:00"])
    def test_dates_in_iso_8601_are_accepted(self, door: Door, form: str) -> None:
        assert send(door, body(created_at=datetime.now(UTC).strftime(form))).status_code == 200
        assert len(door.deliveries()) == 1

    def test_a_delivery_from_a_clock_that_is_a_day_ahead_is_accepted(self, door: Door) -> None:
        assert send(door, body(created_at=ago(days=-1))).status_code == 200
        assert len(door.deliveries()) == 1

    def test_a_delivery_almost_fourteen_days_old_is_accepted(self, door: Door) -> None:
        assert send(door, body(created_at=ago(days=13.99))).status_code == 200
        assert len(door.deliveries()) == 1


class TestIgnored:
    @pytest.mark.parametrize(
        "fields",
        [
            pytest.param({"data": {}}, id="a test"),
            pytest.param({"data": {"job_position_id": "771"}}, id="about no candidate"),
            pytest.param({"created_at": ago(days=14.01)}, id="too old"),
            pytest.param({"created_at": "0001-01-01T00:00:00+14:00"}, id="from the year 1"),
            pytest.param({"created_at": ago(days=99), "event": ..., "data": ...}, id="too old to be read"),
        ],
    )
    def test_a_delivery_without_work_is_answered_200_and_starts_no_run(
        self, door: Door, fields: dict[str, Any]
    ) -> None:
        assert send(door, body(**fields)).status_code == 200
        assert door.runs() == []


class TestRefused:
    @pytest.mark.parametrize(("content", "word"), [(b"", "not JSON"), (b"{", "not JSON"), (b"[]", "not an object")])
    def test_a_body_that_is_not_an_object_is_answered_400_with_the_reason(
        self, door: Door, content: bytes, word: str
    ) -> None:
        for signed in ("", None):
            answer = send(door, content, signed)
            assert (answer.status_code, word in answer.json()["detail"]) == (400, True)

    @pytest.mark.parametrize("signed", [None, "sha256=", "sha256=" + "0" * 64, "0" * 64, "sha1=abc", "sha256=\xe9"])
    def test_a_forged_or_missing_signature_is_answered_401(self, door: Door, signed: str | None) -> None:
        assert send(door, body(), signed).status_code == 401
        assert door.runs() == []

    @pytest.mark.parametrize("at", [None, "2099-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
    def test_a_delivery_more_than_a_day_ahead_is_answered_401(self, door: Door, at: str | None) -> None:
        assert send(door, body(created_at=at or ago(days=-2))).status_code == 401
        assert door.runs() == []

    def test_a_changed_body_is_answered_401(self, door: Door) -> None:
        content = body()
        assert send(door, content + b" ", signature(content)).status_code == 401

    def test_a_signature_with_levers_token_is_answered_401(self, door: Door) -> None:
        content = body()
        assert send(door, content, signature(content, LEVERS)).status_code == 401

    def test_a_signature_with_a_short_token_is_answered_401(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = {"conn_type": "generic", "password": f"secret {TOKEN}"}
        monkeypatch.setenv("AIRFLOW_CONN_ALVA_WEBHOOK", json.dumps(connection))
        content = body()
        assert send(door, content, signature(content, "secret")).status_code == 401
        assert send(door, content).status_code == 200

    def test_a_delivery_is_answered_401_if_no_token_is_configured(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("AIRFLOW_CONN_ALVA_WEBHOOK")
        assert send(door, body()).status_code == 401

    @pytest.mark.parametrize(
        ("fields", "word"),
        [
            ({"created_at": ...}, "`created_at`"),
            ({"created_at": None}, "`created_at`"),
            ({"created_at": "yesterday"}, "`created_at`"),
            ({"created_at": 1767225600000}, "`created_at`"),
            ({"event": ...}, "`event`"),
            ({"event": 1}, "`event`"),
            ({"data": ...}, "`data`"),
            ({"data": []}, "`data`"),
            ({"data": {"candidate_id": 48213.0}}, "`data.candidate_id`"),
            ({"data": {"candidate_id": True}}, "`data.candidate_id`"),
            ({"data": {"candidate_id": -7}}, "`data.candidate_id`"),
            ({"data": {"candidate_id": "someone@candidates.example.com"}}, "`data.candidate_id`"),
        ],
    )
    def test_a_signed_delivery_with_an_invalid_field_is_answered_400(
        self, door: Door, fields: dict[str, Any], word: str
    ) -> None:
        answer = send(door, body(**fields))
        assert (answer.status_code, word in answer.json()["detail"]) == (400, True)
        assert door.runs() == []

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
    def test_another_method_is_answered_405(self, door: Door, method: str) -> None:
        assert send(door, body(), method=method).status_code == 405

    def test_a_body_above_64_kib_is_answered_413(self, door: Door) -> None:
        content = body()
        assert send(door, content + b" " * (LARGEST + 1 - len(content))).status_code == 413
        assert send(door, content + b" " * (LARGEST - len(content))).status_code == 200


class TestFuzz:
    @EVER
    @given(
        fields=st.fixed_dictionaries(
            {}, optional={"event": JSON, "created_at": JSON | PAST.map(datetime.isoformat), "data": JSON}
        ),
        honest=st.booleans(),
    )
    def test_any_body_gets_a_documented_answer(self, door: Door, fields: dict[str, Any], honest: bool) -> None:
        answer = send(door, body(**fields), "" if honest else "sha256=0")
        assert answer.status_code in ((200, 400) if honest else (401,))
