"""The organisation's candidates: inviting, removing, finding them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from include.sandbox.alva.candidate import (
    BOUNCED,
    COMPLETED,
    SENT,
    Assessment,
    Candidate,
    Interview,
    Invitation,
    Invitee,
    RoleFit,
)
from include.sandbox.alva.directory import Ids
from include.sandbox.alva.errors import AlvaError, conflict, not_found
from include.sandbox.alva.fields import folded
from include.sandbox.alva.listing import Page, Query, page
from include.sandbox.alva.persons import Person, Persons
from include.sandbox.alva.policy import Policy
from include.sandbox.alva.positions import JobPosition, Positions
from include.sandbox.alva.times import Clock, later


class Roster:
    """The candidates.

    `invitations_sent` counts the invitation e-mails by `external_id`; removing a candidate doesn't lower it.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        numbers: Callable[[], int],
        policy: Policy,
        positions: Positions,
        persons: Persons,
        web_root: str,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._numbers = numbers
        self._policy = policy
        self._positions = positions
        self._persons = persons
        self._web_root = web_root
        self._rows: dict[str, Candidate] = {}
        self._by_external_id: defaultdict[str, dict[str, Candidate]] = defaultdict(dict)
        self._by_position: defaultdict[str, dict[str, Candidate]] = defaultdict(dict)
        self.invitations_sent: Counter[str] = Counter()

    def invite(self, position_id: str, invitee: Invitee) -> Candidate:
        """Add a candidate to a position.

        404 for the position, 409 with the `candidate_id` of the one with this address on it, 422 where it is expired.
        The duplicate comes first: whoever is on the position already needs no place. A person with results of less
        than 24 months has completed those tests at once.
        """
        position = self._positions.get(position_id)
        known = self._on(position_id, invitee.email)
        if known is not None:
            raise conflict(
                "A candidate with this e-mail address is on this job position already.", candidate_id=known.id
            )
        self._positions.open_for_candidates(position)
        candidate = self._new(position, invitee)
        now_ms = candidate.created_at_ms
        person = self._persons.of(invitee.email)
        person.applications.append(candidate.id)
        self._reuse(candidate, person, position)
        if invitee.send_invitation and candidate.assessments:
            self._send(candidate, invitee.email, now_ms)
        candidate.reminders.run(candidate.waiting, now_ms)
        position.activate(now_ms)
        self._index(candidate)
        return candidate

    def get(self, candidate_id: str) -> Candidate:
        """One candidate, or 404."""
        if candidate_id not in self._rows:
            raise not_found("candidate")
        candidate = self._rows[candidate_id]
        self._settle(candidate)
        return candidate

    def find(self, candidate_id: str) -> Candidate | None:
        """One candidate, if there is one."""
        return self.get(candidate_id) if candidate_id in self._rows else None

    def remove(self, candidate_id: str) -> None:
        """Remove one, or 404.

        The organisation loses the results, unless another application of the person still shares them.
        """
        candidate = self.get(candidate_id)
        self._leave(candidate)
        del self._rows[candidate_id]
        del self._by_position[candidate.position_id][candidate_id]
        if candidate.external_id is not None:
            del self._by_external_id[candidate.external_id][candidate_id]

    def set_stage(self, candidate_id: str, stage: str) -> Candidate:
        """Put a candidate into a stage. The person isn't told."""
        candidate = self.get(candidate_id)
        if candidate.stage != stage:
            candidate.stage = stage
            candidate.touch(self._clock.now_ms())
        return candidate

    def resend(self, candidate_id: str) -> Candidate:
        """Send the invitation e-mail again: the same link, never a new test.

        What can be seen changes only where it had bounced (or was never sent): `sent` again, at a new time.
        """
        candidate = self.get(candidate_id)
        email = candidate.person_email()
        if not candidate.assessments:
            raise AlvaError(422, "nothing_to_send", "This candidate has no tests to be invited to.")
        if candidate.invitation is not None and candidate.invitation.status != BOUNCED:
            self._count(candidate)
            return candidate
        now_ms = self._clock.now_ms()
        before_ms = 0 if candidate.invitation is None else candidate.invitation.sent_at_ms
        self._send(candidate, email, later(before_ms, now_ms))
        candidate.touch(now_ms)
        return candidate

    def remind(self, candidate_id: str) -> Candidate:
        """Send a reminder by hand, or 422 where nothing is waited for."""
        candidate = self.get(candidate_id)
        if not candidate.waiting:
            raise AlvaError(422, "nothing_to_remind", "This candidate has no test to be reminded of.")
        candidate.reminders.sent += 1
        return candidate

    def anonymise(self, candidate: Candidate, at_ms: int) -> None:
        """Let name, address and results go, for good."""
        if not candidate.anonymised:
            self._leave(candidate)
            candidate.anonymise(at_ms)

    def newest(self, external_id: str) -> Candidate | None:
        """The candidate with this `external_id` that was added last, if one is there."""
        rows = list(self._by_external_id[external_id].values()) if external_id in self._by_external_id else []
        return self.get(rows[-1].id) if rows else None

    def count(self, external_id: str) -> int:
        """How many candidates have this `external_id`."""
        return len(self._by_external_id.get(external_id, ()))

    def of_person(self, person: Person) -> list[Candidate]:
        """A person's applications, without those that are anonymised by now."""
        rows = [self.get(candidate_id) for candidate_id in tuple(person.applications)]
        return [row for row in rows if not row.anonymised]

    def beside(self, candidate: Candidate) -> list[Candidate]:
        """All applications of a candidate's person; of an anonymised one, itself."""
        person = self._persons.find(candidate.email) if candidate.email is not None else None
        return self.of_person(person) if person is not None else [candidate]

    def of_position(self, position_id: str) -> list[Candidate]:
        """A position's candidates."""
        return [self.get(candidate_id) for candidate_id in tuple(self._by_position.get(position_id, ()))]

    def page(self, query: Query) -> Page[Candidate]:
        """One page of the candidates that fit every filter."""
        rows = list(self._narrowest(query))
        for candidate in rows:
            self._settle(candidate)
        return page((candidate for candidate in rows if _fits(candidate, query)), query)

    def _on(self, position_id: str, email: str) -> Candidate | None:
        person = self._persons.find(email)
        rows = self.of_person(person) if person is not None else []
        return next((row for row in rows if row.position_id == position_id), None)

    def _new(self, position: JobPosition, invitee: Invitee) -> Candidate:
        wanted = position.facts.assessments if invitee.assessments is None else invitee.assessments
        now_ms = self._clock.now_ms()
        candidate_id = self._ids()
        return Candidate(
            number=self._numbers(),
            id=candidate_id,
            position_id=position.id,
            external_id=invitee.external_id,
            url=f"{self._web_root}/c/{candidate_id}",
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            email=invitee.email,
            first_name=invitee.first_name,
            last_name=invitee.last_name,
            assessments=[Assessment(test) for test in wanted if test != "interview"],
            interviews=[Interview("Interview") for test in wanted if test == "interview"],
        )

    def _reuse(self, candidate: Candidate, person: Person, position: JobPosition) -> None:
        results = person.valid_results(candidate.created_at_ms)
        for assessment in candidate.assessments:
            if assessment.type in results:
                assessment.complete(results[assessment.type])
        candidate.role_fit = compute_fit(candidate, person, position, self._policy, candidate.created_at_ms)

    def _index(self, candidate: Candidate) -> None:
        self._rows[candidate.id] = candidate
        self._by_position[candidate.position_id][candidate.id] = candidate
        if candidate.external_id is not None:
            self._by_external_id[candidate.external_id][candidate.id] = candidate

    def _send(self, candidate: Candidate, email: str, at_ms: int) -> None:
        candidate.invitation = Invitation(email, at_ms, SENT)
        self._count(candidate)

    def _count(self, candidate: Candidate) -> None:
        if candidate.external_id is not None:
            self.invitations_sent[candidate.external_id] += 1

    def _leave(self, candidate: Candidate) -> None:
        person = self._persons.find(candidate.email) if candidate.email is not None else None
        if person is not None:
            self._persons.drop(person, candidate.id)

    def _settle(self, candidate: Candidate) -> None:
        due_ms = candidate.created_at_ms + self._policy.retention_ms
        if not candidate.anonymised and self._clock.now_ms() >= due_ms:
            self.anonymise(candidate, due_ms)

    def _narrowest(self, query: Query) -> Iterable[Candidate]:
        if query.external_id is not None:
            return self._by_external_id.get(query.external_id, {}).values()
        if query.email is not None:
            person = self._persons.find(query.email)
            return [self._rows[candidate_id] for candidate_id in person.applications] if person is not None else []
        if query.job_position_id is not None:
            return self._by_position.get(query.job_position_id, {}).values()
        return self._rows.values()


def compute_fit(
    candidate: Candidate, person: Person, position: JobPosition, policy: Policy, now_ms: int
) -> RoleFit | None:
    """The role fit from the results: none while tests are missing (see `Policy.partial_fit`) or nothing is shared."""
    done = any(test.status == COMPLETED for test in candidate.assessments)
    if not candidate.shared or not (candidate.completed or (policy.partial_fit and done)):
        return None
    score = person.fit_for(position.weighing, policy)
    return None if score is None else RoleFit(score, now_ms, candidate.completed)


def _fits(candidate: Candidate, query: Query) -> bool:
    email = folded(candidate.email) if candidate.email is not None else None
    return (
        (query.external_id is None or candidate.external_id == query.external_id)
        and (query.email is None or email == folded(query.email))
        and (query.job_position_id is None or candidate.position_id == query.job_position_id)
    )
