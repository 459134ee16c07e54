"""Runs Airflow during a block, without a story, for tests and measurements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from include.demo.airflow import Installation, Sections
from include.demo.distributed import Distributed
from include.demo.home import RECORD, home_of_its_own
from include.demo.interruptions import Interruptions
from include.demo.ports import free_port
from include.demo.printing import Progress, say
from include.demo.processes import Fleet
from include.demo.rest import AirflowApi
from include.demo.services import remove_data
from include.demo.settings import load_settings
from include.demo.start import PROJECT, Start
from include.demo.supervisor import Supervisor

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
    more: Sections | None = None,
    *,
    empty: bool = False,
    durable: bool = False,
) -> Iterator[Running]:
    """Starts the four components, with connections to a running sandbox and the DAGs parsed and paused. ``folder``: for
    all files. ``more``: settings of Airflow that are added. ``empty``: without connections, pool and options.
    ``durable``: for a measurement, with a database that waits for the disk as a real one does."""
    with Interruptions() as interruptions, home_of_its_own(folder) as home:
        fleet = Fleet(home / RECORD)
        try:
            # Not the usual port, which another Airflow that starts now may find free as well.
            port = free_port(0, other_than=0)
            installation = Installation(home, dags, PROJECT / "plugins", port, more or {}, durable=durable)
            start = Start(fleet, home, Progress(), interruptions)
            yield _started(installation, start, None if empty else sandbox_url)
        finally:
            interruptions.end()
            fleet.stop()


@contextmanager
def running_distributed(
    folder: Path, sandbox_url: str, more: Sections | None = None
) -> Iterator[tuple[Running, Supervisor]]:
    """Starts a distributed Airflow in the same way. Its supervisor starts again what ends."""
    with Interruptions() as interruptions, home_of_its_own(folder) as home:
        fleet = Supervisor(home / RECORD, held=interruptions.held, say=say)
        distributed = Distributed.at(home, free_port(0, other_than=0))
        try:
            start = Start(fleet, home, Progress(), interruptions)
            distributed.start(start)
            installation = distributed.installation(PROJECT / "dags", PROJECT / "plugins", more)
            yield _started(installation, start, sandbox_url), fleet
        finally:
            interruptions.end()
            fleet.stop()
            remove_data(home)


def _started(installation: Installation, start: Start, sandbox_url: str | None) -> Running:
    """``sandbox_url``: None for an Airflow without connections, pool and options."""
    api = AirflowApi(installation.url, start.check)
    start.airflow(installation, api)
    if sandbox_url is not None:
        settings = load_settings(PROJECT / "airflow_settings.yaml")
        api.load(settings.at_port(_SANDBOX_PORT, int(sandbox_url.rpartition(":")[2])))
    start.parsed(api, installation.dags)
    return Running(installation, api, start)
