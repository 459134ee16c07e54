"""Opportunities as they are now: one by its id, or several in one request where nothing is likely to come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alva_lever.lever.filters import OpportunityFilter
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.model import Opportunity
from alva_lever.transport.errors import Asked, Forbidden, Malformed, NotFound
from alva_lever.transport.walk import whole

# How many are looked at in one request. A page has room for four times as many, since a person may have several
# opportunities, and what is looked at is acted on within seconds.
AT_ONCE = 25

_LISTED: Asked = {"vendor": "Lever", "method": "GET", "path": "/opportunities"}

# An opportunity's id, and its contact's where nothing is likely to be done about it: see `Looking`.
Pair = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Look:
    """`opportunity` None: it is gone, or `hidden`: Lever refuses to show this one. `listed`: a listing showed it."""

    opportunity_id: str
    opportunity: Opportunity | None
    hidden: bool = False
    listed: bool = False

    @property
    def confidential(self) -> bool:
        """Whether it is: Lever refuses to show it, or shows it to a key that may see such."""
        return self.hidden or (self.opportunity is not None and self.opportunity.confidential)


class Looking:
    """Looks. A listing by contact is cheap, and enough to leave somebody alone; before anything is done about them,
    they are looked at by id: that is where Lever refuses to show what this key may not see."""

    def __init__(self, lever: LeverHook) -> None:
        self._lever = lever

    def look(self, opportunity_id: str) -> Look:
        """One, by its id. :raises Forbidden: the key may not see any opportunity."""
        try:
            return Look(opportunity_id, self._lever.opportunity(opportunity_id))
        except NotFound:
            return Look(opportunity_id, None)
        except Forbidden:
            # It is this one that is hidden, unless the key may not list opportunities either.
            self._lever.may_list("opportunities")
            return Look(opportunity_id, None, hidden=True)

    def listed(self, pairs: Sequence[Pair]) -> dict[str, Look]:
        """Those of `(opportunity id, contact id)` that one request shows, by id: `AT_ONCE` pairs at most. The others,
        and those without a contact, are left for `look`."""
        wanted = {opportunity_id for opportunity_id, contact_id in pairs if contact_id}
        contacts = tuple({contact_id: None for _, contact_id in pairs if contact_id})
        if len(contacts) < 2:
            return {}
        try:
            rows = list(whole(self._lever.first_page(OpportunityFilter(contact_id=contacts)), _LISTED))
        except Malformed:
            # One row that can't be read spoils the page for all: each by itself, then.
            return {}
        return {row.id: Look(row.id, row, listed=True) for row in rows if row.id in wanted}
