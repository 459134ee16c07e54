"""A batch of candidates: looked at together, done by a crew, as much of it as one turn at Lever's limit allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from alva_lever.alva.hook import AlvaHook
from alva_lever.lever.hook import LeverHook
from alva_lever.steps.crew import THREADS, Crew
from alva_lever.steps.looking import AT_ONCE, Look, Pair
from alva_lever.steps.meter import Meter
from alva_lever.steps.progress import Keeper, Progress

# One turn: so many calls to Lever, or so long, whichever comes first. Then somebody else may be in more of a hurry.
CALLS_PER_TURN = 500
SECONDS_PER_TURN = 60.0


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
        self._progress = progress
        self._keeper = Keeper(progress, save, meter or Meter(lever, alva))
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
        with self._keeper:
            work = Crew(self._work.do, threads=self._threads).work(self._looks(todo))
            faults = self._keeper.keep(work, lambda item: item if isinstance(item, str) else item.opportunity_id)
        names = [name for name, _ in todo]
        return self._keeper.finished(faults, names, "candidates", turn_is_over=self._turn_is_over)

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
