"""Lever's paths of the account: stages, archive reasons, tags, sources, users, contacts, postings, webhooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from include.sandbox.deliveries import TOKEN_LENGTH
from include.sandbox.lever import changes, listing, schemas
from include.sandbox.lever.access import LeverError
from include.sandbox.lever.account import in_order
from include.sandbox.lever.door import (
    Asking,
    Call,
    ChangeablePosting,
    NeededPerformer,
    OneContact,
    OnePosting,
    OpenPosting,
    Viewed,
    answer,
    gone,
    new_router,
)
from include.sandbox.lever.models import ORIGINS, Contact, Posting, Shape, Webhook, with_users

router = new_router()


# Reference data. The short lists have one page


@router.get("/stages")
async def list_stages(call: Asking) -> Response:
    """In the order of the pipeline."""
    return whole_list(stage.brief() for stage in call.account.stages.values())


@router.get("/stages/{stage_id}")
async def get_stage(call: Asking, stage_id: str) -> Response:
    return answer({"data": call.account.stage(stage_id).brief()})


@router.get("/disposition_stages")
async def list_disposition_stages(call: Asking) -> Response:
    """Not in Lever's documentation, but in recorded traffic: the ranks that order the listings."""
    stages = [stage.shape() for stage in call.account.stages.values()]
    reasons = [
        reason.shape() | {"type": "hired" if reason.type == "hired" else None}
        for reason in call.account.archive_reasons.values()
    ]
    return answer({"data": {"stages": stages, "archiveReasons": reasons}})


@router.get("/archive_reasons")
async def list_archive_reasons(call: Asking, query: Annotated[listing.Reasons, Query()]) -> Response:
    return whole_list(row.shape() for row in call.account.archive_reasons.values() if query.type in (None, row.type))


@router.get("/archive_reasons/{reason_id}")
async def get_archive_reason(call: Asking, reason_id: str) -> Response:
    return answer({"data": call.account.archive_reason(reason_id).shape()})


@router.get("/tags")
async def list_tags(call: Asking) -> Response:
    return _counted(tag for row in call.account.opportunities for tag in row.tags)


@router.get("/sources")
async def list_sources(call: Asking) -> Response:
    return _counted(source for row in call.account.opportunities for source in row.sources)


@router.get("/users")
async def list_users(call: Asking, query: Annotated[listing.Users, Query()]) -> Response:
    return answer(query.page(in_order(call.account.users.values()), lambda user: user.shape()))


@router.get("/users/{user_id}")
async def get_user(call: Asking, user_id: str) -> Response:
    return answer({"data": call.account.user(user_id).shape()})


@router.get("/contacts/{contact_id}")
async def get_contact(contact: OneContact) -> Response:
    return answer({"data": contact.shape()})


@router.put("/contacts/{contact_id}")
async def put_contact(call: Asking, contact: OneContact, body: schemas.ContactChange) -> Response:
    """The answer has no ``isAnonymized`` (seen in recorded traffic)."""
    changes.change_contact(call.account, contact, call.now_ms, body.model_dump(exclude_unset=True))
    return answer({"data": contact.model_dump(exclude={"anonymised"})})


def whole_list(rows: Iterable[Shape]) -> Response:
    return answer({"data": [*rows], "hasNext": False})


def _counted(uses: Iterable[str]) -> Response:
    """Returns the names in alphabetical order, without ids."""
    counts = Counter(uses)
    names = sorted(counts, key=lambda name: (name.casefold(), name))
    return whole_list({"text": name, "count": counts[name]} for name in names)


# Lever's documentation, Postings. A single tag can't be added: an update sends the whole list


@router.get("/postings")
async def list_postings(call: Asking, query: Annotated[listing.Postings, Query()]) -> Response:
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
        raise LeverError(400, "Missing required parameter: text")
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
    row: ChangeablePosting,
    body: schemas.PostingChange,
    view: Viewed,
) -> Response:
    _change(call, row, body)
    row.updated_at = call.now_ms
    return answer({"data": call.shown(row.shape(), view)})


@router.post("/postings/{posting_id}/apply")
async def apply(call: Asking, row: OpenPosting, body: schemas.Applying) -> Response:
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


# Lever's documentation, Webhooks: setup. The same event and URL may be registered twice, as in recorded traffic


@router.get("/webhooks")
async def list_webhooks(call: Asking) -> Response:
    """Lists all webhooks, without ``hasNext`` and without the signing tokens."""
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
    """Deliveries that wait are still sent (what Lever does is not documented)."""
    del call.account.webhooks[call.account.webhook(webhook_id).id]
    return gone()


def _origins(event: str, configuration: Any) -> list[str] | None:
    """Returns the webhook's origins: all six if none are named, None for an event without that condition."""
    if event not in changes.WITH_ORIGINS:
        return None
    conditions = configuration.get("conditions") if isinstance(configuration, dict) else None
    try:
        origins = schemas.Conditions.model_validate(conditions).origins if isinstance(conditions, dict) else []
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    return [*(origins or ORIGINS)]
