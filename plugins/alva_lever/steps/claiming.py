"""What deliveries claim, held against what Lever shows, and done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alva_lever.lever.hook import LeverHook
from alva_lever.rules.claims import Claim, Kind
from alva_lever.rules.mirror import Word
from alva_lever.rules.notes import Failure
from alva_lever.rules.window import OVERLAP_MS
from alva_lever.steps.departures import Departures
from alva_lever.steps.inviting import Inviting
from alva_lever.steps.looking import Look, Looking, Pair
from alva_lever.steps.mirroring import Mirroring
from alva_lever.steps.postings import OnceEach
from alva_lever.transport.deliveries import OLDEST_MS

UNCONFIRMED = "unconfirmed"
_HOUR_MS = 60 * 60 * 1000


class Claiming:
    """Carries out what is claimed of one opportunity. Safe to use from several threads.

    A deletion counts if Lever's list of deleted opportunities has it: its 404 alone may be another account's. A hire
    counts if Lever shows the opportunity archived with a reason of type `hired`. All else is decided as a poll would.
    """

    def __init__(
        self,
        claims: Mapping[str, Claim],
        *,
        lever: LeverHook,
        inviting: Inviting,
        departures: Departures,
        mirroring: Mirroring,
        received_ms: int,
        now_ms: int,
    ) -> None:
        """`received_ms`: when the deliveries came, in epoch milliseconds."""
        self._claims = claims
        self._lever = lever
        self._inviting = inviting
        self._departures = departures
        self._mirroring = mirroring
        self._received_ms = received_ms
        self._now_ms = now_ms
        self._looking = Looking(lever)
        self._once = OnceEach(self._read)

    def listed(self, pairs: Sequence[Pair]) -> dict[str, Look]:
        """Nobody: each is looked at by its id, since something is likely to be done."""
        return {}

    def do(self, item: Look | str) -> str:
        """What became of one: `deleted`, `hired`, `not_in_alva` or `unconfirmed`; else what was written of its results,
        or else what a poll would say.

        :raises ApiError: as `Inviting.handle`.
        """
        opportunity_id = item if isinstance(item, str) else item.opportunity_id
        claim = self._claims[opportunity_id]
        if Kind.DELETED in claim.kinds and self._is_deleted(opportunity_id):
            return self._departures.remove(opportunity_id)
        if claim.kinds == {Kind.DELETED}:
            return UNCONFIRMED
        look = self._looking.look(opportunity_id)
        departed = decided = mirrored = None
        if Kind.HIRED in claim.kinds and self._is_hired(look):
            departed = self._departures.hire(opportunity_id)
        elif not claim.kinds.isdisjoint({Kind.DELETED, Kind.HIRED}):
            departed = UNCONFIRMED
        if claim.asks_to_look:
            decided = self._inviting.handle(look)
        if Kind.RESULTS in claim.kinds:
            # As both are now: what was just written to the one, and sent by the other, counts.
            mirrored = self._mirroring.again(opportunity_id) if decided else self._mirroring.handle(look)
        written = None if mirrored == Word.UNCHANGED else mirrored
        if departed == UNCONFIRMED and decided in set(Failure):
            # Who failed is counted under the failure.
            return str(decided)
        return departed or written or decided or mirrored or UNCONFIRMED

    def _is_hired(self, look: Look) -> bool:
        opportunity = look.opportunity
        if opportunity is None or opportunity.confidential or opportunity.archived is None:
            return False
        return opportunity.archived.reason_id in self._once("hired reasons")

    def _is_deleted(self, opportunity_id: str) -> bool:
        # The last hour's list is a page or two, and mostly has it.
        return opportunity_id in self._once("deleted lately") or opportunity_id in self._once("deleted")

    def _read(self, what: str) -> frozenset[str]:
        if what == "hired reasons":
            return frozenset(reason.id for reason in self._lever.archive_reasons(type="hired"))
        # As far back as a delivery that was taken then may have been on its way.
        since_ms = self._received_ms - (_HOUR_MS if what == "deleted lately" else OLDEST_MS) - OVERLAP_MS
        rows = self._lever.deleted_opportunities(
            deleted_at_start_ms=since_ms, deleted_at_end_ms=self._now_ms + OVERLAP_MS
        )
        return frozenset(row.id for row in rows if row.id in self._claims)
