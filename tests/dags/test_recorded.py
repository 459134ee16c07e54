"""The hourly DAG on a real account, if a recording of one is at hand; what it reports is counted once more, apart."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from include.sandbox import Sandbox
from tests.dags.runner import Runner

RECORDED = Path(os.environ.get("SANDBOX_RECORDED") or Path(__file__).parents[2] / "../shared/recorded")


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    if not (RECORDED / "opportunities.json").is_file():
        pytest.skip("no folder with real recorded traffic: name one in SANDBOX_RECORDED to run the DAG on it")
    pages = json.loads((RECORDED / "opportunities.json").read_text("utf-8"))
    return [row for page in pages for row in page["response"]["data"]]


def counted(sandbox: Sandbox, rows: list[dict[str, Any]], stage: str) -> Counter[str]:
    """The report, from the files; which posting an application is for, the sandbox has to tell."""
    hired = {row["id"] for row in _listing("archive-reasons.json") if row["type"] == "hired"}
    postings = {row.id: row.posting.id for row in sandbox.world.lever.opportunities if row.posting}
    invited: set[tuple[str, str]] = set()
    counts: Counter[str] = Counter()
    # As the stage is listed, the latest entry first: who comes first gets the place, if a person is there twice.
    for row in sorted(rows, key=lambda row: (-row["lastAdvancedAt"], row["id"])):
        if row["archived"]:
            counts["not_in_alva" if row["archived"]["reason"] in hired else "archived"] += 1
        elif row["stage"] != stage:
            counts["not_requested"] += 1
        elif not row["emails"]:
            counts["missing_email"] += 1
        elif not row["applications"]:
            counts["no_posting"] += 1
        else:
            person = (row["emails"][0].casefold(), postings[row["id"]])
            counts["refused_by_alva" if person in invited else "trigger_stage"] += 1
            invited.add(person)
    return counts


def _listing(name: str) -> list[dict[str, Any]]:
    return [row for page in json.loads((RECORDED / name).read_text("utf-8")) for row in page["response"]["data"]]


@pytest.mark.parametrize("stage", ["applicant-new", "lead-reached-out", "68f08350-a035-4d89-83c2-79164dbf2cf8"])
def test_the_report_of_a_real_account_is_what_its_files_say(
    hourly: Runner, sandbox: Sandbox, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
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
