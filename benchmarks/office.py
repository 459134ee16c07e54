"""The two processes of a measurement: the sandbox with its limit, and the measured code."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from alva_lever.sync.integration import Integration
    from include.sandbox import Sandbox

TRIGGER_STAGE = "New applicant"
_SPAWN = multiprocessing.get_context("spawn")


@contextmanager
def office(
    opportunities: int, *, postings: int = 3, slow_seconds: float = 0.0, completed: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """Runs a sandbox with this many candidates in the trigger stage; yields its base URL and their ids.

    `completed`: they were invited, and have completed their tests.
    """
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(
        target=_serve, args=(theirs, opportunities, postings, slow_seconds, completed), daemon=True
    )
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def apart(measure: Callable[..., Any], url: str, *arguments: Any) -> Any:
    """Returns `measure(*arguments)` from a new process whose connections lead to that sandbox."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_measured, args=(theirs, measure, url, arguments))
    process.start()
    result = ours.recv()
    process.join()
    return result


def integration(progression_stage: str | None = None, *, threads: int | None = None) -> Integration:
    """Creates an integration as a task does, in the measured process."""
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.batch.worker_pool import THREADS
    from alva_lever.lever.hook import LeverHook
    from alva_lever.settings import Options, resolve
    from alva_lever.sync.integration import Integration

    threads = threads or THREADS
    lever, alva = LeverHook(threads=threads), AlvaHook(threads=threads)
    options = Options(trigger_stage=TRIGGER_STAGE, progression_stage=progression_stage)
    return Integration(resolve(options, lever.stages()), lever, alva, threads=threads)


class Traffic:
    """The requests that a sandbox received."""

    def __init__(self, url: str, service: str) -> None:
        answer = requests.get(f"{url}/control/requests", params={"service": service}, timeout=60).json()
        self.requests: list[dict[str, Any]] = answer["requests"]

    @property
    def refused(self) -> int:
        """Counts the requests answered 429."""
        return sum(request["status"] == 429 for request in self.requests)

    @property
    def connections(self) -> int:
        return len({request["connection"] for request in self.requests})

    def share(self, calls_per_second: float) -> float:
        """Returns the used share of a limit between the first and the last call."""
        times: list[int] = [request["at_ms"] for request in self.requests]
        return (len(times) - 1) / ((max(times) - min(times)) / 1000 * calls_per_second)

    def accepted_share(self, calls_per_second: float) -> float:
        """Returns the same for the calls not answered 429. A full bucket at the start lets more than the limit pass."""
        times: list[int] = [request["at_ms"] for request in self.requests if request["status"] != 429]
        return (len(times) - 1) / ((max(times) - min(times)) / 1000 * calls_per_second)


def forget(url: str) -> None:
    """Clears the sandbox's journal."""
    requests.delete(f"{url}/control/requests", timeout=60)


def furnish(sandbox: Sandbox, opportunities: int, *, postings: int = 3, completed: bool = False) -> list[str]:
    """Adds this many candidates for `office`, and returns their ids."""
    from include.sandbox.alva.models import Invitee

    names = [sandbox.recruiter.add_posting(f"Engineer {number}", team="Platform") for number in range(postings)]
    now_ms = sandbox.clock.now_ms()
    ids = []
    for number in range(opportunities):
        email, at_ms = f"kim.{number}@candidates.example.com", now_ms - 600_000 - number * 1000
        ids.append(sandbox.recruiter.apply(names[number % postings], f"Kim {number}", [email], at_ms=at_ms))
    if completed:
        alva = sandbox.world.alva
        positions = [sandbox.candidates.add_position(f"Engineer {number}", name) for number, name in enumerate(names)]
        for number, opportunity_id in enumerate(ids):
            email = f"kim.{number}@candidates.example.com"
            invitee = Invitee(email=email, first_name="Kim", last_name=str(number), external_id=opportunity_id)
            alva.roster.invite(positions[number % postings], invitee)
            sandbox.recruiter.tag(opportunity_id, "Alva: Invitation Sent")
            sandbox.candidates.finish(opportunity_id, 82)
    return ids


def _serve(pipe: Connection, opportunities: int, postings: int, slow_seconds: float, completed: bool) -> None:
    from include.sandbox import Sandbox

    sandbox = Sandbox()
    ids = furnish(sandbox, opportunities, postings=postings, completed=completed)
    if slow_seconds:
        for service in ("lever", "alva"):
            sandbox.faults.add(service, kind="slow", seconds=slow_seconds, times=None)
    with sandbox.serve() as url:
        pipe.send((url, ids))
        pipe.poll(None)


def _measured(pipe: Connection, measure: Callable[..., Any], url: str, arguments: tuple[Any, ...]) -> None:
    from include.sandbox import Sandbox

    lever = {"conn_type": "lever", "host": f"{url}/lever/v1", "password": Sandbox.LEVER_KEY}
    alva = {"conn_type": "alva", "host": f"{url}/alva/v1", "password": Sandbox.ALVA_KEY}
    os.environ |= {
        "AIRFLOW_CONN_LEVER_DEFAULT": json.dumps(lever),
        "AIRFLOW_CONN_ALVA_DEFAULT": json.dumps(alva),
    }
    pipe.send(measure(*arguments))
