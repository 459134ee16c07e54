"""The judge sees each kind of broken promise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from include.sandbox import Sandbox
from include.sandbox.alva.models import Invitee
from tests.faults import oracle
from tests.faults.crowd import MANAGERS, Applicant, Crowd

CROWD = 200


def invited(ways: tuple[str, ...] = ("trigger",)) -> tuple[Crowd, Applicant]:
    """Returns a candidate who came in one of these ways and was invited as the contract says, among others who were
    not."""
    crowd = Crowd(Sandbox(), 1)
    crowd.arrive(CROWD)
    applicant = next(one for one in crowd.people.values() if one.way in ways)
    sandbox, row = crowd.sandbox, crowd.row(applicant.opportunity_id)
    invite(crowd, row.id, row.contact.emails[0])
    sandbox.recruiter.tag(row.id, oracle.SENT)
    return crowd, applicant


def invite(crowd: Crowd, opportunity_id: str, email: str) -> None:
    position_id = crowd.sandbox.candidates.add_position(f"Job {email}")
    crowd.sandbox.world.alva.roster.invite(position_id, Invitee(email=email, external_id=opportunity_id))


def wrongs(crowd: Crowd, applicant: Applicant) -> set[str]:
    return {wrong.what for wrong in crowd.judge() if wrong.opportunity_id == applicant.opportunity_id}


def test_an_invited_candidate_is_right() -> None:
    assert wrongs(*invited()) == set()


def test_those_who_were_not_invited_are_lost() -> None:
    crowd, _ = invited()
    lost = {crowd.people[wrong.opportunity_id].way for wrong in crowd.judge() if wrong.what == "lost"}
    assert lost == {"trigger", "send_tests", "screening", "again", "known", "late"}


def untag(crowd: Crowd, opportunity_id: str) -> None:
    crowd.sandbox.recruiter.untag(opportunity_id, oracle.SENT)


def tag(crowd: Crowd, opportunity_id: str) -> None:
    crowd.sandbox.recruiter.tag(opportunity_id, "Not theirs")


def invite_again(crowd: Crowd, opportunity_id: str) -> None:
    invite(crowd, opportunity_id, "x@people.example.com")


def fit(crowd: Crowd, opportunity_id: str) -> None:
    crowd.sandbox.recruiter.tag(opportunity_id, "Alva: Low role fit")


def complete(crowd: Crowd, opportunity_id: str) -> None:
    crowd.sandbox.candidates.finish(opportunity_id, 82)
    crowd.sandbox.recruiter.untag(opportunity_id, oracle.SENT)
    crowd.sandbox.recruiter.tag(opportunity_id, oracle.COMPLETED, "Alva: High role fit")


def forget_a_reply(crowd: Crowd, opportunity_id: str) -> None:
    crowd.people[opportunity_id].replies.append("Call her")


def double_a_reply(crowd: Crowd, opportunity_id: str) -> None:
    crowd.people[opportunity_id].replies.append("Call her")
    for _ in range(2):
        crowd.sandbox.recruiter.add_note(opportunity_id, "First: Call her")


def hire(crowd: Crowd, opportunity_id: str) -> None:
    crowd.sandbox.recruiter.hire(opportunity_id)


def delete(crowd: Crowd, opportunity_id: str) -> None:
    crowd.sandbox.recruiter.delete(opportunity_id)


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        (untag, {"tags"}),
        (fit, {"tags"}),
        (tag, {"theirs"}),
        (invite_again, {"twice"}),
        (complete, {"link", "note", "stage"}),
        (forget_a_reply, {"reply"}),
        (double_a_reply, {"reply"}),
        (hire, {"tags"}),
        (delete, {"tags"}),
    ],
)
def test_each_broken_promise_is_seen(move: Callable[[Crowd, str], None], expected: set[str]) -> None:
    crowd, applicant = invited()
    move(crowd, applicant.opportunity_id)
    assert wrongs(crowd, applicant) == expected


def test_an_invitation_that_nothing_asks_for_is_seen() -> None:
    assert wrongs(*invited(("nobody", "skipped", "blocked"))) == {"uninvited"}


def test_a_job_position_whose_owner_is_not_the_hiring_manager_is_seen() -> None:
    crowd = Crowd(Sandbox(), 1)
    posting = crowd.sandbox.recruiter.add_posting("Engineer", hiring_manager_email=MANAGERS[0])
    crowd.sandbox.candidates.add_position("Engineer", external_id=posting)
    assert [(wrong.what, wrong.opportunity_id) for wrong in crowd.judge()] == [("owner", posting)]
