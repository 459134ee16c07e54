"""The Alva organisation of a world: invites, removes and finds candidates, and computes role fits."""

from __future__ import annotations

import itertools
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from include.sandbox.alva.directory import ApiKeys, Directory, Positions, Stamp, Table, page
from include.sandbox.alva.models import (
    BOUNCED,
    COMPLETED,
    Assessment,
    Candidate,
    Facts,
    Interview,
    Invitation,
    Invitee,
    JobPosition,
    Person,
    Policy,
    RoleFit,
)
from include.sandbox.alva.schemas import Page, Query
from include.sandbox.alva.webhook import AlvaWebhook
from include.sandbox.alva.wire import AlvaError, Clock, folded, later
from include.sandbox.deliveries import Deliveries

DEFAULT_KEY = "sandbox-alva-key"


class Persons:
    """The persons that the organisation knows."""

    def __init__(self) -> None:
        self._by_email: dict[str, Person] = {}

    def find(self, email: str) -> Person | None:
        """Returns the person with this e-mail address, in any case."""
        return self._by_email.get(folded(email))

    def of(self, email: str) -> Person:
        """Returns the person with this e-mail address, created if needed."""
        return self._by_email.setdefault(folded(email), Person(folded(email)))

    def drop(self, person: Person, candidate_id: str) -> None:
        """Removes an application from a person. With the last one, the organisation loses the person and all
        results."""
        person.applications.remove(candidate_id)
        if not person.applications:
            self._by_email.pop(person.email, None)


class Roster(Table[Candidate]):
    """The candidates.

    `invitations_sent` counts the invitation e-mails by `external_id`, including those of removed candidates.
    """

    def __init__(
        self,
        clock: Clock,
        new: Callable[[], Stamp],
        policy: Policy,
        positions: Positions,
        persons: Persons,
        web_root: str,
    ) -> None:
        super().__init__("candidate")
        self._clock = clock
        self._new = new
        self._policy = policy
        self._positions = positions
        self._persons = persons
        self._web_root = web_root
        self._by_external_id: defaultdict[str | None, dict[str, Candidate]] = defaultdict(dict)
        self._by_position: defaultdict[str, dict[str, Candidate]] = defaultdict(dict)
        self.invitations_sent: Counter[str | None] = Counter()

    def invite(self, position_id: str, invitee: Invitee) -> Candidate:
        """Adds a candidate to a position.

        Raises 404 if there is no position, 409 with the `candidate_id` if this address is on it already, 422 if it is
        expired. 409 goes first: a person who is already on the position needs no place. A person with results less than
        24 months old completes those tests at once.
        """
        position = self._positions.get(position_id)
        person = self._persons.find(invitee.email)
        for known in self.of_person(person) if person is not None else ():
            if known.position_id == position_id:
                message = "A candidate with this e-mail address is on this job position already."
                raise AlvaError(409, "already_exists", message, candidate_id=known.id)
        self._positions.open_for_candidates(position)
        stamp, now_ms = self._new(), self._clock.now_ms()
        wanted = position.facts.assessments if invitee.assessments is None else invitee.assessments
        candidate = Candidate(
            **stamp,
            position_id=position.id,
            external_id=invitee.external_id,
            url=f"{self._web_root}/c/{stamp['id']}",
            email=invitee.email,
            first_name=invitee.first_name,
            last_name=invitee.last_name,
            assessments=[Assessment(type=test) for test in wanted if test != "interview"],
            interviews=[Interview(title="Interview") for test in wanted if test == "interview"],
        )
        person = self._persons.of(invitee.email)
        person.applications.append(candidate.id)
        results = person.valid_results(now_ms)
        for assessment in candidate.assessments:
            if assessment.type in results:
                assessment.complete(results[assessment.type])
        candidate.role_fit = self.fit(candidate)
        if invitee.send_invitation and candidate.assessments:
            self._send(candidate, invitee.email, now_ms)
        candidate.reminders.run(candidate.waiting, now_ms)
        position.activate(now_ms)
        self._by_position[position.id][candidate.id] = candidate
        self._by_external_id[candidate.external_id][candidate.id] = candidate
        return self.add(candidate)

    def get(self, row_id: str) -> Candidate:
        candidate = super().get(row_id)
        self._settle(candidate)
        return candidate

    def find(self, candidate_id: str) -> Candidate | None:
        return self.get(candidate_id) if candidate_id in self._rows else None

    def remove(self, row_id: str) -> None:
        """Removes a candidate. The organisation loses the results, unless another application of the person still
        shares them."""
        candidate = self.get(row_id)
        self._leave(candidate)
        super().remove(row_id)
        del self._by_position[candidate.position_id][row_id]
        del self._by_external_id[candidate.external_id][row_id]

    def set_stage(self, candidate: Candidate, stage: str) -> None:
        """Sets a candidate's stage, without telling the person."""
        if candidate.stage != stage:
            candidate.stage = stage
            candidate.change(self._clock.now_ms())

    def resend(self, candidate: Candidate) -> None:
        """Sends the invitation e-mail again: the same link, never a new test.

        The status changes only if it had bounced (or was never sent): `sent` again, at a new time.
        """
        email = candidate.person_email()
        if not candidate.assessments:
            raise AlvaError(422, "nothing_to_send", "This candidate has no tests to be invited to.")
        sent = candidate.invitation
        if sent is not None and sent.status != BOUNCED:
            self.invitations_sent[candidate.external_id] += 1
            return
        now_ms = self._clock.now_ms()
        self._send(candidate, email, later(0 if sent is None else sent.sent_at_ms, now_ms))
        candidate.change(now_ms)

    def remind(self, candidate: Candidate) -> None:
        """Sends a reminder by hand. Raises 422 if no test is due."""
        if not candidate.waiting:
            raise AlvaError(422, "nothing_to_remind", "This candidate has no test to be reminded of.")
        candidate.reminders.sent += 1

    def anonymise(self, candidate: Candidate, at_ms: int) -> None:
        """Removes name, address and results for good."""
        if not candidate.anonymised:
            self._leave(candidate)
            candidate.anonymise(at_ms)

    def fit(self, candidate: Candidate) -> RoleFit | None:
        """Computes the role fit: None while tests are missing (but see `Policy`) or nothing is shared."""
        done = any(test.status == COMPLETED for test in candidate.assessments)
        if not candidate.shared or not (candidate.completed or (self._policy.partial_fit and done)):
            return None
        weighing = self._positions.get(candidate.position_id).weighing
        score = self._persons.of(candidate.person_email()).fit_for(weighing, self._policy)
        if score is None:
            return None
        return RoleFit(score=score, computed_at_ms=self._clock.now_ms(), complete=candidate.completed)

    def recompute(self, candidate: Candidate) -> None:
        """Sets a candidate's role fit from the results."""
        candidate.role_fit = self.fit(candidate)
        candidate.change(self._clock.now_ms())

    def newest(self, external_id: str) -> Candidate | None:
        """Returns the latest candidate with this `external_id`, if any."""
        rows = [*self._by_external_id.get(external_id, ())]
        return self.get(rows[-1]) if rows else None

    def count(self, external_id: str) -> int:
        return len(self._by_external_id.get(external_id, ()))

    def of_person(self, person: Person) -> list[Candidate]:
        """Returns a person's applications, without anonymised ones."""
        rows = [self.get(candidate_id) for candidate_id in tuple(person.applications)]
        return [row for row in rows if not row.anonymised]

    def beside(self, candidate: Candidate) -> list[Candidate]:
        """Returns all applications of the candidate's person; for an anonymised candidate, only itself."""
        person = self._persons.find(candidate.email) if candidate.email is not None else None
        return self.of_person(person) if person is not None else [candidate]

    def of_position(self, position_id: str) -> list[Candidate]:
        return [self.get(candidate_id) for candidate_id in tuple(self._by_position.get(position_id, ()))]

    def page(self, query: Query) -> Page[Candidate]:
        """Returns a page of the candidates that match every filter."""
        email = None if query.email is None else folded(query.email)
        rows = list(self._narrowest(query))
        for candidate in rows:
            self._settle(candidate)
        fitting = (
            row
            for row in rows
            if query.external_id in (None, row.external_id)
            and (email is None or (row.email is not None and folded(row.email) == email))
            and query.job_position_id in (None, row.position_id)
        )
        return page(fitting, query)

    def _narrowest(self, query: Query) -> Iterable[Candidate]:
        """Returns the smallest known group that holds all matches."""
        if query.external_id is not None:
            return self._by_external_id.get(query.external_id, {}).values()
        if query.email is not None:
            person = self._persons.find(query.email)
            return [self._rows[candidate_id] for candidate_id in person.applications] if person is not None else []
        if query.job_position_id is not None:
            return self._by_position.get(query.job_position_id, {}).values()
        return self._rows.values()

    def _send(self, candidate: Candidate, email: str, at_ms: int) -> None:
        candidate.invitation = Invitation(email=email, sent_at_ms=at_ms)
        self.invitations_sent[candidate.external_id] += 1

    def _leave(self, candidate: Candidate) -> None:
        person = self._persons.find(candidate.email) if candidate.email is not None else None
        if person is not None:
            self._persons.drop(person, candidate.id)

    def _settle(self, candidate: Candidate) -> None:
        due_ms = candidate.created_at_ms + self._policy.retention_ms
        if not candidate.anonymised and self._clock.now_ms() >= due_ms:
            self.anonymise(candidate, due_ms)


class AlvaOrganisation:
    """An organisation, empty except for a default profile.

    Hold `lock` to read or change it; the API's routes and the moves of `Candidates` do so themselves.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Callable[[], str] | None = None,
        *,
        lock: AbstractContextManager[object] | None = None,
        policy: Policy | None = None,
        key: str = DEFAULT_KEY,
        web_root: str = "https://app.alva.test",
        deliveries: Deliveries | None = None,
    ) -> None:
        self.clock = clock
        self.lock: AbstractContextManager[object] = lock if lock is not None else threading.RLock()
        self.policy = policy if policy is not None else Policy()
        self.keys = ApiKeys(key)
        self._ids = ids if ids is not None else map(str, itertools.count(1001)).__next__
        self._numbers = itertools.count(1)
        self.directory = Directory(self._new)
        self.positions = Positions(clock, self._new, self.policy, self.directory)
        self.persons = Persons()
        self.roster = Roster(clock, self._new, self.policy, self.positions, self.persons, web_root)
        self.webhook = AlvaWebhook(clock, deliveries if deliveries is not None else Deliveries())

    def change_position(self, position: JobPosition, facts: Facts) -> None:
        """Changes a position's facts. With another profile, it computes the role fits of its candidates again."""
        profile_id = position.facts.profile_id
        self.positions.change(position, facts)
        if position.facts.profile_id != profile_id:
            candidates = self.roster.of_position(position.id)
            with self.webhook.watching(candidates):
                for candidate in candidates:
                    if candidate.role_fit is not None:
                        self.roster.recompute(candidate)

    def _new(self) -> Stamp:
        now_ms = self.clock.now_ms()
        return {"number": next(self._numbers), "id": self._ids(), "created_at_ms": now_ms, "updated_at_ms": now_ms}
