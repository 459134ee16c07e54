"""Notes on an opportunity."""

from __future__ import annotations

from collections.abc import Sequence

from alva_lever.http.errors import NotFound
from alva_lever.http.paginator import Paginator, whole
from alva_lever.http.root import path
from alva_lever.lever import wire
from alva_lever.lever.base import LeverBase
from alva_lever.rules.model import Note, Reply
from alva_lever.rules.notes import is_own


class Notes(LeverBase):
    """Lever's documentation, Notes. What is written without `perform_as` has no author."""

    def notes(self, opportunity_id: str) -> list[Note]:
        """All of them, in Lever's order. GET /opportunities/:opportunity/notes

        :raises Malformed: one that the API may have written can't be read: it would be written again.
        """
        segments = ("opportunities", opportunity_id, "notes")
        walk: Paginator[Note] = self._walk(wire.listed_note, *segments, key=lambda note: note.id, keyset=False)
        return list(whole(walk, self._asked("GET", path(self.vendor, *segments))))

    def note(self, opportunity_id: str, note_id: str) -> Note:
        """GET /opportunities/:opportunity/notes/:note"""
        return self._read(wire.note, "opportunities", opportunity_id, "notes", note_id)

    def add_note(self, opportunity_id: str, text: str, ref: str) -> str:
        """Write `text`, whose last line is `ref`; the note's id. POST /opportunities/:opportunity/notes

        Lever knows no repeat by itself. After a fault that leaves it open whether the note was written, it is looked
        for by that line and by having no author, and written again only if it isn't there.
        """
        body = {"value": text}

        def read_back() -> str | None:
            return next((note.id for note in self.notes(opportunity_id) if is_own(note, ref)), None)

        where = path(self.vendor, "opportunities", opportunity_id, "notes")
        return self.write_once("POST", where, wire.one(wire.written_note), json=body, read_back=read_back)

    def update_note(
        self, opportunity_id: str, note_id: str, text: str, *, at_ms: int | None = None, replies: Sequence[Reply] = ()
    ) -> None:
        """Replace the text of a note that the API wrote. PUT /opportunities/:opportunity/notes/:note

        It replaces the whole thread: `replies`, what others wrote below it, is to be written again, or it is lost. They
        get no author: who wrote them has to be part of their text. `at_ms`: when the text is to count as written, which
        must be in the past; None: now.
        """
        where = path(self.vendor, "opportunities", opportunity_id, "notes", note_id)
        body = {"values": [_comment(Reply(text, at_ms)), *map(_comment, replies)]}
        self.ask("PUT", where, wire.nothing, json=body)

    def delete_note(self, opportunity_id: str, note_id: str) -> None:
        """Delete a note that the API wrote; one that is gone already is no error. DELETE …/notes/:note"""
        try:
            self.ask("DELETE", path(self.vendor, "opportunities", opportunity_id, "notes", note_id), wire.nothing)
        except NotFound:
            self.log.debug("%s had no such note", self.vendor)


def _comment(reply: Reply) -> dict[str, str | int]:
    optional = {"createdAt": reply.created_at_ms, "score": reply.score}
    return {"value": reply.text} | {name: value for name, value in optional.items() if value is not None}
