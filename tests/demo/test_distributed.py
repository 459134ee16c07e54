"""What can be said of a distributed demo without starting it."""

from __future__ import annotations

import configparser
import pwd
from pathlib import Path

import pytest

from include.demo import services
from include.demo.distributed import Distributed, check_installed
from include.demo.processes import DemoError


def test_every_process_uses_the_one_address_and_the_shared_services(tmp_path: Path) -> None:
    distributed = Distributed.at(tmp_path, 8081)
    airflow = distributed.installation(tmp_path / "dags", tmp_path / "plugins", {"core": {"parallelism": "7"}})
    written = configparser.ConfigParser()
    written.read(airflow.write_settings())
    assert written["core"]["executor"] == "CeleryExecutor"
    assert written["core"]["execution_api_server_url"] == "http://127.0.0.1:8081/execution/"
    assert written["core"]["parallelism"] == "7"
    assert f":{distributed.database.port}/" in written["database"]["sql_alchemy_conn"]
    assert f":{distributed.queue.port}/" in written["celery"]["broker_url"]
    servers = [words[-1] for name, words in airflow.components.items() if name.startswith("api-server")]
    assert servers == [str(port) for port in distributed.proxy.servers]
    ports = {8081, distributed.database.port, distributed.queue.port, *distributed.proxy.servers}
    assert len(ports) == 5
    assert len({words for name, words in airflow.components.items() if name.startswith("worker")}) == 2


def test_no_password_is_in_a_command_line_or_a_repr(tmp_path: Path) -> None:
    distributed = Distributed.at(tmp_path, 8081)
    secrets = (distributed.database.password, distributed.queue.password)
    components = distributed.installation(tmp_path, tmp_path).components
    assert not any(secret in f"{components} {distributed!r}" for secret in secrets)


def test_what_is_missing_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_find", lambda program: None if program == "redis-server" else f"/bin/{program}")
    monkeypatch.setattr(services, "_has_package", lambda name: name != "asyncpg")
    monkeypatch.setattr(pwd, "getpwnam", lambda name: None)
    with pytest.raises(DemoError) as error:
        check_installed()
    assert str(error.value).splitlines() == [
        "Not installed: redis-server. On Debian and Ubuntu: apt-get install postgresql redis-server nginx",
        "Python packages are missing: pip install asyncpg -c constraints.txt",
    ]


def test_postgresql_17_comes_before_9() -> None:
    folders = [Path(f"/usr/lib/postgresql/{version}/bin") for version in (9, 17, 15)]
    assert [folder.parts[-2] for folder in sorted(folders, key=services._newest)] == ["17", "15", "9"]
