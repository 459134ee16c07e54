"""What deliveries claim is held against what Lever shows: each row of the table of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alva_lever.rules.claims import Event, Kind
from alva_lever.steps.crew import FAULTS_BEFORE_STOP
from alva_lever.transport.errors import ApiError
from tests.steps.office import ELSEWHERE, HOUR_MS, Office

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

    def test_somebody_whose_invitation_failed_asks_again_by_coming_back(self, office: Office) -> None:
        ada = office.apply(emails=[])
        assert office.deliver(moved(ada)) == {"missing_email": 1}
        assert office.deliver(moved(ada)) == {"awaiting_retry": 1}
        office.reenter(ada)
        assert office.deliver(moved(ada)) == {"missing_email": 1}
        assert office.failures(ada) == ["missing_email"] * 2

    def test_nobody_is_new_because_of_it(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        assert office.deliver(moved(elsewhere(office, posting=posting))) == {"not_requested": 1}

    def test_an_unknown_id_is_gone(self, office: Office) -> None:
        assert office.deliver(moved("nobody")) == {"gone": 1}


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

    def test_nor_does_the_trigger_stage_by_itself(self, office: Office) -> None:
        """An application is no entry: whoever came in is told of by another event, or found by the next poll."""
        ada = office.apply()
        assert office.deliver(applied(office, ada)) == {"not_requested": 1}
        assert office.deliver(applied(office, ada), moved(ada)) == {"trigger_stage": 1}
        bo = office.apply()
        office.later()
        assert office.poll(office.window())["trigger_stage"] == 1
        assert (office.sent(ada), office.sent(bo)) == (1, 1)

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
        ada = elsewhere(office, posting=posting, at_ms=office.clock.now_ms() - 90 * DAY_MS)
        event = Event(Kind.APPLIED, ada, application or None)
        assert office.deliver(event) == {"not_requested": 1}
        assert office.deliver(event, applied(office, ada)) == {"screening": 1}

    def test_skip_assessment_beats_it(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening", "Alva: Skip Assessment"])
        assert office.deliver(applied(office, elsewhere(office, posting=posting))) == {"skip_assessment": 1}
        assert len(office.positions()) == 1

    @pytest.mark.parametrize("settled", ["archived", "already_invited"])
    def test_whoever_needs_no_decision_brings_the_posting_up_to_date_too(self, office: Office, settled: str) -> None:
        ada = elsewhere(office)
        if settled == "archived":
            office.recruiter.archive(ada)
        else:
            office.recruiter.tag(ada, "Alva: Invitation Sent")
        assert office.deliver(applied(office, ada)) == {settled: 1}
        assert len(office.positions()) == 1

    @pytest.mark.parametrize("archived", [False, True])
    def test_a_confidential_posting_never_reaches_alva(self, office: Office, archived: bool) -> None:
        ada = office.apply(posting=office.recruiter.add_posting("Chief", confidential=True))
        if archived:
            office.recruiter.archive(ada)
        event = applied(office, ada)
        assert office.deliver(event) == {"confidential": 1}
        office.connect(lever_key=office.sandbox.add_lever_key("all", confidential=True))
        assert office.deliver(event) == {"confidential": 1}
        assert office.positions() == []

    def test_a_dry_run_writes_nothing(self, office: Office) -> None:
        ada = office.apply()
        assert office.deliver(applied(office, ada), moved(ada), dry_run=True) == {"trigger_stage": 1}
        assert office.writes() == 0


class TestHire:
    def test_it_is_told_where_lever_shows_it(self, office: Office, ada: str) -> None:
        office.recruiter.hire(ada)
        assert office.deliver(hired(ada)) == {"hired": 1}
        assert office.in_alva(ada)["stage"] == "hired"
        office.forget()
        assert office.deliver(hired(ada), hired(ada)) == {"hired": 1}
        assert office.writes() == 0

    @pytest.mark.parametrize(
        "what",
        [
            pytest.param(lambda office, ada: None, id="still there"),
            pytest.param(
                lambda office, ada: office.recruiter.archive(ada, "Withdrew"), id="archived for another reason"
            ),
            pytest.param(lambda office, ada: office.recruiter.delete(ada), id="gone"),
            pytest.param(lambda office, ada: office.recruiter.restrict(office.recruiter.hire(ada)), id="hidden"),
        ],
    )
    def test_otherwise_it_is_unconfirmed_and_nothing_is_done(
        self, office: Office, ada: str, what: Callable[[Office, str], object]
    ) -> None:
        what(office, ada)
        assert office.deliver(hired(ada)) == {"unconfirmed": 1}
        assert office.writes() == 0
        assert office.in_alva(ada)["stage"] == "in_process"

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

    def test_a_404_alone_removes_nobody(self, office: Office, ada: str) -> None:
        """As another account's key meets it: everybody is unknown to it."""
        office.faults.add("lever", "GET", f"/opportunities/{ada}", status=404, times=None)
        assert office.deliver(deleted(ada)) == {"unconfirmed": 1}
        assert office.deliver(deleted(ada), moved(ada)) == {"unconfirmed": 1}
        assert (office.candidates.find(ada)["present"], office.writes()) == (True, 0)

    def test_nor_does_a_403(self, office: Office, ada: str) -> None:
        office.recruiter.restrict(ada)
        assert office.deliver(deleted(ada)) == {"unconfirmed": 1}
        assert office.candidates.find(ada)["present"]

    def test_many_are_asked_for_together_and_none_is_looked_at(self, office: Office) -> None:
        ids = office.applied(30)
        office.run(*ids)
        for one in ids:
            office.recruiter.delete(one)
        office.forget()
        assert office.deliver(*map(deleted, ids)) == {"deleted": 30}
        assert [one.path for one in office.arrived("lever")] == ["/opportunities/deleted"]

    def test_a_dry_run_removes_nobody(self, office: Office, ada: str) -> None:
        office.recruiter.delete(ada)
        assert office.deliver(deleted(ada), dry_run=True) == {"deleted": 1}
        assert office.candidates.find(ada)["present"]


class TestTogether:
    def test_several_about_one_are_one_look(self, office: Office) -> None:
        ada = office.apply()
        office.forget()
        assert office.deliver(moved(ada), applied(office, ada), moved(ada), hired(ada)) == {"unconfirmed": 1}
        assert len(office.arrived("lever", "GET", f"*/opportunities/{ada}")) == 1
        assert office.sent(ada) == 1

    def test_who_failed_is_counted_under_the_failure(self, office: Office) -> None:
        ada = office.apply(emails=[])
        assert office.deliver(moved(ada), hired(ada)) == {"missing_email": 1}

    def test_an_application_is_announced_for_its_own_opportunity_alone(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
        old = office.clock.now_ms() - 90 * DAY_MS
        bo = elsewhere(office, posting=posting, at_ms=old)
        pretended = Event(Kind.APPLIED, "nobody", applied(office, bo).application_id)
        assert office.deliver(pretended, moved(bo)) == {"gone": 1, "not_requested": 1}

    def test_deleted_comes_before_hired_and_hired_before_the_rest(self, office: Office) -> None:
        bo, kim = office.applied(2)
        office.run(bo, kim)
        office.recruiter.hire(bo)
        office.recruiter.delete(office.recruiter.hire(kim))
        every = [event(one) for one in (bo, kim) for event in (moved, hired, deleted)]
        assert office.deliver(*every) == {"hired": 1, "deleted": 1}
        assert office.progress.tally.ids == {"hired": [bo], "deleted": [kim]}

    def test_one_that_is_hidden_between_two_reads_is_confidential_and_the_others_are_done(self, office: Office) -> None:
        ids = office.applied(10, emails=[])
        office.deliver(*map(moved, ids))
        for one in ids:
            office.reenter(one)
        hide = lambda: office.recruiter.restrict(ids[0])  # noqa: E731
        office.faults.add("lever", "GET", f"*/opportunities/{ids[0]}/notes", kind="call", action=hide)
        assert office.deliver(*map(moved, ids)) == {"confidential": 1, "missing_email": 9}

    def test_one_that_cannot_be_done_keeps_nobody_else_waiting(self, office: Office) -> None:
        ids = office.applied(10)
        office.faults.add("lever", "GET", f"/opportunities/{ids[3]}", status=500, times=None)
        with pytest.raises(ApiError, match="1 of 10"):
            office.deliver(*map(moved, ids))
        assert [office.sent(one) for one in ids] == [int(one != ids[3]) for one in ids]
        office.faults.clear()
        assert office.deliver(*map(moved, ids), again=True) == {"trigger_stage": 10}
        assert [office.sent(one) for one in ids] == [1] * 10
        assert FAULTS_BEFORE_STOP > 1


def state(office: Office, opportunity: str) -> tuple[object, ...]:
    """All that a person can see of somebody in either service."""
    found = office.candidates.find(opportunity)
    candidate: Any = found["candidate"]
    in_alva = (None if candidate is None else candidate["stage"], found["invitations_sent"], len(office.positions()))
    if office.sandbox.world.lever.opportunities.get(opportunity) is None:
        return in_alva
    seen = office.sandbox.look(opportunity)
    return (*in_alva, seen["tags"], [note["text"] for note in seen["notes"]], seen["links"], seen["stage"])


class TestOrder:
    def test_in_time_and_late_differ_in_nothing_that_was_done_since(self, office: Office) -> None:
        """Invited while it was so, and hired since: what comes late or again takes nothing back."""
        ada = office.apply()
        office.deliver(moved(ada))
        office.recruiter.hire(ada)
        office.deliver(hired(ada))
        before = state(office, ada)
        office.forget()
        for event in (moved(ada), hired(ada), applied(office, ada), deleted(ada)):
            office.deliver(event)
        assert (state(office, ada), office.writes()) == (before, 0)


class TestUntrue:
    @pytest.mark.parametrize("kind", [Kind.HIRED, Kind.DELETED])
    @pytest.mark.parametrize("invited", [True, False])
    def test_a_claim_changes_nothing_beyond_what_is_so(self, office: Office, kind: Kind, invited: bool) -> None:
        ada = office.apply() if invited else elsewhere(office)
        if invited:
            office.run(ada)
        before = state(office, ada)
        office.forget()
        assert office.deliver(Event(kind, ada)) == {"unconfirmed": 1}
        assert (state(office, ada), office.writes()) == (before, 0)
