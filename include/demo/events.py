"""Plays the story's second half: registers the webhooks as an administrator does, and lets Lever send deliveries."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from include.demo.airflow import Installation, environment
from include.demo.control import Control
from include.demo.plot import act
from include.demo.printing import Progress
from include.demo.processes import DemoError
from include.demo.rest import AirflowApi
from include.demo.sequel import SCENES, Ending, ending
from include.demo.start import Start

DAG_ID = "alva_lever_handle_events"
_REGISTER = "alva_lever.web.registration"
_REGISTER_SECONDS = 120
_EVENTS_SECONDS = 300


class Events:
    """Plays the second half once, after the first."""

    def __init__(
        self, installation: Installation, api: AirflowApi, control: Control, start: Start, progress: Progress
    ) -> None:
        self._installation = installation
        self._api = api
        self._control = control
        self._start = start
        self._progress = progress

    def perform(self, ids: dict[str, str]) -> list[Ending]:
        """``ids``: the opportunities of the first half, by name. This adds those of the second half."""
        self._progress.step("Webhooks: registered by the command that the README names, and switched on in Lever")
        self._register()
        self._control.move("recruiter", "switch_webhooks")
        self._progress.step(f"Story: {len(SCENES)} things happen, and Lever delivers each")
        known = ids
        began = time.monotonic()
        # All moves of a candidate come before the first delivery is handled.
        self._control.move("recruiter", "hold_webhooks")
        for scene in SCENES:
            known[scene.name] = act(self._control, scene.name, scene.moves, known.get(scene.name))
        self._control.move("recruiter", "hold_webhooks", held=False)
        first = known[SCENES[0].name]
        self._start.wait_for(lambda: self._sent(first) > 0, f"{SCENES[0].name} is invited", _EVENTS_SECONDS)
        self._progress.step(f"{SCENES[0].name}'s invitation left {time.monotonic() - began:.0f} s after the move")
        self._start.wait_for(self._all_is_done, "all deliveries are handled", _EVENTS_SECONDS)
        runs = self._api.runs(DAG_ID)
        summary = self._control.deliveries()
        self._progress.step(
            f"{summary['delivered']} deliveries, taken by {DAG_ID} (runs: {len(runs)}); {summary['failed']} failed"
        )
        reports = [self._api.report(run) for run in runs]
        return [ending(scene, known[scene.name], reports, self._in_alva(known[scene.name])) for scene in SCENES]

    def _register(self) -> None:
        done = subprocess.run(
            [sys.executable, "-P", "-m", _REGISTER, self._installation.url],
            env=environment(self._installation.home),
            cwd=self._installation.home,
            check=False,
            capture_output=True,
            text=True,
            timeout=_REGISTER_SECONDS,
        )
        if done.returncode:
            raise DemoError(f"The webhooks could not be registered: {done.stderr.strip()}")

    def _all_is_done(self) -> bool:
        settled = self._control.deliveries()["waiting"] == 0
        return settled and all(run.is_done for run in self._api.runs(DAG_ID))

    def _sent(self, opportunity: str) -> int:
        return int(self._in_alva(opportunity)["invitations_sent"])

    def _in_alva(self, opportunity: str) -> dict[str, Any]:
        found: dict[str, Any] = self._control.move("candidates", "find", opportunity=opportunity)
        return found
