"""Plays the story's end: what candidates do in Alva comes to Lever by poll and by webhook."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from include.demo.control import Control
from include.demo.events import DAG_ID as EVENTS
from include.demo.finale import RESULTS, Last, last
from include.demo.outcome import Report
from include.demo.plot import Move
from include.demo.printing import Progress
from include.demo.rest import AirflowApi
from include.demo.settings import Connection, Settings
from include.demo.start import Start

DAG_ID = "alva_lever_push_results"
RUN = "results"
_RUN_SECONDS = 300
_BEFORE_MS = 1000


class Results:
    """Plays the end once, after the second half. ``url``: Airflow's."""

    def __init__(self, url: str, api: AirflowApi, control: Control, start: Start, progress: Progress) -> None:
        self._url = url
        self._api = api
        self._control = control
        self._start = start
        self._progress = progress

    def perform(self, ids: Mapping[str, str]) -> list[Last]:
        """``ids``: each candidate's opportunity, by name."""
        self._progress.step(f"Story: {len(RESULTS)} candidates take their tests, or don't")
        first = self._by_poll(ids, [(result.name, result.first) for result in RESULTS])
        self._progress.step("Alva's webhook: connected as an administrator does it; and results change in Alva")
        second = self._by_webhook(ids, [(result.name, result.then) for result in RESULTS])
        looks = {result.name: self._control.look(ids[result.name]) for result in RESULTS}
        return [last(result, ids[result.name], (first, second), looks[result.name]) for result in RESULTS]

    def _by_poll(self, ids: Mapping[str, str], moves: Sequence[tuple[str, tuple[Move, ...]]]) -> list[Report]:
        """Returns the reports of a run of the results DAG, and of a scheduled run that may come first."""
        before = self._known(DAG_ID)
        since = datetime.fromtimestamp((self._control.now_ms() - _BEFORE_MS) / 1000, UTC).isoformat()
        self._act(ids, moves)
        self._api.trigger(DAG_ID, RUN, {"since": since})
        self._start.wait_for(lambda: self._done(DAG_ID), f"the run {RUN} is done", _RUN_SECONDS)
        return self._reports(DAG_ID, before)

    def _by_webhook(self, ids: Mapping[str, str], moves: Sequence[tuple[str, tuple[Move, ...]]]) -> list[Report]:
        """Returns the reports of the runs that Alva's deliveries started."""
        before, token = self._known(EVENTS), secrets.token_hex(24)
        self._api.load(Settings(connections=(Connection("alva_webhook", "generic", password=token),)))
        self._control.move("candidates", "connect_webhook", url=f"{self._url}/alva-lever/webhooks/alva", token=token)
        self._act(ids, moves)
        self._start.wait_for(
            lambda: self._control.deliveries()["waiting"] == 0 and self._done(EVENTS),
            "all of Alva's deliveries are handled",
            _RUN_SECONDS,
        )
        return self._reports(EVENTS, before)

    def _act(self, ids: Mapping[str, str], moves: Sequence[tuple[str, tuple[Move, ...]]]) -> None:
        for name, candidate_moves in moves:
            for move in candidate_moves:
                self._control.move("candidates", move.name, opportunity=ids[name], **move.arguments)

    def _known(self, dag_id: str) -> set[str]:
        return {run.run_id for run in self._api.runs(dag_id)}

    def _done(self, dag_id: str) -> bool:
        return all(run.is_done for run in self._api.runs(dag_id))

    def _reports(self, dag_id: str, before: set[str]) -> list[Report]:
        reports: list[Report] = [self._api.report(run) for run in self._api.runs(dag_id) if run.run_id not in before]
        for report in reports:
            self._progress.step(f"{dag_id}: {report.get('counts', {})}")
        return reports
