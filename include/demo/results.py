"""Plays the story's end: what candidates do in Alva, and the DAG that brings it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from include.demo.control import Control
from include.demo.finale import RESULTS, Last, last
from include.demo.outcome import Report
from include.demo.plot import Move
from include.demo.printing import Progress
from include.demo.rest import AirflowApi
from include.demo.start import Start

DAG_ID = "alva_lever_push_results"
RUNS = ("results", "results_again")
_RUN_SECONDS = 300
_BEFORE_MS = 1000


class Results:
    """One performance, after the second half."""

    def __init__(self, api: AirflowApi, control: Control, start: Start, progress: Progress) -> None:
        self._api = api
        self._control = control
        self._start = start
        self._progress = progress

    def perform(self, ids: Mapping[str, str]) -> list[Last]:
        """``ids``: everybody's opportunity, by name."""
        self._progress.step(f"Story: {len(RESULTS)} candidates take their tests, or don't")
        first = self._act(ids, [(one.name, one.first) for one in RESULTS], RUNS[0])
        self._progress.step("Story: Alva has second thoughts")
        second = self._act(ids, [(one.name, one.then) for one in RESULTS], RUNS[1])
        looks = {one.name: self._control.look(ids[one.name]) for one in RESULTS}
        return [last(one, ids[one.name], (first, second), looks[one.name]) for one in RESULTS]

    def _act(self, ids: Mapping[str, str], moves: Sequence[tuple[str, tuple[Move, ...]]], run_id: str) -> list[Report]:
        """The reports of the run for it, and of whichever scheduled one came first."""
        before = {run.run_id for run in self._api.runs(DAG_ID)}
        since = datetime.fromtimestamp((self._control.now_ms() - _BEFORE_MS) / 1000, UTC).isoformat()
        for name, some in moves:
            for move in some:
                self._control.move("candidates", move.name, opportunity=ids[name], **move.arguments)
        self._api.trigger(DAG_ID, run_id, {"since": since})
        self._start.wait_for(
            lambda: all(run.is_done for run in self._api.runs(DAG_ID)), f"the run {run_id} is done", _RUN_SECONDS
        )
        run = self._api.run(DAG_ID, run_id)
        report = self._api.report(run)
        self._progress.step(f"{DAG_ID}: {run.state}; {report.get('counts', {})}")
        return [self._api.report(run) for run in self._api.runs(DAG_ID) if run.run_id not in before]
