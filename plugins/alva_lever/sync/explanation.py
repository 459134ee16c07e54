"""Explains one opportunity to a person: what both services show, and what a run would do about it. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.batch import Checkpoint
from alva_lever.batch.leftovers import Leftover
from alva_lever.http.errors import RequestRejected, Unauthorized
from alva_lever.rules import tags
from alva_lever.rules.events import Claim
from alva_lever.rules.invitation import Reason, Row, explain
from alva_lever.rules.model import AlvaCandidate, Opportunity, Policy, Posting
from alva_lever.rules.notes import Failure, what_is_wrong, what_to_do
from alva_lever.rules.reinvitation import Reported, reports
from alva_lever.rules.results import ResultsWord
from alva_lever.rules.window import Window, in_words
from alva_lever.sync.invitations import Errand, Inviting, LiveCase
from alva_lever.sync.lever_writer import LeverWriter
from alva_lever.sync.polling import finds
from alva_lever.sync.postings import Positions
from alva_lever.sync.results import ResultsWriter
from alva_lever.sync.snapshot import Snapshot

_UNSEEN = {Reason.GONE, Reason.CONFIDENTIAL}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a run would do to the opportunity. `word`: a `Reason` or a `Failure`, as in the run's report. `sends`:
    whether an invitation would go out. `sentence`: the same for a person."""

    rows: tuple[Row, ...]
    word: str
    sends: bool
    sentence: str

    @property
    def reason(self) -> Reason:
        """The reason of the row that holds."""
        return self._row.reason

    @property
    def why(self) -> str:
        """Why that row holds."""
        return self._row.sentence

    @property
    def _row(self) -> Row:
        return next(row for row in self.rows if row.holds)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What both services show of an opportunity, and what runs would do about it.

    `opportunity`, `posting`, `candidate`: None also if the opportunity is gone, anonymised or confidential: nothing of
    it is shown. `reported`: what the integration's notes tell. `unnamed`: what a run does that finds it by itself or by
    an event; `named`: a run in which a person names it. `found`: whether the next scheduled run looks at it, in a
    sentence; empty if that is not known. `mirrored`: the word for what a run on its results would write. `dry_run`: the
    options let no run write.
    """

    opportunity_id: str
    policy: Policy
    opportunity: Opportunity | None = field(repr=False)
    posting: Posting | None
    candidate: AlvaCandidate | None
    reported: tuple[Reported, ...]
    unnamed: Foreseen
    named: Foreseen
    found: str
    mirrored: ResultsWord
    leftover: Leftover | None
    dry_run: bool

    @property
    def stage(self) -> str:
        """The name of its stage, empty if the pipeline doesn't have it."""
        stage_id = None if self.opportunity is None else self.opportunity.stage_id
        return next((stage.name for stage in self.policy.pipeline if stage.id == stage_id), "")

    @property
    def differs(self) -> bool:
        """Whether naming it makes a difference."""
        return (self.unnamed.word, self.unnamed.sends) != (self.named.word, self.named.sends)


class Explaining:
    """Asks of a snapshot what a run asks, by the code of the run."""

    def __init__(
        self, writer: LeverWriter, alva: AlvaHook, *, window: Window | None, leftover: Leftover | None, now_ms: int
    ) -> None:
        """`window`: the time that the next scheduled run covers, None if that is not known. `leftover`: what an earlier
        run could not do about the opportunity."""
        self._writer = writer
        self._alva = alva
        self._window = window
        self._leftover = leftover
        self._now_ms = now_ms

    def explain(self, snapshot: Snapshot, *, dry_run: bool) -> Explanation:
        """:raises ApiError: something can't be read."""
        try:
            return self._explain(snapshot, dry_run)
        except Unauthorized:
            raise
        except RequestRejected as refused:
            # It may have gone, or become confidential, while it was read.
            if snapshot.became(refused) is None:
                raise
        return self._explain(snapshot.again(), dry_run)

    def _explain(self, snapshot: Snapshot, dry_run: bool) -> Explanation:
        claim = Claim() if self._leftover is None else Claim.of(self._leftover.item)
        unnamed = self._foresee(snapshot, claim, self._window)
        named = self._foresee(snapshot, Claim(named_ms={"this run": self._now_ms}), None)
        seen = snapshot.unseen is None and not _UNSEEN.intersection({unnamed.reason, named.reason})
        # Below row 4 the decision has read the posting. Above, it may be confidential all the same.
        posting = snapshot.posting if seen else None
        seen = seen and not snapshot.posting_hidden and not (posting is not None and posting.confidential)
        return Explanation(
            opportunity_id=snapshot.opportunity_id,
            policy=snapshot.policy,
            opportunity=snapshot.opportunity if seen else None,
            posting=posting if seen else None,
            candidate=snapshot.candidate if seen else None,
            reported=tuple(reports(snapshot.notes)) if seen else (),
            unnamed=unnamed,
            named=named,
            found=self._found(snapshot, unnamed) if seen else "",
            mirrored=ResultsWriter(self._writer, dry_run=True).write(snapshot),
            leftover=self._leftover,
            dry_run=dry_run,
        )

    def _foresee(self, snapshot: Snapshot, claim: Claim, window: Window | None) -> Foreseen:
        errand = Errand(window, {snapshot.opportunity_id: claim}, dry_run=True)
        progress = Checkpoint()
        word = Inviting(self._alva, self._writer, Positions(self._alva), errand, progress).handle(snapshot)
        sends = bool(progress.invited)
        return Foreseen(explain(LiveCase(snapshot, errand)), word, sends, _sentence(word, sends, snapshot))

    def _found(self, snapshot: Snapshot, unnamed: Foreseen) -> str:
        opportunity, window = snapshot.opportunity, self._window
        if window is None or opportunity is None:
            return ""
        time = f"The next scheduled run of the hourly DAG covers the time from {in_words(window.first_ms)}"
        why = finds(opportunity, snapshot.posting, window, snapshot.policy)
        if why is not None:
            return f"{time}, and looks at it: {why}."
        if self._leftover is not None:
            return f"It is a leftover of an earlier run, which a scheduled run tries again when it is due. {time}."
        waits = " To have it invited, name it, or move it away and back." if unnamed.sends else ""
        return f"{time}, and does not look at it: nothing happened to it in that time that asks for a look.{waits}"


def _sentence(word: str, sends: bool, snapshot: Snapshot) -> str:
    if word in set(Failure):
        failure = Failure(word)
        return (
            f"The invitation fails: {what_is_wrong(failure)} Lever gets `{tags.INVITATION_FAILED}` and a note. "
            f"{what_to_do(failure, snapshot.policy)}"
        )
    if sends:
        posting = snapshot.posting
        job = "" if posting is None or not posting.name else f" to {posting.name}"
        again = " again" if snapshot.candidate is not None else ""
        return f"It is invited{again}{job}, at its first valid address. Alva may still refuse it."
    if Reason(word).invites:
        return "Alva has the candidate already, so that no invitation is sent. What is missing in Lever is completed."
    return "Nothing."
