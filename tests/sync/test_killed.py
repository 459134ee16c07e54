"""The process is killed at each request in turn and runs again: in the end nothing is missing and nothing doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from alva_lever.settings import Options
from tests.sync.killing import Killer, When, survives
from tests.sync.office import FURTHER, TRIGGER, Office

GOOD, OTHER = "ada@candidates.example.com", "ada.byron@candidates.example.com"
SENT, FAILED, DONE = ["Invitation Sent"], ["Invitation Failed"], ["High role fit", "Completed"]
SEND_TESTS = "Alva: Send Tests"
TAGS = ["vip", "Alva: Send Test", "Data Engineer", "Platform"]
MOST_REQUESTS = 60


@dataclass(frozen=True)
class End:
    """The expected end: the number of invitation e-mails, the owned tags, and the failures in notes."""

    sent: int
    status: list[str]
    failures: list[str]


Scenario = Callable[[Office], tuple[str, End]]


def apply(office: Office, email: str | None = GOOD) -> str:
    return office.apply(emails=[] if email is None else [email], tags=TAGS[:2])


def plain(office: Office) -> tuple[str, End]:
    return apply(office), End(1, SENT, [])


def without_address(office: Office) -> tuple[str, End]:
    return apply(office, None), End(0, FAILED, ["missing_email"])


def refused(office: Office) -> tuple[str, End]:
    office.run(office.apply("Bo Ek"))
    office.candidates.expire_position(office.posting)
    return apply(office), End(0, FAILED, ["refused_by_alva"])


def failed_again(office: Office) -> tuple[str, End]:
    ada = apply(office, None)
    office.run(ada)
    office.reenter(ada)
    return ada, End(0, FAILED, ["missing_email", "missing_email"])


def corrected(office: Office) -> tuple[str, End]:
    ada = apply(office, None)
    office.run(ada)
    office.recruiter.set_emails(ada, [GOOD])
    office.reenter(ada)
    return ada, End(1, SENT, ["missing_email"])


def corrected_with_send_tests(office: Office) -> tuple[str, End]:
    ada = office.apply(emails=[], stage=FURTHER, tags=[*TAGS[:2], SEND_TESTS])
    office.run(ada)
    office.recruiter.set_emails(ada, [GOOD])
    return ada, End(1, SENT, ["missing_email"])


def bounced(office: Office) -> str:
    ada = apply(office)
    office.run(ada)
    office.candidates.bounce(ada)
    office.recruiter.untag(ada, "Alva: Invitation Sent")
    office.run(ada)
    return ada


def bounced_same_address(office: Office) -> tuple[str, End]:
    ada = bounced(office)
    office.reenter(ada)
    return ada, End(2, SENT, ["bounce"])


def bounced_other_address(office: Office) -> tuple[str, End]:
    ada = bounced(office)
    office.recruiter.set_emails(ada, [OTHER])
    office.reenter(ada)
    return ada, End(2, SENT, ["bounce"])


def bounced_without_note(office: Office) -> tuple[str, End]:
    ada = apply(office)
    office.run(ada)
    office.candidates.bounce(ada)
    office.recruiter.untag(ada, "Alva: Invitation Sent")
    return ada, End(1, ["Invitation Bounced"], ["bounce"])


def completes_at_once(office: Office) -> tuple[str, End]:
    email = "kim@candidates.example.com"
    office.candidates.remember_person(email, 82)
    return apply(office, email), End(1, DONE, ["result"])


SCENARIOS: list[Scenario] = [
    plain, without_address, refused, failed_again, corrected, corrected_with_send_tests, bounced_same_address,
    bounced_other_address, bounced_without_note, completes_at_once,
]  # fmt: skip


@pytest.fixture
def served(office: Office) -> Iterator[str]:
    with office.sandbox.serve() as url:
        yield url


def killed(office: Office, url: str, people: list[str], at: int, when: When, **fields: Any) -> bool:
    """Runs in a child process over HTTP, which is killed at a request. Returns False if the run ended before that."""
    office.connect(url)
    office.later()

    def work() -> None:
        office.adapter = Killer(at, when)
        office.run(*people, **fields)

    survived = survives(work)
    office.connect()
    office.later()
    return not survived


def seen(office: Office, one: str) -> End:
    failures = office.failures(one)
    assert len(set(office.refs(one))) == len(failures), "two notes have the same ref"
    return End(office.sent(one), office.status(one), failures)


def check(office: Office, one: str, end: End) -> None:
    assert seen(office, one) == end
    assert [tag for tag in office.other_tags(one) if tag != SEND_TESTS] == TAGS
    assert office.candidates.find(one)["applications"] == min(end.sent, 1)
    assert len(office.positions()) <= 1


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_one_candidate_ends_the_same_after_a_kill_at_any_request(
    office: Office, served: str, scenario: Scenario
) -> None:
    # The requests are sequential: a kill after an answer is also one before the next request.
    for at in range(1, MOST_REQUESTS):
        office.reopen()
        one, end = scenario(office)
        was_killed = killed(office, served, [one], at, "after")
        office.run(one)
        check(office, one, end)
        office.forget()
        office.run(one)
        assert office.asked() == []
        if not was_killed:
            assert at > 4
            return
    raise AssertionError("the run was killed every time")


def test_several_candidates_end_the_same_after_a_kill_at_any_request(office: Office, served: str) -> None:
    for at in range(1, MOST_REQUESTS):
        office.reopen()
        people: dict[str, End] = dict([plain(office), without_address(office), completes_at_once(office)])
        ada = office.apply(emails=["bo@candidates.example.com"], tags=TAGS[:2])
        office.run(ada)
        office.candidates.bounce(ada)
        office.recruiter.untag(ada, "Alva: Invitation Sent")
        office.run(ada)
        office.recruiter.set_emails(ada, [OTHER])
        office.reenter(ada)
        people[ada] = End(2, SENT, ["bounce"])
        was_killed = killed(office, served, [*people], at, "before" if at % 2 else "after")
        office.run(*people)
        for one, end in people.items():
            check(office, one, end)
        if not was_killed:
            assert at > 15
            return
    raise AssertionError("the run was killed every time")


@pytest.mark.parametrize("kills", [2, 3])
def test_a_candidate_ends_the_same_after_several_kills(office: Office, served: str, kills: int) -> None:
    for scenario in (plain, without_address, bounced_other_address, completes_at_once):
        office.reopen()
        one, end = scenario(office)
        for at in range(kills, 12, kills):
            killed(office, served, [one], at, "after")
        office.run(one)
        check(office, one, end)


def test_after_a_kill_the_results_dag_writes_the_tags_of_a_candidate_in_the_progression_stage(
    office: Office, served: str
) -> None:
    """The invitation DAG ignores a candidate in the progression stage; the results DAG (section 6) does not."""
    for at in range(1, MOST_REQUESTS):
        office.reopen()
        office.options = Options(trigger_stage=TRIGGER, progression_stage=FURTHER)
        one, end = completes_at_once(office)
        was_killed = killed(office, served, [one], at, "after")
        office.run(one)
        found = seen(office, one)
        assert (found.sent, found.failures) == (end.sent, end.failures)
        assert found.status in ([], end.status)
        if not was_killed:
            assert found == end
        office.push_lately()
        assert seen(office, one) == end
        assert office.sandbox.look(one)["stage"] == FURTHER
        assert office.other_tags(one) == TAGS
        if not was_killed:
            return
    raise AssertionError("the run was killed every time")
