"""Results: one opportunity made to carry what its candidate's present state in Alva says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.worker_pool import locked
from alva_lever.http.errors import NotFound, RequestRejected, Unauthorized
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import tags
from alva_lever.rules.decision import Reason
from alva_lever.rules.ids import is_lever_record_id
from alva_lever.rules.mirror import Word
from alva_lever.rules.model import AlvaCandidate, later
from alva_lever.settings import Settings
from alva_lever.sync.looking import Look, Looking
from alva_lever.sync.telling import Telling


class Mirroring:
    """Mirrors candidates, each into its opportunity. Safe to use from several threads.

    `candidates`: those that a listing of Alva's showed, by opportunity. Any other is asked for.
    """

    def __init__(
        self,
        candidates: Mapping[str, AlvaCandidate],
        *,
        lever: LeverHook,
        alva: AlvaHook,
        settings: Settings,
        near_miss: Callable[[str, list[str]], None],
        dry_run: bool = False,
    ) -> None:
        self._candidates = candidates
        self._lever = lever
        self._alva = alva
        self._near_miss = locked(near_miss)
        self._dry_run = dry_run
        self._looking = Looking(lever)
        self._telling = Telling(lever, alva, settings)

    def do(self, opportunity_id: str) -> Word:
        """What became of one: a `Word`.

        :raises ApiError: a passing fault that lasted, or a key that was refused; nothing is lost by doing it again.
        """
        return self.handle(self._looking.look(opportunity_id))

    def handle(self, look: Look) -> Word:
        """The same for one that was looked at."""
        opportunity = look.opportunity
        if opportunity is None or look.unseen is not None:
            return _UNSEEN[look.unseen or Reason.GONE]
        self._near_miss(opportunity.id, tags.near_misses(opportunity.tags, tags.ON_OPPORTUNITIES))
        candidate = self._candidates.get(opportunity.id) or self._alva.find_candidate(opportunity.id)
        if candidate is None:
            return Word.NOT_IN_ALVA
        try:
            return self._telling.state(opportunity, candidate, dry_run=self._dry_run)
        except Unauthorized:
            raise
        except RequestRejected as refused:
            # A refusal of what belongs to somebody says nothing of themselves: another look tells.
            if refused.vendor == self._lever.vendor:
                became = self._looking.look(opportunity.id).unseen
                if became is not None:
                    return _UNSEEN[became]
            elif isinstance(refused, NotFound) and self._alva.find_candidate(opportunity.id) is None:
                return Word.NOT_IN_ALVA
            raise


_UNSEEN = {Reason.CONFIDENTIAL: Word.CONFIDENTIAL, Reason.GONE: Word.GONE}


@dataclass(frozen=True, slots=True)
class Changed:
    """Who changed in Alva: candidates by opportunity, the opportunities of those whose row can't be read, and the ids
    of candidates of whom it can't be read whose they are."""

    candidates: dict[str, AlvaCandidate]
    opportunity_ids: dict[str, None]
    candidate_ids: list[str]

    def __len__(self) -> int:
        return len(self.candidates) + len(self.opportunity_ids) + len(self.candidate_ids)


def likely_calls(candidate: AlvaCandidate | None) -> float:
    """Calls to Lever that one is likely to take: a look, and what a completion or another state has to write."""
    if candidate is None or candidate.completed:
        return 7.0
    return 5.0 if candidate.bounced or candidate.partly_completed else 2.0


def changed_since(alva: AlvaHook, since_ms: int) -> Changed:
    """Those who changed since then. One who was added by hand is of no opportunity.

    :raises ApiError: the listing could not be had whole.
    """
    changed = Changed({}, {}, [])
    for row in alva.changed_candidates(since_ms):
        if row.external_id is None and row.candidate_id is not None:
            changed.candidate_ids.append(row.candidate_id)
        elif name := opportunity_named(row.external_id):
            if row.candidate is None:
                # Of several candidates, the one that can't be read may be the one that counts.
                changed.opportunity_ids[name] = None
            else:
                changed.candidates[name] = later(changed.candidates.get(name), row.candidate)
    for name in changed.opportunity_ids:
        changed.candidates.pop(name, None)
    return changed


def opportunity_of(candidate: AlvaCandidate) -> str | None:
    """The opportunity whose candidate this is, None for one who was added by hand."""
    return opportunity_named(candidate.external_id)


def opportunity_named(external_id: str | None) -> str | None:
    """The opportunity that this names. People can set it in Alva by hand, to what is to stand in no report."""
    return external_id if external_id is not None and is_lever_record_id(external_id) else None
