"""Turns Lever's answers into objects: unpacks envelopes, and parses rows by the models."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from alva_lever.http.exchange import VendorError, one_word
from alva_lever.http.paginator import Page, checked_next, rows_of
from alva_lever.http.wire import Untrusted, id_of, parsed, part
from alva_lever.lever import models
from alva_lever.lever.objects import AfterWrite, ArchiveReason, DeletedOpportunity, User, Webhook
from alva_lever.rules.model import Note, Opportunity, Posting, Stage

T = TypeVar("T")


def one(parse: Callable[[object], T]) -> Callable[[object], T]:
    """Reads `{"data": {...}}`."""
    return lambda body: part("data", parse, parsed(models.EnvelopeJson, body).data)


def nothing(body: object) -> None:
    """Ignores the body: only the success of the request matters."""


def page(
    parse: Callable[[object], T | None], *, asked: Collection[str] = (), keyset: bool = True
) -> Callable[[object], Page[T]]:
    """Reads a page. `parse`: see `rows_of`. `asked`: the tokens used so far. `keyset`: whether `hasNext` must be
    there."""
    model = models.PageJson if keyset else models.ShortPageJson

    def read(body: object) -> Page[T]:
        envelope = parsed(model, body)
        rows = rows_of(envelope.data, parse)
        if not envelope.has_next:
            return Page(rows, None)
        if not envelope.next:
            raise Untrusted("`hasNext` is true and `next` is missing")
        return Page(rows, checked_next(envelope.next, asked, name="next"))

    return read


def error(body: object) -> VendorError:
    """Reads a refusal. :raises Untrusted: it has no text `code`, which all of Lever's refusals have."""
    try:
        said = parsed(models.ErrorJson, body)
    except Untrusted:
        said = None
    if said is None or not said.code.strip():
        raise Untrusted("JSON without Lever's `code`")
    return VendorError(code=one_word(said.code), message=said.message)


def opportunity(row: object) -> Opportunity:
    """Reads an opportunity, expanded with its application. :raises NotExpanded: before any other error in the row."""
    return parsed(models.OpportunityJson, row).to_rules()


def after_write(row: object) -> AfterWrite:
    return parsed(models.AfterWriteJson, row).to_rules()


def posting(row: object) -> tuple[Posting, str | None]:
    """Reads a posting, and the hiring manager's id if the answer has no e-mail address."""
    read = parsed(models.PostingJson, row)
    return read.to_rules(), read.hiring_manager_id


def note(row: object) -> Note:
    return parsed(models.NoteJson, row).to_rules()


def listed_note(row: object) -> Note | None:
    """Reads a note of a listing. None for a deleted one, and for an unreadable one by a user: only the API's own notes
    decide anything."""
    try:
        read = parsed(models.ListedNoteJson, row)
    except Untrusted:
        if parsed(models.AuthorJson, row).user is not None:
            return None
        raise
    return read.to_rules() if read.deleted_at is None else None


def written_note(row: object) -> str:
    """Reads the id in the answer to a write of a note."""
    return parsed(models.WrittenNoteJson, row).id or parsed(models.NoteIdJson, row).note_id


def stage(row: object) -> Stage:
    return parsed(models.StageJson, row).to_rules()


def tag(row: object) -> str | None:
    return parsed(models.TagJson, row).text


def user(row: object) -> User:
    return parsed(models.UserJson, row).to_rules()


def archive_reason(row: object) -> ArchiveReason:
    return parsed(models.ArchiveReasonJson, row).to_rules()


def deleted_opportunity(row: object) -> DeletedOpportunity:
    return DeletedOpportunity(id_of(row))


def webhook(row: object) -> Webhook:
    return parsed(models.WebhookJson, row).to_rules()


def created_webhook(row: object) -> tuple[str, str | None]:
    """Reads the id and the signature token of a webhook that was just created."""
    made = parsed(models.CreatedWebhookJson, row)
    return made.id, made.signature_token
