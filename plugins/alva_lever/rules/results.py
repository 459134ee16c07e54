"""What Alva says of a candidate's tests: as tags, and as the facts that a result note tells."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from alva_lever.rules import tags
from alva_lever.rules.model import AlvaCandidate, Results

_LOWEST = (100, 75, 50, 25, 0)  # the lowest role fit of each tag, in the order of `tags.ROLE_FIT`


class State(StrEnum):
    """What a result note tells, as its last line calls it."""

    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"  # completed without a role fit: withdrawn, or not computed yet
    RESET = "reset"
    AWAITING = "awaiting"  # some tests are done, and others are not, or no longer

    @property
    def has_results(self) -> bool:
        return self in (State.COMPLETED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a result note tells, whatever words it finds for it. After a reset nothing but the state is left.

    `role_fit`: rounded down. `computed_at`: UTC, to the minute. `tests` and `scores`: pairs of a name with a status, or
    with a score.
    """

    state: State
    role_fit: int | None = field(default=None, repr=False)
    computed_at: datetime | None = field(default=None, repr=False)
    tests: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    scores: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    link: str | None = field(default=None, repr=False)

    @property
    def mark(self) -> str:
        """Eight hex digits that change with the facts, and not with the order in which Alva lists them."""
        moment = None if self.computed_at is None else self.computed_at.isoformat()
        told = [self.role_fit, moment, sorted(self.tests), sorted(self.scores), self.link]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8]


def facts(candidate: AlvaCandidate, results: Results, link: str | None) -> Facts:
    """Of a candidate who has completed all tests."""
    fit = results.role_fit
    return Facts(
        State.WITHDRAWN if fit is None else State.COMPLETED,
        role_fit=None if fit is None else math.floor(fit.score),
        computed_at=None if fit is None else _minute(fit.computed_at),
        tests=tuple((test.type, test.status) for test in candidate.assessments),
        scores=results.scores,
        link=link,
    )


def status_tag(candidate: AlvaCandidate) -> str:
    """The one status tag: completed, bounced, or invited with nothing wrong."""
    if candidate.completed:
        return tags.COMPLETED
    return tags.INVITATION_BOUNCED if candidate.bounced else tags.INVITATION_SENT


def role_fit_tag(role_fit: float | None) -> str | None:
    """The tag for a role fit of 0 to 100, rounded down; none for none, which is not zero."""
    if role_fit is None:
        return None
    whole = math.floor(role_fit)
    return next(tag for tag, lowest in zip(tags.ROLE_FIT, _LOWEST, strict=True) if whole >= lowest)


def _minute(computed_at: str | None) -> datetime | None:
    if not computed_at:
        return None
    try:
        moment = datetime.fromisoformat(computed_at)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return utc.replace(second=0, microsecond=0)
