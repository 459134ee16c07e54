"""An answer of a proxy or gateway is never taken for an answer of the vendor: whole runs in real Airflow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from include.sandbox import Sandbox
from tests.dags.people import THIS_HOUR, announced, applied, candidate_id, notes, sent, tags, told, waiting
from tests.dags.runner import HOUR, Ended, Runner

QUARTER = timedelta(minutes=15)
SENT = ["Invitation Sent"]
# Answers of things between us and the vendor.
PAGE: dict[str, Any] = {"kind": "html"}
GATEWAY: dict[str, Any] = {"body": {"message": "no Route matched with those values"}}
LOGIN: dict[str, Any] = {"body": "Please log in"}
EMPTY: dict[str, Any] = {"body": ""}
NUMBERED: dict[str, Any] = {"body": {"code": 1020, "message": "Access denied"}}
LISTED: dict[str, Any] = {"body": [{"code": "ForbiddenError"}]}
FOREIGN = [
    (403, PAGE), (404, GATEWAY), (403, LOGIN), (404, EMPTY), (403, NUMBERED), (404, LISTED), (410, PAGE), (400, PAGE),
]  # fmt: skip
# Words that a note or a report would wrongly use for such an answer.
FALSE = {"confidential", "gone", "no_posting", "refused_by_alva", "not_in_alva", "missing_email"}


def left_alone(sandbox: Sandbox, people: list[str], run: Ended, others: int) -> None:
    """Checks that these candidates are leftovers without a note, and that the others were done."""
    assert run.report is not None
    assert (run.state, run.counts.get("leftover")) == ("failed", len(people))
    assert FALSE.isdisjoint(run.counts)
    assert sum(run.counts.values()) == others + len(people)
    assert {fault for fault, _ in told(run).values()} == {"passing"}
    assert [one for one in people if notes(sandbox, one) or "Invitation Failed" in tags(sandbox, one)] == []


@pytest.fixture
def others(sandbox: Sandbox, posting: str) -> list[str]:
    return [applied(sandbox, posting) for _ in range(10)]


class TestPoll:
    def spoiled(self, sandbox: Sandbox, posting: str) -> list[str]:
        people = []
        for status, answer in FOREIGN:
            one = applied(sandbox, posting)
            sandbox.faults.add("lever", "GET", f"/opportunities/{one}", status=status, times=None, **answer)
            own = sandbox.recruiter.add_posting("Cook")
            other = applied(sandbox, own)
            sandbox.faults.add("lever", "GET", f"/postings/{own}", status=status, times=None, **answer)
            people += [one, other]
        for status, answer in ((405, PAGE), (413, PAGE), (425, PAGE), (422, LISTED), (400, LOGIN), (404, EMPTY)):
            own = sandbox.recruiter.add_posting("Cook")
            position = sandbox.candidates.add_position("Cook", external_id=own)
            people.append(applied(sandbox, own))
            path = f"/job_positions/{position}/candidates"
            sandbox.faults.add("alva", "POST", path, status=status, times=None, **answer)
        return people

    @pytest.mark.parametrize("how", ["hourly", "events"])
    def test_candidates_with_such_answers_are_leftovers_and_are_done_once_the_vendor_answers(
        self, hurried: None, hourly: Runner, sandbox: Sandbox, posting: str, others: list[str], how: str
    ) -> None:
        people = self.spoiled(sandbox, posting)
        if how == "hourly":
            run = hourly.scheduled(THIS_HOUR, THIS_HOUR + HOUR)
        else:
            # Among others, so that not too many faults come in a row.
            mixed = [one for number, one in enumerate(people) for one in (one, others[number % len(others)])]
            run = Runner("alva_lever_handle_events").manual(deliveries=announced("stage_changed", *mixed))
        left_alone(sandbox, people, run, len(others))
        assert [(sent(sandbox, one), tags(sandbox, one)) for one in others] == [(1, SENT)] * len(others)
        sandbox.faults.clear()
        run = hourly.scheduled(THIS_HOUR + HOUR)
        assert (run.state, run.counts, waiting()) == ("success", {"trigger_stage": len(people)}, {})
        assert [(sent(sandbox, one), tags(sandbox, one)) for one in people] == [(1, SENT)] * len(people)

    @pytest.mark.parametrize("path", ["/stages", "/opportunities", "/archive_reasons", "/postings"])
    @pytest.mark.parametrize("answer", [{**PAGE, "status": 404}, {**GATEWAY, "status": 404}], ids=["page", "gateway"])
    def test_a_404_for_a_whole_listing_is_retried_and_if_it_lasts_the_next_run_covers_the_time(
        self, hurried: None, hourly: Runner, sandbox: Sandbox, others: list[str], path: str, answer: dict[str, Any],
        caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        sandbox.faults.add("lever", "GET", path, times=None, **answer)
        run = hourly.scheduled(THIS_HOUR, THIS_HOUR + HOUR)
        assert (run.state, run.counts, waiting()) == ("failed", {}, {})
        said = {"/stages": "there is no API of Lever at http://127.0.0.1:"}
        expected = said.get(path, f"Something that isn't Lever's API answered 404 to GET {path}")
        assert expected in capsys.readouterr().out + caplog.text
        sandbox.faults.clear()
        sandbox.faults.add("lever", "GET", path, times=4, **answer)
        run = hourly.scheduled(THIS_HOUR + HOUR)
        assert (run.state, run.counts) == ("success", {"trigger_stage": len(others)})

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_404_for_the_notes_of_a_present_opportunity_is_a_fault(
        self, hourly: Runner, sandbox: Sandbox, posting: str, method: str
    ) -> None:
        ada = applied(sandbox, posting, emails=[], tags=["Alva: Invitation Failed"] if method == "GET" else [])
        sandbox.faults.add("lever", method, f"/opportunities/{ada}/notes", status=404, times=None)
        run = hourly.scheduled(THIS_HOUR, THIS_HOUR + HOUR)
        assert (run.state, run.counts, told(run)) == ("failed", {"leftover": 1}, {ada: ("not_found", 1)})
        sandbox.faults.clear()
        run = hourly.scheduled(THIS_HOUR + HOUR)
        assert (run.state, run.counts) == ("success", {"missing_email": 1})
        assert (tags(sandbox, ada), len(notes(sandbox, ada))) == (["Invitation Failed"], 1)

    def test_a_404_for_the_notes_of_a_deleted_opportunity_means_gone(
        self, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        ada = applied(sandbox, posting, emails=[])
        sandbox.faults.add(
            "lever", "GET", f"/opportunities/{ada}/notes", kind="call", action=lambda: sandbox.recruiter.delete(ada)
        )
        run = hourly.scheduled(THIS_HOUR, THIS_HOUR + HOUR)
        assert (run.state, run.counts) == ("success", {"gone": 1})


class TestResults:
    @pytest.mark.parametrize(("status", "answer"), FOREIGN[:6])
    def test_such_answers_are_leftovers_of_the_results_dag(
        self, hurried: None, hourly: Runner, sandbox: Sandbox, posting: str, others: list[str], status: int,
        answer: dict[str, Any],
    ) -> None:  # fmt: skip
        hourly.scheduled(THIS_HOUR, THIS_HOUR + HOUR)
        for one in others:
            sandbox.candidates.finish(one, 82)
        hidden, without = others[3], others[7]
        paths = ("lever", f"/opportunities/{hidden}"), ("alva", f"/candidates/{candidate_id(sandbox, without)}/results")
        for service, path in paths:
            if service == "alva" and isinstance(answer.get("body"), dict):
                # Any JSON object counts as a refusal by Alva.
                path += "-not"
            sandbox.faults.add(service, "GET", path, status=status, times=None, **answer)
        results = Runner("alva_lever_push_results")
        run = results.scheduled(THIS_HOUR, THIS_HOUR + QUARTER)
        people = [hidden] if "-not" in path else [hidden, without]
        left_alone(sandbox, people, run, len(others) - len(people))
        sandbox.faults.clear()
        run = results.scheduled(THIS_HOUR + QUARTER, THIS_HOUR + 2 * QUARTER)
        assert (run.state, run.counts["completed"]) == ("success", len(people))

    def test_a_404_for_the_results_of_a_present_candidate_is_a_fault(
        self, hourly: Runner, sandbox: Sandbox, others: list[str]
    ) -> None:
        hourly.scheduled(THIS_HOUR, THIS_HOUR + HOUR)
        ada = others[0]
        candidate = sandbox.candidates.finish(ada, 82)
        sandbox.faults.add("alva", "GET", f"/candidates/{candidate}/results", status=404, times=None)
        results = Runner("alva_lever_push_results")
        run = results.scheduled(THIS_HOUR, THIS_HOUR + QUARTER)
        assert (run.state, run.counts["leftover"], told(run)) == ("failed", 1, {ada: ("not_found", 1)})
        sandbox.faults.clear()
        assert results.scheduled(THIS_HOUR + QUARTER, THIS_HOUR + 2 * QUARTER).counts["completed"] == 1


class TestPermissions:
    """A missing permission is never taken for a missing object: the run fails and names the permission."""

    def said(
        self, run: Ended, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> str:
        assert run.state == "failed"
        assert FALSE.isdisjoint(run.counts)
        return capsys.readouterr().out + caplog.text

    @pytest.mark.parametrize("tagged", [False, True])
    def test_a_hiring_manager_who_is_only_an_id_and_cannot_be_read_fails_the_run(
        self, hourly: Runner, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
        tagged: bool,
    ) -> None:  # fmt: skip
        screening = ["Alva: Screening"] if tagged else []
        posting = sandbox.recruiter.add_posting("Cook", hiring_manager_email="mo@hiring.example.com", tags=screening)
        people = [applied(sandbox, posting) for _ in range(3)]

        def bare(answer: dict[str, Any]) -> None:
            rows = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
            for row in rows:
                if isinstance(row.get("hiringManager"), dict):
                    row["hiringManager"] = row["hiringManager"]["id"]

        sandbox.faults.add("lever", "GET", "/postings*", kind="edit", action=bare, times=None)
        sandbox.faults.add("lever", "GET", "/users/*", status=403, times=None)
        run = hourly.scheduled(THIS_HOUR, THIS_HOUR + HOUR)
        assert "`users: read`" in self.said(run, sandbox, caplog, capsys)
        sandbox.faults.clear()
        run = hourly.scheduled(THIS_HOUR + HOUR)
        assert (run.state, run.counts) == ("success", {"trigger_stage": 3})
        assert [sent(sandbox, one) for one in people] == [1] * 3

    @pytest.mark.parametrize("how", ["hourly", "events", "named"])
    def test_applications_that_come_as_ids(
        self, hourly: Runner, sandbox: Sandbox, posting: str, caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str], how: str,
    ) -> None:  # fmt: skip
        people = [applied(sandbox, posting) for _ in range(3)]

        def bare(answer: dict[str, Any]) -> None:
            rows = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
            for row in rows:
                row["applications"] = [one["id"] for one in row["applications"]]

        sandbox.faults.add("lever", "GET", "/opportunities*", kind="edit", action=bare, times=None)
        if how == "events":
            run = Runner("alva_lever_handle_events").manual(deliveries=announced("stage_changed", *people))
        elif how == "named":
            run = hourly.manual(opportunity_ids=people)
        else:
            run = hourly.scheduled(THIS_HOUR, THIS_HOUR + HOUR)
        assert "`applications: read`" in self.said(run, sandbox, caplog, capsys)
        sandbox.faults.clear()
        assert hourly.scheduled(THIS_HOUR + HOUR).state == "success"
        assert [(sent(sandbox, one), notes(sandbox, one)) for one in people] == [(1, [])] * 3
