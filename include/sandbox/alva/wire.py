"""How Alva's half writes: refusals, times, and what text it takes for a name or an address.

Times are milliseconds since the epoch (UTC) in the models and ISO 8601 on the wire, where Alva documents no form of
date: the fraction is left out when there is none (`2025-03-01T08:00:05Z`, `2025-03-01T08:00:05.120Z`), so that a
reader has to cope with both.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic_core import PydanticCustomError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s.\x00-\x1f\x7f]+(\.[^@\s.\x00-\x1f\x7f]+)+")


class AlvaError(Exception):
    """A refusal: HTTP status, code, a sentence without personal data, and details, which may quote what was sent.

    Only statuses and the body's outline are documented to be relied on; the codes are this stand-in's, but for
    `job_position_expired`. 400 is a query or a body that can't be read, 409 what is there already, 422 anything else.
    """

    def __init__(self, status: int, code: str, message: str, **details: object) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, object]:
        """The answer's JSON: `{"error": {"code", "message", "details"}}`."""
        return {"error": {"code": self.code, "message": self.message, "details": self.details}}


class Clock(Protocol):
    """What Alva's half needs of the world's clock."""

    def now_ms(self) -> int: ...


def iso(moment_ms: int, *, with_fraction: bool = False) -> str:
    """Write a moment as ISO 8601 in UTC, with milliseconds only where there are any, or always."""
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    precision = "milliseconds" if with_fraction or moment_ms % 1000 else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def parse_iso(text: str) -> int:
    """Read an ISO 8601 date and time into milliseconds.

    Raises ValueError; a time without an offset is ambiguous, hence refused.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset from UTC")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def later(before_ms: int, now_ms: int) -> int:
    """The moment of a change: now, and always after the one before, so that a frozen clock hides no change."""
    return max(now_ms, before_ms + 1)


def folded(email: str) -> str:
    """The form in which two spellings of one e-mail address are equal."""
    return email.strip().casefold()


def _name(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("missing", "is needed")
    return value


def _address(value: str) -> str:
    """Only the outline is looked at: one `@`, no white space, a domain with a dot."""
    if not value:
        raise PydanticCustomError("missing", "is needed")
    if len(value) > 254 or not _ADDRESS.fullmatch(value):
        raise PydanticCustomError("email_invalid", "is not an e-mail address")
    return value


def _unique(values: object) -> object:
    """A list without its repeats."""
    if isinstance(values, list):
        return [value for place, value in enumerate(values) if value not in values[:place]]
    return values


Name = Annotated[str, AfterValidator(_name)]
Address = Annotated[str, AfterValidator(_address)]
Moment = Annotated[int, PlainSerializer(iso, return_type=str)]
OrNone = BeforeValidator(lambda value: () if value is None else value)  # null is an empty list
Unique = BeforeValidator(_unique)


class Wire(BaseModel):
    """What has a form on the wire. Errors quote nothing of what was sent."""

    model_config = ConfigDict(serialize_by_alias=True, hide_input_in_errors=True)
