"""What a poll of Lever finds (section 8). It fails rather than use part of a listing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from alva_lever.batch.batch import CALLS_PER_TASK, Unfinished
from alva_lever.batch.run_report import RunReport
from alva_lever.http.errors import ApiError, Forbidden
from alva_lever.rules.window import OVERLAP_MS, Window
from alva_lever.settings import Options
from tests.sync.office import ELSEWHERE, FURTHER, HOUR_MS, NOW_MS, TRIGGER, Found, Office

SEND_TESTS, SCREENING = "Alva: Send Tests", "Alva: Screening"
LAST_HOUR = Window(NOW_MS - HOUR_MS, NOW_MS)
LONG_AGO_MS = NOW_MS - 90 * 24 * HOUR_MS
# A moment within that hour, for tests in which the exact moment does not matter.
WITHIN_MS = NOW_MS - HOUR_MS // 2
SPOILED = ["html", "truncated", "no_data", "no_next", "cut_within"]
LISTINGS = ["/opportunities", "/opportunities/deleted", "/archive_reasons", "/postings"]


def waiting(found: Found) -> list[str]:
    return found.waiting


def placed(office: Office, **options: Any) -> str:
    """A candidate who applied long ago and is in another stage."""
    return office.apply(**{"stage": ELSEWHERE, "at_ms": LONG_AGO_MS, **options})


def screened(office: Office) -> str:
    found = [row.id for row in office.sandbox.world.lever.postings.values() if row.text == "Waiter"]
    return found[0] if found else office.recruiter.add_posting("Waiter", tags=[SCREENING])


def entered(office: Office, at_ms: int) -> str:
    return office.recruiter.move(placed(office), TRIGGER, at_ms=at_ms)


def came(office: Office, at_ms: int, **options: Any) -> str:
    return placed(office, at_ms=at_ms, **options)


def failed(office: Office, at_ms: int) -> str:
    """A new candidate with a failed invitation. Only the notes show whether it is asked again, so a batch decides."""
    return placed(office, at_ms=at_ms, tags=["Alva: Invitation Failed"])


def applied_late(office: Office, at_ms: int) -> str:
    number = len(office.sandbox.world.lever.opportunities)
    lead = office.recruiter.add_lead("Ada Byron", [f"lead{number}@candidates.example.com"], at_ms=LONG_AGO_MS)
    office.recruiter.apply_lead(lead, screened(office), at_ms=at_ms)
    return lead


def hired(office: Office, at_ms: int) -> str:
    return office.recruiter.hire(placed(office), at_ms=at_ms)


def deleted(office: Office, at_ms: int) -> str:
    return office.recruiter.delete(placed(office), at_ms=at_ms)


def tagged(office: Office, at_ms: int) -> str:
    return placed(office, tags=[SEND_TESTS])


KINDS: dict[str, Callable[[Office, int], str]] = {
    "entry": entered, "new": failed, "late application": applied_late, "hired": hired, "deleted": deleted,
}  # fmt: skip


class TestKinds:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize(
        ("at_ms", "there"),
        [
            (LAST_HOUR.start_ms - OVERLAP_MS - 1, False),
            (LAST_HOUR.start_ms - OVERLAP_MS, True),
            (LAST_HOUR.start_ms - 1, True),
            (LAST_HOUR.start_ms, True),
            (LAST_HOUR.end_ms - 1, True),
            (LAST_HOUR.end_ms, False),
            (LAST_HOUR.end_ms + OVERLAP_MS, False),
        ],
        ids=["before the overlap", "its first", "its last", "start", "last", "end", "later"],
    )
    def test_each_kind_is_found_within_the_window_and_its_overlap(
        self, office: Office, kind: str, at_ms: int, there: bool
    ) -> None:
        office.later(120)
        one = KINDS[kind](office, at_ms)
        placed(office)
        found = office.find(LAST_HOUR)
        lists = {"hired": found.hired, "deleted": found.deleted}
        assert lists.pop(kind, waiting(found)) == ([one] if there else [])
        assert not any(lists.values())

    @pytest.mark.parametrize("hours", [1, 24 * 400])
    def test_a_candidate_with_send_tests_is_found_in_every_window(self, office: Office, hours: int) -> None:
        ada = tagged(office, 0)
        placed(office, tags=["alva: send tests"])
        past = Window(NOW_MS - (hours + 1) * HOUR_MS, NOW_MS - hours * HOUR_MS)
        assert waiting(office.find(past)) == [ada]

    def test_an_archived_candidate_with_send_tests_is_not_found(self, office: Office) -> None:
        office.recruiter.archive(tagged(office, 0), at_ms=LONG_AGO_MS)
        found = office.find(LAST_HOUR)
        assert (waiting(found), found.report.counts) == ([], {})

    def test_a_late_application_to_a_posting_without_screening_is_not_found(self, office: Office) -> None:
        lead = office.recruiter.add_lead("Ada Byron", ["ada@candidates.example.com"], at_ms=LONG_AGO_MS)
        office.recruiter.apply_lead(lead, office.posting, at_ms=WITHIN_MS)
        assert waiting(office.find(LAST_HOUR)) == []

    def test_late_applications_are_found_on_every_posting_with_screening(self, office: Office) -> None:
        postings = [office.recruiter.add_posting(f"Posting {number}", tags=[SCREENING]) for number in range(130)]
        leads = [office.recruiter.add_lead(f"Lead {number}", at_ms=LONG_AGO_MS) for number in range(130)]
        for lead, posting in zip(leads, postings, strict=True):
            office.recruiter.apply_lead(lead, posting, at_ms=WITHIN_MS)
        assert sorted(waiting(office.find(LAST_HOUR))) == sorted(leads)

    def test_they_are_found_on_a_posting_that_lever_leaves_out_unless_asked(self, office: Office) -> None:
        """Published, but only for the company's own people."""
        office.sandbox.world.lever.postings[screened(office)].details["distributionChannels"] = ["internal"]
        assert waiting(office.find(LAST_HOUR)) == []
        lead = applied_late(office, WITHIN_MS)
        assert waiting(office.find(LAST_HOUR)) == [lead]

    def test_a_candidate_who_left_the_trigger_stage_is_found_only_after_coming_back(self, office: Office) -> None:
        left, back = entered(office, WITHIN_MS), entered(office, LONG_AGO_MS + 1)
        office.recruiter.move(left, FURTHER, at_ms=WITHIN_MS + 1)
        office.recruiter.move(back, FURTHER, at_ms=WITHIN_MS + 1)
        office.recruiter.move(back, TRIGGER, at_ms=WITHIN_MS + 2)
        assert waiting(office.find(LAST_HOUR)) == [back]

    def test_a_candidate_found_by_several_listings_counts_once(self, office: Office) -> None:
        everything = office.apply(posting=screened(office), tags=[SEND_TESTS], at_ms=WITHIN_MS)
        came_and_hired = office.recruiter.hire(came(office, WITHIN_MS), at_ms=WITHIN_MS + 1)
        found = office.find(LAST_HOUR)
        assert sorted(waiting(found)) == sorted([everything, came_and_hired])
        assert (found.hired, found.deleted, found.report.counts) == ([came_and_hired], [], {})
        assert len([item for batch in found.batches for item in batch]) == 2

    def test_candidates_whom_the_listing_decides_are_counted_by_the_poll(self, office: Office) -> None:
        archived = office.recruiter.archive(entered(office, WITHIN_MS), at_ms=WITHIN_MS)
        invited = office.recruiter.tag(entered(office, WITHIN_MS), "Alva: Invitation Sent")
        gone = office.recruiter.anonymise(came(office, WITHIN_MS))
        found = office.find(LAST_HOUR)
        assert found.report.ids == {"archived": [archived], "already_invited": [invited], "gone": [gone]}
        assert waiting(found) == []

    @pytest.mark.parametrize("settled", ["archived", "already_invited"])
    def test_a_new_archived_or_invited_applicant_syncs_the_job_position(self, office: Office, settled: str) -> None:
        ada = came(office, WITHIN_MS)
        if settled == "archived":
            office.recruiter.archive(ada, at_ms=WITHIN_MS)
        else:
            office.recruiter.tag(ada, "Alva: Invitation Sent")
        assert office.poll(LAST_HOUR) == {settled: 1}
        assert [position.facts.external_id for position in office.positions()] == [office.posting]
        assert office.poll(LAST_HOUR, dry_run=True) == {settled: 1}

    def test_an_applicant_who_was_hired_in_the_same_time_syncs_the_job_position(self, office: Office) -> None:
        office.recruiter.hire(came(office, WITHIN_MS), at_ms=WITHIN_MS + 1)
        assert office.poll(LAST_HOUR) == {"not_in_alva": 1}
        assert [position.facts.external_id for position in office.positions()] == [office.posting]

    def test_a_candidate_whose_hire_is_undone_before_the_look_is_invited(self, office: Office) -> None:
        ada = office.recruiter.hire(entered(office, WITHIN_MS), at_ms=WITHIN_MS + 1)
        found = office.find(LAST_HOUR)
        office.recruiter.unarchive(ada)
        for batch in found.batches:
            office.do(batch, window=LAST_HOUR)
        assert (office.sent(ada), office.status(ada)) == (1, ["Invitation Sent"])

    def test_a_posting_with_new_applications_is_in_a_batch_once_unless_it_is_confidential(self, office: Office) -> None:
        office.connect(lever_key=office.sandbox.add_lever_key("granted", confidential=True))
        secret = office.recruiter.add_posting("Chief", confidential=True)
        people = [came(office, WITHIN_MS), came(office, WITHIN_MS + 1)]
        placed(office, at_ms=WITHIN_MS, posting=secret)
        placed(office, posting=office.recruiter.add_posting("Cook"))
        found = office.find(LAST_HOUR)
        assert found.batches == [[{"id": office.posting, "is": "posting"}]]
        assert (found.waiting, sorted(found.report.ids["not_requested"])) == ([], sorted(people))
        office.forget()
        office.do(found.batches[0])
        # It is read and synced but not counted: a report counts candidates.
        assert [row.facts.external_id for row in office.positions()] == [office.posting]
        assert office.progress.report.counts == {}
        assert [one.path for one in office.arrived("lever")] == [f"/postings/{office.posting}"]

    def test_a_posting_that_alva_refuses_does_not_fail_the_run(self, office: Office) -> None:
        came(office, WITHIN_MS)
        office.faults.add("alva", "POST", "/job_positions", status=422, times=None)
        assert office.poll(LAST_HOUR) == {"not_requested": 1}

    @pytest.mark.parametrize("fault", [{"status": 503}, {"status": 403}, {"kind": "html"}])
    def test_a_posting_that_cannot_be_synced_is_its_own_fault(self, office: Office, fault: dict[str, Any]) -> None:
        came(office, WITHIN_MS)
        invited = entered(office, WITHIN_MS)
        cook = office.recruiter.add_posting("Cook")
        placed(office, at_ms=WITHIN_MS, posting=cook)
        office.faults.add("alva", "GET", "/job_positions", query={"external_id": cook}, times=None, **fault)
        found = office.find(LAST_HOUR)
        with pytest.raises(Unfinished, match="1 of 3"):
            office.do([item for batch in found.batches for item in batch], window=LAST_HOUR)
        assert (office.sent(invited), list(office.progress.faults)) == (1, [cook])

    def test_without_an_archive_reason_for_hires_no_hires_are_found(self, office: Office) -> None:
        one = hired(office, WITHIN_MS)
        reasons = office.sandbox.world.lever.archive_reasons
        for reason in reasons.values():
            reason.type = "non-hired"
        assert (office.find(LAST_HOUR).hired, waiting(office.find(LAST_HOUR))) == ([], [])
        assert one

    @pytest.mark.parametrize("grant", [True, False])
    def test_confidential_opportunities_are_not_found(self, office: Office, grant: bool) -> None:
        office.connect(lever_key=office.sandbox.add_lever_key("granted", confidential=grant))
        secret = office.recruiter.add_posting("Chief", tags=[SCREENING], confidential=True)
        office.apply(posting=secret, tags=[SEND_TESTS], at_ms=WITHIN_MS)
        office.recruiter.hire(office.apply(posting=secret), at_ms=WITHIN_MS)
        office.recruiter.delete(office.apply(posting=secret), at_ms=WITHIN_MS)
        found = office.find(LAST_HOUR)
        assert (waiting(found), found.hired, found.deleted, found.report.counts) == ([], [], [], {})


class TestPostings:
    """A candidate whom the listing alone doesn't invite is decided by the posting, as Lever shows it by id."""

    def poll(self, office: Office, **fields: Any) -> RunReport:
        found = office.find(LAST_HOUR)
        for batch in found.batches:
            office.begin()
            office.do(batch, window=LAST_HOUR, **fields)
            found.report.add(office.progress.report)
        return found.report

    def test_a_posting_with_screening_that_lever_leaves_out_of_its_listing_still_invites(self, office: Office) -> None:
        ada = came(office, WITHIN_MS, posting=screened(office))

        def leave_out(answer: dict[str, Any]) -> None:
            answer["data"] = []

        office.faults.add("lever", "GET", "/postings", kind="edit", action=leave_out, times=None)
        assert self.poll(office).counts == {"screening": 1}
        assert office.sent(ada) == 1

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_its_near_misses_are_reported(self, office: Office, dry_run: bool) -> None:
        cook = office.recruiter.add_posting("Cook", tags=["alva: screening"])
        came(office, WITHIN_MS, posting=cook)
        assert self.poll(office, dry_run=dry_run).near_misses == [{"id": cook, "tag": "alva: screening"}]

    def test_candidates_on_a_posting_that_lever_refuses_to_show_are_confidential(self, office: Office) -> None:
        office.options = Options(trigger_stage=TRIGGER, blocked_origins=frozenset({"agency"}))
        came(office, WITHIN_MS, origin="agency")
        office.recruiter.move(placed(office, origin="agency"), TRIGGER, at_ms=WITHIN_MS)
        office.faults.add("lever", "GET", f"/postings/{office.posting}", status=403, times=None)
        assert self.poll(office).counts == {"confidential": 2}
        assert office.positions() == []

    @pytest.mark.parametrize("settled", ["archived", "already_invited"])
    def test_a_new_archived_or_invited_applicant_on_one_is_confidential_too(self, office: Office, settled: str) -> None:
        """Row 2 stands above rows 3 and 4, in a poll as for one whom a webhook names."""
        ada = came(office, WITHIN_MS)
        if settled == "archived":
            office.recruiter.archive(ada, at_ms=WITHIN_MS)
        else:
            office.recruiter.tag(ada, "Alva: Invitation Sent")
        office.faults.add("lever", "GET", f"/postings/{office.posting}", status=403, times=None)
        assert self.poll(office).ids == {"confidential": [ada]}
        assert office.positions() == []

    @pytest.mark.parametrize("dry_run", [False, True])
    @pytest.mark.parametrize("status", [400, 503])
    def test_one_that_cannot_be_read_is_the_fault_of_its_candidates_alone(
        self, office: Office, status: int, dry_run: bool
    ) -> None:
        cook = office.recruiter.add_posting("Cook")
        ada, bo = came(office, WITHIN_MS, posting=cook), came(office, WITHIN_MS)
        office.faults.add("lever", "GET", f"/postings/{cook}", status=status, times=None)
        found = office.find(LAST_HOUR)
        with pytest.raises(Unfinished, match="1 of"):
            office.do([item for batch in found.batches for item in batch], window=LAST_HOUR, dry_run=dry_run)
        assert set(office.progress.faults) == {ada}
        found.report.add(office.progress.report)
        assert found.report.ids == {"not_requested": [bo]}


class TestQuestions:
    def test_the_listings_ask_for_the_window_with_its_overlap_and_without_its_end(self, office: Office) -> None:
        screened(office)
        office.find(LAST_HOUR)
        first, last = [str(LAST_HOUR.start_ms - OVERLAP_MS)], [str(LAST_HOUR.end_ms - 1)]
        asked = {
            what: [one for one in office.arrived("lever", "GET", "/opportunities*") if one.asked(f"{what}_start")]
            for what in ("advanced_at", "created_at", "archived_at", "deleted_at", "updated_at")
        }
        for what, (one,) in asked.items():
            assert one.asked(f"{what}_start") == first
            assert one.asked(f"{what}_end") == ([] if what == "updated_at" else last)
        assert asked["advanced_at"][0].asked("stage_id") == ["applicant-new"]
        assert asked["updated_at"][0].asked("posting_id") == [screened(office)]

    def test_confidentiality_is_never_sent_and_nothing_is_written(self, office: Office) -> None:
        for make in (*KINDS.values(), tagged):
            make(office, WITHIN_MS)
        office.find(LAST_HOUR)
        assert [one for one in office.arrived() if one.asked("confidentiality")] == []
        # The one request to Alva checks the key.
        assert (office.writes(), len(office.arrived("alva"))) == (0, 1)

    def test_5000_in_the_trigger_stage_take_fifty_pages_and_one_page_to_check_again(self, office: Office) -> None:
        people = [placed(office) for _ in range(5000)]
        for number, one in enumerate(people):
            office.recruiter.move(one, TRIGGER, at_ms=WITHIN_MS + number)
        found = office.find(LAST_HOUR)
        assert Counter(waiting(found)) == dict.fromkeys(people, 1)
        entries = [one for one in office.arrived("lever", "GET", "/opportunities") if one.asked("stage_id")]
        assert Counter(len(one.asked("advanced_at_end")) for one in entries) == {1: 50, 0: 1}
        # And one request for each of the other listings.
        assert len(office.arrived("lever")) == 51 + 8
        # A batch, at two calls for each candidate, fits into one task.
        assert max(map(len, found.batches)) <= CALLS_PER_TASK / 2
        assert len(found.batches) <= 5000 / 100

    def test_candidates_that_take_more_calls_get_smaller_batches(self, office: Office) -> None:
        for _ in range(300):
            placed(office, tags=[SEND_TESTS], emails=[])
        found = office.find(LAST_HOUR)
        assert max(map(len, found.batches)) * 4 <= CALLS_PER_TASK


def crowd(office: Office, kind: str) -> list[str]:
    """Adds enough candidates of one kind for three pages."""
    return [made(office, kind, WITHIN_MS + number) for number in range(250)]


def made(office: Office, kind: str, at_ms: int = WITHIN_MS) -> str:
    return {**KINDS, "tagged": tagged}[kind](office, at_ms)


def while_walking(office: Office, parameter: str, action: Callable[[], object]) -> None:
    """Does the action once, when the poll asks for the second page of the listing with this parameter."""
    done: list[object] = []

    def when_asked() -> None:
        last = office.arrived()[-1]
        if not done and last.asked("offset") and last.asked(parameter):
            done.append(action())

    office.faults.add("lever", "GET", "/opportunities", kind="call", times=None, action=when_asked)


MOVES = [
    ("entry", "stage_id"),
    ("new", "created_at_start"),
    ("tagged", "tag"),
    ("late application", "posting_id"),
    ("hired", "archive_reason_id"),
]


class TestMovingMeanwhile:
    @pytest.mark.parametrize(("kind", "parameter"), MOVES)
    def test_a_candidate_who_moves_to_a_page_already_read_is_found(
        self, office: Office, kind: str, parameter: str
    ) -> None:
        office.later(30)
        people = crowd(office, kind)
        # From the last page to the first.
        bo = office.recruiter.move(made(office, kind), FURTHER, at_ms=WITHIN_MS)
        back = TRIGGER if kind == "entry" else "New lead"
        while_walking(office, parameter, lambda: office.recruiter.move(bo, back))
        found = office.find(LAST_HOUR)
        assert Counter(found.hired if kind == "hired" else waiting(found)) == dict.fromkeys([*people, bo], 1)

    def test_a_candidate_who_moves_during_the_listing_is_found_once(self, office: Office) -> None:
        office.later(30)
        people = crowd(office, "new")
        first = people[-1]
        while_walking(office, "created_at_start", lambda: office.recruiter.move(first, FURTHER))
        assert Counter(waiting(office.find(LAST_HOUR))) == dict.fromkeys(people, 1)

    def test_a_candidate_who_is_deleted_during_the_listing_hides_no_others(self, office: Office) -> None:
        office.later(30)
        people = crowd(office, "new")
        while_walking(office, "created_at_start", lambda: office.recruiter.delete(people[0]))
        assert set(waiting(office.find(LAST_HOUR))) >= set(people[1:])

    def test_a_candidate_who_entered_after_the_window_belongs_to_the_next_one(self, office: Office) -> None:
        office.later(30)
        people = crowd(office, "entry")
        bo = entered(office, office.clock.now_ms() - 3 * 60_000)
        while_walking(office, "stage_id", lambda: office.recruiter.tag(bo, "vip"))
        assert Counter(waiting(office.find(LAST_HOUR))) == dict.fromkeys(people, 1)
        assert bo in waiting(office.find(Window(NOW_MS, NOW_MS + HOUR_MS)))

    @pytest.mark.parametrize(("kind", "parameter"), MOVES)
    def test_a_candidate_who_moves_to_a_page_already_read_is_found_also_if_updated_at_lags(
        self, office: Office, kind: str, parameter: str
    ) -> None:
        office.later(30)
        people = crowd(office, kind)
        bo = office.recruiter.move(made(office, kind), FURTHER, at_ms=WITHIN_MS)
        office.sandbox.set_updated_at_lag(91_000)
        back = TRIGGER if kind == "entry" else "New lead"
        while_walking(office, parameter, lambda: office.recruiter.move(bo, back))
        found = office.find(LAST_HOUR)
        assert Counter(found.hired if kind == "hired" else waiting(found)) == dict.fromkeys([*people, bo], 1)

    def test_a_lag_of_updated_at_delays_a_candidate_but_loses_none(self, office: Office) -> None:
        office.sandbox.set_updated_at_lag(5 * 60_000)
        lead = applied_late(office, NOW_MS - 1)
        assert waiting(office.find(LAST_HOUR)) == []
        office.later(60)
        assert waiting(office.find()) == [lead]


class TestDistrust:
    """A poll never uses part of a listing."""

    @pytest.mark.parametrize(("path", "kind"), [*product(LISTINGS, SPOILED), ("/opportunities", "repeated_token")])
    def test_a_spoiled_answer_is_retried_and_is_an_error_if_it_lasts(
        self, office: Office, path: str, kind: str
    ) -> None:
        # The opportunities take several pages.
        people = crowd(office, "entry") if path == "/opportunities" else []
        for make in KINDS.values():
            make(office, WITHIN_MS)
        whole = office.find(LAST_HOUR)
        assert len(waiting(whole)) == len(people) + 3
        fault = office.faults.add("lever", "GET", path, kind=kind)
        again = office.find(LAST_HOUR)
        assert fault.hits == 1
        assert (again.batches, again.hired, again.deleted) == (whole.batches, whole.hired, whole.deleted)
        fault.times = None
        with pytest.raises(ApiError):
            office.find(LAST_HOUR)

    @pytest.mark.parametrize("status", [401, 403, 503])
    @pytest.mark.parametrize("path", LISTINGS)
    def test_a_refused_listing_is_an_error(self, office: Office, status: int, path: str) -> None:
        entered(office, WITHIN_MS)
        office.faults.add("lever", "GET", path, status=status, times=None)
        with pytest.raises(ApiError):
            office.find(LAST_HOUR)

    @pytest.mark.parametrize("fault", [{"status": 403}, {"status": 404}, {"status": 503}, {"kind": "html"}])
    def test_without_the_list_of_tags_only_the_near_misses_are_lost(
        self, office: Office, fault: dict[str, Any]
    ) -> None:
        ada = entered(office, WITHIN_MS)
        placed(office, tags=["alva: send tests"])
        office.faults.add("lever", "GET", "/tags", times=None, **fault)
        found = office.find(LAST_HOUR)
        assert (waiting(found), found.report.near_misses) == ([ada], [])

    def test_a_refused_page_in_the_middle_is_an_error(self, office: Office) -> None:
        crowd(office, "entry")
        office.faults.add("lever", "GET", "/opportunities", status=403, skip=2)
        with pytest.raises(Forbidden, match="opportunities: read"):
            office.find(LAST_HOUR)


class TestNearMisses:
    def test_near_misses_among_the_accounts_tags_are_reported_with_their_opportunities(self, office: Office) -> None:
        ada = placed(office, tags=["alva: send tests"])
        bo = placed(office, tags=["Alva:Send Tests", "alva: send tests"])
        office.recruiter.archive(placed(office, tags=["alva: send tests"]))
        placed(office, tags=["Alva: Send Tests please"])
        found = office.find(LAST_HOUR)
        misses = {(miss["id"], miss["tag"]) for miss in found.report.near_misses}
        assert misses == {(ada, "alva: send tests"), (bo, "alva: send tests"), (bo, "Alva:Send Tests")}
        assert len(found.report.near_misses) == 3
        # They aren't in a batch.
        assert (waiting(found), found.report.counts) == ([], {})

    def test_near_misses_on_postings_with_screening_are_reported(self, office: Office) -> None:
        posting = office.recruiter.add_posting("Cook", tags=[SCREENING, "alva: skip assessment"])
        assert office.find(LAST_HOUR).report.near_misses == [{"id": posting, "tag": "alva: skip assessment"}]

    def test_a_near_miss_on_an_archived_candidate_in_the_window_is_reported(self, office: Office) -> None:
        ada = office.recruiter.archive(placed(office, at_ms=WITHIN_MS, tags=["ALVA: SEND TESTS"]))
        assert office.find(LAST_HOUR).report.near_misses == [{"id": ada, "tag": "ALVA: SEND TESTS"}]

    def test_a_key_that_may_not_read_tags_only_loses_the_near_misses(self, office: Office) -> None:
        placed(office, tags=["alva: send tests"])
        ada = entered(office, WITHIN_MS)
        office.restricted_key(opportunities="read", postings="read", archive_reasons="read")
        found = office.find(LAST_HOUR)
        assert (waiting(found), found.report.near_misses) == ([ada], [])

    @pytest.mark.parametrize("lacking", ["opportunities", "postings", "archive_reasons"])
    def test_a_key_without_another_permission_is_an_error(self, office: Office, lacking: str) -> None:
        allowed = {"opportunities", "postings", "archive_reasons", "tags"} - {lacking}
        office.restricted_key(**dict.fromkeys(allowed, "read"))
        with pytest.raises(Forbidden, match=f"{lacking}: read"):
            office.find(LAST_HOUR)


class TestPolls:
    """Whole runs: the poll and its batches."""

    def test_the_same_interval_again_writes_nothing(self, office: Office) -> None:
        invited = [entered(office, WITHIN_MS), tagged(office, 0), applied_late(office, WITHIN_MS)]
        to_hire, to_delete = office.apply(), office.apply()
        office.run(to_hire, to_delete)
        office.recruiter.hire(to_hire, at_ms=WITHIN_MS)
        office.recruiter.delete(to_delete, at_ms=WITHIN_MS)
        failed = office.apply(emails=[], at_ms=WITHIN_MS)
        came(office, WITHIN_MS)
        counts = office.poll(LAST_HOUR)
        done = {"trigger_stage": 1, "send_tests": 1, "screening": 1, "missing_email": 1, "hired": 1, "deleted": 1}
        assert counts == {**done, "not_requested": 1}
        office.forget()
        again = {"already_invited": 3, "awaiting_retry": 1, "hired": 1, "not_in_alva": 1, "not_requested": 1}
        assert office.poll(LAST_HOUR) == again
        assert office.asked() == []
        assert ([office.sent(one) for one in invited], office.failures(failed)) == ([1, 1, 1], ["missing_email"])

    def test_a_dry_run_writes_nothing_and_reports_the_same(self, office: Office) -> None:
        for make in (*KINDS.values(), tagged):
            make(office, WITHIN_MS)
        to_hire, to_delete = office.apply(), office.apply()
        office.run(to_hire, to_delete)
        office.recruiter.hire(to_hire, at_ms=WITHIN_MS)
        office.recruiter.delete(to_delete, at_ms=WITHIN_MS)
        office.forget()
        dry = office.poll(LAST_HOUR, dry_run=True)
        assert office.asked() == []
        assert office.poll(LAST_HOUR) == dry

    def test_the_next_interval_invites_no_candidate_twice(self, office: Office) -> None:
        people = [entered(office, NOW_MS - OVERLAP_MS + number) for number in range(5)]
        assert office.poll(LAST_HOUR) == {"trigger_stage": 5}
        assert office.poll(Window(NOW_MS, NOW_MS + HOUR_MS)) == {"already_invited": 5}
        assert [office.sent(one) for one in people] == [1] * 5


def test_an_unreadable_row_does_not_make_an_application_from_after_the_window_new(office: Office) -> None:
    day_ms = 24 * HOUR_MS
    posting = office.recruiter.add_posting("Support", tags=["Alva: Screening"])
    ada = office.apply(posting=posting, stage="Offer", at_ms=NOW_MS - 20 * day_ms)

    def spoil(answer: dict[str, Any]) -> None:
        for row in answer["data"] if isinstance(answer["data"], list) else []:
            row["confidentiality"] = None

    office.faults.add("lever", "GET", "/opportunities", kind="edit", action=spoil, times=None)
    long_ago = Window(NOW_MS - 40 * day_ms, NOW_MS - 40 * day_ms + HOUR_MS)
    assert (office.poll(long_ago), office.sent(ada)) == ({"not_requested": 1}, 0)
