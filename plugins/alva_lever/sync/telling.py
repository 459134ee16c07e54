"""What is written to Lever about one candidate: link, notes, stage and tags, in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alva_lever.alva.hook import AlvaHook
from alva_lever.http.errors import Forbidden, NotFound
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import tags
from alva_lever.rules.mirror import Word, difference, needs_notes
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity, Reply, Results
from alva_lever.rules.notes import Failure, failure_note, failure_ref, is_own
from alva_lever.rules.tags import TagChange
from alva_lever.settings import Settings
from alva_lever.sync.postings import OnceEach

_SOMEBODY = "Somebody"


class Telling:
    """Writes the difference between what an opportunity carries and what it should. Written twice, it is there once."""

    def __init__(self, lever: LeverHook, alva: AlvaHook, settings: Settings) -> None:
        self._lever = lever
        self._alva = alva
        self._settings = settings
        self._names = OnceEach(self._name)

    def failure(self, opportunity: Opportunity, failure: Failure, detail: str | None, key: str) -> None:
        """The note before the tag, so that a tag never stands without its reason."""
        ref, policy = failure_ref(failure, key), self._settings.policy_for(opportunity.posting_id)
        text = failure_note(failure, policy=policy, ref=ref, detail=detail)
        if self._own_note(opportunity.id, ref) is None:
            self._lever.add_note(opportunity.id, text, ref)
        self._tag(opportunity.id, tags.with_status(opportunity.tags, tags.INVITATION_FAILED))

    def state(self, opportunity: Opportunity, candidate: AlvaCandidate, *, dry_run: bool = False) -> Word:
        """The candidate's present state in Alva: invited, bounced, completed, and whatever became of that.

        Of Lever it reads notes alone, and users where their replies are written again. Of Alva it reads the results of
        who has completed; the candidate once more, where the two don't agree.
        """
        lever, name, policy = self._lever, opportunity.id, self._settings.policy_for(opportunity.posting_id)
        candidate, summary = self._with_results(candidate)
        found = difference(
            opportunity,
            candidate,
            summary=summary,
            notes=lever.notes(name) if needs_notes(opportunity, candidate) else (),
            policy=policy,
        )
        if dry_run:
            return found.word
        moves = found.stage_id is not None
        if found.link is not None:
            # What it has become since it was looked at.
            present = lever.add_links(name, [found.link])
            if present.confidential:
                return Word.CONFIDENTIAL
            if present.anonymised:
                return Word.GONE
            moves = moves and present.archived is None and policy.may_progress(present.stage_id)
        for change in found.notes:
            if change.note is None:
                lever.add_note(name, change.text, change.ref)
            else:
                replies = self._signed(change.note.replies)
                lever.update_note(name, change.note.id, change.text, at_ms=change.at_ms, replies=replies)
        if moves and found.stage_id is not None:
            lever.move_stage(name, found.stage_id)
        # `Alva: Completed` comes last: it says that the rest is done.
        self._tag(name, found.tags)
        return found.word

    def _with_results(self, candidate: AlvaCandidate) -> tuple[AlvaCandidate, Results | None]:
        if not candidate.completed:
            return candidate, None
        summary = self._alva.results(candidate.id)
        if summary.role_fit is None and candidate.role_fit is not None:
            # Reset, or withdrawn, since it was listed: nobody is moved for results that are gone.
            candidate = self._alva.candidate(candidate.id)
        return candidate, summary if candidate.completed else None

    def _signed(self, replies: Sequence[Reply]) -> list[Reply]:
        """Written again they have no author, so that their text has to say who wrote them."""
        return [
            reply if reply.author_id is None else replace(reply, text=f"{self._names(reply.author_id)}: {reply.text}")
            for reply in replies
        ]

    def _name(self, user_id: str) -> str:
        try:
            return self._lever.user(user_id).name or _SOMEBODY
        except (NotFound, Forbidden):
            # They left, or the key may not read users: what they wrote is kept all the same.
            return _SOMEBODY

    def _own_note(self, opportunity_id: str, ref: str) -> Note | None:
        return next((note for note in self._lever.notes(opportunity_id) if is_own(note, ref)), None)

    def _tag(self, opportunity_id: str, change: TagChange) -> None:
        # Removed first: a crash in between leaves no status, and an opportunity without one is looked at again.
        if change.remove:
            self._lever.remove_tags(opportunity_id, change.remove)
        if change.add:
            self._lever.add_tags(opportunity_id, change.add)
