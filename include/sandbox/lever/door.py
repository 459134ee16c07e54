"""The checks of every request to Lever's paths, and what the routes depend on.

The order is: the key (401), its bucket (429), the path (404), the key's permission (403), the route itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from include.sandbox.answer import Json
from include.sandbox.door import Door
from include.sandbox.lever import listing
from include.sandbox.lever.access import HEADERS, READ, RESOURCES, WRITE, Key, LeverError
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.models import Contact, Note, Opportunity, Posting, Shape, with_users

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
            raise LeverError(400, "Invalid value for createdAt: milliseconds in the past are expected.")
        return self.now_ms if at is None else at

    def shown(self, shape: Shape, view: listing.View) -> Shape:
        return view.of(with_users(shape, self.account.users, view.expand))


class LeverDoor(Door):
    """The permission that a key needs is for the last resource in the path: to read on GET, else to write."""

    service, root, page_token = "lever", "/lever/v1", "offset"

    def admit(self, request: Request) -> None:
        account: LeverAccount = request.state.sandbox.world.lever
        account.sign_in.settle(account.clock.now_ms())
        key = account.keys.admit(request.headers.get("authorization"))
        words = [_OTHER_RESOURCES.get(word, word) for word in self.path.split("/")]
        resource = next((word for word in reversed(words) if word in RESOURCES), None)
        if resource is not None:
            key.require(resource, READ if request.method == "GET" else WRITE)
        account.settle()
        request.state.call = Call(account, key, account.clock.now_ms())
        asked = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        request.scope["query_string"] = urlencode([(name.removesuffix("[]"), value) for name, value in asked]).encode()

    def refusal(self, status: int, message: str) -> LeverError:
        return LeverError(status, message)

    def unreadable(self, error: RequestValidationError) -> LeverError:
        """Returns the refusal for the first error, without quoting what was sent."""
        first = error.errors()[0]
        kind, path = first["type"], [part for part in first["loc"] if part not in ("body", "query")]
        if kind == "json_invalid" or (kind == "missing" and not path):
            return LeverError(400, "The request body is not valid JSON.")
        if not path:
            return LeverError(400, "The request body is not a JSON object.")
        name = next(part for part in reversed(path) if isinstance(part, str))
        if kind in ("missing", "string_too_short"):
            return LeverError(400, f"Missing required parameter: {name}")
        return LeverError(400, f"Invalid value for {name}. {first['msg']}.")


def new_router() -> APIRouter:
    return APIRouter(route_class=LeverDoor, strict_content_type=False)


def answer(body: Shape, status: int = 200) -> Response:
    """Returns an answer in Lever's format."""
    return Json(body, status, HEADERS)


def gone() -> Response:
    return Response(status_code=204, headers=HEADERS)


async def _call(request: Request) -> Call:
    call: Call = request.state.call
    return call


Asking = Annotated[Call, Depends(_call)]


async def _performer(call: Asking, perform_as: str | None = None) -> str | None:
    if perform_as is not None and perform_as not in call.account.users:
        raise LeverError(400, "perform_as names no user of this account.")
    return perform_as


Performer = Annotated[str | None, Depends(_performer)]


async def _needed(performer: Performer) -> str:
    if performer is None:
        raise LeverError(400, "Missing required parameter: perform_as")
    return performer


async def _opportunity(call: Asking, opportunity_id: str) -> Opportunity:
    """Reads the opportunity. 404 if there is none, 403 if this key may not see it."""
    found = call.account.opportunity(opportunity_id)
    if found.confidential:
        call.key.require_confidential()
    if found.restricted:
        raise LeverError(403, "This API key has no access to this opportunity.")
    return found


One = Annotated[Opportunity, Depends(_opportunity)]


async def _note(call: Asking, row: One, note_id: str) -> Note:
    return call.account.note(row, note_id)


async def _thread(call: Asking, row: One, note_id: str | None = None) -> Note | None:
    return None if note_id is None else call.account.note(row, note_id)


async def _posting(call: Asking, posting_id: str) -> Posting:
    found = call.account.posting(posting_id)
    if found.confidential:
        call.key.require_confidential()
    return found


OnePosting = Annotated[Posting, Depends(_posting)]


async def _changeable(row: OnePosting) -> Posting:
    if row.confidential:
        raise LeverError(403, "Confidential postings cannot be modified through the API.")
    return row


async def _open(row: OnePosting) -> Posting:
    if row.state not in ("published", "internal"):
        raise LeverError(400, "The posting does not take applications.")
    return row


async def _contact(call: Asking, contact_id: str) -> Contact:
    return call.account.contact(contact_id)


NeededPerformer = Annotated[str, Depends(_needed)]
OneNote = Annotated[Note, Depends(_note)]
Thread = Annotated[Note | None, Depends(_thread)]
ChangeablePosting = Annotated[Posting, Depends(_changeable)]
OpenPosting = Annotated[Posting, Depends(_open)]
OneContact = Annotated[Contact, Depends(_contact)]
Viewed = Annotated[listing.View, Query()]
