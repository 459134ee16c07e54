"""What happens to candidates without the API: mail bounces, tests are done, results are shared, reset, weighed anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from include.sandbox.alva.candidate import BOUNCED, DELIVERED, INVITED, SENT, STARTED, Candidate, Interview, RoleFit
from include.sandbox.alva.persons import Person, Persons, score_of
from include.sandbox.alva.policy import Policy
from include.sandbox.alva.positions import PSYCHOMETRIC, Positions
from include.sandbox.alva.roster import Roster, compute_fit
from include.sandbox.alva.times import Clock


class Progress:
    """The course of events on the candidates' side.

    Each change moves `updated_at` of every application that shows it.
    """

    def __init__(self, clock: Clock, policy: Policy, positions: Positions, persons: Persons, roster: Roster) -> None:
        self._clock = clock
        self._policy = policy
        self._positions = positions
        self._persons = persons
        self._roster = roster

    def bounce(self, candidate: Candidate) -> None:
        """The invitation e-mail comes back."""
        self._mail(candidate, (SENT, DELIVERED), BOUNCED)

    def deliver(self, candidate: Candidate) -> None:
        """The invitation e-mail arrives."""
        self._mail(candidate, (SENT,), DELIVERED)

    def start(self, candidate: Candidate) -> None:
        """The person begins the next test; a psychometric one is begun on all of the person's applications."""
        test = next((assessment.type for assessment in candidate.assessments if assessment.status == INVITED), None)
        if test is None:
            raise ValueError(f"candidate {candidate.id} has no test left to start")
        for application in self._concerned(candidate, [test]):
            for assessment in application.assessments:
                if assessment.type == test and assessment.status == INVITED:
                    assessment.status = STARTED
                    application.touch(self._clock.now_ms())
        self._has_arrived(candidate)

    def finish(self, candidate: Candidate, role_fit: float | None, only: Collection[str] | None) -> None:
        """The person completes the tests (or `only` some); psychometric ones count on all of the person's applications.

        `role_fit` None: none is computed yet.
        """
        tests = [test.type for test in candidate.assessments if only is None or test.type in only]
        if not tests:
            raise ValueError(f"candidate {candidate.id} has no such tests")
        now_ms = self._clock.now_ms()
        person = self._person(candidate)
        person.take(tests, role_fit, self._positions.get(candidate.position_id).weighing, now_ms)
        candidate.shared = True
        for assessment in candidate.assessments:
            if assessment.type in tests:
                assessment.complete(person.results.get(assessment.type) or score_of(assessment.type, role_fit, now_ms))
        self._recompute(candidate)
        self._spread(person, tests, candidate)
        self._has_arrived(candidate)

    def refit(self, candidate: Candidate, role_fit: float | None) -> None:
        """Another role fit without another test (a profile changed, an interview was added), or none any more."""
        if role_fit is None:
            candidate.role_fit = None
        elif not candidate.completed and not self._policy.partial_fit:
            raise ValueError(f"candidate {candidate.id} has not completed the tests: no role fit yet")
        else:
            candidate.shared = True
            candidate.role_fit = RoleFit(self._policy.fit(role_fit), self._clock.now_ms(), candidate.completed)
        candidate.touch(self._clock.now_ms())

    def reset(self, candidate: Candidate) -> None:
        """Allow retaking: the results go from all of the person's applications.

        No e-mail is sent, the old link works.
        """
        person = self._person(candidate)
        person.forget()
        for application in self._roster.of_person(person):
            for assessment in application.assessments:
                if assessment.type in PSYCHOMETRIC or application is candidate:
                    assessment.reset()
            application.role_fit = None
            application.touch(self._clock.now_ms())

    def withdraw(self, candidate: Candidate) -> None:
        """The person ends the sharing of this application's results: completed tests without a role fit."""
        candidate.shared, candidate.role_fit = False, None
        candidate.touch(self._clock.now_ms())

    def share(self, candidate: Candidate) -> None:
        """The person shares the results again."""
        candidate.shared = True
        self._recompute(candidate)

    def interview(self, candidate: Candidate, score: int, title: str) -> None:
        """An interview is scored, 1 to 5. The role fit is left to `refit`."""
        open_ones = (held for held in candidate.interviews if held.score is None)
        held = next(open_ones, None)
        if held is None:
            held = Interview(title)
            candidate.interviews.append(held)
        held.title, held.score = title, score
        candidate.touch(self._clock.now_ms())

    def remember(self, email: str, role_fit: float | None, age_ms: int) -> None:
        """A person has psychometric results of some age from before; applications that wait for them have them now."""
        now_ms = self._clock.now_ms()
        person = self._persons.of(email)
        person.take(PSYCHOMETRIC, role_fit, None, now_ms - age_ms)
        self._spread(person, person.valid_results(now_ms), None)

    def weigh_anew(self, position_id: str) -> None:
        """Compute the role fits of a position again, under the profile that is in force now."""
        for candidate in self._roster.of_position(position_id):
            if candidate.role_fit is not None:
                self._recompute(candidate)

    def _mail(self, candidate: Candidate, before: Collection[str], after: str) -> None:
        if candidate.invitation is None:
            raise ValueError(f"candidate {candidate.id} was sent no invitation")
        if candidate.invitation.status in before:
            candidate.invitation.status = after
            candidate.touch(self._clock.now_ms())

    def _has_arrived(self, candidate: Candidate) -> None:
        if candidate.invitation is not None:
            self._mail(candidate, (SENT,), DELIVERED)

    def _person(self, candidate: Candidate) -> Person:
        return self._persons.of(candidate.person_email())

    def _concerned(self, candidate: Candidate, tests: Iterable[str]) -> list[Candidate]:
        if not set(tests) & set(PSYCHOMETRIC):
            return [candidate]
        return self._roster.of_person(self._person(candidate))

    def _spread(self, person: Person, tests: Iterable[str], but: Candidate | None) -> None:
        """Give a person's new results to the other applications."""
        new = {test: person.results[test] for test in tests if test in person.results}
        for application in self._roster.of_person(person):
            concerned = [test for test in application.assessments if test.type in new]
            if application is but or not concerned:
                continue
            for assessment in concerned:
                assessment.complete(new[assessment.type])
            self._recompute(application)

    def _recompute(self, candidate: Candidate) -> None:
        position = self._positions.get(candidate.position_id)
        now_ms = self._clock.now_ms()
        candidate.role_fit = compute_fit(candidate, self._person(candidate), position, self._policy, now_ms)
        candidate.touch(now_ms)
