"""The table of tags, note, link and stage that an opportunity should have, and every way from one row to another."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules import tags
from alva_lever.rules.model import (
    AlvaCandidate,
    Assessment,
    Invitation,
    Note,
    Opportunity,
    Policy,
    Reply,
    Results,
    RoleFit,
    StageChange,
)
from alva_lever.rules.notes import State, bounce_ref, is_own, read
from alva_lever.rules.results import Difference, ResultsWord, difference, needs_notes
from tests.rules.build import (
    APPLIED,
    INTERVIEW,
    NEW_YEAR_MS,
    TESTS,
    archived,
    candidate,
    note,
    opportunity,
    policy,
    told_bounce,
    told_failure,
)

LINK = "https://app.alva.example.test/c/48213"
REF = "Ref: alva-lever/result/48213"
FITS = {
    0: "Very low",
    24: "Very low",
    25: "Low",
    49: "Low",
    50: "Medium",
    74: "Medium",
    75: "High",
    99: "High",
    100: "Very high",
}
WITH_PROGRESSION = policy(progression_stage=INTERVIEW)


def fit(score: float) -> str:
    return f"Alva: {FITS[int(score)]} role fit"


def results(score: float | None = 82, at: str = "2026-01-02T10:00:00Z") -> Results:
    return Results("48213", None if score is None else RoleFit(score, at), (("logic", "74 %"),), LINK)


@dataclass
class Lever:
    """One opportunity and its notes. Writes each difference to them as Lever would."""

    opportunity: Opportunity
    notes: list[Note]

    def mirror(
        self, found: AlvaCandidate, summary: Results | None = None, options: Policy = WITH_PROGRESSION
    ) -> Difference:
        needed = self.notes if needs_notes(self.opportunity, found) else []
        change = difference(self.opportunity, found, summary=summary, notes=needed, policy=options)
        present = self.opportunity
        for new in change.notes:
            if new.note is None:
                self.notes.append(replace(note(new.text), id=f"note-{len(self.notes)}"))
            else:
                self.notes = [replace(old, text=new.text) if old.id == new.note.id else old for old in self.notes]
        kept = [tag for tag in present.tags if tag not in change.tags.remove]
        self.opportunity = replace(
            present,
            links=(*present.links, *([change.link] if change.link else ())),
            stage_id=change.stage_id or present.stage_id,
            tags=(*kept, *change.tags.add),
        )
        return change

    @property
    def owned(self) -> set[str]:
        return {tag for tag in self.opportunity.tags if tag in tags.OWNED}

    @property
    def results_note(self) -> str:
        (text,) = [each.text for each in self.notes if is_own(each, REF)]
        return text

    @property
    def state(self) -> State | None:
        """The state in the last line of the result note."""
        line = read(self.results_note)
        return None if line is None else line.state


def lever(*own: str, **changes: Any) -> Lever:
    return Lever(opportunity(tags=("Engineering", *own), **changes), [])


INVITED = candidate("invited", "invited")
BOUNCED = candidate("invited", "invited", sent="bounced")
DONE = candidate("completed", "completed")


class TestRows:
    def test_an_invited_candidate_with_the_right_tag_stays_unchanged(self) -> None:
        assert not lever(tags.INVITATION_SENT).mirror(INVITED)

    @pytest.mark.parametrize("before", [(), (tags.INVITATION_FAILED,), (tags.INVITATION_BOUNCED,)])
    def test_a_missing_or_wrong_tag_is_corrected(self, before: tuple[str, ...]) -> None:
        there = lever(*before)
        assert there.mirror(INVITED).word == ResultsWord.INVITED
        assert there.owned == {tags.INVITATION_SENT}
        assert there.notes == []

    @pytest.mark.parametrize("before", [(), (tags.INVITATION_SENT,), (tags.INVITATION_FAILED,)])
    def test_a_bounce_sets_the_tag_and_writes_one_note(self, before: tuple[str, ...]) -> None:
        there = lever(*before)
        assert there.mirror(BOUNCED).word == ResultsWord.BOUNCED
        assert there.owned == {tags.INVITATION_BOUNCED}
        assert [each.text.rpartition("\n")[2] for each in there.notes] == [bounce_ref(BOUNCED)]
        assert not there.mirror(BOUNCED)

    @pytest.mark.parametrize("before", [(tags.INVITATION_BOUNCED,), (tags.INVITATION_FAILED,)])
    def test_a_bounce_gets_a_note_also_without_a_sending_time(self, before: tuple[str, ...]) -> None:
        there = lever(*before)
        there.notes = [told_failure("missing_email", "k")] if tags.INVITATION_FAILED in before else []
        unknown = replace(BOUNCED, invitation=Invitation("bounced", None, "a@b.example.com"))
        assert there.mirror(unknown).word == ResultsWord.BOUNCED
        assert bounce_ref(unknown) in there.notes[-1].text
        assert there.owned == {tags.INVITATION_BOUNCED}

    def test_a_second_bounce_gets_its_own_note(self) -> None:
        there = lever(tags.INVITATION_SENT)
        there.mirror(BOUNCED)
        again = replace(BOUNCED, invitation=Invitation("bounced", NEW_YEAR_MS + 1, "a@b.example.com"))
        assert there.mirror(again).word == ResultsWord.BOUNCED
        assert len(there.notes) == 2

    @pytest.mark.parametrize("score", [*FITS, 24.99, 99.99])
    def test_a_completion_sets_tags_note_link_and_stage(self, score: float) -> None:
        there = lever(tags.INVITATION_SENT)
        change = there.mirror(DONE, results(score))
        assert change.word == ResultsWord.COMPLETED
        assert (change.link, change.stage_id, change.tags.add[-1]) == (LINK, INTERVIEW.id, tags.COMPLETED)
        assert there.owned == {tags.COMPLETED, fit(score)}
        assert f"Role fit: {int(score)} of 100" in there.results_note
        assert not there.mirror(DONE, results(score))

    def test_a_missing_role_fit_is_not_zero(self) -> None:
        there = lever(tags.INVITATION_SENT)
        assert there.mirror(DONE, results(None)).word == ResultsWord.COMPLETED
        assert there.owned == {tags.COMPLETED}
        assert "Role fit: none now" in there.results_note

    def test_a_candidate_whose_mail_bounced_can_complete(self) -> None:
        there = lever(tags.INVITATION_BOUNCED)
        assert there.mirror(replace(DONE, invitation=BOUNCED.invitation), results()).word == ResultsWord.COMPLETED
        assert there.owned == {tags.COMPLETED, fit(75)}

    def test_another_role_fit_updates_the_tag_and_the_same_note_and_does_not_move_the_candidate(self) -> None:
        there = lever(tags.INVITATION_SENT)
        there.mirror(DONE, results(82))
        there.opportunity = replace(there.opportunity, stage_id=APPLIED.id)
        change = there.mirror(DONE, results(40))
        assert (change.word, change.stage_id, change.link) == (ResultsWord.UPDATED, None, None)
        assert there.owned == {tags.COMPLETED, fit(25)}
        assert "Role fit: 40" in there.results_note
        assert len(there.notes) == 1

    def test_another_role_fit_with_the_same_tag_updates_only_the_note(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        change = there.mirror(DONE, results(83))
        assert (change.word, bool(change.tags), len(change.notes)) == (ResultsWord.UPDATED, False, 1)

    def test_a_late_role_fit_is_added(self) -> None:
        there = lever()
        there.mirror(DONE, results(None))
        assert there.mirror(DONE, results(50)).word == ResultsWord.UPDATED
        assert there.owned == {tags.COMPLETED, fit(50)}

    def test_withdrawn_results_remove_the_role_fit_and_keep_completed(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        assert there.mirror(DONE, results(None)).word == ResultsWord.WITHDRAWN
        assert there.owned == {tags.COMPLETED}
        assert "Role fit: none now" in there.results_note
        assert "82 of" not in there.results_note
        assert not there.mirror(DONE, results(None))

    def test_a_reset_removes_the_result_tags_and_the_note_says_so(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        assert there.mirror(INVITED).word == ResultsWord.RESET
        assert there.owned == {tags.INVITATION_SENT}
        assert "reset" in there.results_note
        assert "82 of" not in there.results_note
        assert not there.mirror(INVITED)
        # The candidate starts the first new test: the note stays.
        assert not there.mirror(candidate("started", "invited"))

    def test_a_test_added_later_is_no_reset(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        assert there.mirror(candidate("completed", "completed", "invited")).word == ResultsWord.INVITED
        assert there.owned == {tags.INVITATION_SENT}
        assert "Further tests" in there.results_note
        assert "82 of" not in there.results_note
        assert not there.mirror(candidate("completed", "completed", "started"))
        # Now all tests are reset.
        assert there.mirror(INVITED).word == ResultsWord.RESET
        assert "reset" in there.results_note
        assert there.mirror(candidate("completed", "completed", "completed"), results(82)).word == ResultsWord.COMPLETED

    def test_while_some_tests_are_completed_the_others_are_awaited(self) -> None:
        """Some tests were reset, or further ones were added: the note's words hold for both."""
        there = lever()
        there.mirror(candidate("completed", "completed", "completed"), results(82))
        assert there.mirror(candidate("invited", "started", "completed")).word == ResultsWord.INVITED
        assert there.owned == {tags.INVITATION_SENT}
        assert there.state == "awaiting"
        assert "must take some tests again" in there.results_note
        assert not there.mirror(candidate("invited", "completed", "completed"))

    def test_a_further_test_of_a_completed_type_is_no_reset(self) -> None:
        coding = Assessment("coding", "completed")
        there = lever()
        there.mirror(replace(DONE, assessments=(coding,)), results(82))
        further = replace(DONE, assessments=(coding, Assessment("coding", "invited")))
        assert there.mirror(further).word == ResultsWord.INVITED
        assert "Further tests" in there.results_note

    def test_a_bounce_after_a_reset_stays_after_alva_anonymises_the_candidate(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        there.mirror(BOUNCED)
        assert not there.mirror(replace(INVITED, email="", invitation=None))
        assert there.owned == {tags.INVITATION_BOUNCED}

    def test_the_note_reports_a_reset_also_where_only_the_results_had_a_link(self) -> None:
        there = lever()
        there.mirror(replace(DONE, url=None), results(82))
        there.opportunity = replace(there.opportunity, tags=("Engineering",))
        assert there.mirror(replace(INVITED, url=None)).word == ResultsWord.RESET
        assert "reset" in there.results_note

    @pytest.mark.parametrize("completed", [True, False])
    def test_an_anonymised_candidate_without_tests_changes_nothing(self, completed: bool) -> None:
        there = lever() if completed else lever(tags.INVITATION_SENT)
        if completed:
            there.mirror(DONE, results(82))
        before = there.opportunity
        assert not there.mirror(candidate(email="", invitation=None, url=None if completed else LINK))
        assert there.opportunity == before

    @pytest.mark.parametrize("before", [(), (tags.INVITATION_FAILED,)])
    def test_a_link_without_a_result_note_means_no_reset(self, before: tuple[str, ...]) -> None:
        assert lever(*before, links=(LINK,)).mirror(INVITED).word == ResultsWord.INVITED

    def test_a_failure_after_the_bounce_stays_until_it_is_resolved(self) -> None:
        """Otherwise the polls for invitations and for results would overwrite each other's tag for ever."""
        there = lever(tags.INVITATION_FAILED)
        there.notes = [told_bounce(), told_failure("missing_email", "k", NEW_YEAR_MS + 1)]
        assert not there.mirror(BOUNCED)
        again = replace(BOUNCED, invitation=Invitation("bounced", NEW_YEAR_MS + 5, "a@b.example.com"))
        assert there.mirror(again).word == ResultsWord.BOUNCED
        assert there.owned == {tags.INVITATION_BOUNCED}

    def test_a_bounce_replaces_an_earlier_failure_also_after_a_crash_before_the_tag(self) -> None:
        there = lever(tags.INVITATION_FAILED)
        there.notes = [told_failure("missing_email", "k", NEW_YEAR_MS - 1), told_bounce()]
        assert there.mirror(BOUNCED).notes == ()
        assert there.owned == {tags.INVITATION_BOUNCED}

    def test_a_completion_after_a_reset_updates_the_same_note(self) -> None:
        there = lever()
        for summary in (results(82), None, results(30)):
            there.mirror(DONE if summary else INVITED, summary)
        assert there.owned == {tags.COMPLETED, fit(25)}
        assert "Role fit: 30" in there.results_note
        assert len(there.notes) == 1

    def test_a_deleted_result_note_is_written_again_for_a_completion_but_not_for_a_reset(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        there.notes = []
        assert there.mirror(DONE, results(82)).word == ResultsWord.UPDATED
        there.notes = []
        assert there.mirror(INVITED).notes == ()

    def test_a_note_by_a_person_is_never_taken_for_the_result_note(self) -> None:
        there = lever()
        there.notes = [note(f"I copied this\n\n{REF}", author_id="user-1")]
        there.mirror(DONE, results(82))
        assert len(there.notes) == 2
        assert there.notes[0].text == f"I copied this\n\n{REF}"

    def test_the_last_line_of_the_note_names_the_state(self) -> None:
        there = lever()
        states = []
        for mirrored in ((DONE, results(82)), (DONE, results(None)), (INVITED, None), (DONE, results(None))):
            there.mirror(*mirrored)
            states.append(there.state)
        further = candidate("completed", "completed", "invited")
        there.mirror(further)
        assert [*states, there.state] == ["completed", "withdrawn", "reset", "withdrawn", "awaiting"]

    def test_a_reply_does_not_change_the_note(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        there.notes = [replace(there.notes[0], replies=(Reply("Call her", NEW_YEAR_MS),))]
        assert not there.mirror(DONE, results(82))


class TestFirstVersion:
    """Result notes of the first version: their last line has neither state nor mark."""

    def with_note(self, *own: str, **changes: Any) -> Lever:
        there = lever(*own, **changes)
        there.notes = [note(f"Alva: test results\n\nRole fit: 82 of 100\n\n{REF}")]
        return there

    @pytest.mark.parametrize(
        ("found", "summary", "state"),
        [
            (DONE, results(82), "completed"),
            (DONE, results(None), "withdrawn"),
            (INVITED, None, "reset"),
            (candidate("completed", "started"), None, "awaiting"),
        ],
    )
    @pytest.mark.parametrize("own", [(tags.COMPLETED, fit(75)), (tags.INVITATION_SENT,)], ids=["results", "none"])
    def test_the_note_is_updated_in_place(
        self, own: tuple[str, ...], found: AlvaCandidate, summary: Results | None, state: str
    ) -> None:
        there = self.with_note(*own, links=(LINK,))
        assert len(there.mirror(found, summary).notes) == 1
        assert (there.state, len(there.notes)) == (state, 1)
        assert not there.mirror(found, summary)

    def test_without_result_tags_the_note_stays_after_alva_anonymises_the_candidate(self) -> None:
        there = self.with_note(tags.INVITATION_BOUNCED, links=(LINK,))
        assert not there.mirror(replace(INVITED, email="", invitation=None))

    def test_with_result_tags_the_note_reports_a_reset_after_alva_anonymises_the_candidate(self) -> None:
        there = self.with_note(tags.COMPLETED, fit(75), links=(LINK,))
        assert there.mirror(replace(INVITED, email="", invitation=None)).word == ResultsWord.RESET
        assert there.state == "reset"


class TestProgression:
    @pytest.mark.parametrize(
        "changes", [{"archived": archived()}, {"stage_id": INTERVIEW.id}, {"stage_id": "removed"}, {"stage_id": None}]
    )
    def test_a_candidate_is_not_moved_back_or_out_of_the_archive(self, changes: dict[str, Any]) -> None:
        change = lever(**changes).mirror(DONE, results())
        assert (change.word, change.stage_id) == (ResultsWord.COMPLETED, None)

    def test_without_a_progression_stage_the_candidate_is_not_moved(self) -> None:
        assert lever().mirror(DONE, results(), policy(progression_stage=None)).stage_id is None

    def test_a_candidate_is_not_moved_twice_after_a_crash_before_the_tag(self) -> None:
        there = lever()
        there.mirror(DONE, results())
        there.opportunity = replace(there.opportunity, tags=("Engineering",))
        change = there.mirror(DONE, results())
        assert (change.word, change.stage_id, change.notes, change.link) == (ResultsWord.COMPLETED, None, (), None)

    def enter_and_move_back(self, there: Lever, at_ms: int) -> None:
        """The run crashes before the tag, and a person moves the candidate back."""
        history = (*there.opportunity.stage_changes, StageChange(INTERVIEW.id, at_ms), StageChange(TESTS.id, at_ms + 9))
        there.opportunity = replace(
            there.opportunity, stage_id=TESTS.id, stage_changes=history, tags=(tags.INVITATION_SENT,)
        )

    def test_a_candidate_whom_a_person_moved_back_after_a_crash_is_not_moved_again(self) -> None:
        there = lever()
        there.mirror(DONE, results())
        self.enter_and_move_back(there, NEW_YEAR_MS + 5)
        change = there.mirror(DONE, results(40))
        assert (change.word, change.stage_id) == (ResultsWord.COMPLETED, None)

    def test_a_candidate_who_was_in_the_stage_before_the_results_is_moved(self) -> None:
        there = lever()
        there.notes = [note(f"Alva: test results\n\n{REF}")]
        self.enter_and_move_back(there, NEW_YEAR_MS - 5)
        assert there.mirror(DONE, results()).stage_id == INTERVIEW.id

    @pytest.mark.parametrize("crashed", [False, True])
    def test_a_completion_after_a_reset_moves_the_candidate_again(self, crashed: bool) -> None:
        there = lever()
        there.mirror(DONE, results())
        self.enter_and_move_back(there, NEW_YEAR_MS + 5)
        there.mirror(DONE, results())
        there.mirror(INVITED)
        if crashed:
            # After the note, which gets a new date in Lever, and before the stage.
            before = there.opportunity
            there.mirror(DONE, results(30))
            there.notes = [replace(there.notes[0], text_at_ms=NEW_YEAR_MS + 99)]
            there.opportunity = replace(before, links=there.opportunity.links)
        assert there.mirror(DONE, results(30)).stage_id == INTERVIEW.id


STATES: dict[str, tuple[AlvaCandidate, Results | None]] = {
    "invited": (INVITED, None),
    "started": (candidate("completed", "started"), None),
    "bounced": (BOUNCED, None),
    "completed": (DONE, results(82)),
    "re-scored": (DONE, results(10, "2026-01-03T10:00:00Z")),
    "withdrawn": (DONE, results(None)),
}


@pytest.mark.parametrize("path", list(itertools.permutations(STATES, 3)), ids="-".join)
def test_the_last_state_alone_decides_the_outcome(path: tuple[str, ...]) -> None:
    """Walks every two transitions in a row and compares tags and the one result note. A repeat writes nothing."""
    there = lever()
    for name in path:
        there.mirror(*STATES[name])
        assert not there.mirror(*STATES[name])
    alone = lever()
    alone.mirror(*STATES[path[-1]])
    assert there.owned == alone.owned
    own = [each.text for each in there.notes if is_own(each, REF)]
    if any(is_own(each, REF) for each in alone.notes):
        assert own == [alone.results_note]
    else:
        # Some tests are completed and some aren't: that happens after a reset as well.
        assert not own or there.state in (("reset", "awaiting") if path[-1] == "started" else ("reset",))


@given(st.lists(st.text(max_size=30).filter(lambda tag: tag not in tags.OWNED), max_size=6), st.sampled_from([*STATES]))
def test_tags_of_others_stay(others: list[str], name: str) -> None:
    there = Lever(opportunity(tags=tuple(others)), [])
    there.mirror(*STATES[name])
    assert [tag for tag in there.opportunity.tags if tag not in tags.OWNED] == others


def test_notes_are_read_only_when_they_decide_something() -> None:
    assert not needs_notes(lever(tags.INVITATION_SENT).opportunity, INVITED)
    assert needs_notes(lever(tags.INVITATION_SENT, links=(LINK,)).opportunity, INVITED)
    assert needs_notes(lever(tags.COMPLETED).opportunity, INVITED)
    assert needs_notes(lever(tags.INVITATION_SENT).opportunity, replace(INVITED, url=None))
    assert needs_notes(lever().opportunity, BOUNCED)
    assert needs_notes(lever().opportunity, DONE)


def test_the_repr_of_a_difference_has_no_results_and_no_link() -> None:
    text = repr(lever().mirror(DONE, results(82)))
    assert "82" not in text.replace("48213", "")
    assert "https://" not in text
