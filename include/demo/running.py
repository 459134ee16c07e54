"""Runs Airflow during a block, without a story, for tests and measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from include.demo.airflow import Installation
from include.demo.home import RECORD, home_of_its_own
from include.demo.interruptions import Interruptions
from include.demo.ports import free_port
from include.demo.printing import Progress
from include.demo.processes import Fleet
from include.demo.rest import AirflowApi
from include.demo.settings import load_settings
from include.demo.start import PROJECT, Start

_SANDBOX_PORT = 8765  # as in airflow_settings.yaml


@dataclass(frozen=True, slots=True)
class Running:
    """A running Airflow. ``start.wait_for`` waits, and checks that all components run."""

    installation: Installation
    api: AirflowApi
    start: Start

    @property
    def home(self) -> Path:
        return self.installation.home

    @property
    def url(self) -> str:
        return self.installation.url


@contextmanager
def running(
    folder: Path,
    sandbox_url: str,
    dags: Path = PROJECT / "dags",
    more: Mapping[str, Mapping[str, str]] | None = None,
    *,
    empty: bool = False,
    durable: bool = False,
) -> Iterator[Running]:
    """Starts the four components, with connections to a running sandbox and the DAGs parsed and paused. ``folder``: for
    all files. ``more``: extra sections of Airflow's settings. ``empty``: without connections, pool and options.
    ``durable``: for a measurement, with a database that waits for the disk as a real one does."""
    with Interruptions() as interruptions, home_of_its_own(folder) as home:
        fleet = Fleet(home / RECORD)
        try:
            # Not the usual port, which another Airflow that starts now may find free as well.
            port = free_port(0, other_than=0)
            installation = Installation(home, dags, PROJECT / "plugins", port, more or {}, durable)
            api = AirflowApi(installation.url)
            start = Start(fleet, home, Progress(), interruptions)
            start.airflow(installation, api)
            if not empty:
                settings = load_settings(PROJECT / "airflow_settings.yaml")
                api.load(settings.at_port(_SANDBOX_PORT, int(sandbox_url.rpartition(":")[2])))
            start.parsed(api, dags)
            yield Running(installation, api, start)
        finally:
            interruptions.end()
            fleet.stop()
