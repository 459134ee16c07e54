"""Decides who is invited: a table with one rule per row, in which the first match wins. Each row also says why it
holds, or why not, in a sentence for the person who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from alva_lever.rules import tags
from alva_lever.rules.model import Opportunity, Policy, Posting
from alva_lever.rules.window import in_words


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

    @property
    def row(self) -> int:
        """The number of its row in the table, from 1."""
        return list(Reason).index(self) + 1


_INVITES = {Reason.SEND_TESTS, Reason.TRIGGER_STAGE, Reason.SCREENING, Reason.MANUAL}


class Case(Protocol):
    """One opportunity in its present state, and what the run asks about it. Each row of the table reads only what it
    needs, so the rest is not requested.

    `opportunity`: None if it is gone, or if `hidden`: Lever refuses to show it. `posting`: None if the opportunity has
    none, if it is gone, or if `posting_hidden`: Lever refuses to show it. `named`: a person named the opportunity in
    this manual run. `new`: its application was created in the run's window. `arrived`: an event reports a new
    application and no stage change, so the trigger stage does not count. `asked_again`: see `reinvitation`. `asking`:
    sentences on what has asked again, or what would; only an explanation reads it.
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
    @property
    def asking(self) -> str: ...


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
    asking: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table, explained for one opportunity. `holds`: None if a row above it decides. `sentence`: the
    facts that decide; no name, address or note."""

    reason: Reason
    holds: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class _Check:
    """One condition of the table. `why` and `why_not` say what it has found, `why_not` if it doesn't hold."""

    reason: Reason
    holds: Callable[[Case], bool]
    why: Callable[[Case], str]
    why_not: Callable[[Case], str]


def _tagged(case: Case, *names: str) -> bool:
    """Whether the opportunity has one of these tags."""
    return case.opportunity is not None and not set(names).isdisjoint(case.opportunity.tags)


def _posting_tagged(case: Case, name: str) -> bool:
    return case.posting is not None and name in case.posting.tags


def _gone(case: Case) -> bool:
    return not case.hidden and (case.opportunity is None or case.opportunity.anonymised)


def _why_gone(case: Case) -> str:
    if case.opportunity is None:
        return "Lever has no opportunity with this id. It was deleted, or it belongs to another account."
    return "The person is anonymised in Lever."


def _why_not_gone(case: Case) -> str:
    return "Lever knows it." if case.hidden else "Lever shows it, and the person is not anonymised."


def _confidential(case: Case) -> bool:
    return case.hidden or (case.opportunity is not None and case.opportunity.confidential)


def _why_confidential(case: Case) -> str:
    return "Lever refuses to show it to the API key." if case.hidden else "It is confidential in Lever."


def _archived(case: Case) -> bool:
    return case.opportunity is not None and case.opportunity.archived is not None


def _why_archived(case: Case) -> str:
    archived = case.opportunity.archived if case.opportunity else None
    return f"It was archived{_on(archived.at_ms if archived else None)}."


def _already_invited(case: Case) -> bool:
    return _tagged(case, tags.INVITATION_SENT, tags.COMPLETED)


def _why_already_invited(case: Case) -> str:
    return f"It has {_carried(case, tags.INVITATION_SENT, tags.COMPLETED)}. Nobody is invited twice."


def _posting_confidential(case: Case) -> bool:
    return case.posting_hidden or (case.posting is not None and case.posting.confidential)


def _why_posting_confidential(case: Case) -> str:
    return (
        "Lever refuses to show its posting to the API key." if case.posting_hidden else "Its posting is confidential."
    )


def _why_posting_not_confidential(case: Case) -> str:
    return _no_posting(case) if case.posting is None else "Nor is its posting."


def _awaiting_retry(case: Case) -> bool:
    return case.opportunity is not None and may_have_failed(case.opportunity) and not case.asked_again


def _why_awaiting_retry(case: Case) -> str:
    return f"It has {_carried(case, *_FAILED)}, and nothing has asked again since. {case.asking}".rstrip()


def _why_not_awaiting_retry(case: Case) -> str:
    if not _tagged(case, *_FAILED):
        return f"No invitation failed: it has neither {_either(*_FAILED)}."
    return f"It has {_carried(case, *_FAILED)}, but an invitation is asked for again. {case.asking}".rstrip()


def _why_not_send_tests(case: Case) -> str:
    return f"It does not have `{tags.SEND_TESTS}`.{_nearly(case, tags.SEND_TESTS)}"


def _why_not_skip_assessment(case: Case) -> str:
    if case.posting is None:
        return _no_posting(case)
    return f"Its posting does not have `{tags.SKIP_ASSESSMENT}`.{_nearly_on_posting(case, tags.SKIP_ASSESSMENT)}"


def _blocked_origin(case: Case) -> bool:
    return case.opportunity is not None and case.opportunity.origin in case.policy.blocked_origins


def _why_not_blocked_origin(case: Case) -> str:
    origin = case.opportunity.origin if case.opportunity else None
    if origin is None:
        return "Lever gives no origin for it."
    blocked = ", ".join(f"`{name}`" for name in sorted(case.policy.blocked_origins)) or "none"
    return f"Its origin is `{origin}`. Blocked origins: {blocked}."


def _in_trigger_stage(case: Case) -> bool:
    return case.opportunity is not None and case.opportunity.stage_id == case.policy.trigger_stage.id


def _why_trigger_stage(case: Case) -> str:
    stage = case.policy.trigger_stage
    entered_ms = case.opportunity.entered_ms(stage.id) if case.opportunity else None
    since = "" if entered_ms is None else f", since {in_words(entered_ms)}"
    return f"It is in the trigger stage, {stage.name}{since}."


def _why_not_trigger_stage(case: Case) -> str:
    if _in_trigger_stage(case):
        return "It is in the trigger stage, but an event reports a new application only, and no entry into it."
    stage_id = case.opportunity.stage_id if case.opportunity else None
    known = next((stage.name for stage in case.policy.pipeline if stage.id == stage_id), None)
    where = f"in the stage {known}" if known else "in a stage that is not in the account's pipeline"
    return f"It is {where}. The trigger stage is {case.policy.trigger_stage.name}."


def _why_screening(case: Case) -> str:
    return f"Its posting has `{tags.SCREENING}`, and its application{_applied(case)} is new."


def _why_not_screening(case: Case) -> str:
    if case.posting is None:
        return _no_posting(case)
    if not _posting_tagged(case, tags.SCREENING):
        return f"Its posting does not have `{tags.SCREENING}`.{_nearly_on_posting(case, tags.SCREENING)}"
    return (
        f"Its posting has `{tags.SCREENING}`, but its application{_applied(case)} is not new: it was not created in "
        "the time that the run covers."
    )


_FAILED = (tags.INVITATION_FAILED, tags.INVITATION_BOUNCED)
_TABLE: tuple[_Check, ...] = (
    _Check(Reason.GONE, _gone, _why_gone, _why_not_gone),
    _Check(Reason.CONFIDENTIAL, _confidential, _why_confidential, lambda case: "It is not confidential."),
    _Check(Reason.ARCHIVED, _archived, _why_archived, lambda case: "It is not archived."),
    _Check(
        Reason.ALREADY_INVITED,
        _already_invited,
        _why_already_invited,
        lambda case: f"It has neither {_either(tags.INVITATION_SENT, tags.COMPLETED)}.",
    ),
    # A confidential posting makes its opportunities confidential, so the rows above need not read it.
    _Check(Reason.CONFIDENTIAL, _posting_confidential, _why_posting_confidential, _why_posting_not_confidential),
    _Check(Reason.AWAITING_RETRY, _awaiting_retry, _why_awaiting_retry, _why_not_awaiting_retry),
    _Check(
        Reason.SEND_TESTS,
        lambda case: _tagged(case, tags.SEND_TESTS),
        lambda case: f"It has `{tags.SEND_TESTS}`. Rows 7 to 10 are passed over.",
        _why_not_send_tests,
    ),
    _Check(
        Reason.SKIP_ASSESSMENT,
        lambda case: _posting_tagged(case, tags.SKIP_ASSESSMENT),
        lambda case: f"Its posting has `{tags.SKIP_ASSESSMENT}`.",
        _why_not_skip_assessment,
    ),
    _Check(
        Reason.BLOCKED_ORIGIN,
        _blocked_origin,
        lambda case: f"Its origin, `{case.opportunity.origin if case.opportunity else None}`, is blocked.",
        _why_not_blocked_origin,
    ),
    _Check(
        Reason.TRIGGER_STAGE,
        lambda case: _in_trigger_stage(case) and not case.arrived,
        _why_trigger_stage,
        _why_not_trigger_stage,
    ),
    _Check(
        Reason.SCREENING,
        lambda case: _posting_tagged(case, tags.SCREENING) and case.new,
        _why_screening,
        _why_not_screening,
    ),
    _Check(
        Reason.MANUAL,
        lambda case: case.named,
        lambda case: "A person names it in a manual run.",
        lambda case: "No person names it in this run.",
    ),
    _Check(
        Reason.NOT_REQUESTED,
        lambda case: True,
        lambda case: "No row above holds: nothing asks for an invitation.",
        lambda case: "",
    ),
)


def decide(case: Case) -> Reason:
    """Returns the first reason that holds; `Reason.invites` says whether it leads to an invitation."""
    return next(check.reason for check in _TABLE if check.holds(case))


def explain(case: Case) -> tuple[Row, ...]:
    """Returns the twelve rows of the table, in their order. Exactly one holds: the one that `decide` returns.

    Reads no more than the decision and its sentences need. So where row 3 or 4 decides, row 2 says nothing of the
    posting.
    """
    found: dict[Reason, Row] = {}
    decided = decide(case)
    for check in _TABLE:
        holds = check.holds(case)
        said = check.why(case) if holds else check.why_not(case)
        if not holds and check.reason in found:
            said = f"{found[check.reason].sentence} {said}"
        found[check.reason] = Row(check.reason, holds, said)
        if holds:
            break
    below = f"Row {decided.row} decides."
    return tuple(found[one] if one.row <= decided.row else Row(one, None, below) for one in Reason)


def may_have_failed(opportunity: Opportunity) -> bool:
    """Whether an invitation failed or bounced, so that the notes must be read to see if another one is requested."""
    return not set(_FAILED).isdisjoint(opportunity.tags)


# Parts of the sentences.


def _carried(case: Case, *names: str) -> str:
    present = case.opportunity.tags if case.opportunity else ()
    return " and ".join(f"`{name}`" for name in names if name in present)


def _either(one: str, other: str) -> str:
    return f"`{one}` nor `{other}`"


def _on(moment_ms: int | None) -> str:
    return "" if moment_ms is None else f" on {in_words(moment_ms)}"


def _applied(case: Case) -> str:
    application = case.opportunity.application if case.opportunity else None
    at_ms = application.created_at_ms if application else None
    return "" if at_ms is None else f" of {in_words(at_ms)}"


def _no_posting(case: Case) -> str:
    has_one = case.opportunity is not None and case.opportunity.posting_id is not None
    return "Lever no longer has its posting." if has_one else "It is on no posting."


def _nearly(case: Case, name: str) -> str:
    return _nearly_is(tags.near_misses(case.opportunity.tags if case.opportunity else (), [name]))


def _nearly_on_posting(case: Case, name: str) -> str:
    return _nearly_is(tags.near_misses(case.posting.tags if case.posting else (), [name]))


def _nearly_is(near: list[str]) -> str:
    return f" It has `{near[0]}`, which is another tag: Lever tells capitals and blanks apart." if near else ""
