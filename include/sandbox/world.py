"""The world behind both APIs: a Lever account, an Alva organisation, one clock and one lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from include.sandbox.alva.organisation import AlvaOrganisation
from include.sandbox.clock import Clock
from include.sandbox.deliveries import Deliveries
from include.sandbox.ids import Ids
from include.sandbox.lever.access import Keys, Limit
from include.sandbox.lever.account import LeverAccount

LEVER_KEY = "sandbox-lever-key"
ALVA_KEY = "sandbox-alva-key"


@dataclass(slots=True)
class World:
    """Code that reads or changes either holds ``lock``, and never waits for anything else meanwhile.

    `begin` replaces both, so callers must not keep a reference to either.
    """

    clock: Clock
    limit: Limit
    seed: int = 1
    deliveries: Deliveries = field(default_factory=Deliveries, repr=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    ids: Ids = field(init=False, repr=False)
    lever: LeverAccount = field(init=False, repr=False)
    alva: AlvaOrganisation = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.begin(self.seed)

    def begin(self, seed: int) -> None:
        """Starts a new world: an account with stages, reasons and users, and an empty organisation; neither has
        candidates.

        Webhooks and waiting deliveries are gone.
        """
        self.seed = seed
        self.ids = Ids(seed)
        self.deliveries.forget()
        self.lever = LeverAccount(self.clock, self.ids, Keys(self.limit), self.deliveries)
        self.lever.keys.add(LEVER_KEY)
        self.alva = AlvaOrganisation(
            self.clock, self.ids.serial, lock=self.lock, key=ALVA_KEY, deliveries=self.deliveries
        )
