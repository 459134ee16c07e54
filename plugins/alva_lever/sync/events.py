"""Checks the claim about one opportunity, by a delivery, a poll or a person, against Lever and Alva, and acts on it.

Hires and deletions in Lever are passed on to Alva.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.batch import Checkpoint, Unfinished, log_fault, unfinished
from alva_lever.batch.worker_pool import WorkerPool, word_of
from alva_lever.http.errors import Forbidden, MissingPermission, NotFound, RequestRejected, Unauthorized
from alva_lever.rules.events import Kind
from alva_lever.rules.model import AlvaCandidate
from alva_lever.rules.notes import Failure
from alva_lever.rules.results import ResultsWord
from alva_lever.rules.window import OVERLAP_MS
from alva_lever.sync.invitations import Errand, Inviting
from alva_lever.sync.results import ResultsWriter, opportunity_of
from alva_lever.sync.snapshot import OnceEach, Snapshot, Snapshots

HIRED, DELETED, NOT_IN_ALVA = "hired", "deleted", "not_in_alva"


class Departures:
    """Marks candidates as hired in Alva, or removes them. A repeat changes nothing."""

    def __init__(self, alva: AlvaHook, *, dry_run: bool) -> None:
        self._alva = alva
        self._dry_run = dry_run

    def hire(self, opportunity_id: str) -> str:
        """Marks the opportunity's candidates in Alva as hired. Returns `hired` or `not_in_alva`."""
        candidates = list(self._alva.candidates(external_id=opportunity_id))
        return self._each(
            candidates, HIRED, lambda one: None if one.stage == HIRED else self._alva.set_stage(one.id, HIRED)
        )

    def remove(self, opportunity_id: str) -> str:
        """Removes the opportunity's candidates from Alva. Returns `deleted` or `not_in_alva`."""
        candidates = list(self._alva.candidates(external_id=opportunity_id))
        return self._each(candidates, DELETED, self._alva.remove_candidate)

    def _each(self, candidates: Sequence[AlvaCandidate], word: str, tell: Callable[[AlvaCandidate], object]) -> str:
        """Applies `tell` to each candidate. Returns `word`, or `not_in_alva` if Alva has none of them.

        :raises RequestRejected: Alva refuses one candidate. Raised after the others are done.
        """
        told, fault = NOT_IN_ALVA, None
        for candidate in candidates:
            try:
                if not self._dry_run:
                    tell(candidate)
            except Unauthorized:
                raise
            except RequestRejected as refused:
                if isinstance(refused, NotFound) and not self._alva.has(candidate):
                    # A person has removed the candidate meanwhile.
                    continue
                fault = fault or refused
            else:
                told = word
        if fault is not None:
            raise fault
        return told


UNCONFIRMED = "unconfirmed"
# A deletion that a poll or a prompt delivery reports is not older.
_LATELY_MS = 2 * 60 * 60 * 1000


@dataclass(slots=True)
class Resolved:
    """The opportunities of Alva's candidates. `opportunities`: opportunity id by candidate id, None for a candidate who
    was added by hand. `missing`: ids of candidates whom Alva doesn't have. `faults`: lasting faults by candidate id."""

    opportunities: dict[str, str | None] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    faults: Mapping[str, Exception] = field(default_factory=dict)

    @property
    def opportunity_ids(self) -> dict[str, None]:
        """The opportunity ids, each once, in order."""
        return {one: None for one in self.opportunities.values() if one is not None}

    def reopened(self, progress: Checkpoint) -> dict[str, str]:
        """Reopens opportunities that an earlier attempt did before it could resolve these candidates, so that their
        results are written too. Returns the earlier attempt's word by opportunity id."""
        return {one: progress.take_back(one) for one in self.opportunity_ids if one in progress.done}

    def around(
        self, do: Callable[[], None], *, progress: Checkpoint, save: Callable[[Checkpoint], None], of: int
    ) -> None:
        """Runs `do` for the opportunities, then records in `progress` what that means for the candidates. An
        opportunity is done once, whether its own id or its candidate's names it. `of`: the number of items.

        :raises Unfinished: some items could not be done. Raised after the others are done.
        :raises ApiError: a fault that ended the work early.
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
            log_fault(candidate_id, fault)
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
    """Reads each candidate in Alva to find its opportunity.

    :raises ApiError: a fault that concerns every candidate: Alva refuses the key, or no candidate can be read.
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
    """Acts on the claim about one opportunity, whether a poll, a delivery, a person or an earlier run made it. Safe to
    use from several threads.

    A deletion counts if Lever's list of deleted opportunities has it; a 404 doesn't prove it, since the id may belong
    to another account. A hire counts if Lever shows the opportunity archived with a reason of type `hired`. The
    decision table decides everything else.
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
        """`earlier`: by opportunity id, an earlier attempt's word for opportunities that are done again for results."""
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
        """Acts on the opportunity's claim. Returns `deleted`, `hired`, `not_in_alva` or `unconfirmed`; otherwise the
        word for the results written, or else the table's reason.

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
            # Reads the opportunity again if the table may just have changed it.
            mirrored = self._results.write(snapshot.again() if decided else snapshot)
        written = None if mirrored == ResultsWord.UNCHANGED else mirrored
        if departed == UNCONFIRMED and decided in set(Failure):
            # The report counts a failed invitation under its failure.
            return str(decided)
        return departed or written or decided or self._earlier.get(opportunity_id) or mirrored or UNCONFIRMED

    def _is_hired(self, snapshot: Snapshot) -> bool:
        opportunity = snapshot.opportunity
        if opportunity is None or opportunity.confidential or opportunity.archived is None:
            return False
        return opportunity.archived.reason_id in self._once("hired reasons")

    def _is_deleted(self, opportunity_id: str) -> bool:
        # The list of the last two hours is short, and has most deletions.
        return opportunity_id in self._once("deleted lately") or opportunity_id in self._once("deleted")

    def _read(self, what: str) -> frozenset[str]:
        try:
            return self._listed(what)
        except Forbidden as refused:
            # Lever refuses the whole listing, so the fault concerns every opportunity.
            said, remedy = refused.said, refused.remedy
        raise MissingPermission(said, remedy=remedy, vendor=self._lever.vendor)

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
