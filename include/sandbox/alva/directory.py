"""An Alva organisation's API keys, users, teams, test profiles, webhooks and positions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypedDict, TypeVar

from include.sandbox.alva.models import EXPIRED, Facts, JobPosition, Policy, Record, Team, User, Webhook
from include.sandbox.alva.schemas import Page, Query, cursor_after
from include.sandbox.alva.wire import AlvaError, Clock, folded

RecordT = TypeVar("RecordT", bound=Record)


class ApiKeys:
    """The organisation's API keys.

    Alva allows several, each with a name; the answer to a revoked key is not documented.
    """

    def __init__(self, *keys: str) -> None:
        self._rights = dict.fromkeys(keys, True)

    def add(self, key: str) -> None:
        """Adds a key, or restores its rights."""
        self._rights[key] = True

    def revoke(self, key: str) -> None:
        """Revokes a key: 401 from now on."""
        self._rights.pop(key, None)

    def forbid(self, key: str) -> None:
        """Takes a key's rights away, but keeps the key: 403 from now on."""
        self._rights[key] = False

    def check(self, authorization: str | None, x_api_key: str | None) -> None:
        """Checks a call's key. Raises 401 or 403.

        If both headers are sent, `Authorization` counts.
        """
        key = x_api_key
        if authorization is not None:
            scheme, _, credentials = authorization.partition(" ")
            key = credentials.strip() if scheme.casefold() == "bearer" else None
        if key is None or key not in self._rights:
            raise AlvaError(401, "unauthorized", "A valid API key is needed: Authorization: Bearer <key>.")
        if not self._rights[key]:
            raise AlvaError(403, "forbidden", "This API key may not do that.")


class Stamp(TypedDict):
    """The first fields of every new record."""

    number: int
    id: str
    created_at_ms: int
    updated_at_ms: int


class Table(Generic[RecordT]):
    """Records of one kind, in the order of their creation.

    A page follows their numbers, which have the same order and never change. So a walk skips and repeats nothing when
    rows change or are removed; new rows come last.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._rows: dict[str, RecordT] = {}

    def add(self, row: RecordT) -> RecordT:
        self._rows[row.id] = row
        return row

    def get(self, row_id: str) -> RecordT:
        if row_id not in self._rows:
            raise AlvaError(404, "not_found", f"There is no such {self._kind}.")
        return self._rows[row_id]

    def remove(self, row_id: str) -> None:
        self.get(row_id)
        del self._rows[row_id]

    def all(self) -> list[RecordT]:
        return list(self._rows.values())

    def page(self, query: Query) -> Page[RecordT]:
        return page(self.all(), query)


def page(rows: Iterable[RecordT], query: Query) -> Page[RecordT]:
    """Returns a page of rows, which must be in the order of their numbers; `updated_since` is inclusive."""
    since = query.updated_since or 0
    wanted = (row for row in rows if row.number > query.cursor and row.updated_at_ms >= since)
    found = list(islice(wanted, query.limit))
    more = next(wanted, None) is not None
    return {"data": found, "next_cursor": cursor_after(found[-1].number) if more else None}


class Directory:
    """The organisation's users, teams, test profiles and webhooks. At first there is one profile and nothing else."""

    def __init__(self, new: Callable[[], Stamp]) -> None:
        self._new = new
        self.users: Table[User] = Table("user")
        self.teams: Table[Team] = Table("team")
        self.profiles: Table[Team] = Table("profile")
        self.webhooks: Table[Webhook] = Table("webhook")
        self.default_profile = self.add_profile("Default profile")

    def user_of(self, email: str) -> User | None:
        """Returns the user with this e-mail address, in any case."""
        return next((user for user in self.users.all() if folded(user.email) == folded(email)), None)

    def add_user(
        self, email: str, first_name: str | None = None, last_name: str | None = None, team: str | None = None
    ) -> User:
        """Adds a user. Raises 409 with the `user_id` of the user who has this address."""
        existing = self.user_of(email)
        if existing is not None:
            raise AlvaError(409, "already_exists", "A user has this e-mail address already.", user_id=existing.id)
        user = User(**self._new(), email=email, first_name=first_name, last_name=last_name, team=team)
        return self.users.add(user)

    def add_team(self, name: str) -> Team:
        return self.teams.add(Team(**self._new(), name=name))

    def add_profile(self, name: str) -> Team:
        return self.profiles.add(Team(**self._new(), name=name))

    def add_webhook(self, url: str, events: Sequence[str], signature_token: str | None = None) -> Webhook:
        webhook = Webhook(**self._new(), url=url, events=tuple(events), signature_token=signature_token)
        return self.webhooks.add(webhook)


class Positions(Table[JobPosition]):
    """The organisation's job positions.

    A position is `inactive` until its first candidate, then `active` for 90 days after the last candidate was added,
    then `expired` (Alva's article on organising job positions). Archiving is a separate flag and doesn't affect that.
    """

    def __init__(self, clock: Clock, new: Callable[[], Stamp], policy: Policy, directory: Directory) -> None:
        super().__init__("job position")
        self._clock = clock
        self._new = new
        self._policy = policy
        self._directory = directory

    def create(self, facts: Facts) -> JobPosition:
        """Creates a position. Two may have the same `external_id`: no idempotency is documented."""
        self._check(facts)
        if facts.profile_id is None:
            facts.profile_id = self._directory.default_profile.id
        return self.add(JobPosition(**self._new(), facts=facts))

    def change(self, position: JobPosition, facts: Facts) -> None:
        """Changes a position's facts. `updated_at` moves only if something differs."""
        self._check(facts)
        if facts != position.facts:
            position.facts = facts
            position.change(self._clock.now_ms())

    def get(self, row_id: str) -> JobPosition:
        position = super().get(row_id)
        position.settle(self._clock.now_ms())
        return position

    def all(self) -> list[JobPosition]:
        return [*self._settled()]

    def named(self, name: str) -> JobPosition:
        """Returns a position by its id, else the newest with this `external_id`. Raises LookupError."""
        if name in self._rows:
            return self.get(name)
        for position in reversed(self.all()):
            if position.facts.external_id == name:
                return position
        raise LookupError(f"Alva has no job position {name}")

    def page(self, query: Query) -> Page[JobPosition]:
        wanted = query.external_id
        return page((row for row in self._settled() if wanted is None or row.facts.external_id == wanted), query)

    def open_for_candidates(self, position: JobPosition) -> None:
        """Raises 422 `job_position_expired` if a position takes no more candidates."""
        position.settle(self._clock.now_ms())
        if position.status == EXPIRED and not self._policy.expired_takes_candidates:
            message = "This job position is expired: no more candidates can be invited."
            raise AlvaError(422, "job_position_expired", message)

    def _settled(self) -> Iterator[JobPosition]:
        now_ms = self._clock.now_ms()
        for position in self._rows.values():
            position.settle(now_ms)
            yield position

    def _check(self, facts: Facts) -> None:
        people = [("owner_email", facts.owner_email), *(("hiring_team", email) for email in facts.hiring_team)]
        for field, email in people if self._policy.known_users_only else ():
            if email is not None and self._directory.user_of(email) is None:
                message = "No user has this e-mail address."
                raise AlvaError(422, "unknown_user", message, field=field, value=email)
        known_teams = {None, *(team.name for team in self._directory.teams.all())}
        if self._policy.known_teams_only and facts.team not in known_teams:
            raise AlvaError(422, "unknown_team", "There is no team of this name.", field="team", value=facts.team)
