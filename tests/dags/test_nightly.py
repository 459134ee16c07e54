"""The nightly DAG in real Airflow, against both services over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from include.sandbox import Sandbox
from tests.dags.runner import REPORT, Runner

TWO = datetime.now(UTC).replace(hour=2, minute=0, second=0, microsecond=0) - timedelta(days=1)
DAY = timedelta(days=1)
MANAGER = "mo@hiring.example.com"


@pytest.fixture
def postings(sandbox: Sandbox, posting: str) -> dict[str, str]:
    """One posting for each word of the report, by that word; `updated` is the fixture `posting`."""
    add, position = sandbox.recruiter.add_posting, sandbox.candidates.add_position
    sandbox.candidates.add_user(MANAGER)
    found = {
        "updated": posting,
        "unchanged": add("Cook"),
        "confidential": add("Chief", confidential=True),
        "owner_unknown": add("Waiter", hiring_manager_email="nobody@hiring.example.com"),
        "gone": add("Gone"),
    }
    for word, name in (
        ("updated", "Data"), ("unchanged", "Cook"), ("confidential", "Old"), ("owner_unknown", "Old"), ("gone", "Gone")
    ):  # fmt: skip
        position(name, external_id=found[word])
    sandbox.recruiter.delete_posting(found["gone"])
    return found


def written(sandbox: Sandbox) -> int:
    return sum(len(sandbox.journal.of(None, method, None)) for method in ("POST", "PUT", "PATCH", "DELETE"))


def facts(sandbox: Sandbox, posting: str) -> tuple[str, str | None, str | None]:
    row = sandbox.world.alva.positions.named(posting).facts
    return row.name, row.team, row.owner_email


def test_a_nightly_run_syncs_the_positions_and_the_next_writes_nothing(
    nightly: Runner, sandbox: Sandbox, postings: dict[str, str]
) -> None:
    run = nightly.scheduled(TWO - DAY, TWO)
    assert (run.state, run.tasks) == ("success", {"find": ["success"], "sync": ["success"], "report": ["success"]})
    assert run.report is not None
    assert set(run.report) == REPORT
    assert (run.report["dry_run"], run.report["looked_at"]) == (False, 5)
    assert run.report["ids"] == {word: [posting] for word, posting in postings.items()}
    assert run.counts == dict.fromkeys(postings, 1)
    arrived = {service: len(sandbox.journal.of(service, None, None)) for service in ("lever", "alva")}
    assert run.report["calls"] == arrived
    assert "hiring.example.com" not in json.dumps([run.report, nightly.xcom(run.run_id, "sync")])
    assert facts(sandbox, postings["updated"]) == ("Data Engineer", "Platform", MANAGER)
    assert facts(sandbox, postings["owner_unknown"]) == ("Waiter", None, None)
    left = [facts(sandbox, postings[word])[0] for word in ("unchanged", "confidential", "gone")]
    assert left == ["Cook", "Old", "Gone"]
    assert written(sandbox) == 2
    again = nightly.scheduled(TWO, TWO + DAY)
    assert again.counts == {"unchanged": 2, "confidential": 1, "owner_unknown": 1, "gone": 1}
    assert written(sandbox) == 2


def test_a_dry_run_reports_the_same_and_writes_nothing(
    nightly: Runner, sandbox: Sandbox, postings: dict[str, str]
) -> None:
    run = nightly.manual(dry_run=True)
    assert run.report is not None
    assert (run.state, run.report["dry_run"], run.counts) == ("success", True, dict.fromkeys(postings, 1))
    assert (written(sandbox), facts(sandbox, postings["updated"])) == (0, ("Data", None, None))


def test_a_lasting_fault_fails_the_run_with_a_report_and_the_rest_is_done(
    nightly: Runner, sandbox: Sandbox, postings: dict[str, str]
) -> None:
    bad = sandbox.world.alva.positions.named(postings["updated"]).id
    sandbox.faults.add("alva", "PATCH", f"/job_positions/{bad}", status=503, retry_after=0, times=None)
    run = nightly.manual()
    tasks = {"find": ["success"], "sync": ["failed"], "report": ["failed"]}
    assert (run.state, run.tasks) == ("failed", tasks)
    assert run.counts == {"leftover" if word == "updated" else word: 1 for word in postings}
    sandbox.faults.clear()
    again = nightly.again(run.run_id)
    # The cleared run does all postings again.
    assert (again.state, again.counts["updated"], again.counts["unchanged"]) == ("success", 1, 1)
    assert facts(sandbox, postings["updated"])[0] == "Data Engineer"


def test_many_postings_are_split_into_several_tasks(nightly: Runner, sandbox: Sandbox) -> None:
    for number in range(450):
        sandbox.candidates.add_position("Gone", external_id=f"gone-{number}")
    run = nightly.scheduled(TWO - DAY, TWO)
    assert (run.state, run.counts) == ("success", {"gone": 450})
    assert run.tasks["sync"] == ["success"] * 3
    assert len(sandbox.journal.of("lever", "GET", "/postings/*")) == 450


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("AIRFLOW_CONN_LEVER_DEFAULT", "There is no connection `lever_default`"),
        ("AIRFLOW_CONN_ALVA_DEFAULT", "There is no connection `alva_default`"),
    ],
)
def test_a_missing_connection_fails_at_once(
    nightly: Runner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str], name: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.delenv(name)
    run = nightly.manual()
    assert (run.state, run.tasks["find"]) == ("failed", ["failed"])
    assert said in capsys.readouterr().out + caplog.text
