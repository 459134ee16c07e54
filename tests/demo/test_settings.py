from __future__ import annotations

import json
from pathlib import Path

import pytest

from include.demo.control import PORT
from include.demo.processes import DemoError
from include.demo.settings import Connection, Pool, Settings, Variable, load_settings
from include.demo.start import PROJECT
from include.demo.story import TRIGGER_STAGE
from include.sandbox import Sandbox
from include.sandbox.alva.door import AlvaDoor
from include.sandbox.lever.door import LeverDoor
from include.sandbox.lever.oauth import CLIENT_ID, CLIENT_SECRET, SignInDoor

TEMPLATE = """
airflow:
  connections:
    - conn_id:
      conn_type:
      conn_host:
      conn_port:
      conn_uri:
      conn_extra:
        example_extra_field: example-value
    - {conn_id: elsewhere, conn_type: http, conn_host: "https://example.com", conn_port: 8443, conn_extra: {timeout: 5}}
  pools:
    - {pool_name:, pool_slot:, pool_description:}
    - {pool_name: narrow, pool_slot: 2}
  variables:
    - {variable_name:, variable_value:}
    - {variable_name: count, variable_value: 3}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "airflow_settings.yaml"
    path.write_text(text)
    return path


def test_the_projects_settings_point_at_the_sandbox() -> None:
    settings = load_settings(PROJECT / "airflow_settings.yaml")
    root = f"http://127.0.0.1:{PORT}"
    assert settings.connections == (
        Connection("lever_default", "lever", root + LeverDoor.root, password=Sandbox.LEVER_KEY),
        Connection("lever_oauth", "generic", root + SignInDoor.root, login=CLIENT_ID, password=CLIENT_SECRET),
        Connection("alva_default", "alva", root + AlvaDoor.root, password=Sandbox.ALVA_KEY),
    )
    assert [(pool.name, pool.slots) for pool in settings.pools] == [("lever_api", 1)]
    assert [variable.key for variable in settings.variables] == ["alva_lever_settings"]


def test_the_projects_stages_exist_in_the_sandbox_in_pipeline_order() -> None:
    (variable,) = load_settings(PROJECT / "airflow_settings.yaml").variables
    options = json.loads(variable.value)
    stages = [stage["name"] for stage in Sandbox().count()["stages"]]
    assert options["trigger_stage"] == TRIGGER_STAGE
    assert stages.index(options["trigger_stage"]) < stages.index(options["progression_stage"])
    assert options["blocked_origins"] == ["agency"]


def test_blank_entries_of_the_template_are_left_out(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, TEMPLATE)) == Settings(
        (Connection("elsewhere", "http", "https://example.com", port=8443, extra='{"timeout": 5}'),),
        (Pool("narrow", 2),),
        (Variable("count", "3"),),
    )


def test_another_port_changes_only_the_addresses_of_the_sandbox() -> None:
    rows = (
        Connection("a", "lever", "http://127.0.0.1:8765/lever/v1"),
        Connection("b", "http", "http://127.0.0.1:87650/lever/v1"),
        Connection("c", "http", "https://example.com/?next=http://127.0.0.1:8765"),
        Connection("d", "http"),
    )
    moved = Settings(rows).at_port(8765, 41000)
    assert moved.connections == (Connection("a", "lever", "http://127.0.0.1:41000/lever/v1"), *rows[1:])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a\n", "no 'airflow'"),
        ("airflow: [", "is not YAML"),
        ("airflow: {pools: {a: 1}}", "'pools' is a list"),
        ("airflow: {connections: [{conn_id: a}]}", "connection a: conn_type is missing"),
        ("airflow: {connections: [{conn_id: a, conn_uri: 'http://b'}]}", "connection a: conn_uri is not read"),
        ("airflow: {connections: [{conn_id: a, conn_type: http, conn_port: x}]}", "conn_port is a whole number"),
        ("airflow: {pools: [{pool_name: a, pool_slot: many}]}", "pool a: pool_slot is a whole number, not 'many'"),
        ("airflow: {variables: [{variable_name: a, variable_value: {b: 1}}]}", "a: variable_value must be text"),
    ],
)
def test_an_invalid_setting_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DemoError) as refused:
        load_settings(written(tmp_path, text))
    assert says in str(refused.value)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="There is no"):
        load_settings(tmp_path / "airflow_settings.yaml")
