"""A batch: a worker pool does its items, what is done is kept as it goes, and the end says what could not be done."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alva_lever.batch.leftovers import Item
from alva_lever.batch.run_report import Meter, RunReport
from alva_lever.batch.worker_pool import THREADS, WorkerPool, sentence_of, word_of
from alva_lever.http.errors import ApiError, Forbidden

log = logging.getLogger(__name__)

# What a task may ask of Lever before another one has its turn: about a minute at Lever's limit.
CALLS_PER_TASK = 500
# A batch is filled this far by what its items are expected to cost. The rest is for surprises.
CALLS_PER_BATCH = CALLS_PER_TASK * 9 // 10
# What a batch has done is kept by id in Airflow's task state, whose values should stay below 64 KB.
MOST_IN_BATCH = 200
# Batches are mapped tasks, of which Airflow takes 1,024.
MOST_BATCHES = 1000
_SAVED_EVERY = 50


class Unfinished(ApiError):
    """Some of a batch could not be done; all others were. `lasting`: the key may do none of it."""

    word = "unfinished"

    def __init__(self, message: str, *, count: int, lasting: bool) -> None:
        super().__init__(message)
        self.count = count
        self.lasting = lasting


@dataclass(slots=True)
class Checkpoint:
    """What of a batch is done, kept over its attempts. Ids, words and counts only.

    `faults`: a word for what could not be done in the attempt before. It comes last in the next one. `invited`: to whom
    an invitation went out, done or not.
    """

    done: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)
    report: RunReport = field(default_factory=RunReport)
    invited: set[str] = field(default_factory=set)

    def invite(self, opportunity_id: str) -> None:
        """An invitation went out, or would have gone. It counts once, however often it is met."""
        self.invited.add(opportunity_id)
        self.report.invited = len(self.invited)

    def take_back(self, one: str) -> str:
        """Is done no more, since more is asked of it than was done. Gives what it was counted under."""
        self.done.discard(one)
        return self.report.take_back(one)

    def as_json(self) -> dict[str, Any]:
        return {
            "done": sorted(self.done),
            "faults": dict(self.faults),
            "report": self.report.as_json(),
            "invited": sorted(self.invited),
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Checkpoint:
        return cls(
            set(value["done"]),
            dict(value.get("faults", {})),
            RunReport.of(value["report"]),
            set(value.get("invited", ())),
        )


class Batches:
    """Items put into batches, each of about a minute of calls to Lever."""

    def __init__(self) -> None:
        self.all: list[list[Item]] = []
        self._calls = 0.0

    def add(self, item: Item, calls: float) -> None:
        """`calls`: how many calls to Lever it is expected to cost."""
        full = self.all and (self._calls + calls > CALLS_PER_BATCH or len(self.all[-1]) >= MOST_IN_BATCH)
        if not self.all or (full and len(self.all) < MOST_BATCHES):
            self.all.append([])
            self._calls = 0.0
        self._calls += calls
        self.all[-1].append(item)


class Batch:
    """Does items, and says in `progress` which. `save` is called with it now and then, and at the end.

    :param do: what is done to each, by its id, from several threads. Gives a report's word, None for what no report
        counts.
    :param free: whether what came of one would come of it again at no cost. Then nothing is lost that isn't saved.
    """

    def __init__(
        self,
        do: Callable[[str], str | None],
        *,
        progress: Checkpoint,
        save: Callable[[Checkpoint], None],
        meter: Meter,
        threads: int = THREADS,
        free: Callable[[str], bool] = lambda word: False,
    ) -> None:
        self._do = do
        self._progress = progress
        self._save = save
        self._meter = meter
        self._threads = threads
        self._free = free

    def work(self, ids: Iterable[str]) -> None:
        """All that are not done yet; what could not be done in the attempt before comes last.

        :raises Unfinished: how many could not be done, once the others were; `progress.faults` names them.
        :raises ApiError: what ended it early; `progress` says what was done.
        """
        left = [one for one in ids if one not in self._progress.done]
        todo = sorted(left, key=self._progress.faults.__contains__)
        progress, faults, unsaved = self._progress, [], 0
        progress.faults.clear()
        try:
            for done in WorkerPool(self._do, threads=self._threads).work(todo):
                one = done.item
                if done.fault is not None:
                    faults.append(done.fault)
                    progress.faults[one] = word_of(done.fault)
                    tell(one, done.fault)
                    continue
                word = done.result
                if word is not None:
                    progress.report.count(word, one)
                progress.done.add(one)
                unsaved += word is None or not self._free(word)
                if unsaved == _SAVED_EVERY:
                    self._keep()
                    unsaved = 0
        finally:
            self._keep()
        if faults:
            raise unfinished(faults, len(todo))

    def _keep(self) -> None:
        self._meter.read(self._progress.report)
        self._save(self._progress)


def tell(one: str, fault: BaseException) -> None:
    """A fault in the log, as it happens. A mistake of our own with the places that led to it, without any value."""
    log.warning("%s could not be done (%s): %s", one, word_of(fault), sentence_of(fault))
    if not isinstance(fault, ApiError):
        log.error("The mistake came about here:\n%s", "".join(traceback.format_tb(fault.__traceback__)))


def unfinished(faults: Sequence[Exception], of: int) -> Unfinished:
    """The error that says how many could not be done, and of the first of them why."""
    count = sum(fault.count if isinstance(fault, Unfinished) else 1 for fault in faults)
    others = "; the others were" if count < of else ""
    return Unfinished(
        f"{count} of {of} could not be done{others}. The log names each. The first: {sentence_of(faults[0])}",
        count=count,
        lasting=all(
            isinstance(fault, Forbidden) or (isinstance(fault, Unfinished) and fault.lasting) for fault in faults
        ),
    )
