"""Failed and bounced invitations: what notes report of them, whether another invitation is requested, and by what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from alva_lever.rules import tags
from alva_lever.rules.addresses import fingerprint, first_valid, same
from alva_lever.rules.invitation import Reason
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity, Policy, Posting
from alva_lever.rules.notes import Failure, bounce_key, own, what_is_wrong, what_to_do
from alva_lever.rules.window import in_words

# How far the clocks of two services may differ.
CLOCKS_MS = 2 * 60 * 1000


class Again(StrEnum):
    """What requests another invitation after a failure."""

    ENTRY = "entry"
    NAMED = "named"
    CAUSE_REMOVED = "cause_removed"


@dataclass(frozen=True, slots=True)
class Reported:
    """A note that reports a failure, or a bounce if `failure` is None."""

    failure: str | None
    key: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Request:
    """A run's request for one opportunity. `named_ms`: by run id, when a person named it in a manual run."""

    policy: Policy
    named_ms: Mapping[str, int] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        return bool(self.named_ms)

    @property
    def run_id(self) -> str:
        """The last manual run in which a person named the opportunity."""
        return max(self.named_ms, key=self.named_ms.__getitem__)


def reports(notes: Iterable[Note]) -> list[Reported]:
    """Returns what the integration's own notes report of failures and bounces, oldest first."""
    found = [report for note in notes if (report := _report(note)) is not None]
    return sorted(found, key=lambda report: report.at_ms)


def bounce_report(reported: Iterable[Reported], candidate: AlvaCandidate) -> Reported | None:
    """Returns the report of the candidate's present bounce, the last one if there are several."""
    key = bounce_key(candidate)
    bounces = (report for report in reported if report.failure is None and report.key == key)
    return max(bounces, key=lambda report: report.at_ms, default=None)


def failed_since_bounce(reported: Iterable[Reported], candidate: AlvaCandidate) -> bool:
    """Whether another invitation was requested after this bounce and failed. The failure is then the status."""
    reported = list(reported)
    bounce = bounce_report(reported, candidate)
    since_ms = _sent_before_ms(candidate) if bounce is None else bounce.at_ms
    return since_ms is not None and any(report.failure is not None and report.at_ms >= since_ms for report in reported)


def entered_since_sent(opportunity: Opportunity, candidate: AlvaCandidate, policy: Policy) -> bool:
    """Whether the opportunity entered the trigger stage after the candidate's last invitation was sent."""
    entry_ms, sent_before_ms = opportunity.entered_ms(policy.trigger_stage.id), _sent_before_ms(candidate)
    return entry_ms is not None and sent_before_ms is not None and entry_ms > sent_before_ms


def is_answered(opportunity: Opportunity, candidate: AlvaCandidate, reported: list[Reported], policy: Policy) -> bool:
    """Whether the bounced invitation was sent for the last stage entry, and a crash kept both from being reported."""
    if bounce_report(reported, candidate) is not None or _sent_before_ms(candidate) is None:
        return False
    if tags.INVITATION_BOUNCED in opportunity.tags and all(report.failure is not None for report in reported):
        # A person has deleted the bounce note: any entry counts as later.
        return False
    return not entered_since_sent(opportunity, candidate, policy)


def asked_again(
    opportunity: Opportunity,
    reported: list[Reported],
    request: Request,
    *,
    posting: Posting | None,
    candidate: AlvaCandidate | None,
) -> Again | None:
    """Returns what has requested another invitation since the failure that the opportunity's tag shows, or None.

    `reported`: the opportunity's `reports`. `posting`: its posting, if Lever shows it. `candidate`: its candidate in
    Alva, needed if `needs_alva`.
    """
    about = _about(opportunity, reported)
    last = about[-1] if about else None
    keys = {report.key for report in about}
    # A run or an entry whose failure was reported is answered, whatever the clocks say. A run that sent its invitation
    # has no key; it is older than the report of its bounce.
    for run_id, named_ms in request.named_ms.items():
        if run_id not in keys and (last is None or named_ms > last.at_ms - CLOCKS_MS):
            return Again.NAMED
    entry_ms = opportunity.entered_ms(request.policy.trigger_stage.id)
    if entry_ms is not None and (last is None or (entry_ms > last.at_ms and str(entry_ms) not in keys)):
        return Again.ENTRY
    if tags.SEND_TESTS in opportunity.tags and _cause_removed(opportunity, last, posting, candidate):
        return Again.CAUSE_REMOVED
    return None


def asking(
    opportunity: Opportunity,
    reported: list[Reported],
    request: Request,
    *,
    posting: Posting | None,
    candidate: AlvaCandidate | None,
) -> str:
    """Returns sentences on what `asked_again` has found: the failure, and what has asked again since, or what would.

    The arguments are those of `asked_again`.
    """
    again = asked_again(opportunity, reported, request, posting=posting, candidate=candidate)
    last = next(reversed(_about(opportunity, reported)), None)
    failure = _failure(last)
    stage = request.policy.trigger_stage
    entry_ms = opportunity.entered_ms(stage.id)
    if last is None:
        told = f"No note reports it, so that any entry into {stage.name} counts as later."
    else:
        told = f"The note of {in_words(last.at_ms)} reports `{last.failure or 'bounced'}`."
        told += f" {what_is_wrong(failure)}" if failure or last.failure is None else ""
    match again:
        case Again.NAMED:
            return f"{told} A person names it in a manual run now."
        case Again.ENTRY:
            return f"{told} It came into {stage.name} after that, on {in_words(entry_ms or 0)}."
        case Again.CAUSE_REMOVED:
            return f"{told} It has `{tags.SEND_TESTS}`, and the cause is gone: {_gone_cause(opportunity, failure)}."
    never = f"It has never come into {stage.name}."
    came = never if entry_ms is None else f"Its last entry into {stage.name} was on {in_words(entry_ms)}."
    tagged = (
        f" It has `{tags.SEND_TESTS}`, but the cause is still there." if tags.SEND_TESTS in opportunity.tags else ""
    )
    unknown = failure is None and tags.INVITATION_BOUNCED not in opportunity.tags
    to_do = "" if unknown else f" {what_to_do(failure, request.policy)}"
    return f"{told} {came}{tagged}{to_do}"


def needs_alva(opportunity: Opportunity) -> bool:
    """Whether `asked_again` needs the address that bounced, which only Alva has."""
    return {tags.SEND_TESTS, tags.INVITATION_BOUNCED} <= set(opportunity.tags)


def request_key(opportunity: Opportunity, reason: Reason, again: Again | None, request: Request) -> str:
    """Returns the key of this request, so that its failure is never reported twice."""
    if request.named:
        return request.run_id
    if again is Again.ENTRY or (again is None and reason is Reason.TRIGGER_STAGE):
        entry_ms = opportunity.entered_ms(request.policy.trigger_stage.id)
        return str(opportunity.last_advanced_at_ms if entry_ms is None else entry_ms)
    if again is None and reason is Reason.SCREENING and opportunity.application is not None:
        return str(opportunity.application.created_at_ms)
    return fingerprint(opportunity.emails)


def _sent_before_ms(candidate: AlvaCandidate) -> int | None:
    """Returns the latest time by Lever's clock at which the last invitation was sent; None if Alva doesn't say."""
    sent_at_ms = candidate.invitation.sent_at_ms if candidate.invitation else None
    return None if sent_at_ms is None else sent_at_ms + CLOCKS_MS


def _about(opportunity: Opportunity, reported: Iterable[Reported]) -> list[Reported]:
    """Returns only the reports that the tag stands for; none if a person has deleted the note. After a bounce, a
    failure whose tag a crash prevented is left out: the invitation fails once more and finds its note."""
    bounced = tags.INVITATION_BOUNCED in opportunity.tags
    failed = tags.INVITATION_FAILED in opportunity.tags
    return [report for report in reported if (bounced if report.failure is None else failed)]


def _failure(last: Reported | None) -> Failure | None:
    """Returns the failure, None for a bounce or a word that is unknown."""
    word = None if last is None else last.failure
    return Failure(word) if word in set(Failure) else None


def _gone_cause(opportunity: Opportunity, failure: Failure | None) -> str:
    if failure in (Failure.MISSING_EMAIL, Failure.INVALID_EMAIL):
        return "there is a valid address now"
    if tags.INVITATION_BOUNCED in opportunity.tags:
        return "its first valid address is not the one that bounced"
    return "it is on a posting now"


def _cause_removed(
    opportunity: Opportunity, last: Reported | None, posting: Posting | None, candidate: AlvaCandidate | None
) -> bool:
    address = first_valid(opportunity.emails)
    if address is None:
        return last is not None and last.failure == Failure.NO_POSTING and posting is not None
    if tags.INVITATION_BOUNCED in opportunity.tags:
        if candidate is None:
            # The candidate was removed from Alva so as to be added with the new address, and that is still to be done.
            return True
        # Alva doesn't show which address bounced if it has anonymised the candidate.
        return bool(candidate.invited_email) and not same(address, candidate.invited_email)
    if last is None:
        # A person has deleted the note, so the cause is unknown; a missing posting is the only one left to check.
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
