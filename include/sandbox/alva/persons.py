"""Persons: one for each e-mail address, however many applications there are.

A person has one result for each psychometric test, valid 24 months in the whole organisation (Alva's article on
sharing and retaking). Applications share the results; the role fit differs, because positions weigh them differently.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from include.sandbox.alva.fields import folded
from include.sandbox.alva.policy import Policy
from include.sandbox.alva.positions import PSYCHOMETRIC
from include.sandbox.alva.times import VALID_MS


@dataclass(frozen=True, slots=True)
class Score:
    """One test's result: a percentage, and for the logic test a sten from 1 to 10."""

    percentage: int = field(repr=False)
    sten: int | None = field(repr=False)
    completed_at_ms: int


def score_of(test: str, role_fit: float | None, completed_at_ms: int) -> Score:
    """A plausible score of one test for a person of this role fit.

    The differences between the tests are this stand-in's.
    """
    middle = 50 if role_fit is None else role_fit
    percentage = round(min(max(middle + {"logic": -8, "personality": 6}.get(test, 0), 1), 99))
    return Score(percentage, min(max(round(percentage / 10), 1), 10) if test == "logic" else None, completed_at_ms)


@dataclass(slots=True)
class Person:
    """A person: the e-mail address in folded form, the results by test, and what role fits are taken from.

    `role_fit` holds for the position and profile that `fitted_to` names (None: for those that use the results first).
    `applications` are the ids of the candidates that this person is.
    """

    email: str = field(repr=False)
    results: dict[str, Score] = field(default_factory=dict, repr=False)
    role_fit: float | None = field(default=None, repr=False)
    fitted_to: str | None = None
    applications: list[str] = field(default_factory=list)

    def take(self, tests: Iterable[str], role_fit: float | None, fitted_to: str | None, at_ms: int) -> None:
        """Complete some tests. Only psychometric results belong to the person; what there was of them is replaced."""
        for test in tests:
            if test in PSYCHOMETRIC:
                self.results[test] = score_of(test, role_fit, at_ms)
        self.role_fit = role_fit
        self.fitted_to = fitted_to

    def forget(self) -> None:
        """Drop the results: they were reset, or the organisation may not see them any more."""
        self.results.clear()
        self.role_fit = None
        self.fitted_to = None

    def valid_results(self, now_ms: int) -> dict[str, Score]:
        """The results that a new application may use: those of less than 24 months."""
        return {test: score for test, score in self.results.items() if now_ms - score.completed_at_ms < VALID_MS}

    def fit_for(self, weighing: str, policy: Policy) -> float | None:
        """The role fit for a position under a profile: the one that was given there, another one everywhere else."""
        if self.role_fit is None:
            return None
        fit = policy.fit(self.role_fit)
        if self.fitted_to is None:
            self.fitted_to = weighing
        if self.fitted_to == weighing:
            return fit
        apart = 3 + zlib.crc32(weighing.encode()) % 12
        return fit - apart if fit - apart >= policy.lowest_fit else fit + apart


class Persons:
    """Everyone whom the organisation knows."""

    def __init__(self) -> None:
        self._by_email: dict[str, Person] = {}

    def find(self, email: str) -> Person | None:
        """The person with this e-mail address, in whatever case it is written."""
        return self._by_email.get(folded(email))

    def of(self, email: str) -> Person:
        """The same, made where there is none."""
        return self._by_email.setdefault(folded(email), Person(folded(email)))

    def drop(self, person: Person, candidate_id: str) -> None:
        """Take one application from a person. With the last one, the organisation loses the person and all results."""
        person.applications.remove(candidate_id)
        if not person.applications:
            self._by_email.pop(person.email, None)
