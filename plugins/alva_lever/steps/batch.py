"""A batch of candidates: looked at together, done by a crew, as much of it as one turn at Lever's limit allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from alva_lever.alva.hook import AlvaHook
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.tally import Tally
from alva_lever.steps.crew import THREADS, Crew, unfinished
from alva_lever.steps.looking import AT_ONCE, Look, Pair
from alva_lever.steps.meter import Meter

# One turn: so many calls to Lever, or so long, whichever comes first. Then somebody else may be in more of a hurry.
CALLS_PER_TURN = 500
SECONDS_PER_TURN = 60.0
_SAVED_EVERY = 50


@dataclass(slots=True)
class Progress:
    """What of a batch is done, kept over retries and turns. Ids and counts only.

    `faulted`: what could not be done in an attempt before, and comes last, so that it keeps nobody waiting for ever.
    """

    done: set[str] = field(default_factory=set)
    faulted: set[str] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)
    positions: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        # A copy of what threads may be adding to.
        positions = dict(self.positions)
        faulted = sorted(self.faulted - self.done)
        return {"done": sorted(self.done), "faulted": faulted, "tally": self.tally.as_json(), "positions": positions}

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Progress:
        done, faulted = set(value["done"]), set(value.get("faulted", ()))
        return cls(done, faulted, Tally.of(value["tally"]), dict(value["positions"]))


class Work(Protocol):
    """What is done to each. Safe to use from several threads."""

    def listed(self, pairs: Sequence[Pair]) -> dict[str, Look]:
        """Those that can be looked at together, by id."""

    def do(self, item: Look | str) -> str:
        """What became of one: a look, or the id of somebody who is to be looked at alone. Gives a report's word."""


class Batch:
    """Does candidates, and says in `progress` which. `save` is called with it now and then, and at the end."""

    def __init__(
        self,
        work: Work,
        *,
        lever: LeverHook,
        alva: AlvaHook,
        progress: Progress,
        save: Callable[[Progress], None],
        meter: Meter | None = None,
        threads: int = THREADS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`meter`: one that has read calls already."""
        self._work = work
        self._lever = lever
        self._meter = meter or Meter(lever, alva)
        self._progress = progress
        self._save = save
        self._threads = threads
        self._clock = clock
        self._started = clock()
        self._turn_is_over = False

    def work(self, pairs: Sequence[Pair]) -> bool:
        """Whether all of them are done; False where the turn ended before.

        :raises ApiError: what ended it early, or how many could not be done; the others were, and `progress` says so.
        """
        todo = [pair for pair in pairs if pair[0] not in self._progress.done]
        todo.sort(key=lambda pair: pair[0] in self._progress.faulted)
        faults: list[Exception] = []
        unsaved = 0
        try:
            for done in Crew(self._work.do, threads=self._threads).work(self._looks(todo)):
                opportunity_id = done.item.opportunity_id if isinstance(done.item, Look) else done.item
                if done.fault is not None:
                    faults.append(done.fault)
                    self._progress.faulted.add(opportunity_id)
                    continue
                self._progress.tally.count(done.result or "", opportunity_id)
                self._progress.done.add(opportunity_id)
                unsaved += 1
                if unsaved == _SAVED_EVERY:
                    self._keep()
                    unsaved = 0
        finally:
            self._keep()
        if faults:
            raise unfinished(faults, len(todo), "candidates")
        return not self._turn_is_over

    def _looks(self, todo: Sequence[Pair]) -> Iterator[Look | str]:
        """A look, or the id of somebody who has to be looked at alone."""
        shown: dict[str, Look] = {}
        for number, (opportunity_id, _) in enumerate(todo):
            # However slow the network, a turn gets somewhere.
            if number >= AT_ONCE and self._over():
                self._turn_is_over = True
                return
            if number % AT_ONCE == 0:
                shown = self._work.listed(todo[number : number + AT_ONCE])
            yield shown.get(opportunity_id, opportunity_id)

    def _over(self) -> bool:
        return self._lever.calls >= CALLS_PER_TURN or self._clock() - self._started >= SECONDS_PER_TURN

    def _keep(self) -> None:
        self._meter.read(self._progress.tally)
        self._save(self._progress)
