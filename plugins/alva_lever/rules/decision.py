"""Who is invited: the table of `decide`, one row a rule, the first match wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from alva_lever.rules import tags
from alva_lever.rules.model import Opportunity, Posting
from alva_lever.rules.policy import Policy


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


@dataclass(frozen=True, slots=True)
class Case:
    """One opportunity as it is now, and what is asked of it.

    `opportunity` None: it is gone. `hidden`: Lever refuses to show it or its posting. `posting` None: it has none, or
    it isn't known yet, or any more. `named`: a person named it in this manual run. `new`: its application was created
    in the time that the run looks at. `arrived`: an event tells of its application and of no entry into a stage: then
    it isn't the trigger stage that invites. `asked_again`: see `asking`.
    """

    policy: Policy
    opportunity: Opportunity | None
    hidden: bool = False
    posting: Posting | None = None
    named: bool = False
    new: bool = False
    arrived: bool = False
    asked_again: bool = False

    def tagged(self, *names: str) -> bool:
        """Whether the opportunity has one of these tags."""
        return self.opportunity is not None and not set(names).isdisjoint(self.opportunity.tags)

    def posting_tagged(self, name: str) -> bool:
        return self.posting is not None and name in self.posting.tags

    @property
    def in_trigger_stage(self) -> bool:
        return self.opportunity is not None and self.opportunity.stage_id == self.policy.trigger_stage.id


def _gone(case: Case) -> bool:
    return not case.hidden and (case.opportunity is None or case.opportunity.anonymised)


def _confidential(case: Case) -> bool:
    return (
        case.hidden
        or (case.opportunity is not None and case.opportunity.confidential)
        or (case.posting is not None and case.posting.confidential)
    )


def _archived(case: Case) -> bool:
    return case.opportunity is not None and case.opportunity.archived is not None


def _already_invited(case: Case) -> bool:
    return case.tagged(tags.INVITATION_SENT, tags.COMPLETED)


def _awaiting_retry(case: Case) -> bool:
    return case.tagged(tags.INVITATION_FAILED, tags.INVITATION_BOUNCED) and not case.asked_again


def _blocked_origin(case: Case) -> bool:
    return case.opportunity is not None and case.opportunity.origin in case.policy.blocked_origins


_TABLE: tuple[tuple[Callable[[Case], bool], Reason], ...] = (
    (_gone, Reason.GONE),
    (_confidential, Reason.CONFIDENTIAL),
    (_archived, Reason.ARCHIVED),
    (_already_invited, Reason.ALREADY_INVITED),
    (_awaiting_retry, Reason.AWAITING_RETRY),
    (lambda case: case.tagged(tags.SEND_TESTS), Reason.SEND_TESTS),
    (lambda case: case.posting_tagged(tags.SKIP_ASSESSMENT), Reason.SKIP_ASSESSMENT),
    (_blocked_origin, Reason.BLOCKED_ORIGIN),
    (lambda case: case.in_trigger_stage and not case.arrived, Reason.TRIGGER_STAGE),
    (lambda case: case.posting_tagged(tags.SCREENING) and case.new, Reason.SCREENING),
    (lambda case: case.named, Reason.MANUAL),
    (lambda case: True, Reason.NOT_REQUESTED),
)
# Rows 1 to 4 hold whatever the posting and the notes say (a confidential posting makes its opportunity confidential).
_WITHOUT_POSTING = _TABLE[:4]


def decide(case: Case) -> Reason:
    """What becomes of it; `Reason.invites` says whether that is an invitation."""
    return next(reason for holds, reason in _TABLE if holds(case))


def settled(case: Case) -> Reason | None:
    """The answer, where it doesn't depend on posting or notes; None where those have to be looked at."""
    return next((reason for holds, reason in _WITHOUT_POSTING if holds(case)), None)


def may_have_failed(opportunity: Opportunity) -> bool:
    """Whether its notes must be read to know if somebody asked again."""
    return not {tags.INVITATION_FAILED, tags.INVITATION_BOUNCED}.isdisjoint(opportunity.tags)
