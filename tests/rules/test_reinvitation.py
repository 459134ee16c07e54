"""The bullet *Asked again* of section 3."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules import tags
from alva_lever.rules.addresses import fingerprint
from alva_lever.rules.invitation import Reason
from alva_lever.rules.model import AlvaCandidate, Application, Invitation, Note, Opportunity, Posting, StageChange
from alva_lever.rules.notes import Failure, failure_ref, is_own
from alva_lever.rules.reinvitation import (
    CLOCKS_MS,
    Again,
    Reported,
    Request,
    asked_again,
    needs_alva,
    reports,
    request_key,
)
from tests.rules.build import (
    ADDRESS,
    APPLIED,
    HOUR_MS,
    MINUTE_MS,
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

FAILED = (tags.INVITATION_FAILED,)
BOUNCED = (tags.INVITATION_BOUNCED,)
SENDING = (tags.SEND_TESTS,)
RUN = "manual__2026-01-02T08:00:00+00:00"
# The note about the failure is from an hour after New Year.
TOLD_MS = NEW_YEAR_MS + HOUR_MS
NO_PERSON = Request(policy())
A_PERSON = Request(policy(), {RUN: TOLD_MS + HOUR_MS})


POSTING = posting()


def again(
    who: Opportunity,
    *notes: Note,
    request: Request = NO_PERSON,
    on: Posting | None = POSTING,
    in_alva: AlvaCandidate | None = None,
) -> Again | None:
    return asked_again(who, reports(notes), request, posting=on, candidate=in_alva)


def bounced_at(address: str) -> AlvaCandidate:
    """The candidate in Alva whose invitation to this address bounced."""
    return candidate("invited", email=address, invitation=Invitation("bounced", NEW_YEAR_MS, address))


# What the notes report.


def test_reports_are_read_from_refs_of_failures_and_bounces() -> None:
    assert reports([told_failure("missing_email", RUN, 5), told_bounce(6)]) == [
        Reported("missing_email", RUN, 5),
        Reported(None, f"48213-{NEW_YEAR_MS}", 6),
    ]


@pytest.mark.parametrize(
    "text", ["Ref: alva-lever/result/48213 completed 0a1b2c3d", "Ref: alva-lever/", "Ref: alva-lever/other/7", ""]
)
def test_a_result_or_an_unknown_ref_reports_nothing(text: str) -> None:
    assert reports([note(text)]) == []


def test_a_note_with_an_author_reports_nothing() -> None:
    assert reports([note(failure_ref("no_posting", "7"), author_id="user-1")]) == []


def test_reports_come_oldest_first_whatever_the_order_of_the_notes() -> None:
    notes = [told_failure("no_posting", "c", 3), told_failure("no_posting", "a", 1), told_failure("no_posting", "b", 2)]
    assert [report.key for report in reports(notes)] == ["a", "b", "c"]


@given(st.sampled_from(Failure), st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_written_ref_is_read_back(failure: Failure, key: str) -> None:
    assert reports([told_failure(failure, key, 5)]) == [Reported(failure.value, key, 5)]


@given(st.lists(st.text(st.characters())))
def test_a_note_with_any_text_can_be_read(texts: list[str]) -> None:
    assert len(reports([note(text) for text in texts])) <= len(texts)


# Asked again by an entry.


@pytest.mark.parametrize(
    "told", [told_failure("missing_email", "7", TOLD_MS), told_failure("refused_by_alva", "7", TOLD_MS)]
)
def test_an_entry_later_than_the_failure_asks_again(told: Note) -> None:
    assert again(entered(NEW_YEAR_MS, TOLD_MS + 1, tags=FAILED), told) is Again.ENTRY


def test_an_entry_later_than_the_bounce_asks_again() -> None:
    assert again(entered(NEW_YEAR_MS, TOLD_MS + 1, tags=BOUNCED), told_bounce(TOLD_MS)) is Again.ENTRY


@pytest.mark.parametrize("entry_ms", [NEW_YEAR_MS, TOLD_MS])
def test_an_entry_before_the_note_about_the_failure_does_not_ask_again(entry_ms: int) -> None:
    assert again(entered(entry_ms, tags=FAILED), told_failure("missing_email", "7", TOLD_MS)) is None
    assert again(entered(entry_ms, tags=BOUNCED), told_bounce(TOLD_MS)) is None


def test_an_entry_before_the_one_that_failed_does_not_ask_again() -> None:
    told = told_failure("missing_email", str(NEW_YEAR_MS), TOLD_MS)
    assert again(entered(NEW_YEAR_MS - 1, tags=FAILED), told) is None
    assert again(entered(NEW_YEAR_MS, tags=FAILED), told) is None


def test_an_entry_between_the_invitation_and_the_note_about_its_bounce_does_not_ask_again() -> None:
    assert again(entered(NEW_YEAR_MS + 1, tags=BOUNCED), told_bounce(TOLD_MS)) is None


def test_archiving_changes_last_advanced_at_and_is_no_entry() -> None:
    back = entered(
        NEW_YEAR_MS, tags=FAILED, last_advanced_at_ms=TOLD_MS + HOUR_MS, archived=archived(TOLD_MS + HOUR_MS)
    )
    assert again(back, told_failure("missing_email", str(NEW_YEAR_MS), TOLD_MS)) is None


def test_an_entry_into_another_stage_does_not_ask_again() -> None:
    moved = entered(NEW_YEAR_MS, tags=FAILED)
    history = (*moved.stage_changes, StageChange(APPLIED.id, TOLD_MS + HOUR_MS))
    elsewhere = opportunity(tags=FAILED, stage_changes=history)
    assert again(elsewhere, told_failure("missing_email", "7", TOLD_MS)) is None


def test_the_last_of_several_entries_counts() -> None:
    told = told_failure("missing_email", "7", TOLD_MS)
    assert again(entered(NEW_YEAR_MS, TOLD_MS - 1, tags=FAILED), told) is None
    assert again(entered(NEW_YEAR_MS, TOLD_MS + 1, TOLD_MS + HOUR_MS, tags=FAILED), told) is Again.ENTRY


def test_the_last_of_several_failures_counts() -> None:
    notes = [told_failure("missing_email", "a", NEW_YEAR_MS), told_failure("invalid_email", "b", TOLD_MS)]
    assert again(entered(TOLD_MS - 1, tags=FAILED), *notes) is None


def test_an_entry_with_a_failure_note_stays_answered_after_a_later_note_about_an_older_entry() -> None:
    first, second = NEW_YEAR_MS, NEW_YEAR_MS + MINUTE_MS
    notes = [
        told_failure("missing_email", str(second), TOLD_MS),
        told_failure("missing_email", str(first), TOLD_MS + 1),
    ]
    assert again(entered(first, second, tags=FAILED), *notes) is None


def test_an_entry_with_a_failure_note_stays_answered_also_if_the_clocks_differ() -> None:
    told = told_failure("missing_email", str(TOLD_MS + MINUTE_MS), TOLD_MS)
    assert again(entered(TOLD_MS + MINUTE_MS, tags=FAILED), told) is None


def test_time_alone_does_not_ask_again() -> None:
    assert again(opportunity(tags=FAILED), told_failure("missing_email", "7", TOLD_MS)) is None


# Asked again by a person.


@pytest.mark.parametrize(
    ("status", "told"), [(FAILED, told_failure("refused_by_alva", "7", TOLD_MS)), (BOUNCED, told_bounce(TOLD_MS))]
)
def test_a_person_who_names_the_candidate_asks_again(status: tuple[str, ...], told: Note) -> None:
    assert again(opportunity(tags=status), told, request=A_PERSON) is Again.NAMED


def test_a_repeat_of_the_run_that_named_the_candidate_does_not_ask_again() -> None:
    assert again(opportunity(tags=FAILED), told_failure("missing_email", RUN, TOLD_MS), request=A_PERSON) is None


@pytest.mark.parametrize(("later_ms", "asked"), [(-CLOCKS_MS, None), (-CLOCKS_MS + 1, Again.NAMED), (0, Again.NAMED)])
def test_a_run_from_before_the_note_about_the_bounce_does_not_ask_again(later_ms: int, asked: Again | None) -> None:
    """A leftover or a cleared run can name the candidate for days."""
    request = Request(policy(), {RUN: TOLD_MS + later_ms})
    assert again(opportunity(tags=BOUNCED), told_bounce(TOLD_MS), request=request) is asked
    both = Request(policy(), {"manual__2025-12-01T08:00:00+00:00": 0, **request.named_ms})
    assert again(opportunity(tags=BOUNCED), told_bounce(TOLD_MS), request=both) is asked


def test_another_run_that_names_the_candidate_asks_again() -> None:
    told = told_failure("missing_email", "manual__2026-01-01T08:00:00+00:00", TOLD_MS)
    assert again(opportunity(tags=FAILED), told, request=A_PERSON) is Again.NAMED


def test_a_named_candidate_counts_before_an_entry() -> None:
    told = told_failure("missing_email", "7", TOLD_MS)
    assert again(entered(TOLD_MS + 1, tags=FAILED), told, request=A_PERSON) is Again.NAMED


def test_a_named_candidate_counts_before_a_removed_cause() -> None:
    told = told_failure("missing_email", "7", TOLD_MS)
    assert again(opportunity(tags=FAILED + SENDING), told, request=A_PERSON) is Again.NAMED


def test_an_entry_after_a_failed_manual_run_asks_again() -> None:
    told = told_failure("missing_email", RUN, TOLD_MS)
    assert again(entered(TOLD_MS + 1, tags=FAILED), told) is Again.ENTRY
    assert again(entered(TOLD_MS, tags=FAILED), told) is None


# Asked again, with `Alva: Send Tests`, by a change that removes the cause.


@pytest.mark.parametrize("failure", ["missing_email", "invalid_email"])
@pytest.mark.parametrize(
    ("emails", "removed"),
    [((), False), (("none",), False), ((ADDRESS,), True), (("none", ADDRESS), True)],
    ids=["no address", "an invalid one", "a valid one", "a valid one behind another"],
)
def test_a_valid_address_removes_the_cause(failure: str, emails: tuple[str, ...], removed: bool) -> None:
    asked = again(opportunity(tags=FAILED + SENDING, emails=emails), told_failure(failure, "7"))
    assert asked is (Again.CAUSE_REMOVED if removed else None)


def test_a_posting_removes_the_cause_of_no_posting() -> None:
    told = told_failure("no_posting", "7")
    assert again(opportunity(tags=FAILED + SENDING, application=None), told, on=None) is None
    assert again(opportunity(tags=FAILED + SENDING), told) is Again.CAUSE_REMOVED


def test_the_id_of_a_posting_that_is_gone_from_lever_removes_no_cause() -> None:
    gone = opportunity(tags=FAILED + SENDING)
    assert gone.posting_id is not None
    assert again(gone, told_failure("no_posting", "7"), on=None) is None


def test_a_posting_removes_the_cause_of_no_posting_with_any_addresses() -> None:
    for emails in ((), ("none",)):
        waiting = opportunity(tags=FAILED + SENDING, emails=emails)
        assert again(waiting, told_failure("no_posting", "7")) is Again.CAUSE_REMOVED
        assert again(waiting, told_failure("no_posting", "7"), on=None) is None


@pytest.mark.parametrize("on", [POSTING, None], ids=["on a posting", "on none"])
@pytest.mark.parametrize("failure", ["missing_email", "invalid_email"])
def test_a_valid_address_removes_its_cause_also_without_a_posting(failure: str, on: Posting | None) -> None:
    corrected = opportunity(tags=FAILED + SENDING)
    assert again(corrected, told_failure(failure, "7"), on=on) is Again.CAUSE_REMOVED
    assert again(opportunity(tags=FAILED + SENDING, emails=()), told_failure(failure, "7"), on=on) is None


def test_another_address_removes_the_cause_of_a_bounce() -> None:
    corrected = opportunity(tags=BOUNCED + SENDING, emails=(OTHER_ADDRESS, ADDRESS))
    assert again(corrected, told_bounce(), in_alva=bounced_at(ADDRESS)) is Again.CAUSE_REMOVED


@pytest.mark.parametrize(
    "emails",
    [(ADDRESS,), (ADDRESS.upper(),), ("none", ADDRESS), (ADDRESS, OTHER_ADDRESS), ("none",), ()],
    ids=["the same", "another case", "behind an invalid one", "still the first", "an invalid one", "none"],
)
def test_without_another_valid_address_a_bounce_waits(emails: tuple[str, ...]) -> None:
    waiting = opportunity(tags=BOUNCED + SENDING, emails=emails)
    assert again(waiting, told_bounce(), in_alva=bounced_at(ADDRESS)) is None


BOUNCES = pytest.mark.parametrize("notes", [[told_bounce()], []], ids=["note", "note deleted"])


@BOUNCES
def test_another_address_removes_the_cause_of_a_bounce_also_without_the_note(notes: list[Note]) -> None:
    corrected = opportunity(tags=BOUNCED + SENDING, emails=(OTHER_ADDRESS, ADDRESS))
    assert again(corrected, *notes, in_alva=bounced_at(ADDRESS)) is Again.CAUSE_REMOVED
    waiting = opportunity(tags=BOUNCED + SENDING)
    assert again(waiting, *notes, in_alva=bounced_at(ADDRESS)) is None


@BOUNCES
@pytest.mark.parametrize(
    ("emails", "removed"),
    [((ADDRESS,), True), ((OTHER_ADDRESS,), True), (("none", ADDRESS), True), (("none",), False), ((), False)],
)
def test_a_valid_address_asks_again_if_a_crash_left_the_candidate_removed_from_alva(
    notes: list[Note], emails: tuple[str, ...], removed: bool
) -> None:
    who = opportunity(tags=BOUNCED + SENDING, emails=emails)
    assert again(who, *notes, in_alva=None) is (Again.CAUSE_REMOVED if removed else None)


def test_without_send_tests_a_candidate_whom_a_crash_left_removed_from_alva_waits() -> None:
    assert again(opportunity(tags=BOUNCED), told_bounce(), in_alva=None) is None


def test_another_spelling_of_the_bounced_domain_is_not_another_address() -> None:
    respelt = opportunity(tags=BOUNCED + SENDING, emails=("ada@b\u00fccher.test",))
    assert again(respelt, told_bounce(), in_alva=bounced_at("ada@xn--bcher-kva.test")) is None


@pytest.mark.parametrize("invitation", [None, Invitation("bounced", NEW_YEAR_MS, "")], ids=["no invitation", "blank"])
def test_if_the_invitation_has_no_address_that_of_the_candidate_counts(invitation: Invitation | None) -> None:
    in_alva = candidate("invited", invitation=invitation)
    assert again(opportunity(tags=BOUNCED + SENDING), told_bounce(), in_alva=in_alva) is None
    moved = opportunity(tags=BOUNCED + SENDING, emails=(OTHER_ADDRESS,))
    assert again(moved, told_bounce(), in_alva=in_alva) is Again.CAUSE_REMOVED


def test_a_refusal_by_alva_waits_for_an_entry_or_a_person() -> None:
    told = told_failure("refused_by_alva", "7", TOLD_MS)
    assert again(opportunity(tags=FAILED + SENDING, emails=(OTHER_ADDRESS,)), told) is None
    assert again(entered(TOLD_MS + 1, tags=FAILED + SENDING), told) is Again.ENTRY
    assert again(opportunity(tags=FAILED + SENDING), told, request=A_PERSON) is Again.NAMED


def test_a_refusal_after_another_failure_waits() -> None:
    notes = [told_failure("missing_email", "6", NEW_YEAR_MS), told_failure("refused_by_alva", "7", TOLD_MS)]
    assert again(opportunity(tags=FAILED + SENDING), *notes) is None
    assert again(opportunity(tags=FAILED + SENDING), *reversed(notes)) is None


@pytest.mark.parametrize(
    ("emails", "on", "removed"),
    [
        ((ADDRESS,), POSTING, True),
        (("none", ADDRESS), POSTING, True),
        ((ADDRESS,), None, False),
        (("none",), POSTING, False),
        ((), POSTING, False),
        ((), None, False),
    ],
    ids=["both", "both, behind an invalid one", "no posting", "no valid address", "no address", "neither"],
)
def test_if_the_note_was_deleted_an_address_and_a_posting_remove_the_cause(
    emails: tuple[str, ...], on: Posting | None, removed: bool
) -> None:
    who = opportunity(tags=FAILED + SENDING, emails=emails)
    assert again(who, on=on) is (Again.CAUSE_REMOVED if removed else None)


@pytest.mark.parametrize("failure", ["missing_email", "invalid_email", "no_posting"])
def test_without_send_tests_a_removed_cause_does_not_ask_again(failure: str) -> None:
    assert again(opportunity(tags=FAILED), told_failure(failure, "7")) is None


def test_without_send_tests_another_address_does_not_ask_again() -> None:
    corrected = opportunity(tags=BOUNCED, emails=(OTHER_ADDRESS,))
    assert again(corrected, told_bounce(), in_alva=bounced_at(ADDRESS)) is None


@pytest.mark.parametrize(
    ("present", "needed"),
    [
        (BOUNCED + SENDING, True),
        (SENDING + BOUNCED, True),
        (BOUNCED + FAILED + SENDING, True),
        (BOUNCED, False),
        (SENDING, False),
        (FAILED + SENDING, False),
        (FAILED, False),
        ((), False),
    ],
)
def test_alva_is_read_only_for_the_bounced_address(present: tuple[str, ...], needed: bool) -> None:
    assert needs_alva(opportunity(tags=("Engineering", *present))) is needed


# The note that belongs to the tag.


def test_a_failure_tag_belongs_to_the_failure_note_and_not_to_a_bounce_note() -> None:
    notes = [told_failure("missing_email", "7", TOLD_MS), told_bounce(TOLD_MS + HOUR_MS)]
    assert again(entered(TOLD_MS + 1, tags=FAILED), *notes) is Again.ENTRY
    assert again(entered(TOLD_MS + 1, tags=BOUNCED), *notes) is None


@pytest.mark.parametrize("status", [FAILED, BOUNCED])
def test_if_the_note_was_deleted_any_entry_asks_again(status: tuple[str, ...]) -> None:
    assert again(entered(NEW_YEAR_MS, tags=status)) is Again.ENTRY


def test_if_the_note_was_deleted_an_entry_or_a_person_is_still_needed() -> None:
    assert again(opportunity(tags=FAILED)) is None
    assert again(opportunity(tags=FAILED), request=A_PERSON) is Again.NAMED


def test_a_note_by_a_person_about_the_failure_changes_nothing() -> None:
    quoted = note(f"See:\n{failure_ref('missing_email', '7')}", at_ms=TOLD_MS, author_id="user-1")
    assert again(entered(NEW_YEAR_MS, tags=FAILED), quoted) is Again.ENTRY


# The key: it identifies a request.


def test_the_key_of_an_entry_is_its_moment() -> None:
    key = request_key(entered(NEW_YEAR_MS, TOLD_MS), Reason.TRIGGER_STAGE, None, NO_PERSON)
    assert key == str(TOLD_MS)


def test_archiving_does_not_change_the_key_of_an_entry() -> None:
    who = entered(NEW_YEAR_MS, last_advanced_at_ms=TOLD_MS)
    assert request_key(who, Reason.TRIGGER_STAGE, None, NO_PERSON) == str(NEW_YEAR_MS)


def test_the_key_of_an_entry_without_stage_history_is_last_advanced_at() -> None:
    who = opportunity(stage_id=TESTS.id, stage_changes=(), last_advanced_at_ms=TOLD_MS)
    assert request_key(who, Reason.TRIGGER_STAGE, None, NO_PERSON) == str(TOLD_MS)


@pytest.mark.parametrize("reason", [Reason.SEND_TESTS, Reason.TRIGGER_STAGE, Reason.SCREENING, Reason.MANUAL])
def test_the_key_of_an_entry_that_asked_again_is_its_moment_for_every_reason(reason: Reason) -> None:
    assert request_key(entered(TOLD_MS), reason, Again.ENTRY, NO_PERSON) == str(TOLD_MS)


@pytest.mark.parametrize("asked", [None, *Again])
@pytest.mark.parametrize("reason", [Reason.SEND_TESTS, Reason.TRIGGER_STAGE, Reason.SCREENING, Reason.MANUAL])
def test_the_key_of_a_named_candidate_is_the_run_for_every_reason(reason: Reason, asked: Again | None) -> None:
    assert request_key(entered(TOLD_MS), reason, asked, A_PERSON) == RUN


def test_the_key_of_screening_is_the_moment_of_the_application() -> None:
    applied = opportunity(application=Application("application-1", "posting-1", TOLD_MS))
    assert request_key(applied, Reason.SCREENING, None, NO_PERSON) == str(TOLD_MS)


@pytest.mark.parametrize("asked", [None, Again.CAUSE_REMOVED])
def test_the_key_of_send_tests_is_a_hash_of_the_addresses(asked: Again | None) -> None:
    who = opportunity(emails=(ADDRESS, OTHER_ADDRESS))
    assert request_key(who, Reason.SEND_TESTS, asked, NO_PERSON) == fingerprint((ADDRESS, OTHER_ADDRESS))


# A failure that lasts: one note for each request, over any number of runs.


def refs_after(*snapshots: Opportunity, failure: str, reason: Reason, request: Request = NO_PERSON) -> list[str]:
    """Returns the refs of the notes that runs over these snapshots, an hour apart, write if each invitation fails.

    A note that exists is not written again.
    """
    notes: list[Note] = []
    for number, who in enumerate(snapshots, start=1):
        asked = again(who, *notes, request=request, on=POSTING if who.application else None)
        if not notes or asked is not None:
            key = request_key(who, reason, asked, request)
            if not any(is_own(note, failure_ref(failure, key)) for note in notes):
                notes.append(told_failure(failure, key, TOLD_MS + number * HOUR_MS))
    return [note.text.splitlines()[-1] for note in notes]


STILL_FAILING = {
    "entry": ({"failure": "missing_email", "reason": Reason.TRIGGER_STAGE}, entered(TOLD_MS, tags=FAILED, emails=())),
    "a person": (
        {"failure": "missing_email", "reason": Reason.MANUAL, "request": A_PERSON},
        opportunity(tags=FAILED, emails=()),
    ),
    "a person, after an entry": (
        {"failure": "missing_email", "reason": Reason.TRIGGER_STAGE, "request": A_PERSON},
        entered(TOLD_MS, tags=FAILED, emails=()),
    ),
    "a person, before an entry": (
        {"failure": "missing_email", "reason": Reason.TRIGGER_STAGE, "request": A_PERSON},
        entered(TOLD_MS + 9 * HOUR_MS, tags=FAILED, emails=()),
    ),
    "send tests": (
        {"failure": "missing_email", "reason": Reason.SEND_TESTS},
        opportunity(tags=FAILED + SENDING, emails=()),
    ),
    "send tests, on no posting": (
        {"failure": "no_posting", "reason": Reason.SEND_TESTS},
        opportunity(tags=FAILED + SENDING, application=None),
    ),
}


@pytest.mark.parametrize(("how", "who"), STILL_FAILING.values(), ids=STILL_FAILING)
def test_the_same_failure_of_the_same_request_gets_only_one_note(how: dict[str, Any], who: Opportunity) -> None:
    assert len(refs_after(*[who] * 5, **how)) == 1


@pytest.mark.parametrize("entry_ms", [TOLD_MS, TOLD_MS + 9 * HOUR_MS], ids=["older", "newer"])
def test_the_note_about_a_failed_manual_run_has_the_runs_id(entry_ms: int) -> None:
    snapshots = [entered(entry_ms, tags=FAILED, emails=())] * 5
    told = refs_after(*snapshots, failure="missing_email", reason=Reason.TRIGGER_STAGE, request=A_PERSON)
    assert told == [failure_ref("missing_email", RUN)]


def test_a_failed_manual_run_gets_its_own_note_after_that_of_an_entry() -> None:
    """The entry has its failure note, the candidate enters again, and then a person names the candidate."""
    told = told_failure("missing_email", str(TOLD_MS), TOLD_MS)
    back = entered(TOLD_MS, TOLD_MS + HOUR_MS, tags=FAILED, emails=())
    asked = again(back, told, request=A_PERSON)
    assert asked is Again.NAMED
    assert request_key(back, Reason.TRIGGER_STAGE, asked, A_PERSON) == RUN


def test_the_same_failure_gets_another_note_for_another_entry() -> None:
    back_ms = TOLD_MS + 90 * MINUTE_MS
    snapshots = [
        entered(TOLD_MS, tags=FAILED, emails=()),
        entered(TOLD_MS, back_ms, tags=FAILED, emails=()),
        entered(TOLD_MS, back_ms, tags=FAILED, emails=()),
    ]
    assert refs_after(*snapshots, failure="missing_email", reason=Reason.TRIGGER_STAGE) == [
        failure_ref("missing_email", str(TOLD_MS)),
        failure_ref("missing_email", str(back_ms)),
    ]
