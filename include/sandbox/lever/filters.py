"""The filters of Lever's listings: values of one parameter are alternatives, parameters narrow each other."""

from __future__ import annotations

from collections.abc import Callable, Collection
from operator import attrgetter
from typing import Any

from include.sandbox.lever.account import canonical
from include.sandbox.lever.errors import BadRequest
from include.sandbox.lever.keys import Key
from include.sandbox.lever.models import Deleted, Opportunity, Posting, User
from include.sandbox.lever.query import Query

Test = Callable[[Any], bool]
CONFIDENTIALITIES = ("non-confidential", "confidential", "all")
UNSPECIFIED = "unspecified"


def opportunities(query: Query, key: Key, now_ms: int) -> Callable[[Opportunity], bool]:
    """``GET /opportunities``. A null ``updatedAt`` is in no span of time."""
    tests = [
        *_confidentiality(query, key),
        *_any_of(query, "stage_id", lambda row: row.stage.id),
        *_any_of(query, "origin", attrgetter("origin")),
        *_any_of(query, "contact_id", lambda row: row.contact.id),
        *_any_of(query, "archive_reason_id", lambda row: row.archived and row.archived.reason),
        *_any_of(query, "posting_id", _applied_to),
        *_any_of(query, "archived_posting_id", _archived_from),
        *_any_of(query, "location", lambda row: row.location or UNSPECIFIED),
        *_overlap(query, "tag", attrgetter("tags")),
        *_overlap(query, "source", attrgetter("sources")),
        *_within(query, "created_at", attrgetter("created_at")),
        *_within(query, "updated_at", attrgetter("updated_at")),
        *_within(query, "advanced_at", attrgetter("last_advanced_at")),
        *_within(query, "archived_at", lambda row: row.archived and row.archived.at),
        *_flag(query, "archived", lambda row: row.archived is not None),
        *_flag(query, "snoozed", lambda row: row.snoozed_until is not None and row.snoozed_until > now_ms),
    ]
    emails = {canonical(email) for email in query.many("email")}
    if emails:
        tests.append(lambda row: any(canonical(email) in emails for email in row.contact.emails))
    return _all_of(tests)


def postings(query: Query, key: Key) -> Callable[[Posting], bool]:
    """``GET /postings``. Lever's documentation allows ``updated_at_*`` together with ``confidentiality`` alone."""
    names = {"state", "group", "team", "department", "location", "commitment", "tag", "distributionChannel"}
    span = query.span("updated_at")
    if span is not None and names & query.names():
        raise BadRequest("updated_at_start and updated_at_end can only be combined with confidentiality.")
    return _all_of(
        [
            *_confidentiality(query, key),
            *_any_of(query, "state", attrgetter("state")),
            *_any_of(query, "team", attrgetter("team")),
            *_any_of(query, "department", attrgetter("department")),
            *_any_of(query, "location", attrgetter("location")),
            *_any_of(query, "commitment", attrgetter("commitment")),
            *_overlap(query, "tag", attrgetter("tags")),
            *_within(query, "updated_at", attrgetter("updated_at")),
        ]
    )


def users(query: Query) -> Callable[[User], bool]:
    """``GET /users``: those who are active, unless ``includeDeactivated``."""
    tests = [
        *_any_of(query, "accessRole", attrgetter("access_role")),
        *_any_of(query, "external_directory_id", attrgetter("external_directory_id")),
    ]
    emails = {canonical(email) for email in query.many("email")}
    if emails:
        tests.append(lambda row: canonical(row.email) in emails)
    if not query.boolean("includeDeactivated"):
        tests.append(lambda row: row.deactivated_at is None)
    return _all_of(tests)


def deleted(query: Query) -> Callable[[Deleted], bool]:
    """The feeds of deleted things. They have no ``confidentiality``: what was confidential is left out."""
    return _all_of([lambda row: not row.confidential, *_within(query, "deleted_at", attrgetter("at"))])


def _applied_to(row: Opportunity) -> str | None:
    return row.posting.id if row.posting else None


def _archived_from(row: Opportunity) -> str | None:
    return row.application.posting.id if row.application and row.application.archived else None


def _confidentiality(query: Query, key: Key) -> list[Test]:
    wanted = query.choice("confidentiality", CONFIDENTIALITIES) or "non-confidential"
    if wanted != "non-confidential":
        key.require_confidential()
    if wanted == "all":
        return []
    return [lambda row: row.confidential is (wanted == "confidential")]


def _any_of(query: Query, name: str, value: Callable[[Any], Any]) -> list[Test]:
    wanted = set(query.many(name))
    return [lambda row: value(row) in wanted] if wanted else []


def _overlap(query: Query, name: str, values: Callable[[Any], Collection[str]]) -> list[Test]:
    wanted = set(query.many(name))
    return [lambda row: not wanted.isdisjoint(values(row))] if wanted else []


def _within(query: Query, name: str, value: Callable[[Any], int | None]) -> list[Test]:
    span = query.span(name)
    if span is None:
        return []
    start, end = span
    return [lambda row: (at := value(row)) is not None and start <= at <= end]


def _flag(query: Query, name: str, value: Callable[[Any], bool]) -> list[Test]:
    wanted = query.boolean(name)
    return [] if wanted is None else [lambda row: value(row) is wanted]


def _all_of(tests: list[Test]) -> Callable[[Any], bool]:
    return lambda row: all(test(row) for test in tests)
