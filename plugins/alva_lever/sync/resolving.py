"""Candidates of whom only Alva's id is known: whose they are, and what became of them as of their opportunities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.batch import Unfinished, tell, unfinished
from alva_lever.batch.checkpoint import Checkpoint
from alva_lever.batch.worker_pool import WorkerPool, word_of
from alva_lever.http.errors import NotFound
from alva_lever.rules.mirror import Word
from alva_lever.rules.model import AlvaCandidate
from alva_lever.sync.results import opportunity_of


@dataclass(slots=True)
class Resolved:
    """Opportunities by candidate's id, None for one who was added by hand; ids of those who are not in Alva (any more);
    faults that lasted, by candidate's id."""

    opportunities: dict[str, str | None] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    faults: Mapping[str, Exception] = field(default_factory=dict)

    @property
    def opportunity_ids(self) -> dict[str, None]:
        """Each once, in order."""
        return {one: None for one in self.opportunities.values() if one is not None}

    def reopened(self, progress: Checkpoint) -> dict[str, str]:
        """Opportunities that an attempt before did, when it wasn't known yet whose candidates these are: they are done
        again. By id, with what that attempt called it."""
        return {one: progress.take_back(one) for one in self.opportunity_ids if one in progress.done}

    def around(
        self, do: Callable[[], None], *, progress: Checkpoint, save: Callable[[Checkpoint], None], of: int
    ) -> None:
        """Has the opportunities done, and says in `progress` what became of the candidates by that: an opportunity is
        done once, by whatever it is named. `of`: how many items there are.

        :raises Unfinished: how many could not be done, once the others were.
        :raises ApiError: what ended it early.
        """
        left = list(self.faults.values())
        try:
            do()
        except Unfinished as some:
            left.append(some)
        finally:
            self._settle(progress)
            save(progress)
        if left:
            raise unfinished(left, of)

    def _settle(self, progress: Checkpoint) -> None:
        for candidate_id, fault in self.faults.items():
            tell(candidate_id, fault)
            progress.faults[candidate_id] = word_of(fault)
        for candidate_id in self.missing:
            progress.tally.count(Word.NOT_IN_ALVA, candidate_id)
            progress.done.add(candidate_id)
        for candidate_id, its in self.opportunities.items():
            if its is None or its in progress.done:
                progress.done.add(candidate_id)
            elif its in progress.faults:
                progress.faults[candidate_id] = progress.faults[its]


def resolve(alva: AlvaHook, candidate_ids: Sequence[str]) -> Resolved:
    """Whose candidates these are. One who was added by hand is nobody's.

    :raises ApiError: what is about everybody: Alva's key isn't accepted, or no candidate can be had.
    """

    def find(candidate_id: str) -> AlvaCandidate | None:
        try:
            return alva.candidate(candidate_id)
        except NotFound:
            return None

    resolved, faults = Resolved(), {}
    for done in WorkerPool(find).work(candidate_ids):
        if done.fault is not None:
            faults[done.item] = done.fault
        elif done.result is None:
            resolved.missing.append(done.item)
        else:
            resolved.opportunities[done.item] = opportunity_of(done.result)
    resolved.faults = faults
    return resolved
