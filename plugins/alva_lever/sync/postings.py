"""Brings job positions in Alva up to date with Lever's postings."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.batch import Batches
from alva_lever.batch.leftovers import Item
from alva_lever.batch.run_report import RunReport
from alva_lever.http.errors import (
    Conflict,
    Forbidden,
    Malformed,
    MissingPermission,
    NotFound,
    RequestRejected,
    Unauthorized,
)
from alva_lever.http.paginator import Unreadable
from alva_lever.lever.base import PAGE_LIMIT
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.ids import NOT_AN_ID, is_lever_record_id
from alva_lever.rules.model import JobPosition, Posting
from alva_lever.rules.positions import PostingWord, difference, manager_of, owner_of, owner_unknown
from alva_lever.sync.items import POSITION
from alva_lever.sync.snapshot import OnceEach, Postings

log = logging.getLogger(__name__)

# The fields that a job position can do without.
_OPTIONAL = {"owner_email", "team"}
# One read by id, and a share of the calls for a hiring manager.
_CALLS = 1.5


class Users:
    """Alva's users, listed on first use. Safe to use from several threads."""

    def __init__(self, alva: AlvaHook) -> None:
        self._alva = alva
        self._once = OnceEach(self._read)

    def known_for(self, posting: Posting) -> dict[str, str] | None:
        """Returns the users' addresses by their case-folded form; None if the posting has no hiring manager's address,
        or Alva refuses to list its users."""
        return None if manager_of(posting) is None else self._once("all")

    def _read(self, _: str) -> dict[str, str] | None:
        try:
            return {email.casefold(): email for email in self._alva.user_emails()}
        except Unauthorized:
            raise
        except Forbidden as refused:
            # Alva refuses the whole listing, so the fault concerns every posting.
            said, remedy = refused.said, refused.remedy
        except RequestRejected as refused:
            log.warning("Without Alva's users no job position gets an owner: %s", refused)
            return None
        raise MissingPermission(said, remedy=remedy, vendor=self._alva.vendor)


class Positions:
    """Finds or makes each posting's job position, once. Safe to use from several threads.

    `known`: by posting id, the ids of positions that this run has brought up to date; this object adds to them.
    """

    def __init__(self, alva: AlvaHook, known: dict[str, str] | None = None) -> None:
        self._alva = alva
        self.ids: dict[str, str] = {} if known is None else known
        self._postings: dict[str, Posting] = {}
        self._once = OnceEach(self._synced)
        self._users = Users(alva)

    def sync(self, posting: Posting) -> str:
        """Makes the posting's job position, or brings it up to date. Returns its id.

        :raises RequestRejected: Alva refuses to make the position.
        """
        if posting.id in self.ids:
            return self.ids[posting.id]
        self._postings[posting.id] = posting
        return self._once(posting.id)

    def is_known(self, posting_id: str) -> bool:
        """Whether this run has brought this posting's position up to date already."""
        return posting_id in self.ids

    def bring_up_to_date(self, posting: Posting) -> None:
        """Brings the job position up to date because of a new application, even if its candidate is not invited.

        Only logs a refusal by Alva: no candidate waits for this position, and a later invitation on it reports the
        refusal.

        :raises ApiError: any other lasting fault.
        """
        if posting.confidential:
            return
        try:
            self.sync(posting)
        except (Unauthorized, Forbidden):
            raise
        except RequestRejected as refused:
            log.warning("The job position of posting %s is not up to date: %s", posting.id, refused)

    def forget(self, posting_id: str) -> None:
        """Forgets a position that is gone, so that `sync` looks for it again or makes a new one."""
        self.ids.pop(posting_id, None)
        self._once.forget(posting_id)

    def _synced(self, posting_id: str) -> str:
        posting = self._postings[posting_id]
        owner = owner_of(posting, self._users.known_for(posting) or {})
        position = self._alva.find_position(posting_id)
        if position is None:
            position = self._made(posting, owner)
        # The result is ignored: a field that Alva refuses doesn't keep candidates from being invited.
        update(self._alva, position.id, difference(position, posting, owner))
        self.ids[posting_id] = position.id
        return position.id

    def _made(self, posting: Posting, owner: str | None) -> JobPosition:
        """Makes a position; without team and owner if Alva refuses it with them."""
        if not posting.name:
            problem = f"Posting {posting.id} has no name in Lever, and a job position needs one: give it a name there"
            raise Malformed(problem, vendor="Lever", method="GET", path=f"/postings/{posting.id}")
        try:
            return self._alva.create_position(
                name=posting.name, external_id=posting.id, owner_email=owner, team=posting.team
            )
        except (Unauthorized, Forbidden, Conflict):
            raise
        except RequestRejected:
            if owner is None and posting.team is None:
                raise
        return self._alva.create_position(name=posting.name, external_id=posting.id)


@dataclass(frozen=True, slots=True)
class Written:
    """The fields of a job position that Alva accepted, and those that it refused. `fault`: the refusal of a field that
    a position can't do without."""

    taken: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    fault: RequestRejected | None = None


def update(alva: AlvaHook, position_id: str, changes: Mapping[str, str | None]) -> Written:
    """Writes the changes together, or one by one if Alva refuses them together. The log names a refused field, not its
    value.

    :raises ApiError: a lasting fault, or a key without the permission.
    """
    if not changes:
        return Written()
    try:
        alva.update_position(position_id, changes)
    except (Unauthorized, Forbidden):
        raise
    except RequestRejected as refused:
        if len(changes) > 1:
            each = [update(alva, position_id, {name: value}) for name, value in changes.items()]
            return Written(
                frozenset().union(*(one.taken for one in each)),
                frozenset().union(*(one.refused for one in each)),
                next((one.fault for one in each if one.fault is not None), None),
            )
        log.warning("Job position %s stays as it is (%s): %s", position_id, ", ".join(changes), refused)
        optional = set(changes) <= _OPTIONAL and not isinstance(refused, NotFound | Conflict)
        return Written(refused=frozenset(changes), fault=None if optional else refused)
    return Written(taken=frozenset(changes))


class PostingFinding:
    """Finds the postings whose job position differs, and counts the others. Lists Alva's positions, Alva's users and
    Lever's postings once each."""

    def __init__(self, lever: LeverHook, alva: AlvaHook, report: RunReport) -> None:
        self._lever = lever
        self._alva = alva
        self._report = report
        self._users = Users(alva)
        self.batches = Batches()

    def find(self, due: Sequence[Item] = ()) -> None:
        """Fills `batches` and the report. `due`: leftovers of earlier runs that are due now.

        :raises ApiError: a listing is incomplete.
        """
        unread = {str(item["id"]) for item in due}
        for item in due:
            self.batches.add(item, _CALLS)
        positions: dict[str, list[JobPosition]] = {}
        for position in self._alva.positions():
            if position.id in unread:
                continue
            if isinstance(position, Unreadable):
                # The row doesn't tell its posting. It may be readable by its own id; if not, only this one fails.
                self.batches.add({"id": position.id, "is": POSITION}, _CALLS)
            elif position.external_id and not is_lever_record_id(position.external_id):
                # Not a posting's id: a person may have typed anything, so the report doesn't repeat it.
                self._report.count(PostingWord.GONE, f"{NOT_AN_ID}, on job position {position.id}")
            elif position.external_id and position.external_id not in unread:
                positions.setdefault(position.external_id, []).append(position)
        shown = self._listed(list(positions))
        for posting_id, its_positions in positions.items():
            posting = shown.get(posting_id)
            outcome = None if posting is None else self._settled(posting, its_positions)
            if outcome is None:
                self.batches.add({"id": posting_id}, _CALLS)
            else:
                self._report.count(outcome, posting_id)

    def _settled(self, posting: Posting, positions: Sequence[JobPosition]) -> PostingWord | None:
        """Returns the posting's word if the listings alone decide it; None if something has to be written."""
        if posting.confidential:
            return PostingWord.CONFIDENTIAL
        users = self._users.known_for(posting)
        owner = owner_of(posting, users or {})
        if any(difference(position, posting, owner) for position in positions):
            return None
        return PostingWord.OWNER_UNKNOWN if owner_unknown(posting, users) else PostingWord.UNCHANGED

    def _listed(self, wanted: Sequence[str]) -> Mapping[str, Posting]:
        """Returns the wanted postings that Lever's listing shows, by id.

        Stops after as many pages in a row without a wanted posting as there are postings left to find: from then on,
        reading those by id is no dearer. Stops at once when all are found.
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

    def do(self, posting_id: str) -> PostingWord:
        """Writes the differences. Returns the posting's word.

        :raises ApiError: a lasting fault of this posting or of one of its positions.
        """
        seen = self._postings.see(posting_id)
        posting = seen.it
        if seen.hidden or (posting is not None and posting.confidential):
            return PostingWord.CONFIDENTIAL
        if posting is None:
            return PostingWord.GONE
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
            # Raised after the posting's other positions are done.
            raise fault
        if owner_unknown(posting, users):
            return PostingWord.OWNER_UNKNOWN
        if refused:
            return PostingWord.FIELD_REFUSED
        return PostingWord.UPDATED if taken else PostingWord.UNCHANGED

    def do_position(self, position_id: str) -> PostingWord:
        """Does the posting of a job position that is known only by its own id. A position without a posting stays as it
        is."""
        try:
            posting_id = self._alva.position(position_id).external_id
        except NotFound:
            return PostingWord.GONE
        return self.do(posting_id) if posting_id and is_lever_record_id(posting_id) else PostingWord.UNCHANGED
