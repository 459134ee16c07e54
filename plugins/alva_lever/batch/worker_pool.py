"""A few threads that work through a batch, so that slow answers don't halve the rate of calls."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from alva_lever.http.errors import ApiError, SetupError, TransientError, Unauthorized

T = TypeVar("T")
R = TypeVar("R")

# A candidate costs one call to Lever and two to Alva: if answers take 0.3 s, ten threads use Lever's whole limit.
THREADS = 12
# So many transient faults in a row, without a success between them, mean that the service is down, not that the items
# are bad. A lasting refusal costs one quick call, so it doesn't count.
FAULTS_IN_A_ROW = 2 * THREADS


@dataclass(frozen=True, slots=True)
class Done(Generic[T, R]):
    """An item with its result or its fault."""

    item: T
    result: R | None
    fault: Exception | None


class WorkerPool(Generic[T, R]):
    """Calls `do(item)` for several items at a time, and yields each as soon as it is done.

    One item's fault is yielded with the item and doesn't stop the others. A fault that concerns all items ends the
    work: a setup error, a key that isn't accepted, or transient faults in a row. It is raised when the items that
    have begun are done, at most one for each thread.
    """

    def __init__(self, do: Callable[[T], R], *, threads: int = THREADS) -> None:
        self._do = do
        self._threads = threads
        # As many items wait as are being done, so that no thread is idle.
        self._in_hand = 2 * threads

    def work(self, items: Iterable[T]) -> Iterator[Done[T, R]]:
        """Does the items. :raises ApiError: a fault ended the work early; all items done were yielded before."""
        in_a_row = 0
        stop: BaseException | None = None
        source = iter(items)
        pending: dict[Future[R], T] = {}
        with ThreadPoolExecutor(self._threads, thread_name_prefix="worker") as pool, _cancelled_at_the_end(pending):
            more = True
            while more or pending:
                while more and stop is None and len(pending) < self._in_hand:
                    try:
                        item = next(source)
                    except StopIteration:
                        more = False
                    else:
                        pending[pool.submit(self._do, item)] = item
                if stop is not None:
                    more = False
                    for future in [future for future in pending if future.cancel()]:
                        del pending[future]
                if not pending:
                    continue
                finished, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in finished:
                    item = pending.pop(future)
                    fault = future.exception()
                    if fault is None:
                        in_a_row = 0
                        yield Done(item, future.result(), None)
                    elif isinstance(fault, Exception) and not isinstance(fault, SetupError | Unauthorized):
                        in_a_row += isinstance(fault, TransientError)
                        if in_a_row >= FAULTS_IN_A_ROW:
                            stop = stop or fault
                        yield Done(item, None, fault)
                    else:
                        stop = stop or fault
        if stop is not None:
            raise stop


@contextmanager
def _cancelled_at_the_end(pending: Mapping[Future[R], object]) -> Iterator[None]:
    """Cancels what waits for a thread, so that no further item is begun after the task's time-out, say."""
    try:
        yield
    finally:
        for future in pending:
            future.cancel()


def locked(function: Callable[..., None]) -> Callable[..., None]:
    """Returns the function for use by one thread at a time."""
    lock = threading.Lock()

    def call(*arguments: object) -> None:
        with lock:
            function(*arguments)

    return call


def word_of(fault: BaseException) -> str:
    """Returns a word for a fault: that of its kind, or `mistake` for one of this program's own."""
    return fault.word if isinstance(fault, ApiError) else "mistake"


def sentence_of(fault: BaseException) -> str:
    """Returns a sentence for a fault. For a mistake of our own it names only kind and place: its text may hold personal
    data."""
    if isinstance(fault, ApiError):
        return str(fault)
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} at line {place.lineno} of {Path(place.filename).name}, a mistake of this program"
