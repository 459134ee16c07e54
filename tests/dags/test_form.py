"""The form of each DAG: keys that it doesn't know, dry runs, and values that it refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.sdk.exceptions import ParamValidationError
from airflow.utils.session import create_session
from sqlalchemy import select

from include.sandbox import Sandbox
from tests.dags.people import INVITE, RESULTS, THIS_HOUR, announced, applied, covered, ms, sent, tags, writes
from tests.dags.runner import HOUR, UNKNOWN, Ended, Runner

DAY = timedelta(days=1)
NIGHTLY, EVENTS = "alva_lever_sync_postings", "alva_lever_handle_events"
POLLING = ["opportunity_ids", "since"]
FORMS = {INVITE: POLLING, RESULTS: POLLING, NIGHTLY: [], EVENTS: ["deliveries"]}
DRY = '{"trigger_stage": "New applicant", "dry_run": true}'
REAL = '{"trigger_stage": "New applicant"}'


@pytest.fixture
def runners(events: Runner) -> dict[str, Runner]:
    """All four DAGs, which have never run."""
    return {EVENTS: events, **{dag_id: Runner(dag_id) for dag_id in (INVITE, RESULTS, NIGHTLY)}}


class TestUnknownKeys:
    @pytest.mark.parametrize(
        ("dag_id", "key"),
        [*((dag_id, "dryrun") for dag_id in FORMS), (INVITE, "dry-run"), (RESULTS, "DRY_RUN"), (INVITE, "deliveries")],
    )
    def test_a_key_that_the_form_does_not_have_fails_before_anything_is_read(
        self, runners: dict[str, Runner], sandbox: Sandbox, posting: str, capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture, dag_id: str, key: str,
    ) -> None:  # fmt: skip
        applied(sandbox, posting)
        run = runners[dag_id].manual(**{key: True})
        first, *between = [name for name in run.tasks if name not in ("report", "begin", "watch_pool")]
        assert (run.state, run.tasks[first]) == ("failed", ["failed"])
        assert [run.tasks[name] for name in between] == [["upstream_failed"]] * len(between)
        assert sandbox.journal.of(None, None, None) == []
        said = capsys.readouterr().out + caplog.text
        # A key can be anything that a person typed.
        named = ["(not a word)" if "-" in key else key, "dry_run", *FORMS[dag_id]]
        assert [word for word in named if f"`{word}`" not in said] == []

    def test_a_key_that_may_be_personal_data_is_not_quoted(
        self, runners: dict[str, Runner], sandbox: Sandbox, capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:  # fmt: skip
        run = runners[INVITE].manual(**{"zebedee quux <zebedee@candidates.example.com>": True})
        assert (run.state, sandbox.journal.of(None, None, None)) == ("failed", [])
        text = json.dumps(run.report) + capsys.readouterr().out + caplog.text
        assert "zebedee" not in text

    def test_deliveries_are_a_known_key_of_the_events_dag(
        self, runners: dict[str, Runner], sandbox: Sandbox, posting: str
    ) -> None:
        ada = applied(sandbox, posting)
        run = runners[EVENTS].manual(deliveries=announced("stage_changed", ada))
        assert (run.state, run.counts) == ("success", {"trigger_stage": 1})


class TestOption:
    """`dry_run` in the options: no run writes anything until it is removed."""

    @pytest.fixture
    def to_do(self, sandbox: Sandbox, runners: dict[str, Runner], posting: str) -> dict[str, str]:
        """Work for each DAG: an invitation, new results, a position with another name, and a delivery about a hire."""
        invited, completed, hired = (applied(sandbox, posting, at_ms=ms(THIS_HOUR - HOUR / 2)) for _ in range(3))
        runners[EVENTS].manual(deliveries=announced("stage_changed", completed, hired))
        sandbox.candidates.finish(completed, 82)
        sandbox.recruiter.hire(hired)
        sandbox.recruiter.change_posting(posting, name="Data Artist")
        sandbox.journal.clear()
        return {"invited": invited, "completed": completed, "hired": hired}

    def each(self, runners: dict[str, Runner], to_do: dict[str, str], number: int) -> dict[str, Ended]:
        later = number * HOUR
        return {
            EVENTS: runners[EVENTS].manual(deliveries=announced("hired", to_do["hired"])),
            INVITE: runners[INVITE].scheduled(THIS_HOUR - HOUR + later),
            RESULTS: runners[RESULTS].scheduled(THIS_HOUR + later, THIS_HOUR + later + timedelta(minutes=15)),
            NIGHTLY: runners[NIGHTLY].scheduled(THIS_HOUR - DAY + later, THIS_HOUR + later),
        }

    def test_all_four_do_dry_runs_and_the_first_real_runs_do_the_same_for_real(
        self, runners: dict[str, Runner], sandbox: Sandbox, posting: str, to_do: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", DRY)
        began: list[Any] = []
        for number in range(3):
            dry = self.each(runners, to_do, number)
            assert writes(sandbox) == 0
            assert {dag_id: run.state for dag_id, run in dry.items()} == dict.fromkeys(FORMS, "success")
            assert [run.report["dry_run"] for run in dry.values() if run.report] == [True] * 4
            began.append([covered(dag_id) for dag_id in (INVITE, RESULTS, NIGHTLY)])
        # The covered time stays where the first run began.
        assert began == [[THIS_HOUR - HOUR, THIS_HOUR - 14 * DAY, THIS_HOUR - DAY]] * 3
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", REAL)
        real = self.each(runners, to_do, 3)
        for dag_id in (EVENTS, INVITE, NIGHTLY):
            assert real[dag_id].counts == dry[dag_id].counts
        # One more is unchanged: the candidate who was just invited.
        assert real[RESULTS].counts == {"completed": 1, "unchanged": 2}
        assert dry[RESULTS].counts == {"completed": 1, "unchanged": 1}
        # At most fourteen days back.
        longest_ago = THIS_HOUR + 3 * HOUR + timedelta(minutes=15) - 14 * DAY
        assert [run.report["window"] and run.report["window"][0] for run in real.values() if run.report] == [
            None, (THIS_HOUR - HOUR).isoformat(), longest_ago.isoformat(), (THIS_HOUR - DAY).isoformat(),
        ]  # fmt: skip
        assert (sent(sandbox, to_do["invited"]), tags(sandbox, to_do["invited"])) == (1, ["Invitation Sent"])
        assert "Completed" in tags(sandbox, to_do["completed"])
        assert sandbox.look(to_do["hired"])["alva"]["candidate"]["stage"] == "hired"
        assert sandbox.world.alva.positions.named(posting).facts.name == "Data Artist"
        assert [covered(dag_id) for dag_id in (INVITE, NIGHTLY)] == [THIS_HOUR + 3 * HOUR] * 2

    @pytest.mark.parametrize("conf", [{}, {"dry_run": False}])
    def test_the_option_holds_for_any_form(
        self, runners: dict[str, Runner], sandbox: Sandbox, to_do: dict[str, str], monkeypatch: pytest.MonkeyPatch,
        conf: dict[str, Any],
    ) -> None:  # fmt: skip
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", DRY)
        runs = [
            runners[INVITE].manual(opportunity_ids=[to_do["invited"]], **conf),
            runners[INVITE].backfill(THIS_HOUR - HOUR, **conf),
            runners[RESULTS].manual(opportunity_ids=[to_do["completed"]], **conf),
            runners[NIGHTLY].manual(**conf),
            runners[EVENTS].manual(deliveries=announced("hired", to_do["hired"]), **conf),
        ]
        assert [(run.state, bool(run.report and run.report["dry_run"])) for run in runs] == [("success", True)] * 5
        assert writes(sandbox) == 0

    def test_a_batch_after_the_option_was_set_writes_nothing(
        self, runners: dict[str, Runner], sandbox: Sandbox, to_do: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sandbox.faults.add(
            "lever", "GET", "/tags", kind="call",
            action=lambda: monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", DRY),
        )  # fmt: skip
        run = runners[INVITE].scheduled(THIS_HOUR - HOUR)
        assert run.report is not None
        assert (run.report["dry_run"], writes(sandbox)) == (True, 0)
        # The window stays uncovered, so a later run does that batch.
        assert covered() == THIS_HOUR - HOUR


class TestRefusedByTheForm:
    def refused(self, runner: Runner, sandbox: Sandbox, param: str, **conf: Any) -> None:
        """No run is made, so that Airflow keeps nothing of it."""
        with pytest.raises(ParamValidationError, match=f"Invalid input for param {param}"):
            runner.manual(**conf)
        with create_session() as session:
            assert session.scalars(select(DagRun)).all() == []
        assert sandbox.journal.of(None, None, None) == []

    @pytest.mark.parametrize(
        "line",
        [
            "Zebedee Quux", "zebedee@candidates.example.com", "+46 70 123 45 67", "0701234567", "19850101-1234",
            f"{UNKNOWN} Zebedee", f"Zebedee {UNKNOWN}", f"{UNKNOWN},{UNKNOWN}", f"{UNKNOWN}\nZebedee",
            f"https://hire.lever.co/candidates/{UNKNOWN}?name=Zebedee", f"https://zebedee.test/candidates/{UNKNOWN}",
            f"https://hire.lever.co/candidates/zebedee/{UNKNOWN}", UNKNOWN[:-1], UNKNOWN + "0",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("dag_id", [INVITE, RESULTS])
    def test_a_line_that_is_no_id_is_refused(
        self, runners: dict[str, Runner], sandbox: Sandbox, dag_id: str, line: str
    ) -> None:
        self.refused(runners[dag_id], sandbox, "opportunity_ids", opportunity_ids=[UNKNOWN, line])

    @pytest.mark.parametrize(
        "since",
        [
            "zebedee@candidates.example.com", "Zebedee's birthday", "since 2026-01-01", "2026-01-01 for Zebedee",
            "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "1985-01-01", "19850101-1234", "+46701234567",
        ],
    )  # fmt: skip
    def test_a_since_that_is_no_date_is_refused(self, runners: dict[str, Runner], sandbox: Sandbox, since: str) -> None:
        self.refused(runners[INVITE], sandbox, "since", since=since)

    @pytest.mark.parametrize("dag_id", [INVITE, RESULTS])
    def test_more_than_ten_thousand_ids_are_refused(
        self, runners: dict[str, Runner], sandbox: Sandbox, dag_id: str
    ) -> None:
        ids = [f"{UNKNOWN[:-6]}{number:06}" for number in range(10_001)]
        self.refused(runners[dag_id], sandbox, "opportunity_ids", opportunity_ids=ids)

    @pytest.mark.parametrize("dry_run", ["yes", "true", 1, None])
    def test_a_dry_run_that_is_neither_true_nor_false_is_refused(
        self, runners: dict[str, Runner], sandbox: Sandbox, dry_run: object
    ) -> None:
        for runner in runners.values():
            self.refused(runner, sandbox, "dry_run", dry_run=dry_run)
