from __future__ import annotations

import pytest

from include.sandbox.candidates import Candidates
from tests.sandbox.alva.conftest import Api, StandingClock


@pytest.fixture
def kim(api: Api) -> str:
    return str(api.invite(api.position(), "opp-1", first_name="Kim")["id"])


@pytest.mark.parametrize("stage", ["shortlisted", "hired", "rejected", "withdrawn"])
def test_setting_a_stage_changes_updated_at_only_the_first_time(
    api: Api, kim: str, clock: StandingClock, stage: str
) -> None:
    clock.days(1)
    changed = api.call("PATCH", f"/candidates/{kim}", json={"stage": stage})
    assert (changed["stage"], changed["updated_at"]) == (stage, "2025-03-02T08:00:00Z")
    clock.days(1)
    assert api.call("PATCH", f"/candidates/{kim}", json={"stage": stage}) == changed


@pytest.mark.parametrize("body", [{"stage": "promoted"}, {"stage": None}, {"stage": 1}])
def test_an_unknown_stage_is_a_422(api: Api, kim: str, body: dict[str, object]) -> None:
    api.call("PATCH", f"/candidates/{kim}", 422, json=body)
    assert api.candidate(kim)["stage"] == "in_process"


def test_a_change_of_address_is_refused_with_all_other_changes(api: Api, kim: str) -> None:
    refused = api.call("PATCH", f"/candidates/{kim}", 422, json={"email": "new@example.com", "stage": "hired"})
    assert refused["error"]["code"] == "email_is_fixed"
    assert (api.candidate(kim)["email"], api.candidate(kim)["stage"]) == ("kim@example.com", "in_process")


def test_a_removed_candidate_is_gone_but_the_invitation_still_counts(
    api: Api, kim: str, candidates: Candidates
) -> None:
    api.call("DELETE", f"/candidates/{kim}", 204)
    api.call("GET", f"/candidates/{kim}", 404)
    api.call("GET", f"/candidates/{kim}/results", 404)
    api.call("DELETE", f"/candidates/{kim}", 404)
    assert api.walk("/candidates") == api.walk("/candidates", external_id="opp-1") == []
    assert candidates.find("opp-1")["present"] is False
    assert candidates.find("opp-1")["invitations_sent"] == 1


def test_removing_a_candidate_drops_the_results(api: Api, candidates: Candidates) -> None:
    position = api.position()
    kim = api.invite(position, "opp-1")["id"]
    candidates.finish("opp-1", 80)
    api.call("DELETE", f"/candidates/{kim}", 204)
    again = api.invite(position, "opp-1")
    assert again["id"] != kim
    assert [test["status"] for test in again["assessments"]] == ["invited", "invited"]
    assert candidates.find("opp-1")["invitations_sent"] == 2


def test_results_are_kept_while_another_application_remains(api: Api, candidates: Candidates) -> None:
    kim = api.invite(api.position(), "opp-1")["id"]
    other = api.invite(api.position(), "opp-2")["id"]
    candidates.finish("opp-1", 80)
    api.call("DELETE", f"/candidates/{kim}", 204)
    assert api.candidate(other)["role_fit"] is not None


def test_resending_after_a_bounce_changes_only_the_invitation(api: Api, kim: str, candidates: Candidates) -> None:
    before = api.candidate(kim)
    candidates.bounce("opp-1")
    assert api.candidate(kim)["invitation"] == before["invitation"] | {"status": "bounced"}
    after = api.call("POST", f"/candidates/{kim}/invitation")
    assert after["invitation"]["status"] == "sent"
    assert after["invitation"]["sent_at"] != before["invitation"]["sent_at"]
    assert after["updated_at"] != before["updated_at"]
    assert (after["id"], after["url"], after["assessments"]) == (before["id"], before["url"], before["assessments"])
    assert candidates.find("opp-1")["invitations_sent"] == 2


def test_resending_without_a_bounce_only_sends_an_e_mail(
    api: Api, kim: str, candidates: Candidates, clock: StandingClock
) -> None:
    for move in (lambda: None, lambda: candidates.deliver("opp-1"), lambda: candidates.finish("opp-1")):
        move()
        before = api.candidate(kim)
        clock.days(1)
        assert api.call("POST", f"/candidates/{kim}/invitation") == before
    assert candidates.find("opp-1")["invitations_sent"] == 4


def test_reminders_are_sent_every_3_days_until_the_tests_are_completed(
    api: Api, kim: str, candidates: Candidates, clock: StandingClock
) -> None:
    def reminders() -> object:
        return candidates.find("opp-1")["reminders_sent"]

    before = api.candidate(kim)
    clock.days(2.9)
    assert reminders() == 0
    clock.days(0.1)
    assert reminders() == 1
    clock.days(6)
    assert reminders() == 3
    api.call("POST", f"/candidates/{kim}/reminder")
    assert reminders() == 4
    assert api.candidate(kim) == before
    candidates.finish("opp-1")
    clock.days(30)
    assert reminders() == 4
    assert api.call("POST", f"/candidates/{kim}/reminder", 422)["error"]["code"] == "nothing_to_remind"


def test_no_reminder_is_sent_to_an_address_that_bounced(
    api: Api, kim: str, candidates: Candidates, clock: StandingClock
) -> None:
    candidates.bounce("opp-1")
    clock.days(30)
    assert candidates.find("opp-1")["reminders_sent"] == 0
    api.call("POST", f"/candidates/{kim}/reminder", 422)


def test_an_invitation_never_expires(api: Api, kim: str, clock: StandingClock) -> None:
    before = api.candidate(kim)
    clock.days(700)
    assert api.candidate(kim) == before


def test_after_24_months_name_address_and_results_are_gone(
    api: Api, kim: str, candidates: Candidates, clock: StandingClock
) -> None:
    candidates.finish("opp-1", 82)
    position = api.candidate(kim)["job_position_id"]
    clock.days(730)
    row = api.walk("/candidates", updated_since="2027-03-01T00:00:00Z")[0]
    assert row["id"] == kim
    assert (row["email"], row["first_name"], row["last_name"]) == (None, None, None)
    assert (row["invitation"], row["role_fit"], row["external_id"]) == (None, None, "opp-1")
    results = api.results(kim)
    assert (results["role_fit"], results["logic"], results["personality"]) == (None, None, None)
    assert api.walk("/candidates", email="kim@example.com") == []
    api.call("POST", f"/candidates/{kim}/invitation", 422)
    assert api.call("POST", f"/job_positions/{position}/candidates", 422, json={"email": "kim@example.com"})


def test_an_anonymised_candidate_does_not_block_a_new_one(api: Api, kim: str, candidates: Candidates) -> None:
    position = api.candidate(kim)["job_position_id"]
    candidates.anonymise("opp-1")
    candidates.anonymise("opp-1")
    assert api.invite(position, "opp-2")["id"] != kim
