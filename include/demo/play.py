"""Plays the story in the sandbox, runs the hourly DAG for it, and returns each candidate's outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from include.demo.control import Control
from include.demo.outcome import Outcome, Report, outcome
from include.demo.plot import perform
from include.demo.printing import Progress
from include.demo.processes import DemoError
from include.demo.rest import AirflowApi, Dag, Run
from include.demo.start import Start
from include.demo.story import PEOPLE, POSTINGS

DAG_ID = "alva_lever_invite_candidates"
RUNS = ("story", "story_again", "story_by_name")
_IDLE_SECONDS = 300
_RUN_SECONDS = 300
_BEFORE_MS = 1000


class Play:
    """Plays the first half once. ``folder``: of the tasks' logs."""

    def __init__(self, api: AirflowApi, control: Control, start: Start, progress: Progress, folder: Path) -> None:
        self._api = api
        self._control = control
        self._start = start
        self._progress = progress
        self._folder = folder
        self.ids: dict[str, str] = {}  # each candidate's opportunity, by name

    def open(self, dags: Sequence[Dag]) -> None:
        """Unpauses the DAGs, and waits for the runs that are due at once, so that none of them overlaps the story."""
        if DAG_ID not in {dag.dag_id for dag in dags}:
            raise DemoError(f"No DAG is called {DAG_ID}; there are: {', '.join(dag.dag_id for dag in dags)}")
        self._progress.step(
            f"Airflow: unpausing {', '.join(dag.dag_id for dag in dags)}; the runs due at once find nothing"
        )
        for dag in dags:
            self._api.unpause(dag.dag_id)
        self._start.wait_for(
            lambda: self._api.is_idle(datetime.now(UTC)), "the first scheduled runs are done", _IDLE_SECONDS
        )

    def perform(self) -> list[Outcome]:
        """Plays the story and the three runs, and returns each candidate's outcome."""
        before = self._api.runs(DAG_ID)
        since = datetime.fromtimestamp((self._control.now_ms() - _BEFORE_MS) / 1000, UTC).isoformat()
        self._progress.step(f"Story: {len(PEOPLE)} candidates arrive, and the recruiter is busy")
        self.ids = ids = perform(self._control, POSTINGS, PEOPLE)
        named = [ids[person.name] for person in PEOPLE if person.when_named]
        self._run("all changes since the story began", RUNS[0], {"since": since})
        first = self._reports(before)
        self._run("the same again: nothing may happen twice", RUNS[1], {"since": since})
        again = [self._api.report(self._api.run(DAG_ID, RUNS[1]))]
        self._run(f"{len(named)} candidates by name", RUNS[2], {"opportunity_ids": named})
        by_name = [self._api.report(self._api.run(DAG_ID, RUNS[2]))]
        reports = (first, again, by_name)
        return [outcome(person, ids[person.name], reports, self._control.look(ids[person.name])) for person in PEOPLE]

    def _run(self, what: str, run_id: str, conf: dict[str, Any]) -> None:
        self._progress.step(f"Run {RUNS.index(run_id) + 1} of {len(RUNS)}: {what}")
        self._api.trigger(DAG_ID, run_id, conf)
        # Wait for all of the DAG's runs: an hourly run may start during the story.
        self._start.wait_for(
            lambda: all(run.is_done for run in self._api.runs(DAG_ID)), f"the run {run_id} is done", _RUN_SECONDS
        )
        run = self._api.run(DAG_ID, run_id)
        report = self._api.report(run)
        calls = report.get("calls", {})
        self._progress.step(
            f"Run {RUNS.index(run_id) + 1} of {len(RUNS)}: {run.state}; looked at {report.get('looked_at', '?')} with "
            f"{calls.get('lever', '?')} calls to Lever and {calls.get('alva', '?')} to Alva"
        )

    def _reports(self, before: Sequence[Run]) -> list[Report]:
        """Returns the reports of the runs since then: mostly one."""
        earlier = {run.run_id for run in before}
        return [self._api.report(run) for run in self._api.runs(DAG_ID) if run.run_id not in earlier]

    def troubles(self) -> list[str]:
        """Returns a sentence for each failed run of any DAG."""
        return [self._trouble(run) for run in self._api.runs() if run.state == "failed"]

    def _trouble(self, run: Run) -> str:
        tasks = ", ".join(self._api.failed_tasks(run)) or "none of its tasks"
        logs = self._folder / f"dag_id={run.dag_id}" / f"run_id={run.run_id}"
        return f"The run {run.run_id} of {run.dag_id} failed (failed: {tasks}). Its logs: {logs}"
