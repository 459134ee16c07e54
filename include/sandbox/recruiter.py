"""The moves on Lever's side of the world: what recruiters, applicants and Lever itself do.

Records are named by id; a stage, an archive reason, a user or a posting also by its exact name. ``at_ms`` backdates a
move; without it, the move happens now. Arguments and answers are plain JSON values, so that a move can be made over
HTTP as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from include.sandbox.clock import fixed_uuid
from include.sandbox.lever import changes
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.models import ORIGINS, Comment, Contact, Opportunity, Posting
from include.sandbox.world import Naming, World


class Recruiter:
    """Raises ValueError for an unknown name or a move that makes no sense, `LeverError` if Lever would refuse."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._find = Naming(world)

    # Postings

    def add_posting(
        self,
        name: str,
        tags: Sequence[str] = (),
        team: str | None = None,
        hiring_manager_email: str | None = None,
        confidential: bool = False,
        state: str = "published",
        department: str | None = None,
        location: str | None = None,
        commitment: str | None = None,
    ) -> str:
        """Returns the posting's id. An unknown hiring manager becomes a user."""
        with self._world.lock:
            now = self._now()
            owner = self._find.actor().id
            posting = Posting(
                id=self._lever.ids.uuid(),
                text=name,
                created_at=now,
                updated_at=now,
                state=state,
                confidential=confidential,
                team=team,
                department=department,
                location=location,
                commitment=commitment,
                tags=list(tags),
                user=owner,
                owner=owner,
                hiring_manager=self._find.user_with(hiring_manager_email).id if hiring_manager_email else None,
            )
            self._lever.postings[posting.id] = posting
            return posting.id

    def change_posting(
        self,
        posting: str,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        team: str | None = None,
        hiring_manager_email: str | None = None,
        state: str | None = None,
        department: str | None = None,
        location: str | None = None,
        commitment: str | None = None,
    ) -> str:
        """Changes the given fields; "" removes a team, hiring manager, department, location or commitment."""
        with self._world.lock:
            row = self._find.posting(posting)
            values = {"team": team, "department": department, "location": location, "commitment": commitment}
            for attribute, value in values.items():
                if value is not None:
                    setattr(row, attribute, value or None)
            if hiring_manager_email is not None:
                row.hiring_manager = self._find.user_with(hiring_manager_email).id if hiring_manager_email else None
            row.state = state or row.state
            row.tags = row.tags if tags is None else list(tags)
            if name is not None and name != row.text:
                changes.rename_posting(self._lever, row, name, self._now())
            row.updated_at = self._now()
            return row.id

    def delete_posting(self, posting: str, at_ms: int | None = None) -> str:
        """Deletes a posting that has no applications."""
        with self._world.lock:
            row = self._find.posting(posting)
            changes.delete_posting(self._lever, row, self._at(at_ms), by=self._find.actor().id)
            return row.id

    def add_user(self, name: str, email: str, access_role: str = "team member") -> str:
        with self._world.lock:
            return self._find.add_user(name, email, access_role).id

    # New candidates

    def add_lead(
        self,
        name: str,
        emails: Sequence[str] = (),
        tags: Sequence[str] = (),
        stage: str = "lead-new",
        origin: str = "sourced",
        contact: str | None = None,
        at_ms: int | None = None,
    ) -> str:
        """Adds a person without a posting. Returns the opportunity's id."""
        with self._world.lock:
            return self._open(None, self._person(contact, name, emails), stage, origin, tags, at_ms)

    def apply(
        self,
        posting: str,
        name: str,
        emails: Sequence[str] = (),
        stage: str = "applicant-new",
        origin: str = "applied",
        tags: Sequence[str] = (),
        contact: str | None = None,
        at_ms: int | None = None,
    ) -> str:
        """Returns the opportunity's id. ``contact``: an existing person, by the contact's or an opportunity's id."""
        with self._world.lock:
            person = self._person(contact, name, emails)
            return self._open(self._find.posting(posting), person, stage, origin, tags, at_ms)

    def apply_lead(self, opportunity: str, posting: str, at_ms: int | None = None) -> str:
        """A lead gets a posting later. Returns the application's id."""
        with self._world.lock:
            row, job, at = self._find.opportunity(opportunity), self._find.posting(posting), self._at(at_ms)
            return changes.link_posting(self._lever, row, job, at, by=self._find.actor().id, by_hand=True).id

    # Candidates move

    def move(self, opportunity: str, stage: str, at_ms: int | None = None) -> str:
        with self._world.lock:
            row, at = self._find.opportunity(opportunity), self._at(at_ms)
            changes.change_stage(self._lever, row, self._find.stage(stage), at, by=self._find.actor().id)
            return row.id

    def tag(self, opportunity: str, *tags: str) -> str:
        with self._on(opportunity) as row:
            changes.change_items(self._lever, row, "tags", self._now(), add=tags)
            return row.id

    def untag(self, opportunity: str, *tags: str) -> str:
        with self._on(opportunity) as row:
            changes.change_items(self._lever, row, "tags", self._now(), remove=tags)
            return row.id

    def archive(self, opportunity: str, reason: str = "Withdrew", at_ms: int | None = None) -> str:
        with self._on(opportunity) as row:
            changes.archive(self._lever, row, self._find.reason(reason), self._at(at_ms))
            return row.id

    def unarchive(self, opportunity: str, at_ms: int | None = None) -> str:
        with self._on(opportunity) as row:
            changes.unarchive(self._lever, row, self._at(at_ms))
            return row.id

    def hire(self, opportunity: str, at_ms: int | None = None) -> str:
        """Archives the opportunity with the account's reason of type ``hired``."""
        with self._on(opportunity) as row:
            reason = next(reason for reason in self._lever.archive_reasons.values() if reason.type == "hired")
            changes.archive(self._lever, row, reason, self._at(at_ms))
            return row.id

    def snooze(self, opportunity: str, until_ms: int | None) -> str:
        """Snoozes the opportunity until that time; None ends the snooze."""
        with self._on(opportunity) as row:
            if row.snoozed_until != until_ms:
                row.snoozed_until = until_ms
                self._lever.touched(row, self._now())
            return row.id

    def delete(self, opportunity: str, at_ms: int | None = None) -> str:
        with self._on(opportunity) as row:
            changes.delete(self._lever, row, self._at(at_ms), by=self._find.actor().id)
            return row.id

    # Persons

    def set_emails(self, opportunity: str, emails: Sequence[str]) -> str:
        """Sets the person's addresses, on all of the person's opportunities."""
        with self._on(opportunity) as row:
            changes.change_contact(self._lever, row.contact, self._now(), {"emails": list(emails)})
            return row.id

    def rename(self, opportunity: str, name: str) -> str:
        with self._on(opportunity) as row:
            changes.change_contact(self._lever, row.contact, self._now(), {"name": name})
            return row.id

    def anonymise(self, opportunity: str) -> str:
        with self._on(opportunity) as row:
            changes.anonymise(self._lever, row.contact, self._now())
            return row.id

    def restrict(self, opportunity: str, restricted: bool = True) -> str:
        """From now on Lever answers 403 to every request for this opportunity by its id. Listings still show it."""
        with self._on(opportunity) as row:
            row.restricted = restricted
            return row.id

    # Notes

    def add_note(self, opportunity: str, text: str, author: str | None = None, at_ms: int | None = None) -> str:
        """Adds a note of a user (by default the recruiter) written in Lever itself, which the API cannot change."""
        with self._world.lock:
            row, at = self._find.opportunity(opportunity), self._at(at_ms)
            user = self._find.actor() if author is None else self._find.user(author)
            comment = Comment(value=text, created_at=at, user=user.id, stage=row.stage.id)
            return changes.add_note(self._lever, row, comment, by_api=False).id

    def delete_note(self, opportunity: str, note: str) -> str:
        """Deletes any note, including the API's."""
        with self._on(opportunity) as row:
            del row.notes[self._lever.note(row, note).id]
            return note

    # Webhooks: what a Super Admin (the recruiter) does in Lever's settings, and what Lever itself does.
    # Moves on deliveries affect Alva's deliveries too.

    def switch_webhooks(self, on: bool = True, event: str | None = None) -> list[str]:
        """Switches webhooks on or off, for one event or for all; they are off at first. Returns the events now on."""
        if event is not None and event not in changes.EVENTS:
            raise ValueError(f"No event {event!r}; there are: {', '.join(sorted(changes.EVENTS))}")
        with self._world.lock:
            switched, now_on = changes.EVENTS if event is None else {event}, self._lever.switched_on
            self._lever.switched_on = now_on | switched if on else now_on - switched
            return sorted(self._lever.switched_on)

    def verify_webhook(self, webhook: str) -> int | None:
        """The button that tests a webhook: sends a delivery without data once, even if the webhook is off. Waits for
        the answer and returns its status, None for no answer."""
        with self._world.lock:
            row, at_ms = self._find.webhook(webhook), self._now()
        return self._world.deliveries.verify(row, at_ms=at_ms)

    def rerun_delivery(self, delivery: str) -> str:
        """The button "Rerun": sends the same body again."""
        self._world.deliveries.rerun(delivery)
        return delivery

    def disturb_webhooks(self, duplicates: int = 0, shuffled: bool = False) -> None:
        """From now on sends each delivery ``1 + duplicates`` times, and in another order if shuffled, which holds it
        for a tenth of a second. Without arguments, back to normal."""
        self._world.deliveries.disturb(duplicates=duplicates, shuffled=shuffled)

    def hold_webhooks(self, held: bool = True, reversed: bool = False) -> None:
        """Holds deliveries; ``held`` False releases them, in their order or the last first."""
        if held:
            self._world.deliveries.hold()
        else:
            self._world.deliveries.release(backwards=reversed)

    def pretend(self, event: str, opportunity: str, **data: Any) -> list[str]:
        """Sends each webhook of that event a correctly signed delivery that may be untrue.

        It ignores whether the webhook is on, and whether the opportunity exists and has a matching origin. ``data``
        extends or replaces the usual ids. Returns the ids of the deliveries.
        """
        with self._world.lock:
            webhooks = [webhook for webhook in self._lever.webhooks.values() if webhook.event == event]
            if not webhooks:
                raise ValueError(f"There is no webhook for {event!r}")
            known = self._lever.opportunities.get(opportunity)
            contact = fixed_uuid(f"contact of {opportunity}") if known is None else known.contact.id
            claimed, now = changes.about(opportunity, contact) | data, self._now()
            send = self._world.deliveries.send
            return [send(webhook, event, claimed, at_ms=now, opportunity=opportunity) for webhook in webhooks]

    # Helpers of the moves

    @property
    def _lever(self) -> LeverAccount:
        return self._world.lever

    @contextmanager
    def _on(self, opportunity: str) -> Iterator[Opportunity]:
        """Yields the opportunity, under the lock."""
        with self._world.lock:
            yield self._find.opportunity(opportunity)

    def _now(self) -> int:
        return self._world.clock.now_ms()

    def _at(self, at_ms: int | None) -> int:
        return self._now() if at_ms is None else at_ms

    def _open(
        self,
        posting: Posting | None,
        person: Contact,
        stage: str,
        origin: str,
        tags: Sequence[str],
        at_ms: int | None,
    ) -> str:
        if origin not in ORIGINS:
            raise ValueError(f"No origin {origin!r}; there are: {', '.join(ORIGINS)}")
        opportunity = changes.open_opportunity(
            self._lever,
            person,
            self._find.stage(stage),
            self._at(at_ms),
            by=None if origin == "applied" else self._find.actor().id,
            origin=origin,
            tags=tags,
            sources=["Job site" if origin == "applied" else "Added manually"],
            posting=posting,
        )
        return opportunity.id

    def _person(self, contact: str | None, name: str, emails: Sequence[str]) -> Contact:
        if contact is not None:
            return self._find.contact(contact)
        return Contact(id=self._lever.ids.uuid(), name=name, emails=list(emails))
