"""Lever's documentation, Postings. There is no way to add a tag to one: an update sends the whole list."""

from __future__ import annotations

from typing import Any

from include.sandbox.lever import changes, filters, listing, shapes
from include.sandbox.lever.call import Call, text, texts
from include.sandbox.lever.errors import BadRequest, Forbidden
from include.sandbox.lever.models import Contact, Posting

STATES = ("published", "internal", "closed", "draft", "pending", "rejected")
_PEOPLE = {"user": "user", "owner": "owner", "hiringManager": "hiring_manager"}
_CATEGORIES = ("team", "department", "location", "commitment")


def list_all(call: Call) -> dict[str, Any]:
    rows = listing.in_order(call.account.postings.values())
    return listing.page(rows, call.query, filters.postings(call.query, call.key), lambda row: _shown(call, row))


def get(call: Call) -> dict[str, Any]:
    return {"data": _shown(call, _posting(call))}


def create(call: Call) -> dict[str, Any]:
    """A draft, unless ``state`` says otherwise. Confidential ones can't be made through the API."""
    performer = call.performer(required=True)
    body = call.body()
    if not text(body, "text"):
        raise BadRequest("Missing required parameter: text")
    posting = Posting(call.account.ids.uuid(), "", call.now_ms, call.now_ms, "draft", user=performer, owner=performer)
    _apply(call, posting, body)
    call.account.postings[posting.id] = posting
    return {"data": _shown(call, posting)}


def update(call: Call) -> dict[str, Any]:
    """What is sent is replaced, the rest stays."""
    call.performer(required=True)
    posting = _posting(call)
    if posting.confidential:
        raise Forbidden("Confidential postings cannot be modified through the API.")
    _apply(call, posting, call.body())
    posting.updated_at = call.now_ms
    return {"data": _shown(call, posting)}


def apply(call: Call) -> dict[str, Any]:
    """``POST /postings/:id/apply``: a candidate of the job site, found again by e-mail."""
    posting, body, account = _posting(call), call.body(), call.account
    if posting.state not in ("published", "internal"):
        raise BadRequest("The posting does not take applications.")
    answers: dict[str, Any] = {
        str(item.get("identifier")): item.get("value")
        for item in body.get("personalInformation", [])
        if isinstance(item, dict)
    }
    answers |= {name: body[name] for name in ("name", "email") if name in body}
    email = text(answers, "email")
    if not email or not text(answers, "name"):
        raise BadRequest("Missing required parameter: name, email")
    contact = account.contact_with([email]) or Contact(account.ids.uuid(), name=answers["name"], emails=[email])
    opportunity = changes.open_opportunity(
        account,
        contact,
        account.stage("applicant-new"),
        call.now_ms,
        origin="applied",
        sources=["Job site"],
        posting=posting,
    )
    application = opportunity.application
    return {"data": {"applicationId": application.id if application else None}}


def _apply(call: Call, posting: Posting, body: dict[str, Any]) -> None:
    state = text(body, "state")
    if state is not None and state not in STATES:
        raise BadRequest(f"Invalid value for state: one of {', '.join(STATES)} is expected.")
    posting.state = state or posting.state
    for wire, attribute in _PEOPLE.items():
        if wire in body:
            uid = text(body, wire)
            setattr(posting, attribute, call.account.user(uid).id if uid else None)
    categories = body.get("categories") or {}
    if not isinstance(categories, dict):
        raise BadRequest("Invalid value for categories: an object is expected.")
    for name in _CATEGORIES:
        if name in categories:
            setattr(posting, name, text(categories, name))
    if "tags" in body:
        posting.tags = list(dict.fromkeys(texts(body, "tags")))
    title = text(body, "text")
    if title and title != posting.text:
        changes.rename_posting(call.account, posting, title, call.now_ms)


def _posting(call: Call) -> Posting:
    posting = call.account.posting(call.path["posting"])
    if posting.confidential:
        call.key.require_confidential()
    return posting


def _shown(call: Call, posting: Posting) -> dict[str, Any]:
    return call.included(shapes.posting(posting, call.account.users, call.query.many("expand")))
