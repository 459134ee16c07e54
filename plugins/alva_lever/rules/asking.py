"""Failed invitations: what was reported, whether somebody asked again, and what makes a request one.

A note of the integration ends with a line `Ref: alva-lever/<what>/...`. By that line, and by having no author, it is
known to be its own:

- `Ref: alva-lever/failure/<failure>/<key>`, key: the entry's milliseconds, the run's id, or a hash of the addresses
- `Ref: alva-lever/bounce/<Alva's candidate id>-<sent_at, milliseconds>`
- `Ref: alva-lever/result/<Alva's candidate id>`
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from alva_lever.rules import tags
from alva_lever.rules.addresses import fingerprint, first_valid, same
from alva_lever.rules.decision import Reason
from alva_lever.rules.model import AlvaCandidate, Note, Opportunity
from alva_lever.rules.settings import Settings

_PREFIX = "Ref: alva-lever/"


class Failure(StrEnum):
    """Why an invitation that the rules allow could not be sent."""

    MISSING_EMAIL = "missing_email"
    INVALID_EMAIL = "invalid_email"
    NO_POSTING = "no_posting"
    REFUSED_BY_ALVA = "refused_by_alva"


class Again(StrEnum):
    """What asked again after a failure."""

    ENTRY = "entry"
    NAMED = "named"
    CAUSE_REMOVED = "cause_removed"


@dataclass(frozen=True, slots=True)
class Report:
    """A note that told of a failure or a bounce. `failure` None: a bounce."""

    failure: str | None
    key: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Request:
    """Who or what asks in this run. `run_id` is that of the run in which a person named somebody."""

    settings: Settings
    named: bool
    run_id: str


def failure_ref(failure: str, key: str) -> str:
    return f"{_PREFIX}failure/{failure}/{key}"


def bounce_ref(candidate: AlvaCandidate) -> str:
    sent_at_ms = candidate.invitation.sent_at_ms if candidate.invitation else None
    return f"{_PREFIX}bounce/{candidate.id}-{sent_at_ms or 0}"


def result_ref(candidate_id: str) -> str:
    return f"{_PREFIX}result/{candidate_id}"


def is_own(note: Note, ref: str) -> bool:
    """Whether the integration wrote this note with this last line."""
    return note.author_id is None and _last_line(note.text) == ref


def reports(notes: Iterable[Note]) -> list[Report]:
    """The integration's own notes about failures and bounces, the oldest first."""
    found = [report for note in notes if (report := _report(note)) is not None]
    return sorted(found, key=lambda report: report.at_ms)


def asked_again(
    opportunity: Opportunity, told: list[Report], request: Request, candidate: AlvaCandidate | None
) -> Again | None:
    """What asked again since the failure that the opportunity's tag tells of; None if nothing did.

    `told` are its `reports`. `candidate` is the one in Alva, asked for where `needs_alva` says so.
    """
    last = _last(opportunity, told)
    keys = {report.key for report in told}
    entry_ms = opportunity.entered_ms(request.settings.trigger_stage.id)
    # An entry whose failure was told is answered, whatever the clocks say.
    if entry_ms is not None and (last is None or (entry_ms > last.at_ms and str(entry_ms) not in keys)):
        return Again.ENTRY
    if request.named and request.run_id not in keys:
        return Again.NAMED
    if tags.SEND_TESTS in opportunity.tags and last is not None and _cause_removed(opportunity, last, candidate):
        return Again.CAUSE_REMOVED
    return None


def needs_alva(opportunity: Opportunity, told: list[Report]) -> bool:
    """Whether the address that bounced, which only Alva has, decides if somebody asked again."""
    last = _last(opportunity, told)
    return tags.SEND_TESTS in opportunity.tags and last is not None and last.failure is None


def request_key(opportunity: Opportunity, reason: Reason, again: Again | None, request: Request) -> str:
    """What makes this request one: the same request is never told of twice."""
    if again is Again.NAMED or (again is None and reason is Reason.MANUAL):
        return request.run_id
    if again is Again.ENTRY or (again is None and reason is Reason.TRIGGER_STAGE):
        entry_ms = opportunity.entered_ms(request.settings.trigger_stage.id)
        return str(opportunity.last_advanced_at_ms if entry_ms is None else entry_ms)
    if again is None and reason is Reason.SCREENING and opportunity.application is not None:
        return str(opportunity.application.created_at_ms)
    return fingerprint(opportunity.emails)


def _last(opportunity: Opportunity, told: list[Report]) -> Report | None:
    """The one that the tag tells of; None where a person has deleted the note."""
    bounced = tags.INVITATION_BOUNCED in opportunity.tags
    failed = tags.INVITATION_FAILED in opportunity.tags
    about = [report for report in told if (bounced and report.failure is None) or (failed and report.failure)]
    return about[-1] if about else None


def _cause_removed(opportunity: Opportunity, last: Report, candidate: AlvaCandidate | None) -> bool:
    address = first_valid(opportunity.emails)
    if last.failure is None:
        bounced = None if candidate is None else (candidate.invitation.email if candidate.invitation else "")
        return address is not None and candidate is not None and not same(address, bounced or candidate.email)
    if last.failure in (Failure.MISSING_EMAIL, Failure.INVALID_EMAIL):
        return address is not None
    return last.failure == Failure.NO_POSTING and opportunity.posting_id is not None


def _report(note: Note) -> Report | None:
    if note.author_id is not None:
        return None
    last_line = _last_line(note.text)
    what, _, rest = last_line.removeprefix(_PREFIX).partition("/") if last_line.startswith(_PREFIX) else ("", "", "")
    if what == "failure":
        failure, _, key = rest.partition("/")
        return Report(failure, key, note.created_at_ms)
    return Report(None, rest, note.created_at_ms) if what == "bounce" else None


def _last_line(text: str) -> str:
    return text.rstrip().rpartition("\n")[2].strip()
