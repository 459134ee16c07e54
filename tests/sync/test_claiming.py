"""What deliveries claim is held against what Lever shows: each row of the table of events."""

from __future__ import annotations

from typing import Any

import pytest

from alva_lever.rules.events import Event, Kind
from tests.sync.office import ELSEWHERE, HOUR_MS, Office

DAY_MS = 24 * HOUR_MS
SENT = ["Invitation Sent"]


def moved(opportunity: str) -> Event:
    return Event(Kind.MOVED, opportunity)


def hired(opportunity: str) -> Event:
    return Event(Kind.HIRED, opportunity)


def deleted(opportunity: str) -> Event:
    return Event(Kind.DELETED, opportunity)


def applied(office: Office, opportunity: str, application: str | None = None) -> Event:
    row = office.sandbox.world.lever.opportunities.get(opportunity)
    present = row.application.id if row is not None and row.application is not None else None
    return Event(Kind.APPLIED, opportunity, application or present)


def elsewhere(office: Office, **options: Any) -> str:
    return office.apply(stage=ELSEWHERE, **options)


@pytest.fixture
def ada(office: Office) -> str:
    """Somebody who was invited."""
    ada = office.apply()
    office.run(ada)
    office.forget()
    return ada


class TestStageChange:
    def test_into_the_trigger_stage_invites_once(self, office: Office) -> None:
        ada = office.apply()
        assert office.deliver(moved(ada)) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)
        assert office.deliver(moved(ada)) == {"already_invited": 1}
        assert office.sent(ada) == 1

    def test_into_another_stage_does_nothing(self, office: Office) -> None:
        assert office.deliver(moved(elsewhere(office))) == {"not_requested": 1}
        assert office.writes() == 0

    def test_nobody_is_new_because_of_it(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        assert office.deliver(moved(elsewhere(office, posting=posting))) == {"not_requested": 1}


class TestApplication:
    def test_it_brings_the_posting_up_to_date_and_invites_nobody(self, office: Office) -> None:
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
    def test_unless_a_tag_asks_for_it(self, office: Office, tag: str) -> None:
        on_posting = [tag] if tag == "Alva: Screening" else []
        posting = office.recruiter.add_posting("Support", tags=on_posting)
        ada = elsewhere(office, posting=posting, tags=[] if on_posting else [tag])
        assert office.deliver(applied(office, ada)) == {"screening" if on_posting else "send_tests": 1}
        assert office.sent(ada) == 1

    @pytest.mark.parametrize("application", ["another", ""])
    def test_what_is_announced_is_an_application_not_a_candidate(self, office: Office, application: str) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        ada = elsewhere(office, posting=posting, at_ms=office.clock.now_ms() - 13 * DAY_MS)
        event = Event(Kind.APPLIED, ada, application or None)
        assert office.deliver(event) == {"not_requested": 1}
        assert office.deliver(event, applied(office, ada)) == {"screening": 1}

    @pytest.mark.parametrize(("days", "word"), [(13, "screening"), (15, "not_requested"), (400, "not_requested")])
    def test_what_is_announced_late_is_new_for_as_long_as_a_delivery_may_be_on_its_way(
        self, office: Office, days: int, word: str
    ) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        ada = elsewhere(office, posting=posting, at_ms=office.clock.now_ms() - days * DAY_MS)
        assert office.deliver(applied(office, ada)) == {word: 1}
        assert office.sent(ada) == (word == "screening")

    def test_skip_assessment_beats_it(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening", "Alva: Skip Assessment"])
        assert office.deliver(applied(office, elsewhere(office, posting=posting))) == {"skip_assessment": 1}
        assert len(office.positions()) == 1


class TestHire:
    def test_it_is_told_where_lever_shows_it(self, office: Office, ada: str) -> None:
        office.recruiter.hire(ada)
        assert office.deliver(hired(ada)) == {"hired": 1}
        assert office.in_alva(ada)["stage"] == "hired"
        office.forget()
        assert office.deliver(hired(ada), hired(ada)) == {"hired": 1}
        assert office.writes() == 0

    def test_who_never_was_in_alva(self, office: Office) -> None:
        ada = office.recruiter.hire(office.apply())
        assert office.deliver(hired(ada)) == {"not_in_alva": 1}
        assert office.writes() == 0

    def test_a_dry_run_says_the_same_and_writes_nothing(self, office: Office, ada: str) -> None:
        office.recruiter.hire(ada)
        assert office.deliver(hired(ada), dry_run=True) == {"hired": 1}
        assert office.writes() == 0


class TestDeletion:
    @pytest.mark.parametrize("days_ago", [0, 13])
    def test_it_is_done_where_lever_lists_it(self, office: Office, ada: str, days_ago: int) -> None:
        office.recruiter.delete(ada, at_ms=office.clock.now_ms() - days_ago * DAY_MS)
        assert office.deliver(deleted(ada)) == {"deleted": 1}
        assert not office.candidates.find(ada)["present"]
        assert office.deliver(deleted(ada)) == {"not_in_alva": 1}

    def test_a_dry_run_removes_nobody(self, office: Office, ada: str) -> None:
        office.recruiter.delete(ada)
        assert office.deliver(deleted(ada), dry_run=True) == {"deleted": 1}
        assert office.candidates.find(ada)["present"]


class TestTogether:
    def test_an_application_is_announced_for_its_own_opportunity_alone(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        old = office.clock.now_ms() - 90 * DAY_MS
        bo = elsewhere(office, posting=posting, at_ms=old)
        pretended = Event(Kind.APPLIED, "nobody", applied(office, bo).application_id)
        assert office.deliver(pretended, moved(bo)) == {"gone": 1, "not_requested": 1}

    def test_one_that_is_hidden_between_two_reads_is_confidential_and_the_others_are_done(self, office: Office) -> None:
        ids = office.applied(10, emails=[])
        office.deliver(*map(moved, ids))
        for one in ids:
            office.reenter(one)
        hide = lambda: office.recruiter.restrict(ids[0])  # noqa: E731
        office.faults.add("lever", "GET", f"*/opportunities/{ids[0]}/notes", kind="call", action=hide)
        assert office.deliver(*map(moved, ids)) == {"confidential": 1, "missing_email": 9}
