"""Lever's paths."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response

from include.sandbox.lever import account_routes, changes, door, listing, schemas
from include.sandbox.lever.account import in_order
from include.sandbox.lever.door import (
    Asking,
    Call,
    Door,
    Listed,
    NeededPerformer,
    One,
    OneNote,
    OnePosting,
    Performer,
    Viewed,
    answer,
    gone,
)
from include.sandbox.lever.errors import BadRequest, NotFound
from include.sandbox.lever.listing import View, asked
from include.sandbox.lever.models import (
    Comment,
    Contact,
    Note,
    Opportunity,
    Posting,
    Shape,
    with_users,
)

router = APIRouter(route_class=Door, strict_content_type=False)
ONE = "/opportunities/{opportunity_id}"


# Lever's documentation, Opportunities; a write is answered with the whole opportunity


@router.get("/opportunities")
async def list_opportunities(
    call: Asking, query: Annotated[listing.Opportunities, asked(listing.Opportunities)]
) -> Response:
    keep = query.allowed(call.key).keep_at(call.now_ms)
    return answer(query.page(call.account.opportunities, lambda row: _whole(call, row, query), keep))


@router.post("/opportunities")
async def create_opportunity(call: Asking, performer: NeededPerformer, body: schemas.NewOpportunity) -> Response:
    """``deduped``: the opportunity belongs to an existing contact, named or with the same address, whose data wins."""
    account = call.account
    postings = [account.posting(uid) for uid in body.postings]
    if len(postings) > 1:
        raise BadRequest("An opportunity can be created for one posting at most.")
    stage, at = account.stage(body.stage or "lead-new"), call.past_ms(body.created_at)
    known = account.contact_with(body.emails) if body.contact is None else account.contact(body.contact)
    if known is not None and known.anonymised:
        raise BadRequest("An anonymized contact cannot be linked.")
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
async def list_deleted(
    call: Asking, query: Annotated[listing.DeletedOnes, asked(listing.DeletedOnes)], request: Request
) -> Response:
    """The newest first."""
    kind, fits = request.url.path.split("/")[-2], query.keep()
    rows = call.account.deleted[kind]
    return answer(query.page(rows, lambda row: row.shape(), lambda row: not row.confidential and fits(row)))


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


def _whole(call: Call, row: Opportunity, view: View) -> Shape:
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
async def list_notes(call: Asking, row: One, query: Listed) -> Response:
    """The newest first, in pages."""
    return answer(query.page(in_order(row.notes.values()), lambda note: _shape(call, note, query)))


@router.post(f"{ONE}/notes")
async def create_note(
    call: Asking,
    row: One,
    performer: Performer,
    thread: Annotated[Note | None, Depends(door.thread)],
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


def _shape(call: Call, note: Note, view: View) -> Shape:
    shape = note.shape()
    for field in shape["fields"]:
        with_users(field, call.account.users, view.expand)
    return with_users(shape, call.account.users, view.expand)


def _comment(call: Call, body: schemas.NewComment, user: str | None, stage: str | None) -> Comment:
    at = call.past_ms(body.created_at)
    return Comment(value=body.value, created_at=at, user=user, score=body.score, stage=stage)


# Lever's documentation, Postings. A single tag can't be added: an update sends the whole list


@router.get("/postings")
async def list_postings(call: Asking, query: Annotated[listing.Postings, asked(listing.Postings)]) -> Response:
    rows = in_order(call.account.postings.values())
    return answer(
        query.allowed(call.key).page(rows, lambda row: with_users(row.shape(), call.account.users, query.expand))
    )


@router.post("/postings")
async def create_posting(
    call: Asking, performer: NeededPerformer, body: schemas.PostingChange, view: Viewed
) -> Response:
    """Creates a posting, by default a draft. The API can't create confidential postings."""
    if not body.text:
        raise BadRequest("Missing required parameter: text")
    now, uid = call.now_ms, call.account.ids.uuid()
    row = Posting(id=uid, text="", created_at=now, updated_at=now, state="draft", user=performer, owner=performer)
    _change(call, row, body)
    call.account.postings[row.id] = row
    return answer({"data": call.shown(row.shape(), view)}, 201)


@router.get("/postings/{posting_id}")
async def get_posting(call: Asking, row: OnePosting, view: Viewed) -> Response:
    return answer({"data": call.shown(row.shape(), view)})


@router.post("/postings/{posting_id}")
async def change_posting(
    call: Asking,
    performer: NeededPerformer,
    row: Annotated[Posting, Depends(door.changeable)],
    body: schemas.PostingChange,
    view: Viewed,
) -> Response:
    _change(call, row, body)
    row.updated_at = call.now_ms
    return answer({"data": call.shown(row.shape(), view)})


@router.post("/postings/{posting_id}/apply")
async def apply(call: Asking, row: Annotated[Posting, Depends(door.taking)], body: schemas.Applying) -> Response:
    """Adds a candidate from the job site; an existing one is found by e-mail."""
    account = call.account
    person = account.contact_with([body.email])
    contact = person or Contact(id=account.ids.uuid(), name=body.name, emails=[body.email])
    opportunity = changes.open_opportunity(
        account,
        contact,
        account.stage("applicant-new"),
        call.now_ms,
        origin="applied",
        sources=["Job site"],
        posting=row,
    )
    application = opportunity.application
    return answer({"data": {"applicationId": application.id if application else None}}, 201)


def _change(call: Call, row: Posting, body: schemas.PostingChange) -> None:
    row.state = body.state or row.state
    for name in body.model_fields_set & {"user", "owner", "hiring_manager"}:
        uid = getattr(body, name)
        setattr(row, name, call.account.user(uid).id if uid else None)
    if body.categories is not None:
        for name in body.categories.model_fields_set:
            setattr(row, name, getattr(body.categories, name))
    if "tags" in body.model_fields_set:
        row.tags = list(dict.fromkeys(body.tags))
    if body.text and body.text != row.text:
        changes.rename_posting(call.account, row, body.text, call.now_ms)


router.include_router(account_routes.router)


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def nothing_here(rest: str) -> Response:
    raise NotFound(f"{door.VERSION}/{rest} does not exist")
