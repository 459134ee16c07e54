"""Alva's JSON to objects. Field names of the wire stand here, and in the hook where something is sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from alva_lever.rules.model import AlvaCandidate, Assessment, Invitation, JobPosition, Results, RoleFit
from alva_lever.transport.failures import VendorError, one_word
from alva_lever.transport.fields import Fields, Untrusted, same_id
from alva_lever.transport.root import as_id
from alva_lever.transport.walk import Page, checked_next

T = TypeVar("T")

# The parts of a candidate's results that are one object each, in the order in which they are told.
_PARTS = ("personality", "logic", "coding", "screening")


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate in a listing. `problem`: what keeps the rest from being read; then there is no candidate."""

    key: str
    external_id: str | None
    candidate: AlvaCandidate | None
    problem: str = ""


def one(parse: Callable[[Fields], T]) -> Callable[[object], T]:
    """Reads a single object, which Alva sends without an envelope."""
    return lambda body: parse(Fields(body))


def anything(body: object) -> None:
    """Reads an answer whose success is all that matters; it still has to be JSON, or without a body by its status."""


def page(parse: Callable[[Fields], T], *, asked: Collection[str] = ()) -> Callable[[object], Page[T]]:
    """Reads `{"data": [...], "next_cursor": "token" | null}`; a page without `next_cursor` was cut, or isn't one.

    `asked`: the cursors of this walk.
    """

    def read(body: object) -> Page[T]:
        envelope = Fields(body)
        rows = envelope.rows("data", parse)
        envelope.required("next_cursor")
        token = envelope.text_or_none("next_cursor")
        if token == "":
            raise Untrusted("`next_cursor` is empty")
        return Page(rows, None if token is None else checked_next(token, asked, name="next_cursor"))

    return read


def error(body: object) -> VendorError:
    """Reads `{"error": {"code", "message", "details": {"candidate_id"}}}`, as much of it as is there."""
    said = _part(body, "error")
    message = said.get("message")
    return VendorError(
        code=one_word(said.get("code")),
        message=message if isinstance(message, str) else None,
        candidate_id=as_id(_part(said, "details").get("candidate_id")),
    )


def _part(body: object, key: str) -> dict[str, object]:
    """An object within another, empty where it is none."""
    part = body.get(key) if isinstance(body, dict) else None
    return part if isinstance(part, dict) else {}


def candidate(row: Fields) -> AlvaCandidate:
    # Absent, they would read as an invitation that went well and as results that were withdrawn.
    row.required("invitation")
    row.required("role_fit")
    invitation = row.object_or_none("invitation")
    return AlvaCandidate(
        id=row.id(),
        external_id=row.text_or_none("external_id"),
        job_position_id=row.id("job_position_id"),
        # Blank once Alva has anonymised the candidate.
        email=row.text_or_none("email") or "",
        stage=row.text("stage"),
        invitation=None if invitation is None else _invitation(invitation),
        assessments=row.rows(
            "assessments", lambda part: Assessment(type=part.text("type"), status=part.text("status"))
        ),
        role_fit=_percentage_or_none(row, "role_fit"),
        url=row.text_or_none("url") or None,
        updated_at_ms=row.moment_ms_or_none("updated_at"),
    )


def candidate_row(row: Fields) -> Row:
    """Reads as much as there is: one row that can't be read keeps nobody else waiting."""
    try:
        return whole_candidate_row(row)
    except Untrusted as untrusted:
        name = _whose(row)
        return Row(f"unreadable/{name}", name, None, str(untrusted))


def candidate_row_of(external_id: str) -> Callable[[Fields], Row]:
    """Reads rows of which only those of others may be unreadable: whoever is overlooked would be added once more."""

    def read(row: Fields) -> Row:
        return whole_candidate_row(row) if _whose(row) in (None, external_id) else candidate_row(row)

    return read


def whole_candidate_row(row: Fields) -> Row:
    found = candidate(row)
    return Row(found.id, found.external_id, found)


def results_of(candidate_id: str) -> Callable[[Fields], Results]:
    """Reads the results of this candidate. :raises Untrusted: they are another one's."""
    return lambda body: results(same_id(candidate_id, body, "candidate_id"))


def results(body: Fields) -> Results:
    """Role fit, and each part's scores in words."""
    body.required("role_fit")
    fit = body.object_or_none("role_fit")
    return Results(
        candidate_id=body.id("candidate_id"),
        role_fit=None if fit is None else _role_fit(fit),
        scores=tuple(_scores(body)),
        url=body.text_or_none("url") or None,
    )


def position(row: Fields) -> JobPosition:
    return JobPosition(
        id=row.id(),
        external_id=row.text_or_none("external_id"),
        name=row.text("name"),
        owner_email=row.text_or_none("owner_email") or None,
        team=row.text_or_none("team") or None,
    )


def user_address(row: Fields) -> tuple[str, str | None]:
    """A user's id and e-mail address."""
    return row.id(), row.text_or_none("email") or None


def moment(moment_ms: int) -> str:
    """Epoch milliseconds as Alva takes them: ISO 8601, UTC."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _whose(row: Fields) -> str | None:
    try:
        return row.text_or_none("external_id")
    except Untrusted:
        return None


def _invitation(row: Fields) -> Invitation:
    return Invitation(
        status=row.text("status"),
        sent_at_ms=row.moment_ms_or_none("sent_at"),
        email=row.text_or_none("email") or "",
    )


def _role_fit(row: Fields) -> RoleFit:
    score = _percentage_or_none(row, "score")
    if score is None:
        raise Untrusted("`role_fit.score` is missing")
    return RoleFit(score=score, computed_at=row.text_or_none("computed_at"))


def _percentage_or_none(row: Fields, key: str) -> float | None:
    value = row.number_or_none(key)
    if value is not None and not 0 <= value <= 100:
        raise Untrusted(f"`{key}` is not between 0 and 100")
    return value


def _scores(body: Fields) -> Iterator[tuple[str, str]]:
    for name in _PARTS:
        part = body.object_or_none(name)
        if part is not None and (text := _score(part)):
            yield name, text
    if body.has_rows("interviews"):
        for number, (label, text) in enumerate(body.rows("interviews", _interview), start=1):
            if text:
                yield f"interview: {label}" if label else f"interview {number}", text


def _interview(row: Fields) -> tuple[str | None, str]:
    return row.text_or_none("title") or row.text_or_none("name"), _score(row)


def _score(part: Fields) -> str:
    """`74 %, sten 7` of what is there; a score that isn't a percentage stands by itself."""
    percentage, sten, score = (part.number_or_none(key) for key in ("percentage", "sten", "score"))
    said = (
        None if percentage is None else f"{percentage:g} %",
        None if score is None else f"{score:g}",
        None if sten is None else f"sten {sten:g}",
    )
    return ", ".join(text for text in said if text)
