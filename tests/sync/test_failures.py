"""Invitations that fail, how they are reported, and how a person asks again (row 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alva_lever.batch.batch import Unfinished
from alva_lever.http.errors import ApiError, Unauthorized
from tests.sync.office import ELSEWHERE, FURTHER, Office

SEND_TESTS = "Alva: Send Tests"
FAILED, BOUNCED, SENT = ["Invitation Failed"], ["Invitation Bounced"], ["Invitation Sent"]
GOOD, OTHER = "ada@candidates.example.com", "ada.byron@candidates.example.com"


def lead(office: Office, **fields: Any) -> str:
    return office.recruiter.add_lead("Ada Byron", [GOOD], **{"stage": "New applicant", **fields})


def on_expired(office: Office, **fields: Any) -> str:
    """A candidate on a posting whose job position has expired."""
    office.run(office.apply("Bo Ek"))
    office.candidates.expire_position(office.posting)
    return office.apply(emails=[GOOD], **fields)


def added_by_hand(office: Office, **fields: Any) -> str:
    office.run(office.apply("Bo Ek"))
    office.candidates.add_by_hand(office.posting, GOOD.upper())
    return office.apply(emails=[GOOD], **fields)


def twice_on_a_job(office: Office, **fields: Any) -> str:
    first = office.apply(emails=[GOOD])
    office.run(first)
    return office.apply(contact=first, **fields)


def on_a_strange_posting(office: Office, **fields: Any) -> str:
    return office.apply(posting=office.recruiter.add_posting(" "), emails=[GOOD], **fields)


def bounced(office: Office, **fields: Any) -> str:
    """An invited candidate whose bounce has its tag and note in Lever."""
    ada = office.apply(emails=[GOOD], **fields)
    office.run(ada)
    office.candidates.bounce(ada)
    office.recruiter.untag(ada, "Alva: Invitation Sent")
    office.later()
    office.run(ada)
    assert (office.sent(ada), office.status(ada), office.failures(ada)) == (1, BOUNCED, ["bounce"])
    return ada


CASES: dict[str, tuple[str, Callable[..., str]]] = {
    "no address": ("missing_email", lambda office, **fields: office.apply(emails=[], **fields)),
    "no valid address": ("invalid_email", lambda office, **fields: office.apply(emails=["a@b", "ada"], **fields)),
    "a lead": ("no_posting", lead),
    "expired": ("refused_by_alva", on_expired),
    "added by hand": ("refused_by_alva", added_by_hand),
    "twice on a job": ("refused_by_alva", twice_on_a_job),
    "no such position": ("refused_by_alva", on_a_strange_posting),
}
cases = pytest.mark.parametrize(("failure", "make"), CASES.values(), ids=CASES.keys())


class TestLeverWriter:
    @cases
    def test_a_failure_gets_a_note_and_a_tag_and_is_counted_under_its_word(
        self, office: Office, failure: str, make: Callable[..., str]
    ) -> None:
        ada = make(office, tags=["vip"])
        office.forget()
        assert office.run(ada) == {failure: 1}
        assert office.progress.report.ids == {failure: [ada]}
        assert (office.sent(ada), office.status(ada), office.failures(ada)) == (0, FAILED, [failure])
        assert "vip" in office.other_tags(ada)
        # The note comes before the tag.
        assert office.asked("lever") == ["POST notes", "POST addTags"]
        (note,) = office.notes(ada)
        assert "What to do:" in note
        assert "New applicant" in note

    @pytest.mark.parametrize(
        ("make", "said"),
        [(on_expired, "This job position is expired"), (added_by_hand, "already on this job")],
        ids=["expired", "by hand"],
    )
    def test_the_note_says_why_alva_refused(self, office: Office, make: Callable[..., str], said: str) -> None:
        ada = make(office)
        office.run(ada)
        assert said in office.notes(ada)[0]

    @cases
    def test_the_same_failure_gets_only_one_note_over_several_runs(
        self, office: Office, failure: str, make: Callable[..., str]
    ) -> None:
        ada = make(office)
        office.run(ada)
        office.forget()
        for number in range(3):
            office.later()
            assert office.run(ada, run_id=f"run-{number}") == {"awaiting_retry": 1}
        assert office.asked() == []

    @cases
    def test_a_failure_with_send_tests_in_another_stage_gets_a_note_too(
        self, office: Office, failure: str, make: Callable[..., str]
    ) -> None:
        ada = make(office, stage=FURTHER, tags=[SEND_TESTS])
        assert office.run(ada) == {failure: 1}
        office.later()
        assert office.run(ada, named=frozenset([ada])) == {failure: 1}
        assert office.run(ada) == {"awaiting_retry": 1}
        assert (office.failures(ada), office.status(ada)) == ([failure] * 2, FAILED)

    @cases
    def test_a_note_that_was_written_before_a_crash_is_not_written_again(
        self, office: Office, failure: str, make: Callable[..., str]
    ) -> None:
        ada = make(office)
        office.faults.add("lever", "POST", "*/addTags", times=5)
        with pytest.raises(ApiError):
            office.run(ada)
        assert (office.status(ada), office.failures(ada)) == ([], [failure])
        office.later()
        assert office.run(ada, again=True) == {failure: 1}
        assert (office.status(ada), office.failures(ada)) == (FAILED, [failure])

    def test_a_note_that_a_crash_left_out_is_written_by_the_next_run(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.faults.add("lever", "POST", "*/notes", times=5)
        with pytest.raises(ApiError):
            office.run(ada)
        assert (office.status(ada), office.failures(ada)) == ([], [])
        assert office.run(ada) == {"missing_email": 1}
        assert (office.status(ada), office.failures(ada)) == (FAILED, ["missing_email"])

    @pytest.mark.parametrize("kind", ["cut_after", "cut_within", "html"])
    def test_a_note_whose_answer_was_lost_is_written_once(self, office: Office, kind: str) -> None:
        ada = office.apply(emails=[])
        office.faults.add("lever", "POST", "*/notes", kind=kind)
        assert office.run(ada) == {"missing_email": 1}
        assert (office.status(ada), office.failures(ada)) == (FAILED, ["missing_email"])

    def test_a_persons_note_with_the_same_last_line_is_not_the_integrations(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        text = office.notes(ada)[0]
        bo = office.apply("Bo Ek", emails=[])
        office.recruiter.add_note(bo, text)
        office.run(bo)
        assert office.failures(bo) == ["missing_email"]

    def test_a_dry_run_writes_no_note(self, office: Office) -> None:
        ada = office.apply(emails=[])
        assert office.run(ada, dry_run=True) == {"missing_email": 1}
        assert office.writes() == 0

    def test_a_contact_with_several_opportunities_on_one_job_is_invited_for_one_and_refused_for_the_others(
        self, office: Office
    ) -> None:
        first = office.apply(emails=[GOOD])
        people = [first, *[office.apply(contact=first) for _ in range(9)]]
        assert office.run(*people) == {"trigger_stage": 1, "refused_by_alva": 9}
        assert sorted(office.sent(one) for one in people) == [0] * 9 + [1]
        office.later()
        assert office.run(*people) == {"already_invited": 1, "awaiting_retry": 9}
        assert sum(office.sent(one) for one in people) == 1


class TestAskedAgain:
    """By an entry, by a manual run, or with `Alva: Send Tests` by a change that removes the cause."""

    @cases
    def test_a_failure_after_another_entry_gets_another_note(
        self, office: Office, failure: str, make: Callable[..., str]
    ) -> None:
        ada = make(office)
        office.run(ada)
        office.reenter(ada)
        assert office.run(ada) == {failure: 1}
        assert (office.failures(ada), office.status(ada)) == ([failure] * 2, FAILED)
        office.later()
        assert office.run(ada) == {"awaiting_retry": 1}

    @cases
    def test_a_failure_in_another_manual_run_gets_another_note(
        self, office: Office, failure: str, make: Callable[..., str]
    ) -> None:
        ada = make(office)
        office.run(ada)
        office.later()
        named: dict[str, Any] = {"run_id": "manual-1", "named": frozenset([ada])}
        assert office.run(ada, **named) == {failure: 1}
        assert (office.failures(ada), office.status(ada)) == ([failure] * 2, FAILED)
        # A repeat of the same run.
        office.later()
        assert office.run(ada, **named) == {"awaiting_retry": 1}
        # Another run.
        assert office.run(ada, run_id="manual-2", named=frozenset([ada])) == {failure: 1}
        assert office.failures(ada) == [failure] * 3

    def test_an_entry_with_a_corrected_address_is_invited(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        office.recruiter.set_emails(ada, [GOOD])
        assert office.run(ada) == {"awaiting_retry": 1}
        office.reenter(ada)
        assert office.run(ada) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)

    def test_a_manual_run_with_a_corrected_address_invites(self, office: Office) -> None:
        ada = office.apply(stage=FURTHER, emails=["nonsense"], tags=[SEND_TESTS])
        office.run(ada)
        office.recruiter.untag(ada, SEND_TESTS)
        office.recruiter.set_emails(ada, [GOOD])
        assert office.run(ada, named=frozenset([ada])) == {"manual": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)

    @pytest.mark.parametrize("before", [[], ["nonsense"]], ids=["missing", "invalid"])
    def test_with_send_tests_a_valid_address_is_enough(self, office: Office, before: list[str]) -> None:
        ada = office.apply(stage=FURTHER, emails=before, tags=[SEND_TESTS])
        office.run(ada)
        office.recruiter.set_emails(ada, [*before, "more nonsense"])
        assert office.run(ada) == {"awaiting_retry": 1}
        office.recruiter.set_emails(ada, [*before, GOOD])
        assert office.run(ada) == {"send_tests": 1}
        assert (office.sent(ada), office.status(ada), len(office.notes(ada))) == (1, SENT, 1)

    def test_with_send_tests_a_posting_is_enough(self, office: Office) -> None:
        ada = lead(office, stage="lead-new", tags=[SEND_TESTS])
        assert office.run(ada) == {"no_posting": 1}
        assert office.run(ada) == {"awaiting_retry": 1}
        office.recruiter.apply_lead(ada, office.posting)
        assert office.run(ada) == {"send_tests": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)

    def test_with_send_tests_each_cause_gets_its_own_note(self, office: Office) -> None:
        ada = office.recruiter.add_lead("Ada Byron", [], tags=[SEND_TESTS])
        for failure, repair in (
            ("missing_email", lambda: office.recruiter.set_emails(ada, ["nonsense"])),
            ("awaiting_retry", lambda: office.recruiter.set_emails(ada, [GOOD])),
            ("no_posting", lambda: office.recruiter.apply_lead(ada, office.posting)),
            ("send_tests", lambda: None),
        ):
            assert office.run(ada) == {failure: 1}
            office.later()
            repair()
        assert office.failures(ada) == ["missing_email", "no_posting"]
        assert (office.sent(ada), office.status(ada)) == (1, SENT)

    def test_without_send_tests_a_valid_address_is_not_enough(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        office.recruiter.set_emails(ada, [GOOD])
        office.later()
        assert office.run(ada) == {"awaiting_retry": 1}
        assert office.sent(ada) == 0

    @pytest.mark.parametrize("make", [on_expired, added_by_hand], ids=["expired", "by hand"])
    def test_a_refused_candidate_waits_for_an_entry(self, office: Office, make: Callable[..., str]) -> None:
        ada = make(office, tags=[SEND_TESTS])
        office.run(ada)
        office.recruiter.set_emails(ada, [OTHER])
        office.sandbox.world.alva.policy.expired_takes_candidates = True
        office.later()
        assert office.run(ada) == {"awaiting_retry": 1}
        office.reenter(ada)
        assert office.run(ada) == {"send_tests": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)

    @pytest.mark.parametrize("make", [on_expired, added_by_hand], ids=["expired", "by hand"])
    def test_a_refused_candidate_is_tried_again_by_a_manual_run(self, office: Office, make: Callable[..., str]) -> None:
        ada = make(office)
        office.run(ada)
        office.recruiter.set_emails(ada, [OTHER])
        office.sandbox.world.alva.policy.expired_takes_candidates = True
        assert office.run(ada, run_id="manual", named=frozenset([ada])) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)

    def test_archiving_and_unarchiving_is_no_entry(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        office.later()
        office.recruiter.archive(ada)
        office.later()
        office.recruiter.unarchive(ada)
        assert office.run(ada) == {"awaiting_retry": 1}

    def test_an_entry_into_another_stage_does_not_ask_again(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        office.later()
        office.recruiter.move(ada, ELSEWHERE)
        assert office.run(ada) == {"awaiting_retry": 1}

    def test_the_other_rules_apply_after_an_entry_too(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        office.recruiter.change_posting(office.posting, tags=["Alva: Skip Assessment"])
        office.reenter(ada)
        assert office.run(ada) == {"skip_assessment": 1}
        assert office.status(ada) == FAILED

    def test_an_entry_with_a_failure_note_stays_answered_also_if_the_clocks_differ(self, office: Office) -> None:
        ada = office.apply(emails=[], at_ms=office.clock.now_ms() + 60_000)
        assert office.run(ada) == {"missing_email": 1}
        assert office.run(ada) == {"awaiting_retry": 1}
        assert office.failures(ada) == ["missing_email"]

    def test_if_a_person_deleted_the_note_any_entry_asks_again(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        (note,) = office.sandbox.look(ada)["notes"]
        office.recruiter.delete_note(ada, note["id"])
        office.recruiter.set_emails(ada, [GOOD])
        office.later()
        assert office.run(ada) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)

    def test_a_note_that_a_person_deleted_is_written_once_more(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        (note,) = office.sandbox.look(ada)["notes"]
        office.recruiter.delete_note(ada, note["id"])
        office.later()
        assert [office.run(ada) for _ in range(2)] == [{"missing_email": 1}, {"awaiting_retry": 1}]
        assert office.failures(ada) == ["missing_email"]

    @pytest.mark.parametrize("tags", [[], [SEND_TESTS]], ids=["trigger stage", "send tests"])
    def test_one_manual_run_writes_one_note_about_a_failure(self, office: Office, tags: list[str]) -> None:
        ada = office.apply(emails=[], tags=tags)
        named: dict[str, Any] = {"run_id": "manual", "named": frozenset([ada])}
        office.run(ada, **named)
        office.later()
        assert office.run(ada, **named) == {"awaiting_retry": 1}
        assert office.failures(ada) == ["missing_email"]

    def test_a_retry_of_a_manual_run_writes_nothing_twice(self, office: Office) -> None:
        ada = office.apply(stage=FURTHER, emails=[])
        named: dict[str, Any] = {"run_id": "manual", "named": frozenset([ada])}
        assert office.run(ada, **named) == {"missing_email": 1}
        office.forget()
        assert office.run(ada, again=True, **named) == {"missing_email": 1}
        assert len(office.arrived()) == 0
        # Also without the checkpoint:
        assert office.run(ada, **named) == {"awaiting_retry": 1}
        assert office.asked() == []


class TestBounced:
    def test_a_bounced_candidate_waits(self, office: Office) -> None:
        ada = bounced(office, tags=[SEND_TESTS])
        office.forget()
        assert office.run(ada) == {"awaiting_retry": 1}
        assert office.asked() == []

    @pytest.mark.parametrize("how", ["entry", "name"])
    def test_asked_again_with_the_same_address_the_same_invitation_is_resent(self, office: Office, how: str) -> None:
        ada = bounced(office)
        before = office.in_alva(ada)["id"]
        named: frozenset[str] = frozenset()
        if how == "entry":
            office.reenter(ada)
        else:
            named = frozenset([ada])
        office.forget()
        assert office.run(ada, named=named) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada), office.failures(ada)) == (2, SENT, ["bounce"])
        assert office.in_alva(ada)["id"] == before
        assert office.asked("alva") == ["POST invitation"]
        assert office.run(ada, named=named) == {"already_invited": 1}
        assert office.sent(ada) == 2

    @pytest.mark.parametrize("how", ["entry", "name", "send tests"])
    def test_asked_again_with_another_address_the_candidate_is_removed_and_added(
        self, office: Office, how: str
    ) -> None:
        ada = bounced(office, tags=[SEND_TESTS] if how == "send tests" else [])
        before = office.in_alva(ada)["id"]
        office.recruiter.set_emails(ada, [OTHER, GOOD])
        if how == "entry":
            office.reenter(ada)
        office.forget()
        counts = office.run(ada, named=frozenset([ada] if how == "name" else []))
        assert counts == {"send_tests" if how == "send tests" else "trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (2, SENT)
        assert (office.in_alva(ada)["email"], office.in_alva(ada)["id"] == before) == (OTHER, False)
        assert office.sandbox.candidates.find(ada)["applications"] == 1
        assert office.asked("alva") == [f"DELETE {before}", "POST candidates"]

    @pytest.mark.parametrize("emails", [[GOOD.upper()], ["nonsense", GOOD], [GOOD, OTHER], []])
    def test_with_send_tests_only_another_address_asks_again(self, office: Office, emails: list[str]) -> None:
        ada = bounced(office, tags=[SEND_TESTS])
        office.recruiter.set_emails(ada, emails)
        assert office.run(ada) == {"awaiting_retry": 1}
        assert (office.sent(ada), office.status(ada)) == (1, BOUNCED)

    def test_without_send_tests_another_address_does_not_ask_again(self, office: Office) -> None:
        ada = bounced(office)
        office.recruiter.set_emails(ada, [OTHER])
        assert office.run(ada) == {"awaiting_retry": 1}

    def test_an_invitation_that_is_no_longer_bounced_is_not_resent(self, office: Office) -> None:
        ada = bounced(office)
        alva = office.alva()
        alva.resend_invitation(office.in_alva(ada)["id"])
        office.reenter(ada)
        office.forget()
        assert office.run(ada) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (2, SENT)
        assert office.asked("alva") == []

    def test_a_retry_without_an_address_fails(self, office: Office) -> None:
        ada = bounced(office)
        office.recruiter.set_emails(ada, [])
        office.reenter(ada)
        assert office.run(ada) == {"missing_email": 1}
        assert (office.status(ada), office.failures(ada)) == (FAILED, ["bounce", "missing_email"])
        office.later()
        assert office.run(ada) == {"awaiting_retry": 1}

    def test_the_retry_adds_a_candidate_whom_a_crash_left_removed_from_alva(self, office: Office) -> None:
        ada = bounced(office, tags=[SEND_TESTS])
        office.recruiter.set_emails(ada, [OTHER])
        office.faults.add("alva", "POST", "*/candidates", times=None)
        with pytest.raises(ApiError):
            office.run(ada)
        office.faults.clear()
        assert office.run(ada, again=True) == {"send_tests": 1}
        assert (office.sent(ada), office.status(ada)) == (2, SENT)

    @pytest.mark.parametrize("stage", ["New applicant", FURTHER])
    def test_a_bounced_candidate_whom_a_person_removed_from_alva_is_invited_at_another_address(
        self, office: Office, stage: str
    ) -> None:
        ada = bounced(office, tags=[SEND_TESTS])
        office.recruiter.move(ada, stage)
        office.alva().remove_candidate(next(office.alva().candidates(external_id=ada)))
        office.recruiter.set_emails(ada, [OTHER])
        assert office.run(ada) == {"send_tests": 1}
        assert (office.sent(ada), office.status(ada)) == (2, SENT)

    @pytest.mark.parametrize("how", ["entry", "name"])
    def test_a_tag_that_a_crash_left_out_after_its_note_is_written_by_the_retry(self, office: Office, how: str) -> None:
        ada = bounced(office)
        office.recruiter.set_emails(ada, [])
        if how == "entry":
            office.reenter(ada)
        named: dict[str, Any] = {"run_id": "manual", "named": frozenset([ada] if how == "name" else [])}
        office.faults.add("lever", "POST", "*Tags", times=5)
        with pytest.raises(ApiError):
            office.run(ada, **named)
        office.later()
        office.run(ada, again=True, **named)
        assert (office.failures(ada), office.status(ada)) == (["bounce", "missing_email"], FAILED)

    def test_another_address_that_is_already_on_the_job_is_refused_and_waits(self, office: Office) -> None:
        ada = bounced(office)
        office.candidates.add_by_hand(office.posting, OTHER)
        office.recruiter.set_emails(ada, [OTHER])
        office.reenter(ada)
        assert office.run(ada) == {"refused_by_alva": 1}
        assert (office.status(ada), office.failures(ada)) == (FAILED, ["bounce", "refused_by_alva"])
        office.later()
        assert office.run(ada) == {"awaiting_retry": 1}
        office.recruiter.set_emails(ada, [GOOD])
        office.reenter(ada)
        assert office.run(ada) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (2, SENT)

    def test_each_bounce_gets_one_note(self, office: Office) -> None:
        ada = bounced(office)
        office.reenter(ada)
        office.run(ada)
        office.candidates.bounce(ada)
        office.recruiter.untag(ada, "Alva: Invitation Sent")
        office.later()
        office.run(ada)
        assert (office.status(ada), office.failures(ada)) == (BOUNCED, ["bounce", "bounce"])
        assert len(set(office.refs(ada))) == 2
        office.recruiter.untag(ada, "Alva: Invitation Bounced")
        office.later()
        office.run(ada)
        assert (office.sent(ada), office.failures(ada)) == (2, ["bounce", "bounce"])

    @pytest.mark.parametrize("kind", ["cut_after", "cut_within", "html"])
    def test_a_resend_whose_answer_was_lost_is_not_repeated(self, office: Office, kind: str) -> None:
        ada = bounced(office)
        office.reenter(ada)
        office.faults.add("alva", "POST", "*/invitation", kind=kind)
        assert office.run(ada) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (2, SENT)


class TestFaults:
    """A temporary fault or a refused key is no failure of the candidate."""

    @pytest.mark.parametrize("status", [408, 429, 500, 503])
    @pytest.mark.parametrize("path", ["/candidates", "/job_positions", "*/candidates"])
    @pytest.mark.parametrize("times", [2, None], ids=["passes", "lasts"])
    def test_a_temporary_fault_is_retried_and_fails_the_task_if_it_lasts(
        self, office: Office, status: int, path: str, times: int | None
    ) -> None:
        ada = office.apply()
        office.faults.add("alva", path=path, status=status, times=times)
        if times is None:
            with pytest.raises(ApiError):
                office.run(ada)
            assert (office.sent(ada), office.status(ada), office.notes(ada)) == (0, [], [])
            assert (office.progress.report.counts, office.progress.done) == ({}, set())
            office.faults.clear()
        assert office.run(ada, again=True) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada), office.notes(ada)) == (1, SENT, [])
        assert len(office.positions()) == 1

    @pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (403, Unfinished)])
    @pytest.mark.parametrize("path", ["/candidates", "/job_positions", "*/candidates"])
    def test_a_refused_key_fails_the_task(self, office: Office, status: int, error: type[ApiError], path: str) -> None:
        people = office.applied(60)
        office.faults.add("alva", path=path, status=status, times=None)
        with pytest.raises(error, match="alva_default"):
            office.run(*people)
        assert [one for one in people if office.status(one) or office.notes(one)] == []
        assert office.progress.report.counts == {}
        if status == 401:
            # The attempt stops: it doesn't send sixty requests with a rejected key.
            assert sum(one.status == status for one in office.arrived("alva")) < 50
        office.faults.clear()
        assert office.run(*people, again=True) == {"trigger_stage": 60}
        assert [office.sent(one) for one in people] == [1] * 60

    def test_a_403_from_alva_for_results_does_not_make_the_candidate_confidential(self, office: Office) -> None:
        office.candidates.remember_person(GOOD)
        ada = office.apply(emails=[GOOD])
        office.faults.add("alva", "GET", "*/results", status=403, times=None)
        with pytest.raises(Unfinished, match="alva_default"):
            office.run(ada)
        assert (office.progress.report.counts, office.progress.faults) == ({}, {ada: "forbidden"})

    def test_the_retry_skips_the_finished_candidates_and_does_nothing_twice(self, office: Office) -> None:
        people = office.applied(30)
        office.faults.add("alva", "POST", "*/candidates", skip=12, times=None)
        with pytest.raises(ApiError):
            office.run(*people)
        done = set(office.progress.done)
        assert office.progress.report.counts == {"trigger_stage": len(done)}
        assert done == {one for one in people if office.status(one)}
        assert len(done) == 12
        office.faults.clear()
        office.forget()
        assert office.run(*people, again=True) == {"trigger_stage": 30}
        assert [office.sent(one) for one in people] == [1] * 30
        assert [office.status(one) for one in people] == [SENT] * 30
        looked_up = {one.asked("external_id")[0] for one in office.arrived("alva", "GET", "/candidates")}
        assert looked_up == set(people) - done

    def test_one_candidates_fault_does_not_block_the_others(self, office: Office) -> None:
        people = office.applied(30)
        office.faults.add("lever", "POST", f"/opportunities/{people[3]}/addTags", times=None)
        with pytest.raises(ApiError, match="1 of 30 could not be done; the others were"):
            office.run(*people)
        assert [one for one in people if office.status(one) != SENT] == [people[3]]
        office.faults.clear()
        assert office.run(*people, again=True) == {"trigger_stage": 30}
        assert [office.sent(one) for one in people] == [1] * 30

    def test_a_key_that_may_not_write_tags_fails_the_task_and_no_candidate_is_invited_twice(
        self, office: Office
    ) -> None:
        people = office.applied(3)
        office.restricted_key(opportunities="read", postings="read", notes="write")
        with pytest.raises(Unfinished, match="opportunities: write"):
            office.run(*people)
        office.connect()
        assert office.run(*people, again=True) == {"trigger_stage": 3}
        assert [office.sent(one) for one in people] == [1, 1, 1]
        assert [office.status(one) for one in people] == [SENT] * 3

    def test_a_key_that_may_not_read_notes_fails_the_task(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        office.restricted_key(opportunities="write", postings="read")
        with pytest.raises(Unfinished, match="notes: read"):
            office.run(ada)


@pytest.mark.parametrize("tags", [[], [SEND_TESTS]], ids=["by entry", "send tests"])
def test_a_candidate_whom_alva_anonymised_can_be_invited_again(office: Office, tags: list[str]) -> None:
    """24 months after a bounce Alva keeps the candidate without an address: asked again, the run adds it again."""
    ada = bounced(office, tags=tags)
    office.candidates.anonymise(ada)
    office.reenter(ada)
    office.run(ada)
    assert (office.sent(ada), office.status(ada)) == (2, SENT)


def test_a_job_position_that_is_created_elsewhere_at_the_same_time_is_no_failure_of_the_candidate(
    office: Office,
) -> None:
    ada = office.apply()
    office.faults.add("alva", "POST", "/job_positions", status=409)
    with pytest.raises(ApiError):
        office.run(ada)
    assert (office.status(ada), office.notes(ada)) == ([], [])
    assert office.run(ada, again=True) == {"trigger_stage": 1}


def test_a_404_to_the_removal_of_a_present_candidate_is_no_failure_of_the_candidate(office: Office) -> None:
    ada = bounced(office)
    office.recruiter.set_emails(ada, [OTHER])
    office.reenter(ada)
    office.faults.add("alva", "DELETE", f"/candidates/{office.in_alva(ada)['id']}", status=404)
    with pytest.raises(Unfinished):
        office.run(ada)
    assert office.failures(ada) == ["bounce"]
    assert office.run(ada) == {"trigger_stage": 1}
    assert (office.sent(ada), office.status(ada)) == (2, SENT)
