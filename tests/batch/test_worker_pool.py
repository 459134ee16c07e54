"""What a worker pool begins, and no longer begins."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from unittest import mock

import pytest

from alva_lever.batch.worker_pool import Done, WorkerPool


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What holds up all items but the first."""
    event = threading.Event()
    yield event
    event.set()


def test_after_a_time_out_no_item_is_begun_that_still_waits_for_a_thread(release: threading.Event) -> None:
    begun: list[int] = []

    def do(item: int) -> int:
        begun.append(item)
        if item:
            release.wait(60)
        return item

    def timed_out(*arguments: object, **options: object) -> None:
        # Later than the pool cancels what waits: it then waits for the two items that were begun.
        threading.Timer(0.5, release.set).start()
        raise TimeoutError

    work = WorkerPool(do, threads=2).work(range(9))
    assert next(work) == Done(0, 0, None)
    with mock.patch("alva_lever.batch.worker_pool.wait", timed_out), pytest.raises(TimeoutError):
        next(work)
    assert set(begun) <= {0, 1, 2}
