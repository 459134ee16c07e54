"""Results: one opportunity made to carry what its candidate's present state in Alva says."""

from __future__ import annotations

from dataclasses import dataclass

from alva_lever.alva.hook import AlvaHook
from alva_lever.http.errors import NotFound, RequestRejected, Unauthorized
from alva_lever.rules.ids import is_lever_record_id
from alva_lever.rules.invitation import Reason
from alva_lever.rules.model import AlvaCandidate, later
from alva_lever.rules.results import ResultsWord
from alva_lever.sync.lever_writer import LeverWriter
from alva_lever.sync.snapshot import Snapshot

# What a report on results calls one about which nothing can be done any more.
UNSEEN = {Reason.CONFIDENTIAL: ResultsWord.CONFIDENTIAL, Reason.GONE: ResultsWord.GONE}


class ResultsWriter:
    """Writes what Alva says now. Safe to use from several threads."""

    def __init__(self, writer: LeverWriter, *, dry_run: bool) -> None:
        self._writer = writer
        self._dry_run = dry_run

    def write(self, snapshot: Snapshot) -> ResultsWord:
        """What became of one.

        :raises ApiError: a passing fault that lasted, or a key that was refused; nothing is lost by doing it again.
        """
        if snapshot.unseen is not None:
            return UNSEEN[snapshot.unseen]
        candidate = snapshot.candidate
        if candidate is None:
            return ResultsWord.NOT_IN_ALVA
        try:
            return self._writer.state(snapshot, candidate, dry_run=self._dry_run)
        except Unauthorized:
            raise
        except RequestRejected as refused:
            became = snapshot.became(refused)
            if became is not None:
                return UNSEEN[became]
            if (
                refused.vendor == AlvaHook.vendor
                and isinstance(refused, NotFound)
                and snapshot.again().candidate is None
            ):
                return ResultsWord.NOT_IN_ALVA
            raise


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
        elif opportunity_id := opportunity_named(row.external_id):
            if row.candidate is None:
                # Of several candidates, the one that can't be read may be the one that counts.
                changed.opportunity_ids[opportunity_id] = None
            else:
                changed.candidates[opportunity_id] = later(changed.candidates.get(opportunity_id), row.candidate)
    for opportunity_id in changed.opportunity_ids:
        changed.candidates.pop(opportunity_id, None)
    return changed


def opportunity_of(candidate: AlvaCandidate) -> str | None:
    """The opportunity whose candidate this is, None for one who was added by hand."""
    return opportunity_named(candidate.external_id)


def opportunity_named(external_id: str | None) -> str | None:
    """The opportunity that this names. People can set it in Alva by hand, to what is to stand in no report."""
    return external_id if external_id is not None and is_lever_record_id(external_id) else None
