"""What the webhook routes count in Airflow's metrics, in the API server's way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airflow.api_fastapi import app
from airflow.observability import stats
from airflow.observability.metrics import stats_utils

from alva_lever.web.airflow_internals import NotWritten
from tests.statsd import Statsd, configured, to
from tests.web.conftest import Door, signed


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Statsd]:
    server = Statsd()
    with monkeypatch.context() as patch, configured(patch, stats_utils, stats, **to(server)):
        yield server
    server.close()


def test_each_answer_is_counted_by_its_status(door: Door, statsd: Statsd, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise NotWritten("the database is away")

    door.send(signed())
    door.send(signed(event="somethingElse"))
    door.send(signed("f" * 48))
    door.send(b"no JSON")
    monkeypatch.setattr("alva_lever.web.app.start_run", refuse)
    door.send(signed())
    found = statsd.received()
    assert found == {
        "webhooks": ["1|c"] * 5,
        "webhooks.default.lever.200": ["1|c"] * 2,
        "webhooks.default.lever.401": ["1|c"],
        "webhooks.default.lever.400": ["1|c"],
        "webhooks.default.lever.503": ["1|c"],
    }


def test_alvas_are_counted_apart(door: Door, statsd: Statsd) -> None:
    door.send(b"{}", path="/alva-lever/webhooks/alva")
    assert "webhooks.default.alva.401" in statsd.received()


def test_airflow_sets_up_these_metrics_when_its_api_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of `airflow.observability`, by which the routes count."""
    server = Statsd()
    with monkeypatch.context() as patch, configured(patch, stats_utils, stats):
        for name, value in to(server).items():
            patch.setenv(f"AIRFLOW__METRICS__{name.upper()}", value)
        app._initialize_api_server_stats()
        stats.incr("alva_lever.webhooks")
        assert server.received() == {"webhooks": ["1|c"]}
    server.close()
