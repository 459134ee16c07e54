"""The moves on Alva's side of the world: what candidates and Alva's staff do, by opportunity.

The integration adds a candidate with the opportunity's id as `external_id`; the moves find the latest candidate with
that id. Arguments and answers are plain JSON values, so that a move can be made over HTTP as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from include.sandbox.alva.models import (
    BOUNCED,
    DAY_MS,
    DELIVERED,
    INVITED,
    PSYCHOMETRIC,
    SENT,
    STARTED,
    Candidate,
    Facts,
    Interview,
    Invitee,
    Person,
    Results,
    RoleFit,
    Score,
)
from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.alva.webhook import Connection


class UnknownCandidate(LookupError):
    """Alva has no candidate for this opportunity (any more)."""


class Candidates:
    """The moves. Each takes effect at once, at the clock's time, and returns the id of the record it changed.

    Each sets `updated_at` of every application that shows the change. Raises `UnknownCandidate` (a LookupError) if
    there is no candidate, ValueError if the move makes no sense at that point, `AlvaError` if Alva itself would refuse.
    """

    def __init__(self, organisation: AlvaOrganisation) -> None:
        self._organisation = organisation
        self._roster = organisation.roster

    def bounce(self, opportunity: str) -> str:
        """The invitation e-mail comes back."""
        with self._moving(opportunity) as candidate:
            self._mail(candidate, (SENT, DELIVERED), BOUNCED)
            return candidate.id

    def deliver(self, opportunity: str) -> str:
        """The invitation e-mail arrives."""
        with self._moving(opportunity) as candidate:
            self._mail(candidate, (SENT,), DELIVERED)
            return candidate.id

    def start(self, opportunity: str) -> str:
        """The candidate starts the next test; a psychometric test starts on all of the person's applications."""
        with self._moving(opportunity) as candidate:
            test = next((assessment.type for assessment in candidate.assessments if assessment.status == INVITED), None)
            if test is None:
                raise ValueError(f"candidate {candidate.id} has no test left to start")
            shared = test in PSYCHOMETRIC
            for application in self._roster.of_person(self._person(candidate)) if shared else [candidate]:
                for assessment in application.assessments:
                    if assessment.type == test and assessment.status == INVITED:
                        assessment.status = STARTED
                        application.change(self._now_ms())
            self._has_arrived(candidate)
            return candidate.id

    def finish(self, opportunity: str, role_fit: float | None = 82, only: Sequence[str] | None = None) -> str:
        """The candidate completes all tests, or `only` some of `logic`, `personality`, `coding`. Logic and personality
        count for the person's other applications too, with other role fits. `role_fit` None: no role fit yet."""
        with self._moving(opportunity) as candidate:
            tests = [test.type for test in candidate.assessments if only is None or test.type in only]
            if not tests:
                raise ValueError(f"candidate {candidate.id} has no such tests")
            now_ms, person = self._now_ms(), self._person(candidate)
            person.take(tests, role_fit, self._organisation.positions.get(candidate.position_id).weighing, now_ms)
            candidate.shared = True
            for test in candidate.assessments:
                if test.type in tests:
                    test.complete(person.results.get(test.type) or Score.of(test.type, role_fit, now_ms))
            self._roster.recompute(candidate)
            self._spread(person, tests, candidate)
            self._has_arrived(candidate)
            return candidate.id

    def refit(self, opportunity: str, role_fit: float | None) -> str:
        """The role fit changes, or becomes None, without a test (a profile changed, an interview was added)."""
        with self._moving(opportunity) as candidate:
            policy = self._organisation.policy
            if role_fit is None:
                candidate.role_fit = None
            elif not candidate.completed and not policy.partial_fit:
                raise ValueError(f"candidate {candidate.id} has not completed the tests: no role fit yet")
            else:
                candidate.shared = True
                candidate.role_fit = RoleFit(
                    score=policy.fit(role_fit), computed_at_ms=self._now_ms(), complete=candidate.completed
                )
            candidate.change(self._now_ms())
            return candidate.id

    def reset(self, opportunity: str) -> str:
        """Alva's staff let the person retake the tests: the results disappear from all of the person's applications. No
        e-mail is sent; the old link works."""
        with self._moving(opportunity) as candidate:
            person = self._person(candidate)
            person.forget()
            for application in self._roster.of_person(person):
                for assessment in application.assessments:
                    if assessment.type in PSYCHOMETRIC or application is candidate:
                        assessment.reset()
                application.role_fit = None
                application.change(self._now_ms())
            return candidate.id

    def withdraw(self, opportunity: str) -> str:
        """The candidate stops sharing the results: the tests stay completed, the role fit is gone."""
        with self._moving(opportunity) as candidate:
            candidate.shared, candidate.role_fit = False, None
            candidate.change(self._now_ms())
            return candidate.id

    def share(self, opportunity: str) -> str:
        """The candidate shares the results again."""
        with self._moving(opportunity) as candidate:
            candidate.shared = True
            self._roster.recompute(candidate)
            return candidate.id

    def interview(self, opportunity: str, score: int = 4, title: str = "Interview") -> str:
        """An interview gets a score, 1 to 5. The role fit doesn't change; `refit` changes it."""
        with self._moving(opportunity) as candidate:
            held = next((held for held in candidate.interviews if held.score is None), None)
            if held is None:
                held = Interview(title=title)
                candidate.interviews.append(held)
            held.title, held.score = title, score
            candidate.change(self._now_ms())
            return candidate.id

    def anonymise(self, opportunity: str) -> str:
        """The retention time is over: name, e-mail and results are deleted."""
        with self._organisation.lock:
            candidate = self._newest(opportunity)
            self._roster.anonymise(candidate, self._now_ms())
            return candidate.id

    def remember_person(self, email: str, role_fit: float | None = 82, age_days: int = 0) -> None:
        """A person has earlier results; applications that wait for them get them now. Results less than 24 months (730
        days) old complete the next invitation at once."""
        with self._organisation.lock:
            person, now_ms = self._organisation.persons.of(email), self._now_ms()
            with self._organisation.webhook.watching(self._roster.of_person(person)):
                person.take(PSYCHOMETRIC, role_fit, None, now_ms - age_days * DAY_MS)
                self._spread(person, person.valid_results(now_ms), None)

    def expire_position(self, position: str) -> str:
        """A position's 90 days end now. `position`: Alva's id, or the posting's id (`external_id`)."""
        with self._organisation.lock:
            row = self._organisation.positions.named(position)
            row.expire(self._now_ms())
            return row.id

    def add_by_hand(
        self, position: str, email: str, first_name: str | None = None, last_name: str | None = None
    ) -> str:
        """Alva's staff invite a person: a candidate without an `external_id`."""
        with self._organisation.lock:
            row = self._organisation.positions.named(position)
            invitee = Invitee(email=email, first_name=first_name, last_name=last_name)
            return self._roster.invite(row.id, invitee).id

    def add_position(
        self, name: str, external_id: str | None = None, owner_email: str | None = None, team: str | None = None
    ) -> str:
        """Alva's staff create a position."""
        with self._organisation.lock:
            facts = Facts(name=name, external_id=external_id, owner_email=owner_email, team=team)
            return self._organisation.positions.create(facts).id

    def add_user(self, email: str, first_name: str | None = None, last_name: str | None = None) -> str:
        """A user gets an account in Alva."""
        with self._organisation.lock:
            return self._organisation.directory.add_user(email, first_name, last_name).id

    def add_team(self, name: str) -> str:
        """Alva's staff create a team."""
        with self._organisation.lock:
            return self._organisation.directory.add_team(name).id

    def connect_webhook(self, url: str, token: str) -> None:
        """A webhook is connected in Alva's settings, replacing the previous one. It gets the events from now on."""
        with self._organisation.lock:
            self._organisation.webhook.connection = Connection(url, token)

    def disconnect_webhook(self) -> None:
        """The webhook is disconnected. Deliveries that wait are still sent."""
        with self._organisation.lock:
            self._organisation.webhook.connection = None

    def pretend_webhook(self, event: str, candidate_id: str) -> str:
        """Sends a correctly signed delivery, returns its id. The event may be untrue, the candidate need not exist."""
        with self._organisation.lock:
            return self._organisation.webhook.tell(event, candidate_id, self._roster.find(candidate_id))

    def find(self, opportunity: str) -> dict[str, object]:
        """Returns what Alva has for an opportunity; never raises.

        `{"present", "candidate", "results", "applications", "invitations_sent", "reminders_sent"}`: the latest
        candidate and its results as the API shows them (None if there are none), the number of candidates with this
        `external_id` now, the number of invitation e-mails ever sent for it (including resent ones and those of removed
        candidates), the number of reminders sent to the candidate.
        """
        with self._organisation.lock:
            row = self._roster.newest(opportunity)
            return {
                "present": row is not None,
                "candidate": None if row is None else row.model_dump(mode="json"),
                "results": None if row is None else Results.of(row).model_dump(mode="json"),
                "applications": self._roster.count(opportunity),
                "invitations_sent": self._roster.invitations_sent[opportunity],
                "reminders_sent": 0 if row is None else row.reminders.count(self._now_ms()),
            }

    # Helpers of the moves

    def _now_ms(self) -> int:
        return self._organisation.clock.now_ms()

    @contextmanager
    def _moving(self, opportunity: str) -> Iterator[Candidate]:
        """Yields the candidate under the lock; the webhook gets every change of the person's applications."""
        with self._organisation.lock:
            candidate = self._newest(opportunity)
            with self._organisation.webhook.watching(self._roster.beside(candidate)):
                yield candidate

    def _newest(self, opportunity: str) -> Candidate:
        row = self._roster.newest(opportunity)
        if row is None:
            raise UnknownCandidate(f"Alva has no candidate for opportunity {opportunity}")
        return row

    def _person(self, candidate: Candidate) -> Person:
        return self._organisation.persons.of(candidate.person_email())

    def _mail(self, candidate: Candidate, before: Collection[str], after: str) -> None:
        if candidate.invitation is None:
            raise ValueError(f"candidate {candidate.id} was sent no invitation")
        if candidate.invitation.status in before:
            candidate.invitation.status = after
            candidate.change(self._now_ms())

    def _has_arrived(self, candidate: Candidate) -> None:
        if candidate.invitation is not None:
            self._mail(candidate, (SENT,), DELIVERED)

    def _spread(self, person: Person, tests: Iterable[str], but: Candidate | None) -> None:
        """Copies a person's new results to the other applications."""
        new = {test: person.results[test] for test in tests if test in person.results}
        for application in self._roster.of_person(person):
            concerned = [test for test in application.assessments if test.type in new]
            if application is but or not concerned:
                continue
            for assessment in concerned:
                assessment.complete(new[assessment.type])
            self._roster.recompute(application)
