"""Everything that a poll of Lever finds for a window of time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from alva_lever.batch.batch import Batches
from alva_lever.batch.leftovers import DUE, Item
from alva_lever.batch.run_report import IDS_SHOWN, RunReport
from alva_lever.http.errors import ApiError, MissingPermission, SetupError, TransientError, Unauthorized
from alva_lever.http.paginator import Unreadable
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.opportunities import OpportunityFilter
from alva_lever.rules import tags
from alva_lever.rules.addresses import first_valid
from alva_lever.rules.events import Claim, Kind
from alva_lever.rules.invitation import KnownCase, Reason, decide, may_have_failed
from alva_lever.rules.model import Opportunity, Posting
from alva_lever.rules.window import Window
from alva_lever.settings import Settings
from alva_lever.sync.items import POSTING, joined
from alva_lever.sync.snapshot import Postings, Seen

log = logging.getLogger(__name__)

# A look, a tag, and room for a refusal by Alva, which costs a note and its look beside it.
LIKELY_CALLS = 3.0
# A look, and a share of the list that confirms it.
_DEPARTED_CALLS = 2.0
# A look, where no candidate of the batch has already led to one.
_POSTING_CALLS = 1.0
# What holds whatever posting and notes say.
_FIRST_ROWS = {Reason.GONE, Reason.CONFIDENTIAL, Reason.ARCHIVED, Reason.ALREADY_INVITED}
# As many postings as fit well into one URL.
_POSTINGS_AT_ONCE = 40


class Poll:
    """Asks Lever for all that an event could tell, and for those who carry the tag that asks for tests.

    A listing shows whole opportunities: it is decided here who is not to be acted on, and they travel no further. The
    others are read once more, by id, before anything is done. A posting is read once, where it decides.

    Memory holds a page of opportunities and the ids of all that were found.
    """

    def __init__(
        self,
        lever: LeverHook,
        settings: Settings,
        window: Window,
        *,
        report: RunReport,
        due: Iterable[Item] = (),
        waiting_ids: Collection[str] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        """`due`: what earlier runs could not do, and is to be tried now. `waiting_ids`: of these and of what is to be
        tried later: a batch does them, so that they leave the list. `report`: counts those about whom nothing is to be
        done."""
        self._lever = lever
        self._settings = settings
        self._window = window
        self._now = now
        self._due = {str(item["id"]): dict(item) for item in due}
        self._known: set[str] = set()
        self._waiting_ids = waiting_ids
        # Postings that may be tagged `Alva: Screening`.
        self._screening: list[str] = []
        self._postings = Postings(lever, report.near_miss)
        self._unread: set[str] = set()
        self._postings_are_down = False
        # Those on which somebody arrived who travels no further.
        self._arrived: dict[str, None] = {}
        self._report = report
        self.batches = Batches()

    def find(self) -> None:
        """:raises ApiError: a listing could not be had whole. Nothing is left out quietly."""
        window = self._window
        for item in self._due.values():
            self.batches.add(item, LIKELY_CALLS)
        for posting in self._lever.postings(tag=tags.SCREENING):
            self._screening.append(posting.id)
            if not isinstance(posting, Unreadable):
                self._report.near_miss(posting.id, tags.near_misses(posting.tags, tags.ON_POSTINGS))
        for row in self._lever.deleted_opportunities(
            deleted_at_start_ms=window.first_ms, deleted_at_end_ms=window.last_ms
        ):
            deleted = Claim(frozenset({Kind.DELETED}), deleted_since_ms=window.first_ms)
            self._add(row.id, deleted, _DEPARTED_CALLS)
        for opportunity in self._hired():
            self._add(opportunity.id, Claim(frozenset({Kind.HIRED})), _DEPARTED_CALLS)
        for opportunity in self._candidates():
            if isinstance(opportunity, Unreadable):
                # The listing is a hint to look: by its id it may be readable, and if not, that is its fault alone.
                unknown = Claim(new_within_ms=frozenset({(window.first_ms, window.last_ms)}))
                self._add(opportunity.id, unknown, LIKELY_CALLS)
            elif opportunity.id in self._due:
                self._add(opportunity.id, self._claim(opportunity), LIKELY_CALLS)
            elif self._is_new(opportunity.id):
                self._sort(opportunity)
        for posting_id in self._arrived:
            if posting_id in self._due:
                self._due[posting_id].pop(DUE, None)
            else:
                self.batches.add({"id": posting_id, "is": POSTING}, _POSTING_CALLS)
        self._near_misses()

    def _add(self, opportunity_id: str, claim: Claim, calls: float) -> None:
        found = {"id": opportunity_id, **claim.as_json()}
        if opportunity_id in self._due:
            # It is in a batch already, and now there may be more to be done about it.
            item = self._due[opportunity_id]
            item.update(joined(item, found))
            item.pop(DUE, None)
        elif self._is_new(opportunity_id):
            self.batches.add(found, calls)

    def _is_new(self, opportunity_id: str) -> bool:
        if opportunity_id in self._known:
            return False
        self._known.add(opportunity_id)
        return True

    def _hired(self) -> Iterator[Opportunity | Unreadable]:
        reasons = tuple(reason.id for reason in self._lever.archive_reasons(type="hired"))
        if not reasons:
            return
        yield from self._lever.every_opportunity(
            OpportunityFilter(
                archive_reason_id=reasons,
                archived_at_start_ms=self._window.first_ms,
                archived_at_end_ms=self._window.last_ms,
            )
        )

    def _candidates(self) -> Iterator[Opportunity | Unreadable]:
        window = self._window
        yield from self._entries()
        yield from self._lever.every_opportunity(OpportunityFilter(tag=(tags.SEND_TESTS,), archived=False))
        yield from self._lever.every_opportunity(
            OpportunityFilter(created_at_start_ms=window.first_ms, created_at_end_ms=window.last_ms)
        )
        yield from self._late_applications()

    def _entries(self) -> Iterator[Opportunity | Unreadable]:
        """Who came into a trigger stage, and stands there still."""
        window = self._window
        started_ms = int(self._now() * 1000)
        asked = OpportunityFilter(
            stage_id=tuple({policy.trigger_stage.id: None for policy in self._settings.policies}),
            advanced_at_start_ms=window.first_ms,
            advanced_at_end_ms=window.last_ms,
        )
        for row in self._lever.every_opportunity(asked):
            entered_ms = None if isinstance(row, Unreadable) else row.last_advanced_at_ms
            # The look at who moved meanwhile also shows who came in before that and after the window: not ours.
            if entered_ms is None or window.has(entered_ms) or entered_ms >= started_ms:
                yield row

    def _late_applications(self) -> Iterator[Opportunity | Unreadable]:
        """Older leads who got onto a posting with screening in this time."""
        for start in range(0, len(self._screening), _POSTINGS_AT_ONCE):
            some = tuple(self._screening[start : start + _POSTINGS_AT_ONCE])
            asked = OpportunityFilter(posting_id=some, updated_at_start_ms=self._window.first_ms)
            for row in self._lever.every_opportunity(asked):
                if isinstance(row, Unreadable) or (
                    row.application is not None and self._window.has(row.application.created_at_ms)
                ):
                    yield row

    def _sort(self, opportunity: Opportunity) -> None:
        self._report.near_miss(opportunity.id, tags.near_misses(opportunity.tags, tags.ON_OPPORTUNITIES))
        claim, reason = self._claim(opportunity), self._decided(opportunity)
        if reason is None or opportunity.id in self._waiting_ids:
            self.batches.add({"id": opportunity.id, **claim.as_json()}, _calls(opportunity))
            return
        self._report.count(reason, opportunity.id)
        came = bool(claim.new_since_ms) and reason not in (Reason.GONE, Reason.CONFIDENTIAL)
        if came and opportunity.posting_id is not None:
            self._arrived[opportunity.posting_id] = None

    def _decided(self, opportunity: Opportunity) -> Reason | None:
        """Why nothing is to be done about it, as far as the listings show; None where something may have to be."""
        case = KnownCase(
            self._settings.policy_for(opportunity.posting_id),
            opportunity,
            new=bool(self._claim(opportunity).new_since_ms),
            asked_again=True,
        )
        reason = decide(case)
        if reason in _FIRST_ROWS:
            return reason
        if reason.invites or may_have_failed(opportunity):
            # A batch looks at the posting, or at the notes.
            return None
        seen = self._see(opportunity.posting_id)
        if seen is None:
            return None
        reason = decide(replace(case, posting=seen.it, posting_hidden=seen.hidden))
        return None if reason.invites else reason

    def _see(self, posting_id: str | None) -> Seen[Posting] | None:
        """A posting; None where it can't be read: then the batch meets the fault, which is that of its candidates.

        After a fault that passes no other posting is read here: a batch has threads to wait with.
        """
        if posting_id is None:
            return Seen(None)
        if posting_id in self._unread or self._postings_are_down:
            return None
        try:
            return self._postings.see(posting_id)
        except (SetupError, Unauthorized, MissingPermission):
            raise
        except ApiError as error:
            self._unread.add(posting_id)
            self._postings_are_down = isinstance(error, TransientError)
            return None

    def _claim(self, opportunity: Opportunity) -> Claim:
        """An application that is new in this run stays new for a run that has to do it later."""
        application = opportunity.application
        if application is None or not self._window.has(application.created_at_ms):
            return Claim()
        return Claim(new_since_ms={application.id: self._window.first_ms})

    def _near_misses(self) -> None:
        """Who carries a tag that was meant to be the one that asks for tests."""
        try:
            account = self._lever.tags()
            for tag in tags.near_misses(account, tags.ON_OPPORTUNITIES):
                carriers = self._lever.opportunities(OpportunityFilter(tag=(tag,), archived=False))
                for row in islice(carriers, IDS_SHOWN):
                    self._report.near_miss(row.id, [tag])
        except Unauthorized:
            raise
        except ApiError as error:
            # They are of help, and no candidate waits for them.
            log.warning("Without the account's tags some near misses are not reported: %s", error)


def _calls(opportunity: Opportunity) -> float:
    """Calls to Lever that one candidate is likely to take: a look, and what is read or written."""
    if may_have_failed(opportunity):
        return 5.0
    fails = opportunity.posting_id is None or first_valid(opportunity.emails) is None
    return 4.0 if fails else LIKELY_CALLS
