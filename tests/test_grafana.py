"""The Grafana board: it asks for what the code sends, and for all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alva_lever.metrics import Metric, Metrics, count_run, show_state

BOARD: dict[str, Any] = json.loads((Path(__file__).parent.parent / "docs" / "grafana.json").read_text("utf-8"))
EXPRESSIONS = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]
REPORT = {
    "counts": {"trigger_stage": 2, "leftover": 1, "given_up": 1},
    "calls": {"lever": 12, "alva": 6},
    "waited_seconds": 0.5,
    "invited": 2,
}


class Recording:
    """Stands for Airflow's module: keeps the kind and the tags of each metric."""

    def __init__(self) -> None:
        self.sent: dict[str, tuple[str, set[str]]] = {}

    def incr(self, stat: str, count: int | None = None, *, tags: dict[str, Any] | None = None) -> None:
        self._keep(stat, "counter", tags)

    def gauge(self, stat: str, value: float, *, tags: dict[str, Any] | None = None) -> None:
        self._keep(stat, "gauge", tags)

    def _keep(self, stat: str, kind: str, tags: dict[str, Any] | None) -> None:
        if tags is not None:
            self.sent[stat.replace(".", "_")] = kind, set(tags)


@pytest.fixture(scope="module")
def sent() -> dict[str, tuple[str, set[str]]]:
    """What the code sends, in Prometheus's spelling: kind and tags by name."""
    stats = Recording()
    metrics = Metrics(stats, account="default", dag_id="alva_lever_invite_candidates")
    for dry_run in (False, True):
        count_run(metrics, {**REPORT, "dry_run": dry_run}, {"refused": 1})
    show_state(metrics, waiting=1, covered_ms=1, now_ms=2)
    Metrics(stats, account="default", vendor="lever").count(Metric.WEBHOOKS, status="200")
    return stats.sent


def asked() -> Iterator[tuple[str, str]]:
    """Yields each query with a name that it asks for."""
    for expression in EXPRESSIONS:
        for name in re.findall(r"airflow_(alva_lever_[a-z_]+?)(?=\(_total\)\?|\{)", expression):
            yield expression, name


def test_the_board_asks_for_every_metric_that_is_sent_and_for_no_other(
    sent: dict[str, tuple[str, set[str]]],
) -> None:
    assert set(sent) == {metric.replace(".", "_") for metric in Metric}
    assert {name for _, name in asked()} == set(sent)
    assert all(len(re.findall("airflow_", expression)) == 1 for expression in EXPRESSIONS)


@pytest.mark.parametrize(("expression", "name"), [*asked()], ids=[name for _, name in asked()])
def test_a_query_fits_the_kind_and_the_tags_of_its_metric(
    sent: dict[str, tuple[str, set[str]]], expression: str, name: str
) -> None:
    kind, tags = sent[name]
    # OpenTelemetry's way to Prometheus adds `_total` to counters, StatsD's doesn't.
    assert (f'__name__=~"airflow_{name}(_total)?"' in expression) == ("increase(" in expression) == (kind == "counter")
    grouped = re.findall(r"by \(([a-z_, ]+)\)", expression)
    assert {label for labels in grouped for label in labels.split(", ")} <= tags
    assert set(re.findall(r"(\w+)=~", expression)) - {"__name__"} == {"account"} <= tags


def test_the_data_source_is_chosen_on_the_board() -> None:
    names = {variable["name"]: variable["type"] for variable in BOARD["templating"]["list"]}
    assert names["datasource"] == "datasource"
    used = [panel["datasource"] for panel in BOARD["panels"]]
    used += [target["datasource"] for panel in BOARD["panels"] for target in panel["targets"]]
    assert all(one == {"type": "prometheus", "uid": "${datasource}"} for one in used)


def test_each_panel_has_its_place_and_a_legend_by_a_label_of_its_query() -> None:
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(ids)) == len(ids)
    covered = [
        (x, y)
        for place in (panel["gridPos"] for panel in BOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(covered)) == len(covered)
    for panel in BOARD["panels"]:
        for target in panel["targets"]:
            assert all(f"{label}" in target["expr"] for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
