"""The candidates, and what people do in both services while everything breaks. It also judges the end.

A candidate's name, address, phone number and notes hold a mark that occurs nowhere else, so that a search finds
each of them and nothing by accident.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from include.sandbox import Sandbox
from include.sandbox.alva.models import BOUNCED, Candidate
from include.sandbox.lever import changes
from include.sandbox.lever.models import Comment, Note, Opportunity
from tests.faults import oracle
from tests.faults.oracle import Wrong

# How many of 100 candidates come in each way.
WAYS = {
    "trigger": 38, "send_tests": 10, "screening": 10, "named": 6, "again": 4, "known": 3, "nobody": 6, "skipped": 3,
    "blocked": 3, "near_miss": 2, "confidential": 2, "archived": 2, "no_address": 2, "bad_address": 2, "no_posting": 2,
    "closed": 3, "late": 2,
}  # fmt: skip
# Their invitation fails, and nothing asks again.
FAILING = ("no_address", "bad_address", "no_posting", "closed")
ELSEWHERE = ("New applicant", "Manager screen", "Reference check")
MANAGERS = ("first@company.example.com", "second@company.example.com")
_REFERENCE = re.compile(r"Ref: alva-lever/(failure/\S+|bounce/\S+|result/\S+)")


@dataclass(slots=True)
class Applicant:
    """What the suite knows of a candidate. `ever`: whether an invitation was asked for at some time. `asked`: how often
    a person asked again after a bounce. `theirs`: the tags that are not the integration's. `moved`: by a person.
    `replies`: what people have written under the integration's notes."""

    opportunity_id: str
    way: str
    theirs: set[str] = field(default_factory=set)
    replies: list[str] = field(default_factory=list)
    named: bool = False
    ever: bool = False
    asked: int = 0
    moved: bool = False
    deleted: bool = False


class Crowd:
    """All moves are drawn from one generator, so that they come in the same order for the same seed. Those on Alva's
    side need a candidate there, which depends on what the integration has done by then."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self.sandbox = sandbox
        self.people: dict[str, Applicant] = {}
        self.moves: Counter[str] = Counter()
        self._bounced: list[Applicant] = []
        self._rng = random.Random(f"crowd {seed}")
        self._number = 0
        # Postings of people who applied for several, by their first opportunity.
        self._applied: dict[str, set[str]] = {}
        add = sandbox.recruiter.add_posting
        for manager in MANAGERS:
            sandbox.candidates.add_user(manager)
        lead = MANAGERS[0]
        self._postings = {
            "plain": [add(f"Engineer {number}", team="Platform", hiring_manager_email=lead) for number in range(6)],
            "screening": [
                add(f"Analyst {number}", tags=[oracle.SCREENING], hiring_manager_email=lead) for number in range(3)
            ],
            "skipped": [add("Director", tags=[oracle.SKIP])],
            "confidential": [add("Chief", confidential=True)],
            "closed": [add("Closed job")],
        }
        closed = self._postings["closed"][0]
        sandbox.candidates.add_position("Closed job", external_id=closed)
        sandbox.candidates.expire_position(closed)

    # Arriving

    def arrive(self, count: int) -> list[str]:
        """Adds candidates. Returns the ids of those whom a person is to name in a manual run."""
        ways = self._rng.choices([*WAYS], [*WAYS.values()], k=count)
        new = [self._arrived(way) for way in ways]
        return [one.opportunity_id for one in new if one.way == "named"]

    def _arrived(self, way: str) -> Applicant:
        self._number += 1
        mark, recruiter = f"Qzx{self._number:05d}", self.sandbox.recruiter
        emails = {"no_address": [], "bad_address": [f"{mark} at example"]}.get(way, [f"{mark}@people.example.com"])
        if way == "known":
            self.sandbox.candidates.remember_person(emails[0], self._rng.uniform(0, 100))
        tags = {"send_tests": [oracle.SEND_TESTS], "no_posting": [oracle.SEND_TESTS], "near_miss": ["alva: send tests"]}
        own = [*tags.get(way, []), *self._rng.sample(["Berlin", "Rust", "Call back"], self._rng.randrange(3))]
        name = f"{mark}given {mark}family"
        if way in ("no_posting", "late"):
            opportunity_id = recruiter.add_lead(name, emails, own)
        else:
            kind = way if way in self._postings else "plain"
            contact, applied = self._earlier_applicant() if way == "again" else (None, set())
            posting = self._rng.choice([one for one in self._postings[kind] if one not in applied])
            applied.add(posting)
            origin = "agency" if way == "blocked" else self._rng.choice(["applied", "referred", "sourced"])
            opportunity_id = recruiter.apply(posting, name, emails, origin=origin, tags=own, contact=contact)
        with self.sandbox.world.lock:
            contact_row = self.row(opportunity_id).contact
            contact_row.phones = contact_row.phones or [{"type": "mobile", "value": f"+497770{self._number:08d}"}]
        recruiter.add_note(opportunity_id, f"The talk with {mark} was good")
        if way == "late":  # a lead who applies for a posting with screening
            recruiter.apply_lead(opportunity_id, self._rng.choice(self._postings["screening"]))
        if way not in ("screening", "named", "nobody", "near_miss", "send_tests", "no_posting", "late"):
            recruiter.move(opportunity_id, oracle.TRIGGER_STAGE)
        if way == "archived":
            recruiter.archive(opportunity_id)
        with self.sandbox.world.lock:
            applicant = Applicant(opportunity_id, way, theirs=oracle.theirs(self.row(opportunity_id).tags))
        applicant.ever = way not in ("nobody", "near_miss", "named", "skipped", "blocked", "confidential")
        self.people[opportunity_id] = applicant
        return applicant

    def _earlier_applicant(self) -> tuple[str | None, set[str]]:
        """Returns an earlier candidate and all postings on which that person has ever been, who applies for one more.
        Alva refuses the same person on the same job twice."""
        for applicant in self._rng.sample([*self.people.values()], min(30, len(self.people))):
            row = self.sandbox.world.lever.opportunities.get(applicant.opportunity_id)
            if row is None or row.posting is None or row.contact.anonymised or applicant.way != "trigger":
                continue
            applied = self._applied.setdefault(row.id, {row.posting.id})
            if not applied.issuperset(self._postings["plain"]):
                return row.id, applied
        return None, set()

    def named(self, ids: Sequence[str]) -> None:
        """Records that Airflow took a manual run for these."""
        for opportunity_id in ids:
            self.people[opportunity_id].named = True
            self._look(self.people[opportunity_id])

    # Living

    def live(self, count: int) -> None:
        """People move, tag, delete and note; candidates do their tests; e-mails bounce, and people ask again."""
        for applicant in self._bounced:
            with self.sandbox.world.lock:
                row = self.sandbox.world.lever.opportunities.get(applicant.opportunity_id)
                if row is not None and not applicant.asked:
                    self._ask_again(applicant, row)
        for _ in range(count):
            applicant = self._rng.choice([*self.people.values()])
            chance, choice = self._rng.random(), self._rng.random()
            with self.sandbox.world.lock:
                row = self.sandbox.world.lever.opportunities.get(applicant.opportunity_id)
                candidate = self._candidate(applicant.opportunity_id)
                if row is None:
                    continue
                if chance >= 0.8:
                    self._in_lever(applicant, row, choice)
                elif candidate is not None:
                    self._in_alva(applicant, candidate, choice)
                self._look(applicant)

    def hand_over(self) -> None:
        """A posting gets another hiring manager, which the nightly DAG brings to Alva."""
        posting = self._rng.choice([*self._postings["plain"], *self._postings["screening"]])
        self.sandbox.recruiter.change_posting(posting, hiring_manager_email=self._rng.choice(MANAGERS))
        self._did("hand over", posting)

    def discuss(self) -> None:
        """A person replies to a note of the integration's that tells a result, and then the result changes."""
        with self.sandbox.world.lock:
            told = [(one, note) for one in self.people.values() if (note := self._told(one)) is not None]
            if not told:
                return
            applicant, note = self._rng.choice(told)
            lever, row = self.sandbox.world.lever, self.row(applicant.opportunity_id)
            words = f"Reply {len(applicant.replies)} about {row.contact.name}"
            author = self._rng.choice([*lever.users])
            reply = Comment(value=words, created_at=self.sandbox.clock.now_ms(), user=author)
            changes.add_note(lever, row, reply, by_api=False, thread=note)
            applicant.replies.append(words)
            self._did("reply", self.sandbox.candidates.refit(row.id, self._rng.uniform(0, 100)))

    def _told(self, applicant: Applicant) -> Note | None:
        """Returns the integration's first note of a candidate with a result."""
        row = self.sandbox.world.lever.opportunities.get(applicant.opportunity_id)
        candidate = self._candidate(applicant.opportunity_id)
        if row is None or candidate is None or not candidate.completed or candidate.anonymised:
            return None
        return next((note for note in row.notes.values() if note.by_api), None)

    def _in_alva(self, applicant: Applicant, candidate: Candidate, choice: float) -> None:
        moves, opportunity_id = self.sandbox.candidates, applicant.opportunity_id
        fit = self._rng.choice([0, 24.9, 25, 49, 50, 74.5, 75, 99.9, 100, self._rng.uniform(0, 100)])
        if candidate.anonymised or _bounced(candidate):
            return
        if candidate.completed and choice < 0.3:
            self._did("refit", moves.refit(opportunity_id, fit))
        elif candidate.completed and choice < 0.4:
            self._did("withdraw", moves.withdraw(opportunity_id))
        elif candidate.completed and choice < 0.6:
            self._did("reset", moves.reset(opportunity_id))
        elif candidate.completed and choice < 0.7:
            self._did("interview", moves.interview(opportunity_id))
        elif choice < 0.7 or candidate.role_fit is not None:
            self._did("finish", moves.finish(opportunity_id, fit))
        elif choice < 0.75:
            self._did("finish one", moves.finish(opportunity_id, fit, only=["logic"]))
        elif all(test.status == "invited" for test in candidate.assessments):
            self._did("bounce", moves.bounce(opportunity_id))
            self._bounced.append(applicant)

    def _ask_again(self, applicant: Applicant, row: Opportunity) -> None:
        """After a bounce that Lever shows: another address, or not, and back into the trigger stage."""
        if oracle.BOUNCE not in row.tags or row.archived is not None or oracle.is_out_of_bounds(row):
            return
        if self._rng.random() < 0.5:
            mark = row.contact.emails[0].partition("@")[0]
            self.sandbox.recruiter.set_emails(row.id, [f"{mark}x{applicant.asked}@people.example.com"])
        self.sandbox.recruiter.move(row.id, "New applicant")
        self.sandbox.recruiter.move(row.id, oracle.TRIGGER_STAGE)
        applicant.moved = True
        if oracle.is_to_be_invited(row, named=applicant.named):
            applicant.asked += 1
            self._did("ask again", row.id)

    def _in_lever(self, applicant: Applicant, row: Opportunity, choice: float) -> None:
        recruiter, opportunity_id = self.sandbox.recruiter, applicant.opportunity_id
        if choice < 0.2:
            tag = self._rng.choice(["Lisbon", "Go", "Second look"])
            recruiter.tag(opportunity_id, tag)
            applicant.theirs.add(tag)
            self._did("tag", opportunity_id)
        elif choice < 0.3 and (own := sorted(applicant.theirs - {oracle.SEND_TESTS, oracle.SCREENING, oracle.SKIP})):
            recruiter.untag(opportunity_id, own[0])
            applicant.theirs.discard(own[0])
            self._did("untag", opportunity_id)
        elif choice < 0.5:
            self._did("note", recruiter.add_note(opportunity_id, f"Another word with {row.contact.name}"))
        elif applicant.way in FAILING or applicant.asked or row.archived is not None:
            return
        elif choice < 0.75:
            stage = self._rng.choice([oracle.TRIGGER_STAGE, *ELSEWHERE])
            if self._bounce_is_open(row):  # asking again is a move of its own
                return
            recruiter.move(opportunity_id, stage)
            applicant.moved = True
            self._did("move", opportunity_id)
        elif choice < 0.85:
            self._did("archive", recruiter.archive(opportunity_id))
        elif choice < 0.92:
            self._did("hire", recruiter.hire(opportunity_id))
        elif choice < 0.97:
            self._did("delete", recruiter.delete(opportunity_id))
            applicant.deleted = True
        elif choice < 0.985:
            self._did("hide", recruiter.restrict(opportunity_id))
        else:
            self._did("anonymise", recruiter.anonymise(opportunity_id))

    def _bounce_is_open(self, row: Opportunity) -> bool:
        candidate = self._candidate(row.id)
        return oracle.BOUNCE in row.tags or (candidate is not None and _bounced(candidate))

    def _did(self, move: str, _: object) -> None:
        self.moves[move] += 1

    def _look(self, applicant: Applicant) -> None:
        """Notes whether an invitation is asked for now."""
        with self.sandbox.world.lock:
            row = self.sandbox.world.lever.opportunities.get(applicant.opportunity_id)
            if row is not None and oracle.is_to_be_invited(row, named=applicant.named):
                applicant.ever = True

    def row(self, opportunity_id: str) -> Opportunity:
        row = self.sandbox.world.lever.opportunities.get(opportunity_id)
        assert row is not None
        return row

    def _candidate(self, opportunity_id: str) -> Candidate | None:
        return self.sandbox.world.alva.roster.newest(opportunity_id)

    # The end

    def judge(self) -> list[Wrong]:
        """Returns every broken promise."""
        with self.sandbox.world.lock:
            judged = [wrong for applicant in self.people.values() for wrong in self._judged(applicant)]
            return [*judged, *self._judged_positions()]

    def _judged_positions(self) -> Iterator[Wrong]:
        lever = self.sandbox.world.lever
        for position in self.sandbox.world.alva.positions.all():
            posting = lever.postings.get(position.facts.external_id or "")
            if posting is None or posting.confidential or posting.hiring_manager is None:
                continue
            manager = lever.users.get(posting.hiring_manager)
            if manager is not None and position.facts.owner_email != manager.email:
                yield Wrong("owner", posting.id, f"{position.facts.owner_email}, not {manager.email}")

    def _judged(self, applicant: Applicant) -> Iterator[Wrong]:
        def wrong(what: str, sentence: str) -> Wrong:
            return Wrong(what, opportunity_id, f"{sentence} ({applicant})")

        opportunity_id, roster = applicant.opportunity_id, self.sandbox.world.alva.roster
        row, candidate = self.sandbox.world.lever.opportunities.get(opportunity_id), self._candidate(opportunity_id)
        mails = roster.invitations_sent[opportunity_id]
        if mails > 1 + applicant.asked or roster.count(opportunity_id) > 1:
            yield wrong("twice", f"{mails} e-mails, {1 + applicant.asked} asked for")
        if mails and not applicant.ever:
            yield wrong("uninvited", f"{mails} e-mails")
        if row is None:
            if candidate is not None:
                yield wrong("tags", "deleted in Lever and still in Alva")
            return
        failing = applicant.way in FAILING
        if mails and failing:
            yield wrong("uninvited", "its invitation can't be sent")
        asked = oracle.is_to_be_invited(row, named=applicant.named)
        if asked and not failing and mails < 1 + applicant.asked:
            yield wrong("lost", f"{mails} e-mails, {1 + applicant.asked} asked for")
        if oracle.theirs(row.tags) != applicant.theirs:
            yield wrong("theirs", f"{sorted(oracle.theirs(row.tags))}")
        references = Counter(_references(row))
        if any(count > 1 for count in references.values()):
            yield wrong("note", f"told twice: {references}")
        written = [comment.value for note in row.notes.values() for comment in note.comments]
        for words in applicant.replies:
            if sum(value.endswith(words) for value in written) != 1:
                yield wrong("reply", "a person's reply is gone, or there twice")
        if oracle.is_out_of_bounds(row):
            return
        if candidate is not None:
            expected = oracle.owned_tags(candidate)
        else:
            expected = {oracle.FAILED} if failing and asked else set()
        if oracle.owned(row.tags) != expected:
            yield wrong("tags", f"{sorted(oracle.owned(row.tags))}, not {sorted(expected)}")
        if candidate is None:
            return
        if row.archived is not None and self._is_hire(row) and candidate.stage != "hired":
            yield wrong("tags", f"hired in Lever and {candidate.stage} in Alva")
        if oracle.COMPLETED in expected:
            if row.contact.links.count(candidate.url) != 1:
                yield wrong("link", f"{row.contact.links}")
            if not any(reference == f"result/{candidate.id}" for reference in references):
                yield wrong("note", "no result is told")
            if not applicant.moved and row.archived is None and row.stage.text != "Recruiter screen":
                yield wrong("stage", row.stage.text)

    def _is_hire(self, row: Opportunity) -> bool:
        reason = row.archived and self.sandbox.world.lever.archive_reason(row.archived.reason)
        return bool(reason and reason.type == "hired")


def _references(row: Opportunity) -> Iterator[str]:
    for note in row.notes.values():
        for comment in note.comments:
            yield from (found.rstrip(".") for found in _REFERENCE.findall(comment.value))


def _bounced(candidate: Candidate) -> bool:
    return candidate.invitation is not None and candidate.invitation.status == BOUNCED
