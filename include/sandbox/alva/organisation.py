"""The Alva organisation of a world: its keys, users, teams, job positions and candidates."""

from __future__ import annotations

import itertools
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TypedDict

from include.sandbox.alva.door import ApiKeys
from include.sandbox.alva.models import (
    BOUNCED,
    COMPLETED,
    EXPIRED,
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
    Team,
    User,
    Webhook,
)
from include.sandbox.alva.tables import Query, Table
from include.sandbox.alva.webhook import AlvaWebhook
from include.sandbox.alva.wire import AlvaError, Clock, folded, later
from include.sandbox.deliveries import Deliveries

ALVA_KEY = "sandbox-alva-key"
WEB_ROOT = "https://app.alva.test"


class Stamp(TypedDict):
    """The first fields of every new record."""

    number: int
    id: str
    created_at_ms: int
    updated_at_ms: int


class Directory:
    """The organisation's users, teams, test profiles and webhooks. At first there is one profile and nothing else."""

    def __init__(self, organisation: AlvaOrganisation) -> None:
        self._organisation = organisation
        self.users: Table[User] = Table("user", organisation)
        self.teams: Table[Team] = Table("team", organisation)
        self.profiles: Table[Team] = Table("profile", organisation)
        self.webhooks: Table[Webhook] = Table("webhook", organisation)
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
        stamp = self._organisation.stamp()
        return self.users.add(User(**stamp, email=email, first_name=first_name, last_name=last_name, team=team))

    def add_team(self, name: str) -> Team:
        return self.teams.add(Team(**self._organisation.stamp(), name=name))

    def add_profile(self, name: str) -> Team:
        return self.profiles.add(Team(**self._organisation.stamp(), name=name))

    def add_webhook(self, url: str, events: Sequence[str], signature_token: str | None = None) -> Webhook:
        stamp = self._organisation.stamp()
        return self.webhooks.add(Webhook(**stamp, url=url, events=tuple(events), signature_token=signature_token))


class Positions(Table[JobPosition]):
    """The organisation's job positions.

    A position is `inactive` until its first candidate, then `active` for 90 days after the last candidate was added,
    then `expired` (Alva's article on organising job positions). Archiving is a separate flag and doesn't affect that.
    """

    def create(self, facts: Facts) -> JobPosition:
        """Creates a position. Two may have the same `external_id`: no idempotency is documented."""
        self._check(facts)
        if facts.profile_id is None:
            facts.profile_id = self._organisation.directory.default_profile.id
        return self.add(JobPosition(**self._organisation.stamp(), facts=facts))

    def change(self, position: JobPosition, facts: Facts) -> None:
        """Changes a position's facts; `updated_at` moves only if something differs. With another profile, the role fits
        of its candidates are computed again."""
        self._check(facts)
        before, position.facts = position.facts, facts
        if facts != before:
            position.change(self._organisation.clock.now_ms())
        if facts.profile_id != before.profile_id:
            candidates = self._organisation.roster.of_position(position.id)
            with self._organisation.webhook.watching(candidates):
                for candidate in candidates:
                    if candidate.role_fit is not None:
                        self._organisation.roster.recompute(candidate)

    def named(self, name: str) -> JobPosition:
        """Returns a position by its id, else the newest with this `external_id`. Raises LookupError."""
        if name in self._rows:
            return self.get(name)
        for position in reversed(self.all()):
            if position.facts.external_id == name:
                return position
        raise LookupError(f"Alva has no job position {name}")

    def matching(self, query: Query) -> Iterable[JobPosition]:
        return (row for row in self.all() if query.external_id in (None, row.facts.external_id))

    def settle(self, row: JobPosition) -> None:
        row.settle(self._organisation.clock.now_ms())

    def _check(self, facts: Facts) -> None:
        policy, directory = self._organisation.policy, self._organisation.directory
        people = [("owner_email", facts.owner_email), *(("hiring_team", email) for email in facts.hiring_team)]
        for field, email in people if policy.known_users_only else ():
            if email is not None and directory.user_of(email) is None:
                raise AlvaError(422, "unknown_user", "No user has this e-mail address.", field=field, value=email)
        known_teams = {None, *(team.name for team in directory.teams.all())}
        if policy.known_teams_only and facts.team not in known_teams:
            raise AlvaError(422, "unknown_team", "There is no team of this name.", field="team", value=facts.team)


class Persons:
    """The persons that the organisation knows, by e-mail address in any case."""

    def __init__(self) -> None:
        self._by_email: dict[str, Person] = {}

    def find(self, email: str | None) -> Person | None:
        return None if email is None else self._by_email.get(folded(email))

    def of(self, email: str) -> Person:
        """Returns the person with this e-mail address, created if needed."""
        return self._by_email.setdefault(folded(email), Person(folded(email)))

    def drop(self, person: Person, candidate_id: str) -> None:
        """Removes an application. With the last one, the organisation loses the person and all results."""
        person.applications.remove(candidate_id)
        if not person.applications:
            self._by_email.pop(person.email, None)


class Roster(Table[Candidate]):
    """The candidates. `invitations_sent` counts e-mails by `external_id`, including those of removed candidates."""

    def __init__(self, organisation: AlvaOrganisation) -> None:
        super().__init__("candidate", organisation)
        self._persons = organisation.persons
        self._by_external_id: defaultdict[str | None, dict[str, Candidate]] = defaultdict(dict)
        self._by_position: defaultdict[str, dict[str, Candidate]] = defaultdict(dict)
        self.invitations_sent: Counter[str | None] = Counter()

    def invite(self, position_id: str, invitee: Invitee) -> Candidate:
        """Adds a candidate to a position.

        Raises 404 if there is no position, 409 with the `candidate_id` if this address is on it already, 422 if it is
        expired. 409 goes first: a person who is already on the position needs no place. A person with results less than
        24 months old completes those tests at once.
        """
        position = self._organisation.positions.get(position_id)
        person = self._persons.find(invitee.email)
        for known in self.of_person(person) if person is not None else ():
            if known.position_id == position_id:
                message = "A candidate with this e-mail address is on this job position already."
                raise AlvaError(409, "already_exists", message, candidate_id=known.id)
        if position.status == EXPIRED and not self._organisation.policy.expired_takes_candidates:
            message = "This job position is expired: no more candidates can be invited."
            raise AlvaError(422, "job_position_expired", message)
        stamp, now_ms = self._organisation.stamp(), self._now_ms()
        wanted = position.facts.assessments if invitee.assessments is None else invitee.assessments
        candidate = Candidate(
            **stamp,
            position_id=position.id,
            external_id=invitee.external_id,
            url=f"{WEB_ROOT}/c/{stamp['id']}",
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
        candidate.role_fit = self._fit(candidate)
        if invitee.send_invitation and candidate.assessments:
            self._send(candidate, invitee.email, now_ms)
        candidate.reminders.run(candidate.waiting, now_ms)
        position.activate(now_ms)
        self._by_position[position.id][candidate.id] = candidate
        self._by_external_id[candidate.external_id][candidate.id] = candidate
        return self.add(candidate)

    def find(self, candidate_id: str) -> Candidate | None:
        return self.get(candidate_id) if candidate_id in self._rows else None

    def remove(self, row_id: str) -> None:
        """Removes a candidate, and the results unless another application of the person still shares them."""
        candidate = self.get(row_id)
        self._leave(candidate)
        super().remove(row_id)
        del self._by_position[candidate.position_id][row_id]
        del self._by_external_id[candidate.external_id][row_id]

    def set_stage(self, candidate: Candidate, stage: str) -> None:
        """Sets a candidate's stage, without telling the person."""
        if candidate.stage != stage:
            candidate.stage = stage
            candidate.change(self._now_ms())

    def resend(self, candidate: Candidate) -> None:
        """Sends the invitation e-mail again: the same link, never a new test. The status changes only if it had bounced
        (or was never sent): `sent` again, at a new time."""
        email = candidate.person_email()
        if not candidate.assessments:
            raise AlvaError(422, "nothing_to_send", "This candidate has no tests to be invited to.")
        sent = candidate.invitation
        if sent is not None and sent.status != BOUNCED:
            self.invitations_sent[candidate.external_id] += 1
            return
        now_ms = self._now_ms()
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

    def recompute(self, candidate: Candidate) -> None:
        """Sets a candidate's role fit from the results."""
        candidate.role_fit = self._fit(candidate)
        candidate.change(self._now_ms())

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
        person = self._persons.find(candidate.email)
        return self.of_person(person) if person is not None else [candidate]

    def of_position(self, position_id: str) -> list[Candidate]:
        return [self.get(candidate_id) for candidate_id in tuple(self._by_position.get(position_id, ()))]

    def matching(self, query: Query) -> Iterable[Candidate]:
        email = None if query.email is None else folded(query.email)
        rows = [*self._narrowest(query)]
        for candidate in rows:
            self.settle(candidate)
        return (
            row
            for row in rows
            if query.external_id in (None, row.external_id)
            and (email is None or (row.email is not None and folded(row.email) == email))
            and query.job_position_id in (None, row.position_id)
        )

    def settle(self, row: Candidate) -> None:
        due_ms = row.created_at_ms + self._organisation.policy.retention_ms
        if not row.anonymised and self._now_ms() >= due_ms:
            self.anonymise(row, due_ms)

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

    def _now_ms(self) -> int:
        return self._organisation.clock.now_ms()

    def _fit(self, candidate: Candidate) -> RoleFit | None:
        """Computes the role fit: None while tests are missing (but see `Policy`) or nothing is shared."""
        policy = self._organisation.policy
        done = any(test.status == COMPLETED for test in candidate.assessments)
        if not candidate.shared or not (candidate.completed or (policy.partial_fit and done)):
            return None
        weighing = self._organisation.positions.get(candidate.position_id).weighing
        score = self._persons.of(candidate.person_email()).fit_for(weighing, policy)
        if score is None:
            return None
        return RoleFit(score=score, computed_at_ms=self._now_ms(), complete=candidate.completed)

    def _send(self, candidate: Candidate, email: str, at_ms: int) -> None:
        candidate.invitation = Invitation(email=email, sent_at_ms=at_ms)
        self.invitations_sent[candidate.external_id] += 1

    def _leave(self, candidate: Candidate) -> None:
        person = self._persons.find(candidate.email)
        if person is not None:
            self._persons.drop(person, candidate.id)


class AlvaOrganisation:
    """An organisation, empty except for a default profile. Hold `lock` to read or change it, as routes and moves do."""

    def __init__(
        self,
        clock: Clock,
        ids: Callable[[], str] | None = None,
        *,
        lock: AbstractContextManager[object] | None = None,
        policy: Policy | None = None,
        deliveries: Deliveries | None = None,
    ) -> None:
        self.clock = clock
        self.lock: AbstractContextManager[object] = lock or threading.RLock()
        self.policy = policy or Policy()
        self.keys = ApiKeys(ALVA_KEY)
        self._ids = ids or map(str, itertools.count(1001)).__next__
        self._numbers = itertools.count(1)
        self.directory = Directory(self)
        self.positions = Positions("job position", self)
        self.persons = Persons()
        self.roster = Roster(self)
        self.webhook = AlvaWebhook(clock, deliveries or Deliveries())

    def stamp(self) -> Stamp:
        now_ms = self.clock.now_ms()
        return {"number": next(self._numbers), "id": self._ids(), "created_at_ms": now_ms, "updated_at_ms": now_ms}
