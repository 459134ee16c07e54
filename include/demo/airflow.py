"""An Airflow in its own folder: its settings, and the environment and command lines of its processes.

Standalone mode is not used: its scheduler and triggerer serve logs on all of the machine's addresses.
"""

from __future__ import annotations

import base64
import configparser
import os
import secrets
import shlex
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from include.demo.ports import LOOPBACK

PORT = 8080
COMPONENTS: Mapping[str, tuple[str, ...]] = {  # the API server first: it takes longest, and tasks report to it
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
Sections = Mapping[str, Mapping[str, str]]
_WRITE_SECONDS = 60  # how long a writer waits for another writer; the default of 5 is too short for a busy machine
_PARALLELISM = 4  # more tasks lock SQLite for too long, and the scheduler exits
# Airflow imports this before it opens its database. Without it, each commit waits for the disk, for 25 ms on some.
_NOT_DURABLE = """
from sqlalchemy import event
from sqlalchemy.engine import Engine

__all__ = ()

@event.listens_for(Engine, "connect")
def _do_not_wait_for_the_disk(connection, record):
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """An Airflow's folders and port. ``home`` is AIRFLOW_HOME. ``more``: settings that are added, or win.
    ``components``: the words after ``airflow`` of each process, by its name. ``durable``: its database survives a power
    failure."""

    home: Path
    dags: Path
    plugins: Path
    port: int
    more: Sections = field(default_factory=dict)
    components: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: COMPONENTS)
    durable: bool = False

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def database(self) -> Path:
        return self.home / "airflow.db"

    def write_settings(self) -> Path:
        """Writes ``airflow.cfg``, with secrets generated for this demo, and returns its path.

        A file rather than the environment, so that ``AIRFLOW_HOME=<home> airflow ...`` works in another terminal.
        """
        parser = configparser.ConfigParser(interpolation=None)
        for section, row in merged(dict(self._settings()), self.more).items():
            parser[section] = {key: value.replace("%", "%%") for key, value in row.items()}
        path = self.home / "airflow.cfg"
        path.touch(mode=0o600)
        with path.open("w", encoding="utf-8") as file:
            parser.write(file)
        if not self.durable:
            do_not_wait_for_the_disk(self.home)
        return path

    def _settings(self) -> list[tuple[str, Mapping[str, str]]]:
        return [
            (
                "core",
                {
                    "dags_folder": str(self.dags),
                    "plugins_folder": str(self.plugins),
                    "load_examples": "False",
                    "executor": "LocalExecutor",
                    "parallelism": str(_PARALLELISM),
                    "execution_api_server_url": f"{self.url}/execution/",
                    "simple_auth_manager_all_admins": "True",
                    "test_connection": "Enabled",
                    "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                    "hostname_callable": "socket.gethostname",  # the default asks a name server
                },
            ),
            (
                "database",
                {
                    "sql_alchemy_conn": f"sqlite:///{self.database}?timeout={_WRITE_SECONDS}",
                    "load_default_connections": "False",
                },
            ),
            ("logging", {"base_log_folder": str(self.home / "logs"), "colored_console_log": "False"}),
            (
                "api",
                {
                    "host": LOOPBACK,
                    "port": str(self.port),
                    "base_url": self.url,
                    "workers": "1",
                    "secret_key": secrets.token_urlsafe(32),
                    "instance_name": "Lever and Alva: demo",
                },
            ),
            ("api_auth", {"jwt_secret": secrets.token_urlsafe(64)}),
            ("dag_processor", {"parsing_processes": "1"}),
        ]

    def let_readers_and_a_writer_meet(self) -> None:
        """Puts a new SQLite database into the mode in which readers don't wait for writers."""
        if not self.database.exists():
            return
        connection = sqlite3.connect(self.database)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()


def do_not_wait_for_the_disk(home: Path) -> None:
    """Lets an Airflow on SQLite commit without waiting until the disk has it. The end of a process loses nothing, a
    power failure may."""
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "airflow_local_settings.py").write_text(_NOT_DURABLE, "utf-8")


def merged(settings: Sections, more: Sections) -> Sections:
    """Returns settings with ``more`` added to each section; where both have an option, ``more`` wins."""
    sections = dict.fromkeys([*settings, *more])
    return {section: {**settings.get(section, {}), **more.get(section, {})} for section in sections}


def command(*arguments: str) -> list[str]:
    """Returns ``airflow <arguments>`` for the present Python, without the current folder on its path."""
    return [sys.executable, "-P", "-m", "airflow", *arguments]


def command_line(home: Path, *arguments: str) -> str:
    """Returns the same to copy into another terminal."""
    return f"AIRFLOW_HOME={shlex.quote(str(home))} {shlex.join(command(*arguments))}"


def environment(home: Path, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns ``own`` (default: this process's environment) without variables about another Airflow or a proxy."""
    kept = {
        name: value
        for name, value in (os.environ if own is None else own).items()
        if not name.upper().lstrip("_").startswith("AIRFLOW")
        and not name.upper().endswith("_PROXY")
        and name not in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP")
    }
    return kept | {
        "AIRFLOW_HOME": str(home),
        "NO_PROXY": "*",  # also keeps forked processes on macOS from asking the system for proxies, which crashes them
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
