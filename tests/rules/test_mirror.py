"""The table of what an opportunity should carry, and every way from one row to another."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules import tags
from alva_lever.rules.mirror import Difference, ResultsWord, difference, needs_notes
from alva_lever.rules.model import (
    AlvaCandidate,
    Assessment,
    Invitation,
    Note,
    Opportunity,
    Reply,
    Results,
    RoleFit,
    StageChange,
)
from alva_lever.rules.notes import bounce_ref, is_own, read
from alva_lever.rules.policy import Policy
from alva_lever.rules.results import State
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
    """One opportunity and its notes, to which differences are written as Lever does it."""

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
                self.notes = [replace(one, text=new.text) if one.id == new.note.id else one for one in self.notes]
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
        (found,) = [one.text for one in self.notes if is_own(one, REF)]
        return found

    @property
    def state(self) -> State | None:
        """What the result note calls the results."""
        line = read(self.results_note)
        return None if line is None else line.state


def lever(*own: str, **changes: Any) -> Lever:
    return Lever(opportunity(tags=("Engineering", *own), **changes), [])


INVITED = candidate("invited", "invited")
BOUNCED = candidate("invited", "invited", sent="bounced")
DONE = candidate("completed", "completed")


class TestRows:
    def test_invited_with_nothing_wrong_and_tagged_is_unchanged(self) -> None:
        assert not lever(tags.INVITATION_SENT).mirror(INVITED)

    @pytest.mark.parametrize("before", [(), (tags.INVITATION_FAILED,), (tags.INVITATION_BOUNCED,)])
    def test_a_tag_that_is_missing_or_another_is_made_good(self, before: tuple[str, ...]) -> None:
        there = lever(*before)
        assert there.mirror(INVITED).word == ResultsWord.INVITED
        assert there.owned == {tags.INVITATION_SENT}
        assert there.notes == []

    @pytest.mark.parametrize("before", [(), (tags.INVITATION_SENT,), (tags.INVITATION_FAILED,)])
    def test_bounced(self, before: tuple[str, ...]) -> None:
        there = lever(*before)
        assert there.mirror(BOUNCED).word == ResultsWord.BOUNCED
        assert there.owned == {tags.INVITATION_BOUNCED}
        assert [one.text.rpartition("\n")[2] for one in there.notes] == [bounce_ref(BOUNCED)]
        assert not there.mirror(BOUNCED)

    @pytest.mark.parametrize("before", [(tags.INVITATION_BOUNCED,), (tags.INVITATION_FAILED,)])
    def test_a_bounce_is_told_also_where_it_is_not_known_when_it_was_sent(self, before: tuple[str, ...]) -> None:
        there = lever(*before)
        there.notes = [told_failure("missing_email", "k")] if tags.INVITATION_FAILED in before else []
        unknown = replace(BOUNCED, invitation=Invitation("bounced", None, "a@b.example.com"))
        assert there.mirror(unknown).word == ResultsWord.BOUNCED
        assert bounce_ref(unknown) in there.notes[-1].text
        assert there.owned == {tags.INVITATION_BOUNCED}

    def test_a_second_bounce_has_a_note_of_its_own(self) -> None:
        there = lever(tags.INVITATION_SENT)
        there.mirror(BOUNCED)
        again = replace(BOUNCED, invitation=Invitation("bounced", NEW_YEAR_MS + 1, "a@b.example.com"))
        assert there.mirror(again).word == ResultsWord.BOUNCED
        assert len(there.notes) == 2

    @pytest.mark.parametrize("score", [*FITS, 24.99, 99.99])
    def test_completed(self, score: float) -> None:
        there = lever(tags.INVITATION_SENT)
        change = there.mirror(DONE, results(score))
        assert change.word == ResultsWord.COMPLETED
        assert (change.link, change.stage_id, change.tags.add[-1]) == (LINK, INTERVIEW.id, tags.COMPLETED)
        assert there.owned == {tags.COMPLETED, fit(score)}
        assert f"Role fit: {int(score)} of 100" in there.results_note
        assert not there.mirror(DONE, results(score))

    def test_completed_without_a_role_fit_is_completed_and_not_zero(self) -> None:
        there = lever(tags.INVITATION_SENT)
        assert there.mirror(DONE, results(None)).word == ResultsWord.COMPLETED
        assert there.owned == {tags.COMPLETED}
        assert "Role fit: none now" in there.results_note

    def test_completed_although_the_mail_bounced(self) -> None:
        there = lever(tags.INVITATION_BOUNCED)
        assert there.mirror(replace(DONE, invitation=BOUNCED.invitation), results()).word == ResultsWord.COMPLETED
        assert there.owned == {tags.COMPLETED, fit(75)}

    def test_another_role_fit_updates_the_tag_and_the_same_note_and_moves_nobody(self) -> None:
        there = lever(tags.INVITATION_SENT)
        there.mirror(DONE, results(82))
        there.opportunity = replace(there.opportunity, stage_id=APPLIED.id)
        change = there.mirror(DONE, results(40))
        assert (change.word, change.stage_id, change.link) == (ResultsWord.UPDATED, None, None)
        assert there.owned == {tags.COMPLETED, fit(25)}
        assert "Role fit: 40" in there.results_note
        assert len(there.notes) == 1

    def test_another_role_fit_with_the_same_tag_updates_the_note_alone(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        change = there.mirror(DONE, results(83))
        assert (change.word, bool(change.tags), len(change.notes)) == (ResultsWord.UPDATED, False, 1)

    def test_a_late_role_fit_is_added(self) -> None:
        there = lever()
        there.mirror(DONE, results(None))
        assert there.mirror(DONE, results(50)).word == ResultsWord.UPDATED
        assert there.owned == {tags.COMPLETED, fit(50)}

    def test_withdrawn_results_take_the_role_fit_away_and_completed_stays(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        assert there.mirror(DONE, results(None)).word == ResultsWord.WITHDRAWN
        assert there.owned == {tags.COMPLETED}
        assert "Role fit: none now" in there.results_note
        assert "82 of" not in there.results_note
        assert not there.mirror(DONE, results(None))

    def test_reset_tests_take_all_of_it_back_and_the_note_says_so(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        assert there.mirror(INVITED).word == ResultsWord.RESET
        assert there.owned == {tags.INVITATION_SENT}
        assert "reset" in there.results_note
        assert "82 of" not in there.results_note
        assert not there.mirror(INVITED)
        # The first new test is under way: nothing more is to be said.
        assert not there.mirror(candidate("started", "invited"))

    def test_a_test_that_is_added_later_is_no_reset(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        assert there.mirror(candidate("completed", "completed", "invited")).word == ResultsWord.INVITED
        assert there.owned == {tags.INVITATION_SENT}
        assert "Further tests" in there.results_note
        assert "82 of" not in there.results_note
        assert not there.mirror(candidate("completed", "completed", "started"))
        # All of them are to be taken again after all.
        assert there.mirror(INVITED).word == ResultsWord.RESET
        assert "reset" in there.results_note
        assert there.mirror(candidate("completed", "completed", "completed"), results(82)).word == ResultsWord.COMPLETED

    def test_where_some_tests_are_still_done_the_others_are_awaited(self) -> None:
        """Reset, or asked for since: the note's words hold for both."""
        there = lever()
        there.mirror(candidate("completed", "completed", "completed"), results(82))
        assert there.mirror(candidate("invited", "started", "completed")).word == ResultsWord.INVITED
        assert there.owned == {tags.INVITATION_SENT}
        assert there.state == "awaiting"
        assert "must take some tests again" in there.results_note
        assert not there.mirror(candidate("invited", "completed", "completed"))

    def test_a_further_test_of_a_type_that_is_done_is_no_reset(self) -> None:
        coding = Assessment("coding", "completed")
        there = lever()
        there.mirror(replace(DONE, assessments=(coding,)), results(82))
        further = replace(DONE, assessments=(coding, Assessment("coding", "invited")))
        assert there.mirror(further).word == ResultsWord.INVITED
        assert "Further tests" in there.results_note

    def test_who_was_reset_and_bounced_before_alva_forgot_them_stays_bounced(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        there.mirror(BOUNCED)
        assert not there.mirror(replace(INVITED, email="", invitation=None))
        assert there.owned == {tags.INVITATION_BOUNCED}

    def test_a_reset_is_told_also_where_only_the_results_had_a_link(self) -> None:
        there = lever()
        there.mirror(replace(DONE, url=None), results(82))
        there.opportunity = replace(there.opportunity, tags=("Engineering",))
        assert there.mirror(replace(INVITED, url=None)).word == ResultsWord.RESET
        assert "reset" in there.results_note

    @pytest.mark.parametrize("told", [True, False])
    def test_of_the_anonymised_whose_tests_are_gone_too_nothing_is_known(self, told: bool) -> None:
        there = lever() if told else lever(tags.INVITATION_SENT)
        if told:
            there.mirror(DONE, results(82))
        before = there.opportunity
        assert not there.mirror(candidate(email="", invitation=None, url=None if told else LINK))
        assert there.opportunity == before

    @pytest.mark.parametrize("before", [(), (tags.INVITATION_FAILED,)])
    def test_who_has_no_more_than_the_link_was_not_told_of_a_reset(self, before: tuple[str, ...]) -> None:
        assert lever(*before, links=(LINK,)).mirror(INVITED).word == ResultsWord.INVITED

    def test_a_failure_after_the_bounce_stays_until_it_is_put_right(self) -> None:
        """A poll for invitations and one for results don't set each other's tags right for ever."""
        there = lever(tags.INVITATION_FAILED)
        there.notes = [told_bounce(), told_failure("missing_email", "k", NEW_YEAR_MS + 1)]
        assert not there.mirror(BOUNCED)
        again = replace(BOUNCED, invitation=Invitation("bounced", NEW_YEAR_MS + 5, "a@b.example.com"))
        assert there.mirror(again).word == ResultsWord.BOUNCED
        assert there.owned == {tags.INVITATION_BOUNCED}

    def test_a_failure_before_the_bounce_gives_way_to_it_also_where_a_crash_kept_the_tag_away(self) -> None:
        there = lever(tags.INVITATION_FAILED)
        there.notes = [told_failure("missing_email", "k", NEW_YEAR_MS - 1), told_bounce()]
        assert there.mirror(BOUNCED).notes == ()
        assert there.owned == {tags.INVITATION_BOUNCED}

    def test_completed_again_after_a_reset(self) -> None:
        there = lever()
        for summary in (results(82), None, results(30)):
            there.mirror(DONE if summary else INVITED, summary)
        assert there.owned == {tags.COMPLETED, fit(25)}
        assert "Role fit: 30" in there.results_note
        assert len(there.notes) == 1

    def test_a_note_that_a_person_deleted_is_written_again_and_none_is_needed_to_take_one_back(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        there.notes = []
        assert there.mirror(DONE, results(82)).word == ResultsWord.UPDATED
        there.notes = []
        assert there.mirror(INVITED).notes == ()

    def test_a_note_of_a_persons_is_never_taken_for_our_own(self) -> None:
        there = lever()
        there.notes = [note(f"I copied this\n\n{REF}", author_id="user-1")]
        there.mirror(DONE, results(82))
        assert len(there.notes) == 2
        assert there.notes[0].text == f"I copied this\n\n{REF}"

    def test_the_state_is_in_the_line(self) -> None:
        there = lever()
        states = []
        for mirrored in ((DONE, results(82)), (DONE, results(None)), (INVITED, None), (DONE, results(None))):
            there.mirror(*mirrored)
            states.append(there.state)
        further = candidate("completed", "completed", "invited")
        there.mirror(further)
        assert [*states, there.state] == ["completed", "withdrawn", "reset", "withdrawn", "awaiting"]

    def test_replies_are_not_part_of_the_note(self) -> None:
        there = lever()
        there.mirror(DONE, results(82))
        there.notes = [replace(there.notes[0], replies=(Reply("Call her", NEW_YEAR_MS),))]
        assert not there.mirror(DONE, results(82))


class TestFirstVersion:
    """Result notes whose last line has neither state nor mark."""

    def told(self, *own: str, **changes: Any) -> Lever:
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
    def test_is_brought_up_to_date_in_its_place(
        self, own: tuple[str, ...], found: AlvaCandidate, summary: Results | None, state: str
    ) -> None:
        there = self.told(*own, links=(LINK,))
        assert len(there.mirror(found, summary).notes) == 1
        assert (there.state, len(there.notes)) == (state, 1)
        assert not there.mirror(found, summary)

    def test_says_nothing_of_results_where_alva_has_forgotten_the_candidate(self) -> None:
        there = self.told(tags.INVITATION_BOUNCED, links=(LINK,))
        assert not there.mirror(replace(INVITED, email="", invitation=None))

    def test_goes_with_the_tags_where_alva_has_forgotten_the_candidate(self) -> None:
        there = self.told(tags.COMPLETED, fit(75), links=(LINK,))
        assert there.mirror(replace(INVITED, email="", invitation=None)).word == ResultsWord.RESET
        assert there.state == "reset"


class TestProgression:
    @pytest.mark.parametrize(
        "changes", [{"archived": archived()}, {"stage_id": INTERVIEW.id}, {"stage_id": "removed"}, {"stage_id": None}]
    )
    def test_nobody_is_moved_back_or_out_of_the_archive(self, changes: dict[str, Any]) -> None:
        change = lever(**changes).mirror(DONE, results())
        assert (change.word, change.stage_id) == (ResultsWord.COMPLETED, None)

    def test_without_one_nobody_is_moved(self) -> None:
        assert lever().mirror(DONE, results(), policy(progression_stage=None)).stage_id is None

    def test_a_crash_before_the_tag_does_not_move_twice(self) -> None:
        there = lever()
        there.mirror(DONE, results())
        there.opportunity = replace(there.opportunity, tags=("Engineering",))
        change = there.mirror(DONE, results())
        assert (change.word, change.stage_id, change.notes, change.link) == (ResultsWord.COMPLETED, None, (), None)

    def entered_and_moved_back(self, there: Lever, at_ms: int) -> None:
        """A crash before the tag, and a person who moves the candidate back."""
        history = (*there.opportunity.stage_changes, StageChange(INTERVIEW.id, at_ms), StageChange(TESTS.id, at_ms + 9))
        there.opportunity = replace(
            there.opportunity, stage_id=TESTS.id, stage_changes=history, tags=(tags.INVITATION_SENT,)
        )

    def test_who_was_moved_back_after_a_crash_before_the_tag_stays_there(self) -> None:
        there = lever()
        there.mirror(DONE, results())
        self.entered_and_moved_back(there, NEW_YEAR_MS + 5)
        change = there.mirror(DONE, results(40))
        assert (change.word, change.stage_id) == (ResultsWord.COMPLETED, None)

    def test_who_was_there_before_the_results_is_moved(self) -> None:
        there = lever()
        there.notes = [note(f"Alva: test results\n\n{REF}")]
        self.entered_and_moved_back(there, NEW_YEAR_MS - 5)
        assert there.mirror(DONE, results()).stage_id == INTERVIEW.id

    @pytest.mark.parametrize("crashed", [False, True])
    def test_a_completion_after_a_reset_moves_again(self, crashed: bool) -> None:
        there = lever()
        there.mirror(DONE, results())
        self.entered_and_moved_back(there, NEW_YEAR_MS + 5)
        there.mirror(DONE, results())
        there.mirror(INVITED)
        if crashed:
            # Between the note, which Lever gives a new date, and the stage.
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
def test_whatever_came_before_the_end_is_that_of_the_last_state(path: tuple[str, ...]) -> None:
    """Every transition, and every pair of them: tags, one result note, and a repeat that writes nothing."""
    there = lever()
    for name in path:
        there.mirror(*STATES[name])
        assert not there.mirror(*STATES[name])
    alone = lever()
    alone.mirror(*STATES[path[-1]])
    assert there.owned == alone.owned
    own = [one.text for one in there.notes if is_own(one, REF)]
    if any(is_own(one, REF) for one in alone.notes):
        assert own == [alone.results_note]
    else:
        # Some are done, some aren't: that follows upon a reset as well.
        assert not own or there.state in (("reset", "awaiting") if path[-1] == "started" else ("reset",))


@given(st.lists(st.text(max_size=30).filter(lambda tag: tag not in tags.OWNED), max_size=6), st.sampled_from([*STATES]))
def test_tags_of_others_stay_as_they_are(others: list[str], name: str) -> None:
    there = Lever(opportunity(tags=tuple(others)), [])
    there.mirror(*STATES[name])
    assert [tag for tag in there.opportunity.tags if tag not in tags.OWNED] == others


def test_notes_are_read_only_where_they_decide_something() -> None:
    assert not needs_notes(lever(tags.INVITATION_SENT).opportunity, INVITED)
    assert needs_notes(lever(tags.INVITATION_SENT, links=(LINK,)).opportunity, INVITED)
    assert needs_notes(lever(tags.COMPLETED).opportunity, INVITED)
    assert needs_notes(lever(tags.INVITATION_SENT).opportunity, replace(INVITED, url=None))
    assert needs_notes(lever().opportunity, BOUNCED)
    assert needs_notes(lever().opportunity, DONE)


def test_nothing_of_a_person_is_in_a_repr() -> None:
    text = repr(lever().mirror(DONE, results(82)))
    assert "82" not in text.replace("48213", "")
    assert "https://" not in text
