"""The ways to install the package: with pip, by copying folders, and both."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from include.demo.airflow import environment

ROOT = Path(__file__).parent.parent.parent
DAG_IDS = sorted(file.stem for file in (ROOT / "dags").glob("*.py"))
# Loads plugins first as a task process does, then as the API server does.
_LOOKING = """
import json, sys
import airflow.sdk.plugins_manager as of_a_task
of_a_task.integrate_macros_plugins()
in_a_task = sorted({"fastapi", "requests", "alva_lever.web.app"} & set(sys.modules))

from airflow import plugins_manager
from airflow.api_fastapi.app import init_plugins
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
from airflow.dag_processing.dagbag import DagBag
from fastapi import FastAPI
from starlette.testclient import TestClient
import alva_lever

app = FastAPI()
init_plugins(app)
client = TestClient(app)
bag = DagBag()
print(json.dumps({
    "loaded_by_a_task": in_a_task,
    "package": alva_lever.__file__,
    "plugins": [str(info["source"]) for info in plugins_manager.get_plugin_info() if info["name"] == "alva_lever"],
    "plugin_errors": plugins_manager.get_import_errors(),
    "mounted": [route.path for route in app.routes if route.path.startswith("/alva-lever")],
    "answers": [client.post(f"/alva-lever/webhooks/{of}", content=b"{").status_code for of in ("lever", "alva")],
    "connection_types": sorted({meta.connection_type for meta in HookMetaService.hook_meta_data()} & {"alva", "lever"}),
    "dag_errors": bag.import_errors,
    "dag_ids": sorted(bag.dags),
}))
"""


@dataclass(frozen=True, slots=True)
class Deployment:
    """An environment with Airflow but without the package, and an empty AIRFLOW_HOME."""

    environment: Path
    home: Path

    @classmethod
    def make(cls, folder: Path) -> Deployment:
        made = cls(folder / "environment", folder / "home")
        venv.create(made.environment, symlinks=True)
        # Links this test's packages one by one: a link to the whole folder would include the package.
        for entry in Path(sysconfig.get_path("purelib")).iterdir():
            if not entry.name.lstrip("_").startswith("alva_lever"):
                (made.packages / entry.name).symlink_to(entry)
        made.home.mkdir()
        return made

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.environment)}))

    def install(self, wheel: Path) -> None:
        _run(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps",
             "--no-index", "--target", str(self.packages), str(wheel))  # fmt: skip

    def copy(self, folder: str) -> None:
        shutil.copytree(ROOT / folder, self.home / folder, ignore=shutil.ignore_patterns("__pycache__"))

    def look(self) -> dict[str, Any]:
        done = _run(
            str(self.environment / "bin" / "python"), "-P", "-c", _LOOKING, cwd=self.home, env=environment(self.home)
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        assert "already registered" not in done.stdout + done.stderr
        return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-index",
         "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))  # fmt: skip
    (made,) = folder.iterdir()
    return made


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment.make(tmp_path)


def test_an_installed_package_needs_only_the_dags(deployment: Deployment, wheel: Path) -> None:
    deployment.install(wheel)
    deployment.copy("dags")
    found = deployment.look()
    assert found == _works(deployment.packages, _ENTRY_POINT, connection_types=["alva", "lever"])


def test_a_copied_package_works_without_its_own_connection_forms(deployment: Deployment) -> None:
    """Airflow reads connection types only from installed packages."""
    deployment.copy("dags")
    deployment.copy("plugins")
    found = deployment.look()
    assert found == _works(deployment.home / "plugins", "$PLUGINS_FOLDER/alva_lever_plugin.py", connection_types=[])


def test_a_package_that_is_installed_and_copied_is_loaded_once(deployment: Deployment, wheel: Path) -> None:
    deployment.install(wheel)
    deployment.copy("dags")
    deployment.copy("plugins")
    found = deployment.look()
    assert found == _works(deployment.packages, _ENTRY_POINT, connection_types=["alva", "lever"])


_ENTRY_POINT = (
    "alva-lever==0.1.0: EntryPoint(name='alva_lever', value='alva_lever.plugin:AlvaLeverPlugin', "
    "group='airflow.plugins')"
)


def _works(package: Path, source: str, connection_types: list[str]) -> dict[str, Any]:
    return {
        "loaded_by_a_task": [],
        "package": str(package / "alva_lever" / "__init__.py"),
        "plugins": [source],
        "plugin_errors": {},
        "mounted": ["/alva-lever"],
        "answers": [400, 400],
        "connection_types": connection_types,
        "dag_errors": {},
        "dag_ids": DAG_IDS,
    }


def _run(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
