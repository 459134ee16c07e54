"""Opportunities in Lever, and the notes on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from alva_lever.http.errors import MissingPermission, NotFound
from alva_lever.http.paginator import Paginator, Unreadable, whole
from alva_lever.http.session import path
from alva_lever.http.wire import the_one
from alva_lever.lever import wire
from alva_lever.lever.base import LeverBase
from alva_lever.lever.models import NotExpanded
from alva_lever.lever.objects import AfterWrite, DeletedOpportunity
from alva_lever.rules.model import Note, Opportunity, Reply
from alva_lever.rules.notes import is_own

T = TypeVar("T")
# How far before a listing's start its catch-up looks, for two clocks that differ.
CATCH_UP_OVERLAP_MS = 120_000
# Without it an opportunity doesn't tell its posting.
_EXPANDED = ("expand", "applications")


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Lever's documentation, Opportunities, list filters. Values of one field are alternatives; fields all have to
    hold.

    Times are epoch milliseconds, both ends included. `archived`: True only those, False only the others, None both.
    `advanced_at` is the entry into the present stage. There is no filter for confidentiality here: without one Lever
    leaves the confidential out.
    """

    stage_id: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    posting_id: tuple[str, ...] = ()
    archive_reason_id: tuple[str, ...] = ()
    archived: bool | None = None
    created_at_start_ms: int | None = None
    created_at_end_ms: int | None = None
    updated_at_start_ms: int | None = None
    updated_at_end_ms: int | None = None
    advanced_at_start_ms: int | None = None
    advanced_at_end_ms: int | None = None
    archived_at_start_ms: int | None = None
    archived_at_end_ms: int | None = None

    def params(self) -> list[tuple[str, str]]:
        """The query, in wire names. A field of several values is repeated."""
        return list(self._pairs())

    def moved_since(self, moment_ms: int) -> OpportunityFilter:
        """The same question about those who changed places in the listing since then, by coming into a stage.

        Without the upper bounds of `advanced_at` and `updated_at`, which such an entry is past. Not by `updated_at`:
        that is late.
        """
        start = max(moment_ms, self.advanced_at_start_ms or 0)
        return replace(self, advanced_at_start_ms=start, advanced_at_end_ms=None, updated_at_end_ms=None)

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for name in ("stage_id", "tag", "posting_id", "archive_reason_id"):
            for value in getattr(self, name):
                yield name, value
        if self.archived is not None:
            yield "archived", "true" if self.archived else "false"
        for what in ("created", "updated", "advanced", "archived"):
            for end in ("start", "end"):
                moment = getattr(self, f"{what}_at_{end}_ms")
                if moment is not None:
                    yield f"{what}_at_{end}", str(moment)


class Opportunities(LeverBase):
    """Lever's documentation, Opportunities.

    Whatever reads one may raise `MissingPermission`: the key may not read applications, and so not tell a posting.
    """

    def opportunity(self, opportunity_id: str) -> Opportunity:
        """One opportunity as it is now. GET /opportunities/:opportunity

        :raises NotFound: it is gone, or what was given isn't an id.
        :raises Forbidden: it is confidential, or the key may not read opportunities.
        """
        if opportunity_id == "deleted":
            # A listing of its own stands where an opportunity of this id would be.
            raise NotFound("Lever has no opportunity `deleted`", vendor=self.vendor, status=404)
        read = the_one(opportunity_id, self._opportunity)
        return self._read(read, "opportunities", opportunity_id, params=[_EXPANDED])

    def opportunities(self, filters: OpportunityFilter) -> Iterator[Opportunity | Unreadable]:
        """Each once, page by page, also those that can't be read. GET /opportunities

        Lever's order (stage rank, then entry) changes while it is walked: who moves back meanwhile may be skipped.
        Where that matters, `every_opportunity`. Memory holds one page and the ids that were given.
        """
        return iter(self._listing(filters))

    def every_opportunity(self, filters: OpportunityFilter) -> Iterator[Opportunity | Unreadable]:
        """The same, with a second look at who moved while a listing of several pages was walked.

        Only an entry into a stage changes a row's place, and `advanced_at` tells of it at once. A row that was given
        is not given again, even if it changed since.
        """
        started_ms = int(self._now() * 1000)
        listing = self._listing(filters)
        yield from listing
        if listing.pages > 1:
            yield from self._listing(filters.moved_since(started_ms - CATCH_UP_OVERLAP_MS), given=listing.given)

    def deleted_opportunities(
        self, *, deleted_at_start_ms: int, deleted_at_end_ms: int
    ) -> Iterator[DeletedOpportunity]:
        """Those deleted in that time, both ends included. GET /opportunities/deleted"""
        params = [("deleted_at_start", str(deleted_at_start_ms)), ("deleted_at_end", str(deleted_at_end_ms))]
        walk = self._walk(
            wire.deleted_opportunity, "opportunities", "deleted", params=params, key=lambda deleted: deleted.id
        )
        # All that is read of a row is what even one that can't be read has.
        return (DeletedOpportunity(row.id) for row in walk)

    def add_tags(self, opportunity_id: str, tags: Sequence[str]) -> None:
        """Tags that are there already stay as they are. POST /opportunities/:opportunity/addTags"""
        self._change("POST", opportunity_id, "addTags", {"tags": _some(tags)}, wire.nothing)

    def remove_tags(self, opportunity_id: str, tags: Sequence[str]) -> None:
        """Tags that aren't there are passed over. POST /opportunities/:opportunity/removeTags"""
        self._change("POST", opportunity_id, "removeTags", {"tags": _some(tags)}, wire.nothing)

    def add_links(self, opportunity_id: str, links: Sequence[str]) -> AfterWrite:
        """Links stand on the contact, and so on all of its opportunities. POST /opportunities/:opportunity/addLinks"""
        return self._change("POST", opportunity_id, "addLinks", {"links": _some(links)}, wire.after_write)

    def remove_links(self, opportunity_id: str, links: Sequence[str]) -> None:
        """POST /opportunities/:opportunity/removeLinks"""
        self._change("POST", opportunity_id, "removeLinks", {"links": _some(links)}, wire.nothing)

    def move_stage(self, opportunity_id: str, stage_id: str) -> None:
        """PUT /opportunities/:opportunity/stage. Seen in recorded traffic: the stage it is in already changes
        nothing."""
        self._change("PUT", opportunity_id, "stage", {"stage": stage_id}, wire.nothing)

    def _listing(self, filters: OpportunityFilter, given: set[str] | None = None) -> Paginator[Opportunity]:
        params = [*filters.params(), _EXPANDED]
        return self._walk(
            self._opportunity, "opportunities", params=params, key=lambda opportunity: opportunity.id, given=given
        )

    def _opportunity(self, row: object) -> Opportunity:
        try:
            return wire.opportunity(row)
        except NotExpanded:
            pass
        raise self._lacks("applications: read", "gives applications as ids alone, which tell no posting")

    def _lacks(self, permission: str, seen: str) -> MissingPermission:
        """The error for a permission without which nothing can be decided about anybody. `seen`: what shows it."""
        return MissingPermission(
            f"{self.vendor} {seen}: the API key of connection `{self.http_conn_id}` lacks the permission "
            f"`{permission}`. A key's permissions are fixed when it is made: make another one in Lever under Settings, "
            "Integrations and API, API Credentials, with this one besides the others, and put it into that connection",
            vendor=self.vendor,
        )

    def _change(self, method: str, opportunity_id: str, what: str, body: object, read: Callable[[object], T]) -> T:
        """A write, which is answered by the opportunity. `read`: what is needed of that answer, and no more, since the
        write was done whatever else is in it."""
        where = path(self.vendor, "opportunities", opportunity_id, what)
        return self.ask(method, where, wire.one(the_one(opportunity_id, read)), json=body)


def _some(values: Sequence[str]) -> list[str]:
    if isinstance(values, str) or not values:
        raise ValueError("one value at least, in a sequence")
    return list(values)


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
