"""Results, from Alva to Lever: what is written, in which order, with how many calls, and what others do meanwhile."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from alva_lever.rules.claims import Event, Kind, results_of
from alva_lever.rules.settings import Options
from alva_lever.steps.batch import CALLS_PER_TURN
from alva_lever.transport.errors import ApiError, Forbidden, Unauthorized
from tests.steps.killing import Killer, When, survives
from tests.steps.office import ELSEWHERE, FURTHER, TRIGGER, Office

SENT, DONE = ["Invitation Sent"], ["High role fit", "Completed"]


@pytest.fixture
def ada(office: Office) -> str:
    """Somebody who was invited, with a tag of a person's, where a progression stage is set."""
    office.options = Options(TRIGGER, progression_stage=FURTHER)
    ada = office.apply(tags=["vip", "Alva: Send Test"])
    office.run(ada)
    office.later(60)
    office.forget()
    return ada


def since(office: Office) -> int:
    """A quarter of an hour ago."""
    return office.clock.now_ms() - 15 * 60_000


def push(office: Office, **options: Any) -> dict[str, int]:
    return office.push(since_ms=since(office), **options)


def stage(office: Office, one: str) -> str:
    return str(office.sandbox.look(one)["stage"])


class TestWays:
    def test_from_the_invitation_to_the_end(self, office: Office, ada: str) -> None:
        """Each row after the other, as a company lives through it, with one note and one link all along."""
        assert push(office) == {}
        office.candidates.deliver(ada)
        assert push(office) == {"unchanged": 1}
        office.candidates.bounce(ada)
        assert push(office) == {"bounced": 1}
        assert (office.status(ada), office.failures(ada)) == (["Invitation Bounced"], ["bounce"])
        office.reenter(ada)
        assert office.run(ada) == {"trigger_stage": 1}
        assert (office.status(ada), office.sent(ada)) == (SENT, 2)
        office.candidates.finish(ada, 82)
        assert push(office) == {"completed": 1}
        assert (office.status(ada), stage(office, ada)) == (DONE, FURTHER)
        office.recruiter.move(ada, TRIGGER)
        office.candidates.refit(ada, 49)
        assert push(office) == {"updated": 1}
        assert (office.status(ada), stage(office, ada)) == (["Completed", "Low role fit"], TRIGGER)
        office.candidates.withdraw(ada)
        assert push(office) == {"withdrawn": 1}
        assert office.status(ada) == ["Completed"]
        office.candidates.share(ada)
        assert push(office) == {"updated": 1}
        office.candidates.reset(ada)
        assert push(office) == {"reset": 1}
        assert office.status(ada) == SENT
        office.candidates.finish(ada, 100)
        assert push(office) == {"completed": 1}
        assert office.status(ada) == ["Very high role fit", "Completed"]
        refs = [ref.split("/")[0] for ref in office.refs(ada)]
        assert sorted(refs) == ["bounce", "result"]
        assert office.sandbox.look(ada)["links"] == [office.in_alva(ada)["url"]]
        assert office.other_tags(ada) == ["vip", "Alva: Send Test", "Data Engineer", "Platform"]

    @pytest.mark.parametrize(
        ("score", "label"),
        [
            (0, "Very low"), (24, "Very low"), (25, "Low"), (49, "Low"), (50, "Medium"),
            (74, "Medium"), (75, "High"), (99, "High"), (100, "Very high"), (None, None),
        ],
    )  # fmt: skip
    def test_each_role_fit(self, office: Office, ada: str, score: float | None, label: str | None) -> None:
        office.candidates.finish(ada, score)
        assert push(office) == {"completed": 1}
        assert office.status(ada) == [*([f"{label} role fit"] if label else []), "Completed"]

    def test_a_tag_that_a_crash_kept_from_being_written(self, office: Office, ada: str) -> None:
        office.recruiter.untag(ada, "Alva: Invitation Sent")
        office.candidates.deliver(ada)
        assert push(office) == {"invited": 1}
        assert office.status(ada) == SENT

    def test_a_part_of_the_tests_changes_nothing(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, only=["logic"])
        assert push(office) == {"unchanged": 1}
        assert office.writes() == 0

    def test_an_archived_candidates_results_are_told_and_nobody_is_moved(self, office: Office, ada: str) -> None:
        office.recruiter.archive(ada)
        office.candidates.finish(ada, 82)
        assert push(office) == {"completed": 1}
        assert (office.status(ada), stage(office, ada)) == (DONE, TRIGGER)

    def test_a_reply_to_the_note_outlives_its_update(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        push(office)
        (note,) = office.sandbox.look(ada)["notes"]
        lever = office.lever()
        lever.ask(
            "POST",
            f"/opportunities/{ada}/notes",
            lambda body: None,
            json={"value": "Call her"},
            params=[("note_id", note["id"])],
        )
        office.candidates.refit(ada, 20)
        assert push(office) == {"updated": 1}
        (note,) = office.sandbox.look(ada)["notes"]
        assert "Role fit: 20" in note["text"]
        assert note["text"].endswith("Call her")
        assert push(office) == {"unchanged": 1}


class TestCalls:
    def test_a_fresh_completion_takes_two_reads_and_five_writes(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        push(office)
        assert office.asked("lever") == ["POST addLinks", "POST notes", "PUT stage", "POST removeTags", "POST addTags"]
        assert len(office.arrived("lever", "GET")) == 2
        assert len(office.arrived("alva")) == 2  # the listing, and the results

    def test_who_is_invited_and_unchanged_takes_one_read(self, office: Office, ada: str) -> None:
        office.candidates.deliver(ada)
        push(office)
        assert (len(office.arrived("lever")), len(office.arrived("alva"))) == (1, 1)

    def test_a_second_run_writes_nothing(self, office: Office, ada: str) -> None:
        bo, kim = office.applied(2)
        office.run(bo, kim)
        office.candidates.finish(ada, 82)
        office.candidates.bounce(bo)
        office.candidates.finish(kim, None)
        push(office)
        office.forget()
        assert push(office) == {"unchanged": 3}
        assert office.writes() == 0

    def test_a_dry_run_says_the_same_and_writes_nothing(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        assert push(office, dry_run=True) == {"completed": 1}
        assert office.writes() == 0

    def test_more_than_a_turn_holds_goes_on_in_the_next(self, office: Office) -> None:
        ids = office.applied(120)
        office.run(*ids)
        office.later(60)
        for one in ids:
            office.candidates.finish(one, 82)
        office.forget()
        assert push(office) == {"completed": 120}
        assert len(office.arrived("lever")) == 120 * 6 > CALLS_PER_TURN
        assert {tuple(office.status(one)) for one in ids} == {tuple(DONE)}


class TestWho:
    def test_by_hand_in_alva_is_nobodys(self, office: Office, ada: str) -> None:
        office.candidates.add_by_hand(office.posting, "by.hand@candidates.test")
        assert push(office) == {}

    def test_named(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        other = office.apply()
        assert office.push(ada, other, "nobody") == {"completed": 1, "not_in_alva": 1, "gone": 1}

    def test_gone_hidden_confidential_and_anonymised_get_nothing_and_the_others_are_done(self, office: Office) -> None:
        ids = office.applied(5)
        office.run(*ids)
        for one in ids:
            office.candidates.finish(one, 82)
        office.recruiter.delete(ids[0])
        office.recruiter.restrict(ids[1])
        office.recruiter.anonymise(ids[2])
        office.sandbox.world.lever.opportunity(ids[3]).confidential = True
        office.forget()
        assert push(office) == {"gone": 2, "confidential": 2, "completed": 1}
        assert {path.split("/")[2] for path in (one.path for one in office.arrived("lever", "POST"))} == {ids[4]}

    @pytest.mark.parametrize(("status", "word"), [(404, "gone"), (403, "confidential")])
    @pytest.mark.parametrize("write", ["addLinks", "notes", "stage", "removeTags", "addTags"])
    def test_gone_or_hidden_between_looking_and_writing(
        self, office: Office, ada: str, write: str, status: int, word: str
    ) -> None:
        bo = office.apply()
        office.run(bo)
        for one in (ada, bo):
            office.candidates.finish(one, 82)

        def vanish() -> None:
            (office.recruiter.delete if status == 404 else office.recruiter.restrict)(ada)

        method = "PUT" if write == "stage" else "POST"
        office.faults.add("lever", method, f"*/opportunities/{ada}/{write}", kind="call", action=vanish)
        assert push(office) == {word: 1, "completed": 1}
        assert office.status(bo) == DONE

    def test_removed_from_alva_after_the_listing(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.faults.add("alva", "GET", "*/results", status=404)
        assert push(office) == {"not_in_alva": 1}
        assert office.writes() == 0

    def test_a_key_that_may_not_write_is_not_a_confidential_candidate(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.restricted_key(opportunities="read", notes="read", stages="read")
        with pytest.raises(Forbidden):
            push(office)

    def test_a_refused_key_of_alvas(self, office: Office, ada: str) -> None:
        office.faults.add("alva", "GET", "*", status=401, times=None)
        with pytest.raises(Unauthorized):
            push(office)

    def test_one_that_cannot_be_done_keeps_nobody_waiting(self, office: Office) -> None:
        ids = office.applied(8)
        office.run(*ids)
        for one in ids:
            office.candidates.finish(one, 82)
        office.faults.add("lever", "POST", f"*/opportunities/{ids[2]}/addLinks", status=500, times=None)
        with pytest.raises(ApiError, match="1 of 8"):
            push(office)
        assert [office.status(one) == DONE for one in ids] == [one != ids[2] for one in ids]
        office.faults.clear()
        assert push(office, again=True) == {"completed": 8}


class TestMeanwhile:
    """What people and other runs do in between."""

    @pytest.mark.parametrize("failed", [False, True])
    def test_who_is_anonymised_in_alva_can_still_be_asked_for_again(self, office: Office, failed: bool) -> None:
        office.options = Options(TRIGGER)
        ada = office.apply()
        office.run(ada)
        if failed:
            office.recruiter.untag(ada, "Alva: Invitation Sent")
            office.recruiter.tag(ada, "Alva: Invitation Failed")
        else:
            office.candidates.bounce(ada)
            push(office)
        before = office.status(ada)
        office.later(20)
        office.candidates.anonymise(ada)
        assert push(office) == {"unchanged": 1}
        assert office.status(ada) == before
        office.recruiter.set_emails(ada, ["right@candidates.test"])
        office.reenter(ada)
        assert office.run(ada) == {"trigger_stage": 1}
        assert office.status(ada) == SENT

    def test_a_bounce_note_that_a_person_deleted_is_not_written_anew(self, office: Office, ada: str) -> None:
        office.candidates.bounce(ada)
        push(office)
        office.later()
        (note,) = office.sandbox.look(ada)["notes"]
        office.recruiter.delete_note(ada, note["id"])
        office.recruiter.set_emails(ada, ["right@candidates.test"])
        office.reenter(ada)
        office.later(5)
        assert push(office) == {"unchanged": 1}
        assert office.run(ada) == {"trigger_stage": 1}
        assert office.status(ada) == SENT

    def test_a_note_deleted_before_its_update_is_written_by_the_next_attempt(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        push(office)
        office.candidates.refit(ada, 20)
        (note,) = office.sandbox.look(ada)["notes"]
        office.faults.add(
            "lever", "PUT", "*/notes/*", kind="call", action=lambda: office.recruiter.delete_note(ada, note["id"])
        )
        with pytest.raises(ApiError, match="1 of 1"):
            push(office)
        assert push(office, again=True) == {"updated": 1}
        assert office.status(ada) == ["Completed", "Very low role fit"]
        assert "Role fit: 20" in office.notes(ada)[0]

    @pytest.mark.parametrize("address", [None, "right@candidates.test"])
    def test_an_invitation_of_the_same_run_counts(self, office: Office, ada: str, address: str | None) -> None:
        office.candidates.bounce(ada)
        push(office)
        if address:
            office.recruiter.set_emails(ada, [address])
        office.reenter(ada)
        assert office.deliver(Event(Kind.MOVED, ada), results_of(ada), changed=True) == {"trigger_stage": 1}
        assert (office.status(ada), office.sent(ada)) == (SENT, 2)

    @pytest.mark.parametrize("what", ["archived", "moved on"])
    def test_nobody_is_moved_who_was_archived_or_moved_on_meanwhile(self, office: Office, what: str) -> None:
        office.options = Options(TRIGGER, progression_stage=ELSEWHERE)
        ada = office.apply()
        office.run(ada)
        office.candidates.finish(ada, 82)

        def act() -> None:
            office.recruiter.archive(ada) if what == "archived" else office.recruiter.move(ada, FURTHER)

        office.faults.add("lever", "POST", "*/addLinks", kind="call", action=act)
        assert push(office) == {"completed": 1}
        assert (office.status(ada), stage(office, ada)) == (DONE, TRIGGER if what == "archived" else FURTHER)


class TestKilled:
    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize("what", ["completed", "bounced", "reset", "updated"])
    def test_at_every_request_in_turn(self, office: Office, what: str, when: When) -> None:
        with office.sandbox.serve() as url:
            for at in itertools.count(1):
                office.adapter = None
                office.reopen()
                office.options = Options(TRIGGER, progression_stage=FURTHER)
                ada = office.apply(tags=["vip"])
                office.run(ada)
                if what in ("reset", "updated"):
                    office.candidates.finish(ada, 30)
                    office.push(ada)
                happens = {
                    "completed": lambda one: office.candidates.finish(one, 82),
                    "bounced": office.candidates.bounce,
                    "reset": office.candidates.reset,
                    "updated": lambda one: office.candidates.refit(one, 82),
                }[what]
                happens(ada)
                office.connect(url)
                office.adapter = Killer(at, when)
                ended = survives(lambda one=ada: office.push(one))
                office.adapter = None
                office.connect()
                office.push(ada)
                wanted = {"bounced": ["Invitation Bounced"], "reset": SENT}.get(what, DONE)
                assert sorted(office.status(ada)) == sorted(wanted)
                assert len(office.notes(ada)) == 1
                assert len(office.sandbox.look(ada)["links"]) == (0 if what == "bounced" else 1)
                assert "vip" in office.other_tags(ada)
                office.forget()
                assert office.push(ada) == {"unchanged": 1}
                assert office.writes() == 0
                if ended:
                    break
        assert at > 3
