"""The state that a DAG keeps between runs: leftovers in as many values as they need, and never only part of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from alva_lever.batch.leftovers import MOST, Item, Leftovers
from alva_lever.operators import base
from alva_lever.operators.base import state_of
from alva_lever.rules.events import Claim, Kind
from alva_lever.sync.items import joined

NOW = 1_767_225_600_000
# Airflow's limit for the size of a value.
LIMIT = 65_535


class Killed(Exception):
    """The process is killed at this write."""


class Store(dict[str, str]):
    """Airflow's values for an asset, by key. Raises `Killed` after `writes` more writes or deletions."""

    writes: int | None = None

    def read(self, key: str) -> Any:
        return json.loads(self[key]) if key in self else None

    def write(self, key: str, value: Any) -> None:
        self._count()
        self[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        self._count()
        self.pop(key, None)

    def _count(self) -> None:
        if self.writes == 0:
            raise Killed
        self.writes = None if self.writes is None else self.writes - 1


class Accessor:
    """Stands for Airflow's accessor of an asset's values."""

    def __init__(self, store: Store) -> None:
        self.get, self.set, self.delete = store.read, store.write, store.delete


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    store = Store()
    monkeypatch.setattr(base, "AssetStateStoreAccessor", lambda name: Accessor(store))
    yield store
    assert [key for key, value in store.items() if len(value.encode()) >= LIMIT] == []


def items(count: int, *, start: int = 0) -> list[Item]:
    """Returns items with every possible claim, and with ids at least as long as Lever's."""
    applications = {f"{number:036}": NOW for number in range(2)}
    named = {"scheduled__2026-01-01T00:00:00+00:00": NOW}
    claim = Claim(frozenset(Kind), applications, frozenset({(NOW, NOW + 1)}), NOW, named)
    return [{"id": f"{number:0100}", **claim.as_json()} for number in range(start, start + count)]


def waiting(*items: Item) -> Leftovers:
    leftovers = Leftovers([], join=joined)
    leftovers.failed([(item, "refused") for item in items], NOW)
    return leftovers


def kept() -> list[Item]:
    return [one.item for one in state_of("dag").leftovers()]


@pytest.mark.parametrize("count", [0, 1, 100, 101, MOST])
def test_any_number_of_leftovers_is_kept_unchanged(store: Store, count: int) -> None:
    some = items(count)
    state_of("dag").keep(waiting(*some))
    assert kept() == some


@pytest.mark.parametrize(("before", "after"), [(MOST, 1), (1, MOST), (MOST, 0), (500, 600), (600, 500)])
def test_new_leftovers_replace_the_old_ones(store: Store, before: int, after: int) -> None:
    state_of("dag").keep(waiting(*items(before)))
    state_of("dag").keep(waiting(*items(after, start=5000)))
    assert kept() == items(after, start=5000)
    state_of("dag").keep(waiting())
    assert (kept(), len(store)) == ([], 1)


@pytest.mark.parametrize(("before", "after"), [(MOST, 900), (1, MOST), (MOST, 1), (0, 300)])
def test_a_kill_between_two_writes_leaves_all_old_leftovers_or_all_new_ones(
    store: Store, before: int, after: int
) -> None:
    old, new = items(before), items(after, start=5000)
    state_of("dag").keep(waiting(*old))
    there = Store(store)
    seen = []
    for writes in range(100):
        store.clear()
        store.update(there)
        store.writes = writes
        try:
            state_of("dag").keep(waiting(*new))
        except Killed:
            store.writes = None
            assert kept() in (old, new)
            seen.append(kept() == new)
            # The next task can write again.
            state_of("dag").keep(waiting(*items(200, start=9000)))
            assert kept() == items(200, start=9000)
        else:
            break
    store.writes = None
    assert seen[0] is False
    assert seen == sorted(seen)
    assert len(seen) < 99


def test_unchanged_leftovers_are_not_written(store: Store) -> None:
    state_of("dag").keep(waiting(*items(2)))
    store.writes = 0
    state_of("dag").keep(waiting(*items(2)))
    assert kept() == items(2)


def test_the_covered_time_never_moves_back(store: Store) -> None:
    for end_ms in (NOW, NOW - 1):
        state_of("dag").move_covered(end_ms)
    assert list(map(json.loads, store.values())) == [NOW]
