"""Sets up a separate Airflow home, before anything imports Airflow."""

from __future__ import annotations

import atexit
import base64
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling

from include.demo.airflow import do_not_wait_for_the_disk
from tests.http.recording import RecordingServer, Time

TESTS = Path(__file__).parent
ROOT = TESTS.parent
# The kind of the tests in each folder; "" is this folder. The kind is a marker that says what the tests need.
KINDS = {
    "": "unit",
    "alva": "unit",
    "lever": "unit",
    "operators": "unit",
    "rules": "unit",
    "http": "unit",
    "batch": "unit",
    "dags": "sandbox",
    "pages": "sandbox",
    "sandbox": "sandbox",
    "sync": "sandbox",
    "upgrades": "sandbox",
    "web": "sandbox",
    "airflow": "airflow",
    "demo": "airflow",
    "distributed": "airflow",
    "faults": "faults",
    "browser": "browser",
}


def _home() -> str:
    home = tempfile.mkdtemp(prefix="alva-lever-tests-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    do_not_wait_for_the_disk(Path(home))
    return home


for _name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[_name]
os.environ |= {
    "AIRFLOW_HOME": _home(),
    "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
    "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}


@pytest.hookimpl(tryfirst=True)  # before `-m` selects tests
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = _folder(item.path)
        if folder not in KINDS:
            raise pytest.UsageError(f"tests/{folder} has no kind: give it one in tests/conftest.py")
        item.add_marker(KINDS[folder])


def _folder(file: Path) -> str:
    return file.relative_to(TESTS).parts[0] if file.parent != TESTS else ""


class OneAirflowAtATime(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types of its own
    """The tests of a file stay in one worker, and all tests that start an Airflow in the same one: two Airflows at once
    keep each other waiting for minutes. These mostly wait, so that the other workers do the rest meanwhile."""

    def _split_scope(self, nodeid: str) -> str:
        scope = super()._split_scope(nodeid)
        kind = KINDS[_folder(ROOT / scope)]
        return "an Airflow" if kind in ("airflow", "browser") else scope


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return OneAirflowAtATime(config, log)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """Everything logged: by Airflow's hooks, which log through structlog, and by libraries, which don't."""
    with caplog.at_level(logging.DEBUG), capture_logs() as events:
        yield lambda: "\n".join([*map(str, events), caplog.text])


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    server = RecordingServer()
    yield server
    server.close()
    assert server.unanswered == 0, "the script was not played to its end"


@pytest.fixture(scope="session")
def database() -> None:
    """An empty Airflow database with the pool of the tasks that call Lever."""
    from airflow.models.pool import Pool
    from airflow.utils import db
    from airflow.utils.session import create_session

    db.initdb()
    with create_session() as session:
        Pool.create_or_update_pool(
            name="lever_api", slots=1, description="one at a time", include_deferred=False, session=session
        )
