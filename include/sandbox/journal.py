"""The requests to the two services: enough to count calls and see their order, without candidates' data.

Bodies are not kept. Queries are kept unchanged, so that a test can check them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request. ``status`` is what the caller saw: None until the answer, or if the connection was cut."""

    number: int  # 1, 2, 3 ... in the order of arrival, both services together
    service: str  # "lever", "alva" or "sign_in" (Lever's)
    method: str
    path: str  # below the service's root: /opportunities/<id>/addTags
    query: tuple[tuple[str, str], ...] = field(repr=False)  # in their order, with repeats; may hold an e-mail address
    connection: int | None  # the caller's port; None in process
    at_ms: int
    status: int | None = None

    def asked(self, name: str) -> list[str]:
        """Returns all values of a query parameter."""
        return [value for key, value in self.query if key == name]


class Journal:
    """The list of requests. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[int, Arrived] = {}
        self._next_number = 1

    def arrived(
        self,
        service: str,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        connection: int | None,
        at_ms: int,
    ) -> int:
        """Records a request and returns its number."""
        with self._lock:
            number = self._next_number
            self._next_number += 1
            self._entries[number] = Arrived(number, service, method, path, query, connection, at_ms)
            return number

    def answered(self, number: int, status: int) -> None:
        """Completes an entry, unless it was cleared in the meantime."""
        with self._lock:
            if number in self._entries:
                self._entries[number] = replace(self._entries[number], status=status)

    def all(self) -> list[Arrived]:
        with self._lock:
            return [*self._entries.values()]

    def clear(self) -> None:
        """Forgets everything; the next request is number 1 again."""
        with self._lock:
            self._entries.clear()
            self._next_number = 1

    def of(self, service: str | None = None, method: str | None = None, path: str | None = None) -> list[Arrived]:
        """Returns the matching requests. ``method`` and ``path`` are globs, in which ``*`` also matches ``/``."""
        return [
            arrived
            for arrived in self.all()
            if (service is None or arrived.service == service)
            and (method is None or fnmatchcase(arrived.method, method))
            and (path is None or fnmatchcase(arrived.path, path))
        ]

    def __len__(self) -> int:
        return len(self._entries)
