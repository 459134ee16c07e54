"""Rules for the whole package: which module may import which, and how Airflow reads the DAGs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pendulum
import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import DataInterval, TimeRestriction

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

    def test_the_scheduled_runs_have_data_intervals_of_an_hour_a_quarter_and_a_day(self, bag: DagBag) -> None:
        after = DataInterval.exact(pendulum.datetime(2026, 3, 1, 1, 50))
        since = TimeRestriction(earliest=None, latest=None, catchup=True)
        found = {}
        for dag in bag.dags.values():
            timetable = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).timetable
            following = timetable.next_dagrun_info(last_automated_data_interval=after, restriction=since)
            interval = following.data_interval if following else None
            found[dag.dag_id] = interval and tuple(f"{moment:%H:%M}" for moment in (interval.start, interval.end))
        assert found == {
            DEFAULT.invite_dag_id: ("02:00", "03:00"),
            DEFAULT.results_dag_id: ("02:00", "02:15"),
            DEFAULT.postings_dag_id: ("02:00", "02:00"),
            DEFAULT.events_dag_id: None,
        }

    def test_of_tasks_that_wait_for_the_slot_events_come_first_and_results_second(self, bag: DagBag) -> None:
        order = (DEFAULT.events_dag_id, DEFAULT.results_dag_id, DEFAULT.invite_dag_id, DEFAULT.postings_dag_id)
        events, results, *rest = ({task.priority_weight for task in bag.dags[dag_id].tasks} for dag_id in order)
        assert min(events) > max(results) > max(set.union(*rest))

    def test_the_report_waits_for_all_tasks_that_use_the_pool_however_they_end(self, bag: DagBag) -> None:
        for dag in bag.dags.values():
            report = dag.get_task("report")
            assert report.trigger_rule == "all_done", dag.dag_id
            assert not report.downstream_task_ids, dag.dag_id
            assert report.get_flat_relative_ids(upstream=True) == set(DEFAULT.pooled_tasks[dag.dag_id]), dag.dag_id

    def test_the_forms_have_the_fields_that_make_sense(self, bag: DagBag) -> None:
        polling = {"dry_run", "since", "opportunity_ids"}
        assert {dag.dag_id: set(dag.params) for dag in bag.dags.values()} == {
            DEFAULT.invite_dag_id: polling,
            DEFAULT.results_dag_id: polling,
            DEFAULT.postings_dag_id: {"dry_run"},
            DEFAULT.events_dag_id: {"dry_run", "deliveries"},
        }

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
