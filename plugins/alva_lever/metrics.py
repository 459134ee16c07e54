"""What the integration counts in Airflow's own metrics (StatsD or OpenTelemetry). Numbers and words only: no id, and
nothing of a candidate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Protocol

from airflow.sdk.configuration import conf

from alva_lever.rules.report_words import GIVEN_UP, LEFTOVER


class Metric(StrEnum):
    """The names, to which Airflow adds its prefix. Each has the tags `account` and, but for webhooks, `dag_id`."""

    DECISIONS = "alva_lever.decisions"  # counter, with `reason`: a word of the report
    REHEARSED = "alva_lever.rehearsed"  # the same of a dry run
    INVITATIONS = "alva_lever.invitations"  # counter; a dry run adds nothing
    CALLS = "alva_lever.calls"  # counter, with `vendor`
    WAITED_MS = "alva_lever.waited_ms"  # counter: milliseconds spent waiting for the vendors' limits
    LEFTOVERS_KEPT = "alva_lever.leftovers_kept"  # counter: became or stayed a leftover
    LEFTOVERS_GIVEN_UP = "alva_lever.leftovers_given_up"  # counter
    LEFTOVERS_WAITING = "alva_lever.leftovers_waiting"  # gauge; its `dag_id` is the DAG that will try them again
    FAILURES = "alva_lever.failures"  # counter, with `kind`: records that failed, and tasks that failed as a whole
    COVERED_AGE_SECONDS = (
        "alva_lever.covered_age_seconds"  # gauge: how long ago the time ends that `dag_id` has covered
    )
    COVERED_UNTIL_SECONDS = "alva_lever.covered_until_seconds"  # gauge: the end itself, as a Unix time
    WEBHOOKS = "alva_lever.webhooks"  # counter, with `vendor` and the `status` of the answer


class Stats(Protocol):
    """Airflow's `stats` module: in a task that of the task SDK, in the API server that of Airflow's core. Airflow sets
    up each in its own kind of process; where no metrics are configured, it does nothing."""

    def incr(self, stat: str, count: int | None = None, *, tags: dict[str, Any] | None = None) -> None: ...
    def gauge(self, stat: str, value: float, *, tags: dict[str, Any] | None = None) -> None: ...


class Metrics:
    """Sends metrics with these tags. As Airflow does with its own, also under a name that holds the tags' values, for a
    StatsD without tags (unless `[metrics] legacy_names_on` is off)."""

    def __init__(self, stats: Stats, **tags: str) -> None:
        self._stats = stats
        self._tags = tags

    def count(self, metric: Metric, amount: int = 1, **tags: str) -> None:
        for name, its in self._named(metric, tags):
            self._stats.incr(name, amount, tags=its)

    def gauge(self, metric: Metric, value: float, **tags: str) -> None:
        for name, its in self._named(metric, tags):
            self._stats.gauge(name, value, tags=its)

    def _named(self, metric: Metric, tags: Mapping[str, str]) -> Iterable[tuple[str, dict[str, str] | None]]:
        every = {**self._tags, **tags}
        yield str(metric), every
        if _long_names():
            yield ".".join([metric, *(value.replace(".", "__") for value in every.values())]), None


# Both are asked for every delivery of a webhook, and Airflow's configuration stays the same while a process lives.
@cache
def switched_on() -> bool:
    """Whether Airflow sends metrics anywhere."""
    return any(conf.getboolean("metrics", name) for name in ("statsd_on", "statsd_datadog_enabled", "otel_on"))


@cache
def _long_names() -> bool:
    return bool(conf.getboolean("metrics", "legacy_names_on"))


def count_run(metrics: Metrics, report: Mapping[str, Any], failures: Mapping[str, int]) -> None:
    """Counts what a run did. `report`: as `RunReport.as_xcom` returns it. `failures`: how many, by kind.

    Zeros are sent too, so that each name is there from the first run on.
    """
    counts, dry_run = report["counts"], report["dry_run"]
    for word, count in counts.items():
        if word not in (LEFTOVER, GIVEN_UP):
            metrics.count(Metric.REHEARSED if dry_run else Metric.DECISIONS, count, reason=word)
    metrics.count(Metric.INVITATIONS, 0 if dry_run else report["invited"])
    for vendor, calls in report["calls"].items():
        metrics.count(Metric.CALLS, calls, vendor=vendor)
    metrics.count(Metric.WAITED_MS, round(report["waited_seconds"] * 1000))
    metrics.count(Metric.LEFTOVERS_KEPT, counts.get(LEFTOVER, 0))
    metrics.count(Metric.LEFTOVERS_GIVEN_UP, counts.get(GIVEN_UP, 0))
    for kind, count in failures.items():
        metrics.count(Metric.FAILURES, count, kind=kind)


def show_state(metrics: Metrics, *, waiting: int, covered_ms: int | None, now_ms: int) -> None:
    """Shows what a DAG keeps from run to run. `covered_ms`: None before the first scheduled run."""
    metrics.gauge(Metric.LEFTOVERS_WAITING, waiting)
    if covered_ms is not None:
        metrics.gauge(Metric.COVERED_AGE_SECONDS, round((now_ms - covered_ms) / 1000))
        metrics.gauge(Metric.COVERED_UNTIL_SECONDS, covered_ms // 1000)
