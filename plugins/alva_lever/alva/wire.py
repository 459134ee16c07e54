"""Alva's answers to objects: envelopes, and what is read of a row by the models."""

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
    """Reads an answer whose success is all that matters; it still has to be JSON, or without a body by its status."""


def page(parse: Callable[[object], T | None], *, asked: Collection[str] = ()) -> Callable[[object], Page[T]]:
    """Reads a page. `parse`: see `rows_of`. `asked`: the cursors of this walk."""

    def read(body: object) -> Page[T]:
        envelope = parsed(models.PageJson, body)
        rows, token = rows_of(envelope.data, parse), envelope.next_cursor
        if token == "":
            raise Untrusted("is empty", "next_cursor")
        return Page(rows, None if token is None else checked_next(token, asked, name="next_cursor"))

    return read


def error(body: object) -> VendorError:
    """Reads as much of a refusal as is there."""
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
    """Reads as much as there is, if it says who it is about; None for one that was added by hand, and is nobody's."""
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
    """Reads rows of which only those of others may be unreadable: what is overlooked would be made once more."""

    def read(row: object) -> T | None:
        try:
            return parse(row)
        except Untrusted:
            if _is_nobodys(row) or parsed(models.WhoseJson, row).external_id not in (None, external_id):
                return None
            raise

    return read


def _is_nobodys(row: object) -> bool:
    """Whether the row says that it belongs to nothing in Lever. Absence says nothing."""
    return isinstance(row, dict) and "external_id" in row and row["external_id"] is None


def results_of(candidate_id: str) -> Callable[[object], Results]:
    """Reads the results of this candidate. :raises Untrusted: they are another one's."""

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
    """A user's id and e-mail address."""
    user = parsed(models.UserJson, row)
    return user.id, user.email or None


def moment(moment_ms: int) -> str:
    """Epoch milliseconds as Alva takes them: ISO 8601, UTC."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
