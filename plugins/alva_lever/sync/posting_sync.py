"""Every posting that has a job position in Alva: looked at in Lever, and brought up to date in Alva."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.batch import Batches
from alva_lever.batch.leftovers import Item
from alva_lever.batch.run_report import Tally
from alva_lever.http.errors import NotFound, RequestRejected
from alva_lever.http.paginator import Unreadable
from alva_lever.lever.base import PAGE_LIMIT
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.ids import NOT_AN_ID, is_lever_record_id
from alva_lever.rules.model import JobPosition, Posting
from alva_lever.rules.positions import Outcome, difference, owner_of, owner_unknown
from alva_lever.sync.items import POSITION
from alva_lever.sync.postings import Users, update
from alva_lever.sync.snapshot import Postings

# A read by id, and a share of what a hiring manager may cost.
_CALLS = 1.5


class PostingFinding:
    """Finds the postings whose job position says something else, and counts the others. Alva's positions, its users and
    Lever's postings are listed once."""

    def __init__(self, lever: LeverHook, alva: AlvaHook, tally: Tally) -> None:
        self._lever = lever
        self._alva = alva
        self._tally = tally
        self._users = Users(alva)
        self.batches = Batches()

    def find(self, due: Sequence[Item] = ()) -> None:
        """`due`: what earlier runs could not do, and is to be tried now.

        :raises ApiError: a listing could not be had whole.
        """
        unread = {str(item["id"]) for item in due}
        for item in due:
            self.batches.add(item, _CALLS)
        positions: dict[str, list[JobPosition]] = {}
        for position in self._alva.positions():
            if position.id in unread:
                continue
            if isinstance(position, Unreadable):
                # Whose it is can't be told: by its own id it may be readable, and if not, that is its fault alone.
                self.batches.add({"id": position.id, "is": POSITION}, _CALLS)
            elif position.external_id and not is_lever_record_id(position.external_id):
                # It names no posting, and isn't repeated anywhere.
                self._tally.count(Outcome.GONE, f"{NOT_AN_ID}, on job position {position.id}")
            elif position.external_id and position.external_id not in unread:
                positions.setdefault(position.external_id, []).append(position)
        shown = self._listed(list(positions))
        for posting_id, its_positions in positions.items():
            posting = shown.get(posting_id)
            outcome = None if posting is None else self._settled(posting, its_positions)
            if outcome is None:
                self.batches.add({"id": posting_id}, _CALLS)
            else:
                self._tally.count(outcome, posting_id)

    def _settled(self, posting: Posting, positions: Sequence[JobPosition]) -> Outcome | None:
        """What the listings alone can say of it; None where something is to be written."""
        if posting.confidential:
            return Outcome.CONFIDENTIAL
        users = self._users.known_for(posting)
        owner = owner_of(posting, users or {})
        if any(difference(position, posting, owner) for position in positions):
            return None
        return Outcome.OWNER_UNKNOWN if owner_unknown(posting, users) else Outcome.UNCHANGED

    def _listed(self, wanted: Sequence[str]) -> Mapping[str, Posting]:
        """Those that Lever's listing shows, by id.

        It is left as soon as it is no cheaper than to read by their ids those that it hasn't shown: after so many
        pages in a row without one of them. Once all were seen, that is at once.
        """
        left, shown = set(wanted), {}
        rows_in_vain = 0
        for posting in self._lever.postings() if left else ():
            rows_in_vain += 1
            if posting.id in left:
                left.remove(posting.id)
                rows_in_vain = 0
                if not isinstance(posting, Unreadable):
                    shown[posting.id] = posting
            if rows_in_vain >= len(left) * PAGE_LIMIT:
                break
        return shown


class PostingSync:
    """Brings one posting's job positions up to date. Safe to use from several threads."""

    def __init__(self, lever: LeverHook, alva: AlvaHook, *, dry_run: bool) -> None:
        self._alva = alva
        self._dry_run = dry_run
        self._users = Users(alva)
        self._postings = Postings(lever)

    def do(self, posting_id: str) -> Outcome:
        """What became of it.

        :raises ApiError: a fault that lasted, of this posting or one of its positions.
        """
        seen = self._postings.see(posting_id)
        posting = seen.it
        if seen.hidden or (posting is not None and posting.confidential):
            return Outcome.CONFIDENTIAL
        if posting is None:
            return Outcome.GONE
        users = self._users.known_for(posting)
        owner = owner_of(posting, users or {})
        taken, refused = False, False
        fault: RequestRejected | None = None
        for position in self._alva.positions_of(posting_id):
            changes = difference(position, posting, owner)
            if changes and self._dry_run:
                taken = True
            else:
                written = update(self._alva, position.id, changes)
                taken, refused = taken or bool(written.taken), refused or bool(written.refused)
                fault = fault or written.fault
        if fault is not None:
            # Raised once the posting's other positions are done.
            raise fault
        if owner_unknown(posting, users):
            return Outcome.OWNER_UNKNOWN
        if refused:
            return Outcome.FIELD_REFUSED
        return Outcome.UPDATED if taken else Outcome.UNCHANGED

    def do_position(self, position_id: str) -> Outcome:
        """The same for a job position of which only its own id is known. One of no posting stays as it is."""
        try:
            posting_id = self._alva.position(position_id).external_id
        except NotFound:
            return Outcome.GONE
        return self.do(posting_id) if posting_id and is_lever_record_id(posting_id) else Outcome.UNCHANGED
