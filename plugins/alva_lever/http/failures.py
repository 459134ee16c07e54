"""From what requests raises, or a status says, to the errors of this package."""

from __future__ import annotations

import errno
import json
import os
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import requests
from requests import Response
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.exceptions import ProxyError as ProxyFault

from alva_lever.http.errors import ApiError, Asked, Conflict, SetupError, TransientError, refusal
from alva_lever.http.retry import retry_after_seconds
from alva_lever.http.wire import Untrusted

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class VendorError:
    """What a vendor's error body holds. All may be None: what isn't there or isn't text.

    `code` is one word and `candidate_id` looks like an id, so that both may be logged. `message` may not.
    """

    code: str | None = None
    message: str | None = None
    candidate_id: str | None = None


def one_word(value: object) -> str | None:
    """A vendor's code for an error, None where it isn't one word: a sentence may hold a name."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def of_exception(error: Exception, asked: Asked, *, host: str, conn_id: str) -> ApiError:
    """`error` came instead of an answer from `host`. Its own text holds the URL with its query, so it is not used."""
    vendor, request = asked["vendor"], f"{asked['method']} {asked['path']}"
    unasked = f"{vendor} could not be asked ({request})"
    extra = f"in the extra of connection `{conn_id}`"
    # requests refuses a URL, a header or a proxy that makes no sense with one or another kind of ValueError.
    if isinstance(error, ValueError):
        return SetupError(f"{unasked}: look at host, key and extra of connection `{conn_id}`", **asked)
    # A certificate file that isn't there comes as a bare OSError.
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return SetupError(f"{unasked}: `verify` or `cert` {extra} names a file that cannot be read", **asked)
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return SetupError(
            f"{unasked}: the certificate of {host} isn't trusted here. Name the right certificate bundle as `verify` "
            f"{extra}",
            **asked,
        )
    why = _unreachable(causes)
    if why is not None:
        reached = f"{vendor} could not be reached ({request}): {why}"
        return TransientError(
            f"{reached}. The host is {host}, from connection `{conn_id}`", **asked, may_have_happened=False
        )
    if isinstance(error, requests.Timeout):
        return TransientError(f"{vendor} did not answer {request} in time (host {host})", **asked)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return TransientError(
            f"The encrypted connection to {vendor} failed before {request} was answered: is the port of {host} one "
            f"for https? Look at the API root (the host) of connection `{conn_id}`",
            **asked,
        )
    return TransientError(f"The connection to {vendor} was cut before {request} was answered (host {host})", **asked)


def of_response(
    response: Response,
    asked: Asked,
    *,
    now: Callable[[], float],
    conn_id: str,
    error_of: Callable[[object], VendorError],
    advice_of: Callable[[int], str],
) -> ApiError | None:
    """None for a success. `error_of` reads the vendor's error body, `advice_of` says what to do about a refusal.

    A refusal is the vendor's only where its body is a JSON object that `error_of` reads without `Untrusted`. Any other
    came from something on the way: a firewall, a gateway, a login form. That passes, and says nothing about what was
    asked for. Whether a write has taken effect before it is open: a filter may be looking at answers, too.
    """
    status = response.status_code
    if status < 400:
        return None
    request = f"{asked['method']} {asked['path']}"
    if status in (408, 429) or status >= 500:
        meaning = "too many calls" if status == 429 else "a passing fault"
        return TransientError(
            f"{asked['vendor']} answered {status} to {request}: {meaning}, which has lasted",
            **asked,
            status=status,
            may_have_happened=status != 429,
            retry_after_seconds=retry_after_seconds(response, now=now),
        )
    try:
        said = error_of(_object(response.content))
    except Untrusted as untrusted:
        came = str(untrusted)
    else:
        failure = refusal(asked, status=status, code=said.code, detail=said.message, advice=advice_of(status))
        if isinstance(failure, Conflict):
            failure.candidate_id = said.candidate_id
        return failure
    return TransientError(
        f"Something that isn't {asked['vendor']}'s API answered {status} to {request}: {came}. If that lasts, look for "
        f"a proxy, firewall or gateway on the way, and at the API root (the host) of connection `{conn_id}`",
        **asked,
        status=status,
        retry_after_seconds=retry_after_seconds(response, now=now),
    )


def what_came(content: bytes) -> str:
    """What a body is that is no JSON, in words of ours."""
    if not content.strip():
        return "no body"
    return "a page of HTML" if content.lstrip().startswith(b"<") else "no JSON"


def _object(content: bytes) -> dict[str, object]:
    """:raises Untrusted: the body is something else, which the text names."""
    try:
        body: object = json.loads(content)
    except (ValueError, RecursionError):
        body = what_came(content)
    else:
        if isinstance(body, dict):
            return body
        body = "JSON that is no object"
    raise Untrusted(body)


def _unreachable(causes: list[BaseException]) -> str | None:
    """Why the request cannot have left, None where it may have."""
    proxy = any(isinstance(cause, ProxyFault) for cause in causes)
    whom = "the proxy" if proxy else "it"
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return f"the name of {'the proxy' if proxy else 'its host'} is not known"
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        # requests' own errors are OSErrors as well, without a number.
        numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
        if errno.ECONNREFUSED in numbers:
            return f"{whom} refuses connections"
        return f"there is no way to {whom} ({os.strerror(numbers[0]) if numbers else 'of unknown cause'})"
    if any(isinstance(cause, ConnectTimeoutError) for cause in causes):
        return f"{whom} did not take the connection in time"
    return "the proxy refuses to let us through" if proxy else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """It and what it came from: requests and urllib3 keep that among the arguments, as `reason`, or as the cause."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        inner = (*one.args, getattr(one, "reason", None), one.__cause__)
        waiting += [cause for cause in inner if isinstance(cause, BaseException)]
