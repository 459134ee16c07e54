"""Decides who is invited: a table with one rule per row, in which the first match wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from alva_lever.rules import tags
from alva_lever.rules.model import Opportunity, Policy, Posting


class Reason(StrEnum):
    """The words of a report."""

    GONE = "gone"
    CONFIDENTIAL = "confidential"
    ARCHIVED = "archived"
    ALREADY_INVITED = "already_invited"
    AWAITING_RETRY = "awaiting_retry"
    SEND_TESTS = "send_tests"
    SKIP_ASSESSMENT = "skip_assessment"
    BLOCKED_ORIGIN = "blocked_origin"
    TRIGGER_STAGE = "trigger_stage"
    SCREENING = "screening"
    MANUAL = "manual"
    NOT_REQUESTED = "not_requested"

    @property
    def invites(self) -> bool:
        return self in _INVITES


_INVITES = {Reason.SEND_TESTS, Reason.TRIGGER_STAGE, Reason.SCREENING, Reason.MANUAL}


class Case(Protocol):
    """One opportunity in its present state, and what the run asks about it. Each row of the table reads only what it
    needs, so the rest is not requested.

    `opportunity`: None if it is gone, or if `hidden`: Lever refuses to show it. `posting`: None if the opportunity has
    none, if it is gone, or if `posting_hidden`: Lever refuses to show it. `named`: a person named the opportunity in
    this manual run. `new`: its application was created in the run's window. `arrived`: an event reports a new
    application and no stage change, so the trigger stage does not count. `asked_again`: see `reinvitation`.
    """

    @property
    def policy(self) -> Policy: ...
    @property
    def opportunity(self) -> Opportunity | None: ...
    @property
    def hidden(self) -> bool: ...
    @property
    def posting(self) -> Posting | None: ...
    @property
    def posting_hidden(self) -> bool: ...
    @property
    def named(self) -> bool: ...
    @property
    def new(self) -> bool: ...
    @property
    def arrived(self) -> bool: ...
    @property
    def asked_again(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A `Case` whose values are all known beforehand."""

    policy: Policy
    opportunity: Opportunity | None
    hidden: bool = False
    posting: Posting | None = None
    posting_hidden: bool = False
    named: bool = False
    new: bool = False
    arrived: bool = False
    asked_again: bool = False


def _tagged(case: Case, *names: str) -> bool:
    """Whether the opportunity has one of these tags."""
    return case.opportunity is not None and not set(names).isdisjoint(case.opportunity.tags)


def _posting_tagged(case: Case, name: str) -> bool:
    return case.posting is not None and name in case.posting.tags


def _gone(case: Case) -> bool:
    return not case.hidden and (case.opportunity is None or case.opportunity.anonymised)


def _confidential(case: Case) -> bool:
    return case.hidden or (case.opportunity is not None and case.opportunity.confidential)


def _archived(case: Case) -> bool:
    return case.opportunity is not None and case.opportunity.archived is not None


def _already_invited(case: Case) -> bool:
    return _tagged(case, tags.INVITATION_SENT, tags.COMPLETED)


def _posting_confidential(case: Case) -> bool:
    return case.posting_hidden or (case.posting is not None and case.posting.confidential)


def _awaiting_retry(case: Case) -> bool:
    return case.opportunity is not None and may_have_failed(case.opportunity) and not case.asked_again


def _blocked_origin(case: Case) -> bool:
    return case.opportunity is not None and case.opportunity.origin in case.policy.blocked_origins


def _in_trigger_stage(case: Case) -> bool:
    return case.opportunity is not None and case.opportunity.stage_id == case.policy.trigger_stage.id


_TABLE: tuple[tuple[Callable[[Case], bool], Reason], ...] = (
    (_gone, Reason.GONE),
    (_confidential, Reason.CONFIDENTIAL),
    (_archived, Reason.ARCHIVED),
    (_already_invited, Reason.ALREADY_INVITED),
    # A confidential posting makes its opportunities confidential, so the rows above need not read it.
    (_posting_confidential, Reason.CONFIDENTIAL),
    (_awaiting_retry, Reason.AWAITING_RETRY),
    (lambda case: _tagged(case, tags.SEND_TESTS), Reason.SEND_TESTS),
    (lambda case: _posting_tagged(case, tags.SKIP_ASSESSMENT), Reason.SKIP_ASSESSMENT),
    (_blocked_origin, Reason.BLOCKED_ORIGIN),
    (lambda case: _in_trigger_stage(case) and not case.arrived, Reason.TRIGGER_STAGE),
    (lambda case: _posting_tagged(case, tags.SCREENING) and case.new, Reason.SCREENING),
    (lambda case: case.named, Reason.MANUAL),
    (lambda case: True, Reason.NOT_REQUESTED),
)


def decide(case: Case) -> Reason:
    """Returns the first reason that holds; `Reason.invites` says whether it leads to an invitation."""
    return next(reason for holds, reason in _TABLE if holds(case))


def may_have_failed(opportunity: Opportunity) -> bool:
    """Whether an invitation failed or bounced, so that the notes must be read to see if another one is requested."""
    return not {tags.INVITATION_FAILED, tags.INVITATION_BOUNCED}.isdisjoint(opportunity.tags)
