"""Lever's paths of opportunities and their notes."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Request, Response

from include.sandbox.lever import account_routes, changes, listing, schemas
from include.sandbox.lever.access import LeverError
from include.sandbox.lever.account import in_order
from include.sandbox.lever.door import (
    Asking,
    Call,
    NeededPerformer,
    One,
    OneNote,
    Performer,
    Thread,
    Viewed,
    answer,
    gone,
    new_router,
)
from include.sandbox.lever.models import Comment, Contact, Note, Opportunity, Shape, with_users

router = new_router()
ONE = "/opportunities/{opportunity_id}"


# Lever's documentation, Opportunities; a write is answered with the whole opportunity


@router.get("/opportunities")
async def list_opportunities(call: Asking, query: Annotated[listing.Opportunities, Query()]) -> Response:
    keep = query.allowed(call.key).keep_at(call.now_ms)
    return answer(query.page(call.account.opportunities, lambda row: _whole(call, row, query), keep))


@router.post("/opportunities")
async def create_opportunity(call: Asking, performer: NeededPerformer, body: schemas.NewOpportunity) -> Response:
    """``deduped``: the opportunity belongs to an existing contact, named or with the same address, whose data wins."""
    account = call.account
    postings = [account.posting(uid) for uid in body.postings]
    if len(postings) > 1:
        raise LeverError(400, "An opportunity can be created for one posting at most.")
    stage, at = account.stage(body.stage or "lead-new"), call.past_ms(body.created_at)
    known = account.contact_with(body.emails) if body.contact is None else account.contact(body.contact)
    if known is not None and known.anonymised:
        raise LeverError(400, "An anonymized contact cannot be linked.")
    contact = known or Contact(
        id=account.ids.uuid(),
        name=body.name or "",
        headline=body.headline or "",
        location=body.location or "",
        emails=body.emails,
        phones=[
            {name: str(value) for name, value in phone.model_dump(exclude_unset=True).items()} for phone in body.phones
        ],
        links=body.links,
    )
    opportunity = changes.open_opportunity(
        account,
        contact,
        stage,
        at,
        by=performer,
        origin=body.origin or "sourced",
        tags=body.tags,
        sources=body.sources,
        posting=postings[0] if postings else None,
    )
    opportunity.owner = body.owner or opportunity.owner
    opportunity.followers = body.followers or opportunity.followers
    account.touched(opportunity, call.now_ms)
    return answer({"deduped": known is not None, "data": _written(opportunity)}, 201)


@router.get("/opportunities/deleted")
@router.get("/applications/deleted")
@router.get("/postings/deleted")
async def list_deleted(call: Asking, query: Annotated[listing.DeletedOnes, Query()], request: Request) -> Response:
    """The newest first."""
    rows = call.account.deleted[request.url.path.split("/")[-2]]
    return answer(query.page(rows, lambda row: row.shape()))


@router.get(ONE)
async def get_opportunity(call: Asking, row: One, view: Viewed) -> Response:
    return answer({"data": view.of(_whole(call, row, view))})


@router.put(f"{ONE}/stage")
async def put_stage(call: Asking, row: One, performer: Performer, body: schemas.StageChoice) -> Response:
    changes.change_stage(call.account, row, call.account.stage(body.stage), call.now_ms, by=performer)
    return answer({"data": _written(row)})


@router.put(f"{ONE}/archived")
async def put_archived(call: Asking, row: One, performer: Performer, body: schemas.Archiving) -> Response:
    if body.reason is None:
        changes.unarchive(call.account, row, call.now_ms)
    else:
        changes.archive(call.account, row, call.account.archive_reason(body.reason), call.now_ms)
    return answer({"data": _written(row)})


@router.post(f"{ONE}/addTags")
@router.post(f"{ONE}/removeTags")
async def change_tags(call: Asking, performer: Performer, row: One, body: schemas.Tags, request: Request) -> Response:
    return _change_items(call, row, request, "tags", body.tags)


@router.post(f"{ONE}/addLinks")
@router.post(f"{ONE}/removeLinks")
async def change_links(call: Asking, performer: Performer, row: One, body: schemas.Links, request: Request) -> Response:
    return _change_items(call, row, request, "links", body.links)


@router.post(f"{ONE}/addSources")
@router.post(f"{ONE}/removeSources")
async def change_sources(
    call: Asking, performer: Performer, row: One, body: schemas.Sources, request: Request
) -> Response:
    return _change_items(call, row, request, "sources", body.sources)


def _change_items(
    call: Call, row: Opportunity, request: Request, kind: Literal["tags", "links", "sources"], items: list[str]
) -> Response:
    removing = request.url.path.rpartition("/")[2].startswith("remove")
    changes.change_items(call.account, row, kind, call.now_ms, **{"remove" if removing else "add": items})
    return answer({"data": _written(row)})


@router.get(f"{ONE}/applications")
async def list_applications(row: One) -> Response:
    return account_routes.whole_list([row.application.shape()] if row.application else [])


def _whole(call: Call, row: Opportunity, view: listing.View) -> Shape:
    shape = row.shape()
    if not view.expand:
        return shape
    return with_users(row.expanded(shape, view.expand), call.account.users, view.expand)


def _written(row: Opportunity) -> Shape:
    shape = row.shape()
    shape.pop("opportunityLocation", None)
    return shape


# Lever's documentation, Notes. A write is answered with the whole note and ``noteId`` (seen in recorded traffic)


@router.get(f"{ONE}/notes")
async def list_notes(call: Asking, row: One, query: Annotated[listing.Listing, Query()]) -> Response:
    """The newest first, in pages."""
    return answer(query.page(in_order(row.notes.values()), lambda note: _shape(call, note, query)))


@router.post(f"{ONE}/notes")
async def create_note(
    call: Asking,
    row: One,
    performer: Performer,
    thread: Thread,
    body: schemas.NewComment,
) -> Response:
    """Adds a note, or with ``note_id`` a comment to that note. Without ``perform_as`` it has no author."""
    comment = _comment(call, body, performer, row.stage.id)
    note = changes.add_note(call.account, row, comment, secret=body.secret is True, thread=thread)
    return answer({"data": note.shape() | {"noteId": note.id}}, 201)


@router.get(f"{ONE}/notes/{{note_id}}")
async def get_note(call: Asking, note: OneNote, view: Viewed) -> Response:
    return answer({"data": view.of(_shape(call, note, view))})


@router.put(f"{ONE}/notes/{{note_id}}")
async def replace_note(call: Asking, row: One, note: OneNote, body: schemas.NoteChange) -> Response:
    comments = [_comment(call, value, note.user, note.comments[0].stage) for value in body.values]
    changes.replace_note(call.account, row, note, comments, call.now_ms)
    return answer({"data": note.shape() | {"noteId": note.id}})


@router.delete(f"{ONE}/notes/{{note_id}}")
async def delete_note(row: One, note: OneNote) -> Response:
    changes.delete_note(row, note)
    return gone()


def _shape(call: Call, note: Note, view: listing.View) -> Shape:
    shape = note.shape()
    for field in shape["fields"]:
        with_users(field, call.account.users, view.expand)
    return with_users(shape, call.account.users, view.expand)


def _comment(call: Call, body: schemas.NewComment, user: str | None, stage: str | None) -> Comment:
    at = call.past_ms(body.created_at)
    return Comment(value=body.value, created_at=at, user=user, score=body.score, stage=stage)


router.include_router(account_routes.router)


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def nothing_here(rest: str) -> Response:
    raise LeverError(404, f"/v1/{rest} does not exist")
