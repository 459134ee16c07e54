"""A distributed Airflow, as `make demo-distributed` starts it, that notices a death in seconds instead of minutes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from include.demo.running import running_distributed
from include.demo.services import missing
from include.demo.supervisor import Supervisor
from include.sandbox import Sandbox
from tests.airflow.conftest import EVENTS, HOURLY, PATIENCE_SECONDS, Office

# Airflow's own time-outs, which are 300, 10, 600, 120, 300 and 30 seconds.
QUICK = {
    "scheduler": {
        "task_instance_heartbeat_timeout": "30",
        "task_instance_heartbeat_timeout_detection_interval": "5",
        "task_queued_timeout": "60",
        "task_queued_timeout_check_interval": "10",
        "orphaned_tasks_check_interval": "10",
        "scheduler_health_check_threshold": "15",
    },
}


@dataclass
class Machines:
    """The office, and the processes of its Airflow."""

    office: Office
    fleet: Supervisor


@pytest.fixture(scope="session")
def installed() -> None:
    """Skips where something is missing. Where these tests must run, that is a failure."""
    if absent := missing():
        said = "; ".join(absent)
        pytest.fail(said) if os.environ.get("DISTRIBUTED_TESTS") == "required" else pytest.skip(said)


@pytest.fixture(scope="module")
def machines(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    sandbox = Sandbox(lever_calls_per_second=None)
    folder = tmp_path_factory.mktemp("distributed")
    with sandbox.serve() as url, running_distributed(folder, url, QUICK) as (there, fleet):
        there.api.change_connection("lever_default", "lever", extra='{"calls_per_second": 100000}')
        office = Office(sandbox, there.api, there.url, there.home, there.start.wait_for)
        for dag_id in (HOURLY, EVENTS):
            there.api.unpause(dag_id)
        there.start.wait_for(
            lambda: bool(there.api.runs(HOURLY)) and office.all_done(HOURLY), "the first run is done", PATIENCE_SECONDS
        )
        yield Machines(office, fleet)
