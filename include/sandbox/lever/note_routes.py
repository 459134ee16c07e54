"""Lever's documentation, Notes.

The answer to a POST is the whole note and ``noteId`` besides (seen in recorded traffic).
"""

from __future__ import annotations

from typing import Any

from include.sandbox.lever import listing, notes, shapes
from include.sandbox.lever.call import Call, past_ms
from include.sandbox.lever.errors import BadRequest
from include.sandbox.lever.models import Comment, Note


def list_all(call: Call) -> dict[str, Any]:
    """The newest first, in pages."""
    rows = listing.in_order(call.opportunity().notes.values())
    return listing.page(rows, call.query, lambda note: True, lambda note: _shown(call, note))


def get(call: Call) -> dict[str, Any]:
    return {"data": _shown(call, call.account.note(call.opportunity(), call.path["note"]))}


def create(call: Call) -> dict[str, Any]:
    """A note, or with ``note_id`` a comment in the thread of one. Without ``perform_as`` it has no author."""
    opportunity, body, performer = call.opportunity(), call.body(), call.performer()
    thread_id = call.query.one("note_id")
    thread = None if thread_id is None else call.account.note(opportunity, thread_id)
    comment = _comment(call, body, performer, body.get("score"))
    comment.stage = opportunity.stage.id
    note = notes.add(call.account, opportunity, comment, secret=body.get("secret") is True, thread=thread)
    return {"data": {**shapes.note(note, call.account.users), "noteId": note.id}}


def replace(call: Call) -> dict[str, Any]:
    """``values`` in place of all comments that the note has."""
    opportunity, values = call.opportunity(), call.body().get("values")
    note = call.account.note(opportunity, call.path["note"])
    if not isinstance(values, list) or not values or not all(isinstance(value, dict) for value in values):
        raise BadRequest("Invalid value for values: a list of {value} is expected.")
    comments = [_comment(call, value, note.user, value.get("score")) for value in values]
    for comment in comments:
        comment.stage = note.comments[0].stage
    notes.replace(call.account, opportunity, note, comments, call.now_ms)
    return {"data": {**shapes.note(note, call.account.users), "noteId": note.id}}


def delete(call: Call) -> None:
    opportunity = call.opportunity()
    notes.delete(opportunity, call.account.note(opportunity, call.path["note"]))


def _shown(call: Call, note: Note) -> dict[str, Any]:
    return call.included(shapes.note(note, call.account.users, call.query.many("expand")))


def _comment(call: Call, body: dict[str, Any], user: str | None, score: object) -> Comment:
    value = body.get("value")
    if not isinstance(value, str) or not value:
        raise BadRequest("Missing required parameter: value")
    if score is not None and score not in (1, 2, 3, 4):
        raise BadRequest("Invalid value for score: 1 to 4 is expected.")
    return Comment(value, past_ms(body, "createdAt", call.now_ms), user, score if isinstance(score, int) else None)
