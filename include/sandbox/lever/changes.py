"""Changes of opportunities and postings, by a person or through the API: one function for each event.

Each takes the time ``at`` (ms) and, if Lever keeps it, the user. ``updatedAt`` moves only if something changed: Lever's
documentation lists the fields, and in recorded traffic a repeated write moves nothing. The end of this module sends the
webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from include.sandbox.clock import fixed_uuid
from include.sandbox.lever.access import LeverError
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.models import (
    Application,
    Archived,
    ArchiveReason,
    Comment,
    Contact,
    Deleted,
    Note,
    Opportunity,
    Posting,
    Stage,
    StageChange,
)


def open_opportunity(
    account: LeverAccount,
    contact: Contact,
    stage: Stage,
    at: int,
    *,
    by: str | None = None,
    origin: str = "sourced",
    tags: Sequence[str] = (),
    sources: Sequence[str] = (),
    posting: Posting | None = None,
) -> Opportunity:
    """Adds an opportunity of a person, linked to ``posting`` if given."""
    opportunity = Opportunity(
        id=account.ids.uuid(),
        contact=contact,
        stage=stage,
        created_at=at,
        last_advanced_at=at,
        last_interaction_at=at,
        updated_at=at,
        origin=origin,
        tags=list(dict.fromkeys(tags)),
        sources=list(dict.fromkeys(sources)),
        stage_changes=[_stage_change(account, stage, at, by)],
        sourced_by=by if origin == "sourced" else None,
        owner=by,
        followers=[by] if by else [],
    )
    is_new = contact.id not in account.contacts
    account.add_opportunity(opportunity)
    if is_new:
        _announce(account, "contactCreated", {"contactId": contact.id, "accountId": _ACCOUNT_ID, "createdAt": at})
    if posting is not None:
        link_posting(account, opportunity, posting, at, by=by)
    return opportunity


def link_posting(
    account: LeverAccount,
    opportunity: Opportunity,
    posting: Posting,
    at: int,
    *,
    by: str | None = None,
    by_hand: bool = False,
) -> Application:
    """Adds an opportunity's one application, and the posting's tags as Lever does."""
    if opportunity.application is not None:
        raise LeverError(400, "The opportunity already has an application.")
    opportunity.application = Application.of(
        opportunity,
        account.ids.uuid(),
        posting,
        at,
        applied=opportunity.origin == "applied" and not by_hand,
        by=by,
    )
    opportunity.confidential = posting.confidential
    opportunity.location = posting.location
    opportunity.tags += [tag for tag in posting.derived_tags() if tag not in opportunity.tags]
    account.touched(opportunity, at)
    _about(account, "applicationCreated", opportunity, applicationId=opportunity.application.id)
    return opportunity.application


def rename_posting(account: LeverAccount, posting: Posting, text: str, at: int) -> None:
    """Changes a posting's title, also in the opportunities' tags: the new one comes last (seen in recorded traffic)."""
    old, posting.text = posting.text, text
    for opportunity in account.opportunities:
        if opportunity.posting is posting and old in opportunity.tags:
            opportunity.tags = [tag for tag in opportunity.tags if tag not in (old, text)] + [text]
            account.touched(opportunity, at)


def change_stage(
    account: LeverAccount, opportunity: Opportunity, stage: Stage, at: int, *, by: str | None = None
) -> None:
    """Moves an opportunity, archived or not. Its present stage changes nothing."""
    if opportunity.stage is stage:
        return
    before, opportunity.stage = opportunity.stage, stage
    opportunity.stage_changes.append(_stage_change(account, stage, at, by))
    opportunity.last_advanced_at = at
    opportunity.last_interaction_at = max(at, opportunity.last_interaction_at)
    account.opportunities.place(opportunity)
    account.touched(opportunity, at)
    _about(account, "candidateStageChange", opportunity, fromStageId=before.id, toStageId=stage.id)


def archive(account: LeverAccount, opportunity: Opportunity, reason: ArchiveReason, at: int) -> None:
    """Archives an opportunity, or changes reason and time of an archived one, whose application keeps the first time.
    ``lastAdvancedAt`` changes too, as on some of the recorded opportunities."""
    before, opportunity.archived = opportunity.archived, Archived(reason=reason.id, archived_at=at)
    application = opportunity.application
    if application is not None:
        first = application.archived.archived_at if application.archived else at
        application.archived = Archived(reason=reason.id, archived_at=first)
    opportunity.last_advanced_at = at
    opportunity.last_interaction_at = max(at, opportunity.last_interaction_at)
    account.opportunities.place(opportunity)
    account.touched(opportunity, at)
    _archive_changed(account, opportunity, before)


def unarchive(account: LeverAccount, opportunity: Opportunity, at: int) -> None:
    """Makes an archived opportunity active again, in its stage. An active one doesn't change."""
    if opportunity.archived is None:
        return
    before, opportunity.archived = opportunity.archived, None
    if opportunity.application is not None:
        opportunity.application.archived = None
    opportunity.last_interaction_at = max(at, opportunity.last_interaction_at)
    account.touched(opportunity, at)
    _archive_changed(account, opportunity, before)


def change_items(
    account: LeverAccount,
    opportunity: Opportunity,
    kind: Literal["tags", "sources", "links"],
    at: int,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> None:
    """Appends the missing items, or removes items. Links belong to the person: all opportunities show them."""
    contact, concerned = opportunity.contact, [opportunity]
    if kind == "links":
        _updatable(contact)
        concerned = account.opportunities_of(contact)
    held: list[str] = contact.links if kind == "links" else getattr(opportunity, kind)
    kept = [item for item in held if item not in remove] + [item for item in dict.fromkeys(add) if item not in held]
    if kept != held:
        held[:] = kept
        _touch_all(account, concerned, at)


def change_contact(account: LeverAccount, contact: Contact, at: int, fields: Mapping[str, Any]) -> None:
    """Replaces the given fields that are not None; moves ``updatedAt`` on every opportunity of the person."""
    _updatable(contact)
    changed = {name: value for name, value in fields.items() if value not in (None, getattr(contact, name))}
    for name, value in changed.items():
        setattr(contact, name, value)
    if changed:
        _announce(account, "contactUpdated", {"contactId": contact.id, "accountId": _ACCOUNT_ID, "updatedAt": at})
        _touch_all(account, account.opportunities_of(contact), at)


def anonymise(account: LeverAccount, contact: Contact, at: int) -> None:
    """Blanks the person's data; stages, tags and times of the opportunities stay."""
    if contact.anonymised:
        return
    contact.name = contact.headline = contact.location = ""
    contact.emails, contact.phones, contact.links = [], [], []
    contact.anonymised = True
    for opportunity in account.opportunities_of(contact):
        if opportunity.application is not None:
            opportunity.application.name = opportunity.application.email = opportunity.application.phone = None
    _touch_all(account, account.opportunities_of(contact), at)


def delete(account: LeverAccount, opportunity: Opportunity, at: int, *, by: str | None = None) -> None:
    """Deletes an opportunity; from now on only the listings of deleted records show it."""
    account.remove_opportunity(opportunity)
    confidential = opportunity.confidential
    gone = Deleted(id=opportunity.id, deleted_at=at, deleted_by=by, confidential=confidential)
    account.deleted["opportunities"].place(gone)
    if opportunity.application is not None:
        gone = Deleted(
            id=opportunity.application.id,
            deleted_at=at,
            opportunity_id=opportunity.id,
            posting_id=opportunity.application.posting.id,
            confidential=confidential,
        )
        account.deleted["applications"].place(gone)
    _about(account, "candidateDeleted", opportunity, deletedBy=by)


def delete_posting(account: LeverAccount, posting: Posting, at: int, *, by: str | None = None) -> None:
    """Deletes a posting that has no applications."""
    if any(one.posting is posting for one in account.opportunities):
        raise LeverError(400, "The posting has applications.")
    del account.postings[posting.id]
    gone = Deleted(id=posting.id, deleted_at=at, deleted_by=by, confidential=posting.confidential)
    account.deleted["postings"].place(gone)


def add_note(
    account: LeverAccount,
    opportunity: Opportunity,
    comment: Comment,
    *,
    secret: bool = False,
    by_api: bool = True,
    thread: Note | None = None,
) -> Note:
    """Adds a note, or a comment to a note's thread. It counts as an interaction, and so moves ``updatedAt``."""
    note = thread
    if note is None:
        note = Note(
            id=account.ids.uuid(),
            comments=[comment],
            created_at=comment.created_at,
            user=comment.user,
            secret=secret,
            by_api=by_api,
        )
        opportunity.notes[note.id] = note
    else:
        note.comments.append(comment)
    _interacted(account, opportunity, comment.created_at)
    return note


def replace_note(
    account: LeverAccount, opportunity: Opportunity, note: Note, comments: Sequence[Comment], at: int
) -> None:
    """Replaces all comments of a note."""
    _made_through_api(note)
    note.comments = list(comments)
    _interacted(account, opportunity, at)


def delete_note(opportunity: Opportunity, note: Note) -> None:
    """Deletes a note. The opportunity's times stay: Lever's documentation names none that this changes."""
    _made_through_api(note)
    del opportunity.notes[note.id]


def _updatable(contact: Contact) -> None:
    if contact.anonymised:
        raise LeverError(400, "An anonymized contact cannot be updated.")


def _touch_all(account: LeverAccount, opportunities: Sequence[Opportunity], at: int) -> None:
    for opportunity in opportunities:
        account.touched(opportunity, at)


def _stage_change(account: LeverAccount, stage: Stage, at: int, by: str | None) -> StageChange:
    return StageChange(to_stage_id=stage.id, to_stage_index=account.stage_index(stage), updated_at=at, user_id=by)


def _interacted(account: LeverAccount, opportunity: Opportunity, at: int) -> None:
    opportunity.last_interaction_at = max(at, opportunity.last_interaction_at)
    account.touched(opportunity, at)


def _made_through_api(note: Note) -> None:
    if not note.by_api:
        raise LeverError(403, "Only notes that were created through the API can be changed through it.")


# Deliveries of webhooks: Lever's documentation, Webhooks. Ids only, also for confidential opportunities. There are no
# interviews here: webhooks for their events can be made, and are sent nothing.

Event = Literal[
    "applicationCreated",
    "candidateArchiveChange",
    "candidateDeleted",
    "candidateHired",
    "candidateStageChange",
    "contactCreated",
    "contactUpdated",
    "interviewCreated",
    "interviewDeleted",
    "interviewUpdated",
]
EVENTS: frozenset[Event] = frozenset(get_args(Event))
WITH_ORIGINS = frozenset({"applicationCreated", "candidateArchiveChange", "candidateHired", "candidateStageChange"})
_ACCOUNT_ID = fixed_uuid("account")


def _archive_changed(account: LeverAccount, opportunity: Opportunity, before: Archived | None) -> None:
    """Sends the event for a changed archive state, reason or time, and the hire event if the reason means hired."""
    after = opportunity.archived
    if before == after:
        return
    shown = {"fromArchived": before and before.shape(), "toArchived": after and after.shape()}
    _about(account, "candidateArchiveChange", opportunity, **shown)
    if after is not None and account.archive_reason(after.reason).type == "hired":
        _about(account, "candidateHired", opportunity)


def about(opportunity: str, contact: str) -> dict[str, object]:
    """Returns the ids in every event about an opportunity; ``candidateId`` is deprecated, and the same id here."""
    return {"opportunityId": opportunity, "contactId": contact, "candidateId": opportunity}


def _about(account: LeverAccount, event: str, opportunity: Opportunity, **data: object) -> None:
    _announce(account, event, about(opportunity.id, opportunity.contact.id) | data, opportunity)


def _announce(
    account: LeverAccount, event: str, data: dict[str, object], opportunity: Opportunity | None = None
) -> None:
    """Sends an event to its webhooks, filtered by their origins, if the event is on."""
    if event not in account.switched_on:
        return
    for webhook in account.webhooks.values():
        if webhook.event != event:
            continue
        if opportunity is not None and webhook.origins is not None and opportunity.origin not in webhook.origins:
            continue
        account.deliveries.send(
            webhook,
            event,
            data,
            at_ms=account.clock.now_ms(),
            opportunity=None if opportunity is None else opportunity.id,
        )
