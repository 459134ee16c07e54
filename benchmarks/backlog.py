"""Writes hundreds of results while events arrive: how long each event waits, and the states of Airflow's tasks."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.office import furnish
from benchmarks.table import Rows, say
from benchmarks.webhooks import EVENTS, TOKEN, deliver
from include.demo.rest import AirflowApi
from include.demo.running import running
from include.demo.settings import Connection, Settings
from include.sandbox import Sandbox
from include.sandbox.journal import Arrived

RESULTS, RUN = "alva_lever_push_results", "backlog"
# The scheduler's log line for a task whose state differs from its executor's report.
MISMATCH = "task instance's state attribute is"
ELSEWHERE, TRIGGER_STAGE = "Offer", "Assessment"
PATIENCE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Event:
    """An event that was handled: the time from its delivery to its tag, and the number of batches of results that began
    in that time."""

    waited_seconds: float
    batches_before: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`runs`: the number of runs by DAG and state. `tasks`: `(DAG, task, state, attempt)` of each task of all runs.
    `batches`: of results. `refused`: calls answered 429. `share`: of Lever's limit, from the first call to the last
    completion."""

    counts: Counter[str]
    events: list[Event]
    runs: Counter[tuple[str, str]]
    tasks: list[tuple[str, str, str, int]]
    batches: int
    calls: int
    refused: int
    share: float
    scheduler_log: str

    @property
    def mismatches(self) -> list[str]:
        return [line for line in self.scheduler_log.splitlines() if MISMATCH in line]


def play(folder: Path, *, calls_per_second: float, completed: int, every_seconds: float) -> Outcome:
    """Runs Airflow on this many completions at this limit, while candidates move into the trigger stage."""
    sandbox = Sandbox(lever_calls_per_second=calls_per_second, lever_burst=round(2 * calls_per_second))
    with sandbox.serve() as url, running(folder, url) as airflow:
        api = airflow.api
        api.load(Settings(connections=(Connection("lever_webhook", "generic", password=TOKEN),)))
        api.change_connection("lever_default", "lever", extra=json.dumps({"calls_per_second": calls_per_second}))
        for dag_id in (EVENTS, RESULTS):
            api.unpause(dag_id)
        airflow.start.wait_for(lambda: _is_over(api, 1), "the run that is due at once has ended", PATIENCE_SECONDS)
        ids = set(furnish(sandbox, completed, completed=True))
        posting = sandbox.count()["postings"][0]["id"]
        sandbox.journal.clear()
        api.trigger(RESULTS, RUN, {"since": "2026-01-01T00:00:00Z"})
        airflow.start.wait_for(lambda: bool(_writes(sandbox, ids)), "the first result is written", PATIENCE_SECONDS)
        delivered: dict[str, tuple[int, int]] = {}
        while not api.run(RESULTS, RUN).is_done:
            began, who = time.monotonic(), f"bo.{len(delivered)}"
            opportunity_id = sandbox.recruiter.apply(posting, who, [f"{who}@candidates.example.com"], stage=ELSEWHERE)
            sandbox.recruiter.move(opportunity_id, TRIGGER_STAGE)
            delivered[opportunity_id] = (len(sandbox.journal), sandbox.clock.now_ms())
            deliver(airflow.url, opportunity_id).raise_for_status()
            time.sleep(max(0.0, began + every_seconds - time.monotonic()))
        airflow.start.wait_for(lambda: _is_over(api, 2), "all runs have ended", PATIENCE_SECONDS)
        calls, writes = sandbox.journal.of("lever"), _writes(sandbox, ids)
        batches = _batches(calls, ids)
        paced = [call for call in calls if call.number <= writes[-1].number]
        seconds = (paced[-1].at_ms - paced[0].at_ms) / 1000
        runs = [run for dag_id in (RESULTS, EVENTS) for run in _rows(api, f"dags/{dag_id}/dagRuns", "dag_runs")]
        tasks = _rows(api, "dags/~/dagRuns/~/taskInstances", "task_instances")
        return Outcome(
            counts=sum((Counter(api.report(run).get("counts", {})) for run in api.runs(RESULTS)), Counter()),
            events=[_event(sandbox, batches, opportunity_id, *moment) for opportunity_id, moment in delivered.items()],
            runs=Counter((row["dag_id"], row["state"]) for row in runs),
            tasks=[(row["dag_id"], row["task_id"], row["state"], row["try_number"]) for row in tasks],
            batches=len(batches),
            calls=len(calls),
            refused=sum(call.status == 429 for call in calls),
            share=(len(paced) - 1) / (seconds * calls_per_second),
            scheduler_log=(airflow.home / "scheduler.log").read_text("utf-8", "replace"),
        )


def _is_over(api: AirflowApi, at_least: int) -> bool:
    """Whether at least this many runs of the results DAG, and all runs for events, have ended."""
    runs = _rows(api, f"dags/{RESULTS}/dagRuns", "dag_runs")
    enough = len(runs) >= at_least
    return enough and all(
        row["state"] in ("success", "failed") for row in [*runs, *_rows(api, f"dags/{EVENTS}/dagRuns", "dag_runs")]
    )


def _rows(api: AirflowApi, path: str, name: str) -> list[dict[str, Any]]:
    """Returns all rows, page by page."""
    rows: list[dict[str, Any]] = []
    while page := api.get(path, limit=100, offset=len(rows), order_by="id")[name]:
        rows += page
    return rows


def _writes(sandbox: Sandbox, ids: Collection[str]) -> list[Arrived]:
    """Returns the writes to these opportunities."""
    return [call for call in sandbox.journal.of("lever") if call.method != "GET" and _of(call) in ids]


def _of(call: Arrived) -> str:
    """Returns the opportunity that a call is about."""
    return call.path.removeprefix("/opportunities/").partition("/")[0]


def _batches(calls: Sequence[Arrived], ids: Collection[str]) -> list[int]:
    """Returns the number of the first call of each task that wrote to these: a task begins by reading the stages, and
    the next task begins when it has ended."""
    batches, began = [], 0
    for call in calls:
        if call.path == "/stages":
            began = call.number
        elif call.method != "GET" and _of(call) in ids and began not in batches:
            batches.append(began)
    return batches


def _event(sandbox: Sandbox, batches: Sequence[int], opportunity_id: str, number: int, at_ms: int) -> Event:
    """`number`: how many calls had arrived at the delivery. `at_ms`: the time of the delivery."""
    done = sandbox.journal.of("lever", "POST", f"/opportunities/{opportunity_id}/addTags")[0]
    return Event((done.at_ms - at_ms) / 1000, sum(number < batch < done.number for batch in batches))


def run() -> Rows:
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder:
        outcome = play(Path(folder) / "airflow", calls_per_second=10, completed=600, every_seconds=4)
    waited = [event.waited_seconds for event in outcome.events]
    attempts = Counter(attempt for *_, state, attempt in outcome.tasks if state != "skipped")
    say(
        rows,
        "600 completions, an event every 4 s",
        f"{dict(outcome.counts)} in {outcome.batches} batches; "
        f"{len(waited)} events waited {statistics.median(waited):.0f} s (median), {max(waited):.0f} s at most, and "
        f"for {max(event.batches_before for event in outcome.events)} batch(es) at most; runs: "
        f"{', '.join(f'{dag_id} {count} x {state}' for (dag_id, state), count in outcome.runs.items())}; tasks by "
        f"attempt: {dict(attempts)}; {len(outcome.mismatches)} mismatched reports; {outcome.refused} x 429; "
        f"{outcome.share:.0%} of Lever's limit",
    )
    return rows
