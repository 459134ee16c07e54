"""The present state of one opportunity in Lever and Alva."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from alva_lever.alva.hook import AlvaHook
from alva_lever.http.errors import Forbidden, MissingPermission, NotFound, RequestRejected
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import tags
from alva_lever.rules.invitation import Reason
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity, Policy, Posting, Results
from alva_lever.settings import Settings

T = TypeVar("T")

# Reports the tags of an opportunity or a posting, by its id, that are nearly a control tag.
NearMiss = Callable[[str, list[str]], None]


class ReadOnce(cached_property[T]):
    """A `cached_property` for objects that one thread uses. Before Python 3.12 that has one lock for all objects, so
    that the threads of a batch would wait for each other's requests."""

    def __init__(self, func: Callable[[Any], T]) -> None:
        super().__init__(func)
        self.lock = nullcontext()


class OnceEach(Generic[T]):
    """Values by key. The first thread that needs a value makes it while others wait for it. Errors aren't kept."""

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
        """Drops a value, so that it is made again when it is next needed."""
        with self._lock:
            self._values.pop(key, None)


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """What Lever shows for an id. `it`: None if it is gone, or if `hidden`: Lever refuses to show it."""

    it: T | None
    hidden: bool = False


class Postings:
    """Lever's postings, each read once per task. Safe to use from several threads."""

    def __init__(self, lever: LeverHook, near_miss: NearMiss = lambda posting_id, tags: None) -> None:
        self._lever = lever
        self._near_miss = near_miss
        self._once = OnceEach(self._read)

    def see(self, posting_id: str) -> Seen[Posting]:
        """Reads the posting by id, once. :raises MissingPermission: the key may not read postings."""
        return self._once(posting_id)

    def _read(self, posting_id: str) -> Seen[Posting]:
        seen = _seen(self._lever, "postings", self._lever.posting, posting_id)
        if seen.it is not None:
            self._near_miss(posting_id, tags.near_misses(seen.it.tags, tags.ON_POSTINGS))
        return seen


class Snapshot:
    """The present state of one opportunity in both services. Reads each part on first use and at most once; later
    writes don't change it."""

    def __init__(self, opportunity_id: str, sources: Snapshots, candidate: AlvaCandidate | None = None) -> None:
        """`candidate`: the opportunity's candidate in Alva, if a listing has just shown it."""
        self.opportunity_id = opportunity_id
        self._sources = sources
        if candidate is not None:
            self.candidate = candidate

    @ReadOnce
    def _seen(self) -> Seen[Opportunity]:
        lever, near_miss = self._sources.lever, self._sources.near_miss
        seen = _seen(lever, "opportunities", lever.opportunity, self.opportunity_id)
        if seen.it is not None and not seen.it.confidential and not seen.it.anonymised:
            near_miss(self.opportunity_id, tags.near_misses(seen.it.tags, tags.ON_OPPORTUNITIES))
        return seen

    @property
    def opportunity(self) -> Opportunity | None:
        """None if it is gone or `hidden`. :raises MissingPermission: the key may not read opportunities."""
        return self._seen.it

    @property
    def hidden(self) -> bool:
        """Whether Lever refuses to show this opportunity."""
        return self._seen.hidden

    @property
    def unseen(self) -> Reason | None:
        """Why the opportunity can't be handled: it is confidential or gone. None if it can."""
        opportunity = self.opportunity
        if self.hidden or (opportunity is not None and opportunity.confidential):
            return Reason.CONFIDENTIAL
        return Reason.GONE if opportunity is None or opportunity.anonymised else None

    @property
    def policy(self) -> Policy:
        """The policy for its posting."""
        return self._sources.settings.policy_for(None if self.opportunity is None else self.opportunity.posting_id)

    @ReadOnce
    def _posting(self) -> Seen[Posting]:
        posting_id = None if self.opportunity is None else self.opportunity.posting_id
        return Seen(None) if posting_id is None else self._sources.postings.see(posting_id)

    @property
    def posting(self) -> Posting | None:
        """None if the opportunity has none, or if the posting is gone or hidden.

        :raises MissingPermission: the key may not read postings.
        """
        return self._posting.it

    @property
    def posting_hidden(self) -> bool:
        """Whether Lever refuses to show the posting."""
        return self._posting.hidden

    @ReadOnce
    def notes(self) -> list[Note]:
        """The opportunity's notes."""
        return list(self._sources.lever.notes(self.opportunity_id))

    @ReadOnce
    def candidate(self) -> AlvaCandidate | None:
        """The opportunity's candidate in Alva; if there are several, the one that changed last."""
        return self._sources.alva.find_candidate(self.opportunity_id)

    def results_of(self, candidate: AlvaCandidate) -> tuple[AlvaCandidate, Results | None]:
        """Returns the candidate, and their results if they have completed all tests. Reads the candidate again if the
        two disagree, since the tests may have been reset, or the results withdrawn, in between."""
        if not candidate.completed:
            return candidate, None
        results = self._sources.alva.results(candidate.id)
        if results.role_fit is None and candidate.role_fit is not None:
            candidate = self._sources.alva.candidate(candidate.id)
        return candidate, results if candidate.completed else None

    def again(self) -> Snapshot:
        """Returns a new snapshot, which reads everything again."""
        return Snapshot(self.opportunity_id, self._sources)

    def became(self, refused: RequestRejected) -> Reason | None:
        """Returns why Lever refused a request for the opportunity's notes, tags or links: it has become confidential or
        is gone. None if neither holds, or if the refusal isn't Lever's."""
        return self.again().unseen if refused.vendor == LeverHook.vendor else None


class Snapshots:
    """Takes snapshots. Safe to use from several threads.

    `postings`: shared by all snapshots. `near_miss`: called for each opportunity and posting that is read.
    """

    def __init__(self, lever: LeverHook, alva: AlvaHook, settings: Settings, near_miss: NearMiss) -> None:
        self.lever = lever
        self.alva = alva
        self.settings = settings
        self.near_miss = near_miss
        self.postings = Postings(lever, near_miss)

    def of(self, opportunity_id: str, candidate: AlvaCandidate | None = None) -> Snapshot:
        """Returns a snapshot of this opportunity, without reading anything yet."""
        return Snapshot(opportunity_id, self, candidate)


def _seen(
    lever: LeverHook, resource: Literal["opportunities", "postings"], read: Callable[[str], T], its_id: str
) -> Seen[T]:
    """Reads an opportunity or a posting. If Lever refuses, it hides this one, provided that the key may list the
    others.

    :raises MissingPermission: the key may not list them.
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
        said, remedy = refused.said, refused.remedy
    else:
        return Seen(None, hidden=True)
    raise MissingPermission(said, remedy=remedy, vendor=lever.vendor)
