"""One opportunity as Lever and Alva show it now."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Literal, TypeVar

from alva_lever.alva.hook import AlvaHook
from alva_lever.http.errors import Forbidden, MissingPermission, NotFound, RequestRejected
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import tags
from alva_lever.rules.invitation import Reason
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity, Posting, Results
from alva_lever.rules.policy import Policy
from alva_lever.settings import Settings

T = TypeVar("T")

# Says of an opportunity or a posting, by its id, which tags it has that are nearly a control tag.
NearMiss = Callable[[str, list[str]], None]


class OnceEach(Generic[T]):
    """Values by key, each made by the first thread that asks for it while others who ask wait. Errors aren't kept."""

    def __init__(self, make: Callable[[str], T]) -> None:
        self._make = make
        self._values: dict[str, T] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def __call__(self, key: str) -> T:
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._values:
                self._values[key] = self._make(key)
            return self._values[key]

    def forget(self, key: str) -> None:
        """Make it again the next time."""
        with self._lock:
            self._values.pop(key, None)


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """What Lever shows by an id. `it` None: it is gone, or `hidden`: Lever refuses to show this one."""

    it: T | None
    hidden: bool = False


class Postings:
    """Lever's postings, each read once a task. Safe to use from several threads."""

    def __init__(self, lever: LeverHook, near_miss: NearMiss = lambda posting_id, tags: None) -> None:
        self._lever = lever
        self._near_miss = near_miss
        self._once = OnceEach(self._read)

    def see(self, posting_id: str) -> Seen[Posting]:
        """:raises MissingPermission: the key may read no posting at all."""
        return self._once(posting_id)

    def _read(self, posting_id: str) -> Seen[Posting]:
        seen = _seen(self._lever, "postings", self._lever.posting, posting_id)
        if seen.it is not None:
            self._near_miss(posting_id, tags.near_misses(seen.it.tags, tags.ON_POSTINGS))
        return seen


class Snapshot:
    """One opportunity as both services show it now. Each part is read at most once, when something first asks for it;
    what is then written doesn't change it."""

    def __init__(self, opportunity_id: str, sources: Snapshots, candidate: AlvaCandidate | None = None) -> None:
        """`candidate`: its candidate in Alva, where a listing has just shown it."""
        self.opportunity_id = opportunity_id
        self._sources = sources
        if candidate is not None:
            self.candidate = candidate

    @cached_property
    def _seen(self) -> Seen[Opportunity]:
        lever, near_miss = self._sources.lever, self._sources.near_miss
        seen = _seen(lever, "opportunities", lever.opportunity, self.opportunity_id)
        if seen.it is not None and not seen.it.confidential and not seen.it.anonymised:
            near_miss(self.opportunity_id, tags.near_misses(seen.it.tags, tags.ON_OPPORTUNITIES))
        return seen

    @property
    def opportunity(self) -> Opportunity | None:
        """None: it is gone, or `hidden`. :raises MissingPermission: the key may not see any opportunity."""
        return self._seen.it

    @property
    def hidden(self) -> bool:
        """Whether Lever refuses to show this one."""
        return self._seen.hidden

    @property
    def unseen(self) -> Reason | None:
        """What to call one about which nothing can be done any more; None while it can be."""
        opportunity = self.opportunity
        if self.hidden or (opportunity is not None and opportunity.confidential):
            return Reason.CONFIDENTIAL
        return Reason.GONE if opportunity is None or opportunity.anonymised else None

    @property
    def policy(self) -> Policy:
        """What holds on its posting."""
        return self._sources.settings.policy_for(None if self.opportunity is None else self.opportunity.posting_id)

    @cached_property
    def _posting(self) -> Seen[Posting]:
        posting_id = None if self.opportunity is None else self.opportunity.posting_id
        return Seen(None) if posting_id is None else self._sources.postings.see(posting_id)

    @property
    def posting(self) -> Posting | None:
        """None: it has none, or it is gone, or `posting_hidden`. :raises MissingPermission: the key may see none."""
        return self._posting.it

    @property
    def posting_hidden(self) -> bool:
        """Whether Lever refuses to show this one."""
        return self._posting.hidden

    @cached_property
    def notes(self) -> list[Note]:
        """Those of the opportunity."""
        return list(self._sources.lever.notes(self.opportunity_id))

    @cached_property
    def candidate(self) -> AlvaCandidate | None:
        """Its candidate in Alva, the last that changed where there are several."""
        return self._sources.alva.find_candidate(self.opportunity_id)

    def results_of(self, candidate: AlvaCandidate) -> tuple[AlvaCandidate, Results | None]:
        """The results of one who has completed, None of another; and the candidate, read once more where the two don't
        agree: it was reset, or the results were withdrawn, since."""
        if not candidate.completed:
            return candidate, None
        results = self._sources.alva.results(candidate.id)
        if results.role_fit is None and candidate.role_fit is not None:
            candidate = self._sources.alva.candidate(candidate.id)
        return candidate, results if candidate.completed else None

    def again(self) -> Snapshot:
        """As it is by now."""
        return Snapshot(self.opportunity_id, self._sources)

    def became(self, refused: RequestRejected) -> Reason | None:
        """What to call it, where Lever refuses what belongs to it (notes, tags, links) because it is gone or
        confidential by now. None: it isn't, or the refusal isn't Lever's."""
        return self.again().unseen if refused.vendor == LeverHook.vendor else None


class Snapshots:
    """Takes snapshots. Safe to use from several threads.

    `postings`: read once for all of them. `near_miss`: hears of each opportunity and posting that is looked at.
    """

    def __init__(self, lever: LeverHook, alva: AlvaHook, settings: Settings, near_miss: NearMiss) -> None:
        self.lever = lever
        self.alva = alva
        self.settings = settings
        self.near_miss = near_miss
        self.postings = Postings(lever, near_miss)

    def of(self, opportunity_id: str, candidate: AlvaCandidate | None = None) -> Snapshot:
        """Of this opportunity; nothing is read yet."""
        return Snapshot(opportunity_id, self, candidate)


def _seen(
    lever: LeverHook, resource: Literal["opportunities", "postings"], read: Callable[[str], T], its_id: str
) -> Seen[T]:
    """A refusal is about this one where the key may list the others.

    :raises MissingPermission: it may not.
    """
    try:
        return Seen(read(its_id))
    except NotFound:
        return Seen(None)
    except Forbidden:
        pass
    try:
        lever.may_list(resource)
    except Forbidden as refused:
        sentence = str(refused)
    else:
        return Seen(None, hidden=True)
    raise MissingPermission(sentence, vendor=lever.vendor)
