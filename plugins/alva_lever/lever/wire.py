"""Lever's JSON to objects. Field names of the wire stand here and in `filters`.

What Lever may leave out is read as none or empty: lists, names, an origin, whether somebody is anonymised. A field must
be there where its absence, read so, would decide something or say what Lever didn't: the id, confidentiality, the
stage, whether it is archived, the application and when it was made. A value of another type is a fault of its row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from alva_lever.lever.objects import AfterWrite, ArchiveReason, DeletedOpportunity, User, Webhook
from alva_lever.rules.model import Application, Archived, Note, Opportunity, Posting, Reply, StageChange
from alva_lever.rules.policy import Stage
from alva_lever.transport.failures import VendorError, one_word
from alva_lever.transport.fields import Fields, Untrusted, as_id, if_readable, same_id
from alva_lever.transport.walk import Page, checked_next, rows_of

T = TypeVar("T")


class NotExpanded(Exception):
    """Lever gives the ids of what was asked for whole, which is what a key does that may not read it. It is about every
    row, and so not `Untrusted`."""


def one(parse: Callable[[Fields], T]) -> Callable[[object], T]:
    """Reads `{"data": {...}}`."""
    return lambda body: parse(Fields(body).object("data"))


def the_one(asked: str, parse: Callable[[Fields], T]) -> Callable[[Fields], T]:
    """Parses the object that was asked for by its id, and no other."""
    return lambda row: parse(same_id(asked, row))


def nothing(body: object) -> None:
    """Reads what isn't needed: that it was answered with success is all that matters."""


def page(
    parse: Callable[[Fields], T | None], *, asked: Collection[str] = (), keyset: bool = True
) -> Callable[[object], Page[T]]:
    """Reads `{"data": [...], "hasNext": bool, "next": "token"}`. Lever's documentation, Pagination.

    `parse`: see `rows_of`. `asked`: the tokens of this walk. `keyset`: whether `hasNext` must be there. Some short
    lists have none, webhooks for one.
    """

    def read(body: object) -> Page[T]:
        envelope = Fields(body)
        rows = rows_of(envelope, parse)
        if not (envelope.flag("hasNext") if keyset else envelope.flag_or_false("hasNext")):
            return Page(rows, None)
        token = envelope.text_or_none("next")
        if not token:
            raise Untrusted("`hasNext` is true and `next` is missing")
        return Page(rows, checked_next(token, asked, name="next"))

    return read


def error(body: object) -> VendorError:
    """Reads `{"code", "message"}`. Lever's documentation, Responses and Errors.

    :raises Untrusted: there is no text `code`, as there is in each of Lever's refusals.
    """
    code, message = (body.get("code"), body.get("message")) if isinstance(body, dict) else (None, None)
    if not isinstance(code, str) or not code.strip():
        raise Untrusted("JSON without Lever's `code`")
    return VendorError(code=one_word(code), message=message if isinstance(message, str) else None)


def opportunity(row: Fields) -> Opportunity:
    """One opportunity, expanded with its application.

    :raises NotExpanded: whatever else is in the row.
    """
    application = _application(row)
    return Opportunity(
        id=row.id(),
        contact_id=row.id_or_none("contact"),
        name=row.text_or_none("name") or "",
        emails=row.texts_or_empty("emails"),
        links=row.texts_or_empty("links"),
        stage_id=row.id_of("stage"),
        stage_changes=row.rows_or_empty("stageChanges", _stage_change),
        confidential=_confidential(row),
        anonymised=row.flag_or_false("isAnonymized"),
        archived=_archived(row),
        tags=row.texts_or_empty("tags"),
        origin=row.text_or_none("origin"),
        application=application,
        created_at_ms=row.whole_or_none("createdAt"),
        updated_at_ms=row.whole_or_none("updatedAt"),
        last_advanced_at_ms=row.whole_or_none("lastAdvancedAt"),
    )


def after_write(row: Fields) -> AfterWrite:
    """What is needed of an opportunity that answers a write: nothing of it is expanded."""
    return AfterWrite(
        id=row.id(),
        stage_id=row.id_of("stage"),
        confidential=_confidential(row),
        anonymised=row.flag_or_false("isAnonymized"),
        archived=_archived(row),
    )


def posting(row: Fields) -> tuple[Posting, str | None]:
    """One posting, and the id of a hiring manager whose e-mail address the answer doesn't hold."""
    categories = row.object_or_none("categories")
    manager_email, manager_id = _hiring_manager(row)
    read = Posting(
        id=row.id(),
        name=row.text_or_none("text") or None,
        confidential=_confidential(row),
        tags=row.texts_or_empty("tags"),
        team=None if categories is None else categories.text_or_none("team") or None,
        hiring_manager_email=manager_email,
    )
    return read, manager_id


def note(row: Fields) -> Note:
    """One note. Its text is that of its first comment: the others of the thread are other people's."""
    comments = [one for one in row.rows_or_empty("fields", _comment) if one is not None]
    return Note(
        id=row.id(),
        text=comments[0].text if comments else "",
        created_at_ms=row.whole("createdAt"),
        author_id=row.id_or_none("user"),
        replies=tuple(comments[1:]),
        text_at_ms=comments[0].created_at_ms if comments else None,
    )


def _comment(row: Fields) -> Reply | None:
    text = row.text_or_none("value")
    if text is None:
        return None
    return Reply(text, row.whole_or_none("createdAt"), row.id_or_none("user"), row.whole_or_none("score"))


def listed_note(row: Fields) -> Note | None:
    """A note of a listing; None for one that is marked as deleted, and for what can't be read of somebody else's: only
    those that the API wrote decide anything."""
    try:
        return note(row) if row.whole_or_none("deletedAt") is None else None
    except Untrusted:
        if if_readable(row.id_or_none, "user") is not None:
            return None
        raise


def written_note(row: Fields) -> str:
    """The id in what a write of a note answers: the note with its id beside it in recorded traffic, the id alone in the
    documentation."""
    return row.id_or_none("id") or row.id("noteId")


def stage(row: Fields) -> Stage:
    return Stage(id=row.id(), name=if_readable(row.text_or_none, "text") or "")


def tag(row: Fields) -> str | None:
    """Tags have no id, and are told apart by their text."""
    return if_readable(row.text_or_none, "text")


def user(row: Fields) -> User:
    return User(
        id=row.id(),
        name=if_readable(row.text_or_none, "name") or "",
        email=row.text_or_none("email") or None,
        active=row.whole_or_none("deactivatedAt") is None,
    )


def archive_reason(row: Fields) -> ArchiveReason:
    return ArchiveReason(
        id=row.id(),
        name=if_readable(row.text_or_none, "text") or "",
        hired=row.text("type") == "hired",
        active=if_readable(row.text_or_none, "status") != "inactive",
    )


def deleted_opportunity(row: Fields) -> DeletedOpportunity:
    return DeletedOpportunity(row.id())


def webhook(row: Fields) -> Webhook:
    configuration = if_readable(row.object_or_none, "configuration")
    conditions = None if configuration is None else if_readable(configuration.object_or_none, "conditions")
    return Webhook(
        id=row.id(),
        event=row.text("event"),
        url=row.text("url"),
        origins=None if conditions is None else if_readable(conditions.texts_or_none, "origins"),
    )


def created_webhook(row: Fields) -> tuple[str, str | None]:
    """The id and the signature token of one that was just made."""
    configuration = if_readable(row.object_or_none, "configuration")
    return row.id(), None if configuration is None else if_readable(configuration.text_or_none, "signatureToken")


def _confidential(row: Fields) -> bool:
    # Any third word that Lever may come up with is kept from Alva.
    return row.text("confidentiality") != "non-confidential"


def _stage_change(row: Fields) -> StageChange:
    return StageChange(stage_id=row.id("toStageId"), changed_at_ms=row.whole("updatedAt"))


def _archived(row: Fields) -> Archived | None:
    row.required("archived")
    archived = row.object_or_none("archived")
    if archived is None:
        return None
    return Archived(archived.id_or_none("reason"), if_readable(archived.whole_or_none, "archivedAt"))


def _application(row: Fields) -> Application | None:
    """The first of `applications`, of which there is at most one."""
    values = row.values("applications")
    if not values:
        return None
    value = next((value for value in values if value is not None), None)
    if as_id(value) is not None:
        raise NotExpanded
    # Where all of them are null, it isn't said that there is none.
    application = Fields(value, "applications[]")
    application.required("posting")
    return Application(
        id=application.id(),
        posting_id=application.id_or_none("posting"),
        # Without it nobody knows if somebody is new on a posting.
        created_at_ms=application.whole("createdAt"),
    )


def _hiring_manager(row: Fields) -> tuple[str | None, str | None]:
    """Address, or id where only that is there."""
    manager = if_readable(row.object_or_none, "hiringManager")
    if manager is not None and "email" in manager:
        return manager.text_or_none("email") or None, None
    return None, row.id_or_none("hiringManager")
