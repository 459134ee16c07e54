"""One request and its answer, with nothing believed and nothing told."""

from __future__ import annotations

import json as jsonlib
import threading
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests import Response, Session

from alva_lever.http import failures
from alva_lever.http.errors import ApiError, Asked, SetupError, TransientError, malformed
from alva_lever.http.rate_limiter import RateLimiter
from alva_lever.http.root import origin, shown
from alva_lever.http.wire import Untrusted

T = TypeVar("T")
Params = Sequence[tuple[str, str]]

REDIRECTS = 3
_KEEPS_METHOD = {307, 308}


class Exchange:
    """Sends requests to one API root over one session, each at its turn. Thread-safe.

    `failure_of` reads a refusal: None for a success. `timeout` is (connect, read), in seconds.
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
    ) -> None:
        self.session = session
        self.pace = pace
        self.calls = 0
        self._root = root
        self._timeout = timeout
        self._conn_id = conn_id
        self._failure_of = failure_of
        self._lock = threading.Lock()

    def once(self, asked: Asked, read: Callable[[object], T], params: Params | None, json: object) -> T:
        """What `read` makes of the answer's JSON (None for an answer that has no body by its status).

        :raises ApiError: whatever came instead; `Malformed` where `read` raises `Untrusted`.
        """
        response = self._follow(asked, params, json)
        failure = self._failure_of(response, asked)
        if failure is not None:
            raise failure
        try:
            return read(_json(response))
        except Untrusted as untrusted:
            problem = str(untrusted)
        raise malformed(asked, status=response.status_code, problem=problem)

    def _follow(self, asked: Asked, params: Params | None, json: object) -> Response:
        """The answer at the end of the redirects."""
        url = f"{self._root}{asked['path']}"
        for _ in range(REDIRECTS + 1):
            response = self._send(asked, url, params, json)
            if not 300 <= response.status_code < 400:
                return response
            url, params = self._redirected(response, asked), None
        circle = f"{asked['vendor']} redirects {asked['method']} {asked['path']} in a circle"
        raise SetupError(f"{circle}: look at the host of connection `{self._conn_id}`", **asked)

    def _send(self, asked: Asked, url: str, params: Params | None, json: object) -> Response:
        self.pace.acquire()
        try:
            response = self.session.request(
                asked["method"],
                url,
                params=params,
                json=json,
                timeout=self._timeout,
                # Named here, since REQUESTS_CA_BUNDLE in the environment goes before the session's own.
                verify=self.session.verify,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            host = urlsplit(self._root).netloc
            failure = failures.of_exception(error, asked, host=host, conn_id=self._conn_id)
        else:
            self._count()
            return response
        if isinstance(failure, TransientError) and failure.may_have_happened:
            self._count()
        # Out here, so that the cause, whose text has the URL, isn't even the context of this one.
        raise failure

    def _redirected(self, response: Response, asked: Asked) -> str:
        """Where a redirect leads, if that is the same server: the key and what we send are meant for no other."""
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
            raise SetupError(f"{redirects} {leads}: if the API has moved, {correct}", **asked, status=status)
        if asked["method"] != "GET" and status not in _KEEPS_METHOD:
            raise SetupError(f"{redirects}, which would make it another request: {correct}", **asked, status=status)
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
        came = failures.what_came(response.content)
    raise Untrusted("the body is not JSON, or was cut short" if came == "no JSON" else came)


def _no_number(name: str) -> NoReturn:
    """Python reads NaN and Infinity, which JSON doesn't have."""
    raise ValueError(name)
