"""Opportunities in Lever, and the notes on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from alva_lever.http.errors import MissingPermission, NotFound, RequestRejected
from alva_lever.http.paginator import Page, Paginator, Unreadable, whole
from alva_lever.http.retry import ATTEMPTS
from alva_lever.http.session import path
from alva_lever.http.wire import the_one
from alva_lever.lever import wire
from alva_lever.lever.base import LeverBase, offset_is_stale
from alva_lever.lever.models import NotExpanded
from alva_lever.lever.oauth import GRANT_AGAIN
from alva_lever.lever.objects import AfterWrite, DeletedOpportunity
from alva_lever.lever.permissions import APPLICATIONS, Permission
from alva_lever.rules.model import Note, Opportunity, Reply
from alva_lever.rules.notes import is_own

T = TypeVar("T")
# The catch-up begins so long before the listing's start, since the two clocks may differ.
CATCH_UP_OVERLAP_MS = 120_000
# Without this an opportunity has no posting.
_EXPANDED = ("expand", "applications")


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Lever's documentation, Opportunities, list filters. Values of one field are alternatives; all fields have to
    match.

    Times are epoch milliseconds, both ends included. `archived`: True for archived only, False for active only, None
    for both. `advanced_at` is the entry into the present stage. There is no filter for confidentiality: without one,
    Lever leaves confidential opportunities out.
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
        """Returns the query, in wire names. A field with several values is repeated."""
        return list(self._pairs())

    def matches(self, opportunity: Opportunity) -> bool:
        """Whether Lever's listing with this filter shows the opportunity. A confidential one is never listed."""
        archived = opportunity.archived
        wanted = (
            (self.stage_id, {opportunity.stage_id}),
            (self.tag, {*opportunity.tags}),
            (self.posting_id, {opportunity.posting_id}),
            (self.archive_reason_id, {archived.reason_id if archived else None}),
        )
        moments = {
            "created": opportunity.created_at_ms,
            "updated": opportunity.updated_at_ms,
            "advanced": opportunity.last_advanced_at_ms,
            "archived": archived.at_ms if archived else None,
        }
        return (
            not opportunity.confidential
            and all(not values or not present.isdisjoint(values) for values, present in wanted)
            and self.archived in (None, archived is not None)
            and all(self._is_within(what, moment_ms) for what, moment_ms in moments.items())
        )

    def _is_within(self, what: str, moment_ms: int | None) -> bool:
        first_ms, last_ms = (getattr(self, f"{what}_at_{end}_ms") for end in ("start", "end"))
        if first_ms is None and last_ms is None:
            return True
        return moment_ms is not None and (first_ms or 0) <= moment_ms <= (moment_ms if last_ms is None else last_ms)

    def moved_since(self, moment_ms: int) -> OpportunityFilter:
        """Returns the filter for opportunities that have entered a stage since then, and so changed their place.

        It drops the upper bounds of `advanced_at` and `updated_at`, which such an entry exceeds. It doesn't use
        `updated_at`, which lags behind.
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

    Every read of an opportunity may raise `MissingPermission`: without applications, the posting is unknown.
    """

    def opportunity(self, opportunity_id: str) -> Opportunity:
        """Reads an opportunity by id. GET /opportunities/:opportunity

        :raises NotFound: it is gone, or `opportunity_id` isn't an id.
        :raises Forbidden: it is confidential, or the key may not read opportunities.
        """
        if opportunity_id == "deleted":
            # This path is the listing of deleted opportunities.
            raise NotFound("Lever has no opportunity `deleted`", vendor=self.vendor, status=404)
        read = the_one(opportunity_id, self._opportunity)
        return self._read(read, "opportunities", opportunity_id, params=[_EXPANDED])

    def opportunities(self, filters: OpportunityFilter) -> Iterator[Opportunity | Unreadable]:
        """Yields each opportunity once, page by page, including unreadable ones. GET /opportunities

        Lever's order (stage rank, then entry) changes during the walk, which may skip a candidate who moves back. If
        that matters, use `every_opportunity`. Memory holds one page and the ids yielded so far.
        """
        return iter(self._listing(filters))

    def some_opportunities(self, *, count: int, attempts: int = ATTEMPTS) -> Sequence[Opportunity | Unreadable]:
        """Returns the first rows of the listing, `count` at most (100 is Lever's largest page). GET /opportunities"""
        params = [_EXPANDED, ("limit", str(count))]
        return self.ask("GET", "/opportunities", wire.page(self._opportunity), params=params, attempts=attempts).rows

    def every_opportunity(self, filters: OpportunityFilter) -> Iterator[Opportunity | Unreadable]:
        """Yields the same, then the candidates who moved while a listing of several pages was walked.

        Only an entry into a stage changes a row's place, and `advanced_at` shows it at once. No row is yielded twice,
        even if it has changed since.
        """
        started_ms = int(self._now() * 1000)
        listing = self._listing(filters)
        yield from listing
        if listing.pages > 1:
            yield from self._listing(filters.moved_since(started_ms - CATCH_UP_OVERLAP_MS), given=listing.given)

    def opportunity_page(self, filters: OpportunityFilter, token: str | None = None) -> Page[Opportunity]:
        """Returns one page of the listing: the first, or the one that `token` names. If Lever has forgotten the token,
        the first. GET /opportunities"""
        params = [*filters.params(), _EXPANDED]
        try:
            return self._page(self._opportunity, "opportunities", token=token, params=params)
        except RequestRejected as error:
            if token is None or not offset_is_stale(error):
                raise
        return self._page(self._opportunity, "opportunities", token=None, params=params)

    def deleted_opportunities(
        self, *, deleted_at_start_ms: int, deleted_at_end_ms: int
    ) -> Iterator[DeletedOpportunity]:
        """Yields the opportunities deleted in that time, both ends included. GET /opportunities/deleted"""
        params = [("deleted_at_start", str(deleted_at_start_ms)), ("deleted_at_end", str(deleted_at_end_ms))]
        walk = self._walk(
            wire.deleted_opportunity, "opportunities", "deleted", params=params, key=lambda deleted: deleted.id
        )
        # Only the id of a row is read, which an unreadable row has too.
        return (DeletedOpportunity(row.id) for row in walk)

    def add_tags(self, opportunity_id: str, tags: Sequence[str]) -> None:
        """Adds tags; those already there stay. POST /opportunities/:opportunity/addTags"""
        self._change("POST", opportunity_id, "addTags", {"tags": _some(tags)}, wire.nothing)

    def remove_tags(self, opportunity_id: str, tags: Sequence[str]) -> None:
        """Removes tags; those not there are ignored. POST /opportunities/:opportunity/removeTags"""
        self._change("POST", opportunity_id, "removeTags", {"tags": _some(tags)}, wire.nothing)

    def add_links(self, opportunity_id: str, links: Sequence[str]) -> AfterWrite:
        """Adds links to the contact, and so to all of its opportunities. POST /opportunities/:opportunity/addLinks"""
        return self._change("POST", opportunity_id, "addLinks", {"links": _some(links)}, wire.after_write)

    def remove_links(self, opportunity_id: str, links: Sequence[str]) -> None:
        """Removes links. POST /opportunities/:opportunity/removeLinks"""
        self._change("POST", opportunity_id, "removeLinks", {"links": _some(links)}, wire.nothing)

    def move_stage(self, opportunity_id: str, stage_id: str) -> None:
        """Moves it to a stage. In recorded traffic, its present stage changes nothing. PUT
        /opportunities/:opportunity/stage"""
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
        raise self._lacks(APPLICATIONS, "gives only the ids of applications, so that postings are unknown")

    def _lacks(self, permission: Permission, seen: str) -> MissingPermission:
        """Returns the error for a missing permission that every decision needs. `seen`: how that shows."""
        if self._tokens is not None:
            return MissingPermission(
                f"{self.vendor} {seen}: what was granted lacks the scope `{permission.scope}`",
                remedy=f"Add it to your OAuth app at Lever. {GRANT_AGAIN}",
                vendor=self.vendor,
            )
        return MissingPermission(
            f"{self.vendor} {seen}: the API key of connection `{self.http_conn_id}` lacks the permission "
            f"`{permission}`",
            remedy="A key's permissions are fixed when it is made: make a new one in Lever under Settings, "
            "Integrations and API, API Credentials, with this permission as well, and put it into that connection",
            vendor=self.vendor,
        )

    def _change(self, method: str, opportunity_id: str, what: str, body: object, read: Callable[[object], T]) -> T:
        """Sends a write, which Lever answers with the opportunity. `read` reads only what is needed, since the write
        took effect whatever else the answer holds."""
        where = path(self.vendor, "opportunities", opportunity_id, what)
        return self.ask(method, where, wire.one(the_one(opportunity_id, read)), json=body)


def _some(values: Sequence[str]) -> list[str]:
    if isinstance(values, str) or not values:
        raise ValueError("at least one value, in a sequence")
    return list(values)


class Notes(LeverBase):
    """Lever's documentation, Notes. A note written without `perform_as` has no author."""

    def notes(self, opportunity_id: str) -> list[Note]:
        """Returns all notes in Lever's order. GET /opportunities/:opportunity/notes

        :raises Malformed: a note that the API may have written can't be read; without it, it would be written again.
        """
        segments = ("opportunities", opportunity_id, "notes")
        walk: Paginator[Note] = self._walk(wire.listed_note, *segments, key=lambda note: note.id, keyset=False)
        return list(whole(walk, self._asked("GET", path(self.vendor, *segments))))

    def may_read_notes(self, opportunity_id: str, *, attempts: int = ATTEMPTS) -> None:
        """Checks that the key may read notes. GET /opportunities/:opportunity/notes. :raises Forbidden: it may not."""
        where = path(self.vendor, "opportunities", opportunity_id, "notes")
        self.ask("GET", where, wire.page(wire.nothing, keyset=False), params=[("limit", "1")], attempts=attempts)

    def note(self, opportunity_id: str, note_id: str) -> Note:
        """Reads a note. GET /opportunities/:opportunity/notes/:note"""
        return self._read(wire.note, "opportunities", opportunity_id, "notes", note_id)

    def add_note(self, opportunity_id: str, text: str, ref: str) -> str:
        """Writes a note whose last line is `ref`, and returns its id. POST /opportunities/:opportunity/notes

        Lever doesn't detect a repeated write. After a fault that leaves open whether the note was written, this looks
        for a note with that line and no author, and writes it again only if there is none.
        """
        body = {"value": text}

        def read_back() -> str | None:
            return next((note.id for note in self.notes(opportunity_id) if is_own(note, ref)), None)

        where = path(self.vendor, "opportunities", opportunity_id, "notes")
        return self.write_once("POST", where, wire.one(wire.written_note), json=body, read_back=read_back)

    def update_note(
        self, opportunity_id: str, note_id: str, text: str, *, at_ms: int | None = None, replies: Sequence[Reply] = ()
    ) -> None:
        """Replaces the text of a note that the API wrote. PUT /opportunities/:opportunity/notes/:note

        Lever replaces the whole thread, so `replies` (other people's comments below it) must be passed, or they are
        lost. They lose their author, whose name has to be part of their text. `at_ms`: the text's date, in the past;
        None: now.
        """
        where = path(self.vendor, "opportunities", opportunity_id, "notes", note_id)
        body = {"values": [_comment(Reply(text, at_ms)), *map(_comment, replies)]}
        self.ask("PUT", where, wire.nothing, json=body)

    def delete_note(self, opportunity_id: str, note_id: str) -> None:
        """Deletes a note that the API wrote; one that is already gone is no error. DELETE …/notes/:note"""
        try:
            self.ask("DELETE", path(self.vendor, "opportunities", opportunity_id, "notes", note_id), wire.nothing)
        except NotFound:
            self.log.debug("%s had no such note", self.vendor)


def _comment(reply: Reply) -> dict[str, str | int]:
    optional = {"createdAt": reply.created_at_ms, "score": reply.score}
    return {"value": reply.text} | {name: value for name, value in optional.items() if value is not None}
