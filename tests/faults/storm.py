"""The faults: every kind at every kind of call, drawn by a seeded generator."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from include.sandbox import Sandbox
from include.sandbox.faults import Fault
from tests.faults.stack import READ_SECONDS

ONE = "/opportunities/" + "?" * 36
LEVER = (
    ("GET", "/stages"), ("GET", "/archive_reasons"), ("GET", "/tags"), ("GET", "/postings"), ("GET", "/postings/*"),
    ("GET", "/users/*"), ("GET", "/opportunities"), ("GET", "/opportunities/deleted"), ("GET", ONE),
    ("POST", f"{ONE}/addTags"), ("POST", f"{ONE}/removeTags"), ("GET", f"{ONE}/notes"), ("POST", f"{ONE}/notes"),
    ("PUT", f"{ONE}/notes/*"), ("POST", f"{ONE}/addLinks"), ("PUT", f"{ONE}/stage"),
)  # fmt: skip
ALVA = (
    ("GET", "/job_positions"), ("POST", "/job_positions"), ("PATCH", "/job_positions/*"),
    ("POST", "/job_positions/*/candidates"), ("GET", "/candidates"), ("GET", "/candidates/*"),
    ("PATCH", "/candidates/*"), ("DELETE", "/candidates/*"), ("POST", "/candidates/*/invitation"),
    ("GET", "/candidates/*/results"), ("GET", "/users"),
)  # fmt: skip
CALLS = (
    *(("lever", *call) for call in LEVER), *(("alva", *call) for call in ALVA), ("sign_in", "POST", "/oauth/token"),
)  # fmt: skip
_BY_THE_SUITE = ("lever", "POST", "/webhooks")
_GATEWAY = {"message": "Forbidden", "requestId": "f00d"}  # JSON, but for Lever no text `code`
KINDS: dict[str, dict[str, Any]] = {
    "429": {"kind": "status", "status": 429, "retry_after": 1},
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "408": {"kind": "status", "status": 408},
    "cut before": {"kind": "cut_before"},
    "cut after": {"kind": "cut_after"},
    "cut within": {"kind": "cut_within"},
    "HTML as 200": {"kind": "html"},
    "half of the JSON": {"kind": "truncated"},
    "no data": {"kind": "no_data"},
    "a firewall's 403": {"kind": "html", "status": 403},
    "a gateway's 404": {"kind": "status", "status": 404, "body": "not found here"},
    "a gateway's 403": {"kind": "status", "status": 403, "body": _GATEWAY},
    "the vendor's 404 of a part": {"kind": "status", "status": 404},
    "a redirect": {"kind": "redirect"},
    "slow": {"kind": "slow", "seconds": 0.5},
    "slower than we wait": {"kind": "slow", "seconds": READ_SECONDS + 0.5},
    "an expired token": {"kind": "status", "status": 401},
}
_MOST_WAITING = 2
# They would rightly be taken for the vendor's word: a candidate who is gone, a key that is wrong.
_OF_PARTS = "the vendor's 404 of a part"
_NOT_FOR_ALVA = ("a gateway's 403", "an expired token", _OF_PARTS)
# After these a person has to grant access again.
_NOT_FOR_SIGN_IN = (*_NOT_FOR_ALVA, "cut after", "cut within", "half of the JSON", "no data", "slower than we wait")


def kinds_of(service: str, path: str) -> tuple[str, ...]:
    """Returns the kinds of faults that this call can meet."""
    left_out: tuple[str, ...] = () if path.startswith(f"{ONE}/") else (_OF_PARTS,)
    if service != "lever":
        left_out = _NOT_FOR_ALVA if service == "alva" else _NOT_FOR_SIGN_IN
    return tuple(kind for kind in KINDS if kind not in left_out)


def name_of(service: str, method: str, path: str) -> str:
    return f"{service} {method} {path.replace('?' * 36, '<id>')}"


class Storm:
    """Adds faults until `end`. `lasting`: the ids of the opportunities that Lever refuses until then."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self.sandbox = sandbox
        self.lasting: list[str] = []
        self._rng = random.Random(f"storm {seed}")
        self._drawn: list[tuple[str, str, Fault]] = []
        self._pairs = self._endless()

    def _endless(self) -> Iterator[tuple[tuple[str, str, str], str]]:
        """Yields every call with every kind, in an order of its own each time round."""
        pairs = [(call, kind) for call in CALLS for kind in kinds_of(call[0], call[2])]
        for _ in itertools.count():
            yield from self._rng.sample(pairs, len(pairs))

    def blow(self, count: int) -> None:
        """Draws so many faults, each for one of the next calls of its kind; for the very next, where none has met any.

        A call for which two faults wait gets no third one: a call that each task makes once, such as that for the
        stages, would else meet nothing but faults, and no task would come further.
        """
        met = self.calls_met()
        for (service, method, path), kind in itertools.islice(self._pairs, count):
            wait = [
                fault for _, _, fault in self._drawn if fault.times and fault.path == path and fault.method == method
            ]
            if sum(fault.service == service for fault in wait) >= _MOST_WAITING:
                continue
            name, later = name_of(service, method, path), self._rng.randrange(4)
            fault = self.sandbox.faults.add(service, method, path, **KINDS[kind], skip=later if met[name] else 0)
            self._drawn.append((name, kind, fault))

    def refuse(self, opportunity_id: str) -> None:
        """From now on Lever refuses all calls about one record, or only its new tags, by a lasting 400."""
        part = self._rng.choice(["*", "/addTags"])
        path = f"/opportunities/{opportunity_id}{part}"
        fault = self.sandbox.faults.add("lever", "*", path, kind="status", status=400, times=None)
        self._drawn.append((f"lever {part} of one record", "a lasting 400", fault))
        self.lasting.append(opportunity_id)

    def end(self) -> None:
        self.sandbox.faults.clear()

    def met(self) -> Counter[str]:
        """Counts the requests that each kind has spoiled."""
        return Counter({kind: sum(fault.hits for _, one, fault in self._drawn if one == kind) for kind in KINDS})

    def unmet(self) -> list[str]:
        """Returns the calls that no fault has met."""
        met = self.calls_met()
        return [name for name in (name_of(*call) for call in CALLS) if not met[name]]

    def strangers(self) -> set[str]:
        """Returns the calls that were made, and are of no kind that faults are drawn for."""
        made = {(call.service, call.method, call.path) for call in self.sandbox.journal.all()}
        return {
            " ".join(call)
            for call in made
            if not any(all(map(fnmatchcase, call, kind)) for kind in (*CALLS, _BY_THE_SUITE))
        }

    def calls_met(self) -> Counter[str]:
        """Counts the requests that were spoiled, by call."""
        spoiled: Counter[str] = Counter()
        for call, _, fault in self._drawn:
            spoiled[call] += fault.hits
        return spoiled
