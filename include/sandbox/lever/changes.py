"""What happens to opportunities and postings, by a person or through the API: one function an event.

Each takes the time ``at`` (ms) and, where Lever keeps it, who did it. Each says in its body what it moves:
``updatedAt`` moves only where something changed (Lever's documentation lists the fields; that a repeated write moves
nothing was seen in recorded traffic). What webhooks are told of it is in `events`.
"""

from __future__ import annotations

from collections.abc import Sequence

from include.sandbox.lever import events
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.errors import BadRequest
from include.sandbox.lever.models import (
    Application,
    Archived,
    ArchiveReason,
    Contact,
    Deleted,
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
    """A new candidacy of a person, linked to ``posting`` where one is given."""
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
        stage_changes=[StageChange(stage.id, account.stage_index(stage), at, by)],
        sourced_by=by if origin == "sourced" else None,
        owner=by,
        followers=[by] if by else [],
    )
    is_new = contact.id not in account.contacts
    account.add_opportunity(opportunity)
    if is_new:
        events.contact_created(account, contact, at)
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
    """The one application of an opportunity.

    Lever adds the posting's title, department, team, location and commitment as tags.
    """
    if opportunity.application is not None:
        raise BadRequest("The opportunity already has an application.")
    applied = opportunity.origin == "applied" and not by_hand
    contact = opportunity.contact
    opportunity.application = Application(
        id=account.ids.uuid(),
        posting=posting,
        created_at=at,
        type="posting" if applied else "user",
        posting_owner=posting.owner,
        posting_hiring_manager=posting.hiring_manager,
        name=contact.name if applied else None,
        email=contact.emails[0] if applied and contact.emails else None,
        phone=contact.phones[0] if applied and contact.phones else None,
        user=None if applied else by,
    )
    opportunity.confidential = posting.confidential
    opportunity.location = posting.location
    opportunity.tags += [tag for tag in posting.derived_tags() if tag not in opportunity.tags]
    account.touched(opportunity, at)
    events.application_created(account, opportunity)
    return opportunity.application


def rename_posting(account: LeverAccount, posting: Posting, text: str, at: int) -> None:
    """A new title.

    Lever takes the old one off the opportunities' tags and puts the new one at the end (seen in recorded
    traffic).
    """
    old, posting.text = posting.text, text
    for opportunity in account.opportunities:
        if opportunity.posting is posting and old in opportunity.tags:
            opportunity.tags = [tag for tag in opportunity.tags if tag not in (old, text)] + [text]
            account.touched(opportunity, at)


def change_stage(
    account: LeverAccount, opportunity: Opportunity, stage: Stage, at: int, *, by: str | None = None
) -> bool:
    """Moves it, archived or not. Into the stage where it stands: nothing."""
    if opportunity.stage is stage:
        return False
    before, opportunity.stage = opportunity.stage, stage
    opportunity.stage_changes.append(StageChange(stage.id, account.stage_index(stage), at, by))
    opportunity.last_advanced_at = at
    opportunity.last_interaction_at = max(at, opportunity.last_interaction_at)
    account.opportunities.place(opportunity)
    account.touched(opportunity, at)
    events.stage_changed(account, opportunity, before)
    return True


def archive(account: LeverAccount, opportunity: Opportunity, reason: ArchiveReason, at: int) -> None:
    """Archives, or changes the reason and the time of one that is; its application keeps the time of the first.

    ``lastAdvancedAt`` moves with it, as on some of the recorded opportunities.
    """
    before, opportunity.archived = opportunity.archived, Archived(reason.id, at)
    application = opportunity.application
    if application is not None:
        application.archived = Archived(reason.id, application.archived.at if application.archived else at)
    opportunity.last_advanced_at = at
    opportunity.last_interaction_at = max(at, opportunity.last_interaction_at)
    account.opportunities.place(opportunity)
    account.touched(opportunity, at)
    events.archive_changed(account, opportunity, before)


def unarchive(account: LeverAccount, opportunity: Opportunity, at: int) -> bool:
    """Makes it active again, in the stage where it was. One that is active: nothing."""
    if opportunity.archived is None:
        return False
    before, opportunity.archived = opportunity.archived, None
    if opportunity.application is not None:
        opportunity.application.archived = None
    opportunity.last_interaction_at = max(at, opportunity.last_interaction_at)
    account.touched(opportunity, at)
    events.archive_changed(account, opportunity, before)
    return True


def add_tags(account: LeverAccount, opportunity: Opportunity, tags: Sequence[str], at: int) -> bool:
    """Appends those that are missing, in their order."""
    return _extend(account, [opportunity], opportunity.tags, tags, at)


def remove_tags(account: LeverAccount, opportunity: Opportunity, tags: Sequence[str], at: int) -> bool:
    return _reduce(account, [opportunity], opportunity.tags, tags, at)


def add_sources(account: LeverAccount, opportunity: Opportunity, sources: Sequence[str], at: int) -> bool:
    return _extend(account, [opportunity], opportunity.sources, sources, at)


def remove_sources(account: LeverAccount, opportunity: Opportunity, sources: Sequence[str], at: int) -> bool:
    return _reduce(account, [opportunity], opportunity.sources, sources, at)


def add_links(account: LeverAccount, contact: Contact, links: Sequence[str], at: int) -> bool:
    """Links are the person's: they show on all of that person's opportunities."""
    _updatable(contact)
    return _extend(account, account.opportunities_of(contact), contact.links, links, at)


def remove_links(account: LeverAccount, contact: Contact, links: Sequence[str], at: int) -> bool:
    _updatable(contact)
    return _reduce(account, account.opportunities_of(contact), contact.links, links, at)


def change_contact(
    account: LeverAccount,
    contact: Contact,
    at: int,
    *,
    name: str | None = None,
    headline: str | None = None,
    location: str | None = None,
    emails: Sequence[str] | None = None,
    phones: Sequence[dict[str, str]] | None = None,
) -> bool:
    """Replaces what is given; moves ``updatedAt`` on every opportunity of the person."""
    _updatable(contact)
    before = (contact.name, contact.headline, contact.location, contact.emails, contact.phones)
    contact.name = contact.name if name is None else name
    contact.headline = contact.headline if headline is None else headline
    contact.location = contact.location if location is None else location
    contact.emails = contact.emails if emails is None else list(emails)
    contact.phones = contact.phones if phones is None else list(phones)
    changed = before != (contact.name, contact.headline, contact.location, contact.emails, contact.phones)
    if changed:
        events.contact_updated(account, contact, at)
    return _touch_all(account, account.opportunities_of(contact), changed, at)


def anonymise(account: LeverAccount, contact: Contact, at: int) -> bool:
    """Blanks the person; stages, tags and times of the opportunities stay."""
    if contact.anonymised:
        return False
    contact.name = contact.headline = contact.location = ""
    contact.emails, contact.phones, contact.links = [], [], []
    contact.anonymised = True
    for opportunity in account.opportunities_of(contact):
        if opportunity.application is not None:
            opportunity.application.name = opportunity.application.email = opportunity.application.phone = None
    return _touch_all(account, account.opportunities_of(contact), True, at)


def delete(account: LeverAccount, opportunity: Opportunity, at: int, *, by: str | None = None) -> None:
    """Takes it out of the account; from now on only the feeds of deleted things know it."""
    account.remove_opportunity(opportunity)
    account.deleted["opportunities"].place(Deleted(opportunity.id, at, by, confidential=opportunity.confidential))
    application = opportunity.application
    if application is not None:
        row = Deleted(application.id, at, by, opportunity.id, application.posting.id, opportunity.confidential)
        account.deleted["applications"].place(row)
    events.opportunity_deleted(account, opportunity, by)


def delete_posting(account: LeverAccount, posting: Posting, at: int, *, by: str | None = None) -> None:
    """Only one to which nobody has applied."""
    if any(one.posting is posting for one in account.opportunities):
        raise BadRequest("The posting has applications.")
    del account.postings[posting.id]
    account.deleted["postings"].place(Deleted(posting.id, at, by, confidential=posting.confidential))


def _updatable(contact: Contact) -> None:
    if contact.anonymised:
        raise BadRequest("An anonymized contact cannot be updated.")


def _extend(
    account: LeverAccount, opportunities: Sequence[Opportunity], held: list[str], wanted: Sequence[str], at: int
) -> bool:
    missing = [item for item in dict.fromkeys(wanted) if item not in held]
    held.extend(missing)
    return _touch_all(account, opportunities, bool(missing), at)


def _reduce(
    account: LeverAccount, opportunities: Sequence[Opportunity], held: list[str], unwanted: Sequence[str], at: int
) -> bool:
    kept = [item for item in held if item not in unwanted]
    changed = len(kept) != len(held)
    held[:] = kept
    return _touch_all(account, opportunities, changed, at)


def _touch_all(account: LeverAccount, opportunities: Sequence[Opportunity], changed: bool, at: int) -> bool:
    if changed:
        for opportunity in opportunities:
            account.touched(opportunity, at)
    return changed
