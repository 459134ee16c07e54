"""Everything that a poll of Lever finds for a window of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from alva_lever.lever.filters import OpportunityFilter
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import tags
from alva_lever.rules.addresses import first_valid
from alva_lever.rules.decision import Case, may_have_failed, settled
from alva_lever.rules.model import Opportunity
from alva_lever.rules.settings import Settings
from alva_lever.rules.tally import IDS_SHOWN, Tally
from alva_lever.rules.window import Window
from alva_lever.steps.batch import CALLS_PER_TURN
from alva_lever.steps.inviting import SHOWN
from alva_lever.steps.looking import Pair
from alva_lever.transport.errors import Asked, Forbidden
from alva_lever.transport.walk import whole

# A batch fills this much of a turn by what its candidates are expected to cost; the rest is for surprises.
CALLS_PER_BATCH = CALLS_PER_TURN * 9 // 10
# Batches are mapped tasks, of which Airflow takes 1,024.
_MOST_BATCHES = 1000
# A share of a look at several at once.
_LISTED = 0.1
# As many postings as fit well into one URL.
_POSTINGS_AT_ONCE = 40


_POSTINGS: Asked = {"vendor": "Lever", "method": "GET", "path": "/postings"}
_OPPORTUNITIES: Asked = {"vendor": "Lever", "method": "GET", "path": "/opportunities"}


@dataclass(slots=True)
class Found:
    """`batches` are to be looked at and decided; `tally` counts those about whom nothing more is to be asked."""

    batches: list[list[Pair]] = field(default_factory=list)
    hired: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


class Finding:
    """Asks Lever for all that an event could tell, and for whoever carries the tag that asks for tests.

    Memory holds a page of opportunities and the ids of all that were found.
    """

    def __init__(
        self, lever: LeverHook, settings: Settings, window: Window, *, now: Callable[[], float] = time.time
    ) -> None:
        self._lever = lever
        self._settings = settings
        self._window = window
        self._now = now
        # Who completes at once goes from the one to the other.
        self._stages = {stage.id for stage in (settings.trigger_stage, settings.progression_stage) if stage}
        self._known: set[str] = set()
        self._screening: list[str] = []
        # Also what was found before an error.
        self.found = Found()
        self._cost = float(CALLS_PER_BATCH)

    def find(self) -> Found:
        """:raises ApiError: a listing could not be had whole. Nothing is left out quietly."""
        window, found = self._window, self.found
        for posting in whole(self._lever.postings(tag=tags.SCREENING), _POSTINGS):
            found.tally.near_miss(posting.id, tags.near_misses(posting.tags, tags.ON_POSTINGS))
            self._screening.append(posting.id)
        for row in self._lever.deleted_opportunities(
            deleted_at_start_ms=window.first_ms, deleted_at_end_ms=window.last_ms
        ):
            if self._is_new(row.id):
                found.deleted.append(row.id)
        for opportunity in self._hired():
            if self._is_new(opportunity.id):
                found.hired.append(opportunity.id)
        for opportunity in self._candidates():
            if self._is_new(opportunity.id):
                self._sort(opportunity)
        self._near_misses()
        return found

    def _is_new(self, opportunity_id: str) -> bool:
        if opportunity_id in self._known:
            return False
        self._known.add(opportunity_id)
        return True

    def _every_opportunity(self, filters: OpportunityFilter) -> Iterator[Opportunity]:
        return whole(self._lever.every_opportunity(filters), _OPPORTUNITIES)

    def _hired(self) -> Iterator[Opportunity]:
        reasons = tuple(reason.id for reason in self._lever.archive_reasons(type="hired"))
        if not reasons:
            return
        yield from self._every_opportunity(
            OpportunityFilter(
                archive_reason_id=reasons,
                archived_at_start_ms=self._window.first_ms,
                archived_at_end_ms=self._window.last_ms,
            )
        )

    def _candidates(self) -> Iterator[Opportunity]:
        window = self._window
        yield from self._entries()
        yield from self._every_opportunity(OpportunityFilter(tag=(tags.SEND_TESTS,), archived=False))
        yield from self._every_opportunity(
            OpportunityFilter(created_at_start_ms=window.first_ms, created_at_end_ms=window.last_ms)
        )
        yield from self._late_applications()

    def _entries(self) -> Iterator[Opportunity]:
        """Who came into the trigger stage, and stands there still."""
        window = self._window
        started_ms = int(self._now() * 1000)
        asked = OpportunityFilter(
            stage_id=(self._settings.trigger_stage.id,),
            advanced_at_start_ms=window.first_ms,
            advanced_at_end_ms=window.last_ms,
        )
        for row in self._every_opportunity(asked):
            entered_ms = row.last_advanced_at_ms
            # The look at who moved meanwhile also shows who came in before that and after the window: not ours.
            if entered_ms is None or window.has(entered_ms) or entered_ms >= started_ms:
                yield row

    def _late_applications(self) -> Iterator[Opportunity]:
        """Older leads who got onto a posting with screening in this time."""
        for start in range(0, len(self._screening), _POSTINGS_AT_ONCE):
            some = tuple(self._screening[start : start + _POSTINGS_AT_ONCE])
            asked = OpportunityFilter(posting_id=some, updated_at_start_ms=self._window.first_ms)
            for row in self._every_opportunity(asked):
                if row.application is not None and self._window.has(row.application.created_at_ms):
                    yield row

    def _sort(self, opportunity: Opportunity) -> None:
        tally = self.found.tally
        tally.near_miss(opportunity.id, tags.near_misses(opportunity.tags, tags.ON_OPPORTUNITIES))
        reason = settled(Case(self._settings, opportunity))
        arrived = opportunity.application is not None and self._window.has(opportunity.application.created_at_ms)
        if reason is not None and not (arrived and reason in SHOWN):
            tally.count(reason, opportunity.id)
            return
        likely = reason is None and self._is_likely(opportunity)
        cost = _cost(opportunity) if likely else _LISTED
        if self._cost + cost > self._limit():
            self.found.batches.append([])
            self._cost = 0.0
        self._cost += cost
        self.found.batches[-1].append((opportunity.id, None if likely else opportunity.contact_id))

    def _is_likely(self, opportunity: Opportunity) -> bool:
        """Whether something is likely to be done about it, so that it is looked at by its id."""
        return (
            may_have_failed(opportunity)
            or opportunity.stage_id in self._stages
            or tags.SEND_TESTS in opportunity.tags
            or opportunity.posting_id in self._screening
        )

    def _limit(self) -> float:
        return CALLS_PER_BATCH if len(self.found.batches) < _MOST_BATCHES else float("inf")

    def _near_misses(self) -> None:
        """Who carries a tag that was meant to be the one that asks for tests."""
        try:
            account = self._lever.tags()
        except Forbidden:
            return
        for tag in tags.near_misses(account, tags.ON_OPPORTUNITIES):
            carriers = self._lever.opportunities(OpportunityFilter(tag=(tag,), archived=False))
            for row in islice(carriers, IDS_SHOWN):
                self.found.tally.near_miss(row.id, [tag])


def _cost(opportunity: Opportunity) -> float:
    """Calls to Lever that one candidate is likely to take: a look, and what is read or written."""
    if may_have_failed(opportunity):
        return 5.0
    fails = opportunity.posting_id is None or first_valid(opportunity.emails) is None
    return 4.0 if fails else 2.0
