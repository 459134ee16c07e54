"""Starts the sandbox and the components of Airflow, and waits until each is ready."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from include.demo.airflow import Installation, command, environment
from include.demo.control import Control
from include.demo.interruptions import Interruptions
from include.demo.printing import Progress
from include.demo.processes import Component, DemoError, Fleet
from include.demo.rest import AirflowApi, Dag

PROJECT = Path(__file__).parents[2]
_POLL_SECONDS = 0.5
_READY_SECONDS = 240  # a slow machine's first start, with nothing compiled yet
_SANDBOX_SECONDS = 60
_PARSED_SECONDS = 240
_HEALTH = {"metadatabase", "scheduler", "triggerer", "dag_processor"}


class Start:
    """Each method returns when its components are ready, and raises `DemoError` if they are late or end."""

    def __init__(self, fleet: Fleet, home: Path, progress: Progress, interruptions: Interruptions) -> None:
        self._fleet = fleet
        self._home = home
        self._progress = progress
        self._interruptions = interruptions

    def sandbox(self, port: int, control: Control) -> None:
        self._progress.step(f"Sandbox: starting on port {port}")
        self.run("sandbox", [sys.executable, "-m", "include.sandbox", "--port", str(port)], PROJECT)
        self.wait_for(control.answers, "the sandbox answers", _SANDBOX_SECONDS)

    def airflow(self, installation: Installation, api: AirflowApi) -> None:
        self._progress.step(f"Airflow: creating its database in {self._home}")
        installation.write_settings()
        migration = self.run("airflow db migrate", command("db", "migrate"))
        self._fleet.finish(migration, _READY_SECONDS)
        installation.let_readers_and_a_writer_meet()
        self._progress.step(f"Airflow: starting {', '.join(installation.components)} on port {installation.port}")
        for name, arguments in installation.components.items():
            self.run(name, command(*arguments))
        self.wait_for(lambda: _healthy(api.health()), "all of Airflow is healthy", _READY_SECONDS)

    def parsed(self, api: AirflowApi, folder: Path) -> list[Dag]:
        """Returns the DAGs once every file of the folder has given one. Raises `DemoError` if a file can't be
        imported."""
        files = {path.name for path in folder.glob("*.py") if not path.name.startswith("_")}
        if not files:
            raise DemoError(f"There is no DAG file in {folder}.")

        def all_parsed() -> bool:
            for file, trace in api.import_errors().items():
                raise DemoError(f"Airflow can't import {file}:\n{trace.rstrip()}")
            return files <= {dag.file for dag in api.dags()}

        self._progress.step(f"Airflow: waiting for the DAGs of {', '.join(sorted(files))}")
        self.wait_for(all_parsed, f"each file of {folder} has given a DAG", _PARSED_SECONDS)
        return api.dags()

    def check(self) -> None:
        """Checks that the components run."""
        self._fleet.check()

    def wait_for(self, done: Callable[[], bool], what: str, timeout_seconds: float) -> None:
        """Polls until `done()`, and checks meanwhile that the components run."""
        deadline = time.monotonic() + timeout_seconds
        while not done():
            self._fleet.check()
            if time.monotonic() > deadline:
                raise DemoError(
                    f"After {timeout_seconds:.0f} seconds, still waiting until {what}. The logs are in {self._home}"
                )
            time.sleep(_POLL_SECONDS)

    def run(
        self, name: str, arguments: Sequence[str], folder: Path | None = None, user: str | None = None
    ) -> Component:
        """Starts a process in ``folder`` (default: the demo's) with a log of its own, as another ``user`` if need
        be."""
        log = self._home / f"{name.replace(' ', '-')}.log"
        return self._fleet.start(
            name, arguments, log, environment(self._home), folder or self._home, self._interruptions.held(), user
        )


def _healthy(health: dict[str, str]) -> bool:
    return all(health.get(part) == "healthy" for part in _HEALTH)
