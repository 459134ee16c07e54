"""The one place where everything between a Lever account and its Alva is wired.

Each DAG finds items in batches of about a minute at Lever's limit, and runs a task for each batch. An item is
`{"id": ..., "is"?: ..., ...}` with its claim, as in `rules.events.Claim.as_json`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from alva_lever.alva.hook import PAGE_LIMIT, AlvaHook
from alva_lever.batch.batch import Batch, Batches, Checkpoint
from alva_lever.batch.leftovers import DUE, Item, Leftover
from alva_lever.batch.run_report import Meter, RunReport
from alva_lever.batch.worker_pool import THREADS, locked
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.events import Claim
from alva_lever.rules.model import AlvaCandidate
from alva_lever.rules.positions import PostingWord
from alva_lever.rules.results import ResultsWord
from alva_lever.rules.window import Window
from alva_lever.settings import Settings
from alva_lever.sync.candidate_pages import CandidatePages, CandidatesPage
from alva_lever.sync.events import Claiming, Departures, resolve
from alva_lever.sync.explanation import Explaining, Explanation
from alva_lever.sync.invitations import Errand, Inviting
from alva_lever.sync.items import CANDIDATE, POSITION, POSTING, RESULTS
from alva_lever.sync.lever_writer import LeverWriter
from alva_lever.sync.polling import LIKELY_CALLS, Poll
from alva_lever.sync.postings import Positions, PostingFinding, PostingSync
from alva_lever.sync.results import ResultsWriter, changed_since, likely_calls
from alva_lever.sync.snapshot import Snapshots


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a batch.

    `progress`: the checkpoint, which `save` stores now and then. `repeated`: an earlier attempt began the batch, and
    may have been cut off. `began_ms`: when the run began, or began again after it was cleared.
    """

    items: Sequence[Item]
    progress: Checkpoint
    save: Callable[[Checkpoint], None]
    dry_run: bool = False
    repeated: bool = False
    began_ms: int | None = None


class Integration:
    """Finds items, and does batches of them. Each task makes its own."""

    def __init__(
        self,
        settings: Settings,
        lever: LeverHook,
        alva: AlvaHook,
        *,
        now: Callable[[], float] = time.time,
        threads: int = THREADS,
    ) -> None:
        """`threads`: the number of threads that the hooks are made for."""
        self._settings = settings
        self._lever = lever
        self._alva = alva
        self._now = now
        self._threads = threads
        self._meter = Meter(lever, alva)

    # Finding.

    def find_candidates(
        self, window: Window, report: RunReport, due: Iterable[Item] = (), waiting_ids: Collection[str] = ()
    ) -> list[list[Item]]:
        """Finds the candidates in the window; `report` counts those who need no action. `due`: leftovers of earlier
        runs that are due now; `waiting_ids`: of all leftovers. Checks Alva's key first.

        :raises ApiError: a listing is incomplete; nothing is left out silently.
        """
        self._alva.check_key()
        poll = Poll(self._lever, self._settings, window, report=report, due=due, waiting_ids=waiting_ids, now=self._now)
        poll.find()
        return poll.batches.all

    def named_candidates(self, opportunity_ids: Iterable[str], claim: Claim) -> list[list[Item]]:
        """Returns batches of the opportunities that a person named. :raises ApiError: Alva refuses the key."""
        self._alva.check_key()
        batches = Batches()
        for opportunity_id in opportunity_ids:
            batches.add({"id": opportunity_id, **claim.as_json()}, LIKELY_CALLS)
        return batches.all

    def find_results(self, window: Window, due: Iterable[Item] = ()) -> tuple[list[list[Item]], int]:
        """Finds the candidates who changed in Alva since the window began, and how many of them Alva lists.

        :raises ApiError: the listing is incomplete.
        """
        changed = changed_since(self._alva, window.first_ms)
        waiting = {str(item["id"]): dict(item) for item in due}
        batches = Batches()
        for item in waiting.values():
            batches.add(item, likely_calls(None))

        def add(item: Item, *ids: str, calls: float) -> None:
            """Adds the item, unless it waits already under one of `ids`."""
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
        """Returns batches of the opportunities that a person named."""
        batches = Batches()
        for opportunity_id in opportunity_ids:
            batches.add({"id": opportunity_id, **RESULTS.as_json()}, likely_calls(None))
        return batches.all

    def find_postings(self, report: RunReport, due: Sequence[Item] = ()) -> list[list[Item]]:
        """Finds the postings whose job position differs; `report` counts the others.

        :raises ApiError: a listing is incomplete.
        """
        finding = PostingFinding(self._lever, self._alva, report)
        finding.find(due)
        return finding.batches.all

    # For the page: one page of a listing at a time. Names are for the person who looks, and are never kept.

    def carriers(self, tag: str, token: str | None = None) -> CandidatesPage:
        """Returns the candidates who carry this tag and are not archived. :raises ApiError: they can't be listed."""
        return CandidatePages(self._lever, self._alva, self._settings).carriers(tag, token)

    def standing(self, token: str | None = None, *, window: Window | None = None) -> CandidatesPage:
        """Returns who stands in the trigger stage and was not invited, with the table's reason for each.

        `window`: the time that the next scheduled run covers.

        :raises ApiError: they can't be listed.
        """
        return CandidatePages(self._lever, self._alva, self._settings).standing(token, window=window)

    # Doing. Each raises `Unfinished` after everything that can be done is done, or `ApiError` if it has to end early.

    def do_candidates(
        self, attempt: Attempt, *, window: Window | None = None, positions: dict[str, str] | None = None
    ) -> None:
        """Acts on the claims about opportunities. `window`: the time in which an application counts as new.
        `positions`: by posting id, the ids of job positions that this run has brought up to date; this method adds to
        them."""
        claimed = {str(item["id"]): Claim.of(item) for item in attempt.items}
        postings = {str(item["id"]) for item in attempt.items if item.get("is") == POSTING}
        self._carry_out(attempt, claimed, postings, window=window, positions=positions)

    def do_events(self, attempt: Attempt) -> None:
        """Acts on the claims of deliveries, which may name Alva's candidates."""
        claimed = {str(item["id"]): Claim.of(item) for item in attempt.items if item.get("is") != CANDIDATE}
        candidate_ids = [str(item["id"]) for item in attempt.items if item.get("is") == CANDIDATE]
        progress = attempt.progress
        resolved = resolve(self._alva, [one for one in candidate_ids if one not in progress.done])
        earlier = resolved.reopened(progress)
        for opportunity_id in resolved.opportunity_ids:
            done = opportunity_id in earlier or opportunity_id not in claimed
            claimed[opportunity_id] = RESULTS if done else claimed[opportunity_id].plus(RESULTS)
        do = partial(self._carry_out, attempt, claimed, earlier=earlier)
        resolved.around(do, progress=progress, save=attempt.save, of=len(attempt.items))

    def do_results(self, attempt: Attempt, *, since_ms: int = 0, listed: int = 0) -> None:
        """Mirrors each candidate's present state into Lever. `listed`: how many changed candidates Alva lists since
        `since_ms`. If that is cheaper than reading each candidate, lists them again: personal data does not travel from
        task to task."""
        progress = attempt.progress
        left = [item for item in attempt.items if item["id"] not in progress.done]
        resolved = resolve(self._alva, [str(item["id"]) for item in left if item.get("is") == CANDIDATE])
        earlier = resolved.reopened(progress)
        known: Mapping[str, AlvaCandidate] = {}
        if 0 < listed / PAGE_LIMIT < len(attempt.items) / 2:
            known = changed_since(self._alva, since_ms).candidates
        # If an opportunity has several candidates, the listing may lack the one that counts.
        known = {one: found for one, found in known.items() if one not in resolved.opportunity_ids}
        snapshots = self._snapshots(progress)
        results = ResultsWriter(LeverWriter(self._lever), dry_run=attempt.dry_run)

        def do(opportunity_id: str) -> str:
            word = results.write(snapshots.of(opportunity_id, known.get(opportunity_id)))
            return earlier.get(opportunity_id, word) if word == ResultsWord.UNCHANGED else word

        batch = self._batch(do, attempt)
        named = [str(item["id"]) for item in attempt.items if item.get("is") != CANDIDATE]
        work = partial(batch.work, dict.fromkeys([*named, *resolved.opportunity_ids]))
        resolved.around(work, progress=progress, save=attempt.save, of=len(attempt.items))

    def do_postings(self, attempt: Attempt) -> None:
        """Brings the postings' job positions up to date."""
        sync = PostingSync(self._lever, self._alva, dry_run=attempt.dry_run)
        of_positions = {str(item["id"]) for item in attempt.items if item.get("is") == POSITION}
        batch = self._batch(
            lambda one: sync.do_position(one) if one in of_positions else sync.do(one),
            attempt,
            free=lambda word: word == PostingWord.UNCHANGED,
        )
        batch.work(str(item["id"]) for item in attempt.items)

    # Explaining.

    def explain(
        self, opportunity_id: str, *, window: Window | None = None, leftover: Leftover | None = None
    ) -> Explanation:
        """Explains what both services show of an opportunity, and what runs would do about it. Writes nothing.

        `window`: the time that the next scheduled run covers. `leftover`: what an earlier run could not do about it.

        :raises ApiError: something can't be read.
        """
        explaining = Explaining(
            LeverWriter(self._lever),
            self._alva,
            window=window,
            leftover=leftover,
            now_ms=round(self._now() * 1000),
        )
        snapshots = Snapshots(self._lever, self._alva, self._settings, lambda carrier_id, tags: None)
        return explaining.explain(snapshots.of(opportunity_id), dry_run=self._settings.dry_run)

    def _carry_out(
        self,
        attempt: Attempt,
        claimed: Mapping[str, Claim],
        postings: Collection[str] = (),
        *,
        window: Window | None = None,
        positions: dict[str, str] | None = None,
        earlier: Mapping[str, str] | None = None,
    ) -> None:
        """`postings`: the ids in `claimed` that belong to postings with a new application."""
        progress, dry_run, writer = attempt.progress, attempt.dry_run, LeverWriter(self._lever)
        errand = Errand(window, claimed, dry_run=dry_run, repeated=attempt.repeated, began_ms=attempt.began_ms)
        snapshots, job_positions = self._snapshots(progress), Positions(self._alva, positions)
        claiming = Claiming(
            snapshots=snapshots,
            inviting=Inviting(self._alva, writer, job_positions, errand, progress),
            departures=Departures(self._alva, dry_run=dry_run),
            results=ResultsWriter(writer, dry_run=dry_run),
            errand=errand,
            earlier=earlier or {},
            now_ms=round(self._now() * 1000),
        )

        def do(one: str) -> str | None:
            if one not in postings:
                return claiming.do(one)
            if not job_positions.is_known(one):
                posting = snapshots.postings.see(one).it
                if posting is not None and not dry_run:
                    job_positions.bring_up_to_date(posting)
            return None

        self._batch(do, attempt).work(claimed)

    def _snapshots(self, progress: Checkpoint) -> Snapshots:
        return Snapshots(self._lever, self._alva, self._settings, locked(progress.report.near_miss))

    def _batch(
        self, do: Callable[[str], str | None], attempt: Attempt, free: Callable[[str], bool] = lambda word: False
    ) -> Batch:
        return Batch(
            do, progress=attempt.progress, save=attempt.save, meter=self._meter, threads=self._threads, free=free
        )
