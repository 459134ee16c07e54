from __future__ import annotations

import configparser
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from include.demo.airflow import COMPONENTS, Installation, command_line, environment


def settings(folder: Path) -> configparser.ConfigParser:
    path = Installation(folder, folder / "dags", folder / "50% plugins", 8081).write_settings()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    parser = configparser.ConfigParser()
    parser.read(path)
    return parser


def test_airflow_listens_on_loopback_at_the_chosen_port(tmp_path: Path) -> None:
    written = settings(tmp_path)
    assert (written["api"]["host"], written["api"]["port"]) == ("127.0.0.1", "8081")
    assert written["core"]["execution_api_server_url"] == "http://127.0.0.1:8081/execution/"
    assert all("--skip-serve-logs" in COMPONENTS[name] for name in ("scheduler", "triggerer"))


def test_a_path_may_contain_a_per_cent_sign(tmp_path: Path) -> None:
    assert settings(tmp_path)["core"]["plugins_folder"] == str(tmp_path / "50% plugins")


@pytest.mark.parametrize(("durable", "synchronous"), [(False, 0), (True, 2)])  # SQLite's OFF and FULL
def test_only_a_durable_database_waits_for_the_disk(tmp_path: Path, durable: bool, synchronous: int) -> None:
    Installation(tmp_path, tmp_path / "dags", tmp_path / "plugins", 8081, durable=durable).write_settings()
    code = (
        "from airflow import settings; from sqlalchemy import text;"
        "print(settings.get_engine().connect().execute(text('PRAGMA synchronous')).scalar())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout.split()[-1:]) == (0, [str(synchronous)]), done.stderr


def test_two_demos_share_no_secret(tmp_path: Path) -> None:
    first, second = settings(tmp_path), settings(tmp_path)
    for section, key in (("core", "fernet_key"), ("api", "secret_key"), ("api_auth", "jwt_secret")):
        assert first[section][key] != second[section][key]


def test_settings_of_another_airflow_or_a_proxy_are_not_passed_on(tmp_path: Path) -> None:
    own = {
        "PATH": "/usr/bin",
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW_CONN_LEVER_DEFAULT": "http://example.com",
        "AIRFLOW_HOME": "/elsewhere",
        "_AIRFLOW__AS_LIBRARY": "1",
        "https_proxy": "http://proxy.example.com",
        "PYTHONPATH": "/elsewhere",
    }
    passed = environment(tmp_path, own)
    assert passed["PATH"] == "/usr/bin"
    assert {name for name in passed if "AIRFLOW" in name.upper()} == {"AIRFLOW_HOME"}
    assert passed["AIRFLOW_HOME"] == str(tmp_path)
    assert "https_proxy" not in passed
    assert "PYTHONPATH" not in passed


def test_the_printed_command_line_works_from_any_folder(tmp_path: Path) -> None:
    home, folder = tmp_path / "it's a home", tmp_path / "elsewhere"
    for path in (home, folder):
        path.mkdir()
    settings(home)
    line = command_line(home, "config", "get-value", "api", "port")
    done = subprocess.run(line, shell=True, cwd=folder, check=False, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.split()[-1:]) == (0, ["8081"]), done.stderr
