"""A batch: its cost in calls, faults of single candidates, and the checkpoint."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from alva_lever.batch.batch import CALLS_PER_TASK, MOST_IN_BATCH, Batches, Checkpoint, Unfinished
from alva_lever.batch.worker_pool import FAULTS_IN_A_ROW, THREADS
from alva_lever.http.errors import ApiError, TransientError, Unauthorized
from alva_lever.rules.model import AlvaCandidate
from alva_lever.rules.window import Window
from alva_lever.settings import Options
from alva_lever.sync.lever_writer import LeverWriter
from alva_lever.sync.snapshot import Snapshot
from tests.sync.office import ELSEWHERE, HOUR_MS, NOW_MS, TRIGGER, Office

SENT = ["Invitation Sent"]
# The other listings of a poll: postings with a control tag (2), deletions, archive reasons, hires, `Send Tests`, tags.
OTHER_LISTINGS = 7
LAST_HOUR = Window(NOW_MS - HOUR_MS, NOW_MS)
WITHIN_MS = NOW_MS - HOUR_MS // 2


class TestCost:
    def test_each_of_600_candidates_takes_two_calls_to_lever_and_two_to_alva(self, office: Office) -> None:
        postings = [office.recruiter.add_posting(f"Posting {number}", team="Platform") for number in range(3)]
        people = [office.apply(posting=postings[number % 3], at_ms=WITHIN_MS) for number in range(600)]
        found = office.find(LAST_HOUR)
        office.forget()
        for batch in found.batches:
            office.do(batch, window=LAST_HOUR)
        assert office.progress.report.counts == {"trigger_stage": 600}
        assert {office.sent(one) for one in people} == {1}
        alva = Counter((one.method, one.path.rpartition("/")[2]) for one in office.arrived("alva"))
        assert alva == {
            ("GET", "candidates"): 600, ("POST", "candidates"): 600,
            ("GET", "job_positions"): 3, ("POST", "job_positions"): 3,
        }  # fmt: skip
        lever = Counter(one.path.split("/")[1] + one.path.partition("/add")[2] for one in office.arrived("lever"))
        # A read and a tag for each.
        assert (lever["opportunities"], lever["opportunitiesTags"]) == (600, 600)
        assert lever["postings"] <= len(found.batches) * len(postings)
        assert office.progress.report.calls == {"lever": sum(lever.values()), "alva": sum(alva.values())}

    def test_a_failure_takes_at_most_five_calls_to_lever(self, office: Office) -> None:
        for _ in range(100):
            office.apply(emails=[], at_ms=WITHIN_MS)
        for _ in range(2):
            found = office.find(LAST_HOUR)
            office.forget()
            for batch in found.batches:
                office.progress.done.clear()
                office.do(batch)
            assert len(office.arrived("lever")) <= 5 * 100

    def test_of_5000_listed_only_the_100_to_invite_are_read_again_and_each_posting_once_a_task(
        self, office: Office
    ) -> None:
        office.options = Options(trigger_stage=TRIGGER, blocked_origins=frozenset({"agency"}))
        postings = [office.recruiter.add_posting(f"Posting {number}", team="Platform") for number in range(3)]
        for number in range(5000):
            origin = "applied" if number % 50 == 0 else "agency"
            office.apply(posting=postings[number % 3], at_ms=WITHIN_MS + number, origin=origin)
        found = office.find(LAST_HOUR)
        # Listed once by stage entry and once by creation: each 50 pages and one page to check again.
        listings = [one for one in office.arrived("lever") if one.asked("stage_id") or one.asked("created_at_start")]
        assert len(listings) == 2 * 51
        assert len(office.arrived("lever")) == 2 * 51 + len(postings) + OTHER_LISTINGS
        assert found.report.counts == {"blocked_origin": 4900}
        office.forget()
        (batch,) = found.batches
        office.do(batch, window=LAST_HOUR)
        assert office.progress.report.counts == {"trigger_stage": 100}
        lever = Counter((one.method, one.path.split("/")[1]) for one in office.arrived("lever"))
        assert lever == {("GET", "opportunities"): 100, ("POST", "opportunities"): 100, ("GET", "postings"): 3}


class TestBatches:
    """How items are grouped into batches."""

    def test_each_batch_takes_about_a_minute_at_levers_rate_limit(self) -> None:
        batches = Batches()
        for number in range(1000):
            batches.add({"id": str(number)}, 3.0)
        assert [len(batch) for batch in batches.all] == [150] * 6 + [100]
        assert max(map(len, batches.all)) * 3.0 <= CALLS_PER_TASK
        assert [item["id"] for batch in batches.all for item in batch] == [str(number) for number in range(1000)]

    def test_a_batch_of_cheap_items_fits_in_one_checkpoint(self) -> None:
        batches = Batches()
        for number in range(2000):
            batches.add({"id": f"{number:0100}"}, 0.01)
        assert max(map(len, batches.all)) == MOST_IN_BATCH
        progress = Checkpoint(done={str(item["id"]) for item in batches.all[0]})
        for one in sorted(progress.done):
            progress.report.count("not_requested", one)
            progress.report.near_miss(one, ["alva: send tests"])
        assert len(json.dumps(progress.as_json())) < 64 * 1024

    def test_there_are_at_most_as_many_batches_as_airflow_maps_over(self) -> None:
        batches = Batches()
        for number in range(1_500):
            batches.add({"id": str(number)}, CALLS_PER_TASK)
        assert len(batches.all) == 1000
        assert sum(map(len, batches.all)) == 1_500


class TestFaults:
    def test_candidates_with_a_fault_come_last_in_the_next_attempt(self, office: Office) -> None:
        people = office.applied(120)
        for one in people[:5]:
            office.faults.add("lever", "GET", f"*/opportunities/{one}", kind="html", times=None)
        for again in (False, True):
            with pytest.raises(ApiError):
                office.run(*people, again=again)
        assert [office.sent(one) for one in people] == [0] * 5 + [1] * 115
        office.faults.clear()
        assert office.run(*people, again=True) == {"trigger_stage": 120}

    def test_an_empty_batch_sends_no_requests(self, office: Office) -> None:
        assert office.run() == {}
        assert office.arrived() == []

    def test_the_checkpoint_is_saved_regularly_and_has_only_ids_and_counts(self, office: Office) -> None:
        people = office.applied(120, tags=["Alva: Invitation Sent"])
        saved: list[dict[str, object]] = []
        office.begin()
        items = office.items(people)
        office.do(items, save=lambda done: saved.append(json.loads(json.dumps(done.as_json()))))
        assert [len(one["done"]) for one in saved] == [50, 100, 120]  # type: ignore[arg-type]
        assert set(saved[-1]) == {"done", "faults", "report", "invited"}
        assert Checkpoint.of(saved[-1]).as_json() == saved[-1]


class TestCounts:
    def test_calls_add_up_over_faults_and_attempts(self, office: Office) -> None:
        people = office.applied(30)
        office.faults.add("lever", "POST", f"/opportunities/{people[5]}/addTags", times=None)
        with pytest.raises(ApiError):
            office.run(*people)
        office.faults.clear()
        office.run(*people, again=True)
        report = office.progress.report
        assert report.calls == {service: len(office.arrived(service)) for service in ("lever", "alva")}
        assert (report.counts, sorted(report.ids["trigger_stage"])) == ({"trigger_stage": 30}, sorted(people))

    def test_the_time_waited_for_a_rate_limit_is_counted(self, office: Office) -> None:
        ada = office.apply()
        office.faults.add("alva", "GET", "/candidates", status=429, retry_after=7)
        office.faults.add("lever", "GET", "/opportunities/*", status=429, retry_after=5)
        office.run(ada)
        # The two pauses, and less than a second at a slower pace after each.
        assert 12.0 <= office.progress.report.waited_seconds < 14.0

    def test_the_report_counts_all_and_names_the_first_hundred_ids(self, office: Office) -> None:
        people = office.applied(130, tags=["Alva: Invitation Sent"])
        assert office.run(*people) == {"already_invited": 130}
        assert len(set(office.progress.report.ids["already_invited"])) == 100

    def test_a_near_miss_is_reported_once_for_each_posting_or_opportunity(self, office: Office) -> None:
        office.recruiter.change_posting(office.posting, tags=["alva: screening"])
        people = office.applied(40, stage=ELSEWHERE, tags=["alva: send tests"])
        assert office.run(*people) == {"not_requested": 40}
        misses = Counter((miss["id"], miss["tag"]) for miss in office.progress.report.near_misses)
        assert misses == {
            (office.posting, "alva: screening"): 1,
            **{(one, "alva: send tests"): 1 for one in people},
        }


class TestLooks:
    def test_each_opportunity_is_read_again_before_the_decision(self, office: Office) -> None:
        people = office.applied(4)
        found = office.find(office.window(-1))
        assert found.batches == []
        office.recruiter.archive(people[0])
        office.recruiter.move(people[1], ELSEWHERE)
        office.recruiter.delete(people[2])
        assert office.run(*people) == {"archived": 1, "not_requested": 1, "gone": 1, "trigger_stage": 1}

    def test_a_contact_with_many_opportunities_hides_no_other_candidate(self, office: Office) -> None:
        people = [office.apply("Bo Ek")]
        first = office.apply()
        people += [first, *[office.apply(contact=first, stage=ELSEWHERE) for _ in range(130)]]
        assert office.run(*people) == {"trigger_stage": 2, "not_requested": 130}

    def test_a_candidate_who_is_in_a_batch_twice_is_invited_once(self, office: Office) -> None:
        ada, bo = office.applied(2)
        office.run(ada, bo, ada)
        assert [office.sent(one) for one in (ada, bo)] == [1, 1]

    @pytest.mark.parametrize("place", ["first", "last", "between"])
    @pytest.mark.parametrize("status", [400, 403, 404])
    def test_a_lasting_refusal_affects_only_its_own_candidate(self, office: Office, status: int, place: str) -> None:
        people = office.applied(60)
        refused = {"first": people[:30], "last": people[30:], "between": people[::2]}[place]
        for one in refused:
            office.faults.add("lever", "POST", f"/opportunities/{one}/addTags", status=status, times=None)
        with pytest.raises(Unfinished, match="30 of 60 could not be done; the others were") as error:
            office.run(*people)
        # If the key lacks the permission, a retry of the task would fail in the same way.
        assert error.value.lasting == (status == 403)
        assert [one for one in people if office.status(one) != SENT] == refused
        assert set(office.progress.faults) == set(refused)
        office.faults.clear()
        assert office.run(*people, again=True) == {"trigger_stage": 60}
        assert [office.sent(one) for one in people] == [1] * 60

    def test_many_temporary_faults_in_a_row_end_the_attempt_and_the_retry_begins_with_the_rest(
        self, office: Office
    ) -> None:
        # As many as the threads can have taken, in any order, when the fault that ends the attempt is counted.
        faulty = FAULTS_IN_A_ROW - 1 + 2 * THREADS
        people = office.applied(faulty + 20)
        for one in people[:faulty]:
            office.faults.add("lever", "GET", f"/opportunities/{one}", times=None)
        with pytest.raises(TransientError):
            office.run(*people)
        assert [office.sent(one) for one in people] == [0] * (faulty + 20)
        assert FAULTS_IN_A_ROW <= len(office.progress.faults) <= faulty
        with pytest.raises(ApiError):
            office.run(*people, again=True)
        assert [office.sent(one) for one in people] == [0] * faulty + [1] * 20

    def test_a_rejected_key_ends_the_attempt_at_once(self, office: Office) -> None:
        people = office.applied(60)
        office.faults.add("alva", status=401, times=None)
        with pytest.raises(Unauthorized):
            office.run(*people)
        assert len(office.arrived("alva")) <= 2 * THREADS

    def test_an_error_in_our_own_code_affects_one_candidate_and_shows_no_personal_data(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        people = office.applied(30)
        state = LeverWriter.state

        def mistaken(writer: LeverWriter, snapshot: Snapshot, candidate: AlvaCandidate) -> None:
            if snapshot.opportunity is not None and snapshot.opportunity_id == people[7]:
                raise KeyError(snapshot.opportunity.emails[0])
            state(writer, snapshot, candidate)

        monkeypatch.setattr(LeverWriter, "state", mistaken)
        with pytest.raises(ApiError, match="1 of 30 could not be done; the others were") as error:
            office.run(*people)
        assert "candidates.example.com" not in f"{error.value} {error.value!r}"
        assert [one for one in people if office.status(one) != SENT] == [people[7]]
        monkeypatch.undo()
        office.connect()
        assert office.run(*people, again=True) == {"trigger_stage": 30}
        assert [office.sent(one) for one in people] == [1] * 30
