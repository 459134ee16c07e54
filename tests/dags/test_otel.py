"""What runs send by OpenTelemetry: the export of a whole run, as a collector receives it."""

from __future__ import annotations

import atexit
import gzip
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from airflow.sdk._shared.observability.metrics import otel_logger
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from opentelemetry import metrics as otel
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric, NumberDataPoint

from include.sandbox import Sandbox
from tests.dags.people import INVITE, THIS_HOUR, applied, ms
from tests.dags.runner import HOUR, Runner
from tests.statsd import configured

TAGS = {"account": "default", "dag_id": INVITE}


class Collector(ThreadingHTTPServer):
    """Takes exports by OTLP over HTTP."""

    def __init__(self) -> None:
        self.metrics: dict[str, Metric] = {}

        class Taking(BaseHTTPRequestHandler):
            def do_POST(this) -> None:
                body = this.rfile.read(int(this.headers["Content-Length"]))
                unpacked = gzip.decompress(body) if this.headers.get("Content-Encoding") == "gzip" else body
                for resource in ExportMetricsServiceRequest.FromString(unpacked).resource_metrics:
                    for scope in resource.scope_metrics:
                        self.metrics |= {metric.name: metric for metric in scope.metrics}
                this.send_response(200)
                this.send_header("Content-Length", "0")
                this.end_headers()

            def log_message(this, *arguments: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Taking)

    def counted(self, name: str) -> dict[tuple[tuple[str, str], ...], int]:
        """Returns a counter's values by their tags."""
        return {tags_of(point): point.as_int for point in self.metrics[f"airflow.alva_lever.{name}"].sum.data_points}


def tags_of(point: NumberDataPoint) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((one.key, one.value.string_value) for one in point.attributes))


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    server = Collector()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
    yield server
    server.shutdown()
    server.server_close()


def test_a_runs_metrics_are_exported_with_their_tags(
    collector: Collector, hourly: Runner, sandbox: Sandbox, posting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30)))
    with monkeypatch.context() as patch, configured(patch, stats_utils, stats, otel_on="True", legacy_names_on="False"):
        run = hourly.scheduled(THIS_HOUR - HOUR)
        # As the end of a task's process does, to which Airflow leaves it.
        otel_logger.flush_otel_metrics()  # type: ignore[no-untyped-call]  # as Airflow declares it
        atexit.unregister(otel_logger.flush_otel_metrics)
        provider: Any = otel.get_meter_provider()
        provider.shutdown()
    assert run.report is not None
    assert collector.counted("decisions") == {tuple(sorted((TAGS | {"reason": "trigger_stage"}).items())): 2}
    assert collector.counted("invitations") == {tuple(sorted(TAGS.items())): 2}
    calls = run.report["calls"]
    assert collector.counted("calls") == {tuple(sorted((TAGS | {"vendor": one}).items())): calls[one] for one in calls}
    waiting = collector.metrics["airflow.alva_lever.leftovers_waiting"].gauge.data_points
    assert [(tags_of(point), point.as_double or point.as_int) for point in waiting] == [
        (tuple(sorted(TAGS.items())), 0)
    ]
    # A task's process lives for one task: its counters begin at 0, so only differences add up.
    sums = [metric.sum for metric in collector.metrics.values() if metric.HasField("sum")]
    assert {one.aggregation_temporality for one in sums} == {AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA}
