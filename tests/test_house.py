"""Rules for the whole package: which module may import which, and how Airflow reads the DAGs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

from alva_lever.account import DEFAULT
from alva_lever.operators.base import LeverAlvaOperator

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "plugins" / "alva_lever"
_BELOW_TASKS_AND_PAGES = {
    *("account", "rules", "settings", "http", "lever", "alva", "batch", "sync", "connect", "dag_state", "metrics"),
}
# From the bottom up: each folder with those it may import. Lever and Alva don't import each other.
FLOORS: dict[str, set[str]] = {
    "account": set(),
    "rules": set(),
    "settings": {"rules"},
    "http": {"rules"},
    "lever": {"rules", "http"},
    "alva": {"rules", "http"},
    "batch": {"http"},
    "sync": {"rules", "settings", "http", "lever", "alva", "batch"},
    "connect": {"account", "settings", "http", "lever", "alva", "batch", "sync"},
    "dag_state": {"batch", "sync"},
    "metrics": {"rules"},
    "operators": _BELOW_TASKS_AND_PAGES,
    "web": _BELOW_TASKS_AND_PAGES,
}
# What the rules may import besides the standard library.
PURE = {"pendulum", "email_validator", "alva_lever"}
DAG_FILES = sorted((ROOT / "dags").glob("*.py"))
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def named(files: list[Path]) -> list[str]:
    return [str(file.relative_to(ROOT)) for file in files]


@pytest.mark.parametrize("file", MODULES, ids=named(MODULES))
def test_nothing_imports_upward(file: Path) -> None:
    room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room in FLOORS:
        used = {name.split(".")[1] for name in imports(file) if name.startswith("alva_lever.")}
        assert used <= FLOORS[room] | {room}
    assert not [name for name in imports(file) if name.split(".")[0] in ("include", "dags", "tests")]


def test_every_folder_is_in_the_table() -> None:
    rooms = {folder.name for folder in PACKAGE.iterdir() if folder.is_dir() and folder.name != "__pycache__"}
    assert rooms == {room for room in FLOORS if not (PACKAGE / f"{room}.py").exists()}


@pytest.mark.parametrize("file", sorted((PACKAGE / "rules").glob("*.py")), ids=lambda file: file.name)
def test_the_rules_are_pure(file: Path) -> None:
    used = {name.split(".")[0] for name in imports(file)}
    assert used - set(sys.stdlib_module_names) <= PURE
    assert not used & {"time", "random", "os", "logging"}


def test_the_sandbox_does_not_import_the_package() -> None:
    files = [*(ROOT / "include").rglob("*.py")]
    assert files
    assert not [file for file in files for name in imports(file) if name.split(".")[0] == "alva_lever"]


@pytest.mark.parametrize("file", DAG_FILES, ids=named(DAG_FILES))
def test_a_dag_file_has_at_most_60_lines(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= 60


@pytest.fixture(scope="module")
def bag() -> DagBag:
    return DagBag(str(ROOT / "dags"))


class TestDags:
    def test_every_dag_can_be_read(self, bag: DagBag) -> None:
        assert bag.import_errors == {}
        assert {dag.dag_id for dag in bag.dags.values()} == {file.stem for file in DAG_FILES}

    def test_every_dag_has_tags_docs_and_a_dry_run_parameter(self, bag: DagBag) -> None:
        for dag in bag.dags.values():
            assert {"alva", "lever"} <= set(dag.tags), dag.dag_id
            assert dag.doc_md, dag.dag_id
            assert dag.description, dag.dag_id
            assert not dag.catchup, dag.dag_id
            assert dag.params["dry_run"] is False, dag.dag_id

    def test_every_task_has_a_timeout_and_only_lever_tasks_use_the_pool(self, bag: DagBag) -> None:
        """A task that may call Lever holds the pool's slot while it runs; no other task takes the slot."""
        for dag in bag.dags.values():
            for task in dag.tasks:
                where = f"{dag.dag_id}.{task.task_id}"
                kind = task.operator_class if task.is_mapped else type(task)
                assert (task.pool == "lever_api") == issubclass(kind, LeverAlvaOperator), where
                assert task.execution_timeout is not None, where
                assert task.weight_rule == "absolute", where
                assert (task.retries == 0) == (task.task_id == "report"), where

    def test_the_list_of_pooled_tasks_is_that_of_the_dags(self, bag: DagBag) -> None:
        in_pool = {
            dag.dag_id: {task.task_id for task in dag.tasks if task.pool == "lever_api"} for dag in bag.dags.values()
        }
        assert {dag_id: set(task_ids) for dag_id, task_ids in DEFAULT.pooled_tasks.items()} == in_pool
        assert all(in_pool.values())

    @pytest.mark.parametrize("file", DAG_FILES, ids=named(DAG_FILES))
    def test_reading_a_dag_imports_no_hook(self, file: Path) -> None:
        heavy = (
            "requests",
            "fastapi",
            "airflow.providers.http",
            "alva_lever.http.wire",
            *(f"alva_lever.{vendor}.{module}" for vendor in ("lever", "alva") for module in ("hook", "models")),
        )
        code = (
            f"import sys; sys.path[:0] = [{str(ROOT / 'dags')!r}, {str(ROOT / 'plugins')!r}]\n"
            "import airflow.sdk; before = set(sys.modules)\n"
            f"import {file.stem}\n"
            f"print([name for name in {heavy!r} if name in set(sys.modules) - before])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip().splitlines()[-1] == "[]"


def test_airflows_plugin_scanner_ignores_the_package() -> None:
    from airflow._shared.module_loading import find_path_from_directory

    found = [Path(path) for path in find_path_from_directory(str(ROOT / "plugins"), ".airflowignore", "glob")]
    assert not [path for path in found if path.suffix == ".py" and PACKAGE in path.parents]


def test_the_connection_types_are_known_to_airflow() -> None:
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

    hooks = ProvidersManagerTaskRuntime().hooks  # type: ignore[no-untyped-call]  # as Airflow declares it
    found = {name: hooks[name] for name in ("lever", "alva")}
    assert {name: hook and hook.hook_name for name, hook in found.items()} == {"lever": "Lever", "alva": "Alva"}


def test_every_path_in_contributing_exists() -> None:
    named = re.findall(r"`((?:plugins|dags|include|tests)/[^`]*)`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_file_that_the_readme_links_or_shows_exists() -> None:
    linked = re.findall(r"\]\((docs/[^)#]*)", (ROOT / "README.md").read_text("utf-8"))
    assert linked
    assert [path for path in linked if not (ROOT / path).is_file()] == []
