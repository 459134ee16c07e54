"""Notes: threads of comments on an opportunity."""

from __future__ import annotations

from collections.abc import Sequence

from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.errors import Forbidden
from include.sandbox.lever.models import Comment, Note, Opportunity


def add(
    account: LeverAccount,
    opportunity: Opportunity,
    comment: Comment,
    *,
    secret: bool = False,
    by_api: bool = True,
    thread: Note | None = None,
) -> Note:
    """A new note, or a comment in the thread of one. Counts as an interaction, and so moves ``updatedAt``."""
    note = thread
    if note is None:
        note = Note(account.ids.uuid(), [comment], comment.created_at, comment.user, secret, by_api)
        opportunity.notes[note.id] = note
    else:
        note.comments.append(comment)
    interacted(account, opportunity, comment.created_at)
    return note


def replace(account: LeverAccount, opportunity: Opportunity, note: Note, comments: Sequence[Comment], at: int) -> None:
    """Puts other comments in place of all that the note has."""
    _made_through_api(note)
    note.comments = list(comments)
    interacted(account, opportunity, at)


def delete(opportunity: Opportunity, note: Note) -> None:
    """Takes the note away.

    The opportunity's times stay: Lever's documentation lists no field that this would change.
    """
    _made_through_api(note)
    del opportunity.notes[note.id]


def interacted(account: LeverAccount, opportunity: Opportunity, at: int) -> None:
    opportunity.last_interaction_at = max(at, opportunity.last_interaction_at)
    account.touched(opportunity, at)


def _made_through_api(note: Note) -> None:
    if not note.by_api:
        raise Forbidden("Only notes that were created through the API can be changed through it.")
