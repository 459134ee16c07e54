"""A few threads that work through a batch, so that a slow network doesn't halve the vendor's limit."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from alva_lever.transport.errors import ApiError, Forbidden, SetupError, Unauthorized

T = TypeVar("T")
R = TypeVar("R")

# Each candidate is a call to Lever and two to Alva: with answers that take 0.3 s, ten of them keep Lever busy.
THREADS = 12
# A fault that keeps to one candidate must not keep the others waiting; so many of them are not about candidates.
FAULTS_BEFORE_STOP = 5


@dataclass(frozen=True, slots=True)
class Done(Generic[T, R]):
    """One item and what came of it: a result, or the fault that lasted."""

    item: T
    result: R | None
    fault: Exception | None


class Crew(Generic[T, R]):
    """Does `do(item)` for items, several at a time, and gives what is done as it is done.

    A refused key or a setup error ends it at once, and is raised when those in hand are done. Any other fault is given
    beside its item; the fifth ends it too. Items are taken only as fast as they are done, so that what an
    iterator has just looked at is acted on soon.
    """

    def __init__(self, do: Callable[[T], R], *, threads: int = THREADS) -> None:
        self._do = do
        self._threads = threads
        # Beside those that are being done, as many that wait: no thread is ever idle.
        self._in_hand = 2 * threads

    def work(self, items: Iterable[T]) -> Iterator[Done[T, R]]:
        """:raises ApiError: what ended it early; all that was done has been given before."""
        faults: list[Exception] = []
        stop: BaseException | None = None
        source = iter(items)
        pending: dict[Future[R], T] = {}
        with ThreadPoolExecutor(self._threads, thread_name_prefix="crew") as pool:
            more = True
            while more or pending:
                while more and stop is None and len(pending) < self._in_hand:
                    try:
                        item = next(source)
                    except StopIteration:
                        more = False
                    except ApiError as error:
                        stop = error
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
                        yield Done(item, future.result(), None)
                    elif isinstance(fault, Exception) and not isinstance(fault, SetupError | Unauthorized | Forbidden):
                        faults.append(fault)
                        stop = stop or (fault if len(faults) >= FAULTS_BEFORE_STOP else None)
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


def unfinished(faults: Sequence[Exception], of: int, what: str) -> ApiError:
    """The error that says how many could not be done, and of the first of them why.

    Of a mistake of our own only the kind and the place are told: its text may hold what it stumbled over.
    """
    first = faults[0]
    if isinstance(first, ApiError):
        why = str(first)
    else:
        place = traceback.extract_tb(first.__traceback__)[-1]
        why = f"{type(first).__name__} at line {place.lineno} of {Path(place.filename).name}, a mistake of this program"
    return ApiError(f"{len(faults)} of {of} {what} could not be done; the others were. The first: {why}")
