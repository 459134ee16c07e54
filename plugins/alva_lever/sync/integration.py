"""All that is done between a Lever account and its Alva: wired here and nowhere else.

Each DAG finds items, in batches of about a minute at Lever's limit, and has a task for each batch. An item is
`{"id": ..., "is"?: ..., ...}` with what is claimed of it, as `rules.claims.Claim.as_json` has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.batch import Batch, Batches
from alva_lever.batch.checkpoint import Checkpoint
from alva_lever.batch.leftovers import DUE, Item
from alva_lever.batch.meter import Meter
from alva_lever.batch.run_report import Tally
from alva_lever.batch.worker_pool import THREADS
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.claims import Claim
from alva_lever.rules.mirror import Word
from alva_lever.rules.model import AlvaCandidate
from alva_lever.rules.positions import Outcome
from alva_lever.rules.window import Window
from alva_lever.settings import Settings
from alva_lever.sync.claiming import Claiming
from alva_lever.sync.finding import LIKELY_CALLS, Finding
from alva_lever.sync.inviting import Errand
from alva_lever.sync.items import CANDIDATE, RESULTS
from alva_lever.sync.looking import Look, Looking
from alva_lever.sync.mirroring import Mirroring, changed_since, likely_calls
from alva_lever.sync.posting_sync import POSITION, PostingFinding, PostingSync
from alva_lever.sync.resolving import resolve

T = TypeVar("T")

# The most that Alva lists in one answer.
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a batch.

    `progress`: what is done so far, which `save` is called with now and then. `repeated`: it was begun before, and may
    have been cut off. `began_ms`: when its run began, or began again.
    """

    items: Sequence[Item]
    progress: Checkpoint
    save: Callable[[Checkpoint], None]
    dry_run: bool = False
    repeated: bool = False
    began_ms: int | None = None


class Integration:
    """Finds, and does batches of what was found. One is made for each task."""

    def __init__(
        self,
        settings: Settings,
        lever: LeverHook,
        alva: AlvaHook,
        *,
        now: Callable[[], float] = time.time,
        threads: int = THREADS,
    ) -> None:
        """`threads`: as many as the hooks are made for."""
        self._settings = settings
        self._lever = lever
        self._alva = alva
        self._now = now
        self._threads = threads
        self._meter = Meter(lever, alva)

    # What is to be done.

    def find_candidates(self, window: Window, tally: Tally, due: Iterable[Item] = ()) -> list[list[Item]]:
        """Everybody whom the window holds; `tally` counts those about whom nothing more is to be asked. `due`: what
        earlier runs could not do, and is to be tried now. Alva's key is tried before anything is looked for.

        :raises ApiError: a listing could not be had whole. Nothing is left out quietly.
        """
        self._alva.check_key()
        finding = Finding(self._lever, self._settings, window, tally=tally, due=due, now=self._now)
        finding.find()
        return finding.batches.all

    def named_candidates(self, opportunity_ids: Iterable[str], claim: Claim) -> list[list[Item]]:
        """Those whom a person named. :raises ApiError: Alva's key isn't accepted."""
        self._alva.check_key()
        batches = Batches()
        for opportunity_id in opportunity_ids:
            batches.add({"id": opportunity_id, **claim.as_json()}, LIKELY_CALLS)
        return batches.all

    def find_results(self, window: Window, due: Iterable[Item] = ()) -> tuple[list[list[Item]], int]:
        """Those who changed in Alva since the window began, and how many of them it lists.

        :raises ApiError: the listing could not be had whole.
        """
        changed = changed_since(self._alva, window.first_ms)
        waiting = {str(item["id"]): dict(item) for item in due}
        batches = Batches()
        for item in waiting.values():
            batches.add(item, likely_calls(None))

        def add(item: Item, *ids: str, calls: float) -> None:
            """`ids`: by any of them it is the same one."""
            known = [waiting[one] for one in ids if one in waiting]
            for one in known:
                one.pop(DUE, None)
            if not known:
                batches.add({**item, **RESULTS.as_json()}, calls)

        for opportunity_id, candidate in changed.candidates.items():
            add({"id": opportunity_id}, opportunity_id, candidate.id, calls=likely_calls(candidate))
        for opportunity_id in changed.opportunity_ids:
            add({"id": opportunity_id}, opportunity_id, calls=likely_calls(None))
        for candidate_id in changed.candidate_ids:
            add({"id": candidate_id, "is": CANDIDATE}, candidate_id, calls=likely_calls(None))
        return batches.all, len(changed)

    def named_results(self, opportunity_ids: Iterable[str]) -> list[list[Item]]:
        """Those whom a person named."""
        batches = Batches()
        for opportunity_id in opportunity_ids:
            batches.add({"id": opportunity_id, **RESULTS.as_json()}, likely_calls(None))
        return batches.all

    def find_postings(self, tally: Tally, due: Sequence[Item] = ()) -> list[list[Item]]:
        """The postings whose job position says something else; `tally` counts the others.

        :raises ApiError: a listing could not be had whole.
        """
        finding = PostingFinding(self._lever, self._alva, tally)
        finding.find(due)
        return finding.batches.all

    # Doing it. Each of these raises `Unfinished` once all that can be done is done, and `ApiError` where it ends early.

    def do_candidates(
        self, attempt: Attempt, *, window: Window | None = None, positions: dict[str, str] | None = None
    ) -> None:
        """What is claimed of opportunities. `window`: the time in which an application counts as new. `positions`: ids
        of job positions by posting id that this run has brought up to date; added to."""
        claimed = {str(item["id"]): Claim.of(item) for item in attempt.items}
        contacts = {str(item["id"]): item.get("contact") for item in attempt.items}
        self._carry_out(attempt, claimed, contacts, window=window, positions={} if positions is None else positions)

    def do_events(self, attempt: Attempt) -> None:
        """The same of what deliveries speak of, which may be Alva's candidates."""
        claimed = {str(item["id"]): Claim.of(item) for item in attempt.items if item.get("is") != CANDIDATE}
        candidate_ids = [str(item["id"]) for item in attempt.items if item.get("is") == CANDIDATE]
        progress = attempt.progress
        resolved = resolve(self._alva, [one for one in candidate_ids if one not in progress.done])
        earlier = resolved.reopened(progress)
        for opportunity_id in resolved.opportunity_ids:
            done = opportunity_id in earlier or opportunity_id not in claimed
            claimed[opportunity_id] = RESULTS if done else claimed[opportunity_id].plus(RESULTS)
        do = partial(self._carry_out, attempt, claimed, dict.fromkeys(claimed), earlier=earlier)
        resolved.around(do, progress=progress, save=attempt.save, of=len(attempt.items))

    def do_results(self, attempt: Attempt, *, since_ms: int = 0, listed: int = 0) -> None:
        """Mirrors the present state of each candidate. `listed`: how many Alva lists that changed since then: where
        that is cheaper than to ask for each, they are listed again, since what Alva says of people isn't handed from
        task to task."""
        progress = attempt.progress
        left = [item for item in attempt.items if item["id"] not in progress.done]
        resolved = resolve(self._alva, [str(item["id"]) for item in left if item.get("is") == CANDIDATE])
        earlier = resolved.reopened(progress)
        known: Mapping[str, AlvaCandidate] = {}
        if 0 < listed / _PAGE < len(attempt.items) / 2:
            known = changed_since(self._alva, since_ms).candidates
        mirroring = Mirroring(
            # Of several candidates of one opportunity the listing may not have the one that counts.
            {one: found for one, found in known.items() if one not in resolved.opportunity_ids},
            lever=self._lever,
            alva=self._alva,
            settings=self._settings,
            near_miss=progress.tally.near_miss,
            dry_run=attempt.dry_run,
        )

        def do(opportunity_id: str) -> str:
            word = mirroring.do(opportunity_id)
            return earlier.get(opportunity_id, word) if word == Word.UNCHANGED else word

        batch: Batch[str] = self._batch(do, str, attempt)
        named = [str(item["id"]) for item in attempt.items if item.get("is") != CANDIDATE]
        todo = batch.todo(dict.fromkeys([*named, *resolved.opportunity_ids]))
        work = partial(batch.work, todo, len(todo))
        resolved.around(work, progress=progress, save=attempt.save, of=len(attempt.items))

    def do_postings(self, attempt: Attempt) -> None:
        """Brings the job positions of postings up to date."""
        sync = PostingSync(self._lever, self._alva, dry_run=attempt.dry_run)
        of_positions = {str(item["id"]) for item in attempt.items if item.get("is") == POSITION}
        batch: Batch[str] = self._batch(
            lambda one: sync.do_position(one) if one in of_positions else sync.do(one),
            str,
            attempt,
            free=lambda word: word == Outcome.UNCHANGED,
        )
        todo = batch.todo(str(item["id"]) for item in attempt.items)
        batch.work(todo, len(todo))

    def _carry_out(
        self,
        attempt: Attempt,
        claimed: Mapping[str, Claim],
        contacts: Mapping[str, str | None],
        *,
        window: Window | None = None,
        positions: dict[str, str] | None = None,
        earlier: Mapping[str, str] | None = None,
    ) -> None:
        """`contacts`: a contact's id for each opportunity about which nothing is likely to be done, None for others."""
        errand = Errand(
            settings=self._settings,
            window=window,
            claims=claimed,
            dry_run=attempt.dry_run,
            repeated=attempt.repeated,
            began_ms=attempt.began_ms,
        )
        claiming = Claiming(
            lever=self._lever,
            alva=self._alva,
            errand=errand,
            progress=attempt.progress,
            positions={} if positions is None else positions,
            earlier=earlier or {},
            now_ms=round(self._now() * 1000),
        )
        batch: Batch[Look | str] = self._batch(
            claiming.do, lambda item: item if isinstance(item, str) else item.opportunity_id, attempt
        )
        todo = batch.todo(contacts)
        batch.work(Looking(self._lever).ahead([(one, contacts[one]) for one in todo]), len(todo))

    def _batch(
        self,
        do: Callable[[T], str],
        id_of: Callable[[T], str],
        attempt: Attempt,
        free: Callable[[str], bool] = lambda word: False,
    ) -> Batch[T]:
        return Batch(
            do,
            id_of,
            progress=attempt.progress,
            save=attempt.save,
            meter=self._meter,
            threads=self._threads,
            free=free,
        )
