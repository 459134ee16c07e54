"""The Alva organisation of one world: its positions, persons, candidates, users, teams, webhooks and API keys."""

from __future__ import annotations

import itertools
import threading
from contextlib import AbstractContextManager

from include.sandbox.alva.directory import Directory, Ids
from include.sandbox.alva.keys import DEFAULT_KEY, ApiKeys
from include.sandbox.alva.persons import Persons
from include.sandbox.alva.policy import Policy
from include.sandbox.alva.positions import Facts, JobPosition, Positions
from include.sandbox.alva.progress import Progress
from include.sandbox.alva.roster import Roster
from include.sandbox.alva.times import Clock
from include.sandbox.alva.webhook import AlvaWebhook
from include.sandbox.lever.deliveries import Deliveries


class AlvaOrganisation:
    """One organisation, empty but for a default profile.

    Whoever reads or changes anything of it holds `lock` meanwhile; the API's routes and the moves of `Candidates` do
    so themselves.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Ids | None = None,
        *,
        lock: AbstractContextManager[object] | None = None,
        policy: Policy | None = None,
        key: str = DEFAULT_KEY,
        web_root: str = "https://app.alva.test",
        deliveries: Deliveries | None = None,
    ) -> None:
        self.clock = clock
        self.lock: AbstractContextManager[object] = lock if lock is not None else threading.RLock()
        self.policy = policy if policy is not None else Policy()
        self.keys = ApiKeys(key)
        ids = ids if ids is not None else _counted_ids()
        numbers = itertools.count(1).__next__
        self.directory = Directory(clock, ids, numbers)
        self.positions = Positions(clock, ids, numbers, self.policy, self.directory)
        self.persons = Persons()
        self.roster = Roster(clock, ids, numbers, self.policy, self.positions, self.persons, web_root)
        self.progress = Progress(clock, self.policy, self.positions, self.persons, self.roster)
        self.webhook = AlvaWebhook(clock, deliveries if deliveries is not None else Deliveries())

    def change_position(self, position_id: str, facts: Facts) -> JobPosition:
        """Give a position other facts. Under another profile the role fits of its candidates are computed anew."""
        profile_id = self.positions.get(position_id).facts.profile_id
        position = self.positions.change(position_id, facts)
        if position.facts.profile_id != profile_id:
            with self.webhook.watching(self.roster.of_position(position_id)):
                self.progress.weigh_anew(position_id)
        return position


def _counted_ids() -> Ids:
    """Ids as Alva's seem to be: whole numbers, written as strings."""
    numbers = itertools.count(1001)
    return lambda: str(next(numbers))
