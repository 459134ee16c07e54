from __future__ import annotations

import pytest

from include.sandbox.candidates import Candidates
from tests.sandbox.alva.conftest import Api


def test_an_invited_candidate_has_every_field(api: Api) -> None:
    position = api.position()
    made = api.invite(position, "opp-1", "Kim@example.com", first_name="Kim", last_name="Ek")
    assert made == {
        "id": made["id"],
        "external_id": "opp-1",
        "job_position_id": position,
        "email": "Kim@example.com",
        "first_name": "Kim",
        "last_name": "Ek",
        "stage": "in_process",
        "invitation": {"status": "sent", "sent_at": "2025-03-01T08:00:00Z", "email": "Kim@example.com"},
        "assessments": [{"type": "logic", "status": "invited"}, {"type": "personality", "status": "invited"}],
        "role_fit": None,
        "url": f"https://app.alva.test/c/{made['id']}",
        "created_at": "2025-03-01T08:00:00Z",
        "updated_at": "2025-03-01T08:00:00Z",
    }
    assert api.candidate(made["id"]) == made


@pytest.mark.parametrize(
    ("email", "code"),
    [
        (None, "email_missing"),
        ("", "email_missing"),
        ("kim", "email_invalid"),
        ("kim@localhost", "email_invalid"),
        ("kim@example..test", "email_invalid"),
        ("kim ek@example.com", "email_invalid"),
        (" kim@example.com", "email_invalid"),
        ("kim@ek@example.com", "email_invalid"),
        ("k" * 250 + "@example.com", "email_invalid"),
        (7, "invalid_field"),
    ],
)
def test_a_missing_or_invalid_address_is_a_422(api: Api, email: object, code: str) -> None:
    position = api.position()
    error = api.call("POST", f"/job_positions/{position}/candidates", 422, json={"email": email})["error"]
    assert error["code"] == code
    assert error["details"] == {"field": "email", "value": email}
    assert api.walk("/candidates") == []


def test_a_missing_field_email_is_a_422(api: Api) -> None:
    api.call("POST", f"/job_positions/{api.position()}/candidates", 422, json={"first_name": "Kim"})


@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", 1), ("external_id", ["x"]), ("send_invitation", "yes"), ("assessments", "logic")],
)
def test_another_wrong_field_is_a_422_that_names_it(api: Api, field: str, value: object) -> None:
    body = {"email": "kim@example.com", field: value}
    refused = api.call("POST", f"/job_positions/{api.position()}/candidates", 422, json=body)
    assert refused["error"]["details"]["field"] == field


def test_the_same_address_on_the_same_position_is_a_409_that_names_the_candidate(
    api: Api, candidates: Candidates
) -> None:
    position = api.position()
    known = api.invite(position, "opp-1", "Kim@example.com")
    body = {"email": "kIM@EXAMPLE.com", "external_id": "opp-2"}
    for _ in range(2):
        error = api.call("POST", f"/job_positions/{position}/candidates", 409, json=body)["error"]
        assert error["details"] == {"candidate_id": known["id"]}
    candidates.expire_position(position)
    api.call("POST", f"/job_positions/{position}/candidates", 409, json=body)
    assert candidates.find("opp-1")["invitations_sent"] == 1
    assert candidates.find("opp-2") == {
        "present": False,
        "candidate": None,
        "results": None,
        "applications": 0,
        "invitations_sent": 0,
        "reminders_sent": 0,
    }


def test_the_same_address_on_another_position_is_another_candidate(api: Api, candidates: Candidates) -> None:
    api.invite(api.position(), "opp-1")
    api.invite(api.position(), "opp-1")
    assert candidates.find("opp-1")["applications"] == 2
    assert candidates.find("opp-1")["invitations_sent"] == 2


def test_a_candidate_added_without_an_e_mail_gets_one_on_request(api: Api, candidates: Candidates) -> None:
    made = api.invite(api.position(), "opp-1", send_invitation=False)
    assert made["invitation"] is None
    assert candidates.find("opp-1")["invitations_sent"] == 0
    sent = api.call("POST", f"/candidates/{made['id']}/invitation")
    assert sent["invitation"]["status"] == "sent"
    assert candidates.find("opp-1")["invitations_sent"] == 1


def test_other_assessments_than_the_positions_can_be_requested(api: Api) -> None:
    made = api.invite(api.position(), "opp-1", assessments=["coding", "coding"])
    assert made["assessments"] == [{"type": "coding", "status": "invited"}]


def test_an_interview_is_not_a_test_and_sends_no_invitation(api: Api, candidates: Candidates) -> None:
    made = api.invite(api.position(), "opp-1", assessments=["interview"])
    assert (made["assessments"], made["invitation"]) == ([], None)
    assert candidates.find("opp-1")["invitations_sent"] == 0
    api.call("POST", f"/candidates/{made['id']}/invitation", 422)
    candidates.interview("opp-1", 4, "First talk")
    assert api.results(made["id"])["interviews"] == [{"title": "First talk", "score": 4}]


def test_a_person_with_recent_results_has_completed_at_once(api: Api, candidates: Candidates) -> None:
    candidates.remember_person("kim@example.com", 77, age_days=729)
    made = api.invite(api.position(), "opp-1", "KIM@example.com")
    assert [test["status"] for test in made["assessments"]] == ["completed", "completed"]
    assert made["role_fit"] == 77
    assert made["invitation"]["status"] == "sent"
    coder = api.invite(api.position(), "opp-2", assessments=["logic", "coding"])
    assert [test["status"] for test in coder["assessments"]] == ["completed", "invited"]
    assert coder["role_fit"] is None


def test_results_of_24_months_and_more_are_not_used_again(api: Api, candidates: Candidates) -> None:
    candidates.remember_person("kim@example.com", 77, age_days=730)
    made = api.invite(api.position(), "opp-1")
    assert [test["status"] for test in made["assessments"]] == ["invited", "invited"]
    assert made["role_fit"] is None


def test_a_candidate_added_by_hand_has_no_external_id_and_causes_a_409(api: Api, candidates: Candidates) -> None:
    position = api.position(external_id="posting-1")
    by_hand = candidates.add_by_hand("posting-1", "kim@example.com", "Kim")
    assert api.candidate(by_hand)["external_id"] is None
    body = {"email": "kim@example.com", "external_id": "opp-1"}
    error = api.call("POST", f"/job_positions/{position}/candidates", 409, json=body)["error"]
    assert error["details"]["candidate_id"] == by_hand
