"""Alva's wire format: refusals, times, and the accepted names and addresses.

Times are milliseconds since the epoch (UTC) in the models and ISO 8601 on the wire. Alva documents no date format, so a
zero fraction is left out (`2025-03-01T08:00:05Z`, `2025-03-01T08:00:05.120Z`), and a reader has to accept both.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic_core import PydanticCustomError

from include.sandbox.answer import Refusal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s.\x00-\x1f\x7f]+(\.[^@\s.\x00-\x1f\x7f]+)+")


class AlvaError(Refusal):
    """A refusal: HTTP status, code, a sentence without personal data, and details, which may quote the request.

    Callers may rely on the statuses and the body's outline; the codes are invented, except `job_position_expired`. 400:
    a query or a body can't be read. 409: the record exists already. 422: anything else.
    """

    def __init__(self, status: int, code: str, message: str, **details: object) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, object]:
        """Returns the answer's JSON: `{"error": {"code", "message", "details"}}`."""
        return {"error": {"code": self.code, "message": self.message, "details": self.details}}

    def answer(self) -> JSONResponse:
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        allowed = self.details.get("allowed")
        if isinstance(allowed, list):
            headers["Allow"] = ", ".join(allowed)
        return JSONResponse(self.body(), self.status, headers)


class Clock(Protocol):
    """The part of the world's clock that Alva's half needs."""

    def now_ms(self) -> int: ...


def iso(moment_ms: int, *, with_fraction: bool = False) -> str:
    """Writes a moment as ISO 8601 in UTC, with milliseconds only if there are any, or always."""
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    precision = "milliseconds" if with_fraction or moment_ms % 1000 else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def parse_iso(text: str) -> int:
    """Reads an ISO 8601 time into milliseconds. ValueError, also for a time without an offset, which is ambiguous."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset from UTC")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def later(before_ms: int, now_ms: int) -> int:
    """Returns the time of a change: now, but later than the one before, so that a frozen clock hides none."""
    return max(now_ms, before_ms + 1)


def folded(email: str) -> str:
    """Returns the form in which all spellings of an e-mail address are equal."""
    return email.strip().casefold()


def _name(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("missing", "is needed")
    return value


def _address(value: str) -> str:
    """Checks only the outline: one `@`, no white space, a domain with a dot."""
    if not value:
        raise PydanticCustomError("missing", "is needed")
    if len(value) > 254 or not _ADDRESS.fullmatch(value):
        raise PydanticCustomError("email_invalid", "is not an e-mail address")
    return value


def _unique(values: object) -> object:
    """Removes repeats from a list."""
    if isinstance(values, list):
        return [value for place, value in enumerate(values) if value not in values[:place]]
    return values


Name = Annotated[str, AfterValidator(_name)]
Address = Annotated[str, AfterValidator(_address)]
Moment = Annotated[int, PlainSerializer(iso, return_type=str)]
OrNone = BeforeValidator(lambda value: () if value is None else value)  # null is an empty list
Unique = BeforeValidator(_unique)


class Wire(BaseModel):
    """A model with a wire format. Its errors never quote the input."""

    model_config = ConfigDict(serialize_by_alias=True, hide_input_in_errors=True)
