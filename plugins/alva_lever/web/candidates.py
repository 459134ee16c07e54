"""Candidates as Lever shows them now, for the first page. Names are read for the visitor, and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Response

from alva_lever.account import Account
from alva_lever.connect import lever_site, shared
from alva_lever.http.errors import ApiError
from alva_lever.rules import tags
from alva_lever.rules.invitation import Reason
from alva_lever.rules.report_words import MEANINGS
from alva_lever.rules.window import in_words
from alva_lever.settings import BadOption
from alva_lever.sync.candidate_pages import Candidate, CandidatesPage
from alva_lever.web import airflow_records
from alva_lever.web.pages import a_turn, page
from alva_lever.web.visitors import Looks, OfHtmx, Visitor

router = APIRouter()
STATES: Mapping[str, tuple[str, str]] = {
    "sent": ("Invited", tags.INVITATION_SENT),
    "bounced": ("Bounced", tags.INVITATION_BOUNCED),
    "failed": ("Failed", tags.INVITATION_FAILED),
    "completed": ("Completed", tags.COMPLETED),
}


@router.get("/candidates", dependencies=[Depends(a_turn)])
def candidates(visitor: Looks, part: OfHtmx, state: str = "sent", after: str | None = None) -> Response:
    """A page of the candidates with a status tag."""
    label, tag = STATES.get(state, STATES["sent"])
    caption = f"{label}: not archived, with the tag {tag}"

    def read() -> CandidatesPage:
        return shared(visitor.account).integration().carriers(tag, after)

    return _show(visitor, read, caption, f"candidates?state={state}", part=part)


@router.get("/standing", dependencies=[Depends(a_turn)])
def standing(visitor: Looks, part: OfHtmx, after: str | None = None) -> Response:
    """A page of those who stand in the trigger stage and were not invited, and why."""
    caption = "In the trigger stage and not invited"

    def read() -> CandidatesPage:
        window = airflow_records.next_window(visitor.account.invite_dag_id)
        return shared(visitor.account).integration().standing(after, window=window)

    return _show(visitor, read, caption, "standing?", part=part)


def _show(visitor: Visitor, read: Callable[[], CandidatesPage], caption: str, href: str, *, part: bool) -> Response:
    shown: dict[str, Any] = {"found": None, "problem": "", "why": {}}
    try:
        found = read()
        shown |= {"found": found, "why": _why(visitor.account, found)}
    except (ApiError, BadOption) as fault:
        shown["problem"] = str(fault)
    return page(
        "candidates.html",
        visitor,
        here="./",
        base="part.html" if part else "base.html",
        caption=caption,
        href=href,
        lever_site=lever_site(visitor.account),
        **shown,
    )


def _why(account: Account, found: CandidatesPage) -> dict[str, str]:
    """Returns by id why a candidate in the trigger stage was not invited."""
    rows = [row for row in found.candidates if row.reason is not None]
    if not rows:
        return {}
    state = airflow_records.state_of(account.invite_dag_id)
    waiting, covered = {leftover.id for leftover in state.leftovers()}, state.covered_ms is not None
    return {row.opportunity_id: _reason(row, waits=row.opportunity_id in waiting, covered=covered) for row in rows}


def _reason(row: Candidate, *, waits: bool, covered: bool) -> str:
    """`waits`: they are a leftover. `covered`: a scheduled run has looked already."""
    assert row.reason is not None
    if row.reason is Reason.AWAITING_RETRY:
        return f"{MEANINGS[row.reason]}, as far as this list shows. Why? reads the notes"
    if not row.reason.invites:
        return MEANINGS[row.reason]
    if waits:
        return "Could not be invited yet: a leftover, which later runs try again"
    if row.awaited:
        when = "" if row.entered_ms is None else f" (came {in_words(row.entered_ms)})"
        return f"The next hourly run looks at this candidate{when}"
    if not covered:
        return "No scheduled run has looked yet"
    return "Came before the time that runs have covered, or runs only rehearsed then: start a run from that date"
