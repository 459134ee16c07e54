"""A backlog of results in a running Airflow, and events beside it: ten times as fast as Lever lets it be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from benchmarks.backlog import RESULTS, play
from benchmarks.webhooks import EVENTS

COMPLETED = 600


def test_events_have_the_next_turn_and_airflow_counts_no_attempt_that_was_none(tmp_path: Path) -> None:
    outcome = play(tmp_path / "airflow", calls_per_second=100, completed=COMPLETED, every_seconds=4)
    assert outcome.counts["completed"] == COMPLETED
    assert outcome.batches >= COMPLETED * 7 // 500
    assert len(outcome.events) >= 10
    # The batch that is under way goes on to its end, and the next one may begin before Airflow has seen the event.
    assert max(event.batches_before for event in outcome.events) <= 1
    assert {state for _, state in outcome.runs} == {"success"}
    assert outcome.runs[EVENTS, "success"] == len(outcome.events)
    assert Counter((state, attempt) for *_, state, attempt in outcome.tasks if state != "skipped").keys() == {
        ("success", 1)
    }
    assert sum((dag_id, task_id) == (RESULTS, "push") for dag_id, task_id, *_ in outcome.tasks) >= outcome.batches
    assert outcome.refused == 0
    assert "DagRun Finished" in outcome.scheduler_log
    assert outcome.mismatches == []
