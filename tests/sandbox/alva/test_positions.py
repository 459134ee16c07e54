from __future__ import annotations

import pytest

from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.candidates import Candidates
from tests.sandbox.alva.conftest import Api, StandingClock


def test_a_new_position_has_every_field_and_the_default_profile(api: Api, candidates: Candidates) -> None:
    candidates.add_user("Ada@example.com")
    made = api.call(
        "POST",
        "/job_positions",
        201,
        json={"name": "Cook", "external_id": "posting-1", "owner_email": "ada@example.com", "team": "Kitchen", "x": 1},
    )
    profile = api.call("GET", "/profiles")["data"][0]
    assert made == {
        "id": made["id"],
        "external_id": "posting-1",
        "name": "Cook",
        "owner_email": "ada@example.com",
        "hiring_team": [],
        "team": "Kitchen",
        "location": None,
        "profile_id": profile["id"],
        "invitation_template_id": None,
        "assessments": ["logic", "personality"],
        "status": "inactive",
        "archived": False,
        "created_at": "2025-03-01T08:00:00Z",
        "updated_at": "2025-03-01T08:00:00Z",
    }
    assert api.call("GET", f"/job_positions/{made['id']}") == made


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"name": "Cook", "external_id": 7}, "external_id"),
        ({"name": "Cook", "archived": "yes"}, "archived"),
        ({"name": "Cook", "assessments": ["chess"]}, "assessments"),
        ({"name": "Cook", "hiring_team": "ada@example.com"}, "hiring_team"),
    ],
)
def test_a_wrong_field_is_a_422_that_names_it(api: Api, body: dict[str, object], field: str) -> None:
    assert api.call("POST", "/job_positions", 422, json=body)["error"]["details"]["field"] == field


def test_creating_a_position_twice_makes_two(api: Api) -> None:
    assert api.position(external_id="posting-1") != api.position(external_id="posting-1")
    assert len(api.walk("/job_positions", external_id="posting-1")) == 2


def test_a_patch_changes_its_fields_and_updated_at_only_if_something_differs(api: Api, clock: StandingClock) -> None:
    position = api.position(team="Kitchen", location="Umeå")
    clock.days(1)
    same = api.call("PATCH", f"/job_positions/{position}", json={"name": "Cook", "team": "Kitchen"})
    assert same["updated_at"] == "2025-03-01T08:00:00Z"
    changed = api.call("PATCH", f"/job_positions/{position}", json={"name": "Chef", "team": None, "archived": True})
    assert (changed["name"], changed["team"], changed["location"]) == ("Chef", None, "Umeå")
    assert (changed["archived"], changed["status"]) == (True, "inactive")
    assert changed["updated_at"] == "2025-03-02T08:00:00Z"


@pytest.mark.parametrize("body", [{"owner_email": "nobody@example.com"}, {"hiring_team": ["nobody@example.com"]}])
def test_an_owner_or_member_who_is_not_a_user_is_refused(
    api: Api, organisation: AlvaOrganisation, body: dict[str, object]
) -> None:
    position = api.position()
    error = api.call("PATCH", f"/job_positions/{position}", 422, json={"name": "Chef"} | body)["error"]
    assert error["code"] == "unknown_user"
    assert api.call("GET", f"/job_positions/{position}")["name"] == "Cook"
    organisation.policy.known_users_only = False
    api.call("PATCH", f"/job_positions/{position}", json=body)


def test_a_team_may_have_any_name_unless_only_known_teams_are_allowed(
    api: Api, organisation: AlvaOrganisation, candidates: Candidates
) -> None:
    position = api.position(team="Unheard of")
    organisation.policy.known_teams_only = True
    assert api.call("PATCH", f"/job_positions/{position}", 422, json={"team": "Bar"})["error"]["code"] == "unknown_team"
    candidates.add_team("Bar")
    assert api.call("PATCH", f"/job_positions/{position}", json={"team": "Bar"})["team"] == "Bar"


def test_a_position_is_active_for_90_days_from_its_last_new_candidate(api: Api, clock: StandingClock) -> None:
    position = api.position()

    def status() -> object:
        return api.call("GET", f"/job_positions/{position}")["status"]

    assert status() == "inactive"
    api.invite(position, "opp-1", "one@example.com")
    assert status() == "active"
    clock.days(89)
    api.invite(position, "opp-2", "two@example.com")
    clock.days(89.9)
    assert status() == "active"
    clock.days(0.1)
    assert status() == "expired"
    since = api.walk("/job_positions", updated_since="2025-08-27T00:00:00Z")
    assert [row["status"] for row in since] == ["expired"]


def test_an_expired_position_takes_no_new_candidates_but_keeps_its_own(api: Api, candidates: Candidates) -> None:
    position = api.position(external_id="posting-1")
    first = api.invite(position, "opp-1")
    candidates.expire_position("posting-1")
    refused = api.call("POST", f"/job_positions/{position}/candidates", 422, json={"email": "bo@example.com"})
    assert refused["error"]["code"] == "job_position_expired"
    assert candidates.find("opp-2")["invitations_sent"] == 0
    candidates.finish("opp-1", 90)
    assert api.candidate(first["id"])["role_fit"] == 90


def test_under_the_other_policy_a_new_candidate_reactivates_an_expired_position(
    api: Api, organisation: AlvaOrganisation, candidates: Candidates
) -> None:
    organisation.policy.expired_takes_candidates = True
    position = api.position()
    candidates.expire_position(position)
    assert api.call("GET", f"/job_positions/{position}")["status"] == "expired"
    api.invite(position, "opp-1")
    assert api.call("GET", f"/job_positions/{position}")["status"] == "active"


def test_an_archived_position_takes_candidates(api: Api) -> None:
    position = api.position(archived=True)
    api.invite(position, "opp-1")
    assert api.call("GET", f"/job_positions/{position}")["status"] == "active"


def test_another_profile_changes_the_role_fit_without_a_test(
    api: Api, organisation: AlvaOrganisation, candidates: Candidates, clock: StandingClock
) -> None:
    position = api.position()
    invited = api.invite(position, "opp-1")
    candidates.finish("opp-1", 82)
    before = api.candidate(invited["id"])
    clock.days(1)
    profile = organisation.directory.add_profile("Seniors").id
    api.call("PATCH", f"/job_positions/{position}", json={"profile_id": profile})
    after = api.candidate(invited["id"])
    assert after["role_fit"] not in (None, 82)
    assert after["assessments"] == before["assessments"]
    assert after["updated_at"] > before["updated_at"]
