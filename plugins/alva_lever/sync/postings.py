"""Job positions in Alva, brought up to date with Lever's postings."""

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

# The fields without which a job position is one all the same.
_OPTIONAL = {"owner_email", "team"}
# A read by id, and a share of what a hiring manager may cost.
_CALLS = 1.5


class Users:
    """Alva's users, read when the first is asked for. Safe to use from several threads."""

    def __init__(self, alva: AlvaHook) -> None:
        self._alva = alva
        self._once = OnceEach(self._read)

    def known_for(self, posting: Posting) -> dict[str, str] | None:
        """Their addresses by the case-folded form, to find the posting's owner in; None where the posting has nobody to
        find, or Alva refuses to list them."""
        return None if manager_of(posting) is None else self._once("all")

    def _read(self, _: str) -> dict[str, str] | None:
        try:
            return {email.casefold(): email for email in self._alva.user_emails()}
        except Unauthorized:
            raise
        except Forbidden as refused:
            # Of a whole listing: it is about everybody.
            sentence = str(refused)
        except RequestRejected as refused:
            log.warning("Without Alva's users no job position gets an owner: %s", refused)
            return None
        raise MissingPermission(sentence, vendor=self._alva.vendor)


class Positions:
    """Finds or makes a posting's job position, once each. Safe to use from several threads.

    `known`: ids of positions by posting id that this run has brought up to date already; those that follow are added.
    """

    def __init__(self, alva: AlvaHook, known: dict[str, str] | None = None) -> None:
        self._alva = alva
        self.ids: dict[str, str] = {} if known is None else known
        self._postings: dict[str, Posting] = {}
        self._once = OnceEach(self._synced)
        self._users = Users(alva)

    def sync(self, posting: Posting) -> str:
        """The id of the posting's job position, made or brought up to date before.

        :raises RequestRejected: Alva makes no such position.
        """
        if posting.id in self.ids:
            return self.ids[posting.id]
        self._postings[posting.id] = posting
        return self._once(posting.id)

    def is_known(self, posting_id: str) -> bool:
        """Whether this run has brought this posting's position up to date already."""
        return posting_id in self.ids

    def bring_up_to_date(self, posting: Posting) -> None:
        """Somebody came to this posting: Alva's job position says what it says now, also if nobody is invited.

        A refusal by Alva is passed over: nobody waits for this position, and a candidate who is invited on it later
        meets the refusal then.

        :raises ApiError: any other fault that lasts.
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
        """The position isn't there any more: look for it, or make it, again."""
        self.ids.pop(posting_id, None)
        self._once.forget(posting_id)

    def _synced(self, posting_id: str) -> str:
        posting = self._postings[posting_id]
        owner = owner_of(posting, self._users.known_for(posting) or {})
        position = self._alva.find_position(posting_id)
        if position is None:
            position = self._made(posting, owner)
        # The position is there all the same: a field that Alva doesn't take keeps nobody from being invited.
        update(self._alva, position.id, difference(position, posting, owner))
        self.ids[posting_id] = position.id
        return position.id

    def _made(self, posting: Posting, owner: str | None) -> JobPosition:
        """A new one; without team and owner where Alva refuses it with them."""
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
    """Which fields of a job position Alva took, and which it refused. `fault`: the refusal of what a position can't do
    without."""

    taken: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    fault: RequestRejected | None = None


def update(alva: AlvaHook, position_id: str, changes: Mapping[str, str | None]) -> Written:
    """Writes the changes: together, or each by itself where Alva refuses them together. The log says which field is
    refused, and not its value.

    :raises ApiError: a fault that lasts, or a key that may not.
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
    """Finds the postings whose job position says something else, and counts the others. Alva's positions, its users and
    Lever's postings are listed once."""

    def __init__(self, lever: LeverHook, alva: AlvaHook, report: RunReport) -> None:
        self._lever = lever
        self._alva = alva
        self._report = report
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
        """What the listings alone can say of it; None where something is to be written."""
        if posting.confidential:
            return PostingWord.CONFIDENTIAL
        users = self._users.known_for(posting)
        owner = owner_of(posting, users or {})
        if any(difference(position, posting, owner) for position in positions):
            return None
        return PostingWord.OWNER_UNKNOWN if owner_unknown(posting, users) else PostingWord.UNCHANGED

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

    def do(self, posting_id: str) -> PostingWord:
        """What became of it.

        :raises ApiError: a fault that lasted, of this posting or one of its positions.
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
            # Raised once the posting's other positions are done.
            raise fault
        if owner_unknown(posting, users):
            return PostingWord.OWNER_UNKNOWN
        if refused:
            return PostingWord.FIELD_REFUSED
        return PostingWord.UPDATED if taken else PostingWord.UNCHANGED

    def do_position(self, position_id: str) -> PostingWord:
        """The same for a job position of which only its own id is known. One of no posting stays as it is."""
        try:
            posting_id = self._alva.position(position_id).external_id
        except NotFound:
            return PostingWord.GONE
        return self.do(posting_id) if posting_id and is_lever_record_id(posting_id) else PostingWord.UNCHANGED
