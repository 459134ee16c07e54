"""Who and what belongs to the organisation besides positions and candidates: users, teams, test profiles, webhooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from include.sandbox.alva.errors import conflict, not_found
from include.sandbox.alva.fields import folded
from include.sandbox.alva.listing import Page, Query, page
from include.sandbox.alva.times import Clock, later

Ids = Callable[[], str]

WEBHOOK_EVENTS = ("candidate.created", "validation_test_result.created", "role_fit.created")
"""The three switches of Alva's article for Pinpoint: New candidate, New validation test result, New role fit."""


@dataclass(slots=True)
class Named:
    """What every entry has: its place in lists, its id, its times."""

    number: int
    id: str
    created_at_ms: int
    updated_at_ms: int


@dataclass(slots=True)
class User(Named):
    """An employee with an account in Alva."""

    email: str = field(repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    team: str | None = None


@dataclass(slots=True)
class Team(Named):
    """A team, or a test profile: all that is known of either is its name."""

    name: str = ""


@dataclass(slots=True)
class Webhook(Named):
    """One URL and the events that it wants. Without a signature token (the default in Alva) its calls are unsigned."""

    url: str
    events: tuple[str, ...]
    signature_token: str | None = field(default=None, repr=False)


EntryT = TypeVar("EntryT", bound=Named)


class Entries(Generic[EntryT]):
    """A list of entries of one kind."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._rows: dict[str, EntryT] = {}

    def add(self, entry: EntryT) -> EntryT:
        """Take an entry in."""
        self._rows[entry.id] = entry
        return entry

    def get(self, entry_id: str) -> EntryT:
        """One entry, or 404."""
        if entry_id not in self._rows:
            raise not_found(self._kind)
        return self._rows[entry_id]

    def remove(self, entry_id: str) -> None:
        """Remove one entry, or 404."""
        self.get(entry_id)
        del self._rows[entry_id]

    def all(self) -> list[EntryT]:
        """Every entry, in the order of making."""
        return list(self._rows.values())

    def page(self, query: Query) -> Page[EntryT]:
        """One page of them."""
        return page(self._rows.values(), query)


class Directory:
    """The organisation's users, teams, test profiles and webhooks.

    A new organisation has one profile and nothing else.
    """

    def __init__(self, clock: Clock, ids: Ids, numbers: Callable[[], int]) -> None:
        self._clock = clock
        self._ids = ids
        self._numbers = numbers
        self.users: Entries[User] = Entries("user")
        self.teams: Entries[Team] = Entries("team")
        self.profiles: Entries[Team] = Entries("profile")
        self.webhooks: Entries[Webhook] = Entries("webhook")
        self.default_profile = self.profiles.add(Team(*self._new(), name="Default profile"))

    def user_of(self, email: str) -> User | None:
        """The user with this e-mail address, in whatever case it is written."""
        return next((user for user in self.users.all() if folded(user.email) == folded(email)), None)

    def has_team(self, name: str) -> bool:
        """Whether there is a team of exactly this name."""
        return any(team.name == name for team in self.teams.all())

    def add_user(
        self, email: str, first_name: str | None = None, last_name: str | None = None, team: str | None = None
    ) -> User:
        """Add a user, or 409 with the `user_id` of the one who has this address."""
        known = self.user_of(email)
        if known is not None:
            raise conflict("A user has this e-mail address already.", user_id=known.id)
        return self.users.add(User(*self._new(), email, first_name, last_name, team))

    def add_team(self, name: str) -> Team:
        """Add a team."""
        return self.teams.add(Team(*self._new(), name))

    def add_profile(self, name: str) -> Team:
        """Add a test profile."""
        return self.profiles.add(Team(*self._new(), name))

    def add_webhook(self, url: str, events: Sequence[str], signature_token: str | None = None) -> Webhook:
        """Add a webhook."""
        return self.webhooks.add(Webhook(*self._new(), url, tuple(events), signature_token))

    def change_webhook(self, webhook_id: str, *, url: str | None, events: Sequence[str] | None) -> Webhook:
        """Change what is not None, or 404."""
        webhook = self.webhooks.get(webhook_id)
        webhook.url = webhook.url if url is None else url
        webhook.events = webhook.events if events is None else tuple(events)
        webhook.updated_at_ms = later(webhook.updated_at_ms, self._clock.now_ms())
        return webhook

    def sign_webhook(self, webhook_id: str, signature_token: str | None) -> Webhook:
        """Give a webhook another signature token, or none, or 404."""
        webhook = self.webhooks.get(webhook_id)
        webhook.signature_token = signature_token
        webhook.updated_at_ms = later(webhook.updated_at_ms, self._clock.now_ms())
        return webhook

    def _new(self) -> tuple[int, str, int, int]:
        now_ms = self._clock.now_ms()
        return self._numbers(), self._ids(), now_ms, now_ms
