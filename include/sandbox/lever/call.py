"""One request to Lever's API, read and checked: what every route is handed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from include.sandbox.lever import shapes
from include.sandbox.lever.account import LeverAccount
from include.sandbox.lever.errors import BadRequest, Forbidden
from include.sandbox.lever.keys import Key
from include.sandbox.lever.models import Opportunity
from include.sandbox.lever.query import Query


@dataclass(slots=True)
class Call:
    account: LeverAccount
    key: Key
    path: Mapping[str, str]  # the path's parameters
    query: Query
    content: bytes = field(repr=False)
    now_ms: int

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent. 400 for anything else; files (multipart) are beyond this stand-in."""
        try:
            body = json.loads(self.content)
        except ValueError:
            raise BadRequest("The request body is not valid JSON.") from None
        if not isinstance(body, dict):
            raise BadRequest("The request body is not a JSON object.")
        return body

    def texts(self, name: str) -> list[str]:
        """A required list of strings in the body."""
        return texts(self.body(), name, required=True)

    def performer(self, *, required: bool = False) -> str | None:
        """The user id in ``perform_as``, a query parameter."""
        uid = self.query.one("perform_as")
        if uid is None and required:
            raise BadRequest("Missing required parameter: perform_as")
        if uid is not None and uid not in self.account.users:
            raise BadRequest("perform_as names no user of this account.")
        return uid

    def opportunity(self) -> Opportunity:
        """The one that the path names. 404 where there is none, 403 where this key may not see it."""
        found = self.account.opportunity(self.path["opportunity"])
        if found.confidential:
            self.key.require_confidential()
        if found.restricted:
            raise Forbidden("This API key has no access to this opportunity.")
        return found

    def shown(self, opportunity: Opportunity) -> dict[str, Any]:
        """An opportunity with the fields that ``include`` and ``expand`` ask for; without ``include``, all."""
        expand = self.query.many("expand")
        return self.included(shapes.opportunity(opportunity, self.account.users, expand))

    def included(self, shape: dict[str, Any]) -> dict[str, Any]:
        """Only what ``include`` names, and what ``expand`` does, which wins."""
        include = self.query.many("include")
        if not include:
            return shape
        wanted = {*include, *self.query.many("expand")}
        return {name: value for name, value in shape.items() if name in wanted}

    def written(self, opportunity: Opportunity) -> dict[str, Any]:
        """The whole opportunity, as the answer to a write."""
        return {"data": shapes.opportunity(opportunity, self.account.users, written=True)}


def texts(body: Mapping[str, Any], name: str, *, required: bool = False) -> list[str]:
    """A list of strings, [] where it is not there and not required."""
    value = body.get(name)
    if value is None and not required:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadRequest(f"Invalid value for {name}: a list of strings is expected.")
    return value


def text(body: Mapping[str, Any], name: str) -> str | None:
    """A string, None where it is not there or null."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"Invalid value for {name}: a string is expected.")
    return value


def past_ms(body: Mapping[str, Any], name: str, now_ms: int) -> int:
    """A time in milliseconds that is not in the future; now where it is not there."""
    value = body.get(name)
    if value is None:
        return now_ms
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= now_ms:
        raise BadRequest(f"Invalid value for {name}: milliseconds in the past are expected.")
    return value
