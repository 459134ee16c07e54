"""Failed invitations: what was reported, whether somebody asked again, and what makes a request one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from alva_lever.rules import tags
from alva_lever.rules.addresses import fingerprint, first_valid, same
from alva_lever.rules.invitation import Reason
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity, Posting
from alva_lever.rules.notes import Failure, bounce_key, own
from alva_lever.rules.policy import Policy

# By so much the clocks of two services may differ.
CLOCKS_MS = 2 * 60 * 1000


class Again(StrEnum):
    """What asked again after a failure."""

    ENTRY = "entry"
    NAMED = "named"
    CAUSE_REMOVED = "cause_removed"


@dataclass(frozen=True, slots=True)
class Reported:
    """A note that reports a failure or a bounce. `failure` None: a bounce."""

    failure: str | None
    key: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Request:
    """Who or what asks in this run. `named_ms`: the manual runs in which a person named this one, and when they did."""

    policy: Policy
    named_ms: Mapping[str, int] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        return bool(self.named_ms)

    @property
    def run_id(self) -> str:
        """The last of these runs."""
        return max(self.named_ms, key=self.named_ms.__getitem__)


def reports(notes: Iterable[Note]) -> list[Reported]:
    """The integration's own notes about failures and bounces, the oldest first."""
    found = [report for note in notes if (report := _report(note)) is not None]
    return sorted(found, key=lambda report: report.at_ms)


def bounce_report(told: Iterable[Reported], candidate: AlvaCandidate) -> Reported | None:
    """What reports this very bounce, the last where there are several."""
    key = bounce_key(candidate)
    return max((one for one in told if one.failure is None and one.key == key), key=lambda one: one.at_ms, default=None)


def failed_since_bounce(told: Iterable[Reported], candidate: AlvaCandidate) -> bool:
    """Whether it was asked again after this bounce, and that failed: then that is what holds it up."""
    told = list(told)
    bounce = bounce_report(told, candidate)
    since_ms = _sent_before_ms(candidate) if bounce is None else bounce.at_ms
    return since_ms is not None and any(one.failure is not None and one.at_ms >= since_ms for one in told)


def entered_since_sent(opportunity: Opportunity, candidate: AlvaCandidate, policy: Policy) -> bool:
    """Whether it came into the trigger stage after the candidate's last invitation was sent."""
    entry_ms, sent_before_ms = opportunity.entered_ms(policy.trigger_stage.id), _sent_before_ms(candidate)
    return entry_ms is not None and sent_before_ms is not None and entry_ms > sent_before_ms


def is_answered(opportunity: Opportunity, candidate: AlvaCandidate, told: list[Reported], policy: Policy) -> bool:
    """Whether the invitation that bounced was sent for the last entry: a crash kept both from being reported."""
    if bounce_report(told, candidate) is not None or _sent_before_ms(candidate) is None:
        return False
    if tags.INVITATION_BOUNCED in opportunity.tags and all(one.failure is not None for one in told):
        # A person has deleted the note: any entry counts as later.
        return False
    return not entered_since_sent(opportunity, candidate, policy)


def asked_again(
    opportunity: Opportunity,
    told: list[Reported],
    request: Request,
    *,
    posting: Posting | None,
    candidate: AlvaCandidate | None,
) -> Again | None:
    """What asked again since the failure that the opportunity's tag shows; None if nothing did.

    `told` are its `reports`. `posting`: the one it is on, as Lever shows it. `candidate`: the one in Alva, asked for
    where `needs_alva` says so.
    """
    # Those that the tag shows; none where a person has deleted the note. A failure after a bounce whose tag a crash
    # kept from being set is not among them: it fails once more, and finds its note.
    bounced = tags.INVITATION_BOUNCED in opportunity.tags
    failed = tags.INVITATION_FAILED in opportunity.tags
    about = [report for report in told if (bounced if report.failure is None else failed)]
    last = about[-1] if about else None
    keys = {report.key for report in about}
    # A run whose failure was reported is answered, and so is an entry, whatever the clocks say. A run that was done has
    # no key: it is older than the report that its invitation came back.
    for run_id, named_ms in request.named_ms.items():
        if run_id not in keys and (last is None or named_ms > last.at_ms - CLOCKS_MS):
            return Again.NAMED
    entry_ms = opportunity.entered_ms(request.policy.trigger_stage.id)
    if entry_ms is not None and (last is None or (entry_ms > last.at_ms and str(entry_ms) not in keys)):
        return Again.ENTRY
    if tags.SEND_TESTS in opportunity.tags and _cause_removed(opportunity, last, posting, candidate):
        return Again.CAUSE_REMOVED
    return None


def needs_alva(opportunity: Opportunity) -> bool:
    """Whether the address that bounced, which only Alva has, may decide if somebody asked again."""
    return {tags.SEND_TESTS, tags.INVITATION_BOUNCED} <= set(opportunity.tags)


def request_key(opportunity: Opportunity, reason: Reason, again: Again | None, request: Request) -> str:
    """What makes this request one: the same request is never reported twice."""
    if request.named:
        return request.run_id
    if again is Again.ENTRY or (again is None and reason is Reason.TRIGGER_STAGE):
        entry_ms = opportunity.entered_ms(request.policy.trigger_stage.id)
        return str(opportunity.last_advanced_at_ms if entry_ms is None else entry_ms)
    if again is None and reason is Reason.SCREENING and opportunity.application is not None:
        return str(opportunity.application.created_at_ms)
    return fingerprint(opportunity.emails)


def _sent_before_ms(candidate: AlvaCandidate) -> int | None:
    """By Lever's clock, when the last invitation had been sent at the latest; None where Alva doesn't say."""
    sent_at_ms = candidate.invitation.sent_at_ms if candidate.invitation else None
    return None if sent_at_ms is None else sent_at_ms + CLOCKS_MS


def _cause_removed(
    opportunity: Opportunity, last: Reported | None, posting: Posting | None, candidate: AlvaCandidate | None
) -> bool:
    address = first_valid(opportunity.emails)
    if address is None:
        return last is not None and last.failure == Failure.NO_POSTING and posting is not None
    if tags.INVITATION_BOUNCED in opportunity.tags:
        if candidate is None:
            # Removed, to be added with the other address, and that is what is still to be done.
            return True
        # Of somebody whom Alva has anonymised it isn't known which address it was that bounced.
        return bool(candidate.invited_email) and not same(address, candidate.invited_email)
    if last is None:
        # A person has deleted the note, so that the cause isn't known: there is none left to be seen.
        return posting is not None
    if last.failure in (Failure.MISSING_EMAIL, Failure.INVALID_EMAIL):
        return True
    return last.failure == Failure.NO_POSTING and posting is not None


def _report(note: Note) -> Reported | None:
    found = own(note)
    match found.about if found else ():
        case ("failure", failure, key):
            return Reported(failure, key, note.created_at_ms)
        case ("bounce", key):
            return Reported(None, key, note.created_at_ms)
    return None
