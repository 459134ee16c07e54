"""Faults on order: what the two services do wrong, and for which requests.

====================  ==============================================================================================
kind                  what the caller sees
====================  ==============================================================================================
``status``            that status (503) with the vendor's error body, or with ``body``: JSON, or a text as it is, as a
                      gateway between the two would give; ``retry_after`` adds the header. Nothing takes effect
``html``              that status (200) with a page of HTML, as a firewall would give. Nothing takes effect
``redirect``          302 to ``location``. Nothing takes effect
``cut_before``        the connection is cut without an answer; a write did not take effect
``cut_after``         the connection is cut without an answer; a write did take effect
``cut_within``        status and headers, then half the body, then a cut connection; a write did take effect
``truncated``         a complete answer whose JSON stops half way
``no_data``           the answer without its ``data``
``no_next``           Lever: ``hasNext`` true, and no ``next``
``repeated_token``    the page names as the next token the one that asked for it (requests with a token only)
``slow``              the real answer, ``seconds`` later
``call``              Python only: ``action()`` is called, then the request is handled as ever
``edit``              Python only: ``action(answer)`` changes the JSON of a success in place, then that is sent
====================  ==============================================================================================
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from pydantic import ConfigDict

from include.sandbox.answer import Json, dump

_NAMES = "status html redirect cut_before cut_after cut_within truncated no_data no_next repeated_token slow call edit"
KINDS = frozenset(_NAMES.split())
PASSING_THROUGH = frozenset({"slow", "call", "edit"})  # the service answers, so another fault may apply as well
_REWRITING = frozenset({"edit", "no_data", "no_next", "repeated_token"})  # they change the JSON of a success
_USUAL_STATUS = {"html": 200}  # 503 for all other kinds with a status
_PAGE = "<!DOCTYPE html>\n<html><head><title>One moment</title></head><body><h1>One moment, please</h1></body></html>\n"


@dataclass(slots=True)
class Fault:
    """A fault. ``method`` and ``path`` (below the service's root) are globs, in which ``*`` also matches ``/``.
    ``query``: parameters with the values that they must have (``{"external_id": "..."}``).

    ``times``: how many requests it spoils, None for all. ``skip``: how many matching requests it lets pass first.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")  # for the request body of `POST /control/faults`

    service: str
    method: str = "*"
    path: str = "*"
    kind: str = "status"
    query: dict[str, str] = field(default_factory=dict)
    times: int | None = 1
    skip: int = 0
    status: int | None = None  # None: the usual status of the kind
    body: Any = None  # kind ``status``: None means the vendor's error body
    retry_after: str | int | None = None
    seconds: float = 0.0
    location: str = "http://elsewhere.test/"
    action: Callable[..., object] | None = field(default=None, repr=False)
    hits: int = 0  # how many requests it has spoiled so far
    number: int = 0  # set by `Faults.add`

    def __post_init__(self) -> None:
        if self.service not in ("lever", "alva", "sign_in"):
            raise ValueError(f"A fault's service is lever, alva or sign_in, not {self.service!r}")
        if self.kind not in KINDS:
            raise ValueError(f"No fault of kind {self.kind!r}; there are: {', '.join(sorted(KINDS))}")
        if self.kind in ("call", "edit") and not callable(self.action):
            raise ValueError(f"A fault of kind {self.kind!r} needs an action, a function")
        if not isinstance(self.query, dict):
            raise TypeError(f"A fault's query is an object of names and values, not {self.query!r}")
        if self.status is None:
            self.status = _USUAL_STATUS.get(self.kind, 503)

    def as_json(self) -> dict[str, Any]:
        return {part.name: getattr(self, part.name) for part in fields(self) if part.name != "action"}

    def matches(self, service: str, method: str, path: str, query: Sequence[tuple[str, str]], has_token: bool) -> bool:
        return (
            self.service == service
            and self.times != 0
            and fnmatchcase(method, self.method)
            and fnmatchcase(path, self.path)
            and self.query.items() <= set(query)
            and (has_token or self.kind != "repeated_token")
        )

    # What it does to an answer

    def instead(self, vendors: object) -> Response | None:
        """Returns the answer of a fault that keeps the request from the service. ``vendors``: the vendor's error."""
        status = self.status or 503
        if self.kind == "status":
            headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
            if isinstance(self.body, str):
                return PlainTextResponse(self.body, status, headers)
            return Json(vendors if self.body is None else self.body, status, headers)
        if self.kind == "html":
            return HTMLResponse(_PAGE, status)
        if self.kind == "redirect":
            return PlainTextResponse("", 302, {"Location": self.location})
        return None

    def spoil(self, answer: Response, token: str | None) -> None:
        """Changes the service's answer. ``token``: of the requested page."""
        if self.kind == "truncated":
            _replace(answer, bytes(answer.body[: len(answer.body) // 2]))
        elif self.kind in _REWRITING and answer.status_code < 300 and answer.body:
            content = json.loads(bytes(answer.body))
            if self.kind == "edit" and self.action is not None:
                self.action(content)
            elif self.kind == "no_data":
                content.pop("data", None)
            elif self.kind == "no_next" and self.service == "lever":
                content["hasNext"] = True
                content.pop("next", None)
            elif self.kind == "repeated_token":
                content.update({"hasNext": True, "next": token} if self.service == "lever" else {"next_cursor": token})
            _replace(answer, dump(content))


def _replace(answer: Response, body: bytes) -> None:
    answer.body = body
    answer.headers["content-length"] = str(len(body))


class Faults:
    """The faults that wait for a request. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)

    def add(self, service: str, method: str = "*", path: str = "*", kind: str = "status", **options: Any) -> Fault:
        """Adds a fault; ``options`` as in `Fault`."""
        return self.put(Fault(service, method, path, kind, **options))

    def put(self, fault: Fault) -> Fault:
        """Adds this fault."""
        with self._lock:
            fault.number = next(self._numbers)
            self._faults.append(fault)
        return fault

    def all(self) -> list[Fault]:
        """Returns all faults, including used-up ones."""
        with self._lock:
            return [*self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(
        self, service: str, method: str, path: str, *, query: Sequence[tuple[str, str]] = (), has_token: bool
    ) -> list[Fault]:
        """Returns the faults for this request, the oldest first: any number that let it pass, and at most one that
        spoils it."""
        met: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if not fault.matches(service, method, path, query, has_token):
                    continue
                if fault.kind not in PASSING_THROUGH and any(other.kind not in PASSING_THROUGH for other in met):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.hits += 1
                if fault.times is not None:
                    fault.times -= 1
                met.append(fault)
        return met
