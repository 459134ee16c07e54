"""What a task's calls cost, put into its tally as it goes."""

from __future__ import annotations

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.run_report import Tally
from alva_lever.lever.hook import LeverHook


class Meter:
    """Counts calls, and the time spent waiting for the limits, from one reading to the next."""

    def __init__(self, lever: LeverHook, alva: AlvaHook) -> None:
        self._lever = lever
        self._alva = alva
        self._counted = {"lever": 0, "alva": 0}
        self._waited_seconds = 0.0

    def read(self, tally: Tally) -> None:
        """Adds what came since the last reading, at first all of it."""
        for vendor, calls in (("lever", self._lever.calls), ("alva", self._alva.calls)):
            tally.calls[vendor] += calls - self._counted[vendor]
            self._counted[vendor] = calls
        waited = self._lever.waited_seconds + self._alva.waited_seconds
        tally.waited_seconds += waited - self._waited_seconds
        self._waited_seconds = waited
