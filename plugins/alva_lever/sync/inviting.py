"""One candidate: looked at, decided, invited, and brought up to date in Lever."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.checkpoint import Checkpoint
from alva_lever.batch.worker_pool import locked
from alva_lever.http.errors import Conflict, Forbidden, NotFound, RequestRejected, Unauthorized
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import asking, tags
from alva_lever.rules.addresses import first_valid, is_missing, same, split_name
from alva_lever.rules.asking import Again, Report, Request
from alva_lever.rules.claims import Claim
from alva_lever.rules.decision import Case, Reason, decide, may_have_failed, settled
from alva_lever.rules.mirror import Word
from alva_lever.rules.model import AlvaCandidate, Opportunity, Posting
from alva_lever.rules.notes import ALREADY_ON_JOB, Failure
from alva_lever.rules.policy import Policy
from alva_lever.rules.window import Window
from alva_lever.settings import Settings
from alva_lever.sync.looking import Look, Looking
from alva_lever.sync.positions import Positions
from alva_lever.sync.postings import Postings
from alva_lever.sync.telling import Telling

log = logging.getLogger(__name__)

_BECAME = {Word.CONFIDENTIAL: Reason.CONFIDENTIAL, Word.GONE: Reason.GONE}

# Settled without a look at the posting, which is brought up to date all the same when somebody new came to it.
SHOWN = (Reason.ARCHIVED, Reason.ALREADY_INVITED)
_NOTHING_SAID = Claim()


@dataclass(frozen=True, slots=True)
class Errand:
    """What a run is asked to do.

    `claims`: what is said of each opportunity, where that is more than that somebody may have moved it.
    `repeated`: it was begun before, and may have been cut off. `began_ms`: when it began.
    """

    settings: Settings
    window: Window | None
    claims: Mapping[str, Claim] = field(default_factory=dict)
    dry_run: bool = False
    repeated: bool = False
    began_ms: int | None = None

    def claim(self, opportunity_id: str) -> Claim:
        return self.claims.get(opportunity_id, _NOTHING_SAID)

    def request(self, opportunity_id: str, policy: Policy) -> Request:
        return Request(policy, self.claim(opportunity_id).named_ms)

    def has_sent(self, candidate: AlvaCandidate) -> bool:
        """Whether this run, before it was cut off, may have sent this candidate's last invitation itself."""
        sent_at_ms = candidate.invitation.sent_at_ms if candidate.invitation else None
        known = self.repeated and self.began_ms is not None and sent_at_ms is not None
        return known and (sent_at_ms or 0) >= (self.began_ms or 0) - asking.CLOCKS_MS

    def is_new(self, opportunity: Opportunity) -> bool:
        """Whether its application was created in the time that the run looks at, or is what an event announced and not
        older than a delivery may be."""
        application = opportunity.application
        if application is None:
            return False
        in_window = self.window is not None and self.window.has(application.created_at_ms)
        return in_window or self.claim(opportunity.id).is_new(application)


class Inviting:
    """Carries out what the rules say about one candidate. Safe to use from several threads.

    Whatever crashes in between, the same candidate done again ends in the same state: Alva is asked who is there
    before anybody is added, notes are looked for before they are written, and tags are Lever's to keep unique.
    """

    def __init__(
        self,
        *,
        lever: LeverHook,
        alva: AlvaHook,
        errand: Errand,
        progress: Checkpoint,
        positions: dict[str, str],
    ) -> None:
        """`progress`: counts near misses, and invitations that go out. `positions`: ids of job positions by
        posting id that this run has brought up to date; added to."""
        self._lever = lever
        self._alva = alva
        self._errand = errand
        self._near_miss = locked(progress.tally.near_miss)
        self._count_sent = locked(progress.invite)
        self._postings = Postings(lever)
        self._positions = Positions(alva, positions)
        self._looking = Looking(lever)
        self._telling = Telling(lever, alva, errand.settings)

    def handle(self, look: Look) -> str:
        """What became of it: a `Reason`, or a `Failure`.

        :raises ApiError: a passing fault that lasted, or a key that was refused; nothing is lost by doing it again.
        """
        try:
            return self._handle(look)
        except Unauthorized:
            raise
        except RequestRejected as refused:
            if refused.vendor != self._lever.vendor:
                raise
            # Lever's refusal of what belongs to it (notes, tags, links) says nothing of the opportunity itself.
            became = self._looking.look(look.opportunity_id).unseen
            if became is None:
                raise
            return became

    def _handle(self, look: Look) -> str:
        errand, opportunity = self._errand, look.opportunity
        policy = errand.settings.policy_for(None if opportunity is None else opportunity.posting_id)
        request = errand.request(look.opportunity_id, policy)
        claim = errand.claim(look.opportunity_id)
        arrived = claim.tells_of_arrival_alone
        case = Case(policy, opportunity, hidden=look.hidden, named=request.named, arrived=arrived)
        known = settled(case)
        if opportunity is None:
            return known or Reason.GONE
        new = errand.is_new(opportunity)
        application = opportunity.application
        came = new or (application is not None and application.id in claim.new_since_ms)
        if known is not None and not (came and known in SHOWN):
            return known
        self._near_miss(opportunity.id, tags.near_misses(opportunity.tags, tags.ON_OPPORTUNITIES))
        seen = self._postings.see(opportunity.posting_id)
        posting = seen.posting
        if posting is not None:
            self._near_miss(posting.id, tags.near_misses(posting.tags, tags.ON_POSTINGS))
        case = replace(case, posting=posting, hidden=seen.hidden, new=new)
        if look.listed and known is None and (may_have_failed(opportunity) or decide(case).invites):
            return self._handle(self._looking.look(look.opportunity_id))
        told, again = ([], None) if settled(case) else self._asked_again(opportunity, posting, request)
        reason = decide(replace(case, asked_again=again is not None))
        if came and posting is not None and reason is not Reason.CONFIDENTIAL and not errand.dry_run:
            self._bring_up_to_date(posting)
        if reason.invites:
            return self._invite(opportunity, posting, reason, again, request, told)
        if reason is Reason.NOT_REQUESTED and self._may_be_cut_off(opportunity):
            return self._made_good(opportunity) or reason
        return reason

    def _asked_again(
        self, opportunity: Opportunity, posting: Posting | None, request: Request
    ) -> tuple[list[Report], Again | None]:
        """What its notes report, and what has asked again since."""
        if not may_have_failed(opportunity):
            return [], None
        told = asking.reports(self._lever.notes(opportunity.id))
        candidate = self._alva.find_candidate(opportunity.id) if asking.needs_alva(opportunity) else None
        return told, asking.asked_again(opportunity, told, request, posting=posting, candidate=candidate)

    def _bring_up_to_date(self, posting: Posting) -> None:
        """Somebody came to this posting: Alva's job position says what it says now, also if nobody is invited."""
        try:
            self._positions.sync(posting)
        except (Unauthorized, Forbidden):
            raise
        except RequestRejected:
            # Nobody waits for this position: a candidate who is invited on it later meets the refusal then.
            return

    def _may_be_cut_off(self, opportunity: Opportunity) -> bool:
        """Whether a crash may have come between an invitation, or a completion that moved somebody on, and its tag."""
        progression = self._errand.settings.policy_for(opportunity.posting_id).progression_stage
        moved_on = progression is not None and opportunity.stage_id == progression.id
        untagged = set(tags.STATUS).isdisjoint(opportunity.tags)
        return untagged and (moved_on or self._errand.repeated) and not self._errand.dry_run

    def _made_good(self, opportunity: Opportunity) -> Reason | None:
        """Completes what is missing in Lever of somebody whom Alva has. None if that went well, else what became of the
        opportunity."""
        candidate = self._alva.find_candidate(opportunity.id)
        if candidate is None:
            return None
        return _BECAME.get(self._telling.state(opportunity, candidate))

    def _invite(
        self,
        opportunity: Opportunity,
        posting: Posting | None,
        reason: Reason,
        again: Again | None,
        request: Request,
        told: list[Report],
    ) -> str:
        candidate = self._alva.find_candidate(opportunity.id)
        if candidate is None or (again is not None and self._is_due(opportunity, candidate, again, told)):
            failure = _hindrance(opportunity, posting)
            detail: str | None = None
            if failure is None and self._errand.dry_run:
                self._count_sent(opportunity.id)
                return reason
            if failure is None and posting is not None:
                try:
                    candidate = self._send(opportunity, posting, candidate)
                    self._count_sent(opportunity.id)
                except (Unauthorized, Forbidden):
                    raise
                except Conflict as conflict:
                    if not conflict.path.endswith("/candidates"):
                        # Of a job position: somebody else made it at the same time, and the next look finds it.
                        raise
                    failure, detail = Failure.REFUSED_BY_ALVA, ALREADY_ON_JOB
                except RequestRejected as refused:
                    of_one = refused.method == "DELETE" or refused.path.endswith("/invitation")
                    missed = isinstance(refused, NotFound) and of_one
                    if refused.vendor != self._alva.vendor or refused.method == "GET" or missed:
                        # Not the invitation is refused, but a look at what is there, or what is there isn't found.
                        raise
                    failure = Failure.REFUSED_BY_ALVA
                    detail = f"Alva says: {refused.detail}" if refused.detail else None
            if failure is not None:
                return self._fail(opportunity, failure, detail, asking.request_key(opportunity, reason, again, request))
        elif self._errand.has_sent(candidate):
            self._count_sent(opportunity.id)
        if self._errand.dry_run or candidate is None:
            return reason
        return _BECAME.get(self._telling.state(opportunity, candidate)) or reason

    def _is_due(self, opportunity: Opportunity, candidate: AlvaCandidate, again: Again, told: list[Report]) -> bool:
        """Whether who asked again waits for an invitation, or had one that bounced as well before a note said so."""
        if not candidate.invited_email:
            # Alva has anonymised the candidate: there is nobody to remind.
            return True
        if not candidate.bounced or self._errand.has_sent(candidate):
            return False
        policy = self._errand.settings.policy_for(opportunity.posting_id)
        return again is not Again.ENTRY or not asking.is_answered(opportunity, candidate, told, policy)

    def _send(self, opportunity: Opportunity, posting: Posting, present: AlvaCandidate | None) -> AlvaCandidate:
        """The candidate with an invitation on its way; `present` is one whose invitation bounced."""
        address = first_valid(opportunity.emails) or ""
        if present is not None:
            self._positions.sync(posting)
            if same(address, present.invited_email):
                try:
                    return self._alva.resend_invitation(present.id)
                except NotFound:
                    if self._alva.has(present):
                        raise
                    log.info("Alva has no candidate %s any more, who is added again", present.id)
            else:
                # Alva has no other way to change an address.
                self._alva.remove_candidate(present)
        try:
            return self._add(opportunity, posting, address)
        except NotFound:
            # Somebody has deleted the job position since it was looked up.
            self._positions.forget(posting.id)
            return self._add(opportunity, posting, address)

    def _add(self, opportunity: Opportunity, posting: Posting, address: str) -> AlvaCandidate:
        """:raises Conflict: somebody with this address, who isn't this opportunity's, is on the job already."""
        position_id = self._positions.sync(posting)
        first, last = split_name(opportunity.name)
        try:
            return self._alva.add_candidate(
                job_position_id=position_id,
                email=address,
                first_name=first,
                last_name=last,
                external_id=opportunity.id,
            )
        except Conflict as conflict:
            there = None if conflict.candidate_id is None else self._alva.candidate(conflict.candidate_id)
            if there is not None and there.external_id == opportunity.id:
                return there
            raise

    def _fail(self, opportunity: Opportunity, failure: Failure, detail: str | None, key: str) -> str:
        if not self._errand.dry_run:
            self._telling.failure(opportunity, failure, detail, key)
        return failure


def _hindrance(opportunity: Opportunity, posting: Posting | None) -> Failure | None:
    """What keeps an invitation from being sent, as far as Lever shows."""
    if is_missing(opportunity.emails):
        return Failure.MISSING_EMAIL
    if first_valid(opportunity.emails) is None:
        return Failure.INVALID_EMAIL
    return Failure.NO_POSTING if posting is None else None
