"""What candidates and Alva's own people do, told by opportunity: the moves on Alva's side of the world.

The integration adds a candidate with the opportunity's id as `external_id`; by that id the moves find the candidate
that was added last. Arguments and answers are plain JSON values, so that a move can be made over HTTP as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from include.sandbox.alva import AlvaOrganisation, shapes
from include.sandbox.alva.candidate import Candidate, Invitee
from include.sandbox.alva.positions import Facts
from include.sandbox.alva.times import DAY_MS
from include.sandbox.alva.webhook import Connection


class UnknownCandidate(LookupError):
    """Alva has no candidate for this opportunity (any more)."""


class Candidates:
    """The moves. Each takes effect at once, at the clock's present moment, and answers the id of what it moved.

    Raises `UnknownCandidate` (a LookupError) where there is none, ValueError where the move makes no sense at that
    point, and `AlvaError` where Alva itself would refuse.
    """

    def __init__(self, organisation: AlvaOrganisation) -> None:
        self._organisation = organisation

    def bounce(self, opportunity: str) -> str:
        """The invitation e-mail comes back."""
        return self._move(opportunity, self._organisation.progress.bounce)

    def deliver(self, opportunity: str) -> str:
        """The invitation e-mail arrives."""
        return self._move(opportunity, self._organisation.progress.deliver)

    def start(self, opportunity: str) -> str:
        """The candidate begins the next test."""
        return self._move(opportunity, self._organisation.progress.start)

    def finish(self, opportunity: str, role_fit: float | None = 82, only: Sequence[str] | None = None) -> str:
        """The candidate completes all tests, or `only` some of `logic`, `personality`, `coding`.

        Logic and personality count on the person's other applications too, with other role fits. `role_fit` None:
        none yet.
        """
        return self._move(opportunity, lambda row: self._organisation.progress.finish(row, role_fit, only))

    def refit(self, opportunity: str, role_fit: float | None) -> str:
        """The role fit becomes another one, or None, without a test."""
        return self._move(opportunity, lambda row: self._organisation.progress.refit(row, role_fit))

    def reset(self, opportunity: str) -> str:
        """Somebody in Alva allows retaking: the results go from all of the person's applications."""
        return self._move(opportunity, self._organisation.progress.reset)

    def withdraw(self, opportunity: str) -> str:
        """The candidate ends the sharing of the results: the tests stay completed, the role fit is gone."""
        return self._move(opportunity, self._organisation.progress.withdraw)

    def share(self, opportunity: str) -> str:
        """The candidate shares the results again."""
        return self._move(opportunity, self._organisation.progress.share)

    def interview(self, opportunity: str, score: int = 4, title: str = "Interview") -> str:
        """An interview is scored, 1 to 5."""
        return self._move(opportunity, lambda row: self._organisation.progress.interview(row, score, title))

    def anonymise(self, opportunity: str) -> str:
        """The time for which data is kept is over: name, e-mail and results go."""
        with self._organisation.lock:
            row = self._newest(opportunity)
            self._organisation.roster.anonymise(row, self._organisation.clock.now_ms())
            return row.id

    def remember_person(self, email: str, role_fit: float | None = 82, age_days: int = 0) -> None:
        """Somebody has results from before.

        Younger than 24 months (730 days), they complete the next invitation at once.
        """
        with self._organisation.lock:
            applications = self._organisation.roster.of_person(self._organisation.persons.of(email))
            with self._organisation.webhook.watching(applications):
                self._organisation.progress.remember(email, role_fit, age_days * DAY_MS)

    def expire_position(self, position: str) -> str:
        """A position's 90 days end now. `position`: Alva's id, or the posting's id that it has as `external_id`."""
        with self._organisation.lock:
            row = self._organisation.positions.named(position)
            row.expire(self._organisation.clock.now_ms())
            return row.id

    def add_by_hand(
        self, position: str, email: str, first_name: str | None = None, last_name: str | None = None
    ) -> str:
        """Somebody invites a person in Alva itself: a candidate without an `external_id`."""
        with self._organisation.lock:
            row = self._organisation.positions.named(position)
            return self._organisation.roster.invite(row.id, Invitee(email, first_name, last_name)).id

    def add_position(
        self, name: str, external_id: str | None = None, owner_email: str | None = None, team: str | None = None
    ) -> str:
        """Somebody makes a position in Alva itself."""
        with self._organisation.lock:
            profile_id = self._organisation.directory.default_profile.id
            facts = Facts(name, external_id, owner_email, team=team, profile_id=profile_id)
            return self._organisation.positions.create(facts).id

    def add_user(self, email: str, first_name: str | None = None, last_name: str | None = None) -> str:
        """Somebody gets an account in Alva."""
        with self._organisation.lock:
            return self._organisation.directory.add_user(email, first_name, last_name).id

    def add_team(self, name: str) -> str:
        """A team is made in Alva."""
        with self._organisation.lock:
            return self._organisation.directory.add_team(name).id

    def connect_webhook(self, url: str, token: str) -> None:
        """Somebody connects a webhook in Alva's settings, in place of the one before. It is sent what happens next."""
        with self._organisation.lock:
            self._organisation.webhook.connection = Connection(url, token)

    def disconnect_webhook(self) -> None:
        """Somebody disconnects it. What waits to be sent is sent all the same."""
        with self._organisation.lock:
            self._organisation.webhook.connection = None

    def pretend_webhook(self, event: str, candidate_id: str) -> str:
        """A delivery, well signed, that claims what need not be true, of a candidate whom there need not be.

        Gives the delivery's id.
        """
        with self._organisation.lock:
            return self._organisation.webhook.tell(event, candidate_id, self._organisation.roster.find(candidate_id))

    def find(self, opportunity: str) -> dict[str, object]:
        """What Alva has for an opportunity; never raises.

        `{"present", "candidate", "results", "applications", "invitations_sent", "reminders_sent"}`: the candidate
        that was added last and its results as the API shows them (None where there is none), how many candidates
        carry this `external_id` now, how many invitation e-mails were ever sent for it (resent ones and those of
        removed candidates included), how many reminders the candidate was sent.
        """
        with self._organisation.lock:
            row = self._organisation.roster.newest(opportunity)
            now_ms = self._organisation.clock.now_ms()
            return {
                "present": row is not None,
                "candidate": None if row is None else shapes.candidate(row),
                "results": None if row is None else shapes.results(row),
                "applications": self._organisation.roster.count(opportunity),
                "invitations_sent": self._organisation.roster.invitations_sent[opportunity],
                "reminders_sent": 0 if row is None else row.reminders.count(now_ms),
            }

    def _move(self, opportunity: str, move: Callable[[Candidate], None]) -> str:
        with self._organisation.lock:
            row = self._newest(opportunity)
            with self._organisation.webhook.watching(self._organisation.roster.beside(row)):
                move(row)
            return row.id

    def _newest(self, opportunity: str) -> Candidate:
        row = self._organisation.roster.newest(opportunity)
        if row is None:
            raise UnknownCandidate(f"Alva has no candidate for opportunity {opportunity}")
        return row
