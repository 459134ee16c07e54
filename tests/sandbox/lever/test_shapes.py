"""The keys and types of recorded answers of Lever's. An extra key is as wrong as a missing one."""

from __future__ import annotations

from typing import Any

import pytest

from include.sandbox import Sandbox
from tests.sandbox.conftest import Client

Null = type(None)
MAYBE_TEXT = (str, Null)

OPPORTUNITY: dict[str, Any] = {
    "id": str,
    "name": str,
    "contact": str,
    "headline": str,
    "stage": str,
    "confidentiality": str,
    "location": str,
    "phones": list,
    "emails": list,
    "links": list,
    "archived": (dict, Null),
    "tags": list,
    "sources": list,
    "stageChanges": list,
    "origin": str,
    "sourcedBy": MAYBE_TEXT,
    "owner": MAYBE_TEXT,
    "followers": list,
    "applications": list,
    "createdAt": int,
    "updatedAt": (int, Null),
    "lastInteractionAt": int,
    "lastAdvancedAt": int,
    "snoozedUntil": (int, Null),
    "urls": dict,
    "isAnonymized": bool,
    "dataProtection": (dict, Null),
}
STAGE_CHANGE = {"toStageId": str, "toStageIndex": int, "updatedAt": int}
ARCHIVED = {"reason": str, "archivedAt": int}
APPLICATION: dict[str, Any] = {
    "id": str,
    "type": str,
    "candidateId": str,
    "opportunityId": str,
    "posting": str,
    "postingHiringManager": MAYBE_TEXT,
    "postingOwner": MAYBE_TEXT,
    "name": MAYBE_TEXT,
    "company": MAYBE_TEXT,
    "phone": (dict, Null),
    "email": MAYBE_TEXT,
    "links": list,
    "comments": MAYBE_TEXT,
    "user": MAYBE_TEXT,
    "customQuestions": list,
    "createdAt": int,
    "archived": (dict, Null),
    "requisitionForHire": (dict, Null),
    "ipAddress": MAYBE_TEXT,
    "referer": MAYBE_TEXT,
    "userAgent": MAYBE_TEXT,
    "acceptLanguage": MAYBE_TEXT,
    "timezone": MAYBE_TEXT,
}
CONTACT: dict[str, Any] = {
    "id": str,
    "name": str,
    "headline": str,
    "isAnonymized": bool,
    "location": dict,
    "emails": list,
    "phones": list,
    "dataProtection": (dict, Null),
}
POSTING: dict[str, Any] = {
    "id": str,
    "text": str,
    "state": str,
    "distributionChannels": (list, Null),
    "user": MAYBE_TEXT,
    "owner": MAYBE_TEXT,
    "hiringManager": MAYBE_TEXT,
    "categories": dict,
    "tags": list,
    "content": dict,
    "country": MAYBE_TEXT,
    "followers": list,
    "reqCode": MAYBE_TEXT,
    "requisitionCodes": list,
    "urls": (dict, Null),
    "confidentiality": str,
    "createdAt": int,
    "updatedAt": int,
    "workplaceType": str,
    "transcribeInterviews": bool,
    "screening": dict,
}
CATEGORIES: dict[str, Any] = {
    "team": MAYBE_TEXT,
    "department": MAYBE_TEXT,
    "location": MAYBE_TEXT,
    "commitment": MAYBE_TEXT,
    "level": MAYBE_TEXT,
    "allLocations": list,
}
NOTE: dict[str, Any] = {
    "id": str,
    "text": str,
    "fields": list,
    "user": MAYBE_TEXT,
    "secret": bool,
    "completedAt": int,
    "createdAt": int,
    "deletedAt": (int, Null),
}
NOTE_FIELD: dict[str, Any] = {
    "type": str,
    "text": str,
    "value": str,
    "createdAt": int,
    "user": MAYBE_TEXT,
    "score": (int, Null),
    "stage": MAYBE_TEXT,
}
USER: dict[str, Any] = {
    "id": str,
    "name": str,
    "username": MAYBE_TEXT,
    "email": str,
    "accessRole": str,
    "photo": MAYBE_TEXT,
    "createdAt": int,
    "deactivatedAt": (int, Null),
    "externalDirectoryId": MAYBE_TEXT,
    "linkedContactIds": (list, Null),
    "jobTitle": MAYBE_TEXT,
    "managerId": MAYBE_TEXT,
}
ARCHIVE_REASON = {"id": str, "text": str, "status": str, "type": str}
WEBHOOK = {"id": str, "event": str, "url": str, "configuration": dict, "createdAt": int, "updatedAt": int}


def wrong(row: dict[str, Any], shape: dict[str, Any], optional: frozenset[str] = frozenset()) -> list[str]:
    """Returns the names that are extra, missing or of another type, without their values."""
    names = set(row) ^ set(shape)
    return sorted(
        (names - optional) | {name for name in set(row) & set(shape) if not isinstance(row[name], shape[name])}
    )


@pytest.fixture(autouse=True)
def seeded(sandbox: Sandbox) -> None:
    sandbox.seed(4, 300)


def test_opportunities_have_levers_shape(lever: Client) -> None:
    for row in lever.walk("/opportunities"):
        assert wrong(row, OPPORTUNITY | {"opportunityLocation": str}, frozenset({"opportunityLocation"})) == []
        assert [wrong(change, STAGE_CHANGE, frozenset({"userId"})) for change in row["stageChanges"]] == [
            [] for _ in row["stageChanges"]
        ]
        assert row["archived"] is None or wrong(row["archived"], ARCHIVED) == []
        assert set(row["urls"]) == {"list", "show"}
        assert row["urls"]["show"].endswith(row["id"])


def test_a_lead_without_a_posting_has_no_opportunity_location(lever: Client) -> None:
    rows = lever.walk("/opportunities")
    leads = [row for row in rows if not row["applications"]]
    assert leads
    assert not any("opportunityLocation" in row for row in leads)
    assert any("opportunityLocation" in row for row in rows)


def test_expanded_fields_are_objects(lever: Client) -> None:
    expand = ["applications", "stage", "owner", "followers", "sourcedBy", "contact"]
    rows = lever.walk("/opportunities", expand=expand)
    for row in rows:
        assert wrong(row["stage"], {"id": str, "text": str}) == []
        assert wrong(row["contact"], CONTACT) == []
        assert [wrong(application, APPLICATION) for application in row["applications"]] in ([], [[]])
        assert wrong(row["owner"], USER) == []
        assert all(wrong(follower, USER) == [] for follower in row["followers"])
        assert row["sourcedBy"] is None or wrong(row["sourcedBy"], USER) == []
    assert any(row["applications"] for row in rows)
    assert any(row["sourcedBy"] for row in rows)


def test_a_listed_application_has_the_same_shape(lever: Client) -> None:
    uid = next(row["id"] for row in lever.walk("/opportunities") if row["applications"])
    page = lever.get(f"/opportunities/{uid}/applications")
    assert [wrong(row, APPLICATION) for row in page["data"]] == [[]]
    assert page["data"][0]["opportunityId"] == page["data"][0]["candidateId"] == uid


def test_postings_have_levers_shape(lever: Client) -> None:
    rows = lever.walk("/postings")
    for row in rows:
        assert wrong(row, POSTING) == []
        assert wrong(row["categories"], CATEGORIES) == []
        assert row["urls"] is None or set(row["urls"]) == {"list", "show", "apply"}
        assert set(row["content"]) == {"description", "descriptionHtml", "lists", "closing", "closingHtml"}
    assert len(rows) >= 5


def test_notes_have_levers_shape(lever: Client) -> None:
    uid = lever.get("/opportunities")["data"][0]["id"]
    note = lever.post(f"/opportunities/{uid}/notes", {"value": "Hello"})["data"]
    assert wrong(note, NOTE | {"noteId": str}) == []
    assert wrong(note["fields"][0], NOTE_FIELD) == []
    assert (note["text"], note["fields"][0]["type"], note["fields"][0]["text"]) == ("Note", "note", "Comment")


def test_users_reasons_and_webhooks_have_levers_shape(lever: Client) -> None:
    lever.post("/webhooks", {"url": "https://example.test", "event": "applicationCreated"})
    assert [wrong(row, USER) for row in lever.walk("/users")] == [[]] * 4
    assert all(wrong(row, ARCHIVE_REASON) == [] for row in lever.walk("/archive_reasons"))
    assert [wrong(row, WEBHOOK) for row in lever.get("/webhooks")["data"]] == [[]]
