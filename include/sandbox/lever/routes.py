"""Lever's paths: one table, and what every request to one of them goes through.

In this order: the key (401) and its bucket (429), the path (404), the key's permission (403), then the route itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response

from include.sandbox.answer import dump
from include.sandbox.lever import note_routes as notes
from include.sandbox.lever import opportunity_routes as opportunities
from include.sandbox.lever import posting_routes as postings
from include.sandbox.lever import reference_routes as reference
from include.sandbox.lever import webhook_routes as webhooks
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.call import Call
from include.sandbox.lever.errors import LeverError, NotFound
from include.sandbox.lever.keys import READ, WRITE
from include.sandbox.lever.query import Query

Lock = AbstractContextManager[object]
Handler = Callable[[Call], dict[str, Any] | None]
VERSION = "/v1"
_HEADERS = {"server": "lever-data-api", "x-lever-region": "global", "x-stream-path": "dapi"}
_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    resource: str  # what the key needs a permission for: to read on GET, else to write
    handler: Handler
    status: int = 200
    fixed: dict[str, str] = field(default_factory=dict)  # path parameters that this path implies


ONE = "/opportunities/{opportunity}"

ROUTES = (
    Route("GET", "/opportunities", "opportunities", opportunities.list_all),
    Route("POST", "/opportunities", "opportunities", opportunities.create, 201),
    Route(
        "GET", "/opportunities/deleted", "opportunities", opportunities.list_deleted, fixed={"deleted": "opportunities"}
    ),
    Route(
        "GET", "/applications/deleted", "applications", opportunities.list_deleted, fixed={"deleted": "applications"}
    ),
    Route("GET", "/postings/deleted", "postings", opportunities.list_deleted, fixed={"deleted": "postings"}),
    Route("GET", ONE, "opportunities", opportunities.get),
    Route("PUT", f"{ONE}/stage", "opportunities", opportunities.put_stage),
    Route("PUT", f"{ONE}/archived", "opportunities", opportunities.put_archived),
    Route("POST", f"{ONE}/addTags", "opportunities", opportunities.add_tags),
    Route("POST", f"{ONE}/removeTags", "opportunities", opportunities.remove_tags),
    Route("POST", f"{ONE}/addLinks", "opportunities", opportunities.add_links),
    Route("POST", f"{ONE}/removeLinks", "opportunities", opportunities.remove_links),
    Route("POST", f"{ONE}/addSources", "opportunities", opportunities.add_sources),
    Route("POST", f"{ONE}/removeSources", "opportunities", opportunities.remove_sources),
    Route("GET", f"{ONE}/applications", "applications", opportunities.list_applications),
    Route("GET", f"{ONE}/notes", "notes", notes.list_all),
    Route("POST", f"{ONE}/notes", "notes", notes.create, 201),
    Route("GET", f"{ONE}/notes/{{note}}", "notes", notes.get),
    Route("PUT", f"{ONE}/notes/{{note}}", "notes", notes.replace),
    Route("DELETE", f"{ONE}/notes/{{note}}", "notes", notes.delete, 204),
    Route("GET", "/postings", "postings", postings.list_all),
    Route("POST", "/postings", "postings", postings.create, 201),
    Route("GET", "/postings/{posting}", "postings", postings.get),
    Route("POST", "/postings/{posting}", "postings", postings.update),
    Route("POST", "/postings/{posting}/apply", "postings", postings.apply, 201),
    Route("GET", "/stages", "stages", reference.list_stages),
    Route("GET", "/stages/{stage}", "stages", reference.get_stage),
    Route("GET", "/disposition_stages", "stages", reference.disposition_stages),
    Route("GET", "/archive_reasons", "archive_reasons", reference.list_archive_reasons),
    Route("GET", "/archive_reasons/{reason}", "archive_reasons", reference.get_archive_reason),
    Route("GET", "/tags", "tags", reference.list_tags),
    Route("GET", "/sources", "sources", reference.list_sources),
    Route("GET", "/users", "users", reference.list_users),
    Route("GET", "/users/{user}", "users", reference.get_user),
    Route("GET", "/contacts/{contact}", "contact", reference.get_contact),
    Route("PUT", "/contacts/{contact}", "contact", reference.put_contact),
    Route("GET", "/webhooks", "webhooks", webhooks.list_all),
    Route("POST", "/webhooks", "webhooks", webhooks.create, 201),
    Route("PUT", "/webhooks", "webhooks", webhooks.update),
    Route("DELETE", "/webhooks/{webhook}", "webhooks", webhooks.delete, 204),
)


def build_router(account: Callable[[], LeverAccount], lock: Lock) -> APIRouter:
    """The routes over whichever account there is when a request comes, each under ``lock``."""
    router = APIRouter()
    for route in ROUTES:
        endpoint = _endpoint(account, lock, route)
        router.add_api_route(route.path, endpoint, methods=[route.method], name=f"{route.method} {route.path}")
    everything = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
    router.add_api_route("/{rest:path}", _endpoint(account, lock, None), methods=everything, name="unknown path")
    return router


def _endpoint(
    account: Callable[[], LeverAccount], lock: Lock, route: Route | None
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        content = await request.body()
        try:
            with lock:
                return _handle(account(), route, request, content)
        except LeverError as error:
            return _response(error.status, error.body())

    return answer


def _handle(account: LeverAccount, route: Route | None, request: Request, content: bytes) -> Response:
    key = account.keys.admit(request.headers.get("authorization"))
    if route is None:
        raise NotFound.path(f"{VERSION}/{request.path_params['rest']}")
    key.require(route.resource, READ if route.method == "GET" else WRITE)
    account.settle()
    query = Query(request.query_params.multi_items())
    call = Call(account, key, {**route.fixed, **request.path_params}, query, content, account.clock.now_ms())
    return _response(route.status, route.handler(call))


def _response(status: int, body: object) -> Response:
    if body is None:
        return Response(status_code=status, headers=_HEADERS)
    return Response(dump(body), status, _HEADERS, _JSON)
