"""Job positions in Alva, brought up to date with Lever's postings."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from alva_lever.alva.hook import AlvaHook
from alva_lever.rules.model import Posting
from alva_lever.rules.positions import difference, manager_of, owner_of
from alva_lever.steps.postings import OnceEach
from alva_lever.transport.errors import Forbidden, Refused, Unauthorized

log = logging.getLogger(__name__)


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
        except (Unauthorized, Forbidden):
            raise
        except Refused as refused:
            log.warning("Without Alva's users no job position gets an owner: %s", refused)
            return None


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

        :raises Refused: Alva makes no such position.
        """
        if posting.id in self.ids:
            return self.ids[posting.id]
        self._postings[posting.id] = posting
        return self._once(posting.id)

    def forget(self, posting_id: str) -> None:
        """The position isn't there any more: look for it, or make it, anew."""
        self.ids.pop(posting_id, None)
        self._once.forget(posting_id)

    def _synced(self, posting_id: str) -> str:
        posting = self._postings[posting_id]
        owner = owner_of(posting, self._users.known_for(posting) or {})
        position = self._alva.find_position(posting_id)
        if position is None:
            position = self._alva.create_position(
                name=posting.name or "", external_id=posting_id, owner_email=owner, team=posting.team
            )
        elif changes := difference(position, posting, owner):
            # The position is there all the same: a name that Alva doesn't take keeps nobody from being invited.
            update(self._alva, position.id, changes)
        self.ids[posting_id] = position.id
        return position.id


def update(alva: AlvaHook, position_id: str, changes: Mapping[str, str | None]) -> bool:
    """Whether Alva took the changes. Where it refuses them for good, the log says which fields, and not their values.

    :raises ApiError: a fault that lasts, or a refused key.
    """
    try:
        alva.update_position(position_id, changes)
    except (Unauthorized, Forbidden):
        raise
    except Refused as refused:
        log.warning("Job position %s stays as it is (%s): %s", position_id, ", ".join(sorted(changes)), refused)
        return False
    return True
