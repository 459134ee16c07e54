"""Mirrors a candidate's present state in Alva into the opportunity, and finds the candidates who changed."""

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

# The report's words for an opportunity that is confidential or gone.
UNSEEN = {Reason.CONFIDENTIAL: ResultsWord.CONFIDENTIAL, Reason.GONE: ResultsWord.GONE}


class ResultsWriter:
    """Writes Alva's present state into Lever. Safe to use from several threads."""

    def __init__(self, writer: LeverWriter, *, dry_run: bool) -> None:
        self._writer = writer
        self._dry_run = dry_run

    def write(self, snapshot: Snapshot) -> ResultsWord:
        """Writes the candidate's state. Returns the report's word.

        :raises ApiError: retries did not help, or the key was refused. A repeat is safe.
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
    """The candidates who changed in Alva. `candidates`: by opportunity id. `opportunity_ids`: opportunities whose
    candidate's row can't be read. `candidate_ids`: candidates whose opportunity can't be read."""

    candidates: dict[str, AlvaCandidate]
    opportunity_ids: dict[str, None]
    candidate_ids: list[str]

    def __len__(self) -> int:
        return len(self.candidates) + len(self.opportunity_ids) + len(self.candidate_ids)


def likely_calls(candidate: AlvaCandidate | None) -> float:
    """Returns how many calls to Lever one candidate is likely to take: a read, and the writes for the present state."""
    if candidate is None or candidate.completed:
        return 7.0
    return 5.0 if candidate.bounced or candidate.partly_completed else 2.0


def changed_since(alva: AlvaHook, since_ms: int) -> Changed:
    """Lists the candidates who changed since then. Skips candidates who were added by hand.

    :raises ApiError: the listing is incomplete.
    """
    changed = Changed({}, {}, [])
    for row in alva.changed_candidates(since_ms):
        if row.external_id is None and row.candidate_id is not None:
            changed.candidate_ids.append(row.candidate_id)
        elif opportunity_id := opportunity_named(row.external_id):
            if row.candidate is None:
                # If the opportunity has several candidates, the unreadable one may be the one that counts.
                changed.opportunity_ids[opportunity_id] = None
            else:
                changed.candidates[opportunity_id] = later(changed.candidates.get(opportunity_id), row.candidate)
    for opportunity_id in changed.opportunity_ids:
        changed.candidates.pop(opportunity_id, None)
    return changed


def opportunity_of(candidate: AlvaCandidate) -> str | None:
    """Returns the id of the candidate's opportunity; None if the candidate was added by hand."""
    return opportunity_named(candidate.external_id)


def opportunity_named(external_id: str | None) -> str | None:
    """Returns the external id if it can be an opportunity's id, else None. A person can type anything into this field
    in Alva, and a report must not repeat it."""
    return external_id if external_id is not None and is_lever_record_id(external_id) else None
