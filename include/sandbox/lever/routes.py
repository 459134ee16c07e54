"""Lever's paths, and what every request to one of them goes through.

In this order: the key (401) and its bucket (429), the path (404), the key's permission (403), then the route itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from include.sandbox.answer import dump
from include.sandbox.deliveries import TOKEN_LENGTH
from include.sandbox.lever import changes, listing, schemas
from include.sandbox.lever.access import READ, RESOURCES, WRITE, Key
from include.sandbox.lever.account import LeverAccount, in_order
from include.sandbox.lever.errors import BadRequest, Forbidden, LeverError, NotFound
from include.sandbox.lever.listing import View, asked
from include.sandbox.lever.models import (
    ORIGINS,
    Comment,
    Contact,
    Note,
    Opportunity,
    Posting,
    Shape,
    Webhook,
    with_users,
)

VERSION = "/v1"
_HEADERS = {"server": "lever-data-api", "x-lever-region": "global", "x-stream-path": "dapi"}
_JSON = "application/json; charset=utf-8"
_OTHER_RESOURCES = {"disposition_stages": "stages", "contacts": "contact"}


@dataclass(slots=True)
class Call:
    """One request: the account and the key that it came with."""

    account: LeverAccount
    key: Key
    now_ms: int

    def past_ms(self, at: int | None) -> int:
        """A time that is not in the future; now where none was sent."""
        if at is not None and at > self.now_ms:
            raise BadRequest("Invalid value for createdAt: milliseconds in the past are expected.")
        return self.now_ms if at is None else at

    def shown(self, shape: Shape, view: View) -> Shape:
        return view.of(with_users(shape, self.account.users, view.expand))


class Door(APIRoute):
    """What a key needs a permission for is the path's last word that is a resource: to read on GET, else to write.

    The routes are coroutines that wait for nothing, so that each request is handled under the lock from its key to its
    answer.
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
                except HTTPException:  # FastAPI's for bytes that are no text
                    return answer(BadRequest("The request body is not valid JSON.").body(), 400)

        return guarded


def answer(body: Shape, status: int = 200) -> Response:
    """As Lever writes it."""
    return Response(dump(body), status, _HEADERS, _JSON)


def _gone() -> Response:
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
    """404 where there is none, 403 where this key may not see it."""
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


async def _changeable(row: OnePosting) -> Posting:
    if row.confidential:
        raise Forbidden("Confidential postings cannot be modified through the API.")
    return row


async def _open(row: OnePosting) -> Posting:
    if row.state not in ("published", "internal"):
        raise BadRequest("The posting does not take applications.")
    return row


async def _contact(call: Asking, contact_id: str) -> Contact:
    return call.account.contact(contact_id)


async def _note(call: Asking, row: One, note_id: str) -> Note:
    return call.account.note(row, note_id)


async def _thread(call: Asking, row: One, note_id: str | None = None) -> Note | None:
    return None if note_id is None else call.account.note(row, note_id)


OneNote = Annotated[Note, Depends(_note)]
OneContact = Annotated[Contact, Depends(_contact)]
NeededPerformer = Annotated[str, Depends(_needed)]
Viewed = Annotated[View, asked(View)]
Listed = Annotated[listing.Listing, asked(listing.Listing)]
DeletedOnes = Annotated[listing.DeletedOnes, asked(listing.DeletedOnes)]

router = APIRouter(route_class=Door, strict_content_type=False)
ONE = "/opportunities/{opportunity_id}"


# Lever's documentation, Opportunities; a write answers with the whole of it


@router.get("/opportunities")
async def list_opportunities(
    call: Asking, query: Annotated[listing.Opportunities, asked(listing.Opportunities)]
) -> Response:
    keep = query.allowed(call.key).keep_at(call.now_ms)
    return answer(query.page(call.account.opportunities, lambda row: _whole(call, row, query), keep))


@router.post("/opportunities")
async def create_opportunity(call: Asking, performer: NeededPerformer, body: schemas.NewOpportunity) -> Response:
    """``deduped``: a contact with one of the addresses, or the one that was named, was taken; its data wins."""
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
async def list_deleted_opportunities(call: Asking, query: DeletedOnes) -> Response:
    return _deleted(call, query, "opportunities")


@router.get("/applications/deleted")
async def list_deleted_applications(call: Asking, query: DeletedOnes) -> Response:
    return _deleted(call, query, "applications")


@router.get("/postings/deleted")
async def list_deleted_postings(call: Asking, query: DeletedOnes) -> Response:
    return _deleted(call, query, "postings")


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
async def add_tags(call: Asking, performer: Performer, row: One, body: schemas.Tags) -> Response:
    changes.add_tags(call.account, row, body.tags, call.now_ms)
    return answer({"data": _written(row)})


@router.post(f"{ONE}/removeTags")
async def remove_tags(call: Asking, performer: Performer, row: One, body: schemas.Tags) -> Response:
    changes.remove_tags(call.account, row, body.tags, call.now_ms)
    return answer({"data": _written(row)})


@router.post(f"{ONE}/addLinks")
async def add_links(call: Asking, performer: Performer, row: One, body: schemas.Links) -> Response:
    changes.add_links(call.account, row.contact, body.links, call.now_ms)
    return answer({"data": _written(row)})


@router.post(f"{ONE}/removeLinks")
async def remove_links(call: Asking, performer: Performer, row: One, body: schemas.Links) -> Response:
    changes.remove_links(call.account, row.contact, body.links, call.now_ms)
    return answer({"data": _written(row)})


@router.post(f"{ONE}/addSources")
async def add_sources(call: Asking, performer: Performer, row: One, body: schemas.Sources) -> Response:
    changes.add_sources(call.account, row, body.sources, call.now_ms)
    return answer({"data": _written(row)})


@router.post(f"{ONE}/removeSources")
async def remove_sources(call: Asking, performer: Performer, row: One, body: schemas.Sources) -> Response:
    changes.remove_sources(call.account, row, body.sources, call.now_ms)
    return answer({"data": _written(row)})


@router.get(f"{ONE}/applications")
async def list_applications(row: One) -> Response:
    return _all([row.application.shape()] if row.application else [])


def _whole(call: Call, row: Opportunity, view: View) -> Shape:
    shape = row.shape()
    if not view.expand:
        return shape
    return with_users(row.expanded(shape, view.expand), call.account.users, view.expand)


def _written(row: Opportunity) -> Shape:
    shape = row.shape()
    shape.pop("opportunityLocation", None)
    return shape


def _deleted(call: Call, query: listing.DeletedOnes, kind: str) -> Response:
    """The newest first."""
    fits = query.keep()
    page = query.page(
        call.account.deleted[kind], lambda row: row.shape(), lambda row: not row.confidential and fits(row)
    )
    return answer(page)


# Lever's documentation, Notes. A write answers with the whole note, and ``noteId`` besides (seen in recorded traffic)


@router.get(f"{ONE}/notes")
async def list_notes(call: Asking, row: One, query: Listed) -> Response:
    """The newest first, in pages."""
    return answer(query.page(in_order(row.notes.values()), lambda note: _shape(call, note, query)))


@router.post(f"{ONE}/notes")
async def create_note(
    call: Asking,
    row: One,
    performer: Performer,
    thread: Annotated[Note | None, Depends(_thread)],
    body: schemas.NewComment,
) -> Response:
    """A note, or with ``note_id`` a comment in the thread of one. Without ``perform_as`` it has no author."""
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
    return _gone()


def _shape(call: Call, note: Note, view: View) -> Shape:
    shape = note.shape()
    for field in shape["fields"]:
        with_users(field, call.account.users, view.expand)
    return with_users(shape, call.account.users, view.expand)


def _comment(call: Call, body: schemas.NewComment, user: str | None, stage: str | None) -> Comment:
    at = call.past_ms(body.created_at)
    return Comment(value=body.value, created_at=at, user=user, score=body.score, stage=stage)


# Lever's documentation, Postings. There is no way to add a tag to one: an update sends the whole list


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
    """A draft, unless ``state`` says otherwise. Confidential ones can't be made through the API."""
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
    row: Annotated[Posting, Depends(_changeable)],
    body: schemas.PostingChange,
    view: Viewed,
) -> Response:
    _change(call, row, body)
    row.updated_at = call.now_ms
    return answer({"data": call.shown(row.shape(), view)})


@router.post("/postings/{posting_id}/apply")
async def apply(call: Asking, row: Annotated[Posting, Depends(_open)], body: schemas.Applying) -> Response:
    """A candidate of the job site, found again by e-mail."""
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


# What the rest refers to. The short lists come on one page


@router.get("/stages")
async def list_stages(call: Asking) -> Response:
    """In the order of the pipeline."""
    return _all(stage.brief() for stage in call.account.stages.values())


@router.get("/stages/{stage_id}")
async def get_stage(call: Asking, stage_id: str) -> Response:
    return answer({"data": call.account.stage(stage_id).brief()})


@router.get("/disposition_stages")
async def list_disposition_stages(call: Asking) -> Response:
    """Not in Lever's documentation, but answered (seen in recorded traffic): the ranks that listings are ordered by.

    Only ``hired`` is named as a reason's type.
    """
    stages = [stage.shape() for stage in call.account.stages.values()]
    reasons = [
        reason.shape() | {"type": "hired" if reason.type == "hired" else None}
        for reason in call.account.archive_reasons.values()
    ]
    return answer({"data": {"stages": stages, "archiveReasons": reasons}})


@router.get("/archive_reasons")
async def list_archive_reasons(call: Asking, query: Annotated[listing.Reasons, asked(listing.Reasons)]) -> Response:
    return _all(row.shape() for row in call.account.archive_reasons.values() if query.type in (None, row.type))


@router.get("/archive_reasons/{reason_id}")
async def get_archive_reason(call: Asking, reason_id: str) -> Response:
    return answer({"data": call.account.archive_reason(reason_id).shape()})


@router.get("/tags")
async def list_tags(call: Asking) -> Response:
    return _counted(call.account.tag_counts())


@router.get("/sources")
async def list_sources(call: Asking) -> Response:
    return _counted(call.account.source_counts())


@router.get("/users")
async def list_users(call: Asking, query: Annotated[listing.Users, asked(listing.Users)]) -> Response:
    fits, rows = query.keep(), in_order(call.account.users.values())
    everyone = query.include_deactivated == "true"
    keep = lambda user: fits(user) and (everyone or user.deactivated_at is None)  # noqa: E731
    return answer(query.page(rows, lambda user: user.shape(), keep))


@router.get("/users/{user_id}")
async def get_user(call: Asking, user_id: str) -> Response:
    return answer({"data": call.account.user(user_id).shape()})


@router.get("/contacts/{contact_id}")
async def get_contact(contact: OneContact) -> Response:
    return answer({"data": contact.shape()})


@router.put("/contacts/{contact_id}")
async def put_contact(call: Asking, contact: OneContact, body: schemas.ContactChange) -> Response:
    """The answer has no ``isAnonymized`` (seen in recorded traffic)."""
    emails = body.emails if "emails" in body.model_fields_set else None
    changes.change_contact(
        call.account,
        contact,
        call.now_ms,
        name=body.name,
        headline=body.headline,
        location=body.location,
        emails=emails,
    )
    return answer({"data": contact.model_dump(exclude={"anonymised"})})


def _all(rows: Iterable[Shape]) -> Response:
    return answer({"data": [*rows], "hasNext": False})


def _counted(counts: Counter[str]) -> Response:
    """Alphabetical, without ids."""
    names = sorted(counts, key=lambda name: (name.casefold(), name))
    return _all({"text": name, "count": counts[name]} for name in names)


# Lever's documentation, Webhooks: setting them up. The same event and URL twice are two, as in recorded traffic


@router.get("/webhooks")
async def list_webhooks(call: Asking) -> Response:
    """All of them, without ``hasNext`` and without the signing tokens."""
    return answer({"data": [webhook.shape() for webhook in call.account.webhooks.values()]})


@router.post("/webhooks")
async def create_webhook(call: Asking, body: schemas.NewWebhook) -> Response:
    """The only answer that shows the ``signatureToken``."""
    account, now = call.account, call.now_ms
    token, origins = account.ids.hex(TOKEN_LENGTH), _origins(body.event, body.configuration)
    webhook = Webhook(
        id=account.ids.uuid(),
        event=body.event,
        url=body.url,
        signature_token=token,
        origins=origins,
        created_at=now,
        updated_at=now,
    )
    account.webhooks[webhook.id] = webhook
    return answer({"data": webhook.shape(with_token=True)}, 201)


@router.put("/webhooks")
async def change_webhooks(call: Asking, body: schemas.WebhookChanges) -> Response:
    wanted = [(call.account.webhook(str(change.id)), change) for change in body.data]
    origins = [
        _origins(row.event, change.configuration) if "configuration" in change.model_fields_set else row.origins
        for row, change in wanted
    ]
    for (row, change), those in zip(wanted, origins, strict=True):
        row.url, row.origins, row.updated_at = change.url or row.url, those, call.now_ms
    return answer({"data": [row.shape() for row, _ in wanted]})


@router.delete("/webhooks/{webhook_id}")
async def delete_webhook(call: Asking, webhook_id: str) -> Response:
    """It is sent nothing more but what waits already (what Lever does is not documented)."""
    del call.account.webhooks[call.account.webhook(webhook_id).id]
    return _gone()


def _origins(event: str, configuration: Any) -> list[str] | None:
    """The origins that it is sent for: all six where none are named, None for an event without that condition."""
    if event not in changes.WITH_ORIGINS:
        return None
    conditions = configuration.get("conditions") if isinstance(configuration, dict) else None
    origins = schemas.Conditions.model_validate(conditions).origins if isinstance(conditions, dict) else []
    return [*(origins or ORIGINS)]


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def nothing_here(rest: str) -> Response:
    raise NotFound(f"{VERSION}/{rest} does not exist")
