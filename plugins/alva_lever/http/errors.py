"""What can go wrong between us and a vendor.

    ApiError                    all of it; an AirflowException
    ├── SetupError              the connection is missing or incomplete, or leads elsewhere: a person has to act
    │   └── MissingPermission   the key cannot read what every decision needs
    ├── RequestRejected         the vendor's own lasting no (4xx): asking again changes nothing
    │   ├── Unauthorized        401, the key isn't accepted
    │   ├── Forbidden           403, the key may not do or see this
    │   ├── NotFound            404, no such object
    │   └── Conflict            409, it is there already
    └── TransientError          408, 429, 5xx, a time-out, a cut connection, a refusal that is not the vendor's: it was
        │                       retried, and it lasted
        └── Malformed           a success that cannot be trusted: not JSON, cut short, a field missing or of another
                                type

The text of each says which vendor, which request (method and path, never the query), which status, and what to do. It
never holds a body, so that nothing of a person reaches a log. Only the message is an argument of the exception and the
rest are attributes, which keeps every one of them picklable and keeps `repr` as silent as `str`.
"""

from __future__ import annotations

from typing import TypedDict

from airflow.sdk.exceptions import AirflowException


class Asked(TypedDict):
    """What every error says of the request. `path` is below the API's root, ids only, without the query."""

    vendor: str
    method: str
    path: str


class ApiError(AirflowException):
    """Root of the tree. `vendor` is "Lever" or "Alva"; `path` holds ids only; `status` is None where no answer came.

    `word`: what a report calls it.
    """

    word = "api_error"

    def __init__(
        self, message: str, *, vendor: str = "", method: str = "", path: str = "", status: int | None = None
    ) -> None:
        super().__init__(message)
        self.vendor = vendor
        self.method = method
        self.path = path
        self.status = status


class SetupError(ApiError):
    """The connection is missing, incomplete or unsafe, or there is no API where it leads."""

    word = "setup_error"


class MissingPermission(SetupError):
    """The key lacks a permission without which nothing can be decided about anybody. The text names it."""

    word = "missing_permission"


class RequestRejected(ApiError):
    """A lasting refusal.

    `code` is the vendor's own word for it, None where that is no word. `detail` is the vendor's message, for a note on
    the candidate in Lever: it may name a person, so it is in neither `str` nor `repr`, and must not be logged.
    """

    word = "refused"

    def __init__(
        self,
        message: str,
        *,
        vendor: str = "",
        method: str = "",
        path: str = "",
        status: int | None = None,
        code: str | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(message, vendor=vendor, method=method, path=path, status=status)
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
    """409: it is there already. `candidate_id` names the candidate that is, where the vendor says so."""

    word = "conflict"
    candidate_id: str | None = None


class TransientError(ApiError):
    """A fault that a later try may not meet.

    `may_have_happened`: whether a write may have taken effect all the same. Not so after a 429 or a connection that
    never came about. `retry_after_seconds`: what the vendor asked for, None if nothing.
    """

    word = "passing"

    def __init__(
        self,
        message: str,
        *,
        vendor: str = "",
        method: str = "",
        path: str = "",
        status: int | None = None,
        may_have_happened: bool = True,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, vendor=vendor, method=method, path=path, status=status)
        self.may_have_happened = may_have_happened
        self.retry_after_seconds = retry_after_seconds


class Malformed(TransientError):
    """An answer that says success and cannot be trusted. The text names the field, never its value."""

    word = "malformed"


def refusal(asked: Asked, *, status: int, code: str | None, detail: str | None, advice: str) -> RequestRejected:
    """The leaf of `RequestRejected` for a status. `advice` is the sentence that says what to do."""
    leaf = {401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict}.get(status, RequestRejected)
    message = f"{asked['vendor']} answered {status} to {asked['method']} {asked['path']}: {advice}"
    return leaf(message, **asked, status=status, code=code, detail=detail)


def malformed(asked: Asked, *, status: int, problem: str) -> Malformed:
    """`problem` names the field that is wrong and what it should have been."""
    request = f"{asked['method']} {asked['path']}"
    message = f"{asked['vendor']} answered {status} to {request}, but the answer cannot be trusted: {problem}"
    return Malformed(message, **asked, status=status)
