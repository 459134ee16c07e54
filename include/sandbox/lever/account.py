"""One Lever account: what is in it, and how it is found. What changes it is in `changes` and `notes`."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import TypeVar

from include.sandbox.clock import Clock
from include.sandbox.ids import Ids
from include.sandbox.lever.deliveries import Deliveries
from include.sandbox.lever.errors import NotFound
from include.sandbox.lever.keys import Keys
from include.sandbox.lever.models import (
    ArchiveReason,
    Contact,
    Deleted,
    Note,
    Opportunity,
    Posting,
    Stage,
    User,
    Webhook,
)
from include.sandbox.lever.order import Ordered

Thing = TypeVar("Thing")


class LeverAccount:
    """Everything in memory. Not locked: whoever uses it holds the world's lock."""

    def __init__(self, clock: Clock, ids: Ids, keys: Keys, deliveries: Deliveries) -> None:
        self.clock = clock
        self.ids = ids
        self.keys = keys
        self.deliveries = deliveries
        self.stages: dict[str, Stage] = {}
        self.archive_reasons: dict[str, ArchiveReason] = {}
        self.users: dict[str, User] = {}
        self.postings: dict[str, Posting] = {}
        self.contacts: dict[str, Contact] = {}
        self.opportunities: Ordered[Opportunity] = Ordered()
        self.webhooks: dict[str, Webhook] = {}
        self.switched_on: frozenset[str] = frozenset()  # the events that webhooks are sent, in Lever's settings
        self.deleted: dict[str, Ordered[Deleted]] = {
            name: Ordered() for name in ("opportunities", "applications", "postings")
        }
        self.updated_at_lag_ms = 0  # how late a change shows in updatedAt; Lever was once seen a minute and a half late
        self._late: deque[tuple[int, Opportunity, int]] = deque()
        self._of_contact: dict[str, list[Opportunity]] = {}
        self._stage_index: dict[str, int] = {}

    # What the account is made of

    def set_stages(self, stages: Iterable[Stage]) -> None:
        """The account's one pipeline, in the order of the ranks."""
        self.stages = {stage.id: stage for stage in sorted(stages, key=lambda stage: stage.rank)}
        self._stage_index = {uid: index for index, uid in enumerate(self.stages)}

    def stage_index(self, stage: Stage) -> int:
        return self._stage_index[stage.id]

    def add_opportunity(self, opportunity: Opportunity) -> Opportunity:
        self.contacts.setdefault(opportunity.contact.id, opportunity.contact)
        self._of_contact.setdefault(opportunity.contact.id, []).append(opportunity)
        self.opportunities.place(opportunity)
        return opportunity

    def remove_opportunity(self, opportunity: Opportunity) -> None:
        self.opportunities.remove(opportunity.id)
        self._of_contact[opportunity.contact.id].remove(opportunity)

    # Finding

    def opportunity(self, uid: str) -> Opportunity:
        found = self.opportunities.get(uid)
        if found is None:
            raise NotFound.thing("opportunities", uid)
        return found

    def note(self, opportunity: Opportunity, uid: str) -> Note:
        return _find(opportunity.notes, "notes", uid)

    def posting(self, uid: str) -> Posting:
        return _find(self.postings, "postings", uid)

    def stage(self, uid: str) -> Stage:
        return _find(self.stages, "stages", uid)

    def archive_reason(self, uid: str) -> ArchiveReason:
        return _find(self.archive_reasons, "archive_reasons", uid)

    def user(self, uid: str) -> User:
        return _find(self.users, "users", uid)

    def contact(self, uid: str) -> Contact:
        return _find(self.contacts, "contacts", uid)

    def webhook(self, uid: str) -> Webhook:
        return _find(self.webhooks, "webhooks", uid)

    def opportunities_of(self, contact: Contact) -> list[Opportunity]:
        return self._of_contact.get(contact.id, [])

    def contact_with(self, emails: Iterable[str]) -> Contact | None:
        """The person who has one of these addresses: what Lever merges a new opportunity by."""
        wanted = {canonical(email) for email in emails}
        for contact in self.contacts.values():
            if not contact.anonymised and any(canonical(email) in wanted for email in contact.emails):
                return contact
        return None

    def tag_counts(self) -> Counter[str]:
        return Counter(tag for opportunity in self.opportunities for tag in opportunity.tags)

    def source_counts(self) -> Counter[str]:
        return Counter(source for opportunity in self.opportunities for source in opportunity.sources)

    # updatedAt

    def touched(self, opportunity: Opportunity, at: int) -> None:
        """Something that counts was changed at ``at``: moves ``updatedAt``, now or after the lag. Never back."""
        if self.updated_at_lag_ms > 0:
            self._late.append((self.clock.now_ms() + self.updated_at_lag_ms, opportunity, at))
        else:
            opportunity.updated_at = max(at, opportunity.updated_at or 0)

    def settle(self) -> None:
        """Lets the changes show whose time has come."""
        now = self.clock.now_ms()
        while self._late and self._late[0][0] <= now:
            _, opportunity, at = self._late.popleft()
            opportunity.updated_at = max(at, opportunity.updated_at or 0)


def canonical(email: str) -> str:
    """An address as Lever compares it."""
    return email.strip().casefold()


def _find(things: Mapping[str, Thing], collection: str, uid: str) -> Thing:
    if uid not in things:
        raise NotFound.thing(collection, uid)
    return things[uid]
