from __future__ import annotations

from typing import Any

import pytest

from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.candidates import Candidates, UnknownCandidate
from tests.sandbox.alva.conftest import Api, StandingClock


def statuses(row: dict[str, Any]) -> list[str]:
    return [test["status"] for test in row["assessments"]]


def test_a_candidate_goes_from_the_invitation_to_the_role_fit(
    api: Api, candidates: Candidates, clock: StandingClock
) -> None:
    kim = api.invite(api.position(), "opp-1")["id"]
    seen = [api.candidate(kim)]
    for move in (candidates.deliver, candidates.start, candidates.start, candidates.finish):
        clock.ms += 1000
        assert move("opp-1") == kim
        seen.append(api.candidate(kim))
    assert [row["invitation"]["status"] for row in seen] == ["sent"] + ["delivered"] * 4
    assert [statuses(row) for row in seen[1:]] == [
        ["invited", "invited"],
        ["started", "invited"],
        ["started", "started"],
        ["completed", "completed"],
    ]
    assert [row["role_fit"] for row in seen] == [None, None, None, None, 82]
    stamps = [row["updated_at"] for row in seen]
    assert stamps == sorted(set(stamps))


def test_a_completed_candidate_has_results(api: Api, candidates: Candidates) -> None:
    kim = api.invite(api.position(), "opp-1")
    assert api.results(kim["id"]) == {
        "candidate_id": kim["id"],
        "role_fit": None,
        "logic": None,
        "personality": None,
        "coding": None,
        "interviews": [],
        "url": kim["url"],
    }
    candidates.finish("opp-1", 82)
    results = api.results(kim["id"])
    assert results["role_fit"] == {"score": 82, "computed_at": "2025-03-01T08:00:00Z", "complete": True}
    assert results["logic"] == {"percentage": 74, "sten": 7}
    assert results["personality"] == {"percentage": 88}


def test_starting_a_test_marks_the_invitation_as_delivered(api: Api, candidates: Candidates) -> None:
    kim = api.invite(api.position(), "opp-1")["id"]
    candidates.start("opp-1")
    assert api.candidate(kim)["invitation"]["status"] == "delivered"


def test_a_role_fit_needs_all_tests_unless_the_policy_allows_partial_ones(
    api: Api, organisation: AlvaOrganisation, candidates: Candidates
) -> None:
    kim = api.invite(api.position(), "opp-1")["id"]
    candidates.finish("opp-1", 60, only=["logic"])
    assert statuses(api.candidate(kim)) == ["completed", "invited"]
    assert api.candidate(kim)["role_fit"] is None
    assert api.results(kim)["logic"]["percentage"] == 52
    organisation.policy.partial_fit = True
    candidates.finish("opp-1", 61, only=["logic"])
    assert api.results(kim)["role_fit"] == {
        "score": 61,
        "computed_at": "2025-03-01T08:00:00Z",
        "complete": False,
    }
    candidates.finish("opp-1", 70, only=["personality"])
    assert api.results(kim)["role_fit"]["complete"] is True


def test_completed_tests_may_have_no_role_fit_yet(api: Api, candidates: Candidates) -> None:
    kim = api.invite(api.position(), "opp-1")["id"]
    candidates.finish("opp-1", None)
    assert statuses(api.candidate(kim)) == ["completed", "completed"]
    assert api.candidate(kim)["role_fit"] is None


@pytest.mark.parametrize(
    ("given", "lowest", "highest", "shown"), [(100, 0, 100, 100), (0, 0, 100, 0), (100, 1, 99, 99)]
)
def test_a_role_fit_stays_within_its_scale(
    api: Api, organisation: AlvaOrganisation, candidates: Candidates, given: int, lowest: int, highest: int, shown: int
) -> None:
    organisation.policy.lowest_fit, organisation.policy.highest_fit = lowest, highest
    kim = api.invite(api.position(), "opp-1")["id"]
    candidates.finish("opp-1", given)
    assert api.candidate(kim)["role_fit"] == shown


def test_a_role_fit_can_change_disappear_and_return_without_a_test(
    api: Api, candidates: Candidates, clock: StandingClock
) -> None:
    kim = api.invite(api.position(), "opp-1")["id"]
    candidates.finish("opp-1", 82)
    stamps = []
    for score in (55.5, None, 91, 91):
        clock.days(1)
        candidates.refit("opp-1", score)
        row = api.candidate(kim)
        assert row["role_fit"] == score
        assert statuses(row) == ["completed", "completed"]
        stamps.append(row["updated_at"])
    assert stamps == sorted(set(stamps))
    assert api.results(kim)["role_fit"]["computed_at"] == "2025-03-05T08:00:00Z"


def test_a_role_fit_cannot_change_before_the_tests_are_completed(api: Api, candidates: Candidates) -> None:
    api.invite(api.position(), "opp-1")
    with pytest.raises(ValueError, match="not completed"):
        candidates.refit("opp-1", 50)


def test_a_change_advances_updated_at_even_if_the_clock_stands_still(api: Api, candidates: Candidates) -> None:
    kim = api.invite(api.position(), "opp-1")["id"]
    stamps = [api.candidate(kim)["updated_at"]]
    for move in (candidates.deliver, candidates.start, candidates.finish, candidates.withdraw, candidates.reset):
        move("opp-1")
        stamps.append(api.candidate(kim)["updated_at"])
    assert len(set(stamps)) == len(stamps)


def test_a_person_in_two_positions_has_one_set_of_results_and_two_role_fits(
    api: Api, candidates: Candidates, clock: StandingClock
) -> None:
    cook = api.invite(api.position(), "opp-1", "Kim@example.com")["id"]
    waiter = api.invite(api.position(), "opp-2", "kim@example.com")["id"]
    stranger = api.invite(api.position(), "opp-3", "bo@example.com")
    clock.days(1)
    candidates.start("opp-1")
    assert statuses(api.candidate(waiter)) == ["started", "invited"]
    clock.days(1)
    candidates.finish("opp-1", 82)
    one, two = api.candidate(cook), api.candidate(waiter)
    assert statuses(one) == statuses(two) == ["completed", "completed"]
    assert one["role_fit"] == 82
    assert two["role_fit"] not in (None, 82)
    assert two["updated_at"] == "2025-03-03T08:00:00Z"
    assert api.results(cook)["logic"] == api.results(waiter)["logic"]
    assert api.candidate(stranger["id"]) == stranger


def test_a_reset_removes_the_results_of_all_applications_and_sends_no_e_mail(
    api: Api, candidates: Candidates, clock: StandingClock
) -> None:
    cook = api.invite(api.position(), "opp-1")["id"]
    waiter = api.invite(api.position(), "opp-2", assessments=["logic", "personality", "coding"])["id"]
    candidates.finish("opp-1", 82)
    candidates.finish("opp-2", 70)
    clock.days(1)
    candidates.reset("opp-1")
    assert statuses(api.candidate(cook)) == ["invited", "invited"]
    assert statuses(api.candidate(waiter)) == ["invited", "invited", "completed"]
    for row in (api.candidate(cook), api.candidate(waiter)):
        assert row["role_fit"] is None
        assert row["updated_at"] == "2025-03-02T08:00:00Z"
        assert api.results(row["id"])["logic"] is None
    assert candidates.find("opp-1")["invitations_sent"] == 1
    candidates.finish("opp-1", 40)
    assert api.candidate(cook)["role_fit"] == 40
    assert api.candidate(waiter)["role_fit"] not in (None, 40, 70, 82)


def test_after_a_reset_the_next_application_needs_the_tests(api: Api, candidates: Candidates) -> None:
    api.invite(api.position(), "opp-1")
    candidates.finish("opp-1", 82)
    candidates.reset("opp-1")
    assert statuses(api.invite(api.position(), "opp-2")) == ["invited", "invited"]


def test_withdrawn_results_leave_completed_tests_without_a_role_fit(api: Api, candidates: Candidates) -> None:
    kim = api.invite(api.position(), "opp-1")["id"]
    candidates.finish("opp-1", 82)
    candidates.withdraw("opp-1")
    row, results = api.candidate(kim), api.results(kim)
    assert (statuses(row), row["role_fit"], row["stage"]) == (["completed", "completed"], None, "in_process")
    assert (results["role_fit"], results["logic"], results["personality"]) == (None, None, None)
    candidates.share("opp-1")
    assert api.candidate(kim)["role_fit"] == 82


def test_a_coding_test_belongs_to_one_application_and_its_role_fit_waits_for_it(
    api: Api, candidates: Candidates
) -> None:
    api.invite(api.position(), "opp-1")
    coder = api.invite(api.position(), "opp-2", assessments=["logic", "personality", "coding"])["id"]
    candidates.finish("opp-1", 82)
    assert statuses(api.candidate(coder)) == ["completed", "completed", "invited"]
    assert api.candidate(coder)["role_fit"] is None
    candidates.finish("opp-2", 64, only=["coding"])
    assert api.candidate(coder)["role_fit"] == 64
    assert api.results(coder)["coding"] == {"percentage": 64}


def test_a_move_applies_to_the_candidate_added_last(api: Api, candidates: Candidates) -> None:
    position = api.position()
    old = api.invite(position, "opp-1", "wrong@example.com")["id"]
    candidates.bounce("opp-1")
    api.call("DELETE", f"/candidates/{old}", 204)
    new = api.invite(position, "opp-1", "right@example.com")["id"]
    assert candidates.finish("opp-1") == new
    found = candidates.find("opp-1")
    assert found["candidate"] == api.candidate(new)
    assert found["results"] == api.results(new)
    assert (found["applications"], found["invitations_sent"]) == (1, 2)


@pytest.mark.parametrize("move", ["bounce", "deliver", "start", "finish", "reset", "withdraw", "share", "anonymise"])
def test_a_move_on_an_unknown_opportunity_names_it(candidates: Candidates, move: str) -> None:
    with pytest.raises(UnknownCandidate, match="opp-9"):
        getattr(candidates, move)("opp-9")


def test_an_impossible_move_is_refused(api: Api, candidates: Candidates) -> None:
    api.invite(api.position(), "opp-1", send_invitation=False)
    with pytest.raises(ValueError, match="no invitation"):
        candidates.bounce("opp-1")
    with pytest.raises(ValueError, match="no such tests"):
        candidates.finish("opp-1", only=["coding"])
    candidates.finish("opp-1")
    with pytest.raises(ValueError, match="no test left"):
        candidates.start("opp-1")
    with pytest.raises(LookupError, match="no job position"):
        candidates.expire_position("posting-9")


def test_remembered_results_complete_a_waiting_application(api: Api, candidates: Candidates) -> None:
    kim = api.invite(api.position(), "opp-1")["id"]
    candidates.remember_person("KIM@example.com", 64)
    assert api.candidate(kim)["role_fit"] == 64
