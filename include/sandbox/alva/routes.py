"""The API of an organisation. All routes share the key, the lock and the format of refusals."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Query as InQuery
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from include.sandbox.alva.models import Candidate, Facts, Invitee, JobPosition, Team, User, Webhook
from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.alva.schemas import (
    EVENTS,
    CandidateChange,
    FactsChange,
    NewUser,
    NewWebhook,
    Page,
    Query,
    Results,
    WebhookChange,
)
from include.sandbox.alva.wire import AlvaError

Asked = Annotated[Query, InQuery()]
_SAID = {"missing": "is needed", "string_type": "must be a string or null", "bool_type": "must be true or false"}


class Door(APIRoute):
    """Checks the key first, and answers an `AlvaError` as Alva does.

    The routes are coroutines that wait for nothing, so the whole request is handled under the lock.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if not (await request.body()).strip():
                request._body = b"{}"  # no body counts as an empty object
            with request.state.world.lock:
                try:
                    keys = _organisation(request).keys
                    keys.check(request.headers.get("authorization"), request.headers.get("x-api-key"))
                    return await handle(request)
                except AlvaError as error:
                    return _refused(error)
                except RequestValidationError as error:
                    return _refused(_unreadable(error))
                except HTTPException:  # FastAPI raises it for bytes that are not text
                    return _refused(AlvaError(400, "bad_request", "The body is not JSON."))

        return guarded


def _organisation(request: Request) -> AlvaOrganisation:
    organisation: AlvaOrganisation = request.state.world.alva
    return organisation


async def _present(request: Request) -> AlvaOrganisation:
    return _organisation(request)


Organisation = Annotated[AlvaOrganisation, Depends(_present)]


async def _position(position_id: str, organisation: Organisation) -> JobPosition:
    return organisation.positions.get(position_id)


async def _candidate(candidate_id: str, organisation: Organisation) -> Candidate:
    return organisation.roster.get(candidate_id)


Position = Annotated[JobPosition, Depends(_position)]
Applicant = Annotated[Candidate, Depends(_candidate)]

router = APIRouter(route_class=Door, strict_content_type=False)


def _refused(error: AlvaError) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    allowed = error.details.get("allowed")
    if isinstance(allowed, list):
        headers["Allow"] = ", ".join(allowed)
    return JSONResponse(error.body(), error.status, headers)


def _unreadable(error: RequestValidationError) -> AlvaError:
    """Returns 400 for a query or a body that can't be read, 422 for the first missing or wrong field of a body."""
    first = error.errors()[0]
    kind, (place, *path) = first["type"], first["loc"]
    said = _SAID.get(kind) or first["msg"].replace("Input should", "should")
    if place == "query":
        return AlvaError(400, "bad_request", f"{path[0]} {said}.", parameter=path[0])
    if kind == "json_invalid":
        return AlvaError(400, "bad_request", "The body is not JSON.")
    if not path:
        return AlvaError(400, "bad_request", "The body must be a JSON object.")
    name, value = path[0], error.body.get(path[0])
    code = kind if kind == "email_invalid" else "invalid_field"
    if name == "email" and (kind == "missing" or value is None):
        code = "email_missing"
    return AlvaError(422, code, f"{name} {said}.", field=name, value=value)


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
    organisation.change_position(position, position.facts.model_copy(update=sent))
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


@router.delete("/candidates/{candidate_id}", status_code=204)
async def remove_candidate(candidate: Applicant, organisation: Organisation) -> Response:
    organisation.roster.remove(candidate.id)
    return Response(status_code=204)


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
    return organisation.directory.add_webhook(sent.url, sent.events or EVENTS, sent.signature_token)


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


@router.delete("/webhooks/{webhook_id}", status_code=204)
async def remove_webhook(webhook_id: str, organisation: Organisation) -> Response:
    organisation.directory.webhooks.remove(webhook_id)
    return Response(status_code=204)


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
