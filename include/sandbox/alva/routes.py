"""The API in front of an organisation: each route unpacks the request, asks the model, and writes the answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from include.sandbox.alva import shapes
from include.sandbox.alva.candidate import STAGES
from include.sandbox.alva.directory import WEBHOOK_EVENTS
from include.sandbox.alva.door import add_fallback, door_of, read_object, read_query
from include.sandbox.alva.fields import Body, address, choice, choices, needed_text, text
from include.sandbox.alva.listing import Query
from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.alva.unpack import changed_facts, invitee, new_facts, refuse_address

Sent = Annotated[Body, Depends(read_object)]
Asked = Annotated[Query, Depends(read_query)]


def build_router(organisation: AlvaOrganisation) -> APIRouter:
    """The whole API of one organisation, without a prefix; the stand-in serves it under `/alva/v1`."""
    router = APIRouter(route_class=door_of(organisation))
    _add_positions(router, organisation)
    _add_candidates(router, organisation)
    _add_directory(router, organisation)
    _add_webhooks(router, organisation)
    add_fallback(router)
    return router


def _add_positions(router: APIRouter, organisation: AlvaOrganisation) -> None:
    @router.get("/job_positions")
    async def list_positions(asked: Asked) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.listed(organisation.positions.page(asked), shapes.position))

    @router.post("/job_positions")
    async def create_position(body: Sent) -> Response:
        with organisation.lock:
            facts = new_facts(body, organisation.directory.default_profile.id)
            return JSONResponse(shapes.position(organisation.positions.create(facts)), 201)

    @router.get("/job_positions/{position_id}")
    async def get_position(position_id: str) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.position(organisation.positions.get(position_id)))

    @router.patch("/job_positions/{position_id}")
    async def change_position(position_id: str, body: Sent) -> Response:
        with organisation.lock:
            facts = changed_facts(body, organisation.positions.get(position_id).facts)
            return JSONResponse(shapes.position(organisation.change_position(position_id, facts)))

    @router.get("/job_positions/{position_id}/candidates")
    async def list_candidates_of(position_id: str, asked: Asked) -> Response:
        with organisation.lock:
            found = organisation.roster.page(asked.on(organisation.positions.get(position_id).id))
            return JSONResponse(shapes.listed(found, shapes.candidate))

    @router.post("/job_positions/{position_id}/candidates")
    async def invite(position_id: str, body: Sent) -> Response:
        with organisation.lock:
            organisation.positions.get(position_id)  # a missing position is said before a wrong field
            return JSONResponse(shapes.candidate(organisation.roster.invite(position_id, invitee(body))), 201)


def _add_candidates(router: APIRouter, organisation: AlvaOrganisation) -> None:
    @router.get("/candidates")
    async def list_candidates(asked: Asked) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.listed(organisation.roster.page(asked), shapes.candidate))

    @router.get("/candidates/{candidate_id}")
    async def get_candidate(candidate_id: str) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.candidate(organisation.roster.get(candidate_id)))

    @router.patch("/candidates/{candidate_id}")
    async def change_candidate(candidate_id: str, body: Sent) -> Response:
        with organisation.lock:
            candidate = organisation.roster.get(candidate_id)
            refuse_address(body)
            if "stage" in body:
                candidate = organisation.roster.set_stage(candidate_id, choice(body, "stage", STAGES))
            return JSONResponse(shapes.candidate(candidate))

    @router.delete("/candidates/{candidate_id}")
    async def remove_candidate(candidate_id: str) -> Response:
        with organisation.lock:
            organisation.roster.remove(candidate_id)
            return Response(status_code=204)

    @router.post("/candidates/{candidate_id}/invitation")
    async def resend_invitation(candidate_id: str) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.candidate(organisation.roster.resend(candidate_id)))

    @router.post("/candidates/{candidate_id}/reminder")
    async def remind(candidate_id: str) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.candidate(organisation.roster.remind(candidate_id)))

    @router.get("/candidates/{candidate_id}/results")
    async def get_results(candidate_id: str) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.results(organisation.roster.get(candidate_id)))


def _add_directory(router: APIRouter, organisation: AlvaOrganisation) -> None:
    @router.get("/users")
    async def list_users(asked: Asked) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.listed(organisation.directory.users.page(asked), shapes.user))

    @router.post("/users")
    async def add_user(body: Sent) -> Response:
        with organisation.lock:
            user = organisation.directory.add_user(
                address(body), text(body, "first_name"), text(body, "last_name"), text(body, "team")
            )
            return JSONResponse(shapes.user(user), 201)

    @router.get("/teams")
    async def list_teams(asked: Asked) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.listed(organisation.directory.teams.page(asked), shapes.team))

    @router.get("/profiles")
    async def list_profiles(asked: Asked) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.listed(organisation.directory.profiles.page(asked), shapes.team))


def _add_webhooks(router: APIRouter, organisation: AlvaOrganisation) -> None:
    @router.get("/webhooks")
    async def list_webhooks(asked: Asked) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.listed(organisation.directory.webhooks.page(asked), shapes.webhook))

    @router.post("/webhooks")
    async def add_webhook(body: Sent) -> Response:
        with organisation.lock:
            webhook = organisation.directory.add_webhook(
                needed_text(body, "url"),
                choices(body, "events", WEBHOOK_EVENTS) or WEBHOOK_EVENTS,
                text(body, "signature_token"),
            )
            return JSONResponse(shapes.webhook(webhook), 201)

    @router.get("/webhooks/{webhook_id}")
    async def get_webhook(webhook_id: str) -> Response:
        with organisation.lock:
            return JSONResponse(shapes.webhook(organisation.directory.webhooks.get(webhook_id)))

    @router.patch("/webhooks/{webhook_id}")
    async def change_webhook(webhook_id: str, body: Sent) -> Response:
        with organisation.lock:
            changed = organisation.directory.change_webhook(
                webhook_id,
                url=needed_text(body, "url") if "url" in body else None,
                events=choices(body, "events", WEBHOOK_EVENTS),
            )
            if "signature_token" in body:
                changed = organisation.directory.sign_webhook(webhook_id, text(body, "signature_token"))
            return JSONResponse(shapes.webhook(changed))

    @router.delete("/webhooks/{webhook_id}")
    async def remove_webhook(webhook_id: str) -> Response:
        with organisation.lock:
            organisation.directory.webhooks.remove(webhook_id)
            return Response(status_code=204)
