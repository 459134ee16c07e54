"""An Airflow as on several machines: CeleryExecutor, two workers, and two API servers behind one address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from include.demo.airflow import COMPONENTS, Installation, Sections, merged
from include.demo.processes import DemoError
from include.demo.services import PostgreSQL, Proxy, Redis, listens, missing, services
from include.demo.start import Start

_SERVERS = 2
_WORKERS = 2
_TASKS_A_WORKER = 2
_SERVICE_SECONDS = 60


def check_installed() -> None:
    """Raises `DemoError` if this machine lacks what a distributed Airflow needs."""
    if absent := missing():
        raise DemoError("\n".join(absent))


@dataclass(frozen=True, slots=True)
class Distributed:
    """The services of one distributed Airflow."""

    database: PostgreSQL
    queue: Redis
    proxy: Proxy

    @classmethod
    def at(cls, home: Path, port: int) -> Distributed:
        """``port``: of the address before the API servers."""
        return cls(*services(home, port, _SERVERS))

    def installation(self, dags: Path, plugins: Path, more: Sections | None = None) -> Installation:
        """Returns the Airflow that uses these services."""
        settings = merged(self._settings(), more or {})
        # PostgreSQL has no switch of SQLite's to let commits not wait for the disk.
        return Installation(self.proxy.home, dags, plugins, self.proxy.port, settings, self._components(), durable=True)

    def start(self, start: Start) -> None:
        """Starts the services, and returns when they can be used."""
        database, queue, proxy = self.database, self.queue, self.proxy
        database.create()
        queue.create()
        proxy.create()
        start.run("postgresql", database.command(), user=database.user)
        start.run("redis", queue.command())
        start.run("nginx", proxy.command())
        for name, port in (("PostgreSQL", database.port), ("Redis", queue.port), ("nginx", proxy.port)):
            start.wait_for(partial(listens, port), f"{name} listens", _SERVICE_SECONDS)

    def _settings(self) -> Sections:
        address = self.database.address
        # With its driver: SQLAlchemy 2.1 takes psycopg 3 where none is named.
        url = f"postgresql+psycopg2://{address}"
        return {
            "core": {"executor": "CeleryExecutor", "parallelism": str(_WORKERS * _TASKS_A_WORKER)},
            "database": {
                "sql_alchemy_conn": url,
                "sql_alchemy_conn_async": f"postgresql+asyncpg://{address}",
            },
            "celery": {
                "broker_url": self.queue.url,
                "result_backend": f"db+{url}",
                "worker_concurrency": str(_TASKS_A_WORKER),
            },
        }

    def _components(self) -> Mapping[str, tuple[str, ...]]:
        servers = {
            f"api-server-{number}": ("api-server", "--port", str(port))
            for number, port in enumerate(self.proxy.servers, 1)
        }
        workers = {f"worker-{number}": self._worker(f"worker-{number}") for number in range(1, _WORKERS + 1)}
        others = {name: words for name, words in COMPONENTS.items() if name != "api-server"}
        return {**servers, **others, **workers}

    def _worker(self, name: str) -> tuple[str, ...]:
        """Both workers share a folder here, so each has a name and a pid file of its own."""
        pid_file = str(self.proxy.home / f"{name}.pid")
        return ("celery", "worker", "--skip-serve-logs", "--celery-hostname", f"{name}@%h", "--pid", pid_file)
