"""A delivery is only a claim: Lever's data decides. One test for each row of the table of events."""

from __future__ import annotations

import pytest

from alva_lever.rules.events import Event, Kind
from tests.sync.claims import applied, deleted, elsewhere, hired, moved
from tests.sync.office import HOUR_MS, Office

DAY_MS = 24 * HOUR_MS
SENT = ["Invitation Sent"]


@pytest.fixture
def ada(office: Office) -> str:
    """An invited candidate."""
    ada = office.apply()
    office.run(ada)
    office.forget()
    return ada


class TestStageChange:
    def test_a_move_into_the_trigger_stage_invites_once(self, office: Office) -> None:
        ada = office.apply()
        assert office.deliver(moved(ada)) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)
        assert office.deliver(moved(ada)) == {"already_invited": 1}
        assert office.sent(ada) == 1

    def test_a_move_into_another_stage_does_nothing(self, office: Office) -> None:
        assert office.deliver(moved(elsewhere(office))) == {"not_requested": 1}
        assert office.writes() == 0

    def test_a_move_does_not_make_an_application_new(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        assert office.deliver(moved(elsewhere(office, posting=posting))) == {"not_requested": 1}


class TestApplication:
    def test_an_application_syncs_the_job_position_and_does_not_invite(self, office: Office) -> None:
        ada = elsewhere(office)
        assert office.deliver(applied(office, ada)) == {"not_requested": 1}
        (position,) = office.positions()
        facts = position.facts
        assert (facts.external_id, facts.name, facts.team) == (office.posting, "Data Engineer", "Platform")
        office.recruiter.change_posting(office.posting, name="Data Person")
        office.deliver(applied(office, ada))
        assert [position.facts.name for position in office.positions()] == ["Data Person"]
        assert not office.candidates.find(ada)["present"]

    @pytest.mark.parametrize("tag", ["Alva: Send Tests", "Alva: Screening"])
    def test_an_application_with_a_control_tag_is_invited(self, office: Office, tag: str) -> None:
        on_posting = [tag] if tag == "Alva: Screening" else []
        posting = office.recruiter.add_posting("Support", tags=on_posting)
        ada = elsewhere(office, posting=posting, tags=[] if on_posting else [tag])
        assert office.deliver(applied(office, ada)) == {"screening" if on_posting else "send_tests": 1}
        assert office.sent(ada) == 1

    @pytest.mark.parametrize("application", ["another", ""])
    def test_only_the_announced_application_is_new(self, office: Office, application: str) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        ada = elsewhere(office, posting=posting, at_ms=office.clock.now_ms() - 13 * DAY_MS)
        event = Event(Kind.APPLIED, ada, application or None)
        assert office.deliver(event) == {"not_requested": 1}
        assert office.deliver(event, applied(office, ada)) == {"screening": 1}

    @pytest.mark.parametrize(("days", "word"), [(13, "screening"), (15, "not_requested"), (400, "not_requested")])
    def test_an_application_announced_late_is_new_for_as_long_as_a_delivery_may_take(
        self, office: Office, days: int, word: str
    ) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        ada = elsewhere(office, posting=posting, at_ms=office.clock.now_ms() - days * DAY_MS)
        assert office.deliver(applied(office, ada)) == {word: 1}
        assert office.sent(ada) == (word == "screening")

    def test_skip_assessment_beats_a_new_application(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening", "Alva: Skip Assessment"])
        assert office.deliver(applied(office, elsewhere(office, posting=posting))) == {"skip_assessment": 1}
        assert len(office.positions()) == 1


class TestHire:
    def test_a_hire_that_lever_confirms_is_sent_to_alva_once(self, office: Office, ada: str) -> None:
        office.recruiter.hire(ada)
        assert office.deliver(hired(ada)) == {"hired": 1}
        assert office.in_alva(ada)["stage"] == "hired"
        office.forget()
        assert office.deliver(hired(ada), hired(ada)) == {"hired": 1}
        assert office.writes() == 0

    def test_a_hired_candidate_who_was_never_in_alva_is_not_in_alva(self, office: Office) -> None:
        ada = office.recruiter.hire(office.apply())
        assert office.deliver(hired(ada)) == {"not_in_alva": 1}
        assert office.writes() == 0

    def test_a_dry_run_reports_the_same_and_writes_nothing(self, office: Office, ada: str) -> None:
        office.recruiter.hire(ada)
        assert office.deliver(hired(ada), dry_run=True) == {"hired": 1}
        assert office.writes() == 0


class TestDeletion:
    @pytest.mark.parametrize("days_ago", [0, 13])
    def test_a_deletion_that_lever_lists_removes_the_candidate(self, office: Office, ada: str, days_ago: int) -> None:
        office.recruiter.delete(ada, at_ms=office.clock.now_ms() - days_ago * DAY_MS)
        assert office.deliver(deleted(ada)) == {"deleted": 1}
        assert not office.candidates.find(ada)["present"]
        assert office.deliver(deleted(ada)) == {"not_in_alva": 1}

    def test_a_dry_run_does_not_remove_the_candidate(self, office: Office, ada: str) -> None:
        office.recruiter.delete(ada)
        assert office.deliver(deleted(ada), dry_run=True) == {"deleted": 1}
        assert office.candidates.find(ada)["present"]


class TestTogether:
    def test_an_announced_application_counts_only_for_its_own_opportunity(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        old = office.clock.now_ms() - 90 * DAY_MS
        bo = elsewhere(office, posting=posting, at_ms=old)
        pretended = Event(Kind.APPLIED, "nobody", applied(office, bo).application_id)
        assert office.deliver(pretended, moved(bo)) == {"gone": 1, "not_requested": 1}

    def test_a_candidate_hidden_between_two_reads_is_confidential_and_the_others_are_done(self, office: Office) -> None:
        ids = office.applied(10, emails=[])
        office.deliver(*map(moved, ids))
        for one in ids:
            office.reenter(one)
        hide = lambda: office.recruiter.restrict(ids[0])  # noqa: E731
        office.faults.add("lever", "GET", f"*/opportunities/{ids[0]}/notes", kind="call", action=hide)
        assert office.deliver(*map(moved, ids)) == {"confidential": 1, "missing_email": 9}
