"""Shows candidates to a person who looks at the page: one page of a listing in Lever at a time. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from alva_lever.alva.hook import AlvaHook
from alva_lever.http.paginator import Page, Unreadable, readable
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.opportunities import OpportunityFilter
from alva_lever.rules import tags
from alva_lever.rules.invitation import KnownCase, Reason, decide
from alva_lever.rules.model import Opportunity, Posting
from alva_lever.rules.window import Window
from alva_lever.settings import Settings
from alva_lever.sync.polling import finds


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate as Lever shows them now. `alva_page`: their page in Alva, if the opportunity has a link to it.

    `reason`: the table's, where it was asked for. `entered_ms`: when they came into the trigger stage. `awaited`:
    whether the next scheduled run looks at them.
    """

    opportunity_id: str
    name: str = field(repr=False)
    alva_page: str | None = field(repr=False)
    reason: Reason | None = None
    entered_ms: int | None = None
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class CandidatesPage:
    """A page of candidates. `left_out`: how many of Lever's page are not shown since they were invited already.
    `unreadable_ids`: of rows that can't be read. `next_token`: of the next page, None on the last one."""

    candidates: tuple[Candidate, ...]
    left_out: int
    unreadable_ids: tuple[str, ...]
    next_token: str | None


class CandidatePages:
    """Reads pages of candidates."""

    def __init__(self, lever: LeverHook, alva: AlvaHook, settings: Settings) -> None:
        self._lever = lever
        self._alva = alva
        self._settings = settings

    def carriers(self, tag: str, token: str | None) -> CandidatesPage:
        """Returns the candidates who carry this tag and are not archived. One call."""
        page = self._lever.opportunity_page(OpportunityFilter(tag=(tag,), archived=False), token)
        shown = [self._candidate(row) for row in page.rows if not isinstance(row, Unreadable)]
        return _page(page, shown)

    def standing(self, token: str | None, *, window: Window | None) -> CandidatesPage:
        """Returns who stands in a trigger stage, is not archived and was not invited. A call for the page, and two
        for the postings that skip the assessment. `window`: the time that the next scheduled run covers."""
        stages = tuple({policy.trigger_stage.id: None for policy in self._settings.policies})
        page = self._lever.opportunity_page(OpportunityFilter(stage_id=stages, archived=False), token)
        rows = [row for row in page.rows if not isinstance(row, Unreadable)]
        # Of a posting, only this tag matters for candidates in the trigger stage whom Lever lists.
        skipping = self._lever.postings_tagged(tags.SKIP_ASSESSMENT) if rows else ()
        postings = {posting.id: posting for posting in readable(skipping, "Lever's posting")}
        shown = [self._standing(row, postings, window) for row in rows]
        return _page(page, [one for one in shown if one.reason is not Reason.ALREADY_INVITED])

    def _standing(self, opportunity: Opportunity, postings: Mapping[str, Posting], window: Window | None) -> Candidate:
        policy = self._settings.policy_for(opportunity.posting_id)
        # Whether a person has asked again is in the notes, which a listing doesn't have: the page "Why?" reads them.
        posting = postings.get(opportunity.posting_id or "")
        case = KnownCase(policy, opportunity, posting=posting)
        return replace(
            self._candidate(opportunity),
            reason=decide(case),
            entered_ms=opportunity.entered_ms(policy.trigger_stage.id),
            awaited=window is not None and finds(opportunity, posting, window, policy) is not None,
        )

    def _candidate(self, opportunity: Opportunity) -> Candidate:
        page = next((link for link in opportunity.links if self._alva.has_page(link)), None)
        shown = "" if opportunity.anonymised or opportunity.confidential else opportunity.name
        return Candidate(opportunity.id, shown, page)


def _page(page: Page[Opportunity], shown: list[Candidate]) -> CandidatesPage:
    unreadable = tuple(row.id for row in page.rows if isinstance(row, Unreadable))
    left_out = len(page.rows) - len(unreadable) - len(shown)
    return CandidatesPage(tuple(shown), left_out, unreadable, page.next)
