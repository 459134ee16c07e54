"""What is claimed of an opportunity, held against what Lever shows, and done."""

from __future__ import annotations

from collections.abc import Mapping

from alva_lever.http.errors import Forbidden, MissingPermission
from alva_lever.rules.claims import Kind
from alva_lever.rules.mirror import Word
from alva_lever.rules.notes import Failure
from alva_lever.rules.window import OVERLAP_MS
from alva_lever.sync.departures import Departures
from alva_lever.sync.invitations import Errand, Inviting
from alva_lever.sync.results import ResultsWriter
from alva_lever.sync.snapshot import OnceEach, Snapshot, Snapshots

UNCONFIRMED = "unconfirmed"
# What a poll tells of, or a delivery that came at once, was deleted no longer ago.
_LATELY_MS = 2 * 60 * 60 * 1000


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
        written = None if mirrored == Word.UNCHANGED else mirrored
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
