"""All that is claimed of one opportunity, by a delivery, a poll or a person: held against what is so, and done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.batch import Checkpoint, Unfinished, tell, unfinished
from alva_lever.batch.worker_pool import WorkerPool, word_of
from alva_lever.http.errors import Forbidden, MissingPermission, NotFound
from alva_lever.rules.events import Kind
from alva_lever.rules.model import AlvaCandidate
from alva_lever.rules.notes import Failure
from alva_lever.rules.results import ResultsWord
from alva_lever.rules.window import OVERLAP_MS
from alva_lever.sync.departures import Departures
from alva_lever.sync.invitations import Errand, Inviting
from alva_lever.sync.results import ResultsWriter, opportunity_of
from alva_lever.sync.snapshot import OnceEach, Snapshot, Snapshots

UNCONFIRMED = "unconfirmed"
# What a poll tells of, or a delivery that came at once, was deleted no longer ago.
_LATELY_MS = 2 * 60 * 60 * 1000


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
            progress.report.count(ResultsWord.NOT_IN_ALVA, candidate_id)
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


class Claiming:
    """Carries out what is claimed of one opportunity, by a poll, a delivery, a person or a run that could not do it.
    Safe to use from several threads.

    A deletion counts if Lever's list of deleted opportunities has it: its 404 alone may be another account's. A hire
    counts if Lever shows the opportunity archived with a reason of type `hired`. All else is decided by the table.
    """

    def __init__(
        self,
        *,
        snapshots: Snapshots,
        inviting: Inviting,
        departures: Departures,
        results: ResultsWriter,
        errand: Errand,
        earlier: Mapping[str, str],
        now_ms: int,
    ) -> None:
        """`earlier`: what an attempt before called those that are done again for their results."""
        self._snapshots = snapshots
        self._lever = snapshots.lever
        self._inviting = inviting
        self._departures = departures
        self._results = results
        self._errand = errand
        self._earlier = earlier
        self._now_ms = now_ms
        self._once = OnceEach(self._read)

    def do(self, opportunity_id: str) -> str:
        """What became of one, by its id: `deleted`, `hired`, `not_in_alva` or `unconfirmed`; else what was written of
        its results, or else what the table says.

        :raises ApiError: as `Inviting.handle`.
        """
        claim = self._errand.claim(opportunity_id)
        if Kind.DELETED in claim.kinds and self._is_deleted(opportunity_id):
            return self._departures.remove(opportunity_id)
        if claim.kinds == {Kind.DELETED}:
            return UNCONFIRMED
        snapshot = self._snapshots.of(opportunity_id)
        departed = decided = mirrored = None
        if Kind.HIRED in claim.kinds and self._is_hired(snapshot):
            departed = self._departures.hire(opportunity_id)
        elif not claim.kinds.isdisjoint({Kind.DELETED, Kind.HIRED}):
            departed = UNCONFIRMED
        if claim.asks_to_look:
            decided = self._inviting.handle(snapshot)
        if Kind.RESULTS in claim.kinds:
            # As it is now: what was just written counts.
            mirrored = self._results.write(snapshot.again() if decided else snapshot)
        written = None if mirrored == ResultsWord.UNCHANGED else mirrored
        if departed == UNCONFIRMED and decided in set(Failure):
            # Who failed is counted under the failure.
            return str(decided)
        return departed or written or decided or self._earlier.get(opportunity_id) or mirrored or UNCONFIRMED

    def _is_hired(self, snapshot: Snapshot) -> bool:
        opportunity = snapshot.opportunity
        if opportunity is None or opportunity.confidential or opportunity.archived is None:
            return False
        return opportunity.archived.reason_id in self._once("hired reasons")

    def _is_deleted(self, opportunity_id: str) -> bool:
        # The list of the last hours is a page or two, and mostly has it.
        return opportunity_id in self._once("deleted lately") or opportunity_id in self._once("deleted")

    def _read(self, what: str) -> frozenset[str]:
        try:
            return self._listed(what)
        except Forbidden as refused:
            # Of a whole listing: it is about everybody.
            sentence = str(refused)
        raise MissingPermission(sentence, vendor=self._lever.vendor)

    def _listed(self, what: str) -> frozenset[str]:
        if what == "hired reasons":
            return frozenset(reason.id for reason in self._lever.archive_reasons(type="hired"))
        claims = [claim for claim in self._errand.claims.values() if Kind.DELETED in claim.kinds]
        since_ms = min(claim.deleted_since_ms or 0 for claim in claims) - OVERLAP_MS
        if what == "deleted lately":
            since_ms = max(since_ms, self._now_ms - _LATELY_MS)
        rows = self._lever.deleted_opportunities(
            deleted_at_start_ms=since_ms, deleted_at_end_ms=self._now_ms + OVERLAP_MS
        )
        return frozenset(row.id for row in rows)
