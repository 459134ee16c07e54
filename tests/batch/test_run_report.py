"""The report of section 9."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.batch.run_report import IDS_SHOWN, NEAR_MISSES_SHOWN, RunReport
from alva_lever.rules.invitation import Reason
from alva_lever.rules.notes import Failure

REASONS = st.sampled_from((*Reason, *Failure))
LOOKS = st.lists(st.tuples(REASONS, st.uuids().map(str)), max_size=250)


def counted(looks: list[tuple[Any, str]]) -> RunReport:
    made = RunReport()
    for reason, opportunity_id in looks:
        made.count(reason, opportunity_id)
    return made


def test_the_report_of_a_run_without_candidates_is_empty() -> None:
    assert RunReport().as_xcom(dry_run=False) == {
        "dry_run": False,
        "window": None,
        "invited": 0,
        "looked_at": 0,
        "counts": {},
        "ids": {},
        "near_misses": [],
        "leftovers": [],
        "calls": {"lever": 0, "alva": 0},
        "waited_seconds": 0.0,
    }


def test_a_report_counts_and_names() -> None:
    made = counted([(Reason.GONE, "a"), (Failure.NO_POSTING, "b"), (Reason.GONE, "c")])
    made.near_miss("p", ["Alva: screening"])
    made.calls["lever"] += 7
    made.waited_seconds += 1.26
    made.invited += 1
    left = {"id": "d", "fault": "refused", "attempts": 1, "due": "2026-01-01T00:00:00+00:00"}
    report = made.as_xcom(dry_run=True, window=(1_767_225_600_000, 1_767_229_200_000), leftovers=[left])
    # The first keys are those that people look for first.
    assert list(report)[:4] == ["dry_run", "window", "invited", "looked_at"]
    assert report == {
        "dry_run": True,
        "window": ["2026-01-01T00:00:00+00:00", "2026-01-01T01:00:00+00:00"],
        "invited": 1,
        "looked_at": 3,
        "counts": {"gone": 2, "no_posting": 1},
        "ids": {"gone": ["a", "c"], "no_posting": ["b"]},
        "near_misses": [{"id": "p", "tag": "Alva: screening"}],
        "leftovers": [left],
        "calls": {"lever": 7, "alva": 0},
        "waited_seconds": 1.3,
    }


def test_a_report_names_a_hundred_ids_and_counts_all() -> None:
    ids = [str(number) for number in range(101)]
    report = counted([(Reason.ARCHIVED, name) for name in ids]).as_xcom(dry_run=False)
    assert report["counts"] == {"archived": 101}
    assert report["ids"] == {"archived": ids[:100]}


def test_a_report_of_several_parts_names_a_hundred_ids_in_all() -> None:
    total = RunReport()
    for part in ("a", "b", "c"):
        total.add(counted([(Reason.ARCHIVED, f"{part}{number}") for number in range(60)]))
    report = total.as_xcom(dry_run=False)
    assert report["counts"] == {"archived": 180}
    assert report["ids"]["archived"] == [*(f"a{n}" for n in range(60)), *(f"b{n}" for n in range(40))]


@given(LOOKS)
def test_counts_add_up_to_looked_at(looks: list[tuple[Reason, str]]) -> None:
    report = counted(looks).as_xcom(dry_run=False)
    assert report["looked_at"] == sum(report["counts"].values()) == len(looks)
    assert report["counts"] == Counter(reason.value for reason, _ in looks)
    assert report["ids"].keys() == report["counts"].keys()


@given(st.lists(LOOKS, max_size=5))
def test_the_parts_of_a_run_add_up_to_the_whole(parts: list[list[tuple[Reason, str]]]) -> None:
    total = RunReport()
    for part in parts:
        total.add(RunReport.of(json.loads(json.dumps(counted(part).as_json()))))
    whole = counted([look for part in parts for look in part])
    assert total.as_xcom(dry_run=False) == whole.as_xcom(dry_run=False)
    assert all(len(named) <= IDS_SHOWN for named in total.ids.values())


def test_calls_and_waiting_add_up() -> None:
    total = RunReport(calls={"lever": 1, "alva": 2}, waited_seconds=0.5)
    total.add(RunReport(calls={"lever": 10, "alva": 20}, waited_seconds=2.0))
    assert total.calls == {"lever": 11, "alva": 22}
    assert total.waited_seconds == 2.5


def test_a_report_can_be_added_up_again() -> None:
    part = counted([(Reason.MANUAL, "a")])
    assert RunReport.of(part.as_xcom(dry_run=True)) == part


def test_adding_a_report_does_not_change_it() -> None:
    part = counted([(Reason.GONE, "a")])
    total = RunReport()
    total.add(part)
    total.add(counted([(Reason.GONE, "b")]))
    assert part == counted([(Reason.GONE, "a")])
    assert total.ids == {"gone": ["a", "b"]}


# Near misses.


def test_a_near_miss_is_reported_once_for_each_posting_or_opportunity() -> None:
    total = RunReport()
    total.near_miss("a", ["alva: send tests", "Alva: SendTests"])
    total.near_miss("a", ["alva: send tests"])
    other = RunReport()
    other.near_miss("a", ["Alva: SendTests"])
    other.near_miss("b", ["alva: send tests"])
    total.add(other)
    assert total.near_misses == [
        {"id": "a", "tag": "alva: send tests"},
        {"id": "a", "tag": "Alva: SendTests"},
        {"id": "b", "tag": "alva: send tests"},
    ]


def test_a_near_miss_is_not_counted_as_looked_at() -> None:
    made = RunReport()
    made.near_miss("a", ["alva: send tests"])
    assert made.as_xcom(dry_run=False)["looked_at"] == 0


def test_many_or_long_near_misses_are_cut() -> None:
    made = RunReport()
    for number in range(1500):
        made.near_miss(str(number), ["alva: send tests"])
    assert len(made.near_misses) == NEAR_MISSES_SHOWN
    padded = RunReport()
    padded.near_miss("a", ["alva: send tests" + " " * 100_000])
    assert len(json.dumps(padded.near_misses)) < 200


@pytest.mark.parametrize("reason", [Reason.GONE, "hired"])
def test_a_reason_is_written_as_a_word_in_json(reason: str) -> None:
    assert json.loads(json.dumps(counted([(reason, "a")]).as_json()))["counts"] == {str(reason): 1}
