"""Results, while people, faults and other runs change Lever or Alva."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from alva_lever.http.errors import ApiError
from alva_lever.rules.events import Event, Kind
from alva_lever.settings import Options
from include.sandbox.alva.models import Invitee, RoleFit
from include.sandbox.lever.models import Comment
from tests.sync.office import ELSEWHERE, FURTHER, TRIGGER, Office

SENT, DONE = ["Invitation Sent"], ["High role fit", "Completed"]


class TestSpoiltInAlva:
    """Rows in Alva that people or faults made unusable."""

    def unreadable(self, office: Office, candidate_id: str) -> None:
        """Gives the candidate an impossible role fit."""
        row = office.sandbox.world.alva.roster.get(candidate_id)
        row.role_fit = RoleFit(score=140, computed_at_ms=office.clock.now_ms(), complete=True)

    def test_an_unreadable_row_is_a_fault_of_one_candidate(self, office: Office) -> None:
        ids = office.applied(4)
        office.run(*ids)
        for one in ids:
            office.candidates.finish(one, 82)
        self.unreadable(office, office.in_alva(ids[1])["id"])
        office.forget()
        with pytest.raises(ApiError, match=r"1 of 4 .* `data\[\].role_fit` is not between"):
            office.push_lately()
        # One listing by the poll and one by the batch, which then reads the unreadable candidate by id.
        assert len(office.arrived("alva", "GET", "/candidates")) == 2 + 1
        assert [office.status(one) == DONE for one in ids] == [True, False, True, True]
        office.candidates.refit(ids[1], 82)
        assert office.push_lately(again=True) == {"completed": 4}

    def test_an_unreadable_row_without_an_opportunity_is_no_fault(self, office: Office, ada: str) -> None:
        self.unreadable(office, office.candidates.add_by_hand(office.posting, "by.hand@candidates.example.com"))
        office.candidates.finish(ada, 82)
        assert office.push_lately() == {"completed": 1}

    def add(self, office: Office, external_id: str) -> None:
        position = office.candidates.add_position("Another job")
        invitee = Invitee(email=f"{position}@candidates.example.com", external_id=external_id)
        office.sandbox.world.alva.roster.invite(position, invitee)

    def test_an_external_id_that_is_a_name_or_a_number_is_never_sent_to_lever(self, office: Office, ada: str) -> None:
        names = (
            "Ada",
            "Ada-Byron",
            "ada@candidates.example.com",
            "Ada Byron 2",
            "ada.byron1990",
            "0701234567",
            "070-123-45-67",
        )
        for name in names:
            self.add(office, name)
        assert office.push_lately() == {}
        assert office.arrived("lever") == []

    def test_of_two_alva_candidates_with_one_external_id_every_run_uses_the_same(
        self, office: Office, ada: str
    ) -> None:
        office.candidates.finish(ada, 82)
        office.push_lately()
        # The poll sees only the other one.
        office.later(20)
        self.add(office, ada)
        office.push_lately()
        before = (office.status(ada), office.notes(ada))
        for push in (partial(office.push, since_ms=0), partial(office.push, ada)):
            office.forget()
            assert push() == {"unchanged": 1}
            assert office.writes() == 0
        assert (office.status(ada), office.notes(ada)) == before


class TestMeanwhile:
    """Changes by people and other runs between two runs or two requests."""

    @pytest.mark.parametrize("failed", [False, True])
    def test_a_candidate_who_is_anonymised_in_alva_can_still_be_invited_again(
        self, office: Office, failed: bool
    ) -> None:
        office.options = Options(trigger_stage=TRIGGER)
        ada = office.apply()
        office.run(ada)
        if failed:
            office.recruiter.untag(ada, "Alva: Invitation Sent")
            office.recruiter.tag(ada, "Alva: Invitation Failed")
        else:
            office.candidates.bounce(ada)
            office.push_lately()
        before = office.status(ada)
        office.later(20)
        office.candidates.anonymise(ada)
        assert office.push_lately() == {"unchanged": 1}
        assert office.status(ada) == before
        office.recruiter.set_emails(ada, ["right@candidates.example.com"])
        office.reenter(ada)
        assert office.run(ada) == {"trigger_stage": 1}
        assert office.status(ada) == SENT

    def test_with_send_tests_an_address_that_alva_anonymised_does_not_ask_again(self, office: Office) -> None:
        ada = office.apply(tags=["Alva: Send Tests"])
        office.run(ada)
        office.candidates.bounce(ada)
        office.push_lately()
        office.candidates.anonymise(ada)
        assert office.run(ada) == {"awaiting_retry": 1}
        assert (office.sent(ada), office.status(ada)) == (1, ["Invitation Bounced"])

    def test_a_bounce_note_that_a_person_deleted_is_not_written_again(self, office: Office, ada: str) -> None:
        office.candidates.bounce(ada)
        office.push_lately()
        office.later()
        (note,) = office.sandbox.look(ada)["notes"]
        office.recruiter.delete_note(ada, note["id"])
        office.recruiter.set_emails(ada, ["right@candidates.example.com"])
        office.reenter(ada)
        office.later(5)
        assert office.push_lately() == {"unchanged": 1}
        assert office.run(ada) == {"trigger_stage": 1}
        assert office.status(ada) == SENT

    def test_a_note_deleted_before_its_update_is_written_by_the_next_attempt(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.push_lately()
        office.candidates.refit(ada, 20)
        (note,) = office.sandbox.look(ada)["notes"]
        office.faults.add(
            "lever", "PUT", "*/notes/*", kind="call", action=lambda: office.recruiter.delete_note(ada, note["id"])
        )
        with pytest.raises(ApiError, match="1 of 1"):
            office.push_lately()
        assert office.push_lately(again=True) == {"updated": 1}
        assert office.status(ada) == ["Completed", "Very low role fit"]
        assert "Role fit: 20" in office.notes(ada)[0]

    @pytest.mark.parametrize("address", [None, "right@candidates.example.com"])
    def test_results_of_the_same_run_see_its_invitation(self, office: Office, ada: str, address: str | None) -> None:
        office.candidates.bounce(ada)
        office.push_lately()
        if address:
            office.recruiter.set_emails(ada, [address])
        office.reenter(ada)
        assert office.deliver(Event(Kind.MOVED, ada), Event(Kind.RESULTS, ada)) == {"trigger_stage": 1}
        assert (office.status(ada), office.sent(ada)) == (SENT, 2)

    @pytest.mark.parametrize("what", ["archived", "moved on"])
    def test_a_candidate_who_is_archived_or_moved_meanwhile_is_not_moved(self, office: Office, what: str) -> None:
        office.options = Options(trigger_stage=TRIGGER, progression_stage=ELSEWHERE)
        ada = office.apply()
        office.run(ada)
        office.candidates.finish(ada, 82)

        def act() -> None:
            office.recruiter.archive(ada) if what == "archived" else office.recruiter.move(ada, FURTHER)

        office.faults.add("lever", "POST", "*/addLinks", kind="call", action=act)
        assert office.push_lately() == {"completed": 1}
        assert (office.status(ada), office.stage(ada)) == (DONE, TRIGGER if what == "archived" else FURTHER)

    def test_a_candidate_whom_a_person_moved_back_after_a_crash_is_not_moved_again(
        self, office: Office, ada: str
    ) -> None:
        office.candidates.finish(ada, 82)
        office.faults.add("lever", "POST", "*/removeTags", status=503, times=None)
        with pytest.raises(ApiError, match="1 of 1"):
            office.push_lately()
        assert office.stage(ada) == FURTHER
        office.faults.clear()
        office.later()
        office.recruiter.move(ada, TRIGGER)
        assert office.push_lately(again=True) == {"completed": 1}
        assert (office.status(ada), office.stage(ada)) == (DONE, TRIGGER)

    @pytest.mark.parametrize("write", ["PUT */notes/*", "PUT */stage", "POST */removeTags"])
    def test_a_completion_after_a_reset_moves_the_candidate_again_after_a_crash_at_any_write(
        self, office: Office, ada: str, write: str
    ) -> None:
        office.candidates.finish(ada, 82)
        office.push_lately()
        office.later()
        office.recruiter.move(ada, TRIGGER)
        office.candidates.reset(ada)
        office.push_lately()
        office.later()
        office.candidates.finish(ada, 90)
        office.faults.add("lever", *write.split(), status=503, times=None)
        with pytest.raises(ApiError, match="1 of 1"):
            office.push_lately()
        office.faults.clear()
        office.later()
        assert office.push_lately(again=True) == {"completed": 1}
        assert (office.status(ada), office.stage(ada)) == (DONE, FURTHER)
        changes = office.sandbox.world.lever.opportunity(ada).stage_changes
        further = office.settings.policy.progression_stage
        assert further is not None
        assert [change.to_stage_id for change in changes].count(further.id) == 2

    def test_a_candidate_whom_a_person_moved_back_is_not_moved_again_after_several_crashes(
        self, office: Office, ada: str
    ) -> None:
        office.candidates.finish(ada, 82)
        office.faults.add("lever", "POST", "*/removeTags", status=503, times=None)
        for number, score in enumerate((82, 40)):
            office.candidates.refit(ada, score)
            with pytest.raises(ApiError, match="1 of 1"):
                office.push_lately(again=number > 0)
            office.later()
            office.recruiter.move(ada, TRIGGER)
        office.faults.clear()
        assert office.push_lately(again=True) == {"completed": 1}
        assert (office.status(ada), office.stage(ada)) == (["Low role fit", "Completed"], TRIGGER)

    def test_a_candidate_whom_a_person_moved_back_is_not_moved_again_after_losing_the_tag(
        self, office: Office, ada: str
    ) -> None:
        office.candidates.finish(ada, 82)
        office.push_lately()
        office.later()
        office.recruiter.move(ada, TRIGGER)
        office.candidates.refit(ada, 40)
        office.push_lately()
        office.recruiter.untag(ada, "Alva: Completed")
        office.later()
        office.candidates.refit(ada, 60)
        assert office.push_lately() == {"completed": 1}
        assert office.stage(ada) == TRIGGER

    @pytest.mark.parametrize("cause", ["crash", "note deleted and crash", "at once"])
    def test_a_second_bounce_is_reported_and_causes_no_invitation(self, office: Office, ada: str, cause: str) -> None:
        office.candidates.bounce(ada)
        office.push_lately()
        if cause == "note deleted and crash":
            office.recruiter.delete_note(ada, office.sandbox.look(ada)["notes"][0]["id"])
        elif cause == "crash":
            office.recruiter.set_emails(ada, ["second@candidates.example.com"])
        office.reenter(ada)
        again = {"bounced": 1}
        if cause == "at once":
            bounce = lambda: office.candidates.bounce(ada)  # noqa: E731
            office.faults.add("alva", "GET", "/candidates/*", kind="call", action=bounce)
            assert office.run(ada) == {"trigger_stage": 1}
            again = {"unchanged": 1}
        else:
            office.faults.add("lever", "POST", "*/removeTags", status=503, times=None)
            with pytest.raises(ApiError, match="1 of 1"):
                office.run(ada)
            office.faults.clear()
            office.later()
            office.candidates.bounce(ada)
        office.later()
        assert office.push_lately() == again
        assert office.run(ada) == {"awaiting_retry": 1}
        assert (office.sent(ada), office.status(ada)) == (2, ["Invitation Bounced"])
        assert office.failures(ada) == ["bounce"] * (1 if "deleted" in cause else 2)

    def test_results_that_are_reset_after_the_listing_do_not_move_the_candidate(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        reset = lambda: office.candidates.reset(ada)  # noqa: E731
        office.faults.add("alva", "GET", "*/results", kind="call", action=reset)
        assert office.push_lately() == {"unchanged": 1}
        assert (office.status(ada), office.stage(ada), office.writes()) == (SENT, TRIGGER, 0)

    @pytest.mark.parametrize("write", ["PUT */notes/*", "POST */removeTags", "POST */addTags"])
    def test_a_reset_is_reported_as_a_reset_after_a_crash_at_any_write(
        self, office: Office, ada: str, write: str
    ) -> None:
        office.candidates.finish(ada, 82)
        office.push_lately()
        office.candidates.reset(ada)
        office.faults.add("lever", *write.split(), status=503, times=None)
        with pytest.raises(ApiError, match="1 of 1"):
            office.push_lately()
        office.faults.clear()
        assert office.push_lately(again=True) == {"reset": 1}
        assert office.status(ada) == SENT

    @pytest.mark.parametrize("status", [None, 403, 404])
    @pytest.mark.parametrize("granted", [True, False])
    def test_a_candidate_who_becomes_confidential_after_the_read_is_confidential(
        self, office: Office, ada: str, status: int | None, granted: bool
    ) -> None:
        """Lever may still show the opportunity to the key and refuse to change it, or refuse both."""
        bo = office.apply()
        office.run(bo)
        for one in (ada, bo):
            office.candidates.finish(one, 82)
        if granted:
            office.connect(lever_key=office.sandbox.add_lever_key("granted", None, confidential=True))

        def hide() -> None:
            office.sandbox.world.lever.opportunity(ada).confidential = True

        path = f"*/opportunities/{ada}/addLinks"
        office.faults.add("lever", "POST", path, kind="call", action=hide)
        if status is not None:
            office.faults.add("lever", "POST", path, status=status)
        assert office.push_lately() == {"confidential": 1, "completed": 1}
        assert (office.notes(ada), office.status(ada), office.status(bo)) == ([], SENT, DONE)

    def test_a_candidate_who_is_anonymised_after_the_read_is_gone(self, office: Office, ada: str) -> None:
        """Lever then refuses to change the contact."""
        bo = office.apply()
        office.run(bo)
        for one in (ada, bo):
            office.candidates.finish(one, 82)
        hide = lambda: office.recruiter.anonymise(ada)  # noqa: E731
        office.faults.add("lever", "POST", f"*/opportunities/{ada}/addLinks", kind="call", action=hide)
        assert office.push_lately() == {"gone": 1, "completed": 1}
        assert (office.notes(ada), office.status(ada), office.status(bo)) == ([], SENT, DONE)

    def test_a_refusal_by_lever_for_a_present_candidate_is_a_fault(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.faults.add("lever", "POST", "*/addLinks", status=400, times=None)
        with pytest.raises(ApiError, match="answered 400"):
            office.push_lately()
        assert office.status(ada) == SENT

    def test_a_failure_after_a_bounce_stays_and_the_two_dags_do_not_alternate(self, office: Office, ada: str) -> None:
        office.candidates.bounce(ada)
        office.push_lately()
        office.recruiter.set_emails(ada, [])
        office.reenter(ada)
        office.later()
        assert office.run(ada) == {"missing_email": 1}
        office.forget()
        for _ in range(2):
            office.later()
            assert office.push_lately() == {"unchanged": 1}
            assert office.run(ada) == {"awaiting_retry": 1}
        assert office.writes() == 0
        assert (office.status(ada), office.failures(ada)) == (["Invitation Failed"], ["bounce", "missing_email"])
        office.recruiter.set_emails(ada, ["right@candidates.example.com"])
        office.reenter(ada)
        assert office.run(ada) == {"trigger_stage": 1}
        assert office.status(ada) == SENT

    def test_a_reply_to_the_note_stays_and_names_its_author(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.push_lately()
        row = office.sandbox.world.lever.opportunity(ada)
        (thread,) = row.notes.values()
        user = next(iter(office.sandbox.world.lever.users.values()))
        thread.comments.append(Comment(value="Call her", created_at=office.later(), user=user.id, score=3))
        for score in (40, 60):
            office.later()
            office.candidates.refit(ada, score)
            assert office.push_lately() == {"updated": 1}
        assert [(comment.value, comment.score) for comment in thread.comments[1:]] == [(f"{user.name}: Call her", 3)]
        assert office.notes(ada)[0].endswith(office.refs(ada)[0])

    def test_a_reply_stays_also_if_the_key_may_not_read_users(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.push_lately()
        (thread,) = office.sandbox.world.lever.opportunity(ada).notes.values()
        user = next(iter(office.sandbox.world.lever.users.values()))
        thread.comments.append(Comment(value="Call her", created_at=office.later(), user=user.id))
        office.candidates.refit(ada, 40)
        office.restricted_key(opportunities="write", notes="write", stages="read")
        assert office.push_lately() == {"updated": 1}
        assert [comment.value for comment in thread.comments[1:]] == ["Somebody: Call her"]


class TestAskedOnce:
    """One request sends one invitation, also after a crash, and also if it bounces before the crash is repaired."""

    def crash(self, office: Office, ada: str, write: str, **fields: Any) -> None:
        """Sends the invitation, crashes before Lever has its tag, and lets the invitation bounce."""
        sent = office.sent(ada)
        office.faults.add("lever", "POST", f"*/{write}", status=503, times=None)
        with pytest.raises(ApiError, match="1 of 1"):
            office.run(ada, **fields)
        office.faults.clear()
        assert office.sent(ada) == sent + 1
        office.later(5)
        office.candidates.bounce(ada)
        office.later()

    @pytest.mark.parametrize("address", [None, "second@candidates.example.com"])
    @pytest.mark.parametrize("write", ["removeTags", "addTags"])
    @pytest.mark.parametrize("way", ["retry", "next hour", "results, then retry", "event"])
    def test_an_entry_sends_one_invitation(
        self, office: Office, ada: str, address: str | None, write: str, way: str
    ) -> None:
        office.candidates.bounce(ada)
        office.push_lately()
        if address:
            office.recruiter.set_emails(ada, [address])
        office.reenter(ada)
        began_ms = office.clock.now_ms()
        self.crash(office, ada, write, began_ms=began_ms)
        if way == "results, then retry":
            assert office.push_lately() == {"bounced": 1}
        if way == "event":
            office.deliver(Event(Kind.MOVED, ada))
        else:
            office.run(ada, again=True, repeated=way != "next hour", began_ms=began_ms)
        office.push_lately()
        assert (office.sent(ada), office.status(ada)) == (2, ["Invitation Bounced"])
        assert office.failures(ada) == ["bounce"] * 2
        office.reenter(ada)
        assert office.run(ada) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (3, SENT)

    @pytest.mark.parametrize("pushed", [True, False])
    def test_a_manual_run_sends_one_invitation(self, office: Office, ada: str, pushed: bool) -> None:
        office.candidates.bounce(ada)
        office.push_lately()
        office.later(10)
        asked: dict[str, Any] = {"named": frozenset([ada]), "run_id": "manual-7", "began_ms": office.clock.now_ms()}
        self.crash(office, ada, "removeTags", **asked)
        if pushed:
            office.push(ada)
        office.run(ada, repeated=True, **asked)
        assert (office.sent(ada), office.failures(ada)) == (2, ["bounce"] * 2)
        office.later(10)
        office.run(ada, **asked | {"run_id": "manual-8", "began_ms": office.clock.now_ms()})
        assert office.sent(ada) == 3

    def test_an_entry_after_a_failure_sends_one_invitation(self, office: Office) -> None:
        ada = office.apply(emails=[])
        office.run(ada)
        office.recruiter.set_emails(ada, ["ada@candidates.example.com"])
        office.reenter(ada)
        self.crash(office, ada, "removeTags")
        office.run(ada)
        assert (office.sent(ada), office.status(ada)) == (1, ["Invitation Bounced"])
        assert sorted(office.failures(ada)) == ["bounce", "missing_email"]

    @pytest.mark.parametrize("failed", [False, True])
    def test_a_quick_correction_is_invited_also_if_the_note_is_deleted(self, office: Office, failed: bool) -> None:
        ada = office.apply()
        office.run(ada)
        office.later()
        office.candidates.bounce(ada)
        office.later()
        office.push_lately()
        if failed:
            office.recruiter.set_emails(ada, [])
            office.reenter(ada)
            assert office.run(ada) == {"missing_email": 1}
        (note,) = [note for note in office.sandbox.look(ada)["notes"] if "bounced" in note["text"]]
        office.recruiter.delete_note(ada, note["id"])
        office.recruiter.set_emails(ada, ["right@candidates.example.com"])
        office.reenter(ada)
        office.later()
        assert office.push_lately() == {"unchanged": 1}
        assert office.run(ada) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (2, SENT)

    def test_a_candidate_who_becomes_confidential_before_the_link_is_confidential(self, office: Office) -> None:
        """The candidate already has results and completes at once."""
        office.connect(lever_key=office.sandbox.add_lever_key("granted", None, confidential=True))
        office.candidates.remember_person("ada@candidates.example.com", 82)
        ada = office.apply(emails=["ada@candidates.example.com"])

        def hide() -> None:
            office.sandbox.world.lever.opportunity(ada).confidential = True

        office.faults.add("lever", "POST", "*/addLinks", kind="call", action=hide)
        assert office.run(ada) == {"confidential": 1}
        assert (office.notes(ada), office.status(ada)) == ([], [])
