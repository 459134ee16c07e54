"""Alva's JSON: one model for each shape that is read, and what the rules make of it. The names of the wire stand here,
and in the hook where something is sent.

What must be there is what would decide something by its absence: ids, whose a candidate or a job position is, the
invitation, tests and role fit. What would only be missing in a note is left out where it can't be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import PlainValidator

from alva_lever.http.wire import (
    Id,
    IfReadable,
    IsoMillis,
    ListOf,
    Number,
    Percentage,
    ReferenceOrNone,
    WireModel,
    not_as_documented,
)
from alva_lever.rules import ids
from alva_lever.rules.model import AlvaCandidate, Assessment, Invitation, JobPosition, Results, RoleFit


def _told_id(value: Any) -> str:
    text = ids.as_id(value)
    if text is None:
        raise not_as_documented("is no id")
    return text


# The id of a candidate in what isn't an answer about that candidate, and is asked for by it.
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
    """A candidate. Without `invitation` and `role_fit` an answer would read as an invitation that went well and as
    results that were withdrawn."""

    id: Id
    # Whose it is in Lever; null for one that was added by hand. Absent, it would read as nobody's.
    external_id: ReferenceOrNone
    job_position_id: Id
    # Blank once Alva has anonymised the candidate.
    email: str | None = None
    stage: IfReadable[str] = None
    invitation: InvitationJson | None
    # Not `ListOf`: a test that is passed over would count as done.
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
    """Who a candidate or a job position is, as far as a row that can't be read otherwise tells."""

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
        """`74 %, sten 7` of what is there; a score that isn't a percentage stands by itself."""
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
    """Role fit, and each part's scores."""

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
        """In the order in which they are told."""
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
    """`{"data": [...], "next_cursor": "token" | null}`; a page without `next_cursor` was cut, or isn't one."""

    data: list[Any]
    next_cursor: str | None


class DetailsJson(WireModel):
    candidate_id: IfReadable[ToldId] = None


class RefusalJson(WireModel):
    code: IfReadable[str] = None
    message: IfReadable[str] = None
    details: IfReadable[DetailsJson] = None


class ErrorJson(WireModel):
    """`{"error": {"code", "message", "details": {"candidate_id"}}}`, as much of it as is there."""

    error: IfReadable[RefusalJson] = None


class SentJson(WireModel):
    """When a delivery of a webhook was sent."""

    created_at: IsoMillis


class HintJson(WireModel):
    """Of whom a delivery speaks. What else it tells isn't read: the candidate is asked for."""

    candidate_id: ToldId | None = None


class DeliveryJson(WireModel):
    data: HintJson
