"""What docs/deploying.md and the files for images say holds for this folder and for the Airflow installed beside it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from airflow.configuration import conf

from alva_lever.account import DEFAULT

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "deploying.md").read_text("utf-8")
DEFAULTS = {
    "task_instance_heartbeat_timeout": 300,
    "task_instance_heartbeat_timeout_detection_interval": 10,
    "task_queued_timeout": 600,
    "task_queued_timeout_check_interval": 120,
    "scheduler_health_check_threshold": 30,
    "orphaned_tasks_check_interval": 300,
}


@pytest.mark.parametrize("option", DEFAULTS)
def test_the_times_are_airflows_defaults(option: str) -> None:
    assert float(conf.get_default_value("scheduler", option)) == DEFAULTS[option]
    assert f"{DEFAULTS[option]} s" in PAGE


@pytest.mark.parametrize("name", ["Dockerfile", "deploy/Dockerfile"])
def test_an_image_copies_what_there_is_and_all_that_the_package_is_built_from(name: str) -> None:
    copied = [
        word
        for line in re.findall(r"^COPY (.*)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        for word in line.split()[:-1]
        if not word.startswith("--")
    ]
    assert [word for word in copied if not (ROOT / word).exists()] == []
    assert {"pyproject.toml", "README.md", "LICENSE", "plugins/", "dags/"} <= set(copied)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert [word for word in copied if word.rstrip("/") in ignored] == []


def test_the_helm_values_name_the_image_and_airflow_that_are_required() -> None:
    values = yaml.safe_load((ROOT / "deploy" / "helm-values.yaml").read_text("utf-8"))
    required = re.search(r"apache-airflow==(\S+)", (ROOT / "requirements.txt").read_text("utf-8"))
    assert required is not None
    assert {values["airflowVersion"], values["defaultAirflowTag"], values["images"]["airflow"]["tag"]} == {required[1]}
    assert f"FROM apache/airflow:{required[1]}" in (ROOT / "deploy" / "Dockerfile").read_text("utf-8")


def test_the_helm_values_and_the_page_name_the_same_secrets_and_the_connections_that_the_package_reads() -> None:
    values = yaml.safe_load((ROOT / "deploy" / "helm-values.yaml").read_text("utf-8"))
    connections = {row["envName"]: row["secretName"] for row in values["secret"]}
    assert set(connections) == {
        f"AIRFLOW_CONN_{name.upper()}" for name in (DEFAULT.lever_conn_id, DEFAULT.alva_conn_id)
    }
    named = {
        values["fernetKeySecretName"],
        values["apiSecretKeySecretName"],
        values["jwtSecretName"],
        values["data"]["metadataSecretName"],
        *connections.values(),
        *(host["tls"]["secretName"] for host in values["ingress"]["apiServer"]["hosts"]),
    }
    assert set(re.findall(r"^kubectl create secret \w+ (\S+)", PAGE, re.MULTILINE)) == named
    keys = {row["secretKey"] for row in values["secret"]}
    assert set(re.findall(r"--from-literal=(\w+)='\{", PAGE)) == keys


def test_the_helm_values_send_the_ingress_and_airflow_to_one_address() -> None:
    values = yaml.safe_load((ROOT / "deploy" / "helm-values.yaml").read_text("utf-8"))
    base, ingress = urlsplit(values["config"]["api"]["base_url"]), values["ingress"]["apiServer"]
    assert [host["name"] for host in ingress["hosts"]] == [base.netloc]
    assert ingress["path"] == (base.path or "/")


def test_the_page_names_the_wheel_of_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    name = project["name"].replace("-", "_")
    assert set(re.findall(rf"{name}-\S+\.whl", PAGE)) == {f"{name}-{project['version']}-py3-none-any.whl"}
