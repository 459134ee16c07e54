"""Mirrors a candidate's state in Alva into Lever: what the opportunity should carry, and what to write to get there.

| in Alva | on the opportunity |
|---|---|
| invited, nothing wrong | `Alva: Invitation Sent` |
| invited, the e-mail bounced | `Alva: Invitation Bounced`, a note |
| all tests completed | link, note, progression stage, role fit tag, `Alva: Completed` |
| no role fit (any more) | no role fit tag; the note says so |
| none of the tests is done any more (reset) | no role fit tag, `Alva: Invitation Sent`; the note says so |
| some are done, others not (any more) | the same; the note says that they are awaited |

Only the difference is written: a repeat writes nothing, and the next run completes what a crash left out. The last line
of a note tells what the note says; see `notes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from alva_lever.rules import reinvitation, tags
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity, Policy, Results
from alva_lever.rules.notes import (
    Facts,
    Reference,
    State,
    bounce_note,
    bounce_ref,
    facts,
    own,
    result_note,
    result_ref,
    status_tag,
)
from alva_lever.rules.tags import TagChange


class ResultsWord(StrEnum):
    """The words of a report about results."""

    INVITED = "invited"
    BOUNCED = "bounced"
    COMPLETED = "completed"
    UPDATED = "updated"
    WITHDRAWN = "withdrawn"
    RESET = "reset"
    UNCHANGED = "unchanged"
    GONE = "gone"
    CONFIDENTIAL = "confidential"
    NOT_IN_ALVA = "not_in_alva"


@dataclass(frozen=True, slots=True)
class NoteChange:
    """A note to add, or an existing `note` to update. `ref` is the last line of the text.

    `at_ms`: the time at which an updated text counts as written; None: now.
    """

    text: str = field(repr=False)
    # Not in the repr: its mark is a hash of scores.
    ref: str = field(repr=False)
    note: Note | None = None
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What to write, in this order: link, notes, stage, tags. `word`: its name in the report."""

    word: ResultsWord
    link: str | None = field(default=None, repr=False)
    notes: tuple[NoteChange, ...] = ()
    stage_id: str | None = None
    tags: TagChange = field(default_factory=TagChange)

    def __bool__(self) -> bool:
        return bool(self.link or self.notes or self.stage_id or self.tags)


@dataclass(frozen=True, slots=True)
class _Present:
    """The existing note about a candidate's results, and its reference line."""

    note: Note
    line: Reference

    @property
    def state(self) -> State | None:
        return self.line.state

    @property
    def has_results(self) -> bool:
        """Whether the note tells results. A note of the first version doesn't say, and counts as telling them, so that
        no candidate is moved twice."""
        return self.state is None or self.state.has_results


def needs_notes(opportunity: Opportunity, candidate: AlvaCandidate) -> bool:
    """Whether the notes matter for what to write. They don't for a candidate who was invited and never completed."""
    # If Alva gives no page for the candidate, no link can show that a completion was begun.
    return candidate.completed or candidate.bounced or candidate.url is None or _was_begun(opportunity, candidate)


def difference(
    opportunity: Opportunity,
    candidate: AlvaCandidate,
    *,
    summary: Results | None,
    notes: Sequence[Note],
    policy: Policy,
) -> Difference:
    """Returns what to write. `summary`: the results of a candidate who has completed all tests. `notes`: the
    opportunity's notes, if `needs_notes`."""
    if candidate.completed and summary is not None:
        return _completed(opportunity, candidate, summary, notes, policy)
    return _invited(opportunity, candidate, notes, policy)


def may_progress(policy: Policy, stage_id: str | None) -> bool:
    """Whether this is the trigger stage (wherever the progression stage stands), or comes before the progression stage.

    False if no progression stage is set, and for a stage that the pipeline doesn't have any more, so that its
    candidates are not moved.
    """
    order = [stage.id for stage in policy.pipeline]
    if policy.progression_stage is None or stage_id not in order:
        return False
    return stage_id == policy.trigger_stage.id or order.index(stage_id) < order.index(policy.progression_stage.id)


def _completed(
    opportunity: Opportunity, candidate: AlvaCandidate, summary: Results, notes: Sequence[Note], policy: Policy
) -> Difference:
    link = candidate.url or summary.url
    fit = None if summary.role_fit is None else tags.role_fit_tag(summary.role_fit.score)
    present = _present(notes, candidate)
    # A candidate is moved once, on completion; a later change of the role fit moves nobody.
    first = tags.COMPLETED not in opportunity.tags
    moves = first and may_progress(policy, opportunity.stage_id) and opportunity.archived is None
    if present is not None and _moved_since(opportunity, present, policy):
        # The stage was written before, and only the tags are missing: a person has moved the candidate back since.
        moves = False
    found = Difference(
        ResultsWord.UPDATED,
        link=None if link in opportunity.links else link,
        notes=_change(opportunity, candidate, present, facts(candidate, summary, link)),
        stage_id=policy.progression_stage.id if moves and policy.progression_stage else None,
        tags=tags.with_status(opportunity.tags, tags.COMPLETED, fit),
    )
    had_fit = not set(tags.ROLE_FIT).isdisjoint(opportunity.tags)
    return _called(
        found,
        ResultsWord.COMPLETED if first else ResultsWord.WITHDRAWN if had_fit and fit is None else ResultsWord.UPDATED,
    )


def _invited(opportunity: Opportunity, candidate: AlvaCandidate, notes: Sequence[Note], policy: Policy) -> Difference:
    present = _present(notes, candidate)
    # A note of the first version doesn't say whether it tells results; the tags do.
    stands = _is_told(opportunity) or (present is not None and bool(present.state and present.state.has_results))
    if not candidate.invited_email and not (stands and candidate.assessments):
        # Alva has anonymised the candidate, and no longer shows the invitation or the tests.
        return Difference(ResultsWord.UNCHANGED)
    # If a person has deleted the note, there is nothing to take back.
    changes = () if present is None else _taken_back(opportunity, candidate, present)
    status = status_tag(candidate)
    if candidate.bounced:
        reports = reinvitation.reports(notes)
        failed = tags.INVITATION_FAILED in opportunity.tags and reinvitation.failed_since_bounce(reports, candidate)
        status = tags.INVITATION_FAILED if failed else status
        # The tag, or a later failure, shows that the bounce was reported. If its note is gone, a person has deleted it.
        # A stage entry since then asks for a new invitation; a new note would be later than that entry and hide it.
        tagged = not {tags.INVITATION_BOUNCED, tags.INVITATION_FAILED}.isdisjoint(opportunity.tags)
        deleted = failed or (tagged and reinvitation.entered_since_sent(opportunity, candidate, policy))
        if not deleted and reinvitation.bounce_report(reports, candidate) is None:
            ref = bounce_ref(candidate)
            changes += (NoteChange(bounce_note(policy=policy, ref=ref), ref),)
    found = Difference(ResultsWord.INVITED, notes=changes, tags=tags.with_status(opportunity.tags, status))
    reset = not candidate.partly_completed and (present is not None or _is_told(opportunity))
    return _called(
        found, ResultsWord.BOUNCED if candidate.bounced else ResultsWord.RESET if reset else ResultsWord.INVITED
    )


def _is_told(opportunity: Opportunity) -> bool:
    """Whether the tags of a completion, which are written last, are there."""
    return not {tags.COMPLETED, *tags.ROLE_FIT}.isdisjoint(opportunity.tags)


def _was_begun(opportunity: Opportunity, candidate: AlvaCandidate) -> bool:
    """Whether a completion was written or begun. The link is written first."""
    return _is_told(opportunity) or (candidate.url is not None and candidate.url in opportunity.links)


def _moved_since(opportunity: Opportunity, present: _Present, policy: Policy) -> bool:
    """Whether the opportunity entered the progression stage after its note told results. The note is written first."""
    progression = policy.progression_stage
    entered_ms = None if progression is None else opportunity.entered_ms(progression.id)
    return entered_ms is not None and entered_ms >= present.note.written_ms and present.has_results


def _taken_back(opportunity: Opportunity, candidate: AlvaCandidate, present: _Present) -> tuple[NoteChange, ...]:
    """Returns the change of a note whose results no longer hold. A note that already says so stays while the candidate
    takes some of the tests again."""
    if candidate.partly_completed and not present.has_results:
        return ()
    state = State.AWAITING if candidate.partly_completed else State.RESET
    return _change(opportunity, candidate, present, Facts(state))


def _called(found: Difference, word: ResultsWord) -> Difference:
    word = word if found else ResultsWord.UNCHANGED
    return Difference(word, found.link, found.notes, found.stage_id, found.tags)


def _present(notes: Sequence[Note], candidate: AlvaCandidate) -> _Present | None:
    found = ((note, own(note)) for note in notes)
    about = ("result", candidate.id)
    return next((_Present(note, line) for note, line in found if line is not None and line.about == about), None)


def _change(
    opportunity: Opportunity, candidate: AlvaCandidate, present: _Present | None, wanted: Facts
) -> tuple[NoteChange, ...]:
    """Returns the change that makes the one result note tell these facts; empty if it already does."""
    ref = result_ref(candidate.id, wanted)
    text = result_note(wanted, ref)
    if present is None:
        return (NoteChange(text, ref),)
    if (present.state, present.line.mark) == (wanted.state, wanted.mark):
        return ()
    # `_moved_since` compares a stage entry with the time of the note. An update keeps that time; when results come or
    # go, the note gets the opportunity's last update, which is a past moment by Lever's own clock.
    same = present.has_results == wanted.state.has_results
    return (NoteChange(text, ref, present.note, present.note.written_ms if same else opportunity.updated_at_ms),)
