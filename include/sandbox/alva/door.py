"""What every route of Alva's half shares: the key is asked for first, a body is an object, a refusal is Alva's JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from include.sandbox.alva.errors import AlvaError, bad_request
from include.sandbox.alva.fields import Body
from include.sandbox.alva.listing import Query
from include.sandbox.alva.organisation import AlvaOrganisation

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def door_of(organisation: AlvaOrganisation) -> type[APIRoute]:
    """A kind of route that lets in only who has a key, and answers an `AlvaError` as Alva does."""

    class Door(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    with organisation.lock:
                        organisation.keys.check(request.headers.get("authorization"), request.headers.get("x-api-key"))
                    return await handle(request)
                except AlvaError as error:
                    return refused(error)

            return guarded

    return Door


def refused(error: AlvaError) -> JSONResponse:
    """A refusal as an answer."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    allowed = error.details.get("allowed")
    if error.status == 405 and isinstance(allowed, list):
        headers["Allow"] = ", ".join(allowed)
    return JSONResponse(error.body(), error.status, headers)


async def read_object(request: Request) -> Body:
    """The request's body, a JSON object. No body at all is an empty one; anything else is a 400."""
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise bad_request("The body is not JSON.") from error
    if not isinstance(value, dict):
        raise bad_request("The body must be a JSON object.")
    return value


async def read_query(request: Request) -> Query:
    """What a list was asked for."""
    return Query.of(request.query_params)


def add_fallback(router: APIRouter) -> None:
    """Answer unknown paths (404) and methods that a path doesn't take (405) in Alva's form, behind the key."""
    routes: list[BaseRoute] = list(router.routes)

    @router.api_route("/{path:path}", methods=METHODS, include_in_schema=False)
    async def nothing_here(path: str) -> Response:
        allowed = sorted(
            method
            for route in routes
            if isinstance(route, APIRoute) and route.path_regex.match(f"/{path}")
            for method in route.methods
        )
        if allowed:
            raise AlvaError(405, "method_not_allowed", "This path doesn't take that method.", {"allowed": allowed})
        raise AlvaError(404, "not_found", "There is no such path.")
