"""A few threads that work through a batch, so that a slow network doesn't halve the vendor's limit."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from alva_lever.http.errors import ApiError, SetupError, TransientError, Unauthorized

T = TypeVar("T")
R = TypeVar("R")

# Each candidate is a call to Lever and two to Alva: with answers that take 0.3 s, ten of them keep Lever busy.
THREADS = 12
# So many passing faults one after the other, without one success between them, are about the service and not about
# those whom it was asked about. A lasting refusal costs one quick call, so that the next one is simply tried.
FAULTS_IN_A_ROW = 2 * THREADS


@dataclass(frozen=True, slots=True)
class Done(Generic[T, R]):
    """One item and what came of it: a result, or the fault that lasted."""

    item: T
    result: R | None
    fault: Exception | None


class WorkerPool(Generic[T, R]):
    """Does `do(item)` for items, several at a time, and gives what is done as it is done.

    The fault of one item is given beside it, and the others are done all the same. What shows that it is about
    everybody ends the work: a setup error, a key that isn't accepted, or passing faults one after the other. It is
    raised when those in hand are done. No more than two for each thread are ever in hand, so that it ends soon.
    """

    def __init__(self, do: Callable[[T], R], *, threads: int = THREADS) -> None:
        self._do = do
        self._threads = threads
        # Beside those that are being done, as many that wait: no thread is ever idle.
        self._in_hand = 2 * threads

    def work(self, items: Iterable[T]) -> Iterator[Done[T, R]]:
        """:raises ApiError: what ended it early; all that was done has been given before."""
        in_a_row = 0
        stop: BaseException | None = None
        source = iter(items)
        pending: dict[Future[R], T] = {}
        with ThreadPoolExecutor(self._threads, thread_name_prefix="worker") as pool:
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


def locked(function: Callable[..., None]) -> Callable[..., None]:
    """The same function for one thread at a time."""
    lock = threading.Lock()

    def call(*arguments: object) -> None:
        with lock:
            function(*arguments)

    return call


def word_of(fault: BaseException) -> str:
    """One word for a fault: that of its kind, or `mistake` for one of this program's own."""
    return fault.word if isinstance(fault, ApiError) else "mistake"


def sentence_of(fault: BaseException) -> str:
    """What to say of a fault. Of a mistake of our own only the kind and the place: its text may hold what it stumbled
    over."""
    if isinstance(fault, ApiError):
        return str(fault)
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} at line {place.lineno} of {Path(place.filename).name}, a mistake of this program"
