"""Writes to Lever about one candidate: link, notes, stage and tags, in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alva_lever.http.errors import Forbidden, NotFound
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import tags
from alva_lever.rules.model import AlvaCandidate, Opportunity, Reply
from alva_lever.rules.notes import Failure, failure_note, failure_ref, is_own
from alva_lever.rules.results import ResultsWord, difference, may_progress, needs_notes
from alva_lever.rules.tags import TagChange
from alva_lever.sync.snapshot import OnceEach, Snapshot

_SOMEBODY = "Somebody"


class LeverWriter:
    """Writes the difference between what an opportunity carries and what it should carry. A repeat adds nothing. Safe
    to use from several threads."""

    def __init__(self, lever: LeverHook) -> None:
        self._lever = lever
        self._names = OnceEach(self._name)

    def failure(self, snapshot: Snapshot, failure: Failure, detail: str | None, key: str) -> None:
        """Writes a note, then `Alva: Invitation Failed`, so that the tag never appears without its reason."""
        opportunity, ref = _shown(snapshot), failure_ref(failure, key)
        text = failure_note(failure, policy=snapshot.policy, ref=ref, detail=detail)
        if not any(is_own(note, ref) for note in snapshot.notes):
            self._lever.add_note(opportunity.id, text, ref)
        self._tag(opportunity.id, tags.with_status(opportunity.tags, tags.INVITATION_FAILED))

    def state(self, snapshot: Snapshot, candidate: AlvaCandidate, *, dry_run: bool = False) -> ResultsWord:
        """Mirrors the candidate's present state in Alva: invited, bounced, completed or reset. Returns its word."""
        opportunity, policy = _shown(snapshot), snapshot.policy
        # Checks that the results still hold, so that no candidate is moved on for results that are gone.
        candidate, results = snapshot.results_of(candidate)
        notes = snapshot.notes if needs_notes(opportunity, candidate) else ()
        found = difference(opportunity, candidate, summary=results, notes=notes, policy=policy)
        if dry_run:
            return found.word
        moves = found.stage_id is not None
        if found.link is not None:
            # Lever's answer shows what has changed since the opportunity was read.
            present = self._lever.add_links(opportunity.id, [found.link])
            if present.confidential:
                return ResultsWord.CONFIDENTIAL
            if present.anonymised:
                return ResultsWord.GONE
            moves = moves and present.archived is None and may_progress(policy, present.stage_id)
        for change in found.notes:
            if change.note is None:
                self._lever.add_note(opportunity.id, change.text, change.ref)
            else:
                replies = self._signed(change.note.replies)
                self._lever.update_note(
                    opportunity.id, change.note.id, change.text, at_ms=change.at_ms, replies=replies
                )
        if moves and found.stage_id is not None:
            self._lever.move_stage(opportunity.id, found.stage_id)
        # `Alva: Completed` comes last: it says that the rest is done.
        self._tag(opportunity.id, found.tags)
        return found.word

    def _signed(self, replies: Sequence[Reply]) -> list[Reply]:
        """Puts the author's name before each reply: an update removes the authors of the replies it writes."""
        return [
            reply if reply.author_id is None else replace(reply, text=f"{self._names(reply.author_id)}: {reply.text}")
            for reply in replies
        ]

    def _name(self, user_id: str) -> str:
        try:
            return self._lever.user(user_id).name or _SOMEBODY
        except (NotFound, Forbidden):
            # The user has left, or the key may not read users; the reply is kept all the same.
            return _SOMEBODY

    def _tag(self, opportunity_id: str, change: TagChange) -> None:
        # Removes tags first: after a crash in between, no status tag is left, and a later run adds it.
        if change.remove:
            self._lever.remove_tags(opportunity_id, change.remove)
        if change.add:
            self._lever.add_tags(opportunity_id, change.add)


def _shown(snapshot: Snapshot) -> Opportunity:
    if snapshot.opportunity is None:
        raise AssertionError(f"{snapshot.opportunity_id} is gone: there is nothing to write to")
    return snapshot.opportunity
