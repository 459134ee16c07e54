"""Alva's JSON: one model for each shape that is read, and its conversion to the rules' objects. Wire names are used
only here and, for requests, in the hook.

A field is required if its absence would decide something: ids, external ids, the invitation, tests and role fit. An
unreadable field that only a note shows is left out.
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
