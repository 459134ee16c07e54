"""Section 3, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules import tags
from alva_lever.rules.invitation import KnownCase, Reason, decide, may_have_failed
from tests.rules.build import APPLIED, INTERVIEW, NEW_YEAR_MS, TESTS, archived, opportunity, policy, posting

# The facts that make each row hold. Together they make several rows hold at once.
ROWS: dict[int, dict[str, Any]] = {
    1: {"anonymised": True},
    2: {"confidential": True},
    3: {"archived": archived()},
    4: {"tags": (tags.INVITATION_SENT,)},
    5: {"tags": (tags.INVITATION_FAILED,)},
    6: {"tags": (tags.SEND_TESTS,)},
    7: {"posting_tags": (tags.SKIP_ASSESSMENT,)},
    8: {"origin": "agency"},
    9: {"stage_id": TESTS.id},
    10: {"posting_tags": (tags.SCREENING,), "new": True},
    11: {"named": True},
    12: {},
}
REASONS = dict(enumerate(Reason, start=1))


def case(*, tags: Iterable[str] = (), posting_tags: Iterable[str] = (), **facts: Any) -> KnownCase:
    """A candidate to whom only these facts apply. The policy blocks agencies."""
    asked = {
        name: facts.pop(name) for name in ("hidden", "posting_hidden", "named", "new", "asked_again") if name in facts
    }
    return KnownCase(
        policy(blocked_origins=frozenset({"agency"})),
        opportunity(tags=("Engineering", *tags), **facts),
        posting=posting(tags=("Engineering", *posting_tags)),
        **asked,
    )


def holding(rows: Iterable[int], **facts: Any) -> KnownCase:
    """A candidate for whom all of these rows hold."""
    together: dict[str, Any] = {"tags": (), "posting_tags": ()}
    for row in rows:
        for name, value in ROWS[row].items():
            together[name] = together[name] + value if name in ("tags", "posting_tags") else value
    return case(**together | facts)


# The rows.


def test_row_01_a_deleted_opportunity_is_gone() -> None:
    assert decide(KnownCase(policy(), None)) is Reason.GONE


def test_row_01_an_anonymised_contact_is_gone() -> None:
    assert decide(case(anonymised=True)) is Reason.GONE


def test_row_02_a_confidential_opportunity_is_not_invited() -> None:
    assert decide(case(confidential=True)) is Reason.CONFIDENTIAL


def test_row_02_a_candidate_on_a_confidential_posting_is_not_invited() -> None:
    assert decide(KnownCase(policy(), opportunity(), posting=posting(confidential=True))) is Reason.CONFIDENTIAL


def test_row_02_an_opportunity_that_lever_answers_with_403_is_confidential_and_not_gone() -> None:
    assert decide(KnownCase(policy(), None, hidden=True)) is Reason.CONFIDENTIAL


def test_row_02_a_posting_that_lever_answers_with_403_is_confidential() -> None:
    assert decide(KnownCase(policy(), opportunity(), posting_hidden=True)) is Reason.CONFIDENTIAL


def test_row_03_an_archived_candidate_is_not_invited() -> None:
    assert decide(case(archived=archived())) is Reason.ARCHIVED


@pytest.mark.parametrize("tag", ["Alva: Invitation Sent", "Alva: Completed"])
def test_row_04_an_invited_candidate_is_not_invited_again(tag: str) -> None:
    assert decide(case(tags=[tag])) is Reason.ALREADY_INVITED


def test_row_04_holds_also_after_asked_again() -> None:
    assert decide(holding(range(4, 13), asked_again=True)) is Reason.ALREADY_INVITED


@pytest.mark.parametrize("tag", ["Alva: Invitation Failed", "Alva: Invitation Bounced"])
def test_row_05_a_failed_invitation_awaits_retry_until_something_asks_again(tag: str) -> None:
    assert decide(case(tags=[tag], stage_id=TESTS.id)) is Reason.AWAITING_RETRY
    assert decide(case(tags=[tag], stage_id=TESTS.id, asked_again=True)) is Reason.TRIGGER_STAGE


@pytest.mark.parametrize("row", range(6, 13))
def test_row_05_after_asked_again_the_rows_below_decide(row: int) -> None:
    assert decide(holding([5, row], asked_again=True)) is REASONS[row]


def test_row_06_send_tests_invites() -> None:
    assert decide(case(tags=["Alva: Send Tests"])) is Reason.SEND_TESTS


def test_row_06_send_tests_needs_no_posting() -> None:
    assert decide(KnownCase(policy(), opportunity(tags=(tags.SEND_TESTS,), application=None))) is Reason.SEND_TESTS


@pytest.mark.parametrize("row", [7, 8, 9, 10])
def test_row_06_send_tests_comes_before_rows_7_to_10(row: int) -> None:
    assert decide(holding([6, row])) is Reason.SEND_TESTS


def test_row_06_a_near_miss_of_the_tag_does_not_count() -> None:
    assert decide(case(tags=["alva: send tests"])) is Reason.NOT_REQUESTED


def test_row_06_the_tag_on_a_posting_does_not_count() -> None:
    assert decide(case(posting_tags=["Alva: Send Tests"])) is Reason.NOT_REQUESTED


def test_row_07_a_posting_with_skip_assessment_invites_no_candidates() -> None:
    assert decide(case(posting_tags=["Alva: Skip Assessment"])) is Reason.SKIP_ASSESSMENT


def test_row_07_the_tag_on_an_opportunity_does_not_count() -> None:
    assert decide(case(tags=["Alva: Skip Assessment"], stage_id=TESTS.id)) is Reason.TRIGGER_STAGE


def test_row_08_a_candidate_of_a_blocked_origin_is_not_invited() -> None:
    assert decide(case(origin="agency", stage_id=TESTS.id)) is Reason.BLOCKED_ORIGIN


@pytest.mark.parametrize("origin", ["applied", "referred", None])
def test_row_08_another_origin_is_not_blocked(origin: str | None) -> None:
    assert decide(case(origin=origin, stage_id=TESTS.id)) is Reason.TRIGGER_STAGE


def test_row_09_a_new_application_in_the_trigger_stage_is_no_entry_into_it() -> None:
    in_trigger_stage = case(stage_id=TESTS.id)
    assert decide(replace(in_trigger_stage, arrived=True)) is Reason.NOT_REQUESTED
    assert decide(replace(in_trigger_stage, arrived=True, named=True)) is Reason.MANUAL


def test_row_09_a_candidate_in_the_trigger_stage_is_invited() -> None:
    assert decide(case(stage_id=TESTS.id)) is Reason.TRIGGER_STAGE


@pytest.mark.parametrize("stage_id", [APPLIED.id, INTERVIEW.id, None])
def test_row_09_a_candidate_in_another_stage_is_not_invited(stage_id: str | None) -> None:
    assert decide(case(stage_id=stage_id)) is Reason.NOT_REQUESTED


def test_row_10_a_new_application_to_a_posting_with_screening_is_invited() -> None:
    assert decide(case(posting_tags=["Alva: Screening"], new=True)) is Reason.SCREENING


def test_row_10_a_candidate_who_applied_before_the_posting_was_tagged_is_not_invited() -> None:
    assert decide(case(posting_tags=["Alva: Screening"], new=False)) is Reason.NOT_REQUESTED


def test_row_10_a_new_application_to_a_posting_without_screening_is_not_invited() -> None:
    assert decide(case(new=True)) is Reason.NOT_REQUESTED


def test_row_10_a_near_miss_of_the_tag_does_not_count() -> None:
    assert decide(case(posting_tags=["Alva: screening"], new=True)) is Reason.NOT_REQUESTED


def test_row_10_the_tag_on_an_opportunity_does_not_count() -> None:
    assert decide(case(tags=["Alva: Screening"], new=True)) is Reason.NOT_REQUESTED


def test_row_11_a_candidate_named_in_a_manual_run_is_invited() -> None:
    assert decide(case(named=True)) is Reason.MANUAL


def test_row_12_any_other_candidate_is_not_invited() -> None:
    assert decide(case()) is Reason.NOT_REQUESTED


# First match wins.


@pytest.mark.parametrize(("first", "second"), list(pairwise(ROWS)), ids=lambda row: f"row_{row:02}")
def test_the_first_of_two_neighbouring_rows_wins(first: int, second: int) -> None:
    assert decide(holding([second])) is REASONS[second]
    assert decide(holding([first, second])) is REASONS[first]


@given(st.sets(st.sampled_from(list(ROWS)), min_size=1))
def test_the_first_of_any_rows_wins(rows: set[int]) -> None:
    assert decide(holding(rows)) is REASONS[min(rows)]


@given(st.sets(st.sampled_from(list(ROWS)), min_size=1))
def test_row_05_never_holds_after_asked_again(rows: set[int]) -> None:
    left = rows - {5}
    assert decide(holding(rows, asked_again=True)) is REASONS[min(left, default=12)]


# The bullets below the table.


def test_bullet_asked_again_alone_does_not_invite() -> None:
    assert decide(case(tags=[tags.INVITATION_FAILED], asked_again=True)) is Reason.NOT_REQUESTED


def test_bullet_asked_again_the_rows_below_can_block_a_retry() -> None:
    assert decide(holding([5, 7, 9], asked_again=True)) is Reason.SKIP_ASSESSMENT
    assert decide(holding([5, 8, 9], asked_again=True)) is Reason.BLOCKED_ORIGIN


@pytest.mark.parametrize(
    ("present", "read"),
    [
        ((), False),
        ((tags.INVITATION_SENT,), False),
        ((tags.COMPLETED,), False),
        ((tags.INVITATION_FAILED,), True),
        ((tags.INVITATION_BOUNCED,), True),
    ],
)
def test_bullet_asked_again_notes_are_read_only_after_a_failure(present: tuple[str, ...], read: bool) -> None:
    assert may_have_failed(opportunity(tags=present)) is read


def test_bullet_new_counts_only_with_the_tag_screening() -> None:
    assert decide(case(new=True, stage_id=TESTS.id)) is Reason.TRIGGER_STAGE


def test_bullet_skip_assessment_beats_screening() -> None:
    both = [tags.SCREENING, tags.SKIP_ASSESSMENT]
    assert decide(case(posting_tags=both, new=True)) is Reason.SKIP_ASSESSMENT


@pytest.mark.parametrize("how", [{"confidential": True}, {"hidden": True}], ids=["confidential", "hidden"])
def test_bullet_confidential_beats_every_row_below(how: dict[str, bool]) -> None:
    assert decide(holding(range(3, 13), **how)) is Reason.CONFIDENTIAL


def test_bullet_only_four_reasons_invite() -> None:
    assert [reason.value for reason in Reason if reason.invites] == [
        "send_tests",
        "trigger_stage",
        "screening",
        "manual",
    ]


def test_the_reasons_are_the_words_of_the_contract() -> None:
    assert [reason.value for reason in Reason] == [
        "gone",
        "confidential",
        "archived",
        "already_invited",
        "awaiting_retry",
        "send_tests",
        "skip_assessment",
        "blocked_origin",
        "trigger_stage",
        "screening",
        "manual",
        "not_requested",
    ]


# What each row reads.


class Reading(KnownCase):
    """A case that records which of its facts the decision reads."""

    read: ClassVar[list[str]] = []

    def __getattribute__(self, name: str) -> object:
        if name in ("posting", "posting_hidden", "asked_again"):
            Reading.read.append(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row_{row:02}")
def test_rows_1_to_4_read_neither_posting_nor_notes_and_only_row_5_reads_notes(row: int) -> None:
    known = holding([row])
    Reading.read.clear()
    assert decide(Reading(known.policy, known.opportunity, posting=known.posting, named=known.named, new=known.new))
    assert ("posting" in Reading.read) == (row > 4)
    assert ("asked_again" in Reading.read) == (row == 5)


def test_the_repr_of_a_case_has_no_name_and_no_address() -> None:
    shown = repr(case(last_advanced_at_ms=NEW_YEAR_MS))
    assert "Byron" not in shown
    assert "@" not in shown
