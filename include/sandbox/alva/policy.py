"""The readings of Alva's documentation between which a world can choose."""

from __future__ import annotations

from dataclasses import dataclass

from include.sandbox.alva.times import VALID_MS


@dataclass(slots=True)
class Policy:
    """One switch for each point on which Alva's help centre is silent or says two things.

    - `expired_takes_candidates`: False = an expired position refuses them (422), True = adding one re-activates it.
      Alva's article on job positions supports both.
    - `lowest_fit`, `highest_fit`: 0 and 100 as in the older articles, 1 and 99 in the current ones. What is outside
      is cut.
    - `partial_fit`: whether there is a role fit when only some of the tests are done.
    - `known_users_only`: an owner or a hiring team's member must be a user of the organisation (Alva's article on
      hiring teams).
    - `known_teams_only`: likewise for the team. Nothing is documented, so that any name is taken by default.
    - `retention_ms`: how long after it was added a candidate is anonymised.
    """

    expired_takes_candidates: bool = False
    lowest_fit: float = 0
    highest_fit: float = 100
    partial_fit: bool = False
    known_users_only: bool = True
    known_teams_only: bool = False
    retention_ms: int = VALID_MS

    def fit(self, score: float) -> float:
        """A role fit within the scale."""
        return min(max(score, self.lowest_fit), self.highest_fit)
