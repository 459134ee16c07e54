"""A backlog of results and events at the same time in a running Airflow, at ten times Lever's rate limit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from benchmarks.backlog import RESULTS, play
from benchmarks.webhooks import EVENTS

COMPLETED = 400


def test_events_get_the_next_turn_and_every_task_succeeds_in_its_first_attempt(tmp_path: Path) -> None:
    outcome = play(tmp_path / "airflow", calls_per_second=100, completed=COMPLETED, every_seconds=4)
    assert outcome.counts["completed"] == COMPLETED
    assert outcome.batches >= COMPLETED * 7 // 500
    assert len(outcome.events) >= 10
    # The running batch finishes first, and the next one may begin before Airflow has seen the event.
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
