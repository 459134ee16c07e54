"""Lever's paths of the account: stages, archive reasons, tags, sources, users, contacts, webhooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Response

from include.sandbox.deliveries import TOKEN_LENGTH
from include.sandbox.lever import changes, listing, schemas
from include.sandbox.lever.account import in_order
from include.sandbox.lever.door import Asking, Door, OneContact, answer, gone
from include.sandbox.lever.listing import asked
from include.sandbox.lever.models import ORIGINS, Shape, Webhook

router = APIRouter(route_class=Door, strict_content_type=False)


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
    """Not in Lever's documentation, but in recorded traffic: the ranks that order the listings.

    Only the reason type ``hired`` is documented.
    """
    stages = [stage.shape() for stage in call.account.stages.values()]
    reasons = [
        reason.shape() | {"type": "hired" if reason.type == "hired" else None}
        for reason in call.account.archive_reasons.values()
    ]
    return answer({"data": {"stages": stages, "archiveReasons": reasons}})


@router.get("/archive_reasons")
async def list_archive_reasons(call: Asking, query: Annotated[listing.Reasons, asked(listing.Reasons)]) -> Response:
    return whole_list(row.shape() for row in call.account.archive_reasons.values() if query.type in (None, row.type))


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
    changes.change_contact(call.account, contact, call.now_ms, body.model_dump(exclude_unset=True))
    return answer({"data": contact.model_dump(exclude={"anonymised"})})


def whole_list(rows: Iterable[Shape]) -> Response:
    return answer({"data": [*rows], "hasNext": False})


def _counted(counts: Counter[str]) -> Response:
    """Returns the names in alphabetical order, without ids."""
    names = sorted(counts, key=lambda name: (name.casefold(), name))
    return whole_list({"text": name, "count": counts[name]} for name in names)


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
    origins = schemas.Conditions.model_validate(conditions).origins if isinstance(conditions, dict) else []
    return [*(origins or ORIGINS)]
