from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from alva_lever.web.group import Group

FOREVER_SECONDS = 3600.0


class Store:
    """Records the committed groups. A commit waits for `open` and fails while `broken`."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()
        self.broken = False
        self.threads: set[int] = set()

    def commit(self, items: Sequence[int]) -> None:
        self.threads.add(threading.get_ident())
        assert self.open.wait(60)
        if self.broken:
            raise OSError("no space left")
        self.groups.append(list(items))


@pytest.fixture
def store() -> Store:
    return Store()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 60))


def test_items_that_arrive_together_are_committed_together(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=0.2)
        await asyncio.gather(*(group.add(number) for number in range(50)))

    run(work())
    assert store.groups == [[*range(50)]]


def test_a_group_holds_at_most_the_work_of_one_batch(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=FOREVER_SECONDS)
        await asyncio.gather(*(group.add(number) for number in range(140)))

    run(work())
    assert [len(items) for items in store.groups] == [70, 70]
    calls_of_a_completed_result, calls_of_a_batch = 7, 500
    assert len(store.groups[0]) * calls_of_a_completed_result <= calls_of_a_batch


def test_a_full_group_is_committed_at_once(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=FOREVER_SECONDS, most=20)
        await asyncio.gather(*(group.add(number) for number in range(60)))

    run(work())
    assert store.groups == [[*range(20)], [*range(20, 40)], [*range(40, 60)]]


def test_an_item_that_comes_alone_does_not_wait_for_others(store: Store) -> None:
    run(Group(store.commit, window_seconds=FOREVER_SECONDS).add(1))
    assert store.groups == [[1]]


def test_items_that_come_one_after_the_other_do_not_wait_either(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=FOREVER_SECONDS)
        for number in range(3):
            await group.add(number)

    run(work())
    assert store.groups == [[0], [1], [2]]


def test_after_several_items_the_next_one_waits_for_more(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=FOREVER_SECONDS, most=3)
        await asyncio.gather(group.add(1), group.add(2))
        third = asyncio.create_task(group.add(3))
        await asyncio.sleep(0.05)
        assert not third.done()
        await asyncio.gather(third, group.add(4), group.add(5))

    run(work())
    assert store.groups == [[1, 2], [3, 4, 5]]


def test_a_group_closes_with_as_many_as_waited_at_once_before(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=FOREVER_SECONDS, pause_seconds=FOREVER_SECONDS)
        await asyncio.gather(*(group.add(number) for number in range(3)))
        for first in (3, 6):
            slow = [asyncio.create_task(group.add(first + number)) for number in range(2)]
            await asyncio.sleep(0.05)
            assert not any(task.done() for task in slow)
            await asyncio.gather(*slow, group.add(first + 2))

    run(work())
    assert store.groups == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_a_group_of_fewer_than_before_waits_until_no_other_comes(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=FOREVER_SECONDS, pause_seconds=0.5)
        await asyncio.gather(*(group.add(number) for number in range(4)))
        fifth = asyncio.create_task(group.add(4))
        await asyncio.sleep(0.1)
        assert not fifth.done()
        await asyncio.gather(fifth, group.add(5))

    run(work())
    assert store.groups == [[0, 1, 2, 3], [4, 5]]


def test_a_group_that_others_keep_coming_to_closes_with_its_window(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=1.0, pause_seconds=0.5)
        await asyncio.gather(*(group.add(number) for number in range(50)))
        coming: list[asyncio.Task[None]] = []
        while not coming or not coming[0].done():
            coming.append(asyncio.create_task(group.add(50 + len(coming))))
            await asyncio.sleep(0.1)
        await asyncio.gather(*coming)

    run(work())
    assert 2 <= len(store.groups[1]) < 50


def test_some_time_after_a_burst_an_item_does_not_wait(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=2.0)
        await asyncio.gather(group.add(1), group.add(2))
        await asyncio.sleep(2.1)
        alone = asyncio.create_task(group.add(3))
        await asyncio.sleep(1.0)
        assert alone.done()

    run(work())
    assert store.groups == [[1, 2], [3]]


def test_no_item_is_answered_before_the_commit(store: Store) -> None:
    async def work() -> None:
        store.open.clear()
        group = Group(store.commit, window_seconds=0.0)
        tasks = [asyncio.create_task(group.add(number)) for number in range(5)]
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in tasks)
        store.open.set()
        await asyncio.gather(*tasks)

    run(work())
    assert store.groups == [[*range(5)]]


def test_the_next_group_fills_during_a_commit_and_there_is_one_writer(store: Store) -> None:
    async def work() -> None:
        store.open.clear()
        group = Group(store.commit, window_seconds=0.01, most=50)
        tasks = [asyncio.create_task(group.add(0))]
        await asyncio.sleep(0.1)
        for number in range(1, 61):
            tasks.append(asyncio.create_task(group.add(number)))
            await asyncio.sleep(0.002)
        assert len(store.threads) == 1
        assert store.groups == []
        store.open.set()
        await asyncio.gather(*tasks)

    run(work())
    assert store.groups == [[0], [*range(1, 51)], [*range(51, 61)]]


def test_a_commit_does_not_block_the_event_loop(store: Store) -> None:
    async def work() -> None:
        store.open.clear()
        task = asyncio.create_task(Group(store.commit, window_seconds=0.0).add(1))
        await asyncio.sleep(0.05)
        store.open.set()
        await task
        assert store.threads != {threading.get_ident()}

    run(work())


def test_a_failed_commit_fails_each_item_of_its_group_and_no_other(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=0.01)
        store.broken = True
        errors = await asyncio.gather(*(group.add(number) for number in range(3)), return_exceptions=True)
        assert [str(error) for error in errors] == ["no space left"] * 3
        store.broken = False
        await group.add(4)

    run(work())
    assert store.groups == [[4]]


def test_a_cancelled_item_does_not_cancel_the_others(store: Store) -> None:
    async def work() -> None:
        group = Group(store.commit, window_seconds=0.1)
        leaves, stays = (asyncio.create_task(group.add(number)) for number in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        await stays

    run(work())
    assert store.groups == [[0, 1]]


def test_a_group_works_on_several_event_loops_in_turn(store: Store) -> None:
    group = Group(store.commit, window_seconds=0.01)
    for number in range(3):
        run(group.add(number))
    assert store.groups == [[0], [1], [2]]
