"""Opportunities as they are now: one by its id, or several in one request where nothing is likely to come of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from alva_lever.http.errors import ApiError, Forbidden, MissingPermission, NotFound, SetupError, Unauthorized
from alva_lever.http.paginator import Unreadable
from alva_lever.lever.filters import OpportunityFilter
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.decision import Reason
from alva_lever.rules.model import Opportunity

# How many are looked at in one request. A page has room for four times as many, since a person may have several
# opportunities, and what is looked at is acted on within seconds.
AT_ONCE = 25

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

    @property
    def unseen(self) -> Reason | None:
        """What to call one about which nothing can be done any more; None while it can be."""
        if self.confidential:
            return Reason.CONFIDENTIAL
        return Reason.GONE if self.opportunity is None or self.opportunity.anonymised else None


class Looking:
    """Looks. A listing by contact is cheap, and enough to leave somebody alone; before anything is done about them,
    they are looked at by id: that is where Lever refuses to show what this key may not see."""

    def __init__(self, lever: LeverHook) -> None:
        self._lever = lever

    def look(self, opportunity_id: str) -> Look:
        """One, by its id. :raises MissingPermission: the key may not see any opportunity."""
        try:
            return Look(opportunity_id, self._lever.opportunity(opportunity_id))
        except NotFound:
            return Look(opportunity_id, None)
        except Forbidden:
            check_may_list(self._lever, "opportunities")
            return Look(opportunity_id, None, hidden=True)

    def ahead(self, pairs: Sequence[Pair]) -> Iterator[Look | str]:
        """Each in its turn: the look that a request for several gave, or the id of one to be looked at alone."""
        shown: dict[str, Look] = {}
        for number, (opportunity_id, _) in enumerate(pairs):
            if number % AT_ONCE == 0:
                shown = self.listed(pairs[number : number + AT_ONCE])
            yield shown.get(opportunity_id, opportunity_id)

    def listed(self, pairs: Sequence[Pair]) -> dict[str, Look]:
        """Those of `(opportunity id, contact id)` that one request shows, by id: `AT_ONCE` pairs at most. The others,
        and those without a contact, are left for `look`."""
        wanted = {opportunity_id for opportunity_id, contact_id in pairs if contact_id}
        contacts = tuple({contact_id: None for _, contact_id in pairs if contact_id})
        if len(contacts) < 2:
            return {}
        try:
            rows = self._lever.first_page(OpportunityFilter(contact_id=contacts))
        except (SetupError, Unauthorized, Forbidden):
            raise
        except ApiError:
            # One of them may spoil the page for all: each by itself, then.
            return {}
        shown = [row for row in rows if not isinstance(row, Unreadable)]
        return {row.id: Look(row.id, row, listed=True) for row in shown if row.id in wanted}


def check_may_list(lever: LeverHook, resource: Literal["opportunities", "postings"]) -> None:
    """Nothing, if Lever's refusal of one of these is about that one.

    :raises MissingPermission: the key may not list them either.
    """
    try:
        lever.may_list(resource)
    except Forbidden as refused:
        sentence = str(refused)
    else:
        return
    raise MissingPermission(sentence, vendor=lever.vendor)
