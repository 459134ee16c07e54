"""From what requests raises, or a status says, to the errors of this package."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import requests
from requests import Response
from urllib3.exceptions import MaxRetryError, NewConnectionError
from urllib3.exceptions import ProxyError as ProxyFault

from alva_lever.transport.errors import ApiError, Asked, Conflict, Passing, Refused, SetupError, refusal
from alva_lever.transport.retry import retry_after_seconds


@dataclass(frozen=True, slots=True)
class VendorError:
    """What a vendor's error body holds. All may be None: what isn't there or isn't text."""

    code: str | None = None
    message: str | None = None
    candidate_id: str | None = None


def of_exception(error: Exception, asked: Asked, *, conn_id: str) -> ApiError:
    """`error` came instead of an answer. Its own text holds the URL with its query, so it is not used."""
    vendor, request = asked["vendor"], f"{asked['method']} {asked['path']}"
    unasked = f"{vendor} could not be asked ({request})"
    extra = f"in the extra of connection `{conn_id}`"
    # requests refuses a URL, a header or a proxy that makes no sense with one or another kind of ValueError.
    if isinstance(error, ValueError):
        return SetupError(f"{unasked}: look at host, key and extra of connection `{conn_id}`", **asked)
    # A certificate file that isn't there comes as a bare OSError.
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return SetupError(f"{unasked}: `verify` or `cert` {extra} names a file that cannot be read", **asked)
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return SetupError(
            f"{unasked}: its certificate isn't trusted here. Name the right certificate bundle as `verify` {extra}",
            **asked,
        )
    if _never_connected(error):
        return Passing(f"{vendor} could not be reached ({request})", **asked, may_have_happened=False)
    if isinstance(error, requests.Timeout):
        return Passing(f"{vendor} did not answer {request} in time", **asked)
    return Passing(f"The connection to {vendor} was cut before {request} was answered", **asked)


def of_response(
    response: Response,
    asked: Asked,
    *,
    now: Callable[[], float],
    error_of: Callable[[object], VendorError],
    advice_of: Callable[[int], str],
) -> ApiError | None:
    """None for a success. `error_of` reads the vendor's error body, `advice_of` says what to do about a refusal."""
    status = response.status_code
    if status < 400:
        return None
    request = f"{asked['method']} {asked['path']}"
    if status in (408, 429) or status >= 500:
        meaning = "too many calls" if status == 429 else "a passing fault"
        return Passing(
            f"{asked['vendor']} answered {status} to {request}: {meaning}, which has lasted",
            **asked,
            status=status,
            may_have_happened=status != 429,
            retry_after_seconds=retry_after_seconds(response, now=now),
        )
    body = _body(response)
    if status == 404 and not isinstance(body, dict):
        # The vendor says in JSON what it doesn't have. A bare or HTML 404 comes from something else on the way, and
        # would make every candidate look deleted.
        elsewhere = f"Something that isn't {asked['vendor']}'s API answered 404 to {request}"
        return Refused(f"{elsewhere}: look at the host of its connection", **asked, status=status)
    said = error_of(body)
    failure = refusal(asked, status=status, code=said.code, detail=said.message, advice=advice_of(status))
    if isinstance(failure, Conflict):
        failure.candidate_id = said.candidate_id
    return failure


def _body(response: Response) -> object:
    try:
        body: object = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body


def _never_connected(error: Exception) -> bool:
    """Whether the request cannot have left: the connection was refused, timed out, or its host wasn't found."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError | ProxyFault)
