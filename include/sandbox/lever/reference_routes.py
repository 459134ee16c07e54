"""What the rest refers to: stages, archive reasons, users, contacts, tags and sources.

The short lists come on one page.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from include.sandbox.lever import changes, filters, listing, shapes
from include.sandbox.lever.call import Call, text, texts


def list_stages(call: Call) -> dict[str, Any]:
    """In the order of the pipeline."""
    return _whole([shapes.stage(stage) for stage in call.account.stages.values()])


def get_stage(call: Call) -> dict[str, Any]:
    return {"data": shapes.stage(call.account.stage(call.path["stage"]))}


def disposition_stages(call: Call) -> dict[str, Any]:
    """Not in Lever's documentation, but answered (seen in recorded traffic): the ranks that listings are ordered by."""
    return {
        "data": {
            "stages": [shapes.disposition_stage(stage) for stage in call.account.stages.values()],
            "archiveReasons": [shapes.disposition_reason(reason) for reason in call.account.archive_reasons.values()],
        }
    }


def list_archive_reasons(call: Call) -> dict[str, Any]:
    kind = call.query.choice("type", ("hired", "non-hired"))
    reasons = [reason for reason in call.account.archive_reasons.values() if kind is None or reason.type == kind]
    return _whole([shapes.archive_reason(reason) for reason in reasons])


def get_archive_reason(call: Call) -> dict[str, Any]:
    return {"data": shapes.archive_reason(call.account.archive_reason(call.path["reason"]))}


def list_tags(call: Call) -> dict[str, Any]:
    return _counts(call.account.tag_counts())


def list_sources(call: Call) -> dict[str, Any]:
    return _counts(call.account.source_counts())


def list_users(call: Call) -> dict[str, Any]:
    rows = listing.in_order(call.account.users.values())
    return listing.page(rows, call.query, filters.users(call.query), lambda user: call.included(shapes.user(user)))


def get_user(call: Call) -> dict[str, Any]:
    return {"data": shapes.user(call.account.user(call.path["user"]))}


def get_contact(call: Call) -> dict[str, Any]:
    return {"data": shapes.contact(call.account.contact(call.path["contact"]))}


def put_contact(call: Call) -> dict[str, Any]:
    """``location`` is sent as a plain string and shown as an object.

    The answer has no ``isAnonymized`` (seen in recorded traffic).
    """
    contact, body = call.account.contact(call.path["contact"]), call.body()
    changes.change_contact(
        call.account,
        contact,
        call.now_ms,
        name=text(body, "name"),
        headline=text(body, "headline"),
        location=text(body, "location"),
        emails=texts(body, "emails") if "emails" in body else None,
    )
    shape = shapes.contact(contact)
    del shape["isAnonymized"]
    return {"data": shape}


def _whole(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"data": rows, "hasNext": False}


def _counts(counts: Counter[str]) -> dict[str, Any]:
    """Alphabetical, without ids."""
    return _whole(
        [{"text": name, "count": counts[name]} for name in sorted(counts, key=lambda name: (name.casefold(), name))]
    )
