"""Alva's state mirrored into Lever: the table of what an opportunity should carry, and what has to be written for it.

| in Alva | on the opportunity |
|---|---|
| invited, nothing wrong | `Alva: Invitation Sent` |
| invited, the e-mail bounced | `Alva: Invitation Bounced`, a note |
| all tests completed | link, note, progression stage, role fit tag, `Alva: Completed` |
| no role fit (any more) | no role fit tag; the note says so |
| tests reset, or further ones asked for | no role fit tag, `Alva: Invitation Sent`; the note says so |

Only a difference is written, so that a repeat writes nothing, and a crash is completed by whoever comes next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from alva_lever.rules import asking, results, tags, texts
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity, Results
from alva_lever.rules.settings import Settings
from alva_lever.rules.tags import TagChange


class Word(StrEnum):
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
    ref: str
    note: Note | None = None
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be written, in this order: link, notes, stage, tags. `word`: what to call it."""

    word: Word
    link: str | None = field(default=None, repr=False)
    notes: tuple[NoteChange, ...] = ()
    stage_id: str | None = None
    tags: TagChange = field(default_factory=TagChange)

    def __bool__(self) -> bool:
        return bool(self.link or self.notes or self.stage_id or self.tags)


def needs_notes(opportunity: Opportunity, candidate: AlvaCandidate) -> bool:
    """Whether its notes decide what is to be written: of whoever is invited, and never was more, they don't."""
    # Without the candidate's page there is no link to tell whether a completion was begun.
    return candidate.completed or candidate.bounced or candidate.url is None or _was_begun(opportunity, candidate)


def difference(
    opportunity: Opportunity,
    candidate: AlvaCandidate,
    *,
    summary: Results | None,
    notes: Sequence[Note],
    settings: Settings,
) -> Difference:
    """`summary`: the results, of a candidate who has completed. `notes`: the opportunity's, where `needs_notes`."""
    if candidate.completed and summary is not None:
        return _completed(opportunity, candidate, summary, notes, settings)
    return _invited(opportunity, candidate, notes, settings)


def _completed(
    opportunity: Opportunity, candidate: AlvaCandidate, summary: Results, notes: Sequence[Note], settings: Settings
) -> Difference:
    link = candidate.url or summary.url
    ref = asking.result_ref(candidate.id)
    fit = None if summary.role_fit is None else results.role_fit_tag(summary.role_fit.score)
    present = _own(notes, ref)
    # Once, on completion: a role fit that changes later moves nobody.
    first = tags.COMPLETED not in opportunity.tags
    moves = first and settings.may_progress(opportunity.stage_id) and opportunity.archived is None
    if present is not None and _moved_since(opportunity, present, settings):
        # Only the tags are missing: whoever stands before that stage by now was moved back by a person.
        moves = False
    found = Difference(
        Word.UPDATED,
        link=None if link in opportunity.links else link,
        notes=_change(opportunity, present, ref, results.result_note(candidate, summary, link, ref)),
        stage_id=settings.progression_stage.id if moves and settings.progression_stage else None,
        tags=tags.with_status(opportunity.tags, tags.COMPLETED, fit),
    )
    had_fit = not set(tags.ROLE_FIT).isdisjoint(opportunity.tags)
    return _called(found, Word.COMPLETED if first else Word.WITHDRAWN if had_fit and fit is None else Word.UPDATED)


def _invited(
    opportunity: Opportunity, candidate: AlvaCandidate, notes: Sequence[Note], settings: Settings
) -> Difference:
    present = _own(notes, asking.result_ref(candidate.id))
    stands = _is_told(opportunity) or (present is not None and not results.tells_of_none(present.text))
    if not candidate.invited_email and not (stands and candidate.assessments):
        # Alva has anonymised the candidate: nothing is known any more of invitation or tests.
        return Difference(Word.UNCHANGED)
    over = not candidate.partly_completed or (present is not None and results.tells_of_more(present.text, candidate))
    # Where there is no note (a person has deleted it), there is nothing to take back.
    changes = () if present is None else _taken_back(opportunity, candidate, present, over=over)
    status = results.status_tag(candidate)
    if candidate.bounced:
        told = asking.reports(notes)
        failed = tags.INVITATION_FAILED in opportunity.tags and asking.failed_since_bounce(told, candidate)
        status = tags.INVITATION_FAILED if failed else status
        # The tag, or a failure since, shows that the bounce was told of, and an entry since then that it is answered:
        # a person has deleted the note. A new one would be later than what they ask for.
        tagged = not {tags.INVITATION_BOUNCED, tags.INVITATION_FAILED}.isdisjoint(opportunity.tags)
        deleted = failed or (tagged and asking.entered_since_sent(opportunity, candidate, settings))
        if not deleted and asking.told_of_bounce(told, candidate) is None:
            ref = asking.bounce_ref(candidate)
            changes += (NoteChange(texts.bounce_note(settings=settings, ref=ref), ref),)
    found = Difference(Word.INVITED, notes=changes, tags=tags.with_status(opportunity.tags, status))
    reset = over and (present is not None or _is_told(opportunity))
    return _called(found, Word.BOUNCED if candidate.bounced else Word.RESET if reset else Word.INVITED)


def _is_told(opportunity: Opportunity) -> bool:
    """Whether a completion was written to the end."""
    return not {tags.COMPLETED, *tags.ROLE_FIT}.isdisjoint(opportunity.tags)


def _was_begun(opportunity: Opportunity, candidate: AlvaCandidate) -> bool:
    """Whether a completion was written, or begun: the link comes first."""
    return _is_told(opportunity) or (candidate.url is not None and candidate.url in opportunity.links)


def _moved_since(opportunity: Opportunity, note: Note, settings: Settings) -> bool:
    """Whether it came into the progression stage after its note, which precedes the stage, had told of results."""
    progression = settings.progression_stage
    entered_ms = None if progression is None else opportunity.entered_ms(progression.id)
    return entered_ms is not None and entered_ms >= note.written_ms and not results.tells_of_none(note.text)


def _taken_back(
    opportunity: Opportunity, candidate: AlvaCandidate, present: Note, *, over: bool
) -> tuple[NoteChange, ...]:
    """Results that don't hold any more. What was said of that stays while some tests are done again."""
    ref = asking.result_ref(candidate.id)
    if candidate.partly_completed and results.tells_of_none(present.text):
        return ()
    return _change(opportunity, present, ref, results.reset_note(ref) if over else results.awaiting_note(ref))


def _called(found: Difference, word: Word) -> Difference:
    word = word if found else Word.UNCHANGED
    return Difference(word, found.link, found.notes, found.stage_id, found.tags)


def _own(notes: Sequence[Note], ref: str) -> Note | None:
    return next((note for note in notes if asking.is_own(note, ref)), None)


def _change(opportunity: Opportunity, present: Note | None, ref: str, text: str) -> tuple[NoteChange, ...]:
    """What makes the one note with this last line say that; nothing where it does."""
    if present is None:
        return (NoteChange(text, ref),)
    if present.text.split() == text.split():
        return ()
    # Since when there are results tells whether it was moved because of them. Where that changes, the moment is a past
    # one by Lever's own clock.
    same = results.tells_of_none(present.text) == results.tells_of_none(text)
    return (NoteChange(text, ref, present, present.written_ms if same else opportunity.updated_at_ms),)
