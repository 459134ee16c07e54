"""A Lever account: its records and how to find them. `changes` changes them."""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from include.sandbox.clock import Clock, Ids, fixed_uuid
from include.sandbox.deliveries import Deliveries
from include.sandbox.lever.access import Keys, LeverError
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
from include.sandbox.lever.oauth import SignIn

Thing = TypeVar("Thing")
Place = tuple[Any, ...]  # comparable within one kind of record


class Placed(Protocol):
    """A record that can be kept in order: it has an id, and a place that ends with the id, so that no two places are
    equal."""

    id: str

    @property
    def order(self) -> Place: ...


Row = TypeVar("Row", bound=Placed)


class Ordered(Generic[Row]):
    """Rows by id, in the order of ``row.order``. When a row's order changes, call `place` again."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._places: dict[str, Place] = {}
        self._order: list[Place] = []

    def place(self, row: Row) -> None:
        """Adds the row, or moves it to its new place."""
        place = row.order
        if self._places.get(row.id) != place:
            self.remove(row.id)
            self._rows[row.id] = row
            self._places[row.id] = place
            bisect.insort(self._order, place)

    def remove(self, uid: str) -> None:
        """Removes the row, if it is there."""
        place = self._places.pop(uid, None)
        if place is not None:
            del self._rows[uid]
            del self._order[bisect.bisect_left(self._order, place)]

    def get(self, uid: str) -> Row | None:
        return self._rows.get(uid)

    def starting(self, place: Place | None) -> Iterator[Row]:
        """Yields the rows in order, from the first at or after ``place``."""
        start = 0 if place is None else bisect.bisect_left(self._order, place)
        for index in range(start, len(self._order)):
            yield self._rows[str(self._order[index][-1])]

    def __iter__(self) -> Iterator[Row]:
        return self.starting(None)

    def __len__(self) -> int:
        return len(self._rows)


# The initial records of every account. Built-in stages have slugs as ids, a customer's stages have UUIDs. The ranks
# look like those in recorded traffic. Stages and reasons have the same ids in every world, since people put them into
# settings.
_STAGES: tuple[tuple[str | None, str, str, float, bool], ...] = (
    ("lead-new", "New lead", "lead", 1, False),
    ("lead-reached-out", "Reached out", "lead", 3, False),
    ("lead-responded", "Responded", "lead", 5, False),
    ("applicant-new", "New applicant", "applicant", 101, False),
    (None, "Assessment", "applicant", 105.5, False),
    (None, "Recruiter screen", "screen", 201, True),
    (None, "Manager screen", "onsite", 230.5, True),
    (None, "On-site interview", "onsite", 231, True),
    (None, "Reference check", "onsite", 231.5, True),
    ("offer", "Offer", "offer", 261, False),
    (None, "Background check", "offer", 265.5, False),
)
_REASONS = (
    ("Underqualified", "non-hired", "active"),
    ("Withdrew", "non-hired", "active"),
    ("Offer declined", "non-hired", "active"),
    ("Position closed", "non-hired", "active"),
    ("Timing", "non-hired", "active"),
    ("Unresponsive (old)", "non-hired", "inactive"),
    ("Hired", "hired", "active"),
)
_USERS = (  # the first is the recruiter, who makes every move that names no other user
    ("Robin Vik", "super admin", "Recruiter"),
    ("Sasha Lund", "admin", "Head of Talent"),
    ("Mika Strand", "team member", "Engineering manager"),
    ("Jo Berg", "limited team member", "Sales manager"),
)
_USERS_SINCE_MS = 1_600_000_000_000
_DAY_MS = 86_400_000


class LeverAccount:
    """The account, in memory. Not locked: the caller holds the world's lock."""

    def __init__(self, clock: Clock, ids: Ids, keys: Keys, deliveries: Deliveries) -> None:
        self.clock = clock
        self.ids = ids
        self.keys = keys
        self.sign_in = SignIn(keys)
        self.deliveries = deliveries
        self.stages: dict[str, Stage] = {}
        self.archive_reasons: dict[str, ArchiveReason] = {}
        self.users: dict[str, User] = {}
        self.postings: dict[str, Posting] = {}
        self.contacts: dict[str, Contact] = {}
        self.opportunities: Ordered[Opportunity] = Ordered()
        self.webhooks: dict[str, Webhook] = {}
        self.switched_on: frozenset[str] = frozenset()  # the events for which webhooks are on, in Lever's settings
        self.deleted: dict[str, Ordered[Deleted]] = {
            name: Ordered() for name in ("opportunities", "applications", "postings")
        }
        self.updated_at_lag_ms = 0  # how late updatedAt shows a change; Lever was once seen a minute and a half late
        self._late: deque[tuple[int, Opportunity, int]] = deque()
        self._of_contact: dict[str, list[Opportunity]] = {}
        self._stage_index: dict[str, int] = {}
        self._furnish()

    # The account's records

    def set_stages(self, stages: Iterable[Stage]) -> None:
        """Sets the account's one pipeline, in the order of the ranks."""
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
            raise LeverError(404, f"opportunities {uid} was not found")
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
        """Returns the person with one of these addresses, by which Lever merges a new opportunity."""
        wanted = {canonical(email) for email in emails}
        for contact in self.contacts.values():
            if not contact.anonymised and any(canonical(email) in wanted for email in contact.emails):
                return contact
        return None

    # updatedAt

    def touched(self, opportunity: Opportunity, at: int) -> None:
        """Sets ``updatedAt`` to ``at``, now or after the lag. Never back."""
        if self.updated_at_lag_ms > 0:
            self._late.append((self.clock.now_ms() + self.updated_at_lag_ms, opportunity, at))
        else:
            opportunity.updated_at = max(at, opportunity.updated_at or 0)

    def settle(self) -> None:
        """Shows the changes whose lag is over."""
        now = self.clock.now_ms()
        while self._late and self._late[0][0] <= now:
            _, opportunity, at = self._late.popleft()
            opportunity.updated_at = max(at, opportunity.updated_at or 0)

    def _furnish(self) -> None:
        self.set_stages(
            Stage(id=slug or fixed_uuid(f"stage {text}"), text=text, pipeline=pipeline, rank=rank, has_interview=held)
            for slug, text, pipeline, rank, held in _STAGES
        )
        for text, kind, status in _REASONS:
            reason = ArchiveReason(id=fixed_uuid(f"reason {text}"), text=text, type=kind, status=status)
            self.archive_reasons[reason.id] = reason
        for place, (name, role, title) in enumerate(_USERS):
            username = name.lower().replace(" ", ".")
            user = User(
                id=fixed_uuid(f"user {name}"),
                name=name,
                email=f"{username}@hiring.example.com",
                created_at=_USERS_SINCE_MS + place * _DAY_MS,
                access_role=role,
                job_title=title,
                username=username,
            )
            self.users[user.id] = user


def in_order(rows: Iterable[Row]) -> Ordered[Row]:
    """Puts a small collection in order for paging."""
    ordered: Ordered[Row] = Ordered()
    for row in rows:
        ordered.place(row)
    return ordered


def canonical(email: str) -> str:
    """Returns an address as Lever compares it."""
    return email.strip().casefold()


def _find(things: Mapping[str, Thing], collection: str, uid: str) -> Thing:
    if uid not in things:
        raise LeverError(404, f"{collection} {uid} was not found")
    return things[uid]
