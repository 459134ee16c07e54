"""Lever's postings as they are now, each read once a task."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from alva_lever.http.errors import Forbidden, NotFound
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.model import Posting
from alva_lever.sync.looking import check_may_list

T = TypeVar("T")


class OnceEach(Generic[T]):
    """Values by key, each made by the first thread that asks for it while others who ask wait. Errors aren't kept."""

    def __init__(self, make: Callable[[str], T]) -> None:
        self._make = make
        self._values: dict[str, T] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def __call__(self, key: str) -> T:
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._values:
                self._values[key] = self._make(key)
            return self._values[key]

    def forget(self, key: str) -> None:
        """Make it again the next time."""
        with self._lock:
            self._values.pop(key, None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A posting as Lever shows it. `posting` None: it is gone, or `hidden`: Lever refuses to show it."""

    posting: Posting | None
    hidden: bool = False


class Postings:
    """Reads postings. Safe to use from several threads."""

    def __init__(self, lever: LeverHook) -> None:
        self._lever = lever
        self._once = OnceEach(self._read)

    def see(self, posting_id: str | None) -> Seen:
        """:raises MissingPermission: the key may read no posting at all."""
        return Seen(None) if posting_id is None else self._once(posting_id)

    def _read(self, posting_id: str) -> Seen:
        try:
            return Seen(self._lever.posting(posting_id))
        except NotFound:
            return Seen(None)
        except Forbidden:
            check_may_list(self._lever, "postings")
            return Seen(None, hidden=True)
