"""What is claimed of an opportunity, held against what Lever shows, and done."""

from __future__ import annotations

from collections.abc import Mapping

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.checkpoint import Checkpoint
from alva_lever.http.errors import Forbidden, MissingPermission
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.claims import Kind
from alva_lever.rules.mirror import Word
from alva_lever.rules.notes import Failure
from alva_lever.rules.window import OVERLAP_MS
from alva_lever.sync.departures import Departures
from alva_lever.sync.inviting import Errand, Inviting
from alva_lever.sync.looking import Look, Looking
from alva_lever.sync.mirroring import Mirroring
from alva_lever.sync.postings import OnceEach

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
        lever: LeverHook,
        alva: AlvaHook,
        errand: Errand,
        progress: Checkpoint,
        positions: dict[str, str],
        earlier: Mapping[str, str],
        now_ms: int,
    ) -> None:
        """`positions`: as in `Inviting`. `earlier`: what an attempt before called those that are
        done again for their results."""
        self._errand = errand
        self._lever = lever
        self._inviting = Inviting(lever=lever, alva=alva, errand=errand, progress=progress, positions=positions)
        self._departures = Departures(alva, dry_run=errand.dry_run)
        self._mirroring = Mirroring(
            {},
            lever=lever,
            alva=alva,
            settings=errand.settings,
            near_miss=progress.tally.near_miss,
            dry_run=errand.dry_run,
        )
        self._earlier = earlier
        self._now_ms = now_ms
        self._looking = Looking(lever)
        self._once = OnceEach(self._read)

    def do(self, item: Look | str) -> str:
        """What became of one, by its id or as it was looked at: `deleted`, `hired`, `not_in_alva` or `unconfirmed`;
        else what was written of its results, or else what the table says.

        :raises ApiError: as `Inviting.handle`.
        """
        opportunity_id = item if isinstance(item, str) else item.opportunity_id
        claim = self._errand.claim(opportunity_id)
        if Kind.DELETED in claim.kinds and self._is_deleted(opportunity_id):
            return self._departures.remove(opportunity_id)
        if claim.kinds == {Kind.DELETED}:
            return UNCONFIRMED
        look = self._looking.look(item) if isinstance(item, str) else item
        departed = decided = mirrored = None
        if Kind.HIRED in claim.kinds and self._is_hired(look):
            departed = self._departures.hire(opportunity_id)
        elif not claim.kinds.isdisjoint({Kind.DELETED, Kind.HIRED}):
            departed = UNCONFIRMED
        if claim.asks_to_look:
            decided = self._inviting.handle(look)
        if Kind.RESULTS in claim.kinds:
            # As it is now: what was just written counts.
            mirrored = self._mirroring.do(opportunity_id) if decided else self._mirroring.handle(look)
        written = None if mirrored == Word.UNCHANGED else mirrored
        if departed == UNCONFIRMED and decided in set(Failure):
            # Who failed is counted under the failure.
            return str(decided)
        return departed or written or decided or self._earlier.get(opportunity_id) or mirrored or UNCONFIRMED

    def _is_hired(self, look: Look) -> bool:
        opportunity = look.opportunity
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
