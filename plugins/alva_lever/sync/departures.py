"""A candidate who was hired in Lever, or deleted from it: told to Alva."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alva_lever.alva.hook import AlvaHook
from alva_lever.http.errors import NotFound, RequestRejected, Unauthorized
from alva_lever.rules.model import AlvaCandidate

HIRED, DELETED, NOT_IN_ALVA = "hired", "deleted", "not_in_alva"


class Departures:
    """Marks candidates as hired, or removes them. Done again, it changes nothing more."""

    def __init__(self, alva: AlvaHook, *, dry_run: bool) -> None:
        self._alva = alva
        self._dry_run = dry_run

    def hire(self, opportunity_id: str) -> str:
        """This opportunity's candidates in Alva are hired there: `hired` or `not_in_alva`."""
        candidates = list(self._alva.candidates(external_id=opportunity_id))
        return self._each(
            candidates, HIRED, lambda one: None if one.stage == HIRED else self._alva.set_stage(one.id, HIRED)
        )

    def remove(self, opportunity_id: str) -> str:
        """This opportunity's candidates in Alva are removed from it: `deleted` or `not_in_alva`."""
        candidates = list(self._alva.candidates(external_id=opportunity_id))
        return self._each(candidates, DELETED, self._alva.remove_candidate)

    def _each(self, candidates: Sequence[AlvaCandidate], word: str, tell: Callable[[AlvaCandidate], object]) -> str:
        """:raises RequestRejected: Alva refuses one of them. Raised once the others are done."""
        told, fault = NOT_IN_ALVA, None
        for candidate in candidates:
            try:
                if not self._dry_run:
                    tell(candidate)
            except Unauthorized:
                raise
            except RequestRejected as refused:
                if isinstance(refused, NotFound) and not self._alva.has(candidate):
                    # Somebody has removed it meanwhile.
                    continue
                fault = fault or refused
            else:
                told = word
        if fault is not None:
            raise fault
        return told
