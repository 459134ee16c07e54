"""What each row of the table says to a person: why it holds, and why it doesn't."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules import tags
from alva_lever.rules.invitation import KnownCase, Reason, decide, explain
from alva_lever.rules.model import Application, Note
from alva_lever.rules.notes import failure_ref
from alva_lever.rules.reinvitation import Request, asking, reports
from tests.rules.build import (
    ADDRESS,
    HOUR_MS,
    NEW_YEAR_MS,
    OTHER_ADDRESS,
    TESTS,
    archived,
    candidate,
    entered,
    note,
    opportunity,
    policy,
    posting,
    told_bounce,
    told_failure,
)
from tests.rules.test_invitation import REASONS, ROWS, case, holding

NEW_YEAR = "2026-01-01 00:00 UTC"


def said(known: KnownCase) -> str:
    """Returns the sentence of the row that holds."""
    (sentence,) = [row.sentence for row in explain(known) if row.holds]
    return sentence


def said_not(row: int, **facts: Any) -> str:
    """Returns the sentence of this row, which doesn't hold, for a candidate to whom only these facts apply."""
    found = explain(case(**facts))[row - 1]
    assert found.holds is False
    return found.sentence


# The rows as a whole.


@given(st.sets(st.sampled_from(list(ROWS)), min_size=1))
def test_the_row_that_decides_is_the_only_one_that_holds(rows: set[int]) -> None:
    known = holding(rows)
    explained, decided = explain(known), decide(known).row
    assert [row.reason for row in explained] == list(Reason)
    assert [row.holds for row in explained] == [False] * (decided - 1) + [True] + [None] * (12 - decided)
    assert {row.sentence for row in explained[decided:]} <= {f"Row {decided} decides."}
    assert all(row.sentence for row in explained)


def test_a_confidential_posting_is_row_2_although_it_is_read_after_row_4() -> None:
    explained = explain(KnownCase(policy(), opportunity(), posting=posting(confidential=True)))
    assert [row.holds for row in explained] == [False, True, *[None] * 10]


@pytest.mark.parametrize("row", ROWS)
def test_no_sentence_has_a_name_or_an_address(row: int) -> None:
    known = holding([row], name="Grace Hopper", emails=(ADDRESS,))
    told = " ".join(one.sentence for one in explain(known))
    assert "Hopper" not in told
    assert ADDRESS not in told


# Why each row holds.


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (KnownCase(policy(), None), "Lever has no opportunity with this id. It was deleted, or it belongs to another"),
        (case(anonymised=True), "The person is anonymised in Lever."),
        (case(confidential=True), "It is confidential in Lever."),
        (KnownCase(policy(), None, hidden=True), "Lever refuses to show it to the API key."),
        (KnownCase(policy(), opportunity(), posting=posting(confidential=True)), "Its posting is confidential."),
        (KnownCase(policy(), opportunity(), posting_hidden=True), "Lever refuses to show its posting to the API key."),
        (case(archived=archived()), f"It was archived on {NEW_YEAR}."),
        (case(archived=replace(archived(), at_ms=None)), "It was archived."),
        (case(tags=[tags.COMPLETED]), "It has `Alva: Completed`. Nobody is invited twice."),
        (case(tags=[tags.INVITATION_BOUNCED]), "It has `Alva: Invitation Bounced`, and nothing has asked again since."),
        (case(tags=[tags.SEND_TESTS]), "It has `Alva: Send Tests`. Rows 7 to 10 are passed over."),
        (case(posting_tags=[tags.SKIP_ASSESSMENT]), "Its posting has `Alva: Skip Assessment`."),
        (case(origin="agency"), "Its origin, `agency`, is blocked."),
        (case(stage_id=TESTS.id), "It is in the trigger stage, Tests."),
        (
            KnownCase(policy(), entered(NEW_YEAR_MS + HOUR_MS)),
            "It is in the trigger stage, Tests, since 2026-01-01 01:00 UTC.",
        ),
        (
            case(posting_tags=[tags.SCREENING], new=True),
            f"Its posting has `Alva: Screening`, and its application of {NEW_YEAR} is new.",
        ),
        (case(named=True), "A person names it in a manual run."),
        (case(), "No row above holds: nothing asks for an invitation."),
    ],
)
def test_why_a_row_holds(known: KnownCase, sentence: str) -> None:
    assert said(known).startswith(sentence)


# Why each row doesn't hold.


@pytest.mark.parametrize(
    ("row", "facts", "sentence"),
    [
        (1, {}, "Lever shows it, and the person is not anonymised."),
        (1, {"hidden": True}, "Lever knows it."),
        (2, {}, "It is not confidential. Nor is its posting."),
        (2, {"archived": archived()}, "It is not confidential."),
        (3, {}, "It is not archived."),
        (4, {}, "It has neither `Alva: Invitation Sent` nor `Alva: Completed`."),
        (5, {}, "No invitation failed: it has neither `Alva: Invitation Failed` nor `Alva: Invitation Bounced`."),
        (
            5,
            {"tags": [tags.INVITATION_FAILED], "asked_again": True},
            "It has `Alva: Invitation Failed`, but an invitation is asked for again.",
        ),
        (6, {}, "It does not have `Alva: Send Tests`."),
        (
            6,
            {"tags": ["alva: send  tests"]},
            "It does not have `Alva: Send Tests`. It has `alva: send  tests`, which is another tag: Lever tells "
            "capitals and blanks apart.",
        ),
        (7, {}, "Its posting does not have `Alva: Skip Assessment`."),
        (8, {}, "Its origin is `applied`. Blocked origins: `agency`."),
        (8, {"origin": None}, "Lever gives no origin for it."),
        (9, {}, "It is in the stage New applicant. The trigger stage is Tests."),
        (9, {"stage_id": "deleted"}, "It is in a stage that is not in the account's pipeline. The trigger stage is"),
        (10, {}, "Its posting does not have `Alva: Screening`."),
        (10, {"posting_tags": ["Alva: screening"]}, "Its posting does not have `Alva: Screening`. It has `Alva: scree"),
        (
            10,
            {"posting_tags": [tags.SCREENING]},
            f"Its posting has `Alva: Screening`, but its application of {NEW_YEAR} is not new: it was not created in "
            "the time that the run covers.",
        ),
        (11, {}, "No person names it in this run."),
    ],
)
def test_why_a_row_does_not_hold(row: int, facts: dict[str, Any], sentence: str) -> None:
    told = said_not(row, **facts)
    assert told.startswith(sentence)
    assert told == sentence or not sentence.endswith(".")


def test_a_lead_without_a_posting_and_one_whose_posting_is_gone() -> None:
    lead = explain(KnownCase(policy(), opportunity(application=None)))
    assert [lead[row - 1].sentence for row in (2, 7, 10)] == [
        "It is not confidential. It is on no posting.",
        "It is on no posting.",
        "It is on no posting.",
    ]
    gone = explain(KnownCase(policy(), opportunity(application=Application("application-1", "posting-1", None))))
    assert gone[6].sentence == "Lever no longer has its posting."


def test_an_event_of_an_application_alone_is_no_entry_into_the_trigger_stage() -> None:
    row = explain(replace(case(stage_id=TESTS.id), arrived=True))[8]
    assert (row.holds, row.sentence.partition(", but ")[2]) == (
        False,
        "an event reports a new application only, and no entry into it.",
    )


def test_row_5_says_what_has_asked_again_or_what_would() -> None:
    waiting = replace(case(tags=[tags.INVITATION_FAILED]), asking="The note of today.")
    assert said(waiting).endswith("nothing has asked again since. The note of today.")
    asked = explain(replace(waiting, asked_again=True))
    assert asked[4].sentence.endswith("an invitation is asked for again. The note of today.")


# What has asked again, or would.

AGAIN = "move the candidate to another stage and back to Tests"


def told(*notes: Note, named: bool = False, in_alva: Any = None, **facts: Any) -> str:
    who = entered(NEW_YEAR_MS, **{"tags": (tags.INVITATION_FAILED,), **facts})
    on = None if who.application is None else posting()
    request = Request(policy(), {"run-1": NEW_YEAR_MS + 3 * HOUR_MS} if named else {})
    return asking(who, reports(notes), request, posting=on, candidate=in_alva)


@pytest.mark.parametrize(
    ("failure", "wrong", "remedy"),
    [
        ("missing_email", "The candidate has no e-mail address.", "Add an e-mail address."),
        ("invalid_email", "None of the candidate's e-mail addresses is valid.", "Correct the e-mail address."),
        ("no_posting", "The candidate is not on a posting,", "Add the candidate to a posting."),
        ("refused_by_alva", "Alva refused the candidate.", "Solve the problem in Alva."),
    ],
)
def test_a_failure_that_waits_is_told_with_what_to_do(failure: str, wrong: str, remedy: str) -> None:
    sentences = told(told_failure(failure, str(NEW_YEAR_MS), NEW_YEAR_MS + HOUR_MS))
    assert sentences.startswith(f"The note of 2026-01-01 01:00 UTC reports `{failure}`. {wrong}")
    assert f"Its last entry into Tests was on {NEW_YEAR}. {remedy} Then, to have the invitation sent" in sentences
    assert AGAIN in sentences


def test_a_bounce_that_waits_is_told_with_what_to_do() -> None:
    sentences = told(told_bounce(NEW_YEAR_MS + HOUR_MS), tags=(tags.INVITATION_BOUNCED,))
    assert "reports `bounced`. The invitation e-mail could not be delivered." in sentences
    assert "Correct the e-mail address. Then" in sentences


def test_a_failure_of_a_later_version_is_told_without_advice() -> None:
    sentences = told(note(failure_ref("eclipse", "key"), at_ms=NEW_YEAR_MS + HOUR_MS))
    assert sentences.endswith(f"reports `eclipse`. Its last entry into Tests was on {NEW_YEAR}.")


def test_with_send_tests_the_cause_is_still_there() -> None:
    cause = told_failure("no_posting", "key", NEW_YEAR_MS + HOUR_MS)
    both = (tags.INVITATION_FAILED, tags.SEND_TESTS)
    assert "It has `Alva: Send Tests`, but the cause is still there." in told(cause, tags=both, application=None)
    assert told(cause, tags=both).endswith("and the cause is gone: it is on a posting now.")


@pytest.mark.parametrize("failure", ["missing_email", "invalid_email"])
def test_with_send_tests_a_valid_address_asks_again(failure: str) -> None:
    sentences = told(
        told_failure(failure, "key", NEW_YEAR_MS + HOUR_MS), tags=(tags.INVITATION_FAILED, tags.SEND_TESTS)
    )
    assert sentences.endswith("and the cause is gone: there is a valid address now.")


def test_with_send_tests_another_address_than_the_one_that_bounced_asks_again() -> None:
    sentences = told(
        told_bounce(NEW_YEAR_MS + HOUR_MS),
        in_alva=candidate(sent="bounced"),
        tags=(tags.INVITATION_BOUNCED, tags.SEND_TESTS),
        emails=(OTHER_ADDRESS,),
    )
    assert sentences.endswith("its first valid address is not the one that bounced.")
    assert OTHER_ADDRESS not in sentences


def test_a_later_entry_asks_again() -> None:
    sentences = told(told_failure("missing_email", "key", NEW_YEAR_MS - HOUR_MS))
    assert sentences.endswith(f"It came into Tests after that, on {NEW_YEAR}.")


def test_without_the_note_any_entry_asks_again() -> None:
    assert told().startswith("No note reports it, so that any entry into Tests counts as later.")
    never = asking(
        opportunity(tags=(tags.INVITATION_FAILED,)), [], Request(policy()), posting=posting(), candidate=None
    )
    assert never.endswith("It has never come into Tests.")


def test_a_person_who_names_it_asks_again() -> None:
    sentences = told(told_failure("missing_email", "key", NEW_YEAR_MS + HOUR_MS), named=True)
    assert sentences.endswith("A person names it in a manual run now.")


def test_the_numbers_of_the_rows_are_those_of_the_contract() -> None:
    assert {reason.row: reason for reason in Reason} == REASONS
