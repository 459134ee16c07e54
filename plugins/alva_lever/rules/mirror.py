"""Alva's state mirrored into Lever: the table of what an opportunity should carry, and what has to be written for it.

| in Alva | on the opportunity |
|---|---|
| invited, nothing wrong | `Alva: Invitation Sent` |
| invited, the e-mail bounced | `Alva: Invitation Bounced`, a note |
| all tests completed | link, note, progression stage, role fit tag, `Alva: Completed` |
| no role fit (any more) | no role fit tag; the note says so |
| none of the tests is done any more (reset) | no role fit tag, `Alva: Invitation Sent`; the note says so |
| some are done, others not (any more) | the same; the note says that they are awaited |

Only a difference is written, so that a repeat writes nothing, and the next run completes what a crash left out. What a
note says is known from its last line; see `notes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from alva_lever.rules import reinvitation, tags
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity, Results
from alva_lever.rules.notes import Reference, bounce_note, bounce_ref, own, result_note, result_ref
from alva_lever.rules.policy import Policy
from alva_lever.rules.results import Facts, State, facts, role_fit_tag, status_tag
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
    """A note to write, or, with the `note` that is there, to replace. `ref` is the text's last line.

    `at_ms`: when the text of one that is replaced shall count as written; None: now.
    """

    text: str = field(repr=False)
    # Its mark is made of scores.
    ref: str = field(repr=False)
    note: Note | None = None
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be written, in this order: link, notes, stage, tags. `word`: what to call it."""

    word: ResultsWord
    link: str | None = field(default=None, repr=False)
    notes: tuple[NoteChange, ...] = ()
    stage_id: str | None = None
    tags: TagChange = field(default_factory=TagChange)

    def __bool__(self) -> bool:
        return bool(self.link or self.notes or self.stage_id or self.tags)


@dataclass(frozen=True, slots=True)
class _Present:
    """The note about a candidate's results, and what its last line says."""

    note: Note
    line: Reference

    @property
    def state(self) -> State | None:
        return self.line.state

    @property
    def has_results(self) -> bool:
        """The first version's notes don't say: they count as if they had, so that nobody is moved twice."""
        return self.state is None or self.state.has_results


def needs_notes(opportunity: Opportunity, candidate: AlvaCandidate) -> bool:
    """Whether its notes decide what is to be written: of who is invited, and never was more, they don't."""
    # Without the candidate's page there is no link to tell whether a completion was begun.
    return candidate.completed or candidate.bounced or candidate.url is None or _was_begun(opportunity, candidate)


def difference(
    opportunity: Opportunity,
    candidate: AlvaCandidate,
    *,
    summary: Results | None,
    notes: Sequence[Note],
    policy: Policy,
) -> Difference:
    """`summary`: the results, of a candidate who has completed. `notes`: the opportunity's, where `needs_notes`."""
    if candidate.completed and summary is not None:
        return _completed(opportunity, candidate, summary, notes, policy)
    return _invited(opportunity, candidate, notes, policy)


def _completed(
    opportunity: Opportunity, candidate: AlvaCandidate, summary: Results, notes: Sequence[Note], policy: Policy
) -> Difference:
    link = candidate.url or summary.url
    fit = None if summary.role_fit is None else role_fit_tag(summary.role_fit.score)
    present = _present(notes, candidate)
    # Once, on completion: a role fit that changes later moves nobody.
    first = tags.COMPLETED not in opportunity.tags
    moves = first and policy.may_progress(opportunity.stage_id) and opportunity.archived is None
    if present is not None and _moved_since(opportunity, present, policy):
        # Only the tags are missing: who stands before that stage by now was moved back by a person.
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
    # Of the first version's notes the tags say whether there are results in it.
    stands = _is_told(opportunity) or (present is not None and bool(present.state and present.state.has_results))
    if not candidate.invited_email and not (stands and candidate.assessments):
        # Alva has anonymised the candidate: nothing is known any more of invitation or tests.
        return Difference(ResultsWord.UNCHANGED)
    # Where there is no note (a person has deleted it), there is nothing to take back.
    changes = () if present is None else _taken_back(opportunity, candidate, present)
    status = status_tag(candidate)
    if candidate.bounced:
        told = reinvitation.reports(notes)
        failed = tags.INVITATION_FAILED in opportunity.tags and reinvitation.failed_since_bounce(told, candidate)
        status = tags.INVITATION_FAILED if failed else status
        # The tag, or a failure since, shows that the bounce was reported, and an entry since then that it is answered:
        # a person has deleted the note. A new one would be later than what they ask for.
        tagged = not {tags.INVITATION_BOUNCED, tags.INVITATION_FAILED}.isdisjoint(opportunity.tags)
        deleted = failed or (tagged and reinvitation.entered_since_sent(opportunity, candidate, policy))
        if not deleted and reinvitation.bounce_report(told, candidate) is None:
            ref = bounce_ref(candidate)
            changes += (NoteChange(bounce_note(policy=policy, ref=ref), ref),)
    found = Difference(ResultsWord.INVITED, notes=changes, tags=tags.with_status(opportunity.tags, status))
    reset = not candidate.partly_completed and (present is not None or _is_told(opportunity))
    return _called(
        found, ResultsWord.BOUNCED if candidate.bounced else ResultsWord.RESET if reset else ResultsWord.INVITED
    )


def _is_told(opportunity: Opportunity) -> bool:
    """Whether a completion was written to the end."""
    return not {tags.COMPLETED, *tags.ROLE_FIT}.isdisjoint(opportunity.tags)


def _was_begun(opportunity: Opportunity, candidate: AlvaCandidate) -> bool:
    """Whether a completion was written, or begun: the link comes first."""
    return _is_told(opportunity) or (candidate.url is not None and candidate.url in opportunity.links)


def _moved_since(opportunity: Opportunity, present: _Present, policy: Policy) -> bool:
    """Whether it came into the progression stage after its note, which precedes the stage, had results."""
    progression = policy.progression_stage
    entered_ms = None if progression is None else opportunity.entered_ms(progression.id)
    return entered_ms is not None and entered_ms >= present.note.written_ms and present.has_results


def _taken_back(opportunity: Opportunity, candidate: AlvaCandidate, present: _Present) -> tuple[NoteChange, ...]:
    """Results that don't hold any more. What was said of that stays while some tests are done again."""
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
    """What makes the one note about these results tell these facts; nothing where it does."""
    ref = result_ref(candidate.id, wanted)
    text = result_note(wanted, ref)
    if present is None:
        return (NoteChange(text, ref),)
    if (present.state, present.line.mark) == (wanted.state, wanted.mark):
        return ()
    # Since when there are results tells whether it was moved because of them. Where that changes, the moment is a past
    # one by Lever's own clock.
    same = present.has_results == wanted.state.has_results
    return (NoteChange(text, ref, present.note, present.note.written_ms if same else opportunity.updated_at_ms),)
