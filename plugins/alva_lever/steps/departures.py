"""A candidate who was hired in Lever, or deleted from it: told to Alva."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from alva_lever.alva.hook import AlvaHook
from alva_lever.rules.model import AlvaCandidate
from alva_lever.rules.notes import Failure
from alva_lever.transport.errors import Forbidden, NotFound, Refused, Unauthorized

log = logging.getLogger(__name__)

HIRED, DELETED, NOT_IN_ALVA = "hired", "deleted", "not_in_alva"


class Departures:
    """Marks candidates as hired, or removes them. Done again, it changes nothing more."""

    def __init__(self, alva: AlvaHook, *, dry_run: bool) -> None:
        self._alva = alva
        self._dry_run = dry_run

    def hire(self, opportunity_id: str) -> str:
        """This opportunity's candidates in Alva are hired there: `hired`, `not_in_alva` or `refused_by_alva`."""
        candidates = list(self._alva.candidates(external_id=opportunity_id))
        return self._each(
            candidates, HIRED, lambda one: None if one.stage == HIRED else self._alva.set_stage(one.id, HIRED)
        )

    def remove(self, opportunity_id: str) -> str:
        """This opportunity's candidates in Alva are removed from it: `deleted`, `not_in_alva` or `refused_by_alva`."""
        candidates = list(self._alva.candidates(external_id=opportunity_id))
        return self._each(candidates, DELETED, lambda one: self._alva.remove_candidate(one.id))

    def _each(self, candidates: Sequence[AlvaCandidate], word: str, tell: Callable[[AlvaCandidate], object]) -> str:
        """A lasting refusal is reported, and not asked for again by every run to come."""
        told: str = NOT_IN_ALVA
        refusals = 0
        for candidate in candidates:
            try:
                if not self._dry_run:
                    tell(candidate)
            except (Unauthorized, Forbidden):
                raise
            except NotFound:
                # It was there a moment ago. If it still is, that is no word on it, but its fault.
                if self._is_there(candidate):
                    raise
                continue
            except Refused as refused:
                log.warning("Candidate %s in Alva stays as it is (%s): %s", candidate.id, word, refused)
                refusals += 1
            told = word
        return Failure.REFUSED_BY_ALVA if refusals else told

    def _is_there(self, candidate: AlvaCandidate) -> bool:
        return any(one.id == candidate.id for one in self._alva.candidates(external_id=candidate.external_id))
