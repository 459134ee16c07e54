"""The world behind both APIs: a Lever account, an Alva organisation, one clock and one lock; and how a move finds a
record in it by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.clock import Clock, Ids
from include.sandbox.deliveries import Deliveries
from include.sandbox.lever.access import Keys, Limit
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.models import ArchiveReason, Contact, Opportunity, Posting, Stage, User, Webhook

LEVER_KEY = "sandbox-lever-key"


@dataclass(slots=True)
class World:
    """Code that reads or changes either service holds ``lock``, and never waits for anything else meanwhile. `begin`
    replaces both services, so callers must not keep a reference to either."""

    clock: Clock
    limit: Limit
    seed: int = 1
    deliveries: Deliveries = field(default_factory=Deliveries, repr=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    ids: Ids = field(init=False, repr=False)
    lever: LeverAccount = field(init=False, repr=False)
    alva: AlvaOrganisation = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.begin(self.seed)

    def begin(self, seed: int) -> None:
        """Starts a new world: an account with stages, reasons and users, and an empty organisation; no candidates, no
        webhooks, no waiting deliveries."""
        self.seed = seed
        self.ids = Ids(seed)
        self.deliveries.forget()
        self.lever = LeverAccount(self.clock, self.ids, Keys(self.limit), self.deliveries)
        self.lever.keys.add(LEVER_KEY)
        self.alva = AlvaOrganisation(self.clock, self.ids.serial, lock=self.lock, deliveries=self.deliveries)


class _Identified(Protocol):
    id: str


Thing = TypeVar("Thing", bound=_Identified)


class Naming:
    """Finds records in the world's present Lever account. ValueError if no record, or more than one, has the name."""

    def __init__(self, world: World) -> None:
        self._world = world

    def opportunity(self, uid: str) -> Opportunity:
        found = self._world.lever.opportunities.get(uid)
        if found is None:
            raise ValueError(f"There is no opportunity {uid}")
        return found

    def contact(self, uid: str) -> Contact:
        """Finds a person by the contact's id or by the id of one of the person's opportunities."""
        opportunity = self._world.lever.opportunities.get(uid)
        if opportunity is not None:
            return opportunity.contact
        if uid not in self._world.lever.contacts:
            raise ValueError(f"There is no contact or opportunity {uid}")
        return self._world.lever.contacts[uid]

    def posting(self, name: str) -> Posting:
        return _one("posting", name, self._world.lever.postings.values(), lambda row: row.text)

    def stage(self, name: str) -> Stage:
        return _one("stage", name, self._world.lever.stages.values(), lambda row: row.text)

    def reason(self, name: str) -> ArchiveReason:
        return _one("archive reason", name, self._world.lever.archive_reasons.values(), lambda row: row.text)

    def user(self, name: str) -> User:
        return _one("user", name, self._world.lever.users.values(), lambda row: row.name)

    def webhook(self, uid: str) -> Webhook:
        if uid not in self._world.lever.webhooks:
            raise ValueError(f"There is no webhook {uid}")
        return self._world.lever.webhooks[uid]

    def actor(self) -> User:
        """Returns the recruiter, who makes every move that names no other user."""
        return next(iter(self._world.lever.users.values()))

    def user_with(self, email: str) -> User:
        """Returns the user with this address, created if needed."""
        for user in self._world.lever.users.values():
            if user.email.casefold() == email.casefold():
                return user
        return self.add_user(email.partition("@")[0].replace(".", " ").title(), email)

    def add_user(self, name: str, email: str, access_role: str = "team member") -> User:
        lever = self._world.lever
        user = User(
            id=lever.ids.uuid(),
            name=name,
            email=email,
            created_at=self._world.clock.now_ms(),
            access_role=access_role,
            username=email.partition("@")[0],
        )
        lever.users[user.id] = user
        return user


def _one(kind: str, name: str, things: Iterable[Thing], text: Callable[[Thing], str]) -> Thing:
    rows = [*things]
    found = [row for row in rows if row.id == name] or [row for row in rows if text(row) == name]
    if len(found) != 1:
        known = ", ".join(sorted({text(row) for row in rows})) if kind != "user" else f"{len(rows)} users"
        raise ValueError(f"{'No' if not found else 'More than one'} {kind} {name!r}; there are: {known}")
    return found[0]
