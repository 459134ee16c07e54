"""How Alva's half writes its things as JSON: dates as ISO 8601, null for what isn't there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from include.sandbox.alva.candidate import Candidate, Invitation, RoleFit
from include.sandbox.alva.directory import Team, User, Webhook
from include.sandbox.alva.listing import Page, Row
from include.sandbox.alva.persons import Score
from include.sandbox.alva.positions import JobPosition
from include.sandbox.alva.times import iso

Json = dict[str, object]
RowT = TypeVar("RowT", bound=Row)


def listed(page: Page[RowT], shape: Callable[[RowT], Json]) -> Json:
    """A page: `{"data": [...], "next_cursor": string or null}`."""
    return {"data": [shape(row) for row in page.rows], "next_cursor": page.next_cursor}


def position(row: JobPosition) -> Json:
    """A job position."""
    facts = row.facts
    return {
        "id": row.id,
        "external_id": facts.external_id,
        "name": facts.name,
        "owner_email": facts.owner_email,
        "hiring_team": list(facts.hiring_team),
        "team": facts.team,
        "location": facts.location,
        "profile_id": facts.profile_id,
        "invitation_template_id": facts.invitation_template_id,
        "assessments": list(facts.assessments),
        "status": row.status,
        "archived": facts.archived,
        "created_at": iso(row.created_at_ms),
        "updated_at": iso(row.updated_at_ms),
    }


def candidate(row: Candidate) -> Json:
    """A candidate. `role_fit` is a bare number here, an object in the results."""
    return {
        "id": row.id,
        "external_id": row.external_id,
        "job_position_id": row.position_id,
        "email": row.email,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "stage": row.stage,
        "invitation": _invitation(row.invitation),
        "assessments": [{"type": test.type, "status": test.status} for test in row.assessments],
        "role_fit": None if row.role_fit is None else row.role_fit.score,
        "url": row.url,
        "created_at": iso(row.created_at_ms),
        "updated_at": iso(row.updated_at_ms),
    }


def results(row: Candidate) -> Json:
    """A candidate's current summary. A test without a result that may be seen is null."""
    return {
        "candidate_id": row.id,
        "role_fit": _role_fit(row.role_fit),
        "logic": _score(row.score("logic"), with_sten=True),
        "personality": _score(row.score("personality")),
        "coding": _score(row.score("coding")),
        "interviews": [{"title": held.title, "score": held.score} for held in row.interviews],
        "url": row.url,
    }


def user(row: User) -> Json:
    """A user."""
    return {
        "id": row.id,
        "email": row.email,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "team": row.team,
        "created_at": iso(row.created_at_ms),
        "updated_at": iso(row.updated_at_ms),
    }


def team(row: Team) -> Json:
    """A team or a test profile."""
    return {
        "id": row.id,
        "name": row.name,
        "created_at": iso(row.created_at_ms),
        "updated_at": iso(row.updated_at_ms),
    }


def webhook(row: Webhook) -> Json:
    """A webhook; its token is never shown again."""
    return {
        "id": row.id,
        "url": row.url,
        "events": list(row.events),
        "signed": row.signature_token is not None,
        "created_at": iso(row.created_at_ms),
        "updated_at": iso(row.updated_at_ms),
    }


def _invitation(sent: Invitation | None) -> Json | None:
    return None if sent is None else {"status": sent.status, "sent_at": iso(sent.sent_at_ms), "email": sent.email}


def _role_fit(fit: RoleFit | None) -> Json | None:
    if fit is None:
        return None
    return {"score": fit.score, "computed_at": iso(fit.computed_at_ms), "complete": fit.complete}


def _score(score: Score | None, *, with_sten: bool = False) -> Json | None:
    if score is None:
        return None
    return {"percentage": score.percentage, "sten": score.sten} if with_sten else {"percentage": score.percentage}
