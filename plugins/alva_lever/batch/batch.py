"""A batch: a worker pool does its items, a checkpoint saves what is done, and an error at the end counts the
failures."""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alva_lever.batch.leftovers import Item
from alva_lever.batch.run_report import Meter, RunReport
from alva_lever.batch.worker_pool import THREADS, WorkerPool, sentence_of, word_of
from alva_lever.http.errors import ApiError, Forbidden

log = logging.getLogger(__name__)

# Calls to Lever in one task, before another task has its turn: about a minute at Lever's limit.
CALLS_PER_TASK = 500
# A batch is filled up to this many expected calls. The rest is for unexpected ones.
CALLS_PER_BATCH = CALLS_PER_TASK * 9 // 10
# The checkpoint is kept in Airflow's task state, whose values should stay below 64 KB.
MOST_IN_BATCH = 200
# Batches are mapped tasks; Airflow allows 1,024.
MOST_BATCHES = 1000
_SAVED_EVERY = 50


class Unfinished(ApiError):
    """Some items of a batch failed; all others are done. `kinds`: how many, by the fault in a word. `lasting`: the key
    has no permission for any of them."""

    word = "unfinished"

    def __init__(self, message: str, *, kinds: Mapping[str, int], lasting: bool) -> None:
        super().__init__(message)
        self.kinds = kinds
        self.lasting = lasting


@dataclass(slots=True)
class Checkpoint:
    """What a batch has done, kept for its retries. Ids, words and counts only.

    `faults`: the fault, in a word, of each item that failed in the previous attempt; the next attempt does these last.
    `invited`: the opportunities with an invitation sent, done or not.
    """

    done: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)
    report: RunReport = field(default_factory=RunReport)
    invited: set[str] = field(default_factory=set)

    def invite(self, opportunity_id: str) -> None:
        """Counts an invitation (in a dry run, one that would be sent), once for each opportunity."""
        self.invited.add(opportunity_id)
        self.report.invited = len(self.invited)

    def take_back(self, opportunity_id: str) -> str:
        """Marks an item as not done, because more is to be done with it. Returns the reason it was counted under."""
        self.done.discard(opportunity_id)
        return self.report.take_back(opportunity_id)

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
            # `tally`: as earlier versions called it.
            RunReport.of(value["report"] if "report" in value else value["tally"]),
            set(value.get("invited", ())),
        )


class Batches:
    """Splits items into batches, each of about a minute of calls to Lever."""

    def __init__(self) -> None:
        self.all: list[list[Item]] = []
        self._calls = 0.0

    def add(self, item: Item, calls: float) -> None:
        """Adds an item that is expected to cost this many calls to Lever."""
        full = self.all and (self._calls + calls > CALLS_PER_BATCH or len(self.all[-1]) >= MOST_IN_BATCH)
        if not self.all or (full and len(self.all) < MOST_BATCHES):
            self.all.append([])
            self._calls = 0.0
        self._calls += calls
        self.all[-1].append(item)


class Batch:
    """Does items and records them in `progress`, which it saves now and then and at the end.

    :param do: does one item by its id; called from several threads. Returns the reason for the report, None if the
        report doesn't count the item.
    :param free: whether an item with this reason costs nothing to do again, so that it needn't be saved.
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
        """Does all items that are not done yet; those that failed in the previous attempt come last.

        :raises Unfinished: some items failed, and all others are done; `progress.faults` names the failed ones.
        :raises ApiError: a fault ended the batch early; `progress` holds what is done.
        """
        left = [item_id for item_id in ids if item_id not in self._progress.done]
        todo = sorted(left, key=self._progress.faults.__contains__)
        progress, faults, unsaved = self._progress, [], 0
        progress.faults.clear()
        try:
            for done in WorkerPool(self._do, threads=self._threads).work(todo):
                item_id = done.item
                if done.fault is not None:
                    faults.append(done.fault)
                    progress.faults[item_id] = word_of(done.fault)
                    log_fault(item_id, done.fault)
                    continue
                word = done.result
                if word is not None:
                    progress.report.count(word, item_id)
                progress.done.add(item_id)
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


def log_fault(item_id: str, fault: BaseException) -> None:
    """Logs a fault at once. A mistake of our own is logged with its traceback, without values."""
    log.warning("%s could not be done (%s): %s", item_id, word_of(fault), sentence_of(fault))
    if not isinstance(fault, ApiError):
        log.error("The traceback of the mistake:\n%s", "".join(traceback.format_tb(fault.__traceback__)))


def unfinished(faults: Sequence[Exception], of: int) -> Unfinished:
    """Returns the error that says how many items failed, and why the first did."""
    kinds = Counter[str]()
    for fault in faults:
        kinds.update(fault.kinds if isinstance(fault, Unfinished) else [word_of(fault)])
    count = kinds.total()
    others = "; the others were" if count < of else ""
    return Unfinished(
        f"{count} of {of} could not be done{others}. The log names each. The first: {sentence_of(faults[0])}",
        kinds=kinds,
        lasting=all(
            isinstance(fault, Forbidden) or (isinstance(fault, Unfinished) and fault.lasting) for fault in faults
        ),
    )
