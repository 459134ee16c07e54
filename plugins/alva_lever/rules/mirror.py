"""Alva's state mirrored into Lever: the table of what an opportunity should carry, and what has to be written for it.

| in Alva | on the opportunity |
|---|---|
| invited, nothing wrong | `Alva: Invitation Sent` |
| invited, the e-mail bounced | `Alva: Invitation Bounced`, a note |
| all tests completed | link, note, progression stage, role fit tag, `Alva: Completed` |
| no role fit (any more) | no role fit tag; the note says so |
| tests reset | no role fit tag, `Alva: Invitation Sent`; the note says so |

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
    """A note to write, or, with the `note` that is there, to replace. `ref` is the text's last line."""

    text: str = field(repr=False)
    ref: str
    note: Note | None = None


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
    return candidate.completed or candidate.bounced or was_completed(opportunity, candidate)


def was_completed(opportunity: Opportunity, candidate: AlvaCandidate) -> bool:
    """Whether a completion was written, or begun: the link comes first."""
    told = {tags.COMPLETED, *tags.ROLE_FIT}
    return not told.isdisjoint(opportunity.tags) or (candidate.url is not None and candidate.url in opportunity.links)


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
    link = summary.url or candidate.url
    ref = asking.result_ref(candidate.id)
    fit = None if summary.role_fit is None else results.role_fit_tag(summary.role_fit.score)
    first = tags.COMPLETED not in opportunity.tags
    # Once, on completion: a role fit that changes later moves nobody.
    moves = first and opportunity.archived is None and settings.may_progress(opportunity.stage_id)
    found = Difference(
        Word.UPDATED,
        link=None if link in opportunity.links else link,
        notes=_note(notes, ref, results.result_note(candidate, summary, link, ref)),
        stage_id=settings.progression_stage.id if moves and settings.progression_stage else None,
        tags=tags.with_status(opportunity.tags, tags.COMPLETED, fit),
    )
    had_fit = not set(tags.ROLE_FIT).isdisjoint(opportunity.tags)
    return _called(found, Word.COMPLETED if first else Word.WITHDRAWN if had_fit and fit is None else Word.UPDATED)


def _invited(
    opportunity: Opportunity, candidate: AlvaCandidate, notes: Sequence[Note], settings: Settings
) -> Difference:
    if not candidate.invited_email and not was_completed(opportunity, candidate):
        # Alva has anonymised the candidate: nothing is known any more of what became of the invitation.
        return Difference(Word.UNCHANGED)
    status = results.status_tag(candidate)
    changes: tuple[NoteChange, ...] = ()
    reset = was_completed(opportunity, candidate)
    if reset:
        ref = asking.result_ref(candidate.id)
        # Where a person has deleted it, there is nothing to take back.
        if any(asking.is_own(note, ref) for note in notes):
            changes = _note(notes, ref, results.reset_note(ref))
    if candidate.bounced:
        ref = asking.bounce_ref(candidate)
        # The note precedes the tag. Where the tag is there alone, a person has deleted the note: a new one would be
        # later than what they have asked for since.
        tagged = tags.INVITATION_BOUNCED in opportunity.tags
        deleted = tagged and not asking.tell_of_bounce(notes, candidate.id)
        if not deleted and not any(asking.is_own(note, ref) for note in notes):
            changes += (NoteChange(texts.bounce_note(settings=settings, ref=ref), ref),)
    found = Difference(Word.INVITED, notes=changes, tags=tags.with_status(opportunity.tags, status))
    return _called(found, Word.BOUNCED if candidate.bounced else Word.RESET if reset else Word.INVITED)


def _called(found: Difference, word: Word) -> Difference:
    word = word if found else Word.UNCHANGED
    return Difference(word, found.link, found.notes, found.stage_id, found.tags)


def _note(notes: Sequence[Note], ref: str, text: str) -> tuple[NoteChange, ...]:
    """What makes the one note with this last line say that; nothing where it does."""
    present = next((note for note in notes if asking.is_own(note, ref)), None)
    if present is not None and present.text.split() == text.split():
        return ()
    return (NoteChange(text, ref, present),)
