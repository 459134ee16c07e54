"""A StatsD server on loopback, and Airflow's metrics sent to it."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest

from alva_lever import metrics

_ANY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|\d{10}:")


class Statsd:
    """Receives metrics. What is sent on loopback waits in the socket, so `received` needs no thread."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    def received(self) -> dict[str, list[str]]:
        """Returns what came since the last call: values with their types (`2|c`, `0|g`) by name."""
        found: dict[str, list[str]] = {}
        while True:
            try:
                datagram = self._socket.recv(65_536).decode()
            except BlockingIOError:
                return found
            assert not _ANY_ID.search(datagram), f"an id is in {datagram}"
            name, _, value = datagram.partition(":")
            found.setdefault(name.removeprefix("airflow.alva_lever."), []).append(value)

    def close(self) -> None:
        self._socket.close()


@contextmanager
def configured(monkeypatch: pytest.MonkeyPatch, utils: ModuleType, stats: ModuleType, **options: str) -> Iterator[None]:
    """Configures Airflow's metrics, of which only ours pass. `utils` and `stats`: Airflow's modules for the kind of
    process that is tested; they are set up as that process sets them up when it starts."""
    for name, value in {"metrics_allow_list": "^alva_lever", **options}.items():
        monkeypatch.setenv(f"AIRFLOW__METRICS__{name.upper()}", value)
    _forget()
    stats.initialize(factory=utils.get_stats_factory(), export_legacy_names=True)
    try:
        yield
    finally:
        # Airflow leaves its socket to the end of the process.
        backend = sys.modules[stats.incr.__module__]._backend
        if hasattr(backend, "statsd"):
            backend.statsd.close()
        monkeypatch.undo()
        _forget()
        stats.initialize(factory=utils.get_stats_factory(), export_legacy_names=True)


def to(statsd: Statsd) -> dict[str, str]:
    """Returns the options that send metrics to this server."""
    return {"statsd_on": "True", "statsd_host": "127.0.0.1", "statsd_port": str(statsd.port)}


def _forget() -> None:
    metrics.switched_on.cache_clear()
    metrics._long_names.cache_clear()
