"""Lever's JSON to objects. Field names of the wire stand here and in `filters`.

Which fields may be null or absent follows Lever's documentation and 1,004 opportunities of recorded traffic. A field
that decides who is invited (tags, archived, confidentiality, origin, stage, application) must be there: read as empty,
its absence would send an invitation that the rules forbid.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from alva_lever.lever.objects import ArchiveReason, DeletedOpportunity, User, Webhook
from alva_lever.rules.model import Application, Archived, Note, Opportunity, Posting, Reply, StageChange
from alva_lever.rules.settings import Stage
from alva_lever.transport.failures import VendorError, one_word
from alva_lever.transport.fields import Fields, Untrusted, same_id
from alva_lever.transport.walk import Page, checked_next

T = TypeVar("T")


def one(parse: Callable[[Fields], T]) -> Callable[[object], T]:
    """Reads `{"data": {...}}`."""
    return lambda body: parse(Fields(body).object("data"))


def the_one(asked: str, parse: Callable[[Fields], T]) -> Callable[[Fields], T]:
    """Parses the object that was asked for by its id, and no other."""
    return lambda row: parse(same_id(asked, row))


def nothing(body: object) -> None:
    """Reads an answer whose success is all that matters: to a delete it has no body, to a note's PUT it is unknown."""


def page(
    parse: Callable[[Fields], T], *, asked: Collection[str] = (), keyset: bool = True
) -> Callable[[object], Page[T]]:
    """Reads `{"data": [...], "hasNext": bool, "next": "token"}`. Lever's documentation, Pagination.

    `asked`: the tokens of this walk. `keyset`: whether `hasNext` must be there. Some short lists have none, webhooks
    for one.
    """

    def read(body: object) -> Page[T]:
        envelope = Fields(body)
        rows = envelope.rows("data", parse)
        if not keyset and "hasNext" not in envelope:
            return Page(rows, None)
        if not envelope.flag("hasNext"):
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
    """One opportunity, expanded with its application or as a write answers it, where only the application's id is
    there."""
    row.required("stage")
    row.required("origin")
    row.required("archived")
    archived = row.object_or_none("archived")
    return Opportunity(
        id=row.id(),
        contact_id=row.id_or_none("contact"),
        # Of an anonymised contact the personal fields are blank; whether as null or as empty isn't documented.
        name=row.text_or_none("name") or "",
        emails=_blank_or_texts(row, "emails"),
        links=_blank_or_texts(row, "links"),
        stage_id=row.id_or_none("stage"),
        stage_changes=row.rows("stageChanges", _stage_change),
        confidential=_confidential(row),
        anonymised=row.flag("isAnonymized"),
        archived=None
        if archived is None
        else Archived(archived.id_or_none("reason"), archived.whole_or_none("archivedAt")),
        tags=row.texts("tags"),
        origin=row.text_or_none("origin"),
        application=_application(row),
        created_at_ms=row.whole_or_none("createdAt"),
        updated_at_ms=row.whole_or_none("updatedAt"),
        last_advanced_at_ms=row.whole_or_none("lastAdvancedAt"),
    )


def posting(row: Fields) -> tuple[Posting, str | None]:
    """One posting, and the id of a hiring manager whose e-mail address the answer doesn't hold."""
    categories = row.object_or_none("categories")
    manager_email, manager_id = _hiring_manager(row)
    read = Posting(
        id=row.id(),
        name=row.text("text"),
        confidential=_confidential(row),
        tags=row.texts("tags"),
        team=None if categories is None else categories.text_or_none("team") or None,
        hiring_manager_email=manager_email,
    )
    return read, manager_id


def note(row: Fields) -> Note:
    """One note. Its text is that of its first comment: the others of the thread are other people's."""
    comments = [one for one in row.rows("fields", _comment) if one is not None]
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


def listed_note(row: Fields) -> tuple[str, Note | None]:
    """A note's id, and the note unless it is marked as deleted."""
    return row.id(), note(row) if row.whole_or_none("deletedAt") is None else None


def written_note(row: Fields) -> str:
    """The id in what a write of a note answers: the note with its id beside it in recorded traffic, the id alone in the
    documentation."""
    return row.id("id" if "id" in row else "noteId")


def stage(row: Fields) -> Stage:
    return Stage(id=row.id(), name=row.text("text"))


def tag(row: Fields) -> str:
    """Tags have no id, and are told apart by their text."""
    return row.text("text")


def user(row: Fields) -> User:
    return User(
        id=row.id(),
        name=row.text_or_none("name") or "",
        email=row.text_or_none("email") or None,
        active=row.whole_or_none("deactivatedAt") is None,
    )


def archive_reason(row: Fields) -> ArchiveReason:
    return ArchiveReason(
        id=row.id(),
        name=row.text("text"),
        hired=row.text("type") == "hired",
        active=row.text_or_none("status") != "inactive",
    )


def deleted_opportunity(row: Fields) -> DeletedOpportunity:
    return DeletedOpportunity(
        id=row.id(), deleted_at_ms=row.whole_or_none("deletedAt"), deleted_by=row.id_or_none("deletedBy")
    )


def webhook(row: Fields) -> Webhook:
    configuration = row.object_or_none("configuration")
    conditions = None if configuration is None else configuration.object_or_none("conditions")
    return Webhook(
        id=row.id(),
        event=row.text("event"),
        url=row.text("url"),
        origins=None if conditions is None else conditions.texts_or_none("origins"),
        signature_token=None if configuration is None else configuration.text_or_none("signatureToken"),
    )


def _confidential(row: Fields) -> bool:
    # Any third word that Lever may come up with is kept from Alva.
    return row.text("confidentiality") != "non-confidential"


def _stage_change(row: Fields) -> StageChange:
    return StageChange(stage_id=row.id("toStageId"), changed_at_ms=row.whole("updatedAt"))


def _application(row: Fields) -> Application | None:
    """The first of `applications`, of which there is at most one: an id, or the object where it was expanded."""
    values = row.required("applications")
    if isinstance(values, list) and values and isinstance(values[0], str):
        return Application(id=values[0], posting_id=None, created_at_ms=None)
    applications = row.rows("applications", _expanded_application)
    return applications[0] if applications else None


def _expanded_application(row: Fields) -> Application:
    row.required("posting")
    return Application(id=row.id(), posting_id=row.id_or_none("posting"), created_at_ms=row.whole_or_none("createdAt"))


def _hiring_manager(row: Fields) -> tuple[str | None, str | None]:
    """Address, or id where only that is there."""
    name = "hiringManager"
    if not isinstance(row.required(name), dict):
        return None, row.id_or_none(name)
    manager = row.object(name)
    return manager.text_or_none("email") or None, None if "email" in manager else manager.id()


def _blank_or_texts(row: Fields, key: str) -> tuple[str, ...]:
    return () if row.required(key) is None else row.texts(key)
