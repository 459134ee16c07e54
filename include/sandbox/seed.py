"""Generates an account from a seed, with the oddities of real accounts in about the shares of the recorded one.

Three years of candidates up to the clock's time: half of them without an e-mail, most never updated, one in twenty a
lead without a posting, a tenth further applications of an existing person; archived, hired, snoozed and anonymised
ones; a confidential posting; tags that differ only in case; invented names of people and places.
"""

from __future__ import annotations

import random

from include.sandbox.lever import changes
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.models import Application, Archived, Contact, Opportunity, Posting, StageChange

DAY_MS = 86_400_000
SPAN_DAYS = 3 * 365

_FIRST = "Ada Bo Cleo Dag Elin Finn Gro Hal Ida Jan Kim Liv Mio Nor Ole Pia"
_LAST = "Alm Berg Dahl Ek Falk Holm Kvist Lind Moen Nord Quist Ros Sand Vik Öst"
_POSTINGS = (  # title, department, team, location, commitment, tags, state, confidential
    ("Data Engineer", "Engineering", "Platform", "London", "Full-time", (), "published", False),
    ("Product Designer", "Product", "Design", "Stockholm", "Full-Time", ("Alva: Screening",), "published", False),
    ("Account Executive", "Sales", "Nordics", "Oslo", "Full-time", (), "published", False),
    ("Office Assistant", "Operations", "Office", "Oslo", "Part-time", ("Alva: Skip Assessment",), "internal", False),
    ("Support Agent", "Customer Success", "Support", None, "Full-time", ("alva: screening",), "published", False),
    ("Financial Controller", "Finance", "Finance", "London", "Full-time", (), "closed", False),
    ("Chief Financial Officer", "Finance", "Management", "London", "Full-time", (), "internal", True),
)
_SHARES = (6, 5, 5, 3, 3, 2, 1)  # how often candidates apply to each posting
_TAGS = ("Resume", "vip", "VIP", "referred by a friend", "Test", "another tag")
_ORIGINS = ("sourced",) * 70 + ("applied",) * 20 + ("referred",) * 6 + ("agency", "agency", "internal", "university")
_SOURCES = {"sourced": "LinkedIn", "applied": "Job site", "referred": "Referral"}


def fill(account: LeverAccount, seed: int, opportunities: int) -> None:
    """Adds postings and that many opportunities to an account that has stages, reasons and users."""
    if opportunities < 0:
        raise ValueError("There can't be fewer than no opportunities")
    _Maker(account, random.Random(f"world {seed}")).make(opportunities)


class _Maker:
    def __init__(self, account: LeverAccount, chance: random.Random) -> None:
        self._account = account
        self._chance = chance
        self._now = account.clock.now_ms()
        self._contacts: list[Contact] = []

    def make(self, opportunities: int) -> None:
        postings = [self._posting(place) for place in range(len(_POSTINGS))]
        for _ in range(opportunities):
            self._opportunity(postings)
        for contact in self._contacts[:: max(1, len(self._contacts) // 3)][:2]:
            changes.anonymise(self._account, contact, self._now - DAY_MS)

    def _posting(self, place: int) -> Posting:
        title, department, team, location, commitment, tags, state, confidential = _POSTINGS[place]
        users = [*self._account.users]
        at = self._now - SPAN_DAYS * DAY_MS - place * DAY_MS
        posting = Posting(
            id=self._account.ids.uuid(),
            text=title,
            created_at=at,
            updated_at=at,
            state=state,
            confidential=confidential,
            team=team,
            department=department,
            location=location,
            commitment=commitment,
            tags=[*tags],
            user=users[0],
            owner=users[place % 2],
            hiring_manager=users[place % len(users)] if place % 3 else None,
        )
        self._account.postings[posting.id] = posting
        return posting

    def _opportunity(self, postings: list[Posting]) -> None:
        chance, users = self._chance, [*self._account.users]
        origin = chance.choice(_ORIGINS)
        created_at = self._now - chance.randrange(2 * DAY_MS, SPAN_DAYS * DAY_MS)
        by = None if origin == "applied" else chance.choice(users)
        row = Opportunity(
            id=self._account.ids.uuid(),
            contact=self._contact(),
            stage=self._account.stages["applicant-new" if origin == "applied" else "lead-new"],
            created_at=created_at,
            last_advanced_at=created_at,
            last_interaction_at=created_at,
            origin=origin,
            tags=chance.sample(_TAGS, chance.choice((0, 0, 1, 2))),
            sources=[_SOURCES.get(origin, "Added manually")] if chance.random() < 0.9 else [],
            sourced_by=by if origin == "sourced" else None,
            owner=by or users[0],
            followers=[by] if by else [],
        )
        self._progress(row, by)
        if chance.random() >= 0.05:
            self._link(row, chance.choices(postings, _SHARES)[0], by)
        if chance.random() < 0.35:
            self._archive(row)
        elif chance.random() < 0.03:
            row.snoozed_until = self._now + chance.randrange(DAY_MS, 30 * DAY_MS)
        if chance.random() < 0.05:
            row.updated_at = max(row.last_interaction_at, self._now - chance.randrange(30 * DAY_MS))
        self._account.add_opportunity(row)

    def _contact(self) -> Contact:
        """Returns a new person, or in one of ten cases an existing one."""
        chance = self._chance
        if self._contacts and chance.random() < 0.1:
            return chance.choice(self._contacts)
        number = len(self._contacts)
        first, last = chance.choice(_FIRST.split()), chance.choice(_LAST.split())
        contact = Contact(
            id=self._account.ids.uuid(),
            name="" if chance.random() < 0.012 else f"{first} {last}",
            headline=chance.choice(("", "Example Works", "Sample & Sons")),
            location=chance.choice(("", "", "Exampleton")),
        )
        if chance.random() < 0.5:
            contact.emails = [f"{first}.{number}@candidates.example.com".lower()]
        if contact.emails and chance.random() < 0.05:
            contact.emails.append(f"{first}.{number}@elsewhere.example.com".lower())
        if chance.random() < 0.02:
            contact.phones = [
                {"type": chance.choice(("mobile", "home", "other")), "value": f"+1 555 {number % 10_000:04d}"}
            ]
        if chance.random() < 0.3:
            contact.links = [f"https://people.test/{number}"]
        self._contacts.append(contact)
        return contact

    def _progress(self, row: Opportunity, by: str | None) -> None:
        """Adds some steps through the pipeline, the first without a user's name, as on imported opportunities."""
        stages = [*self._account.stages.values()]
        place = self._account.stage_index(row.stage)
        at = row.created_at
        row.stage_changes.append(StageChange(to_stage_id=row.stage.id, to_stage_index=place, updated_at=at))
        for _ in range(self._chance.choice((0, 0, 1, 1, 2, 3))):
            place = min(place + self._chance.choice((1, 1, 2)), len(stages) - 1)
            at = min(at + self._chance.randrange(DAY_MS, 20 * DAY_MS), self._now - DAY_MS)
            if stages[place] is not row.stage:
                row.stage = stages[place]
                row.stage_changes.append(
                    StageChange(to_stage_id=row.stage.id, to_stage_index=place, updated_at=at, user_id=by)
                )
        row.last_advanced_at = row.last_interaction_at = at

    def _link(self, row: Opportunity, posting: Posting, by: str | None) -> None:
        applied, uid = row.origin == "applied", self._account.ids.uuid()
        row.application = Application.of(row, uid, posting, row.created_at, applied=applied, by=by)
        row.application.phone = None  # so that a seed's world stays what it was
        row.confidential = posting.confidential
        row.location = posting.location
        row.tags += [tag for tag in posting.derived_tags() if tag not in row.tags]

    def _archive(self, row: Opportunity) -> None:
        at = min(row.last_advanced_at + self._chance.randrange(DAY_MS, 30 * DAY_MS), self._now - DAY_MS)
        reason = self._chance.choice([*self._account.archive_reasons.values()])
        row.archived = Archived(reason=reason.id, archived_at=at)
        if row.application is not None:
            row.application.archived = Archived(reason=reason.id, archived_at=at)
        row.last_interaction_at = at
