"""Builds the objects that the rules decide about, with usual values. A test names only the values that matter to it."""

from __future__ import annotations

from typing import Any

from alva_lever.rules.model import (
    AlvaCandidate,
    Application,
    Archived,
    Assessment,
    Invitation,
    JobPosition,
    Note,
    Opportunity,
    Policy,
    Posting,
    Stage,
    StageChange,
)
from alva_lever.rules.notes import bounce_ref, failure_ref

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# 2026-01-01T00:00:00Z
NEW_YEAR_MS = 1_767_225_600_000

APPLIED = Stage("applicant-new", "New applicant")
TESTS = Stage("3f0e7a52-94a5-4f0b-8f43-5d3f1c6e2a10", "Tests")
INTERVIEW = Stage("8a6c2b1d-0f5e-4d7a-9b7e-1c2d3e4f5a6b", "Interview")
OFFER = Stage("offer", "Offer")
PIPELINE = (Stage("lead-new", "New lead"), APPLIED, TESTS, INTERVIEW, OFFER)

ADDRESS = "ada@candidates.example.com"
OTHER_ADDRESS = "ada.byron@candidates.example.com"


def policy(**changes: Any) -> Policy:
    """A policy that sends the tests from the stage `Tests`."""
    usual: dict[str, Any] = {
        "trigger_stage": TESTS,
        "progression_stage": None,
        "blocked_origins": frozenset(),
        "pipeline": PIPELINE,
    }
    return Policy(**usual | changes)


def opportunity(**changes: Any) -> Opportunity:
    """A candidate who applied on New Year's Day and whom nothing asks to invite yet."""
    usual: dict[str, Any] = {
        "id": "opportunity-1",
        "name": "Ada Byron",
        "emails": (ADDRESS,),
        "links": (),
        "stage_id": APPLIED.id,
        "stage_changes": (StageChange(APPLIED.id, NEW_YEAR_MS),),
        "confidential": False,
        "anonymised": False,
        "archived": None,
        "tags": ("Engineering",),
        "origin": "applied",
        "application": Application("application-1", "posting-1", NEW_YEAR_MS),
        "created_at_ms": NEW_YEAR_MS,
        "updated_at_ms": None,
        "last_advanced_at_ms": NEW_YEAR_MS,
    }
    return Opportunity(**usual | changes)


def posting(**changes: Any) -> Posting:
    usual: dict[str, Any] = {
        "id": "posting-1",
        "name": "Data Engineer",
        "confidential": False,
        "tags": (),
        "team": "Platform",
        "hiring_manager_email": "manager@example.com",
    }
    return Posting(**usual | changes)


def position(**changes: Any) -> JobPosition:
    """The job position in Alva that matches `posting`."""
    usual: dict[str, Any] = {
        "id": "771",
        "external_id": "posting-1",
        "name": "Data Engineer",
        "owner_email": "manager@example.com",
        "team": "Platform",
    }
    return JobPosition(**usual | changes)


def candidate(*statuses: str, sent: str = "delivered", **changes: Any) -> AlvaCandidate:
    """A candidate in Alva with one test for each status. `sent` is the status of the invitation mail."""
    usual: dict[str, Any] = {
        "id": "48213",
        "external_id": "opportunity-1",
        "job_position_id": "771",
        "email": ADDRESS,
        "stage": "in_process",
        "invitation": Invitation(sent, NEW_YEAR_MS, ADDRESS),
        "assessments": tuple(
            Assessment(kind, status) for kind, status in zip(("logic", "personality", "coding"), statuses, strict=False)
        ),
        "role_fit": None,
        "url": "https://app.alva.example.test/c/48213",
    }
    return AlvaCandidate(**usual | changes)


def entered(*moments_ms: int, **changes: Any) -> Opportunity:
    """A candidate who entered the trigger stage at each of these moments, each time from another stage."""
    history = []
    for moment_ms in moments_ms:
        history += [StageChange(APPLIED.id, moment_ms - MINUTE_MS), StageChange(TESTS.id, moment_ms)]
    usual = {
        "stage_id": TESTS.id,
        "stage_changes": tuple(history),
        "last_advanced_at_ms": moments_ms[-1] if moments_ms else None,
    }
    return opportunity(**usual | changes)


def archived(at_ms: int = NEW_YEAR_MS) -> Archived:
    return Archived("reason-1", at_ms)


def note(text: str, *, at_ms: int = NEW_YEAR_MS, author_id: str | None = None) -> Note:
    return Note("note-1", text, at_ms, author_id)


def told_failure(failure: str, key: str, at_ms: int = NEW_YEAR_MS) -> Note:
    """The integration's note about an invitation that failed."""
    return note(f"Alva: the invitation was not sent.\n\n{failure_ref(failure, key)}", at_ms=at_ms)


def told_bounce(at_ms: int = NEW_YEAR_MS) -> Note:
    """The integration's note about the bounced invitation of `candidate`."""
    return note(f"Alva: the invitation bounced.\n\n{bounce_ref(candidate(sent='bounced'))}", at_ms=at_ms)
