"""The API of an organisation: its paths, and what they take."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Query as InQuery
from fastapi.routing import APIRoute
from pydantic import Field

from include.sandbox.alva.door import AlvaDoor
from include.sandbox.alva.models import Candidate, Facts, Invitee, JobPosition, Results, Stage, Team, User, Webhook
from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.alva.tables import Page, Query
from include.sandbox.alva.wire import Address, AlvaError, Name, OrNone, Unique, Wire

Event = Literal["candidate.created", "validation_test_result.created", "role_fit.created"]
"""The three switches of Alva's article for Pinpoint: New candidate, New validation test result, New role fit."""


class FactsChange(Facts):
    """Fields that are sent are replaced, others stay."""

    name: Name = ""


class CandidateChange(Wire):
    """A changed e-mail address is refused: remove and invite the candidate again (Alva's article on inviting)."""

    email: object = Field(default=None, repr=False)
    stage: Stage = "in_process"


class NewUser(Wire):
    email: Address = Field(repr=False)
    first_name: str | None = Field(default=None, repr=False)
    last_name: str | None = Field(default=None, repr=False)
    team: str | None = None


class NewWebhook(Wire):
    url: Name
    events: Annotated[tuple[Event, ...], OrNone, Unique] = ()
    signature_token: str | None = Field(default=None, repr=False)


class WebhookChange(Wire):
    """Fields that are sent are replaced, others stay, and so do events that are null."""

    url: Name = ""
    events: Annotated[tuple[Event, ...] | None, Unique] = None
    signature_token: str | None = Field(default=None, repr=False)


async def _present(request: Request) -> AlvaOrganisation:
    organisation: AlvaOrganisation = request.state.sandbox.world.alva
    return organisation


Organisation = Annotated[AlvaOrganisation, Depends(_present)]


async def _position(position_id: str, organisation: Organisation) -> JobPosition:
    return organisation.positions.get(position_id)


async def _candidate(candidate_id: str, organisation: Organisation) -> Candidate:
    return organisation.roster.get(candidate_id)


Asked = Annotated[Query, InQuery()]
Position = Annotated[JobPosition, Depends(_position)]
Applicant = Annotated[Candidate, Depends(_candidate)]

router = APIRouter(route_class=AlvaDoor, strict_content_type=False)


@router.get("/job_positions")
async def list_positions(asked: Asked, organisation: Organisation) -> Page[JobPosition]:
    return organisation.positions.page(asked)


@router.post("/job_positions", status_code=201)
async def create_position(facts: Facts, organisation: Organisation) -> JobPosition:
    return organisation.positions.create(facts)


@router.get("/job_positions/{position_id}")
async def get_position(position: Position) -> JobPosition:
    return position


@router.patch("/job_positions/{position_id}")
async def change_position(position: Position, change: FactsChange, organisation: Organisation) -> JobPosition:
    sent = {name: getattr(change, name) for name in change.model_fields_set}
    organisation.positions.change(position, position.facts.model_copy(update=sent))
    return position


@router.get("/job_positions/{position_id}/candidates")
async def list_candidates_of(position_id: str, asked: Asked, organisation: Organisation) -> Page[Candidate]:
    organisation.positions.get(position_id)
    return organisation.roster.page(asked.model_copy(update={"job_position_id": position_id}))


@router.post("/job_positions/{position_id}/candidates", status_code=201)
async def invite(position: Position, invitee: Invitee, organisation: Organisation) -> Candidate:
    return organisation.roster.invite(position.id, invitee)


@router.get("/candidates")
async def list_candidates(asked: Asked, organisation: Organisation) -> Page[Candidate]:
    return organisation.roster.page(asked)


@router.get("/candidates/{candidate_id}")
async def get_candidate(candidate: Applicant) -> Candidate:
    return candidate


@router.patch("/candidates/{candidate_id}")
async def change_candidate(candidate: Applicant, change: CandidateChange, organisation: Organisation) -> Candidate:
    if "email" in change.model_fields_set:
        message = "A candidate's e-mail address can't be changed."
        raise AlvaError(422, "email_is_fixed", message, field="email", value=change.email)
    if "stage" in change.model_fields_set:
        organisation.roster.set_stage(candidate, change.stage)
    return candidate


@router.delete("/candidates/{candidate_id}", status_code=204, response_class=Response)
async def remove_candidate(candidate: Applicant, organisation: Organisation) -> None:
    organisation.roster.remove(candidate.id)


@router.post("/candidates/{candidate_id}/invitation")
async def resend_invitation(candidate: Applicant, organisation: Organisation) -> Candidate:
    organisation.roster.resend(candidate)
    return candidate


@router.post("/candidates/{candidate_id}/reminder")
async def remind(candidate: Applicant, organisation: Organisation) -> Candidate:
    organisation.roster.remind(candidate)
    return candidate


@router.get("/candidates/{candidate_id}/results")
async def get_results(candidate: Applicant) -> Results:
    return Results.of(candidate)


@router.get("/users")
async def list_users(asked: Asked, organisation: Organisation) -> Page[User]:
    return organisation.directory.users.page(asked)


@router.post("/users", status_code=201)
async def add_user(sent: NewUser, organisation: Organisation) -> User:
    return organisation.directory.add_user(sent.email, sent.first_name, sent.last_name, sent.team)


@router.get("/teams")
async def list_teams(asked: Asked, organisation: Organisation) -> Page[Team]:
    return organisation.directory.teams.page(asked)


@router.get("/profiles")
async def list_profiles(asked: Asked, organisation: Organisation) -> Page[Team]:
    return organisation.directory.profiles.page(asked)


@router.get("/webhooks")
async def list_webhooks(asked: Asked, organisation: Organisation) -> Page[Webhook]:
    return organisation.directory.webhooks.page(asked)


@router.post("/webhooks", status_code=201)
async def add_webhook(sent: NewWebhook, organisation: Organisation) -> Webhook:
    return organisation.directory.add_webhook(sent.url, sent.events or get_args(Event), sent.signature_token)


@router.get("/webhooks/{webhook_id}")
async def get_webhook(webhook_id: str, organisation: Organisation) -> Webhook:
    return organisation.directory.webhooks.get(webhook_id)


@router.patch("/webhooks/{webhook_id}")
async def change_webhook(webhook_id: str, sent: WebhookChange, organisation: Organisation) -> Webhook:
    webhook = organisation.directory.webhooks.get(webhook_id)
    for name in sent.model_fields_set - ({"events"} if sent.events is None else set()):
        setattr(webhook, name, getattr(sent, name))
    webhook.change(organisation.clock.now_ms())
    return webhook


@router.delete("/webhooks/{webhook_id}", status_code=204, response_class=Response)
async def remove_webhook(webhook_id: str, organisation: Organisation) -> None:
    organisation.directory.webhooks.remove(webhook_id)


@router.api_route("/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def nothing_here(path: str) -> None:
    """Refuses unknown paths (404) and methods (405) in Alva's format, after the key check."""
    allowed = sorted(
        method
        for route in router.routes
        if isinstance(route, APIRoute) and route.endpoint is not nothing_here and route.path_regex.match(f"/{path}")
        for method in route.methods
    )
    if allowed:
        raise AlvaError(405, "method_not_allowed", "This path doesn't take that method.", allowed=allowed)
    raise AlvaError(404, "not_found", "There is no such path.")
