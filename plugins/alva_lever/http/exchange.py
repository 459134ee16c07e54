"""Sends one request and turns any failure into a typed error, which holds nothing of the body."""

from __future__ import annotations

import errno
import json as jsonlib  # `json` names the body that is sent, as in requests
import os
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests import Response, Session
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.exceptions import ProxyError as ProxyFault

from alva_lever.http.errors import (
    Advice,
    ApiError,
    Asked,
    Conflict,
    SetupError,
    TransientError,
    Unauthorized,
    malformed,
    refusal,
)
from alva_lever.http.rate_limiter import RateLimiter
from alva_lever.http.retry import retry_after_seconds
from alva_lever.http.session import origin, shown
from alva_lever.http.wire import Untrusted

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
T = TypeVar("T")
Params = Sequence[tuple[str, str]]
REDIRECTS = 3
_KEEPS_METHOD = {307, 308}


@dataclass(frozen=True, slots=True)
class VendorError:
    """The fields of a vendor's error body. A field that is missing or not text is None.

    `code` is one word and `candidate_id` is an id, so both may be logged; `message` may not.
    """

    code: str | None = None
    message: str | None = None
    candidate_id: str | None = None


def one_word(value: object) -> str | None:
    """Returns a vendor's error code, None if it isn't one word: a sentence may hold a name."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def of_exception(error: Exception, asked: Asked, *, host: str, conn_id: str) -> ApiError:
    """Returns our error for the `error` that requests raised. Its own text holds the URL with its query, so it is not
    used."""
    vendor, request = asked["vendor"], f"{asked['method']} {asked['path']}"
    unasked = f"{vendor} could not be asked ({request})"
    extra = f"in the extra of connection `{conn_id}`"
    # requests raises a ValueError of some kind for a URL, header or proxy that makes no sense.
    if isinstance(error, ValueError):
        return SetupError(unasked, remedy=f"look at host, key and extra of connection `{conn_id}`", **asked)
    # A missing certificate file raises a bare OSError.
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return SetupError(f"{unasked}: `verify` or `cert` {extra} names a file that cannot be read", **asked)
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return SetupError(
            f"{unasked}: the certificate of {host} isn't trusted here",
            remedy=f"Name the right certificate bundle as `verify` {extra}",
            **asked,
        )
    why = _unreachable(causes)
    if why is not None:
        return TransientError(
            f"{vendor} could not be reached ({request}): {why}",
            remedy=f"The host is {host}, from connection `{conn_id}`",
            **asked,
            may_have_happened=False,
        )
    if isinstance(error, requests.Timeout):
        return TransientError(f"{vendor} did not answer {request} in time (host {host})", **asked)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return TransientError(
            f"The encrypted connection to {vendor} failed before {request} was answered",
            remedy=f"is the port of {host} one for https? Look at the API root (the host) of connection `{conn_id}`",
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
    advice_of: Callable[[int], Advice],
) -> ApiError | None:
    """Returns the error for this answer, None for a success. `error_of` reads the vendor's error body, `advice_of`
    gives the advice for a refusal.

    A refusal is the vendor's only if `error_of` can read its body. Any other comes from a firewall, gateway or login
    form on the way: it is transient, and says nothing about the object asked for. A write may have taken effect all the
    same, since a filter may look at answers too.
    """
    status = response.status_code
    if status < 400:
        return None
    request = f"{asked['method']} {asked['path']}"
    if status in (408, 429) or status >= 500:
        meaning = "too many calls" if status == 429 else "a passing fault"
        return TransientError(
            f"{asked['vendor']} answered {status} to {request}: {meaning}",
            **asked,
            status=status,
            may_have_happened=status != 429,
            retry_after_seconds=retry_after_seconds(response, now=now),
        )
    try:
        vendor_error = error_of(_object(response.content))
    except Untrusted as untrusted:
        came = str(untrusted)
    else:
        code, detail = vendor_error.code, vendor_error.message
        failure = refusal(asked, status=status, code=code, detail=detail, advice=advice_of(status))
        if isinstance(failure, Conflict):
            failure.candidate_id = vendor_error.candidate_id
        return failure
    return TransientError(
        f"Something that isn't {asked['vendor']}'s API answered {status} to {request}: {came}",
        remedy="If that lasts, look for a proxy, firewall or gateway on the way, and at the API root (the host) of "
        f"connection `{conn_id}`",
        **asked,
        status=status,
        retry_after_seconds=retry_after_seconds(response, now=now),
    )


def what_came(content: bytes) -> str:
    """Describes a body that isn't JSON, without quoting it."""
    if not content.strip():
        return "no body"
    return "a page of HTML" if content.lstrip().startswith(b"<") else "not JSON"


def _object(content: bytes) -> dict[str, object]:
    """Reads a JSON object. :raises Untrusted: the body is something else, which the text names."""
    try:
        body: object = jsonlib.loads(content)
    except (ValueError, RecursionError):
        body = what_came(content)
    else:
        if isinstance(body, dict):
            return body
        body = "JSON, but not an object"
    raise Untrusted(body)


def _unreachable(causes: list[BaseException]) -> str | None:
    """Returns why the request was certainly never sent, None if it may have been."""
    proxy = any(isinstance(cause, ProxyFault) for cause in causes)
    whom = "the proxy" if proxy else "it"
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return f"the name of {'the proxy' if proxy else 'its host'} is not known"
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        # requests' own errors are OSErrors as well, without a number.
        numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
        if errno.ECONNREFUSED in numbers:
            return f"{whom} refuses connections"
        return f"there is no route to {whom} ({os.strerror(numbers[0]) if numbers else 'of unknown cause'})"
    if any(isinstance(cause, ConnectTimeoutError) for cause in causes):
        return f"{whom} did not take the connection in time"
    return "the proxy refuses to let us through" if proxy else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields the error and its causes, which requests and urllib3 keep in `args`, `reason` or `__cause__`."""
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


class Exchange:
    """Sends requests to one API root over one session, at the rate limiter's pace. Thread-safe.

    `failure_of` returns the error for an answer, None for a success. `timeout`: (connect, read) in seconds. `renewed`:
    takes the `Authorization` that was refused, and returns whether requests now carry another one.
    """

    def __init__(
        self,
        *,
        root: str,
        session: Session,
        pace: RateLimiter,
        timeout: tuple[float, float],
        conn_id: str,
        failure_of: Callable[[Response, Asked], ApiError | None],
        renewed: Callable[[str], bool] = lambda authorization: False,
    ) -> None:
        self.session = session
        self.pace = pace
        self.calls = 0
        # Whether the API is there: it has answered with a success at least once.
        self.has_answered = False
        self._root = root
        self._timeout = timeout
        self._conn_id = conn_id
        self._failure_of = failure_of
        self._renewed = renewed
        self._lock = threading.Lock()

    def once(
        self,
        asked: Asked,
        read: Callable[[object], T],
        params: Params | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
    ) -> T:
        """Sends one request and returns `read` of the answer's JSON (None if the status allows no body). A request that
        was refused with 401 is sent again if access could be renewed.

        :raises ApiError: the request failed; `Malformed` if `read` raises `Untrusted`.
        """
        response = self._follow(asked, params, json, form)
        failure = self._failure_of(response, asked)
        if isinstance(failure, Unauthorized) and self._renewed(response.request.headers.get("Authorization", "")):
            response = self._follow(asked, params, json, form)
            failure = self._failure_of(response, asked)
        if failure is not None:
            raise failure
        try:
            answer = read(_json(response))
        except Untrusted as untrusted:
            problem = str(untrusted)
        else:
            self.has_answered = True
            return answer
        raise malformed(asked, status=response.status_code, problem=problem)

    def _follow(self, asked: Asked, params: Params | None, json: object, form: Mapping[str, str] | None) -> Response:
        """Sends the request, follows redirects and returns the last answer."""
        url = f"{self._root}{asked['path']}"
        for _ in range(REDIRECTS + 1):
            response = self._send(asked, url, params, json, form)
            if not 300 <= response.status_code < 400:
                return response
            url, params = self._redirected(response, asked), None
        circle = f"{asked['vendor']} redirects {asked['method']} {asked['path']} in a circle"
        look = f"look at the host of connection `{self._conn_id}`"
        raise TransientError(circle, remedy=look, **asked)

    def _send(
        self, asked: Asked, url: str, params: Params | None, json: object, form: Mapping[str, str] | None
    ) -> Response:
        self.pace.acquire()
        try:
            response = self.session.request(
                asked["method"],
                url,
                params=params,
                data=form,
                json=json,
                timeout=self._timeout,
                # Passed here, since REQUESTS_CA_BUNDLE in the environment overrides the session's own value.
                verify=self.session.verify,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            host = urlsplit(self._root).netloc
            failure = of_exception(error, asked, host=host, conn_id=self._conn_id)
        else:
            self._count()
            return response
        if isinstance(failure, TransientError) and failure.may_have_happened:
            self._count()
        # Raised outside the handler, so that the cause, whose text holds the URL, isn't kept as `__context__`.
        raise failure

    def _redirected(self, response: Response, asked: Asked) -> str:
        """Returns the URL of a redirect within the same server. The key and the body must reach no other server.

        Any other redirect may come from what stands between, such as a login form: it is a passing fault, which names
        the connection in case it lasts.
        """
        location = response.headers.get("Location", "")
        status = response.status_code
        if not location:
            raise malformed(asked, status=status, problem="a redirect without `Location`")
        try:
            target = urljoin(response.url, location)
            ours, theirs = origin(response.url), origin(target)
        except ValueError:
            raise malformed(asked, status=status, problem="`Location` is not a URL") from None
        redirects = f"{asked['vendor']} redirects {asked['method']} {asked['path']}"
        correct = f"correct the host of connection `{self._conn_id}`"
        if ours != theirs:
            leads = f"from {shown(ours)} to {shown(theirs)}, where nothing was sent"
            moved = f"if the API has moved, {correct}"
            raise TransientError(f"{redirects} {leads}", remedy=moved, **asked, status=status)
        if asked["method"] != "GET" and status not in _KEEPS_METHOD:
            another = f"{redirects}, which would make it another request"
            raise TransientError(another, remedy=correct, **asked, status=status)
        return target

    def _count(self) -> None:
        with self._lock:
            self.calls += 1


def _json(response: Response) -> object:
    if response.status_code == 204:
        return None
    try:
        return jsonlib.loads(response.content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        came = what_came(response.content)
    raise Untrusted("the body is not JSON, or was cut short" if came == "not JSON" else came)


def _no_number(name: str) -> NoReturn:
    """Refuses NaN and Infinity, which Python reads although JSON doesn't have them."""
    raise ValueError(name)
