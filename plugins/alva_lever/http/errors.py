"""What can go wrong between us and a vendor.

    ApiError                    the root; an AirflowException
    ├── SetupError              the connection is missing, incomplete or leads elsewhere: a person has to correct it
    │   └── MissingPermission   the key cannot read what every decision needs
    ├── RequestRejected         the vendor refuses the request (4xx): a retry changes nothing
    │   ├── Unauthorized        401, the key isn't accepted
    │   ├── Forbidden           403, the key may not do or see this
    │   ├── NotFound            404, no such object
    │   └── Conflict            409, it is there already
    └── TransientError          408, 429, 5xx, a time-out, a cut connection, a refusal that is not the vendor's: it
        │                       was still there after all retries
        └── Malformed           a success that cannot be trusted: not JSON, cut short, a field missing or of another
                                type

Each text names the vendor, the request (method and path, never the query), the status and what to do. It never holds a
body, so no personal data reaches a log. Only the message is an argument of the exception and the rest are attributes,
so that every error can be pickled and `repr` shows no more than `str`.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict, Unpack

from airflow.sdk.exceptions import AirflowException

from alva_lever.rules.remedies import Remediable


class Asked(TypedDict):
    """The request that an error is about. `path` is below the API's root, with ids only and without the query."""

    vendor: str
    method: str
    path: str


class About(TypedDict, total=False):
    """What every error takes beside its text."""

    remedy: str
    vendor: str
    method: str
    path: str
    status: int | None


class Advice(NamedTuple):
    """What a refusal means, and what to do about it."""

    means: str
    remedy: str = ""


class ApiError(Remediable, AirflowException):
    """Root of the tree. `vendor` is "Lever" or "Alva"; `path` holds ids only; `status` is None if no answer came.

    `word`: the error's name in a report.
    """

    word = "api_error"

    def __init__(
        self,
        said: str,
        *,
        remedy: str = "",
        vendor: str = "",
        method: str = "",
        path: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(said, remedy=remedy)
        self.vendor = vendor
        self.method = method
        self.path = path
        self.status = status


class SetupError(ApiError):
    """The connection is missing, incomplete or unsafe, or there is no API at its host."""

    word = "setup_error"


class MissingPermission(SetupError):
    """The key lacks a permission that every decision needs. The text names it."""

    word = "missing_permission"


class RequestRejected(ApiError):
    """The vendor refuses the request for good.

    `code` is the vendor's code, None if that is not a single word. `detail` is the vendor's message, for a note on the
    candidate in Lever: it may name a person, so `str` and `repr` leave it out, and it must not be logged.
    """

    word = "refused"

    def __init__(
        self, said: str, *, code: str | None = None, detail: str | None = None, **about: Unpack[About]
    ) -> None:
        super().__init__(said, **about)
        self.code = code
        self.detail = detail


class Unauthorized(RequestRejected):
    """401: the key isn't accepted."""

    word = "unauthorized"


class Forbidden(RequestRejected):
    """403: the key may not do this, or may not see this object."""

    word = "forbidden"


class NotFound(RequestRejected):
    """404: no such object."""

    word = "not_found"


class Conflict(RequestRejected):
    """409: it is there already. `candidate_id`: the existing candidate, if the vendor names it."""

    word = "conflict"
    candidate_id: str | None = None


class TransientError(ApiError):
    """A fault that may be gone at the next attempt.

    `may_have_happened`: whether a write may have taken effect despite the fault; False after a 429 or a connection that
    was never made. `retry_after_seconds`: the pause that the vendor asked for, if any.
    """

    word = "passing"

    def __init__(
        self,
        said: str,
        *,
        may_have_happened: bool = True,
        retry_after_seconds: float | None = None,
        **about: Unpack[About],
    ) -> None:
        super().__init__(said, **about)
        self.may_have_happened = may_have_happened
        self.retry_after_seconds = retry_after_seconds


class Malformed(TransientError):
    """The vendor answered with success, but the body cannot be trusted. The text names the field, never its value."""

    word = "malformed"


def refusal(asked: Asked, *, status: int, code: str | None, detail: str | None, advice: Advice) -> RequestRejected:
    """Returns the subclass of `RequestRejected` for this status."""
    leaf = {401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict}.get(status, RequestRejected)
    said = f"{asked['vendor']} answered {status} to {asked['method']} {asked['path']}: {advice.means}"
    return leaf(said, remedy=advice.remedy, **asked, status=status, code=code, detail=detail)


def malformed(asked: Asked, *, status: int, problem: str) -> Malformed:
    """Returns the error for such an answer. `problem`: which field is wrong, and how."""
    request = f"{asked['method']} {asked['path']}"
    message = f"{asked['vendor']} answered {status} to {request}, but the answer cannot be trusted: {problem}"
    return Malformed(message, **asked, status=status)
