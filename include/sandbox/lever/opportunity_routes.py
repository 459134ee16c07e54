"""Lever's documentation, Opportunities: listing, reading, creating, and writes, which answer with the whole of it."""

from __future__ import annotations

from typing import Any

from include.sandbox.lever import changes, filters, listing, shapes
from include.sandbox.lever.call import Call, past_ms, text, texts
from include.sandbox.lever.errors import BadRequest
from include.sandbox.lever.models import ORIGINS, Contact, Opportunity


def list_all(call: Call) -> dict[str, Any]:
    keep = filters.opportunities(call.query, call.key, call.now_ms)
    return listing.page(call.account.opportunities, call.query, keep, call.shown)


def list_deleted(call: Call) -> dict[str, Any]:
    """``/opportunities/deleted``, ``/applications/deleted`` and ``/postings/deleted``, the newest first."""
    rows = call.account.deleted[call.path["deleted"]]
    return listing.page(rows, call.query, filters.deleted(call.query), shapes.deleted)


def get(call: Call) -> dict[str, Any]:
    return {"data": call.shown(call.opportunity())}


def create(call: Call) -> dict[str, Any]:
    """``deduped``: a contact with one of the addresses, or the one that was named, was taken; its data wins."""
    performer = call.performer(required=True)
    account, body = call.account, call.body()
    postings = [account.posting(uid) for uid in texts(body, "postings")]
    if len(postings) > 1:
        raise BadRequest("An opportunity can be created for one posting at most.")
    origin = text(body, "origin") or "sourced"
    if origin not in ORIGINS:
        raise BadRequest(f"Invalid value for origin: one of {', '.join(ORIGINS)} is expected.")
    stage = account.stage(text(body, "stage") or "lead-new")
    at = past_ms(body, "createdAt", call.now_ms)
    emails = texts(body, "emails")
    named = text(body, "contact")
    known = account.contact_with(emails) if named is None else account.contact(named)
    if known is not None and known.anonymised:
        raise BadRequest("An anonymized contact cannot be linked.")
    contact = known or Contact(
        account.ids.uuid(),
        name=text(body, "name") or "",
        headline=text(body, "headline") or "",
        location=text(body, "location") or "",
        emails=emails,
        phones=_phones(body),
        links=texts(body, "links"),
    )
    opportunity = changes.open_opportunity(
        account,
        contact,
        stage,
        at,
        by=performer,
        origin=origin,
        tags=texts(body, "tags"),
        sources=texts(body, "sources"),
        posting=postings[0] if postings else None,
    )
    opportunity.owner = text(body, "owner") or opportunity.owner
    opportunity.followers = texts(body, "followers") or opportunity.followers
    account.touched(opportunity, call.now_ms)
    return {"deduped": known is not None, **call.written(opportunity)}


def _phones(body: dict[str, Any]) -> list[dict[str, str]]:
    phones = body.get("phones") or []
    if not isinstance(phones, list) or not all(isinstance(phone, dict) and "value" in phone for phone in phones):
        raise BadRequest("Invalid value for phones: a list of {type, value} is expected.")
    return [{name: str(phone[name]) for name in ("type", "value") if name in phone} for phone in phones]


def put_stage(call: Call) -> dict[str, Any]:
    opportunity, performer = call.opportunity(), call.performer()
    wanted = text(call.body(), "stage")
    if wanted is None:
        raise BadRequest("Missing required parameter: stage")
    changes.change_stage(call.account, opportunity, call.account.stage(wanted), call.now_ms, by=performer)
    return call.written(opportunity)


def put_archived(call: Call) -> dict[str, Any]:
    """``reason: null`` makes it active again."""
    opportunity, body = call.opportunity(), call.body()
    call.performer()
    if "reason" not in body:
        raise BadRequest("Missing required parameter: reason")
    reason = text(body, "reason")
    if reason is None:
        changes.unarchive(call.account, opportunity, call.now_ms)
    else:
        changes.archive(call.account, opportunity, call.account.archive_reason(reason), call.now_ms)
    return call.written(opportunity)


def add_tags(call: Call) -> dict[str, Any]:
    opportunity = _writable(call)
    changes.add_tags(call.account, opportunity, call.texts("tags"), call.now_ms)
    return call.written(opportunity)


def remove_tags(call: Call) -> dict[str, Any]:
    opportunity = _writable(call)
    changes.remove_tags(call.account, opportunity, call.texts("tags"), call.now_ms)
    return call.written(opportunity)


def add_links(call: Call) -> dict[str, Any]:
    opportunity = _writable(call)
    changes.add_links(call.account, opportunity.contact, call.texts("links"), call.now_ms)
    return call.written(opportunity)


def remove_links(call: Call) -> dict[str, Any]:
    opportunity = _writable(call)
    changes.remove_links(call.account, opportunity.contact, call.texts("links"), call.now_ms)
    return call.written(opportunity)


def add_sources(call: Call) -> dict[str, Any]:
    opportunity = _writable(call)
    changes.add_sources(call.account, opportunity, call.texts("sources"), call.now_ms)
    return call.written(opportunity)


def remove_sources(call: Call) -> dict[str, Any]:
    opportunity = _writable(call)
    changes.remove_sources(call.account, opportunity, call.texts("sources"), call.now_ms)
    return call.written(opportunity)


def list_applications(call: Call) -> dict[str, Any]:
    opportunity = call.opportunity()
    rows = [opportunity.application] if opportunity.application else []
    return {"data": [shapes.application(row, opportunity.id) for row in rows], "hasNext": False}


def _writable(call: Call) -> Opportunity:
    call.performer()
    return call.opportunity()
