"""Results: one opportunity made to carry what its candidate's present state in Alva says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alva_lever.alva.hook import AlvaHook
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import tags
from alva_lever.rules.mirror import Word
from alva_lever.rules.model import AlvaCandidate, later
from alva_lever.rules.settings import Settings
from alva_lever.steps.crew import Crew, locked
from alva_lever.steps.looking import Look, Looking, Pair
from alva_lever.steps.telling import Telling
from alva_lever.transport.errors import Asked, Malformed, NotFound, Refused, Unauthorized, malformed

# Alva's candidates by opportunity, or what keeps one's row from being read.
Changed = Mapping[str, AlvaCandidate | Malformed]

_LISTED: Asked = {"vendor": "Alva", "method": "GET", "path": "/candidates"}

# A UUID, as Lever documents its ids, or else letters and digits together: neither a name nor a phone number.
_ID = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?=.*[A-Za-z])(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9_-]{0,99}"
)


class Mirroring:
    """Mirrors candidates, each into its opportunity. Safe to use from several threads.

    `candidates`: those that a listing of Alva's showed, by opportunity, or why one can't be read; whoever is not among
    them is asked for.
    """

    def __init__(
        self,
        candidates: Changed,
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
        if opportunity is None or look.confidential or opportunity.anonymised:
            return _unseen(look)
        self._near_miss(opportunity.id, tags.near_misses(opportunity.tags, tags.ON_OPPORTUNITIES))
        known = None if fresh else self._candidates.get(opportunity.id)
        if isinstance(known, Malformed):
            raise known
        candidate = known or self._alva.find_candidate(opportunity.id)
        if candidate is None:
            return Word.NOT_IN_ALVA
        try:
            return self._telling.state(opportunity, candidate, dry_run=self._dry_run)
        except Unauthorized:
            raise
        except Refused as refused:
            if refused.vendor != self._lever.vendor:
                if isinstance(refused, NotFound):
                    return Word.NOT_IN_ALVA
                raise
            again = self._looking.look(opportunity.id)
            if again.opportunity is None or again.confidential or again.opportunity.anonymised:
                # It could be written to a moment ago. (Of the anonymised, Lever refuses to change the contact.)
                return _unseen(again)
            # A note that a person deleted meanwhile: done again, it is written anew. Or the key may not write.
            raise


def _unseen(look: Look) -> Word:
    """What to call one that gets nothing."""
    return Word.CONFIDENTIAL if look.confidential else Word.GONE


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
            resolved.candidates[name] = later(resolved.candidates.get(name), done.result)
    return resolved


def changed_since(alva: AlvaHook, since_ms: int) -> Changed:
    """The candidates that changed in Alva since then, by opportunity. Whoever was added by hand is of none.

    :raises ApiError: the listing could not be had whole.
    """
    found: dict[str, AlvaCandidate | Malformed] = {}
    for changed in alva.changed_candidates(since_ms):
        row = changed.candidate or malformed(_LISTED, status=200, problem=changed.problem)
        name = _opportunity(changed.external_id)
        before = None if name is None else found.get(name)
        # Of several, the one that can't be read may be the one that counts.
        if name is not None and not isinstance(before, Malformed):
            found[name] = row if isinstance(row, Malformed) else later(before, row)
    return found


def _opportunity(external_id: str | None) -> str | None:
    """The opportunity that this names. People can set it in Alva by hand, to what is to stand in no report."""
    return external_id if external_id is not None and _ID.fullmatch(external_id) else None
