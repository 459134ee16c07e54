"""What a read of a row or two shows of each permission that Lever's key or a grant needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from alva_lever.http.errors import ApiError
from alva_lever.http.paginator import Unreadable
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.permissions import (
    APPLICATIONS,
    ARCHIVE_REASONS,
    NOTES,
    OPPORTUNITIES,
    POSTINGS,
    STAGES,
    TAGS,
    USERS,
    WEBHOOKS,
    Permission,
)

# How many opportunities are read to find one with an application.
_ROWS = 10
# A second attempt, since a DAG may be using the whole of the key's limit just now.
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What a read showed of a permission: `error` if it failed. `nothing_to_read`: what was not there to be read."""

    permission: Permission
    error: ApiError | None = None
    nothing_to_read: str = ""


def look(lever: LeverHook) -> Iterator[Seen]:
    """Reads a row for each permission, and writes nothing."""
    opportunity_id, has_application = "", False

    def opportunities() -> None:
        lever.may_list("opportunities", attempts=_ATTEMPTS)

    def applications() -> None:
        nonlocal opportunity_id, has_application
        for row in lever.some_opportunities(count=_ROWS, attempts=_ATTEMPTS):
            opportunity_id = opportunity_id or row.id
            has_application = has_application or (not isinstance(row, Unreadable) and row.application is not None)

    yield (seen := _seen(OPPORTUNITIES, opportunities))
    if seen.error is None:
        seen = _seen(APPLICATIONS, applications)
        missing = "" if seen.error or has_application else "no opportunity with an application"
        yield Seen(APPLICATIONS, seen.error, missing)
    if opportunity_id:
        yield _seen(NOTES, lambda: lever.may_read_notes(opportunity_id, attempts=_ATTEMPTS))
    else:
        yield Seen(NOTES, nothing_to_read="no opportunity whose notes could be read")
    yield _seen(POSTINGS, lambda: lever.may_list("postings", attempts=_ATTEMPTS))
    yield _seen(STAGES, lambda: lever.may_list("stages", attempts=_ATTEMPTS))
    yield _seen(ARCHIVE_REASONS, lambda: lever.may_list("archive_reasons", attempts=_ATTEMPTS))
    yield _seen(USERS, lambda: lever.may_list("users", attempts=_ATTEMPTS))
    yield _seen(TAGS, lambda: lever.may_list("tags", attempts=_ATTEMPTS))
    yield _seen(WEBHOOKS, lambda: lever.may_list("webhooks", attempts=_ATTEMPTS))


def _seen(permission: Permission, read: Callable[[], object]) -> Seen:
    try:
        read()
    except ApiError as error:
        return Seen(permission, error)
    return Seen(permission)
