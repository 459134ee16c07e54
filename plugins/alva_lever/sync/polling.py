"""Polls Lever for everything that needs action in a window of time."""

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
from alva_lever.rules.model import Opportunity, Policy, Posting
from alva_lever.rules.window import Window
from alva_lever.settings import Settings
from alva_lever.sync.items import POSTING, joined
from alva_lever.sync.snapshot import Postings, Seen

log = logging.getLogger(__name__)

# One read, one tag, and an allowance for refusals by Alva, which cost a note and a read of the notes.
LIKELY_CALLS = 3.0
# One read, and a share of the listing that confirms the departure.
_DEPARTED_CALLS = 2.0
# One read, unless a candidate of the same batch has caused it already.
_POSTING_CALLS = 1.0
# Reasons that hold whatever the notes say, and the posting of one who did not just apply.
_FIRST_ROWS = {Reason.GONE, Reason.CONFIDENTIAL, Reason.ARCHIVED, Reason.ALREADY_INVITED}
# How many posting ids fit well into one URL.
_POSTINGS_AT_ONCE = 40
_TAGGED = OpportunityFilter(tag=(tags.SEND_TESTS,), archived=False)


def _entered(policies: Iterable[Policy], window: Window) -> OpportunityFilter:
    return OpportunityFilter(
        stage_id=tuple({policy.trigger_stage.id: None for policy in policies}),
        advanced_at_start_ms=window.first_ms,
        advanced_at_end_ms=window.last_ms,
    )


def _added(window: Window) -> OpportunityFilter:
    return OpportunityFilter(created_at_start_ms=window.first_ms, created_at_end_ms=window.last_ms)


def _applied_late(posting_ids: tuple[str, ...], window: Window) -> OpportunityFilter:
    return OpportunityFilter(posting_id=posting_ids, updated_at_start_ms=window.first_ms)


def finds(opportunity: Opportunity, posting: Posting | None, window: Window, policy: Policy) -> str | None:
    """Returns why a poll of this window finds the opportunity, as the end of a sentence; None if it doesn't."""
    if _entered([policy], window).matches(opportunity):
        return f"it came into {policy.trigger_stage.name} in that time"
    if _TAGGED.matches(opportunity):
        return f"it has `{tags.SEND_TESTS}`"
    if _added(window).matches(opportunity):
        return "it was added to Lever in that time"
    application = opportunity.application
    if posting is not None and tags.SCREENING in posting.tags and application is not None:
        late = _applied_late((posting.id,), window).matches(opportunity)
        if late and window.has(application.created_at_ms):
            return f"it applied in that time, for a posting with `{tags.SCREENING}`"
    return None


class Poll:
    """Lists in Lever everything that an event could report, and all opportunities with the tag `Alva: Send Tests`.

    A listing shows whole opportunities, so the poll counts those that need no action, and drops them. The rest go into
    batches, and are read again by id before anything is done. A posting is read once, if the decision needs it.

    Memory holds one page of opportunities, and the ids of everything found.
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
        """`due`: leftovers of earlier runs that are due now. `waiting_ids`: of all leftovers; a batch does those
        that the poll finds, so that they leave the list. `report`: counts the opportunities that need no action."""
        self._lever = lever
        self._settings = settings
        self._window = window
        self._now = now
        # What waits in a batch, by id: leftovers, departures and unreadable rows. A later finding of the same id joins
        # its claim to the item's, so that nothing that was found is lost.
        self._items = {str(item["id"]): dict(item) for item in due}
        self._known: set[str] = set()
        self._waiting_ids = waiting_ids
        # Postings that may be tagged `Alva: Screening`.
        self._screening: list[str] = []
        self._postings = Postings(lever, report.near_miss)
        self._unread: set[str] = set()
        self._postings_are_down = False
        # Postings with a new application of a candidate who needs no action.
        self._arrived: dict[str, None] = {}
        self._report = report
        self.batches = Batches()

    def find(self) -> None:
        """Fills `batches` and the report. :raises ApiError: a listing is incomplete; nothing is left out silently."""
        window = self._window
        for item in self._items.values():
            self.batches.add(item, LIKELY_CALLS)
        for posting in self._lever.postings_tagged(tags.SCREENING):
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
                # The opportunity may be readable by its id; if not, only this one fails.
                unknown = Claim(new_within_ms=frozenset({(window.first_ms, window.last_ms)}))
                self._add(opportunity.id, unknown, LIKELY_CALLS)
            elif opportunity.id in self._items:
                self._add(opportunity.id, self._claim(opportunity), LIKELY_CALLS)
            elif self._is_new(opportunity.id):
                self._sort(opportunity)
        for posting_id in self._arrived:
            if posting_id in self._items:
                self._items[posting_id].pop(DUE, None)
            else:
                self.batches.add({"id": posting_id, "is": POSTING}, _POSTING_CALLS)
        self._near_misses()

    def _add(self, opportunity_id: str, claim: Claim, calls: float) -> None:
        found = {"id": opportunity_id, **claim.as_json()}
        if opportunity_id in self._items:
            item = self._items[opportunity_id]
            item.update(joined(item, found))
            item.pop(DUE, None)
        elif self._is_new(opportunity_id):
            self._items[opportunity_id] = found
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
        yield from self._lever.every_opportunity(_TAGGED)
        yield from self._lever.every_opportunity(_added(window))
        yield from self._late_applications()

    def _entries(self) -> Iterator[Opportunity | Unreadable]:
        """Yields the opportunities that entered a trigger stage in the window and are still in it."""
        window = self._window
        started_ms = int(self._now() * 1000)
        for row in self._lever.every_opportunity(_entered(self._settings.policies, window)):
            entered_ms = None if isinstance(row, Unreadable) else row.last_advanced_at_ms
            # `every_opportunity` also lists what moved while it was listing. Skips entries between the window's end and
            # the start of the listing, which belong to the next run.
            if entered_ms is None or window.has(entered_ms) or entered_ms >= started_ms:
                yield row

    def _late_applications(self) -> Iterator[Opportunity | Unreadable]:
        """Yields older leads who were added to a posting with screening in the window."""
        for start in range(0, len(self._screening), _POSTINGS_AT_ONCE):
            some = tuple(self._screening[start : start + _POSTINGS_AT_ONCE])
            for row in self._lever.every_opportunity(_applied_late(some, self._window)):
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
        """Returns why the opportunity needs no action, as its row and its posting show; None if it may need some."""
        case = KnownCase(
            self._settings.policy_for(opportunity.posting_id),
            opportunity,
            new=bool(self._claim(opportunity).new_since_ms),
            asked_again=True,
        )
        reason = decide(case)
        if reason in _FIRST_ROWS:
            return self._of_an_arrival(opportunity, reason) if case.new else reason
        if reason.invites or may_have_failed(opportunity):
            # The batch reads the posting, or the notes.
            return None
        seen = self._see(opportunity.posting_id)
        if seen is None:
            return None
        reason = decide(replace(case, posting=seen.it, posting_hidden=seen.hidden))
        return None if reason.invites else reason

    def _of_an_arrival(self, opportunity: Opportunity, reason: Reason) -> Reason:
        """Returns the reason for one who just applied. Their posting is to be brought up to date in Alva, unless it is
        confidential: then they are too. If it can't be read, the fault is the posting's."""
        if reason in (Reason.GONE, Reason.CONFIDENTIAL):
            return reason
        seen = self._see(opportunity.posting_id)
        is_secret = seen is not None and (seen.hidden or (seen.it is not None and seen.it.confidential))
        return Reason.CONFIDENTIAL if is_secret else reason

    def _see(self, posting_id: str | None) -> Seen[Posting] | None:
        """Returns the posting; None if it can't be read: its candidates go into a batch, and the fault is theirs.

        After a passing fault it reads no further posting: a batch waits in several threads, and a poll in one.
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
        """Returns the claim of a listed opportunity. An application that is new in this run stays new in later runs
        that retry it."""
        application = opportunity.application
        if application is None or not self._window.has(application.created_at_ms):
            return Claim()
        return Claim(new_since_ms={application.id: self._window.first_ms})

    def _near_misses(self) -> None:
        """Reports opportunities with a tag that is nearly `Alva: Send Tests`."""
        try:
            account = self._lever.tags()
            for tag in tags.near_misses(account, tags.ON_OPPORTUNITIES):
                carriers = self._lever.opportunities(OpportunityFilter(tag=(tag,), archived=False))
                for row in islice(carriers, IDS_SHOWN):
                    self._report.near_miss(row.id, [tag])
        except Unauthorized:
            raise
        except ApiError as error:
            # Near misses only help people; the run does not fail without them.
            log.warning("Without the account's tags some near misses are not reported: %s", error)


def _calls(opportunity: Opportunity) -> float:
    """Returns how many calls to Lever one candidate is likely to take: a read by id, then notes, tags and postings."""
    if may_have_failed(opportunity):
        return 5.0
    fails = opportunity.posting_id is None or first_valid(opportunity.emails) is None
    return 4.0 if fails else LIKELY_CALLS
