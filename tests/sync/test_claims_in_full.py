"""A delivery is only a claim, and Lever's data decides: in any state, in any order, also if untrue or interrupted.

The rows of the table of events (section 5) are in `test_claiming`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from alva_lever.http.errors import ApiError, MissingPermission, Unauthorized
from alva_lever.rules.events import OLDEST_DELIVERY_MS, Event, Kind
from alva_lever.rules.window import OVERLAP_MS, Window
from tests.sync.claims import applied, deleted, elsewhere, hired, moved
from tests.sync.killing import Killer, When, survives
from tests.sync.office import ELSEWHERE, FURTHER, HOUR_MS, NOW_MS, TRIGGER, Office

DAY_MS = 24 * HOUR_MS
LONG_AGO_MS = NOW_MS - 90 * DAY_MS
SENT, FAILED = ["Invitation Sent"], ["Invitation Failed"]
SEND_TESTS, SCREENING, SKIP = "Alva: Send Tests", "Alva: Screening", "Alva: Skip Assessment"
MOST_REQUESTS = 60


def make_confidential(office: Office, posting: str) -> None:
    """Makes a posting and all of its opportunities confidential, as Lever's settings do."""
    office.sandbox.world.lever.postings[posting].confidential = True
    for row in office.sandbox.world.lever.opportunities:
        row.confidential |= row.posting is not None and row.posting.id == posting


def see_the_confidential(office: Office) -> None:
    office.connect(lever_key=office.sandbox.add_lever_key("all", confidential=True))


def looks(office: Office, opportunity: str) -> int:
    return len(office.arrived("lever", "GET", f"/opportunities/{opportunity}"))


def state(office: Office, opportunity: str) -> dict[str, object]:
    """Returns all that a person can see of a candidate and of the job position in both services."""
    found = office.candidates.find(opportunity)
    candidate: Any = found["candidate"] or {}
    row = office.sandbox.world.lever.opportunities.get(opportunity)
    seen = {} if row is None else office.sandbox.look(opportunity)
    postings = {office.posting, row.posting.id if row is not None and row.posting is not None else None}
    return {
        "positions": sorted(
            (one.facts.name, one.facts.team) for one in office.positions() if one.facts.external_id in postings
        ),
        "alva": [candidate.get("stage"), (candidate.get("invitation") or {}).get("status")],
        "sent": (found["applications"], found["invitations_sent"]),
        "lever": [seen.get(name) for name in ("stage", "archived", "links")],
        "tags": sorted(seen.get("tags", [])),
        "notes": [note["text"] for note in seen.get("notes", [])],
    }


@pytest.fixture
def ada(office: Office) -> str:
    """An invited candidate."""
    ada = office.apply()
    office.run(ada)
    office.forget()
    return ada


class TestStageChange:
    """Section 3 in full: the present opportunity decides."""

    def test_a_candidate_who_has_left_the_trigger_stage_is_not_invited(self, office: Office) -> None:
        ada = office.apply()
        office.recruiter.move(ada, FURTHER)
        assert office.deliver(moved(ada), moved(ada)) == {"not_requested": 1}
        assert office.sent(ada) == 0

    def test_every_row_of_the_table_is_reported_under_its_reason(self, office: Office) -> None:
        skipped = office.recruiter.add_posting("Cook", tags=[SKIP])
        secret = office.recruiter.add_posting("Chief", confidential=True)
        people = {
            "gone": office.recruiter.anonymise(office.apply()),
            "confidential": office.apply(posting=secret, tags=[SEND_TESTS]),
            "archived": office.recruiter.archive(office.apply(tags=[SEND_TESTS])),
            "already_invited": office.apply(tags=["Alva: Completed"]),
            "send_tests": elsewhere(office, posting=skipped, tags=[SEND_TESTS]),
            "skip_assessment": office.apply(posting=skipped),
            "trigger_stage": office.apply(),
            "not_requested": elsewhere(office),
            "missing_email": office.apply(emails=[]),
            "invalid_email": office.apply(emails=["nonsense"]),
            "no_posting": office.recruiter.add_lead("Kim Ek", ["kim@candidates.example.com"], stage=TRIGGER),
        }
        assert office.deliver(*map(moved, people.values())) == dict.fromkeys(people, 1)
        assert office.progress.report.ids == {word: [one] for word, one in people.items()}
        invited = {word for word, one in people.items() if office.sent(one)}
        assert invited == {"send_tests", "trigger_stage"}

    def test_a_failed_invitation_waits_until_the_candidate_enters_again(self, office: Office) -> None:
        ada = office.apply(emails=[])
        assert office.deliver(moved(ada)) == {"missing_email": 1}
        assert office.deliver(moved(ada)) == {"awaiting_retry": 1}
        assert (office.status(ada), office.failures(ada)) == (FAILED, ["missing_email"])
        office.reenter(ada)
        assert office.deliver(moved(ada), moved(ada)) == {"missing_email": 1}
        assert office.failures(ada) == ["missing_email"] * 2
        office.recruiter.set_emails(ada, ["ada@candidates.example.com"])
        assert office.deliver(moved(ada)) == {"awaiting_retry": 1}
        office.reenter(ada)
        assert office.deliver(moved(ada)) == {"trigger_stage": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)

    @pytest.mark.parametrize("unknown", ["nobody", "deleted", "..", "a/b?c", " "])
    def test_an_unknown_id_is_gone(self, office: Office, unknown: str) -> None:
        assert office.deliver(moved(unknown), Event(Kind.APPLIED, unknown, "a")) == {"gone": 1}
        assert (office.writes(), office.arrived("alva")) == (0, [])

    def test_a_tag_that_only_looks_like_a_control_tag_is_reported(self, office: Office) -> None:
        ada = elsewhere(office, tags=["alva: send tests"])
        assert office.deliver(moved(ada)) == {"not_requested": 1}
        assert office.progress.report.near_misses == [{"id": ada, "tag": "alva: send tests"}]

    def test_a_candidate_moved_on_before_the_tag_was_written_gets_it_from_the_results_dag(self, office: Office) -> None:
        ada = office.apply()
        office.faults.add("lever", "POST", "*/addTags", times=None)
        with pytest.raises(ApiError):
            office.deliver(moved(ada))
        office.faults.clear()
        office.recruiter.move(ada, FURTHER)
        office.deliver(moved(ada), again=True, repeated=True)
        assert office.push_lately() == {"invited": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)


class TestApplication:
    def test_screening_invites_a_new_application(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=[SCREENING])
        ada = elsewhere(office, posting=posting)
        assert office.deliver(applied(office, ada)) == {"screening": 1}
        assert (office.sent(ada), office.status(ada)) == (1, SENT)
        assert office.deliver(applied(office, ada)) == {"already_invited": 1}
        assert office.sent(ada) == 1

    def test_a_late_application_of_an_older_lead_is_new(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Support", tags=[SCREENING])
        lead = office.recruiter.add_lead("Ada Byron", ["ada@candidates.example.com"], at_ms=LONG_AGO_MS)
        office.recruiter.apply_lead(lead, posting)
        assert office.deliver(applied(office, lead)) == {"screening": 1}

    @pytest.mark.parametrize("application", ["another", "", None])
    def test_only_the_present_application_is_new(self, office: Office, application: str | None) -> None:
        posting = office.recruiter.add_posting("Support", tags=[SCREENING])
        ada = elsewhere(office, posting=posting)
        event = Event(Kind.APPLIED, ada, application)
        assert office.deliver(event, event) == {"not_requested": 1}
        assert (office.sent(ada), office.positions()) == (0, [])
        assert office.deliver(event, applied(office, ada)) == {"screening": 1}

    @pytest.mark.parametrize("word", ["archived", "hired", "already_invited"])
    def test_an_archived_or_invited_applicant_syncs_the_job_position_too(self, office: Office, word: str) -> None:
        ada = office.apply()
        if word == "already_invited":
            office.recruiter.tag(ada, "Alva: Invitation Sent")
        else:
            (office.recruiter.hire if word == "hired" else office.recruiter.archive)(ada)
        event = applied(office, ada)
        assert office.deliver(event) == {"archived" if word == "hired" else word: 1}
        assert [row.facts.name for row in office.positions()] == ["Data Engineer"]
        office.recruiter.change_posting(office.posting, name="Data Person")
        office.deliver(event)
        assert [row.facts.name for row in office.positions()] == ["Data Person"]
        assert (office.sent(ada), office.candidates.find(ada)["present"]) == (0, False)

    @pytest.mark.parametrize("settled", ["not", "archived", "already invited"])
    @pytest.mark.parametrize("grant", [True, False], ids=["shown", "refused"])
    def test_a_confidential_posting_never_reaches_alva(self, office: Office, settled: str, grant: bool) -> None:
        ada = office.apply(posting=office.recruiter.add_posting("Chief", tags=[SCREENING], confidential=True))
        if settled == "archived":
            office.recruiter.archive(ada)
        if settled == "already invited":
            office.recruiter.tag(ada, "Alva: Invitation Sent")
        if grant:
            see_the_confidential(office)
        assert office.deliver(applied(office, ada), moved(ada)) == {"confidential": 1}
        assert office.arrived("alva") == []

    @pytest.mark.parametrize("archived", [True, False])
    def test_a_posting_that_lever_refuses_to_show_never_reaches_alva(self, office: Office, archived: bool) -> None:
        ada = office.apply()
        if archived:
            office.recruiter.archive(ada)
        office.faults.add("lever", "GET", f"/postings/{office.posting}", status=403, times=None)
        assert office.deliver(applied(office, ada)) == {"confidential": 1}
        assert office.arrived("alva") == []

    @pytest.mark.parametrize("what", ["anonymise", "restrict", "delete"])
    def test_a_gone_or_hidden_applicant_syncs_no_job_position(self, office: Office, what: str) -> None:
        ada = office.apply()
        event = applied(office, ada)
        getattr(office.recruiter, what)(ada)
        assert office.deliver(event) == {"confidential" if what == "restrict" else "gone": 1}
        assert office.arrived("alva") == []

    def test_a_lead_without_a_posting_syncs_no_job_position(self, office: Office) -> None:
        lead = office.recruiter.add_lead("Ada Byron", ["ada@candidates.example.com"])
        assert office.deliver(Event(Kind.APPLIED, lead, "a")) == {"not_requested": 1}
        assert office.writes() == 0

    def test_a_posting_that_alva_refuses_is_no_failure_of_a_candidate_who_is_not_invited(self, office: Office) -> None:
        office.recruiter.change_posting(office.posting, name=" ")
        bo, kim = elsewhere(office), office.apply()
        assert office.deliver(applied(office, bo), moved(kim)) == {"not_requested": 1, "refused_by_alva": 1}
        assert (office.notes(bo), office.failures(kim)) == ([], ["refused_by_alva"])

    def test_an_applicant_in_the_trigger_stage_is_invited_only_by_an_entry_or_a_poll(self, office: Office) -> None:
        ada, bo = office.apply(), office.apply(tags=[SEND_TESTS])
        office.later()
        assert office.deliver(applied(office, ada), applied(office, bo)) == {"not_requested": 1, "send_tests": 1}
        assert office.deliver(applied(office, ada), hired(ada), deleted(ada)) == {"unconfirmed": 1}
        assert (office.sent(ada), office.status(ada)) == (0, [])
        assert office.poll(office.window()) == {"trigger_stage": 1, "already_invited": 1}

    @pytest.mark.parametrize("settled", [True, False])
    def test_a_dry_run_writes_nothing(self, office: Office, settled: bool) -> None:
        ada, bo = office.apply(), elsewhere(office)
        if settled:
            office.recruiter.archive(bo)
        events = [applied(office, ada), moved(ada), applied(office, bo)]
        dry = office.deliver(*events, dry_run=True)
        assert office.writes() == 0
        assert office.deliver(*events) == dry == {"trigger_stage": 1, "archived" if settled else "not_requested": 1}


def other_reason(office: Office, ada: str) -> None:
    office.recruiter.archive(ada, "Withdrew")


def taken_back(office: Office, ada: str) -> None:
    office.recruiter.unarchive(office.recruiter.hire(ada))


def hidden(office: Office, ada: str) -> None:
    office.recruiter.restrict(office.recruiter.hire(ada))


def shown_confidential(office: Office, ada: str) -> None:
    office.recruiter.hire(ada)
    make_confidential(office, office.posting)
    see_the_confidential(office)


def refused_confidential(office: Office, ada: str) -> None:
    office.recruiter.hire(ada)
    make_confidential(office, office.posting)


def gone(office: Office, ada: str) -> None:
    office.recruiter.delete(office.recruiter.hire(ada))


def no_such_reason(office: Office, ada: str) -> None:
    office.recruiter.hire(ada)
    for reason in office.sandbox.world.lever.archive_reasons.values():
        reason.type = "non-hired"


NOT_HIRED: list[Callable[[Office, str], None]] = [
    lambda office, ada: None, other_reason, taken_back, hidden, shown_confidential, refused_confidential, gone,
    no_such_reason,
]  # fmt: skip


class TestHire:
    @pytest.mark.parametrize("what", NOT_HIRED, ids=lambda what: what.__name__)
    def test_a_hire_that_lever_does_not_show_is_unconfirmed_and_sends_nothing_to_alva(
        self, office: Office, ada: str, what: Callable[[Office, str], None]
    ) -> None:
        what(office, ada)
        assert office.deliver(hired(ada), hired(ada)) == {"unconfirmed": 1}
        assert (office.writes(), office.arrived("alva")) == (0, [])
        assert office.in_alva(ada)["stage"] == "in_process"

    def test_a_hire_of_an_unknown_candidate_is_unconfirmed(self, office: Office) -> None:
        assert office.deliver(hired("nobody")) == {"unconfirmed": 1}
        assert office.arrived("alva") == []

    def test_a_hire_does_not_change_the_contacts_other_opportunity(self, office: Office, ada: str) -> None:
        other = office.apply(posting=office.recruiter.add_posting("Cook"), contact=ada)
        office.run(other)
        office.recruiter.hire(ada)
        office.deliver(hired(ada), hired(other))
        assert [office.in_alva(one)["stage"] for one in (ada, other)] == ["hired", "in_process"]
        assert office.progress.report.ids == {"hired": [ada], "unconfirmed": [other]}

    def test_the_archive_reasons_are_read_once_for_many_hires(self, office: Office) -> None:
        people = office.applied(30)
        office.run(*people)
        for one in people:
            office.recruiter.hire(one)
        office.forget()
        assert office.deliver(*map(hired, people)) == {"hired": 30}
        assert len(office.arrived("lever")) == 30 + 1

    def test_a_key_without_access_to_archive_reasons_fails_and_no_hire_is_unconfirmed(
        self, office: Office, ada: str
    ) -> None:
        office.recruiter.hire(ada)
        office.restricted_key(opportunities="write", postings="read")
        with pytest.raises(MissingPermission, match="archive_reasons: read"):
            office.deliver(hired(ada))
        assert office.progress.report.counts == {}
        office.connect()
        assert office.deliver(hired(ada), again=True) == {"hired": 1}

    def test_a_key_without_access_to_opportunities_fails_and_no_hire_is_unconfirmed(
        self, office: Office, ada: str
    ) -> None:
        office.recruiter.hire(ada)
        office.restricted_key(archive_reasons="read")
        with pytest.raises(MissingPermission, match="opportunities: read"):
            office.deliver(hired(ada))
        assert office.progress.report.counts == {}


class TestDeletion:
    @pytest.mark.parametrize(
        ("before_ms", "word"),
        [
            (HOUR_MS, "deleted"),
            (2 * HOUR_MS, "deleted"),
            (13 * DAY_MS, "deleted"),
            (OLDEST_DELIVERY_MS + OVERLAP_MS, "deleted"),
            (OLDEST_DELIVERY_MS + OVERLAP_MS + 1, "unconfirmed"),
        ],
    )
    def test_a_deletion_is_found_for_as_long_as_its_delivery_is_accepted(
        self, office: Office, ada: str, before_ms: int, word: str
    ) -> None:
        office.recruiter.delete(ada, at_ms=NOW_MS - before_ms)
        assert office.deliver(deleted(ada)) == {word: 1}
        assert office.candidates.find(ada)["present"] == (word == "unconfirmed")

    @pytest.mark.parametrize("days_ago", [30, 20, 1, 0])
    def test_a_run_that_waited_for_weeks_still_finds_the_deletion(
        self, office: Office, ada: str, days_ago: int
    ) -> None:
        office.recruiter.delete(ada, at_ms=NOW_MS - days_ago * DAY_MS)
        assert office.deliver(deleted(ada), received_ms=NOW_MS - 20 * DAY_MS) == {"deleted": 1}

    def test_a_deletion_is_found_if_levers_clock_is_ahead(self, office: Office, ada: str) -> None:
        office.recruiter.delete(ada, at_ms=NOW_MS + OVERLAP_MS)
        assert office.deliver(deleted(ada)) == {"deleted": 1}

    @pytest.mark.parametrize("status", [404, 403])
    def test_a_403_or_404_for_the_opportunity_does_not_remove_the_candidate(
        self, office: Office, ada: str, status: int
    ) -> None:
        """A key of another account gets such answers: it knows none of the opportunities."""
        office.faults.add("lever", "GET", f"/opportunities/{ada}", status=status, times=None)
        assert office.deliver(deleted(ada)) == {"unconfirmed": 1}
        assert office.deliver(deleted(ada), moved(ada), hired(ada), applied(office, ada)) == {"unconfirmed": 1}
        assert (office.candidates.find(ada)["present"], office.writes()) == (True, 0)
        assert office.arrived("alva") == []

    def test_a_hidden_or_present_candidate_stays_in_alva(self, office: Office, ada: str) -> None:
        bo = office.apply()
        office.run(bo)
        office.recruiter.restrict(ada)
        office.forget()
        assert office.deliver(deleted(ada), deleted(bo)) == {"unconfirmed": 2}
        assert [office.candidates.find(one)["present"] for one in (ada, bo)] == [True, True]
        assert (office.writes(), looks(office, ada)) == (0, 0)

    def test_a_deletion_that_lever_lists_later_is_found_by_the_poll(self, office: Office, ada: str) -> None:
        office.later()
        assert office.deliver(deleted(ada)) == {"unconfirmed": 1}
        office.recruiter.delete(ada)
        office.later()
        assert office.poll(office.window()) == {"deleted": 1}
        assert not office.candidates.find(ada)["present"]

    def test_a_deleted_candidate_who_was_never_in_alva_is_not_in_alva(self, office: Office) -> None:
        ada = office.recruiter.delete(office.apply())
        assert office.deliver(deleted(ada)) == {"not_in_alva": 1}
        assert office.writes() == 0

    def test_a_deletion_does_not_remove_the_contacts_other_opportunity(self, office: Office, ada: str) -> None:
        other = office.apply(posting=office.recruiter.add_posting("Cook"), contact=ada)
        office.run(other)
        office.recruiter.delete(ada)
        assert office.deliver(deleted(ada), deleted(other)) == {"deleted": 1, "unconfirmed": 1}
        assert [office.candidates.find(one)["present"] for one in (ada, other)] == [False, True]

    def test_many_deletions_are_listed_together_and_no_opportunity_is_read(self, office: Office) -> None:
        people = office.applied(150)
        office.run(*people)
        for one in people:
            office.recruiter.delete(one)
        office.forget()
        assert office.deliver(*map(deleted, people)) == {"deleted": 150}
        # Two pages of the last hour's list.
        assert [one.path for one in office.arrived("lever")] == ["/opportunities/deleted"] * 2

    @pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (403, MissingPermission), (503, ApiError)])
    def test_without_the_list_of_deletions_the_task_fails_and_no_deletion_is_unconfirmed(
        self, office: Office, ada: str, status: int, error: type[ApiError]
    ) -> None:
        office.recruiter.delete(ada)
        office.faults.add("lever", "GET", "/opportunities/deleted", status=status, times=None)
        with pytest.raises(error):
            office.deliver(deleted(ada))
        assert (office.progress.report.counts, office.candidates.find(ada)["present"]) == ({}, True)
        office.faults.clear()
        assert office.deliver(deleted(ada), again=True) == {"deleted": 1}


class TestTogether:
    """Several deliveries about one opportunity, and deliveries about several."""

    def test_several_deliveries_about_one_opportunity_read_it_once(self, office: Office) -> None:
        ada = office.apply()
        every = [moved(ada), applied(office, ada), moved(ada), hired(ada), deleted(ada)]
        assert office.deliver(*every, *reversed(every)) == {"unconfirmed": 1}
        assert looks(office, ada) == 1
        # Section 3 applies all the same.
        assert (office.sent(ada), office.status(ada)) == (1, SENT)

    @pytest.mark.parametrize("untrue", [hired, deleted])
    def test_an_untrue_delivery_does_not_block_the_others(self, office: Office, untrue: Callable[[str], Event]) -> None:
        bo, kim = office.apply(emails=[]), elsewhere(office)
        assert office.deliver(untrue(bo), moved(bo), untrue(kim), applied(office, kim)) == {
            "unconfirmed": 1,
            "missing_email": 1,
        }
        assert (office.status(bo), office.failures(bo)) == (FAILED, ["missing_email"])
        assert len(office.positions()) == 1

    def test_deleted_is_reported_before_hired_and_both_before_the_reasons_of_section_3(self, office: Office) -> None:
        was_hired, was_deleted, neither = office.applied(3)
        never_hired, never_deleted = office.recruiter.hire(office.apply()), office.recruiter.delete(office.apply())
        office.run(was_hired, was_deleted, neither)
        office.recruiter.hire(was_hired)
        office.recruiter.delete(office.recruiter.hire(was_deleted))
        people = {
            "hired": [was_hired], "deleted": [was_deleted], "unconfirmed": [neither],
            "not_in_alva": [never_hired, never_deleted],
        }  # fmt: skip
        ids = [one for some in people.values() for one in some]
        every = [make(one) for one in ids for make in (moved, hired, deleted)]
        expected = {word: len(some) for word, some in people.items()}
        assert office.deliver(*every, dry_run=True) == expected
        assert office.deliver(*every) == expected
        reported = {word: sorted(some) for word, some in office.progress.report.ids.items()}
        assert reported == {word: sorted(some) for word, some in people.items()}
        assert office.in_alva(was_hired)["stage"] == "hired"
        assert not office.candidates.find(was_deleted)["present"]

    def test_an_applicant_who_is_hired_at_once_syncs_the_job_position(self, office: Office) -> None:
        ada = office.recruiter.hire(office.apply())
        assert office.deliver(applied(office, ada), hired(ada)) == {"not_in_alva": 1}
        assert len(office.positions()) == 1

    def test_each_opportunity_counts_once_and_the_counts_add_up(self, office: Office) -> None:
        people = office.applied(6)
        office.recruiter.hire(people[0])
        office.recruiter.delete(people[1])
        office.recruiter.archive(people[2])
        events = [make(one) for one in (*people, "nobody") for make in (moved, hired, deleted, moved)]
        counts = office.deliver(*events)
        report = office.progress.report.as_xcom(dry_run=False, window=None, leftovers=[])
        assert sum(counts.values()) == report["looked_at"] == 7
        assert sorted(one for some in report["ids"].values() for one in some) == sorted([*people, "nobody"])
        assert report["calls"] == {name: len(office.arrived(name)) for name in ("lever", "alva")}

    def test_one_candidates_fault_does_not_block_the_others(self, office: Office) -> None:
        people = office.applied(10)
        office.faults.add("lever", "GET", f"/opportunities/{people[3]}", status=500, times=None)
        with pytest.raises(ApiError, match="1 of 10 could not be done; the others were"):
            office.deliver(*map(moved, people))
        assert [office.sent(one) for one in people] == [int(one != people[3]) for one in people]
        assert office.progress.report.counts == {"trigger_stage": 9}
        office.faults.clear()
        office.forget()
        assert office.deliver(*map(moved, people), again=True) == {"trigger_stage": 10}
        assert [office.sent(one) for one in people] == [1] * 10
        # The finished ones are not even read.
        assert [looks(office, one) for one in people] == [int(one == people[3]) for one in people]

    @pytest.mark.parametrize("what", ["hire", "delete"])
    def test_a_fault_of_one_departure_does_not_block_the_others(self, office: Office, what: str) -> None:
        people = office.applied(6)
        office.run(*people)
        events = [hired(one) if what == "hire" else deleted(one) for one in people]
        for one in people:
            getattr(office.recruiter, what)(one)
        office.faults.add("alva", "*", f"/candidates/{office.in_alva(people[2])['id']}", times=None)
        word = "hired" if what == "hire" else "deleted"
        with pytest.raises(ApiError, match="1 of 6"):
            office.deliver(*events)
        assert office.progress.report.counts == {word: 5}
        office.faults.clear()
        assert office.deliver(*events, again=True) == {word: 6}

    def test_many_deliveries_are_all_done_with_one_read_each(self, office: Office) -> None:
        people = office.applied(270)
        claimed = [moved(one) for one in people]
        assert office.deliver(*claimed) == {"trigger_stage": 270}
        assert {office.sent(one) for one in people} == {1}
        assert {looks(office, one) for one in people} == {1}


@dataclass(frozen=True)
class History:
    """An opportunity and its webhook events in the order in which they happened."""

    opportunity: str
    events: list[Event]


def new(office: Office, **options: Any) -> History:
    """A candidate who applied and entered the trigger stage. No event is delivered yet."""
    ada = elsewhere(office, **options)
    office.recruiter.move(ada, TRIGGER)
    return History(ada, [applied(office, ada), moved(ada)])


def known(office: Office) -> History:
    """The same candidate after the delivery of these events, which invites."""
    history = new(office)
    office.deliver(*history.events)
    return history


Begin = Callable[[Office], History]
Story = Callable[[Office, Begin], History]


def is_moved(office: Office, begin: Begin) -> History:
    return begin(office)


def is_moved_on(office: Office, begin: Begin) -> History:
    history = begin(office)
    office.recruiter.move(history.opportunity, FURTHER)
    return History(history.opportunity, [*history.events, moved(history.opportunity)])


def is_hired(office: Office, begin: Begin) -> History:
    history = begin(office)
    return History(history.opportunity, [*history.events, hired(office.recruiter.hire(history.opportunity))])


def is_deleted(office: Office, begin: Begin) -> History:
    history = begin(office)
    return History(history.opportunity, [*history.events, deleted(office.recruiter.delete(history.opportunity))])


def is_hired_and_deleted(office: Office, begin: Begin) -> History:
    history = begin(office)
    ada = office.recruiter.delete(office.recruiter.hire(history.opportunity))
    return History(ada, [history.events[1], hired(ada), deleted(ada)])


def is_archived(office: Office, begin: Begin) -> History:
    history = begin(office)
    office.recruiter.archive(history.opportunity)
    return history


def is_restricted(office: Office, begin: Begin) -> History:
    history = begin(office)
    office.recruiter.restrict(history.opportunity)
    return history


def is_made_confidential(office: Office, begin: Begin) -> History:
    history = begin(office)
    office.recruiter.hire(history.opportunity)
    make_confidential(office, office.posting)
    return History(history.opportunity, [*history.events, hired(history.opportunity)])


def is_anonymised(office: Office, begin: Begin) -> History:
    history = begin(office)
    office.recruiter.anonymise(history.opportunity)
    return history


def is_anonymised_and_hired(office: Office, begin: Begin) -> History:
    history = begin(office)
    office.recruiter.anonymise(office.recruiter.hire(history.opportunity))
    return History(history.opportunity, [*history.events, hired(history.opportunity)])


def has_untrue_claims(office: Office, begin: Begin) -> History:
    """Untrue claims among the others."""
    history = begin(office)
    return History(
        history.opportunity, [moved(history.opportunity), hired(history.opportunity), deleted(history.opportunity)]
    )


def has_no_address(office: Office, begin: Begin) -> History:
    history = begin(office)
    office.recruiter.set_emails(history.opportunity, [])
    return history


def comes_back_with_an_address(office: Office, begin: Begin) -> History:
    """A candidate whose invitation failed and who enters again with an address."""
    history = new(office, emails=[])
    office.deliver(*history.events)
    office.recruiter.set_emails(history.opportunity, ["ada@candidates.example.com"])
    office.reenter(history.opportunity)
    return history


def is_screened(office: Office, begin: Begin) -> History:
    office.recruiter.change_posting(office.posting, tags=[SCREENING])
    history = begin(office)
    office.recruiter.move(history.opportunity, FURTHER)
    return history


STORIES: list[Story] = [
    is_moved, is_moved_on, is_hired, is_deleted, is_hired_and_deleted, is_archived, is_restricted,
    is_made_confidential, is_anonymised, is_anonymised_and_hired, has_untrue_claims, has_no_address,
    comes_back_with_an_address, is_screened,
]  # fmt: skip


def ways(count: int) -> Iterator[list[list[int]]]:
    """Yields the numbers of the deliveries by run: in every order, one per run or all in one, each once or twice."""
    for order in itertools.permutations(range(count)):
        yield [[*order]]
        yield [[one] for one in order]
        yield [[one, one] for one in order]
        yield [*[[one] for one in order], [*reversed(order)]]


def begin_story(office: Office, story: Story, begin: Begin) -> History:
    """Tells the story on its own posting, always from the same moment on."""
    office.clock.set(NOW_MS)
    office.posting = office.recruiter.add_posting("Data Engineer", team="Platform")
    history = story(office, begin)
    office.later()
    return history


class TestOrder:
    """Deliveries that are late, repeated or in any order end in the same state as a poll (section 8)."""

    @pytest.mark.parametrize("begin", [new, known], ids=["unseen", "invited"])
    @pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
    def test_any_order_ends_as_a_poll_would(self, office: Office, story: Story, begin: Begin) -> None:
        history = begin_story(office, story, begin)
        office.poll(office.window(2))
        polled = state(office, history.opportunity)
        if begin is new and story is is_hired:
            # A poll makes no job position for a candidate who applies and is hired within its window.
            polled["positions"] = [("Data Engineer", "Platform")]
        for way in ways(len(history.events)):
            history = begin_story(office, story, begin)
            for numbers in way:
                office.deliver(*[history.events[number] for number in numbers])
            assert state(office, history.opportunity) == polled, way
        office.forget()
        office.later()
        office.poll(office.window(2))
        assert office.writes() == 0

    @pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
    def test_a_repeated_delivery_writes_nothing(self, office: Office, story: Story) -> None:
        history = begin_story(office, story, known)
        office.deliver(*history.events)
        before = state(office, history.opportunity)
        office.forget()
        for event in history.events:
            office.deliver(event, event)
        assert (state(office, history.opportunity), office.writes()) == (before, 0)


def long_ago(office: Office, **options: Any) -> str:
    return office.apply(**{"at_ms": LONG_AGO_MS, **options})


def invited(office: Office) -> str:
    ada = long_ago(office)
    office.run(ada)
    return ada


def failed(office: Office) -> str:
    ada = long_ago(office, emails=[])
    office.run(ada)
    return ada


def bounced(office: Office) -> str:
    ada = invited(office)
    office.candidates.bounce(ada)
    office.recruiter.untag(ada, "Alva: Invitation Sent")
    office.run(ada)
    return ada


def finished(office: Office) -> str:
    """A completed candidate, tagged as completed by a person so that no tag is missing."""
    ada = invited(office)
    office.candidates.finish(ada)
    office.recruiter.tag(ada, "Alva: Completed")
    return ada


def screened_long_ago(office: Office) -> str:
    return long_ago(office, posting=office.recruiter.add_posting("Cook", tags=[SCREENING]), stage=ELSEWHERE)


def in_secret(office: Office) -> str:
    return long_ago(office, posting=office.recruiter.add_posting("Chief", confidential=True))


def invited_and(move: str) -> Callable[[Office], str]:
    def situation(office: Office) -> str:
        one = invited(office)
        getattr(office.recruiter, move)(one)
        return one

    situation.__name__ = f"invited_and_{move}"
    return situation


SITUATIONS: list[Callable[[Office], str]] = [
    long_ago, lambda office: long_ago(office, stage=ELSEWHERE), lambda office: long_ago(office, tags=[SEND_TESTS]),
    invited, failed, bounced, finished, screened_long_ago, in_secret, lambda office: "nobody",
    lambda office: office.recruiter.add_lead("Kim Ek", ["kim@candidates.example.com"], at_ms=LONG_AGO_MS),
    *map(invited_and, ("archive", "restrict", "anonymise", "hire", "delete")),
]  # fmt: skip


def name_of(value: object) -> str:
    return getattr(value, "__name__", str(value))


class TestUntrue:
    """An untrue claim only makes the run read the opportunity: it does no more than a poll would."""

    @pytest.mark.parametrize("situation", SITUATIONS, ids=name_of)
    @pytest.mark.parametrize("kind", [Kind.HIRED, Kind.DELETED])
    def test_a_claimed_departure_has_effect_only_if_it_is_true(
        self, office: Office, situation: Callable[[Office], str], kind: Kind
    ) -> None:
        one = situation(office)
        office.forget()
        before = state(office, one)
        true = situation.__name__ == {Kind.HIRED: "invited_and_hire", Kind.DELETED: "invited_and_delete"}[kind]
        assert office.deliver(Event(kind, one)) == {kind.value if true else "unconfirmed": 1}
        if true:
            assert office.writes() == 1
        else:
            assert (state(office, one), office.writes(), office.arrived("alva")) == (before, 0, [])

    @pytest.mark.parametrize(
        ("situation", "application"),
        [
            (situation, application)
            for situation in SITUATIONS
            for application in (None, "another", "present")
            # An announced application is new for only 14 days; the poll of the whole past has no such limit.
            if (situation, application) != (screened_long_ago, "present")
        ],
        ids=name_of,
    )
    def test_a_move_or_an_application_does_what_a_poll_would(
        self, office: Office, situation: Callable[[Office], str], application: str | None
    ) -> None:
        """Also together with untrue departures. The present application counts as one within the poll's window."""
        always = Window(0, NOW_MS + DAY_MS)
        one = situation(office)
        office.run(one, window=always if application == "present" else None)
        polled = state(office, one)
        office.reopen()
        one = situation(office)
        announced = applied(office, one) if application == "present" else Event(Kind.APPLIED, one, application)
        events = [moved(one), announced]
        if situation.__name__ not in ("invited_and_hire", "invited_and_delete"):
            events += [hired(one), deleted(one)]
        office.deliver(*events)
        assert state(office, one) == polled


def crowd(office: Office) -> tuple[list[str], list[Event]]:
    """Returns candidates and events for every row of the table of events, and untrue events."""
    to_invite, to_hire, to_delete, stays = office.applied(4)
    fails, arrives = (
        office.apply(emails=[]),
        office.apply(stage=ELSEWHERE, posting=office.recruiter.add_posting("Cook")),
    )
    office.run(to_hire, to_delete, stays)
    office.recruiter.hire(to_hire)
    office.recruiter.delete(to_delete)
    events = [
        moved(to_invite), moved(fails), applied(office, arrives), hired(to_hire), deleted(to_delete), hired(stays),
        deleted(stays), moved(to_hire), moved(to_delete),
    ]  # fmt: skip
    return [to_invite, to_hire, to_delete, stays, fails, arrives], events


class TestKilled:
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_the_outcome_is_the_same_after_a_kill_at_any_request(self, office: Office, when: When) -> None:
        people, events = crowd(office)
        office.deliver(*events)
        undisturbed = [state(office, one) for one in people]
        with office.sandbox.serve() as url:
            for at in range(1, MOST_REQUESTS):
                office.reopen()
                people, events = crowd(office)
                office.connect(url)
                ended = survives(partial(self.work, office, events, at, when))
                office.connect()
                office.deliver(*events, repeated=True)
                assert [state(office, one) for one in people] == undisturbed
                office.forget()
                office.deliver(*events, repeated=True)
                assert office.writes() == 0
                if ended:
                    assert at > 15
                    return
        raise AssertionError("the run was killed every time")

    def work(self, office: Office, events: list[Event], at: int, when: When) -> None:
        """Delivers the events in the child process."""
        office.adapter = Killer(at, when)
        office.deliver(*events)
