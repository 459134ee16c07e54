"""The checks of every request to Lever's paths, and the dependencies of the routes.

The order is: the key (401), its bucket (429), the path (404), the key's permission (403), the route itself.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from include.sandbox.answer import dump
from include.sandbox.lever import listing, schemas
from include.sandbox.lever.access import READ, RESOURCES, WRITE, Key
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.errors import BadRequest, Forbidden, LeverError
from include.sandbox.lever.listing import View, asked
from include.sandbox.lever.models import (
    Contact,
    Note,
    Opportunity,
    Posting,
    Shape,
    with_users,
)

VERSION = "/v1"
_HEADERS = {"server": "lever-data-api", "x-lever-region": "global", "x-stream-path": "dapi"}
_JSON = "application/json; charset=utf-8"
_OTHER_RESOURCES = {"disposition_stages": "stages", "contacts": "contact"}


@dataclass(slots=True)
class Call:
    """A request: the account and the request's key."""

    account: LeverAccount
    key: Key
    now_ms: int

    def past_ms(self, at: int | None) -> int:
        """Returns the time, which must not be in the future, or now if none was sent."""
        if at is not None and at > self.now_ms:
            raise BadRequest("Invalid value for createdAt: milliseconds in the past are expected.")
        return self.now_ms if at is None else at

    def shown(self, shape: Shape, view: View) -> Shape:
        return view.of(with_users(shape, self.account.users, view.expand))


class Door(APIRoute):
    """The permission that a key needs is for the last resource in the path: to read on GET, else to write.

    The routes are coroutines that wait for nothing, so the whole request is handled under the lock.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        words = [_OTHER_RESOURCES.get(word, word) for word in self.path.split("/")]
        resource = next((word for word in reversed(words) if word in RESOURCES), None)

        async def guarded(request: Request) -> Response:
            await request.body()
            world = request.state.world
            with world.lock:
                account: LeverAccount = world.lever
                try:
                    account.sign_in.settle(account.clock.now_ms())
                    key = account.keys.admit(request.headers.get("authorization"))
                    if resource is not None:
                        key.require(resource, READ if request.method == "GET" else WRITE)
                    account.settle()
                    request.state.call = Call(account, key, account.clock.now_ms())
                    return await handle(request)
                except LeverError as error:
                    return answer(error.body(), error.status)
                except (RequestValidationError, ValidationError) as error:
                    refused = schemas.unreadable(error.errors())
                    return answer(refused.body(), refused.status)
                except HTTPException:  # FastAPI raises it for bytes that are not text
                    return answer(BadRequest("The request body is not valid JSON.").body(), 400)

        return guarded


def answer(body: Shape, status: int = 200) -> Response:
    """Returns an answer in Lever's format."""
    return Response(dump(body), status, _HEADERS, _JSON)


def gone() -> Response:
    return Response(status_code=204, headers=_HEADERS)


async def _call(request: Request) -> Call:
    call: Call = request.state.call
    return call


Asking = Annotated[Call, Depends(_call)]


async def _performer(call: Asking, perform_as: str | None = None) -> str | None:
    if perform_as is not None and perform_as not in call.account.users:
        raise BadRequest("perform_as names no user of this account.")
    return perform_as


Performer = Annotated[str | None, Depends(_performer)]


async def _needed(performer: Performer) -> str:
    if performer is None:
        raise BadRequest("Missing required parameter: perform_as")
    return performer


async def _opportunity(call: Asking, opportunity_id: str) -> Opportunity:
    """Reads the opportunity. 404 if there is none, 403 if this key may not see it."""
    found = call.account.opportunity(opportunity_id)
    if found.confidential:
        call.key.require_confidential()
    if found.restricted:
        raise Forbidden("This API key has no access to this opportunity.")
    return found


One = Annotated[Opportunity, Depends(_opportunity)]


async def _posting(call: Asking, posting_id: str) -> Posting:
    found = call.account.posting(posting_id)
    if found.confidential:
        call.key.require_confidential()
    return found


OnePosting = Annotated[Posting, Depends(_posting)]


async def changeable(row: OnePosting) -> Posting:
    if row.confidential:
        raise Forbidden("Confidential postings cannot be modified through the API.")
    return row


async def taking(row: OnePosting) -> Posting:
    if row.state not in ("published", "internal"):
        raise BadRequest("The posting does not take applications.")
    return row


async def _contact(call: Asking, contact_id: str) -> Contact:
    return call.account.contact(contact_id)


async def _note(call: Asking, row: One, note_id: str) -> Note:
    return call.account.note(row, note_id)


async def thread(call: Asking, row: One, note_id: str | None = None) -> Note | None:
    return None if note_id is None else call.account.note(row, note_id)


OneNote = Annotated[Note, Depends(_note)]
OneContact = Annotated[Contact, Depends(_contact)]
NeededPerformer = Annotated[str, Depends(_needed)]
Viewed = Annotated[View, asked(View)]
Listed = Annotated[listing.Listing, asked(listing.Listing)]
