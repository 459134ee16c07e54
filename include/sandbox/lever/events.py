"""What Lever tells webhooks: one function an event. Lever's documentation, Webhooks.

Called where the change is made, right after it, by a person's move or an API call alike. Ids only, about confidential
opportunities too. ``candidateId`` is deprecated, and here the opportunity's id. Where no webhook wants it, nothing is
kept. There are no interviews here: webhooks for their events can be made, and are sent nothing.
"""

from __future__ import annotations

from include.sandbox.ids import fixed_uuid
from include.sandbox.lever import shapes
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.models import Archived, Contact, Opportunity, Stage

WITH_ORIGINS = frozenset({"applicationCreated", "candidateArchiveChange", "candidateHired", "candidateStageChange"})
EVENTS = WITH_ORIGINS | {
    "candidateDeleted",
    "contactCreated",
    "contactUpdated",
    "interviewCreated",
    "interviewDeleted",
    "interviewUpdated",
}
_ACCOUNT_ID = fixed_uuid("account")


def application_created(account: LeverAccount, opportunity: Opportunity) -> None:
    """To be called once it has one; a lead without a posting has none."""
    if opportunity.application is not None:
        _about(account, "applicationCreated", opportunity, applicationId=opportunity.application.id)


def stage_changed(account: LeverAccount, opportunity: Opportunity, before: Stage) -> None:
    _about(account, "candidateStageChange", opportunity, fromStageId=before.id, toStageId=opportunity.stage.id)


def archive_changed(account: LeverAccount, opportunity: Opportunity, before: Archived | None) -> None:
    """Archived, with another reason or time, or active again; where the reason means hired, that as well."""
    after = opportunity.archived
    if before == after:
        return
    _about(
        account,
        "candidateArchiveChange",
        opportunity,
        fromArchived=shapes.archived(before),
        toArchived=shapes.archived(after),
    )
    if after is not None and account.archive_reason(after.reason).type == "hired":
        _about(account, "candidateHired", opportunity)


def opportunity_deleted(account: LeverAccount, opportunity: Opportunity, by: str | None) -> None:
    """``by``: a user's id."""
    _about(account, "candidateDeleted", opportunity, deletedBy=by)


def contact_created(account: LeverAccount, contact: Contact, at: int) -> None:
    _announce(account, "contactCreated", {"contactId": contact.id, "accountId": _ACCOUNT_ID, "createdAt": at})


def contact_updated(account: LeverAccount, contact: Contact, at: int) -> None:
    _announce(account, "contactUpdated", {"contactId": contact.id, "accountId": _ACCOUNT_ID, "updatedAt": at})


def about(opportunity: str, contact: str) -> dict[str, object]:
    """The ids that every event about an opportunity carries."""
    return {"opportunityId": opportunity, "contactId": contact, "candidateId": opportunity}


def _about(account: LeverAccount, event: str, opportunity: Opportunity, **data: object) -> None:
    _announce(account, event, about(opportunity.id, opportunity.contact.id) | data, opportunity)


def _announce(
    account: LeverAccount, event: str, data: dict[str, object], opportunity: Opportunity | None = None
) -> None:
    """To the webhooks for that event, and for that origin where they ask for some; none, while it is switched off."""
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
