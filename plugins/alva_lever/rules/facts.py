"""The facts of a result note: all that it tells of a candidate's test results, apart from its wording."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from alva_lever.rules import tags
from alva_lever.rules.model import AlvaCandidate, Results


class State(StrEnum):
    """The state that a result note tells, as its last line names it."""

    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"  # completed without a role fit: the results were withdrawn, or are not computed yet
    RESET = "reset"
    AWAITING = "awaiting"  # some tests are completed; others are new or must be taken again

    @property
    def has_results(self) -> bool:
        return self in (State.COMPLETED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a result note tells, apart from its wording. Without results, only the state is set.

    `role_fit`: rounded down. `computed_at`: UTC, to the minute. `tests`: pairs of name and status. `scores`: pairs of
    name and score.
    """

    state: State
    role_fit: int | None = field(default=None, repr=False)
    computed_at: datetime | None = field(default=None, repr=False)
    tests: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    scores: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    link: str | None = field(default=None, repr=False)

    @property
    def mark(self) -> str:
        """Eight hex digits that change with the facts, but not with the order in which Alva lists them."""
        moment = None if self.computed_at is None else self.computed_at.isoformat()
        values = [self.role_fit, moment, sorted(self.tests), sorted(self.scores), self.link]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:8]


def facts(candidate: AlvaCandidate, results: Results, link: str | None) -> Facts:
    """Returns the facts of a candidate who has completed all tests."""
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
    """Returns the candidate's one status tag: completed, bounced, or invited."""
    if candidate.completed:
        return tags.COMPLETED
    return tags.INVITATION_BOUNCED if candidate.bounced else tags.INVITATION_SENT


def _minute(computed_at: str | None) -> datetime | None:
    if not computed_at:
        return None
    try:
        moment = datetime.fromisoformat(computed_at)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return utc.replace(second=0, microsecond=0)
