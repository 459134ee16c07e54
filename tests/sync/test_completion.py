"""A candidate who already has results completes at once (sections 4 and 6)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from alva_lever.http.errors import ApiError
from alva_lever.settings import Options
from tests.sync.office import ELSEWHERE, FURTHER, TRIGGER, Office

EMAIL = "ada@candidates.example.com"
DONE = ["High role fit", "Completed"]


def known(office: Office, role_fit: float | None = 82, *, progression: str | None = None, **fields: Any) -> str:
    """A candidate who already has results."""
    office.options = Options(trigger_stage=TRIGGER, progression_stage=progression)
    office.candidates.remember_person(EMAIL, role_fit)
    return office.apply(**{"emails": [EMAIL], **fields})


def stage(office: Office, one: str) -> str:
    return str(office.sandbox.look(one)["stage"])


def test_link_note_stage_and_tags_are_written_in_this_order(office: Office) -> None:
    ada = known(office, progression=FURTHER, tags=["vip"])
    assert office.run(ada) == {"trigger_stage": 1}
    assert office.asked("lever") == ["POST addLinks", "POST notes", "PUT stage", "POST addTags"]
    assert (office.sent(ada), office.status(ada), stage(office, ada)) == (1, DONE, FURTHER)
    assert office.sandbox.look(ada)["links"] == [office.in_alva(ada)["url"]]
    assert "vip" in office.other_tags(ada)


def test_the_note_has_role_fit_scores_and_link(office: Office) -> None:
    ada = known(office)
    office.run(ada)
    (note,) = office.notes(ada)
    assert "Role fit: 82 of 100 (High role fit), as of 2026-01-01 00:00 UTC" in note
    assert all(word in note for word in ("Logic: completed, 74 %, sten 7", "Personality: completed", "https://"))
    (ref,) = office.refs(ada)
    assert re.fullmatch(rf"result/{office.in_alva(ada)['id']} completed [0-9a-f]{{8}}", ref)


@pytest.mark.parametrize(
    ("role_fit", "label"),
    [
        (100, "Very high"), (99.99, "High"), (75, "High"), (74.99, "Medium"), (50, "Medium"), (49.9, "Low"),
        (25, "Low"), (24.9, "Very low"), (0, "Very low"),
    ],
)  # fmt: skip
def test_the_role_fit_is_rounded_down_for_its_tag(office: Office, role_fit: float, label: str) -> None:
    ada = known(office, role_fit)
    office.run(ada)
    assert office.status(ada) == [f"{label} role fit", "Completed"]


def test_a_missing_role_fit_has_no_tag_and_is_not_zero(office: Office) -> None:
    ada = known(office, None)
    office.run(ada)
    assert office.status(ada) == ["Completed"]
    assert "Role fit: none now" in office.notes(ada)[0]


def test_results_older_than_24_months_do_not_count(office: Office) -> None:
    office.candidates.remember_person(EMAIL, 82, age_days=730)
    ada = office.apply(emails=[EMAIL])
    office.run(ada)
    assert (office.status(ada), office.notes(ada)) == (["Invitation Sent"], [])


def test_a_candidate_who_did_only_part_of_the_tests_is_not_completed(office: Office) -> None:
    ada = office.apply(emails=[EMAIL])
    office.run(ada)
    office.candidates.finish(ada, only=["logic"])
    again = office.apply(posting=office.recruiter.add_posting("Cook"), contact=ada)
    office.run(again)
    assert office.status(again) == ["Invitation Sent"]


def test_a_candidate_who_completed_on_one_posting_completes_the_next_at_once(office: Office) -> None:
    ada = office.apply(emails=[EMAIL])
    office.run(ada)
    office.candidates.finish(ada, 100)
    again = office.apply(posting=office.recruiter.add_posting("Cook"), contact=ada)
    office.run(again)
    assert office.status(again)[-1] == "Completed"
    (ref,) = office.refs(again)
    assert (office.sent(again), ref.split()[0]) == (1, f"result/{office.in_alva(again)['id']}")


@pytest.mark.parametrize(
    ("standing", "moved"), [(TRIGGER, True), (ELSEWHERE, False), (FURTHER, False)], ids=["before", "in it", "after"]
)
def test_a_candidate_is_moved_only_forward(office: Office, standing: str, moved: bool) -> None:
    ada = known(office, progression=ELSEWHERE, stage=standing, tags=["Alva: Send Tests"])
    office.run(ada)
    assert stage(office, ada) == (ELSEWHERE if moved else standing)
    assert office.asked("lever").count("PUT stage") == moved
    assert office.status(ada) == DONE


def test_a_candidate_is_moved_out_of_a_trigger_stage_that_comes_after_the_progression_stage(office: Office) -> None:
    ada = known(office, stage=FURTHER)
    office.options = Options(trigger_stage=FURTHER, progression_stage=ELSEWHERE)
    assert office.run(ada) == {"trigger_stage": 1}
    assert (stage(office, ada), office.status(ada)) == (ELSEWHERE, DONE)
    office.recruiter.move(ada, FURTHER)
    office.candidates.refit(ada, 20)
    assert office.push(ada) == {"updated": 1}
    assert stage(office, ada) == FURTHER


def test_without_a_progression_stage_the_candidate_is_not_moved(office: Office) -> None:
    ada = known(office)
    office.run(ada)
    assert stage(office, ada) == TRIGGER
    assert office.asked("lever") == ["POST addLinks", "POST notes", "POST addTags"]


def test_other_owned_tags_are_removed_and_foreign_tags_stay(office: Office) -> None:
    ada = known(office, tags=["vip", "Alva: Low role fit", "Alva: Send Tests"])
    office.run(ada)
    assert office.status(ada) == DONE
    assert office.other_tags(ada)[:2] == ["vip", "Alva: Send Tests"]


def test_completed_replaces_an_earlier_failure(office: Office) -> None:
    ada = known(office, emails=[])
    office.run(ada)
    office.recruiter.set_emails(ada, [EMAIL])
    office.reenter(ada)
    office.run(ada)
    assert (office.status(ada), len(office.notes(ada))) == (DONE, 2)


@pytest.mark.parametrize("path", ["*/addLinks", "*/notes", "*/addTags"])
def test_a_retry_after_a_crash_writes_what_is_missing_and_nothing_twice(office: Office, path: str) -> None:
    ada = known(office)
    office.faults.add("lever", "POST", path, times=5)
    with pytest.raises(ApiError):
        office.run(ada)
    office.later()
    assert office.run(ada, again=True) == {"trigger_stage": 1}
    assert (office.sent(ada), office.status(ada), len(office.notes(ada))) == (1, DONE, 1)
    assert office.sandbox.look(ada)["links"] == [office.in_alva(ada)["url"]]


def test_the_same_note_is_updated_rather_than_repeated(office: Office) -> None:
    ada = known(office)
    office.run(ada)
    office.candidates.refit(ada, 12)
    office.recruiter.untag(ada, "Alva: Completed")
    office.forget()
    office.run(ada)
    assert office.status(ada) == ["Very low role fit", "Completed"]
    assert "Role fit: 12 of 100" in office.notes(ada)[0]
    assert len(office.notes(ada)) == 1
    # The link stays the same, so it isn't written.
    assert [one.partition(" ")[0] for one in office.asked("lever")] == ["PUT", "POST", "POST"]
    assert office.arrived("lever", path="*/addLinks") == []


def test_a_dry_run_writes_no_completion(office: Office) -> None:
    ada = known(office, progression=FURTHER)
    office.run(ada)
    office.recruiter.untag(ada, *[f"Alva: {tag}" for tag in DONE])
    office.recruiter.move(ada, TRIGGER)
    office.forget()
    assert office.run(ada, dry_run=True) == {"trigger_stage": 1}
    assert office.asked() == []


@pytest.mark.parametrize("fault", ["status", "cut_after"])
def test_after_a_crash_after_the_stage_move_the_results_dag_writes_the_tag(office: Office, fault: str) -> None:
    ada = known(office, progression=FURTHER)
    path = "*/addTags" if fault == "status" else "*/stage"
    office.faults.add("lever", "*", path, kind=fault, times=5)
    with pytest.raises(ApiError):
        office.run(ada)
    assert stage(office, ada) == FURTHER
    # Nothing asks for an invitation any more.
    assert office.run(ada, again=True) == {"not_requested": 1}
    assert office.push_lately() == {"completed": 1}
    assert (office.sent(ada), office.status(ada), len(office.notes(ada))) == (1, DONE, 1)


def test_a_candidate_moved_on_before_the_tag_was_written_gets_it_from_the_results_dag(office: Office) -> None:
    ada = office.apply()
    office.faults.add("lever", "POST", "*/addTags", times=5)
    with pytest.raises(ApiError):
        office.run(ada)
    office.recruiter.move(ada, ELSEWHERE)
    office.run(ada, again=True, repeated=True)
    assert office.push_lately() == {"invited": 1}
    assert (office.sent(ada), office.status(ada)) == (1, ["Invitation Sent"])


def test_an_uninvited_candidate_in_the_progression_stage_is_not_invited(office: Office) -> None:
    ada = known(office, progression=FURTHER, stage=FURTHER)
    assert office.run(ada) == {"not_requested": 1}
    assert (office.sent(ada), office.status(ada), office.writes()) == (0, [], 0)
