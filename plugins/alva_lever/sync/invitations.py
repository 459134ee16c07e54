"""Decides about one candidate, invites them, and brings their opportunity in Lever up to date."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.batch import Checkpoint
from alva_lever.batch.worker_pool import locked
from alva_lever.http.errors import Conflict, Forbidden, NotFound, RequestRejected, Unauthorized
from alva_lever.rules import reinvitation
from alva_lever.rules.addresses import first_valid, is_missing, same, split_name
from alva_lever.rules.events import Claim
from alva_lever.rules.invitation import Reason, decide, may_have_failed
from alva_lever.rules.model import AlvaCandidate, Opportunity, Policy, Posting
from alva_lever.rules.notes import ALREADY_ON_JOB, Failure
from alva_lever.rules.reinvitation import Again, Reported, Request
from alva_lever.rules.results import ResultsWord
from alva_lever.rules.window import Window
from alva_lever.sync.lever_writer import LeverWriter
from alva_lever.sync.postings import Positions
from alva_lever.sync.snapshot import ReadOnce, Snapshot

log = logging.getLogger(__name__)

_BECAME = {ResultsWord.CONFIDENTIAL: Reason.CONFIDENTIAL, ResultsWord.GONE: Reason.GONE}
_NOTHING_SAID = Claim()


@dataclass(frozen=True, slots=True)
class Errand:
    """What a run is asked to do.

    `claims`: by opportunity id; an opportunity without a claim may only have changed its stage. `repeated`: an earlier
    attempt began the batch, and may have been cut off. `began_ms`: when the run began.
    """

    window: Window | None
    claims: Mapping[str, Claim] = field(default_factory=dict)
    dry_run: bool = False
    repeated: bool = False
    began_ms: int | None = None

    def claim(self, opportunity_id: str) -> Claim:
        return self.claims.get(opportunity_id, _NOTHING_SAID)

    def has_sent(self, candidate: AlvaCandidate) -> bool:
        """Whether an attempt of this run that was cut off may have sent the candidate's last invitation."""
        sent_at_ms = candidate.invitation.sent_at_ms if candidate.invitation else None
        known = self.repeated and self.began_ms is not None and sent_at_ms is not None
        return known and (sent_at_ms or 0) >= (self.began_ms or 0) - reinvitation.CLOCKS_MS

    def is_new(self, opportunity: Opportunity) -> bool:
        """Whether the opportunity's application was created in the run's window, or is new according to its claim."""
        application = opportunity.application
        if application is None:
            return False
        in_window = self.window is not None and self.window.has(application.created_at_ms)
        return in_window or self.claim(opportunity.id).is_new(application)


class LiveCase:
    """The table's `Case` for one opportunity in a run; reads only what a row of the table needs."""

    def __init__(self, snapshot: Snapshot, errand: Errand) -> None:
        self.snapshot = snapshot
        self._errand = errand
        self._claim = errand.claim(snapshot.opportunity_id)

    @property
    def policy(self) -> Policy:
        return self.snapshot.policy

    @property
    def opportunity(self) -> Opportunity | None:
        return self.snapshot.opportunity

    @property
    def hidden(self) -> bool:
        return self.snapshot.hidden

    @property
    def posting(self) -> Posting | None:
        return self.snapshot.posting

    @property
    def posting_hidden(self) -> bool:
        return self.snapshot.posting_hidden

    @property
    def named(self) -> bool:
        return self.request.named

    @property
    def new(self) -> bool:
        return self.opportunity is not None and self._errand.is_new(self.opportunity)

    @property
    def arrived(self) -> bool:
        return self._claim.tells_of_arrival_alone

    @property
    def asked_again(self) -> bool:
        return self.again is not None

    @property
    def came(self) -> bool:
        """Whether the application is new, or an event says so. The posting is then brought up to date in Alva."""
        application = None if self.opportunity is None else self.opportunity.application
        return self.new or (application is not None and application.id in self._claim.new_since_ms)

    @property
    def request(self) -> Request:
        return Request(self.policy, self._claim.named_ms)

    @property
    def told(self) -> list[Reported]:
        """What the notes report, if an invitation failed or bounced."""
        failed = self.opportunity is not None and may_have_failed(self.opportunity)
        return reinvitation.reports(self.snapshot.notes) if failed else []

    @ReadOnce
    def again(self) -> Again | None:
        """What has requested another invitation since one failed."""
        opportunity = self.opportunity
        if opportunity is None or not may_have_failed(opportunity):
            return None
        candidate = self.snapshot.candidate if reinvitation.needs_alva(opportunity) else None
        return reinvitation.asked_again(opportunity, self.told, self.request, posting=self.posting, candidate=candidate)

    @property
    def asking(self) -> str:
        """Sentences on what has requested another invitation since one failed, or what would."""
        opportunity = self.opportunity
        if opportunity is None or not may_have_failed(opportunity):
            return ""
        candidate = self.snapshot.candidate if reinvitation.needs_alva(opportunity) else None
        return reinvitation.asking(opportunity, self.told, self.request, posting=self.posting, candidate=candidate)


class Inviting:
    """Carries out the table's decision about one candidate. Safe to use from several threads.

    After a crash, a repeat ends in the same state: it looks for the candidate in Alva before adding one, and for a note
    in Lever before writing it; Lever keeps tags unique.
    """

    def __init__(
        self, alva: AlvaHook, writer: LeverWriter, positions: Positions, errand: Errand, progress: Checkpoint
    ) -> None:
        """`progress`: counts invitations that go out."""
        self._alva = alva
        self._writer = writer
        self._positions = positions
        self._errand = errand
        self._count_sent = locked(progress.invite)

    def handle(self, snapshot: Snapshot) -> str:
        """Decides and acts. Returns a `Reason` or a `Failure`.

        :raises ApiError: retries did not help, or the key was refused. A repeat is safe.
        """
        try:
            return self._handle(LiveCase(snapshot, self._errand))
        except Unauthorized:
            raise
        except RequestRejected as refused:
            became = snapshot.became(refused)
            if became is None:
                raise
            return became

    def _handle(self, asked: LiveCase) -> str:
        reason = decide(asked)
        if asked.came and reason not in (Reason.GONE, Reason.CONFIDENTIAL):
            posting = asked.posting
            if asked.posting_hidden or (posting is not None and posting.confidential):
                return Reason.CONFIDENTIAL
            if posting is not None and not self._errand.dry_run:
                self._positions.bring_up_to_date(posting)
        return self._invite(asked, reason) if reason.invites else reason

    def _invite(self, asked: LiveCase, reason: Reason) -> str:
        snapshot, opportunity, posting, again = asked.snapshot, asked.opportunity, asked.posting, asked.again
        if opportunity is None:
            raise AssertionError("the table invites nobody who is gone")
        candidate = snapshot.candidate
        if candidate is None or (again is not None and self._is_due(asked, opportunity, candidate, again)):
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
                        # Another client made the same job position at the same time; the next attempt finds it.
                        raise
                    failure, detail = Failure.REFUSED_BY_ALVA, ALREADY_ON_JOB
                except RequestRejected as refused:
                    of_one = refused.method == "DELETE" or refused.path.endswith("/invitation")
                    missed = isinstance(refused, NotFound) and of_one
                    if refused.vendor != self._alva.vendor or refused.method == "GET" or missed:
                        # Not the invitation was refused: Lever refused a call, a read failed, or the candidate is gone.
                        raise
                    failure = Failure.REFUSED_BY_ALVA
                    detail = f"Alva says: {refused.detail}" if refused.detail else None
            if failure is not None:
                if not self._errand.dry_run:
                    key = reinvitation.request_key(opportunity, reason, again, asked.request)
                    self._writer.failure(snapshot, failure, detail, key)
                return failure
        elif self._errand.has_sent(candidate):
            self._count_sent(opportunity.id)
        if self._errand.dry_run or candidate is None:
            return reason
        return _BECAME.get(self._writer.state(snapshot, candidate)) or reason

    def _is_due(self, asked: LiveCase, opportunity: Opportunity, candidate: AlvaCandidate, again: Again) -> bool:
        """Whether to send another invitation. False if the last one didn't bounce, if this run sent it, or if it
        answered this request and bounced before a note reported it."""
        if not candidate.invited_email:
            # Alva has anonymised the candidate, so there is no invitation to repeat.
            return True
        if not candidate.bounced or self._errand.has_sent(candidate):
            return False
        return again is not Again.ENTRY or not reinvitation.is_answered(
            opportunity, candidate, asked.told, asked.policy
        )

    def _send(self, opportunity: Opportunity, posting: Posting, present: AlvaCandidate | None) -> AlvaCandidate:
        """Sends an invitation, and returns the invited candidate. `present`: the candidate whose invitation bounced."""
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
                # Alva can't change an address: the candidate is removed, and added again below.
                self._alva.remove_candidate(present)
        try:
            return self._add(opportunity, posting, address)
        except NotFound:
            # A person has deleted the job position since it was looked up.
            self._positions.forget(posting.id)
            return self._add(opportunity, posting, address)

    def _add(self, opportunity: Opportunity, posting: Posting, address: str) -> AlvaCandidate:
        """Adds the candidate to the posting's job position, and so invites them.

        :raises Conflict: the job position already has a candidate with this address, of another opportunity or added by
            hand.
        """
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


def _hindrance(opportunity: Opportunity, posting: Posting | None) -> Failure | None:
    """Returns what, in Lever, keeps an invitation from being sent; None if nothing does."""
    if is_missing(opportunity.emails):
        return Failure.MISSING_EMAIL
    if first_valid(opportunity.emails) is None:
        return Failure.INVALID_EMAIL
    return Failure.NO_POSTING if posting is None else None
