"""What of a task's work is done, kept over retries and turns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from alva_lever.rules.tally import Tally
from alva_lever.steps.crew import Done, unfinished
from alva_lever.steps.meter import Meter

T = TypeVar("T")
W = TypeVar("W", bound=str)

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


class Keeper:
    """Puts what is done into `progress`, and saves it now and then, and, as a context, at the end."""

    def __init__(self, progress: Progress, save: Callable[[Progress], None], meter: Meter) -> None:
        self._progress = progress
        self._save = save
        self._meter = meter

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, *raised: object) -> None:
        self._keep()

    def keep(
        self,
        work: Iterable[Done[T, W]],
        name_of: Callable[[T], str],
        *,
        free: Callable[[str], bool] = lambda word: False,
    ) -> list[Exception]:
        """Keeps what a crew does, each item under its name; the faults that lasted.

        `free`: whether what came of one would come of it again at no cost. Then nothing is lost that isn't saved.
        """
        faults: list[Exception] = []
        unsaved = 0
        for done in work:
            name = name_of(done.item)
            if done.fault is not None:
                faults.append(done.fault)
                self._progress.faulted.add(name)
                continue
            word: str = done.result or ""
            self._progress.tally.count(word, name)
            self._progress.done.add(name)
            unsaved += not free(word)
            if unsaved == _SAVED_EVERY:
                self._keep()
                unsaved = 0
        return faults

    def finished(self, faults: Sequence[Exception], todo: Collection[str], what: str, *, turn_is_over: bool) -> bool:
        """Whether all of `todo` is done; False where the turn ended before. What could not be done comes last in the
        next turn, so that the others aren't kept waiting for another attempt of the task.

        :raises ApiError: how many could not be done, once the others were.
        """
        if faults and not (turn_is_over and not self._progress.done.isdisjoint(todo)):
            raise unfinished(faults, len(todo), what)
        return not turn_is_over

    def _keep(self) -> None:
        self._meter.read(self._progress.tally)
        self._save(self._progress)
