"""Candidates who are hired or deleted in Lever are marked as hired in Alva, or removed from it."""

from __future__ import annotations

import pytest

from alva_lever.batch.batch import Unfinished
from alva_lever.http.errors import ApiError, Unauthorized
from include.sandbox.alva.models import Invitee
from tests.sync.office import Office


@pytest.fixture
def ada(office: Office) -> str:
    """An invited candidate."""
    ada = office.apply()
    office.run(ada)
    office.forget()
    return ada


def test_a_hired_candidate_is_marked_as_hired_once(office: Office, ada: str) -> None:
    assert office.tell(hired=[ada]).ids == {"hired": [ada]}
    assert (office.in_alva(ada)["stage"], len(office.arrived("alva", "PATCH"))) == ("hired", 1)
    assert office.tell(hired=[ada]).counts == {"hired": 1}
    assert len(office.arrived("alva", "PATCH")) == 1


def test_a_deleted_candidate_is_removed(office: Office, ada: str) -> None:
    assert office.tell(deleted=[ada]).ids == {"deleted": [ada]}
    assert not office.candidates.find(ada)["present"]
    office.forget()
    assert office.tell(deleted=[ada]).counts == {"not_in_alva": 1}
    assert office.asked() == []


def test_a_candidate_who_was_never_in_alva_is_counted_as_not_in_alva(office: Office) -> None:
    one, other = office.applied(2)
    assert office.tell(hired=[one], deleted=[other]).counts == {"not_in_alva": 2}
    assert office.asked() == []


def test_a_dry_run_writes_nothing_and_reports_the_same(office: Office, ada: str) -> None:
    bo, kim = office.applied(2)
    office.run(bo)
    office.forget()
    dry = office.tell(hired=[ada, kim], deleted=[bo], dry_run=True)
    assert dry.counts == {"hired": 1, "deleted": 1, "not_in_alva": 1}
    assert office.asked() == []
    assert office.tell(hired=[ada, kim], deleted=[bo]).counts == dry.counts


def test_the_contacts_other_opportunities_stay(office: Office, ada: str) -> None:
    other = office.apply(posting=office.recruiter.add_posting("Cook"), contact=ada)
    office.run(other)
    office.tell(deleted=[ada])
    assert office.candidates.find(other)["present"]
    office.tell(hired=[other])
    assert (office.candidates.find(ada)["present"], office.in_alva(other)["stage"]) == (False, "hired")


def test_departures_send_no_requests_to_lever(office: Office, ada: str) -> None:
    office.tell(hired=[ada], deleted=[])
    assert office.arrived("lever") == []


def test_a_lasting_fault_of_one_candidate_does_not_block_the_others(office: Office) -> None:
    people = office.applied(20)
    office.run(*people)
    bad = office.in_alva(people[4])["id"]
    office.faults.add("alva", "*", f"/candidates/{bad}", times=None)
    with pytest.raises(ApiError, match="1 of 20 could not be"):
        office.tell(hired=people[:10], deleted=people[10:])
    assert [office.in_alva(one)["stage"] for one in people[:10]].count("hired") == 9
    assert [one for one in people[10:] if office.candidates.find(one)["present"]] == []
    office.faults.clear()
    office.forget()
    assert office.tell(hired=people[:10], deleted=people[10:]).counts == {"hired": 10, "not_in_alva": 10}
    assert len(office.asked()) == 1


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_lasting_refusal_is_a_fault_and_the_others_are_done(office: Office, ada: str, status: int) -> None:
    bo, kim = office.applied(2)
    office.run(bo, kim)
    for candidate, method in ((office.in_alva(ada)["id"], "PATCH"), (office.in_alva(bo)["id"], "DELETE")):
        office.faults.add("alva", method, f"*/candidates/{candidate}", status=status, times=None)
    with pytest.raises(Unfinished):
        office.tell(hired=[ada, kim], deleted=[bo])
    word = "conflict" if status == 409 else "refused"
    assert (office.progress.report.counts, office.progress.faults) == ({"hired": 1}, {ada: word, bo: word})
    assert office.in_alva(kim)["stage"] == "hired"


def test_a_refused_removal_does_not_block_the_second_alva_candidate_of_the_same_opportunity(
    office: Office, ada: str
) -> None:
    """The opportunity was added to Alva twice: both candidates have to be removed."""
    position = office.in_alva(ada)["job_position_id"]
    other = Invitee(email="second@candidates.example.com", external_id=ada)
    office.sandbox.world.alva.roster.invite(position, other)
    first = next(office.alva().candidates(external_id=ada)).id
    office.faults.add("alva", "DELETE", f"*/candidates/{first}", status=422, times=None)
    with pytest.raises(Unfinished):
        office.tell(deleted=[ada])
    assert [one.id for one in office.alva().candidates(external_id=ada)] == [first]


def test_a_candidate_who_is_removed_meanwhile_is_not_in_alva(office: Office, ada: str) -> None:
    alva = office.alva()
    (candidate,) = alva.candidates(external_id=ada)
    office.faults.add("alva", "PATCH", kind="call", action=lambda: alva.remove_candidate(candidate))
    assert office.tell(hired=[ada]).counts == {"not_in_alva": 1}


@pytest.mark.parametrize(("departed", "method"), [("hired", "PATCH"), ("deleted", "DELETE")])
def test_a_404_for_a_candidate_who_is_in_alva_is_a_fault(office: Office, ada: str, departed: str, method: str) -> None:
    office.faults.add("alva", method, status=404, times=None)
    with pytest.raises(Unfinished):
        office.tell(hired=[ada] if departed == "hired" else [], deleted=[ada] if departed == "deleted" else [])
    assert (office.progress.report.counts, office.progress.faults) == ({}, {ada: "not_found"})


@pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (403, Unfinished)])
def test_a_refused_key_fails_the_task(office: Office, ada: str, status: int, error: type[ApiError]) -> None:
    office.faults.add("alva", status=status, times=None)
    with pytest.raises(error):
        office.tell(hired=[ada])


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "html"])
def test_a_lost_answer_does_not_change_the_outcome(office: Office, kind: str) -> None:
    one, other = office.applied(2)
    office.run(one, other)
    office.faults.add("alva", "PATCH", kind=kind)
    office.faults.add("alva", "DELETE", kind=kind)
    assert office.tell(hired=[one], deleted=[other]).counts == {"hired": 1, "deleted": 1}
    assert (office.in_alva(one)["stage"], office.candidates.find(other)["present"]) == ("hired", False)


def test_calls_are_counted(office: Office, ada: str) -> None:
    report = office.tell(hired=[ada])
    assert report.calls == {"lever": 0, "alva": len(office.arrived("alva"))}
