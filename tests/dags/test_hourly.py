"""The hourly DAG in real Airflow, against both services over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from airflow.utils.types import DagRunType

from include.sandbox import Sandbox
from tests.dags.runner import HOUR, UNKNOWN, Runner

NOW = datetime.now(UTC)
THIS_HOUR = NOW.replace(minute=0, second=0, microsecond=0)
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def applied(sandbox: Sandbox, posting: str, at: datetime, name: str = "Ada Byron") -> str:
    number = len(sandbox.world.lever.opportunities)
    return sandbox.recruiter.apply(posting, name, [f"c{number}@candidates.example.com"], at_ms=ms(at))


def invited(sandbox: Sandbox, opportunity: str) -> int:
    sent: int = sandbox.look(opportunity)["alva"]["invitations_sent"]
    return sent


def tags(sandbox: Sandbox, opportunity: str) -> list[str]:
    return [tag for tag in sandbox.look(opportunity)["tags"] if tag.startswith("Alva:")]


def writes(sandbox: Sandbox) -> int:
    return sum(len(sandbox.journal.of(None, method, None)) for method in WRITES)


def test_a_new_candidate_in_the_trigger_stage_is_invited_and_tagged(
    hourly: Runner, sandbox: Sandbox, posting: str
) -> None:
    ada = applied(sandbox, posting, THIS_HOUR - timedelta(minutes=30))
    run = hourly.scheduled(THIS_HOUR - HOUR)
    assert run.state == "success"
    assert run.counts == {"trigger_stage": 1}
    assert (invited(sandbox, ada), tags(sandbox, ada)) == (1, ["Alva: Invitation Sent"])


def test_the_same_interval_again_writes_nothing(hourly: Runner, sandbox: Sandbox, posting: str) -> None:
    for minute in range(5):
        applied(sandbox, posting, THIS_HOUR - timedelta(minutes=10 + minute))
    first = hourly.scheduled(THIS_HOUR - HOUR)
    sandbox.journal.clear()
    second = hourly.again(first.run_id)
    assert (second.state, second.counts, writes(sandbox)) == ("success", {"already_invited": 5}, 0)


def test_the_next_successful_run_covers_three_failed_hours(hourly: Runner, sandbox: Sandbox, posting: str) -> None:
    assert hourly.scheduled(THIS_HOUR - 5 * HOUR).state == "success"
    missed = [applied(sandbox, posting, THIS_HOUR - hours * HOUR + HOUR / 2) for hours in (4, 3, 2)]
    sandbox.faults.add("lever", "GET", "/opportunities*", status=403, times=None)
    for hours in (4, 3, 2):
        assert hourly.scheduled(THIS_HOUR - hours * HOUR).state == "failed"
    sandbox.faults.clear()
    run = hourly.scheduled(THIS_HOUR - HOUR)
    assert (run.state, run.counts) == ("success", {"trigger_stage": 3})
    assert [invited(sandbox, one) for one in missed] == [1, 1, 1]


def test_skipped_hours_are_covered_too_and_a_backfill_does_not_move_the_covered_time(
    hourly: Runner, sandbox: Sandbox, posting: str
) -> None:
    hourly.scheduled(THIS_HOUR - 9 * HOUR)
    missed = applied(sandbox, posting, THIS_HOUR - 6 * HOUR)
    assert hourly.backfill(THIS_HOUR - 3 * HOUR).counts == {}
    assert hourly.manual(since=(NOW - 2 * HOUR).isoformat()).counts == {}
    assert hourly.scheduled(THIS_HOUR - HOUR).counts == {"trigger_stage": 1}
    assert invited(sandbox, missed) == 1


def test_a_backfill_in_any_order_invites_only_candidates_of_those_hours_or_with_send_tests(
    hourly: Runner, sandbox: Sandbox, posting: str
) -> None:
    before = applied(sandbox, posting, THIS_HOUR - 30 * HOUR)
    of_those = [applied(sandbox, posting, THIS_HOUR - hours * HOUR + HOUR / 2) for hours in (23, 22, 21)]
    asks = sandbox.recruiter.apply(
        posting, "Bo Ek", ["bo@candidates.example.com"], stage="offer", tags=["Alva: Send Tests"],
        at_ms=ms(THIS_HOUR - 40 * HOUR),
    )  # fmt: skip
    after = applied(sandbox, posting, THIS_HOUR - 2 * HOUR)
    for hours in (21, 23, 22):
        assert hourly.backfill(THIS_HOUR - hours * HOUR).state == "success"
    assert [invited(sandbox, one) for one in (*of_those, asks)] == [1, 1, 1, 1]
    assert [invited(sandbox, one) for one in (before, after)] == [0, 0]


def test_a_failed_batch_fails_the_run_with_a_report_and_the_rest_is_done(
    hourly: Runner, sandbox: Sandbox, posting: str
) -> None:
    ids = [applied(sandbox, posting, THIS_HOUR - timedelta(minutes=20)) for _ in range(4)]
    sandbox.faults.add("lever", "POST", f"/opportunities/{ids[1]}/addTags", status=400, times=None)
    run = hourly.scheduled(THIS_HOUR - HOUR)
    assert (run.state, run.tasks["invite"], run.tasks["report"]) == ("failed", ["failed"], ["failed"])
    assert run.counts == {"trigger_stage": 3, "leftover": 1}
    assert run.report is not None
    assert [(left["id"], left["fault"], left["attempts"]) for left in run.report["leftovers"]] == [
        (ids[1], "refused", 1)
    ]
    sandbox.faults.clear()
    again = hourly.scheduled(THIS_HOUR)
    # The window has moved on, so the run has only the leftover to do.
    assert (again.state, again.counts) == ("success", {"trigger_stage": 1})
    assert again.report is not None
    assert again.report["leftovers"] == []
    assert [invited(sandbox, one) for one in ids] == [1, 1, 1, 1]


def test_a_dry_run_reports_and_writes_nothing(hourly: Runner, sandbox: Sandbox, posting: str) -> None:
    ada = applied(sandbox, posting, NOW - timedelta(minutes=3))
    run = hourly.manual(dry_run=True, since=(NOW - HOUR).isoformat())
    assert run.report is not None
    assert (run.report["dry_run"], run.report["looked_at"], run.counts) == (True, 1, {"trigger_stage": 1})
    assert (writes(sandbox), tags(sandbox, ada)) == (0, [])


class TestNamed:
    @pytest.fixture
    def ada(self, sandbox: Sandbox, posting: str) -> str:
        return sandbox.recruiter.apply(posting, "Ada Byron", ["ada@candidates.example.com"], stage="lead-new")

    def test_a_manual_run_invites_the_named_candidates(
        self, hourly: Runner, sandbox: Sandbox, posting: str, ada: str
    ) -> None:
        applied(sandbox, posting, NOW - timedelta(minutes=5))
        page = f"https://hire.lever.co/candidates/{ada}"
        run = hourly.manual(opportunity_ids=[f" {ada} ", UNKNOWN, "", "  ", page, ada])
        assert run.counts == {"manual": 1, "gone": 1}
        assert invited(sandbox, ada) == 1
        assert run.report is not None
        assert (run.report["window"], run.report["invited"], run.report["looked_at"]) == (None, 1, 2)

    @pytest.mark.parametrize("ids", [[], None, [""], ["", " "]])
    def test_a_manual_run_without_names_covers_a_window(
        self, hourly: Runner, sandbox: Sandbox, ada: str, ids: list[str] | None
    ) -> None:
        run = hourly.manual(opportunity_ids=ids)
        assert run.counts == {"not_requested": 1}
        assert run.report is not None
        assert run.report["window"] is not None

    def test_a_cleared_manual_run_does_not_ask_again(self, hourly: Runner, sandbox: Sandbox, ada: str) -> None:
        sandbox.recruiter.set_emails(ada, [])
        first = hourly.manual(opportunity_ids=[ada])
        assert first.counts == {"missing_email": 1}
        sandbox.recruiter.set_emails(ada, ["ada@candidates.example.com"])
        assert hourly.again(first.run_id).counts == {"awaiting_retry": 1}
        sandbox.recruiter.untag(ada, "Alva: Invitation Failed")
        assert hourly.again(first.run_id).counts == {"not_requested": 1}
        assert hourly.again(first.run_id, DagRunType.BACKFILL_JOB).counts == {"not_requested": 1}
        assert hourly.manual(opportunity_ids=[ada]).counts == {"manual": 1}

    def test_a_manual_run_that_failed_still_names_its_candidates_when_cleared(
        self, hourly: Runner, sandbox: Sandbox, ada: str
    ) -> None:
        sandbox.faults.add("alva", "POST", "*", status=401, times=None)
        first = hourly.manual(opportunity_ids=[ada])
        assert first.state == "failed"
        sandbox.faults.clear()
        assert hourly.again(first.run_id).counts == {"manual": 1}
        assert invited(sandbox, ada) == 1


class TestDepartures:
    def test_hires_and_deletions_are_sent_to_alva(self, hourly: Runner, sandbox: Sandbox, posting: str) -> None:
        hired, deleted = (applied(sandbox, posting, NOW - timedelta(minutes=30)) for _ in range(2))
        hourly.manual(since=(NOW - HOUR).isoformat())
        unknown = sandbox.recruiter.apply(posting, "Cy Holm", ["cy@candidates.example.com"], stage="offer")
        for one in (hired, unknown):
            sandbox.recruiter.hire(one)
        sandbox.recruiter.delete(deleted)
        run = hourly.manual(since=(NOW - HOUR).isoformat())
        assert run.counts == {"hired": 1, "deleted": 1, "not_in_alva": 1}
        assert sandbox.look(hired)["alva"]["candidate"]["stage"] == "hired"
        assert not sandbox.candidates.find(deleted)["present"]


class TestRefused:
    """A wrong setup fails at once, with a sentence that says what to do."""

    def failed(self, hourly: Runner, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> str:
        run = hourly.manual()
        assert (run.state, run.tasks["find"], run.tasks["report"]) == ("failed", ["failed"], ["failed"])
        assert run.counts == {}
        return capsys.readouterr().out + caplog.text

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ('{"trigger_stage": "No such"}', ["trigger_stage", "No such", "New applicant", "applicant-new"]),
            ('{"trigger_stage": "Offer", "blocked_origins": ["agnecy"]}', ["blocked_origins", "agnecy", "agency"]),
            (
                '{"trigger_stage": "No such", "progression_stage": "Nor this", "blocked_origins": ["agnecy"]}',
                ["trigger_stage", "No such", "progression_stage", "Nor this", "agnecy", "agency", "applicant-new"],
            ),
            ('{"trigger_stage": "New applicant", "blocked_orgins": []}', ["blocked_orgins", "blocked_origins"]),
            ("{}", ["trigger_stage", "missing"]),
            ("not json", ["not JSON"]),
        ],
    )  # fmt: skip
    def test_wrong_options_fail_the_run(
        self, hourly: Runner, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str], value: str, said: list[str],
    ) -> None:  # fmt: skip
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", value)
        text = self.failed(hourly, caplog, capsys)
        assert [word for word in [*said, "alva_lever_settings"] if word not in text] == []
        assert {request.path for request in sandbox.journal.of(None, None, None)} <= {"/stages"}

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", "There is no Variable `alva_lever_settings`"),
            ("AIRFLOW_CONN_LEVER_DEFAULT", "There is no connection `lever_default`"),
            ("AIRFLOW_CONN_ALVA_DEFAULT", "There is no connection `alva_default`"),
        ],
    )
    def test_a_missing_variable_or_connection_fails_the_run(
        self, hourly: Runner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str], name: str, said: str,
    ) -> None:  # fmt: skip
        monkeypatch.delenv(name)
        assert said in self.failed(hourly, caplog, capsys)

    @pytest.mark.parametrize(
        ("name", "root", "said"),
        [
            ("AIRFLOW_CONN_LEVER_DEFAULT", "lever", "field of connection `lever_default`"),
            ("AIRFLOW_CONN_ALVA_DEFAULT", "alva", "field of connection `alva_default`"),
        ],
    )
    def test_a_wrong_key_fails_the_run(
        self, hourly: Runner, served: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str], name: str, root: str, said: str,
    ) -> None:  # fmt: skip
        monkeypatch.setenv(name, json.dumps({"conn_type": "http", "host": f"{served}/{root}/v1", "password": "wrong"}))
        text = self.failed(hourly, caplog, capsys)
        assert said in text

    @pytest.mark.parametrize("since", ["2099-01-01T00:00:00Z", "2026-02-31T00:00:00Z"])
    def test_a_since_that_is_in_the_future_or_no_date_fails_the_run(
        self, hourly: Runner, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], since: str
    ) -> None:
        run = hourly.manual(since=since)
        assert (run.state, run.counts) == ("failed", {})
        text = capsys.readouterr().out + caplog.text
        assert "`since` is" in text


def test_a_run_whose_listing_failed_reports_its_calls(hourly: Runner, sandbox: Sandbox) -> None:
    sandbox.faults.add("lever", "GET", "/opportunities", status=403, times=None)
    run = hourly.manual()
    assert run.report is not None
    arrived = {service: len(sandbox.journal.of(service, None, None)) for service in ("lever", "alva")}
    assert (run.state, run.report["calls"]) == ("failed", arrived)
    assert arrived["lever"] > 1
