"""The hourly DAG on a recorded real account, if there is one. A separate count checks its report."""

from __future__ import annotations

import json

import pytest

from include.sandbox import Sandbox
from tests.dags.runner import Runner
from tests.recorded import RECORDED, counted, recorded_rows


@pytest.mark.parametrize("stage", ["applicant-new", "lead-reached-out", "68f08350-a035-4d89-83c2-79164dbf2cf8"])
def test_the_report_of_a_recorded_account_matches_its_files(
    hourly: Runner, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    rows = recorded_rows()
    sandbox.load_recorded(RECORDED)
    monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps({"trigger_stage": stage}))
    expected = counted(sandbox, rows, stage)
    run = hourly.manual(since="2011-01-01T00:00:00Z")
    assert run.state == "success"
    assert run.report is not None
    assert (run.counts, run.report["looked_at"]) == (dict(expected), len(rows))
    walked = [request for request in sandbox.journal.of("lever", "GET", "/opportunities")]
    in_stage = [dict(request.query) for request in walked if ("stage_id", stage) in request.query]
    size = sum(row["stage"] == stage for row in rows)
    assert len([query for query in in_stage if "advanced_at_end" in query]) == -(-size // 100)
    sandbox.journal.clear()
    again = hourly.manual(since="2011-01-01T00:00:00Z")
    assert again.counts.get("already_invited", 0) == expected["trigger_stage"]
    assert again.counts.get("awaiting_retry", 0) == sum(
        expected[word] for word in ("missing_email", "no_posting", "refused_by_alva")
    )
    assert not [request for request in sandbox.journal.of(None, None, None) if request.method != "GET"]
