"""Those who were hired in Lever or deleted from it: told to Alva."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from alva_lever.alva.hook import AlvaHook
from alva_lever.rules.asking import Failure
from alva_lever.rules.model import AlvaCandidate
from alva_lever.rules.tally import Tally
from alva_lever.steps.crew import Crew, unfinished
from alva_lever.transport.errors import Forbidden, NotFound, Refused, Unauthorized

log = logging.getLogger(__name__)

HIRED, DELETED, NOT_IN_ALVA = "hired", "deleted", "not_in_alva"


class Departures:
    """Marks candidates as hired, or removes them. Done again, it changes nothing more."""

    def __init__(self, alva: AlvaHook, *, dry_run: bool) -> None:
        self._alva = alva
        self._dry_run = dry_run
        self.tally = Tally()

    def tell(self, *, hired: Sequence[str], deleted: Sequence[str]) -> None:
        """Puts into `tally` what became of each opportunity: `hired`, `deleted`, `not_in_alva` or `refused_by_alva`.

        :raises ApiError: Alva's key was refused, or how many could not be told; the others were, and are in `tally`.
        """
        faults: list[Exception] = []
        items = [(DELETED, opportunity_id) for opportunity_id in deleted]
        items += [(HIRED, opportunity_id) for opportunity_id in hired]
        try:
            for done in Crew(self._one).work(items):
                if done.fault is not None:
                    faults.append(done.fault)
                else:
                    self.tally.count(done.result or "", done.item[1])
        finally:
            self.tally.calls["alva"] = self._alva.calls
            self.tally.waited_seconds = self._alva.waited_seconds
        if faults:
            raise unfinished(faults, len(items), "departures")

    def hire(self, opportunity_id: str) -> str:
        """Whoever is this opportunity's in Alva is hired there: `hired`, `not_in_alva` or `refused_by_alva`."""
        candidates = list(self._alva.candidates(external_id=opportunity_id))
        return self._each(
            candidates, HIRED, lambda one: None if one.stage == HIRED else self._alva.set_stage(one.id, HIRED)
        )

    def remove(self, opportunity_id: str) -> str:
        """Whoever is this opportunity's in Alva is removed from it: `deleted`, `not_in_alva` or `refused_by_alva`."""
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
                # It was there a moment ago.
                continue
            except Refused as refused:
                log.warning("Candidate %s in Alva stays as it is (%s): %s", candidate.id, word, refused)
                refusals += 1
            told = word
        return Failure.REFUSED_BY_ALVA if refusals else told

    def _one(self, item: tuple[str, str]) -> str:
        what, opportunity_id = item
        return self.remove(opportunity_id) if what == DELETED else self.hire(opportunity_id)
