"""Passes hires and deletions in Lever on to Alva."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from alva_lever.alva.hook import AlvaHook
from alva_lever.http.errors import NotFound, RequestRejected, Unauthorized
from alva_lever.rules.model import AlvaCandidate

HIRED, DELETED, NOT_IN_ALVA = "hired", "deleted", "not_in_alva"


class Departures:
    """Marks candidates as hired in Alva, or removes them. A repeat changes nothing."""

    def __init__(self, alva: AlvaHook, *, dry_run: bool) -> None:
        self._alva = alva
        self._dry_run = dry_run

    def hire(self, opportunity_id: str) -> str:
        """Marks the opportunity's candidates in Alva as hired. Returns `hired` or `not_in_alva`."""
        candidates = list(self._alva.candidates(external_id=opportunity_id))
        return self._each(
            candidates, HIRED, lambda one: None if one.stage == HIRED else self._alva.set_stage(one.id, HIRED)
        )

    def remove(self, opportunity_id: str) -> str:
        """Removes the opportunity's candidates from Alva. Returns `deleted` or `not_in_alva`."""
        candidates = list(self._alva.candidates(external_id=opportunity_id))
        return self._each(candidates, DELETED, self._alva.remove_candidate)

    def _each(self, candidates: Sequence[AlvaCandidate], word: str, tell: Callable[[AlvaCandidate], object]) -> str:
        """Applies `tell` to each candidate. Returns `word`, or `not_in_alva` if Alva has none of them.

        :raises RequestRejected: Alva refuses one candidate. Raised after the others are done.
        """
        told, fault = NOT_IN_ALVA, None
        for candidate in candidates:
            try:
                if not self._dry_run:
                    tell(candidate)
            except Unauthorized:
                raise
            except RequestRejected as refused:
                if isinstance(refused, NotFound) and not self._alva.has(candidate):
                    # A person has removed the candidate meanwhile.
                    continue
                fault = fault or refused
            else:
                told = word
        if fault is not None:
            raise fault
        return told
