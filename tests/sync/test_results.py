"""Results, from Alva to Lever: what is written, in which order, with how many calls, and what changes meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

import pytest

from alva_lever.batch.batch import Unfinished
from alva_lever.http.errors import ApiError, Unauthorized
from alva_lever.settings import Options
from tests.sync.killing import Killer, When, survives
from tests.sync.office import FURTHER, TRIGGER, WRITES, Office

SENT, DONE = ["Invitation Sent"], ["High role fit", "Completed"]


class TestWays:
    def test_a_candidate_goes_through_every_state_with_one_note_and_one_link(self, office: Office, ada: str) -> None:
        """One row of the table after the other, as for a real candidate."""
        assert office.push_lately() == {}
        office.candidates.deliver(ada)
        assert office.push_lately() == {"unchanged": 1}
        office.candidates.bounce(ada)
        assert office.push_lately() == {"bounced": 1}
        assert (office.status(ada), office.failures(ada)) == (["Invitation Bounced"], ["bounce"])
        office.reenter(ada)
        assert office.run(ada) == {"trigger_stage": 1}
        assert (office.status(ada), office.sent(ada)) == (SENT, 2)
        office.candidates.finish(ada, 82)
        assert office.push_lately() == {"completed": 1}
        assert (office.status(ada), office.stage(ada)) == (DONE, FURTHER)
        office.recruiter.move(ada, TRIGGER)
        office.candidates.refit(ada, 49)
        assert office.push_lately() == {"updated": 1}
        assert (office.status(ada), office.stage(ada)) == (["Completed", "Low role fit"], TRIGGER)
        office.candidates.withdraw(ada)
        assert office.push_lately() == {"withdrawn": 1}
        assert office.status(ada) == ["Completed"]
        office.candidates.share(ada)
        assert office.push_lately() == {"updated": 1}
        office.candidates.reset(ada)
        assert office.push_lately() == {"reset": 1}
        assert office.status(ada) == SENT
        office.candidates.finish(ada, 100)
        assert office.push_lately() == {"completed": 1}
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
    def test_each_role_fit_has_its_tag(self, office: Office, ada: str, score: float | None, label: str | None) -> None:
        office.candidates.finish(ada, score)
        assert office.push_lately() == {"completed": 1}
        assert office.status(ada) == [*([f"{label} role fit"] if label else []), "Completed"]

    def test_a_missing_invitation_tag_is_written(self, office: Office, ada: str) -> None:
        office.recruiter.untag(ada, "Alva: Invitation Sent")
        office.candidates.deliver(ada)
        assert office.push_lately() == {"invited": 1}
        assert office.status(ada) == SENT

    def test_finishing_part_of_the_tests_changes_nothing(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, only=["logic"])
        assert office.push_lately() == {"unchanged": 1}
        assert office.writes() == 0

    def test_the_results_of_an_archived_candidate_are_written_without_a_move(self, office: Office, ada: str) -> None:
        office.recruiter.archive(ada)
        office.candidates.finish(ada, 82)
        assert office.push_lately() == {"completed": 1}
        assert (office.status(ada), office.stage(ada)) == (DONE, TRIGGER)

    def test_a_reply_to_the_note_survives_its_update(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.push_lately()
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
        assert office.push_lately() == {"updated": 1}
        (note,) = office.sandbox.look(ada)["notes"]
        assert "Role fit: 20" in note["text"]
        assert note["text"].endswith("Call her")
        assert office.push_lately() == {"unchanged": 1}


class TestCalls:
    def test_a_completion_takes_two_reads_and_five_writes(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.push_lately()
        assert office.asked("lever") == ["POST addLinks", "POST notes", "PUT stage", "POST removeTags", "POST addTags"]
        assert len(office.arrived("lever", "GET")) == 2
        # One listing by the poll, one by the batch, and the results.
        assert len(office.arrived("alva")) == 3

    def test_an_unchanged_invited_candidate_takes_one_read(self, office: Office, ada: str) -> None:
        office.candidates.deliver(ada)
        office.push_lately()
        assert (len(office.arrived("lever")), len(office.arrived("alva"))) == (1, 2)

    def test_a_second_run_writes_nothing(self, office: Office, ada: str) -> None:
        bo, kim = office.applied(2)
        office.run(bo, kim)
        office.candidates.finish(ada, 82)
        office.candidates.bounce(bo)
        office.candidates.finish(kim, None)
        office.push_lately()
        office.forget()
        assert office.push_lately() == {"unchanged": 3}
        assert office.writes() == 0

    def test_a_dry_run_reports_the_same_and_writes_nothing(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        assert office.push_lately(dry_run=True) == {"completed": 1}
        assert office.writes() == 0

    def test_120_completions_are_done_with_six_calls_each(self, office: Office) -> None:
        ids = office.applied(120)
        office.run(*ids)
        office.later(60)
        for one in ids:
            office.candidates.finish(one, 82)
        office.forget()
        assert office.push_lately() == {"completed": 120}
        assert len(office.arrived("lever")) == 120 * 6
        assert {tuple(office.status(one)) for one in ids} == {tuple(DONE)}


class TestWho:
    def test_a_candidate_who_was_added_by_hand_in_alva_is_ignored(self, office: Office, ada: str) -> None:
        office.candidates.add_by_hand(office.posting, "by.hand@candidates.example.com")
        assert office.push_lately() == {}

    def test_named_opportunities_are_done_or_reported_as_not_in_alva_or_gone(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        other = office.apply()
        assert office.push(ada, other, "nobody") == {"completed": 1, "not_in_alva": 1, "gone": 1}

    def test_gone_and_confidential_candidates_get_nothing_and_the_others_are_done(self, office: Office) -> None:
        ids = office.applied(5)
        office.run(*ids)
        for one in ids:
            office.candidates.finish(one, 82)
        office.recruiter.delete(ids[0])
        office.recruiter.restrict(ids[1])
        office.recruiter.anonymise(ids[2])
        office.sandbox.world.lever.opportunity(ids[3]).confidential = True
        office.forget()
        assert office.push_lately() == {"gone": 2, "confidential": 2, "completed": 1}
        assert {path.split("/")[2] for path in (one.path for one in office.arrived("lever", "POST"))} == {ids[4]}

    @pytest.mark.parametrize(("status", "word"), [(404, "gone"), (403, "confidential")])
    @pytest.mark.parametrize("write", ["addLinks", "notes", "stage", "removeTags", "addTags"])
    def test_a_candidate_who_is_deleted_or_hidden_before_a_write_is_gone_or_confidential(
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
        assert office.push_lately() == {word: 1, "completed": 1}
        assert office.status(bo) == DONE

    def test_a_candidate_who_is_removed_from_alva_after_the_listing_is_not_in_alva(
        self, office: Office, ada: str
    ) -> None:
        office.candidates.finish(ada, 82)
        alva = office.alva()
        (candidate,) = alva.candidates(external_id=ada)
        office.faults.add("alva", "GET", "*/results", kind="call", action=lambda: alva.remove_candidate(candidate))
        assert office.push_lately() == {"not_in_alva": 1}
        assert [one.service for one in office.arrived() if one.method in WRITES] == ["alva"]

    def test_missing_results_of_a_candidate_in_alva_are_a_fault(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.faults.add("alva", "GET", "*/results", status=404, times=None)
        with pytest.raises(Unfinished):
            office.push_lately()
        assert (office.progress.report.counts, office.progress.faults) == ({}, {ada: "not_found"})
        office.faults.clear()
        assert office.push_lately() == {"completed": 1}

    def test_a_key_that_may_not_write_does_not_make_a_candidate_confidential(self, office: Office, ada: str) -> None:
        office.candidates.finish(ada, 82)
        office.restricted_key(opportunities="read", notes="read", stages="read")
        with pytest.raises(Unfinished, match="opportunities: write"):
            office.push_lately()

    def test_a_rejected_alva_key_fails_the_task(self, office: Office, ada: str) -> None:
        office.faults.add("alva", "GET", "*", status=401, times=None)
        with pytest.raises(Unauthorized):
            office.push_lately()

    def test_one_candidates_fault_does_not_block_the_others(self, office: Office) -> None:
        ids = office.applied(8)
        office.run(*ids)
        for one in ids:
            office.candidates.finish(one, 82)
        office.faults.add("lever", "POST", f"*/opportunities/{ids[2]}/addLinks", status=500, times=None)
        with pytest.raises(ApiError, match="1 of 8"):
            office.push_lately()
        assert [office.status(one) == DONE for one in ids] == [one != ids[2] for one in ids]
        office.faults.clear()
        assert office.push_lately(again=True) == {"completed": 8}


class TestKilled:
    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize("what", ["completed", "bounced", "reset", "updated"])
    def test_the_outcome_is_the_same_after_a_kill_at_any_request(self, office: Office, what: str, when: When) -> None:
        with office.sandbox.serve() as url:
            for at in itertools.count(1):
                office.adapter = None
                office.reopen()
                office.options = Options(trigger_stage=TRIGGER, progression_stage=FURTHER)
                ada = office.apply(tags=["vip"])
                office.run(ada)
                if what in ("reset", "updated"):
                    office.candidates.finish(ada, 30)
                    office.push(ada)
                happens: dict[str, Callable[[str], object]] = {
                    "completed": lambda one: office.candidates.finish(one, 82),
                    "bounced": office.candidates.bounce,
                    "reset": office.candidates.reset,
                    "updated": lambda one: office.candidates.refit(one, 82),
                }
                happens[what](ada)
                office.connect(url)
                office.adapter = Killer(at, when)
                ended = survives(partial(office.push, ada))
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
