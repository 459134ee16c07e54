"""Results: one opportunity made to carry what its candidate's present state in Alva says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alva_lever.alva.hook import AlvaHook
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import tags
from alva_lever.rules.mirror import Word
from alva_lever.rules.model import AlvaCandidate, latest
from alva_lever.rules.settings import Settings
from alva_lever.steps.crew import Crew, locked
from alva_lever.steps.looking import Look, Looking, Pair
from alva_lever.steps.telling import Telling
from alva_lever.transport.deliveries import is_usable_id
from alva_lever.transport.errors import Forbidden, NotFound


class Mirroring:
    """Mirrors candidates, each into its opportunity. Safe to use from several threads.

    `candidates`: those that a listing of Alva's showed, by opportunity; whoever is not among them, or None, is asked
    for.
    """

    def __init__(
        self,
        candidates: Mapping[str, AlvaCandidate | None],
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

    def listed(self, pairs: Sequence[Pair]) -> dict[str, Look]:
        """Nobody: each is looked at by its id, since something is likely to be written."""
        return {}

    def do(self, item: Look | str) -> str:
        """What became of one: a `Word`.

        :raises ApiError: a passing fault that lasted, or a key that was refused; nothing is lost by doing it again.
        """
        return self.handle(self._looking.look(item) if isinstance(item, str) else item)

    def again(self, opportunity_id: str) -> Word:
        """The same where something was just done about it: both services are asked anew."""
        return self.handle(self._looking.look(opportunity_id), fresh=True)

    def handle(self, look: Look, *, fresh: bool = False) -> Word:
        """The same for one that was looked at. `fresh`: the candidate is asked for, even if a listing showed it."""
        opportunity = look.opportunity
        if look.hidden or (opportunity is not None and opportunity.confidential):
            return Word.CONFIDENTIAL
        if opportunity is None or opportunity.anonymised:
            return Word.GONE
        self._near_miss(opportunity.id, tags.near_misses(opportunity.tags, tags.ON_OPPORTUNITIES))
        known = None if fresh else self._candidates.get(opportunity.id)
        candidate = known or self._alva.find_candidate(opportunity.id)
        if candidate is None:
            return Word.NOT_IN_ALVA
        try:
            return self._telling.state(opportunity, candidate, dry_run=self._dry_run)
        except NotFound as error:
            if error.vendor != self._lever.vendor:
                return Word.NOT_IN_ALVA
            if self._looking.look(opportunity.id).opportunity is None:
                # It was there a moment ago.
                return Word.GONE
            # A note that a person deleted meanwhile, say: done again, it is written anew.
            raise
        except Forbidden as refused:
            if refused.vendor == self._lever.vendor and self._looking.look(opportunity.id).hidden:
                return Word.CONFIDENTIAL
            # It can be read: it is the key that may not write.
            raise


@dataclass(slots=True)
class Resolved:
    """Candidates by opportunity; ids of those who are not in Alva (any more); faults that lasted, one a candidate."""

    candidates: dict[str, AlvaCandidate] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)


def resolve(alva: AlvaHook, candidate_ids: Sequence[str]) -> Resolved:
    """Whose candidates these are. Whoever was added by hand is nobody's.

    :raises ApiError: Alva's key was refused, or so many faults came that they are not about candidates.
    """

    def find(candidate_id: str) -> AlvaCandidate | None:
        try:
            return alva.candidate(candidate_id)
        except NotFound:
            return None

    resolved = Resolved()
    for done in Crew(find).work(candidate_ids):
        if done.fault is not None:
            resolved.faults.append(done.fault)
        elif done.result is None:
            resolved.missing.append(done.item)
        elif name := _opportunity(done.result.external_id):
            found = latest(filter(None, [resolved.candidates.get(name), done.result]))
            resolved.candidates[name] = found or done.result
    return resolved


def changed_since(alva: AlvaHook, since_ms: int) -> dict[str, AlvaCandidate | None]:
    """The candidates that changed in Alva since then, by opportunity; None where one is to be asked for, since the
    listing's row can't be read. Whoever was added by hand is of none.

    :raises ApiError: the listing could not be had whole.
    """
    rows: dict[str, list[AlvaCandidate | None]] = {}
    for external_id, candidate in alva.changed_candidates(since_ms):
        if name := _opportunity(external_id):
            rows.setdefault(name, []).append(candidate)
    return {name: None if None in found else latest(filter(None, found)) for name, found in rows.items()}


def _opportunity(external_id: str | None) -> str | None:
    """The opportunity that this names. People can set it in Alva by hand, and what has no digit may be somebody's name,
    which is to stand in no report."""
    usable = external_id is not None and is_usable_id(external_id) and any(map(str.isdigit, external_id))
    return external_id if usable else None
