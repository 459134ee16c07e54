from __future__ import annotations

import pytest

from include.demo.control import Control
from include.demo.plot import FAILURES, INVITING, ROWS, Person, perform
from include.demo.processes import DemoError
from include.demo.story import PEOPLE, POSTINGS
from include.sandbox import Sandbox


@pytest.mark.parametrize("reason", ROWS, ids=[f"row {row}: {reason}" for reason, row in ROWS.items()])
def test_each_row_of_the_decision_table_has_a_candidate(reason: str) -> None:
    assert any(reason in person.reasons for person in PEOPLE)


def test_all_twelve_rows_are_there_in_order() -> None:
    assert [*ROWS.values()] == [*range(1, 13)]


@pytest.mark.parametrize("failure", sorted(FAILURES))
def test_each_failure_has_a_candidate_who_waits_in_the_next_run(failure: str) -> None:
    (person,) = [person for person in PEOPLE if person.expected == failure]
    assert person.expected_again == "awaiting_retry"


def test_every_candidate_is_made_up_and_has_a_unique_name() -> None:
    assert len({person.name for person in PEOPLE}) == len(PEOPLE)
    assert all(address.endswith("candidates.example.com") for person in PEOPLE for address in person.addresses)


def test_every_expected_reason_exists() -> None:
    known = {*ROWS, *FAILURES}
    assert known > INVITING
    assert all(person.reasons <= known for person in PEOPLE)


def test_the_story_can_be_played_in_the_sandbox() -> None:
    sandbox = Sandbox()
    with sandbox.serve() as url:
        ids = perform(Control(url), POSTINGS, PEOPLE)
        by_name = {person.name: Control(url).look(ids[person.name]) for person in PEOPLE}
    assert len({*ids.values()}) == len(PEOPLE) == sandbox.count()["opportunities"]
    assert len(sandbox.count()["postings"]) == len(POSTINGS)
    for person in PEOPLE:
        world = by_name[person.name]
        assert world["alva"]["applications"] == 0
        assert (person.tag in world["tags"]) if person.tag else "Alva: Invitation Sent" not in world["tags"]
    assert by_name["Paul Lager"]["posting"] is None
    assert by_name["Arne Dahl"]["archived"] == "Withdrew"
    assert by_name["Ada Holm"]["stage"] == "Assessment"


def test_the_sandboxs_refusal_of_a_move_is_quoted() -> None:
    nobody = Person("Nobody", "applied to nothing", (PEOPLE[0].moves[0],), expected=None)
    with Sandbox().serve() as url, pytest.raises(DemoError, match="No posting 'Backend engineer'"):
        perform(Control(url), (), (nobody,))
