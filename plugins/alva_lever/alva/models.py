"""Alva's JSON: one model for each shape that is read, and its conversion to the rules' objects. Wire names are used
only here and, for requests, in the hook.

A field is required if its absence would decide something: ids, external ids, the invitation, tests and role fit. An
unreadable field that only a note shows is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import PlainValidator

from alva_lever.http.exchange import VendorError, one_word
from alva_lever.http.paginator import ROW, Page, checked_next, rows_of
from alva_lever.http.wire import (
    Id,
    IfReadable,
    IsoMillis,
    ListOf,
    Number,
    Percentage,
    ReferenceOrNone,
    Untrusted,
    WireModel,
    not_as_documented,
    parsed,
)
from alva_lever.rules import ids
from alva_lever.rules.ids import is_id
from alva_lever.rules.model import (
    AlvaCandidate,
    Assessment,
    ChangedCandidate,
    Invitation,
    JobPosition,
    Results,
    RoleFit,
)


def _told_id(value: Any) -> str:
    text = ids.as_id(value)
    if text is None:
        raise not_as_documented("is not an id")
    return text


# A candidate's id that a delivery or a refusal names, and by which the candidate is then read.
ToldId = Annotated[str, PlainValidator(_told_id)]


class AssessmentJson(WireModel):
    type: str
    status: str

    def to_rules(self) -> Assessment:
        return Assessment(self.type, self.status)


class InvitationJson(WireModel):
    status: str
    sent_at: IsoMillis | None = None
    email: str | None = None

    def to_rules(self) -> Invitation:
        return Invitation(self.status, self.sent_at, self.email or "")


class CandidateJson(WireModel):
    """A candidate. If `invitation` and `role_fit` were optional, their absence would mean a delivered invitation and
    withdrawn results."""

    id: Id
    # The opportunity's id; null for a candidate added by hand. Required, since absence would read as null.
    external_id: ReferenceOrNone
    job_position_id: Id
    # Blank once Alva has anonymised the candidate.
    email: str | None = None
    stage: IfReadable[str] = None
    invitation: InvitationJson | None
    # Not `ListOf`: a skipped test would count as done.
    assessments: list[AssessmentJson]
    role_fit: Percentage | None
    url: str | None = None
    updated_at: IfReadable[IsoMillis] = None

    def to_rules(self) -> AlvaCandidate:
        return AlvaCandidate(
            id=self.id,
            external_id=self.external_id,
            job_position_id=self.job_position_id,
            email=self.email or "",
            stage=self.stage or "",
            invitation=None if self.invitation is None else self.invitation.to_rules(),
            assessments=tuple(assessment.to_rules() for assessment in self.assessments),
            role_fit=self.role_fit,
            url=self.url or None,
            updated_at_ms=self.updated_at,
        )


class WhoseJson(WireModel):
    """The ids in a row of a candidate or a job position that can't be read otherwise."""

    id: IfReadable[ReferenceOrNone] = None
    external_id: IfReadable[ReferenceOrNone] = None


class PositionJson(WireModel):
    id: Id
    external_id: ReferenceOrNone
    name: str | None = None
    owner_email: str | None = None
    team: str | None = None

    def to_rules(self) -> JobPosition:
        return JobPosition(self.id, self.external_id, self.name, self.owner_email or None, self.team or None)


class UserJson(WireModel):
    id: Id
    email: str | None = None


class RoleFitJson(WireModel):
    score: Percentage
    computed_at: IfReadable[str] = None

    def to_rules(self) -> RoleFit:
        return RoleFit(self.score, self.computed_at)


class ScoreJson(WireModel):
    percentage: IfReadable[Number] = None
    sten: IfReadable[Number] = None
    score: IfReadable[Number] = None

    def in_words(self) -> str:
        """Returns the scores there are, as in `74 %, sten 7`; a score that isn't a percentage has no unit."""
        said = (
            None if self.percentage is None else f"{self.percentage:g} %",
            None if self.score is None else f"{self.score:g}",
            None if self.sten is None else f"sten {self.sten:g}",
        )
        return ", ".join(text for text in said if text)


class InterviewJson(ScoreJson):
    title: IfReadable[str] = None
    name: IfReadable[str] = None

    def label(self, number: int) -> str:
        title = self.title or self.name
        return f"interview: {title}" if title else f"interview {number}"


class ResultsJson(WireModel):
    """Role fit, and the scores of each part."""

    candidate_id: Id
    role_fit: RoleFitJson | None
    personality: IfReadable[ScoreJson] = None
    logic: IfReadable[ScoreJson] = None
    coding: IfReadable[ScoreJson] = None
    screening: IfReadable[ScoreJson] = None
    interviews: IfReadable[ListOf[IfReadable[InterviewJson]]] = None
    url: IfReadable[str] = None

    def to_rules(self) -> Results:
        return Results(
            candidate_id=self.candidate_id,
            role_fit=None if self.role_fit is None else self.role_fit.to_rules(),
            scores=tuple((name, text) for name, text in self._scores() if text),
            url=self.url or None,
        )

    def _scores(self) -> Iterator[tuple[str, str]]:
        """Yields label and score, in the order of the note."""
        parts = {
            "personality": self.personality,
            "logic": self.logic,
            "coding": self.coding,
            "screening": self.screening,
        }
        for name, part in parts.items():
            if part is not None:
                yield name, part.in_words()
        interviews = [interview for interview in self.interviews or () if interview is not None]
        for number, interview in enumerate(interviews, start=1):
            yield interview.label(number), interview.in_words()


class PageJson(WireModel):
    """`{"data": [...], "next_cursor": "token" | null}`. A page without `next_cursor` was cut short, or is no page."""

    data: list[Any]
    next_cursor: str | None


class DetailsJson(WireModel):
    candidate_id: IfReadable[ToldId] = None


class RefusalJson(WireModel):
    code: IfReadable[str] = None
    message: IfReadable[str] = None
    details: IfReadable[DetailsJson] = None


class ErrorJson(WireModel):
    """`{"error": {"code", "message", "details": {"candidate_id"}}}`; each part may be missing."""

    error: IfReadable[RefusalJson] = None


class SentJson(WireModel):
    """The time at which a webhook's delivery was sent."""

    created_at: IsoMillis


class HintJson(WireModel):
    """The candidate that a delivery is about. Nothing else of it is read."""

    candidate_id: ToldId | None = None


class DeliveryJson(WireModel):
    data: HintJson


T = TypeVar("T")


def anything(body: object) -> None:
    """Ignores the body: only the success of the request matters. The hook still requires JSON, or a status without a
    body."""


def page(parse: Callable[[object], T | None], *, asked: Collection[str] = ()) -> Callable[[object], Page[T]]:
    """Reads a page. `parse`: see `rows_of`. `asked`: the cursors used so far."""

    def read(body: object) -> Page[T]:
        envelope = parsed(PageJson, body)
        rows, token = rows_of(envelope.data, parse), envelope.next_cursor
        if token == "":
            raise Untrusted("is empty", "next_cursor")
        return Page(rows, None if token is None else checked_next(token, asked, name="next_cursor"))

    return read


def error(body: object) -> VendorError:
    """Reads the parts of a refusal that are there."""
    said = parsed(ErrorJson, body).error if isinstance(body, dict) else None
    if said is None:
        return VendorError()
    return VendorError(
        code=one_word(said.code),
        message=said.message,
        candidate_id=said.details.candidate_id if said.details else None,
    )


def candidate(row: object) -> AlvaCandidate:
    return parsed(CandidateJson, row).to_rules()


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
    whose = parsed(WhoseJson, row)
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
            if _is_nobodys(row) or parsed(WhoseJson, row).external_id not in (None, external_id):
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
    return parsed(ResultsJson, body).to_rules()


def position(row: object) -> JobPosition:
    return parsed(PositionJson, row).to_rules()


def user_address(row: object) -> tuple[str, str | None]:
    """Reads a user's id and e-mail address."""
    user = parsed(UserJson, row)
    return user.id, user.email or None


def moment(moment_ms: int) -> str:
    """Converts epoch milliseconds to Alva's format: ISO 8601, UTC."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
