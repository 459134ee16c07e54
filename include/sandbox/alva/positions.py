"""Job positions: what they hold and how their status runs.

A position is `inactive` until its first candidate, then `active` for 90 days from the last one that was added, then
`expired` (Alva's article on organising job positions). Archiving is a flag of its own and changes nothing of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from include.sandbox.alva.directory import Directory, Ids
from include.sandbox.alva.errors import AlvaError, not_found, wrong_field
from include.sandbox.alva.listing import Page, Query, page
from include.sandbox.alva.policy import Policy
from include.sandbox.alva.times import ACTIVE_MS, Clock, later

INACTIVE, ACTIVE, EXPIRED = "inactive", "active", "expired"
PSYCHOMETRIC = ("logic", "personality")
ASSESSMENTS = (*PSYCHOMETRIC, "coding", "interview")


@dataclass(slots=True)
class Facts:
    """What a position's makers decide about it."""

    name: str
    external_id: str | None = None
    owner_email: str | None = field(default=None, repr=False)
    hiring_team: tuple[str, ...] = field(default=(), repr=False)
    team: str | None = None
    location: str | None = None
    profile_id: str | None = None
    invitation_template_id: str | None = None
    assessments: tuple[str, ...] = PSYCHOMETRIC
    archived: bool = False


@dataclass(slots=True)
class JobPosition:
    """A position: its facts, and what follows from its candidates. `expires_at_ms` is None while there was none."""

    number: int
    id: str
    facts: Facts
    created_at_ms: int
    updated_at_ms: int
    status: str = INACTIVE
    expires_at_ms: int | None = None

    @property
    def weighing(self) -> str:
        """What a role fit is computed for: the position and the profile that is in force."""
        return f"{self.id}/{self.facts.profile_id or ''}"

    def settle(self, now_ms: int) -> None:
        """Let the time that has passed take its effect."""
        if self.status == ACTIVE and self.expires_at_ms is not None and now_ms >= self.expires_at_ms:
            self.status = EXPIRED
            self.updated_at_ms = later(self.updated_at_ms, self.expires_at_ms)

    def activate(self, now_ms: int) -> None:
        """Start its 90 days."""
        self.expires_at_ms = now_ms + ACTIVE_MS
        if self.status != ACTIVE:
            self.status = ACTIVE
            self.updated_at_ms = later(self.updated_at_ms, now_ms)

    def expire(self, now_ms: int) -> None:
        """End its 90 days now, also where they never began."""
        self.expires_at_ms = now_ms
        if self.status != EXPIRED:
            self.status = EXPIRED
            self.updated_at_ms = later(self.updated_at_ms, now_ms)


class Positions:
    """The organisation's job positions."""

    def __init__(
        self, clock: Clock, ids: Ids, numbers: Callable[[], int], policy: Policy, directory: Directory
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._numbers = numbers
        self._policy = policy
        self._directory = directory
        self._rows: dict[str, JobPosition] = {}

    def create(self, facts: Facts) -> JobPosition:
        """Make a position. Nothing keeps two from having one `external_id`: no idempotency is documented."""
        self._check(facts)
        now_ms = self._clock.now_ms()
        position = JobPosition(self._numbers(), self._ids(), facts, now_ms, now_ms)
        self._rows[position.id] = position
        return position

    def change(self, position_id: str, facts: Facts) -> JobPosition:
        """Give a position other facts. `updated_at` moves only where something differs."""
        position = self.get(position_id)
        self._check(facts)
        if facts != position.facts:
            position.facts = facts
            position.updated_at_ms = later(position.updated_at_ms, self._clock.now_ms())
        return position

    def get(self, position_id: str) -> JobPosition:
        """One position, or 404."""
        if position_id not in self._rows:
            raise not_found("job position")
        position = self._rows[position_id]
        position.settle(self._clock.now_ms())
        return position

    def named(self, position_id: str) -> JobPosition:
        """One position by its id or, failing that, by its `external_id` (the newest with it). Raises LookupError."""
        rows = self.all()
        for position in rows:
            if position.id == position_id:
                return position
        for position in reversed(rows):
            if position.facts.external_id == position_id:
                return position
        raise LookupError(f"Alva has no job position {position_id}")

    def all(self) -> list[JobPosition]:
        """Every position, in the order of making."""
        return list(self._current())

    def page(self, query: Query) -> Page[JobPosition]:
        """One page of them."""
        wanted = query.external_id
        return page((row for row in self._current() if wanted is None or row.facts.external_id == wanted), query)

    def open_for_candidates(self, position: JobPosition) -> None:
        """Raise 422 `job_position_expired` where a position takes no more candidates."""
        position.settle(self._clock.now_ms())
        if position.status == EXPIRED and not self._policy.expired_takes_candidates:
            raise AlvaError(
                422, "job_position_expired", "This job position is expired: no more candidates can be invited."
            )

    def _current(self) -> Iterator[JobPosition]:
        now_ms = self._clock.now_ms()
        for position in self._rows.values():
            position.settle(now_ms)
            yield position

    def _check(self, facts: Facts) -> None:
        if self._policy.known_users_only:
            self._known_users("owner_email", [facts.owner_email] if facts.owner_email is not None else [])
            self._known_users("hiring_team", facts.hiring_team)
        if self._policy.known_teams_only and facts.team is not None and not self._directory.has_team(facts.team):
            raise wrong_field("team", "There is no team of this name.", facts.team, code="unknown_team")

    def _known_users(self, field_name: str, emails: Sequence[str]) -> None:
        for email in emails:
            if self._directory.user_of(email) is None:
                raise wrong_field(field_name, "No user has this e-mail address.", email, code="unknown_user")
