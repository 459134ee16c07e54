"""What is written to Lever about one candidate: link, note, stage and tags, in this order."""

from __future__ import annotations

from alva_lever.alva.hook import AlvaHook
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import asking, results, tags, texts
from alva_lever.rules.asking import Failure
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity
from alva_lever.rules.settings import Settings
from alva_lever.rules.tags import TagChange


class Telling:
    """Writes the difference between what an opportunity carries and what it should. Written twice, it is there once."""

    def __init__(self, lever: LeverHook, alva: AlvaHook, settings: Settings) -> None:
        self._lever = lever
        self._alva = alva
        self._settings = settings

    def failure(self, opportunity: Opportunity, failure: Failure, detail: str | None, key: str) -> None:
        """The note before the tag, so that a tag never stands without its reason."""
        ref = asking.failure_ref(failure, key)
        text = texts.failure_note(failure, settings=self._settings, ref=ref, detail=detail)
        if self._own_note(opportunity.id, ref) is None:
            self._lever.add_note(opportunity.id, text, ref)
        self._tag(opportunity.id, tags.with_status(opportunity.tags, tags.INVITATION_FAILED))

    def state(self, opportunity: Opportunity, candidate: AlvaCandidate) -> None:
        """The candidate's present state in Alva: invited as a rule, sometimes bounced or completed already."""
        status = results.status_tag(candidate)
        if status == tags.COMPLETED:
            self._completion(opportunity, candidate)
            return
        if status == tags.INVITATION_BOUNCED:
            ref = asking.bounce_ref(candidate)
            if self._own_note(opportunity.id, ref) is None:
                self._lever.add_note(opportunity.id, texts.bounce_note(settings=self._settings, ref=ref), ref)
        self._tag(opportunity.id, tags.with_status(opportunity.tags, status))

    def _completion(self, opportunity: Opportunity, candidate: AlvaCandidate) -> None:
        """`Alva: Completed` comes last: it says that the rest is done."""
        summary = self._alva.results(candidate.id)
        link = summary.url or candidate.url
        if link is not None and link not in opportunity.links:
            self._lever.add_links(opportunity.id, [link])
        ref = asking.result_ref(candidate.id)
        text = results.result_note(candidate, summary, link, ref)
        note = self._own_note(opportunity.id, ref)
        if note is None:
            self._lever.add_note(opportunity.id, text, ref)
        elif note.text.strip() != text:
            self._lever.update_note(opportunity.id, note.id, text)
        progression = self._settings.progression_stage
        if progression is not None and self._settings.may_progress(opportunity.stage_id):
            self._lever.move_stage(opportunity.id, progression.id)
        score = None if summary.role_fit is None else summary.role_fit.score
        self._tag(opportunity.id, tags.with_status(opportunity.tags, tags.COMPLETED, results.role_fit_tag(score)))

    def _own_note(self, opportunity_id: str, ref: str) -> Note | None:
        return next((note for note in self._lever.notes(opportunity_id) if asking.is_own(note, ref)), None)

    def _tag(self, opportunity_id: str, change: TagChange) -> None:
        # Removed first: a crash in between leaves no status, and whoever has none is looked at again.
        if change.remove:
            self._lever.remove_tags(opportunity_id, change.remove)
        if change.add:
            self._lever.add_tags(opportunity_id, change.add)
