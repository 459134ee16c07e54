"""Every posting that has a job position in Alva, looked at in Lever and brought up to date in Alva."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence

from alva_lever.alva.hook import AlvaHook
from alva_lever.lever.base import PAGE_LIMIT
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.model import JobPosition, Posting
from alva_lever.rules.positions import Outcome, difference, owner_of, owner_unknown
from alva_lever.steps.batch import CALLS_PER_TURN, SECONDS_PER_TURN
from alva_lever.steps.crew import THREADS, Crew
from alva_lever.steps.meter import Meter
from alva_lever.steps.positions import Users, update
from alva_lever.steps.postings import Postings, Seen
from alva_lever.steps.progress import Keeper, Progress
from alva_lever.transport.errors import Asked, Malformed
from alva_lever.transport.root import can_be_id
from alva_lever.transport.walk import whole

log = logging.getLogger(__name__)

_POSITIONS: Asked = {"vendor": "Alva", "method": "GET", "path": "/job_positions"}
_POSTINGS: Asked = {"vendor": "Lever", "method": "GET", "path": "/postings"}


class PostingSync:
    """Does them turn by turn, and says in `progress` which. `save` is called with it now and then, and at the end.

    A turn is Lever's listing, which shows a hundred at a time and isn't cut, and then as many reads of single postings
    and writes to Alva as one turn at Lever's limit allows.
    """

    def __init__(
        self,
        *,
        lever: LeverHook,
        alva: AlvaHook,
        progress: Progress,
        save: Callable[[Progress], None],
        dry_run: bool,
        threads: int = THREADS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lever = lever
        self._alva = alva
        self._progress = progress
        self._keeper = Keeper(progress, save, Meter(lever, alva))
        self._dry_run = dry_run
        self._threads = threads
        self._clock = clock
        self._users = Users(alva)
        self._postings = Postings(lever)
        self._positions: dict[str, list[JobPosition]] = {}
        self._shown: dict[str, Posting] = {}
        self._turn_is_over = False

    def work(self) -> bool:
        """Whether all of them are done; False where the turn ended before.

        :raises ApiError: what ended it early, or how many could not be done; the others were, and `progress` says so.
        """
        with self._keeper:
            self._positions = by_posting(whole(self._alva.positions(), _POSITIONS))
            todo = [posting_id for posting_id in self._positions if posting_id not in self._progress.done]
            todo.sort(key=self._progress.faulted.__contains__)
            self._shown = self._listed(todo)
            work = Crew(self._one, threads=self._threads).work(self._in_this_turn(todo))
            faults = self._keeper.keep(work, str, free=lambda word: word == Outcome.UNCHANGED)
        return self._keeper.finished(faults, todo, "postings", turn_is_over=self._turn_is_over)

    def _listed(self, todo: Collection[str]) -> dict[str, Posting]:
        """Those that Lever's listing shows, by id.

        It is left as soon as it is no cheaper than to read by their ids those that it hasn't shown: after so many
        pages in a row without one of them. Once all were seen, that is at once.
        """
        left, shown = set(todo), {}
        rows_in_vain = 0
        try:
            for posting in whole(self._lever.postings(), _POSTINGS) if left else ():
                rows_in_vain += 1
                if posting.id in left:
                    left.remove(posting.id)
                    shown[posting.id] = posting
                    rows_in_vain = 0
                if rows_in_vain >= len(left) * PAGE_LIMIT:
                    break
        except Malformed as malformed:
            # One row that can't be read spoils the rest for all: each by itself, then.
            log.warning("Postings are read one by one from here: %s", malformed)
        for posting in shown.values():
            # Here rather than in each thread: where Alva fails to list its users, it is asked no oftener than once.
            if self._users.known_for(posting) is not None:
                break
        return shown

    def _in_this_turn(self, todo: Sequence[str]) -> Iterator[str]:
        calls, started = self._lever.calls, self._clock()
        for posting_id in todo:
            if self._lever.calls - calls >= CALLS_PER_TURN or self._clock() - started >= SECONDS_PER_TURN:
                self._turn_is_over = True
                return
            yield posting_id

    def _one(self, posting_id: str) -> Outcome:
        shown = self._shown.get(posting_id)
        seen = self._postings.see(posting_id) if shown is None else Seen(shown)
        posting = seen.posting
        if seen.hidden or (posting is not None and posting.confidential):
            return Outcome.CONFIDENTIAL
        if posting is None:
            return Outcome.GONE
        users = self._users.known_for(posting)
        owner = owner_of(posting, users or {})
        # A list: each of them is written, whatever became of the one before.
        updated = any([self._updated(position, posting, owner) for position in self._positions[posting_id]])
        if owner_unknown(posting, users):
            return Outcome.OWNER_UNKNOWN
        return Outcome.UPDATED if updated else Outcome.UNCHANGED

    def _updated(self, position: JobPosition, posting: Posting, owner: str | None) -> bool:
        """Whether something was written, or would be but for the dry run."""
        changes = difference(position, posting, owner)
        return bool(changes) and (self._dry_run or update(self._alva, position.id, changes))


def by_posting(positions: Iterator[JobPosition]) -> dict[str, list[JobPosition]]:
    """Those that belong to a posting, by its id. What can be no id names none, and isn't repeated anywhere."""
    found: dict[str, list[JobPosition]] = {}
    for position in positions:
        if position.external_id:
            usable = can_be_id(position.external_id)
            posting_id = position.external_id if usable else f"(not an id, on job position {position.id})"
            found.setdefault(posting_id, []).append(position)
    return found
