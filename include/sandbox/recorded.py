"""Builds a world from recorded traffic: a folder of JSON files, each with one listing, page by page.

A file is a list of ``{"request": {"method", "path", "params"}, "status", "response"}``; the path, not the file's name,
says what it lists. Required: ``/v1/disposition_stages``, ``/v1/archive_reasons``, ``/v1/opportunities``; optional:
postings, users, webhooks.

Fixed rules fill in what the recording lacks:

- Which posting an application is for: the one whose title is among the opportunity's tags; else, with the application
  ids of all such opportunities in sorted order, the first gets the first posting that is not confidential, the second
  the next, and round again.
- The application's own facts: made when the opportunity was, ``posting`` where the origin is ``applied``, else
  ``user``.
- The signing tokens of webhooks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from include.sandbox.deliveries import TOKEN_LENGTH
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.models import Application, ArchiveReason, Contact, Opportunity, Posting, Stage, User, Webhook

Row = dict[str, Any]
_CATEGORIES = ("team", "department", "location", "commitment")


def load_recorded(account: LeverAccount, folder: Path) -> None:
    """Replaces the account's records by the recorded ones. ValueError if the folder has no such recording."""
    listings = _listings(folder)
    for needed in ("/disposition_stages", "/archive_reasons", "/opportunities"):
        if needed not in listings:
            raise ValueError(f"{folder} has no recorded answer of {needed}")
    account.set_stages(
        Stage.model_validate(row) for answer in listings["/disposition_stages"] for row in answer["stages"]
    )
    account.archive_reasons = {row["id"]: ArchiveReason.model_validate(row) for row in listings["/archive_reasons"]}
    if "/users" in listings:
        account.users = {row["id"]: User.model_validate(row) for row in listings["/users"]}
    account.postings = {row["id"]: _posting(row) for row in listings.get("/postings", [])}
    account.webhooks = {
        row["id"]: _webhook(row, account.ids.hex(TOKEN_LENGTH)) for row in listings.get("/webhooks", [])
    }
    postings = _assigned(listings["/opportunities"], account.postings)
    for row in listings["/opportunities"]:
        account.add_opportunity(_opportunity(account, row, postings))


def _listings(folder: Path) -> dict[str, list[Row]]:
    """Reads all recorded rows, by path without the version."""
    listings: dict[str, list[Row]] = {}
    for file in sorted(folder.glob("*.json")):
        for exchange in json.loads(file.read_text("utf-8")):
            if exchange["request"]["method"] == "GET" and exchange["status"] == 200:
                data = exchange["response"]["data"]
                rows = listings.setdefault(exchange["request"]["path"].removeprefix("/v1"), [])
                rows += data if isinstance(data, list) else [data]
    return listings


def _assigned(rows: list[Row], postings: Mapping[str, Posting]) -> dict[str, Posting]:
    """Returns the posting of every application, by application id."""
    by_title = {posting.text: posting for posting in postings.values()}
    open_to_all = [posting for posting in postings.values() if not posting.confidential]
    assigned: dict[str, Posting] = {}
    others: list[str] = []
    for row in rows:
        titled = next((by_title[tag] for tag in row["tags"] if tag in by_title), None)
        for uid in row["applications"]:
            if titled is not None:
                assigned[uid] = titled
            else:
                others.append(uid)
    if others and not open_to_all:
        raise ValueError("The recording has applications, but no posting that they could be for")
    assigned.update((uid, open_to_all[place % len(open_to_all)]) for place, uid in enumerate(sorted(others)))
    return assigned


def _opportunity(account: LeverAccount, row: Row, postings: Mapping[str, Posting]) -> Opportunity:
    contact = account.contacts.get(row["contact"]) or Contact.model_validate(row | {"id": row["contact"]})
    known = {
        "contact": contact,
        "stage": account.stages[row["stage"]],
        "confidential": row["confidentiality"] == "confidential",
        "location": row.get("opportunityLocation"),
    }
    opportunity = Opportunity.model_validate(row | known)
    for uid in row["applications"][:1]:
        at, applied = opportunity.created_at, opportunity.origin == "applied"
        opportunity.application = Application.of(
            opportunity, uid, postings[uid], at, applied=applied, by=opportunity.owner
        )
        opportunity.application.archived = opportunity.archived
    return opportunity


def _posting(row: Row) -> Posting:
    """Keeps fields that the record doesn't have as they are."""
    categories = row["categories"]
    typed = {field.alias for field in Posting.model_fields.values()} | {"confidentiality"}
    details = {name: value for name, value in row.items() if name not in typed}
    details["categories"] = {name: value for name, value in categories.items() if name not in _CATEGORIES}
    known = {name: categories[name] for name in _CATEGORIES}
    known |= {"confidential": row["confidentiality"] == "confidential", "details": details}
    return Posting.model_validate(row | known)


def _webhook(row: Row, token: str) -> Webhook:
    origins = row["configuration"].get("conditions", {}).get("origins")
    return Webhook.model_validate(row | {"signature_token": token, "origins": origins})
