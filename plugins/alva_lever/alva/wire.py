"""Turns Alva's answers into objects: unpacks envelopes, and parses rows by the models."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import TypeVar

from alva_lever.alva import models
from alva_lever.http.exchange import VendorError, one_word
from alva_lever.http.paginator import ROW, Page, checked_next, rows_of
from alva_lever.http.wire import Untrusted, parsed
from alva_lever.rules.ids import is_id
from alva_lever.rules.model import AlvaCandidate, ChangedCandidate, JobPosition, Results

T = TypeVar("T")


def anything(body: object) -> None:
    """Ignores the body: only the success of the request matters. The hook still requires JSON, or a status without a
    body."""


def page(parse: Callable[[object], T | None], *, asked: Collection[str] = ()) -> Callable[[object], Page[T]]:
    """Reads a page. `parse`: see `rows_of`. `asked`: the cursors used so far."""

    def read(body: object) -> Page[T]:
        envelope = parsed(models.PageJson, body)
        rows, token = rows_of(envelope.data, parse), envelope.next_cursor
        if token == "":
            raise Untrusted("is empty", "next_cursor")
        return Page(rows, None if token is None else checked_next(token, asked, name="next_cursor"))

    return read


def error(body: object) -> VendorError:
    """Reads the parts of a refusal that are there."""
    said = parsed(models.ErrorJson, body).error if isinstance(body, dict) else None
    if said is None:
        return VendorError()
    return VendorError(
        code=one_word(said.code),
        message=said.message,
        candidate_id=said.details.candidate_id if said.details else None,
    )


def candidate(row: object) -> AlvaCandidate:
    return parsed(models.CandidateJson, row).to_rules()


def changed_candidate(row: object) -> ChangedCandidate | None:
    """Reads a row, or at least its ids if the rest can't be read. None for a candidate added by hand."""
    if _is_nobodys(row):
        return None
    try:
        found = candidate(row)
    except Untrusted as untrusted:
        fault = untrusted
    else:
        return None if found.external_id is None else ChangedCandidate(found.id, found.external_id, found)
    whose = parsed(models.WhoseJson, row)
    candidate_id = whose.id if whose.id is not None and is_id(whose.id) else None
    if candidate_id is None and whose.external_id is None:
        raise fault
    return ChangedCandidate(candidate_id, whose.external_id, None, str(fault.within(ROW)))


def of(external_id: str, parse: Callable[[object], T]) -> Callable[[object], T | None]:
    """Returns a parser that skips an unreadable row only if it has another external id: a record that is missed would
    be created twice."""

    def read(row: object) -> T | None:
        try:
            return parse(row)
        except Untrusted:
            if _is_nobodys(row) or parsed(models.WhoseJson, row).external_id not in (None, external_id):
                return None
            raise

    return read


def _is_nobodys(row: object) -> bool:
    """Whether the row says that it has no record in Lever. A missing field doesn't say so."""
    return isinstance(row, dict) and "external_id" in row and row["external_id"] is None


def results_of(candidate_id: str) -> Callable[[object], Results]:
    """Returns a parser for this candidate's results. :raises Untrusted: they are another candidate's."""

    def read(body: object) -> Results:
        found = results(body)
        if found.candidate_id != candidate_id:
            raise Untrusted("is that of another object", "candidate_id")
        return found

    return read


def results(body: object) -> Results:
    return parsed(models.ResultsJson, body).to_rules()


def position(row: object) -> JobPosition:
    return parsed(models.PositionJson, row).to_rules()


def user_address(row: object) -> tuple[str, str | None]:
    """Reads a user's id and e-mail address."""
    user = parsed(models.UserJson, row)
    return user.id, user.email or None


def moment(moment_ms: int) -> str:
    """Converts epoch milliseconds to Alva's format: ISO 8601, UTC."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
