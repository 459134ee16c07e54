"""The base of both vendors' hooks: `HttpHook` with its calls replaced."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar
from urllib.parse import parse_qs, urlsplit

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk.exceptions import AirflowNotFoundException
from requests import Response, Session
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from alva_lever.http.errors import Advice, ApiError, Asked, RequestRejected, SetupError, TransientError
from alva_lever.http.exchange import Exchange, Params, VendorError, of_response
from alva_lever.http.rate_limiter import RateLimiter
from alva_lever.http.retry import ATTEMPTS, Deadline, backoff_seconds, failure_of, seconds_until_next
from alva_lever.http.session import HasKey, api_root, keep_alive_adapter, open_session, read_extras

if TYPE_CHECKING:
    from airflow.sdk import Connection

T = TypeVar("T")


class VendorHook(HttpHook, ABC):
    """One session, one pace, typed errors.

    `HttpHook.run` opens a new session for every call, sends extra fields of the connection as headers, logs error
    bodies, drops response headers and has no time-out. Here `run` does what `call` does.

    :param conn_id: the Airflow connection. It is read at the first call.
    :param threads: how many threads will use this hook at once; that many connections at most.
    :param calls_per_second: the pace; else extra `calls_per_second` of the connection, else the vendor's own.
    :param adapter: a requests adapter to use instead of the network.
    :param clock: monotonic seconds, for pace and deadlines.
    :param now: seconds since 1970, for dates in requests and answers.
    :param sleep: how to wait, in seconds.
    """

    vendor: ClassVar[str]
    example_root: ClassVar[str]
    # Calls per second that the vendor allows; None if no limit is known.
    vendor_calls_per_second: ClassVar[float | None] = None
    # Paths of listings that an account may lack. Every other listing exists, so the vendor's 404 for one means a wrong
    # API root.
    optional_listings: ClassVar[frozenset[str]] = frozenset()
    # Listing filters that name one record: only with one of these can a 404 be about a record.
    of_one_record: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        conn_id: str,
        *,
        threads: int = 1,
        calls_per_second: float | None = None,
        adapter: BaseAdapter | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        **http_options: Any,
    ) -> None:
        super().__init__(**{"method": "GET", **http_options, "http_conn_id": conn_id, "adapter": adapter})
        setattr(self, self.conn_name_attr, conn_id)
        self._calls_per_second = calls_per_second
        self._clock, self._now, self._sleep = clock, now, sleep
        self._transport: BaseAdapter
        if adapter is not None:
            self._transport = adapter
        elif http_options.get("tcp_keep_alive", True):
            self._transport = keep_alive_adapter(
                threads=max(threads, 1),
                idle_seconds=http_options.get("tcp_keep_alive_idle", 120),
                count=http_options.get("tcp_keep_alive_count", 20),
                interval_seconds=http_options.get("tcp_keep_alive_interval", 30),
            )
        else:
            self._transport = HTTPAdapter(pool_maxsize=max(threads, 1), pool_block=True)
        self._lock = threading.Lock()
        self._opened: Exchange | None = None

    # What each vendor's hook defines.

    @abstractmethod
    def _auth(self, connection: Connection) -> AuthBase:
        """Returns the authentication of a request. :raises SetupError: the connection has no key in its field."""

    def _renewed(self, authorization: str) -> bool:
        """Whether access could be renewed after this `Authorization` was refused. A key can't be renewed."""
        return False

    @abstractmethod
    def check(self) -> str:
        """Makes one request, without retries. Returns a sentence on what it shows. :raises ApiError: it failed."""

    @abstractmethod
    def _how_to_connect(self) -> str:
        """Returns a sentence on how to make the connection, without the full stop."""

    @abstractmethod
    def _error(self, body: object) -> VendorError:
        """Reads the vendor's error body, a JSON object.

        :raises Untrusted: the vendor's errors look different, so this is not one; the text says what it is.
        """

    @abstractmethod
    def _advice(self, status: int, method: str, path: str) -> Advice:
        """Returns what a refusal means, and what to do about it."""

    # Counters.

    @property
    def calls(self) -> int:
        """Requests sent, retries included."""
        return self._opened.calls if self._opened else 0

    @property
    def waited_seconds(self) -> float:
        """Seconds spent waiting for the vendor's limits: for the pace, and after a 429."""
        return self._opened.pace.waited_seconds if self._opened else 0.0

    # Requests.

    def call(
        self, method: str, path: str, *, params: Params | None = None, json: object = None, repeatable: bool = True
    ) -> object:
        """Sends a request and returns the answer's JSON, None if it has no body. Otherwise as `ask`."""
        return self.ask(method, path, _as_it_is, params=params, json=json, repeatable=repeatable)

    def ask(
        self,
        method: str,
        path: str,
        read: Callable[[object], T],
        *,
        params: Params | None = None,
        json: object = None,
        repeatable: bool = True,
        attempts: int = ATTEMPTS,
    ) -> T:
        """Sends a request, retries it after transient faults, and returns `read` of the answer's JSON.

        If `read` raises `Untrusted`, that counts as a transient fault too. A request that isn't repeatable is retried
        only if the fault says that it cannot have taken effect.

        :raises ApiError: see `errors`.
        """

        def again(failure: BaseException) -> bool:
            return isinstance(failure, TransientError) and (repeatable or not failure.may_have_happened)

        exchange = self._exchange()
        asked = self._asked(method, path)
        deadline = Deadline(self._clock)
        last_attempt = stop_after_attempt(attempts)
        retrying = Retrying(
            retry=retry_if_exception(again),
            wait=seconds_until_next,
            stop=lambda state: last_attempt(state) or deadline.passed(state.upcoming_sleep),
            before_sleep=self._before_sleep,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            answer: T = retrying(exchange.once, asked, read, params, json)
        except ApiError as failure:
            raise self._judged(failure, [name for name, _ in params or ()]) from None
        self.log.debug("%s %s %s: done", self.vendor, method, path)
        return answer

    def write_once(
        self, method: str, path: str, read: Callable[[object], T], *, json: object, read_back: Callable[[], T | None]
    ) -> T:
        """Sends a write that would take effect twice if it were sent twice.

        After a fault that leaves open whether the write took effect, `read_back` looks for its effect; the write is
        retried only if `read_back` finds nothing.

        :raises ApiError: also from `read_back`; then the next run finds out whether the write took effect.
        """
        deadline = Deadline(self._clock)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self.ask(method, path, read, json=json, repeatable=False)
            except TransientError as error:
                if not error.may_have_happened:
                    raise
                failure = error
            except RequestRejected:
                # An earlier attempt may have taken effect after `read_back`, so that this one is refused.
                if attempt > 1 and (made := read_back()) is not None:
                    return made
                raise
            # Wait before `read_back` rather than after it: a write that timed out may be about to take effect.
            self._sleep(backoff_seconds(attempt))
            made = read_back()
            if made is not None:
                self.log.info("%s %s %s took effect despite the fault", self.vendor, method, path)
                return made
            if deadline.passed():
                break
            self.log.warning("%s %s %s took no effect, attempt %s", self.vendor, method, path, attempt)
        raise failure

    def _before_sleep(self, state: RetryCallState) -> None:
        failure, wait = failure_of(state), state.upcoming_sleep
        if not isinstance(failure, TransientError):
            return
        said = failure.status or "no answer"
        request = (failure.vendor or self.vendor, failure.method, failure.path)
        self.log.warning("%s %s %s: %s, attempt %s; again in %.1f s", *request, said, state.attempt_number, wait)
        if failure.status == 429:
            # The limit belongs to the key, so every thread waits.
            self._exchange().pace.pause(wait)

    def _failure(self, response: Response, asked: Asked) -> ApiError | None:
        return of_response(
            response,
            asked,
            now=self._now,
            conn_id=self.http_conn_id,
            error_of=self._error,
            advice_of=lambda status: self._advice(status, asked["method"], asked["path"]),
        )

    def _judged(self, failure: ApiError, parameters: Iterable[str]) -> ApiError:
        """Returns the error, or, if it is a 404 that says so, that the root is no API of the vendor.

        That is the vendor's own 404 for a whole listing, which may be empty but not missing; or another's, which lasted
        through all attempts, at a root that has never answered as the vendor's API does.
        """
        if failure.status != 404 or failure.method != "GET" or not self._must_be_there(failure.path):
            return failure
        if not self.of_one_record.isdisjoint(parameters):
            return failure
        if isinstance(failure, TransientError) and self._exchange().has_answered:
            return failure
        return SetupError(
            f"The answer to {failure.method} {failure.path} was 404: there is no API of {self.vendor} at "
            f"{self.base_url}",
            remedy=f"Put the root of {self.vendor}'s API, path included, into the host field of connection "
            f"`{self.http_conn_id}`: {self.example_root}",
            **self._asked(failure.method, failure.path),
            status=404,
        )

    def _must_be_there(self, path: str) -> bool:
        """Whether this is a whole listing (a path of one segment), which may be empty but not missing."""
        return path.count("/") == 1 and path not in self.optional_listings

    def _asked(self, method: str, path: str) -> Asked:
        return {"vendor": self.vendor, "method": method, "path": path}

    # The connection.

    def _exchange(self) -> Exchange:
        """The one exchange, opened at the first call."""
        with self._lock:
            if self._opened is None:
                connection = self._connection(self.http_conn_id, self._how_to_connect())
                self._set_base_url(connection)
                auth = self._auth(connection)
                extras = read_extras(connection.extra_dejson, conn_id=self.http_conn_id, vendor=self.vendor)
                if extras.verify is False:
                    self.log.warning(
                        "Certificates are not checked: extra `verify` of connection `%s` is false, so anyone on "
                        "the way can read the key and the candidates. Name the right certificate bundle there instead",
                        self.http_conn_id,
                    )
                rate = self._calls_per_second or extras.calls_per_second or self.vendor_calls_per_second
                session = open_session(self.base_url, auth=auth, extras=extras, adapter=self._transport)
                self._opened = Exchange(
                    root=self.base_url,
                    session=session,
                    # A burst of one second's calls, to catch up after a slow answer.
                    pace=RateLimiter(rate, int(rate or 1), clock=self._clock, sleep=self._sleep),
                    timeout=extras.timeout,
                    conn_id=self.http_conn_id,
                    failure_of=self._failure,
                    renewed=self._renewed,
                )
            return self._opened

    def _connection(self, conn_id: str, how_to_make: str) -> Connection:
        try:
            connection: Connection = self.get_connection(conn_id)
        except AirflowNotFoundException:
            pass
        else:
            return connection
        from alva_lever.http import secrets_backends

        variable = f"AIRFLOW_CONN_{conn_id.upper()}"
        fault = secrets_backends.fault("connection", conn_id)
        if fault is None:
            raise SetupError(
                f"There is no connection `{conn_id}`",
                remedy=f"{how_to_make}, or set the environment variable {variable}",
                vendor=self.vendor,
            )
        if fault.lasting:
            raise SetupError(
                f"The environment variable {variable} is set, and is neither JSON nor a URI that Airflow can read "
                f"({fault.kind})",
                remedy="In a URI, the key is percent-encoded",
                vendor=self.vendor,
            )
        raise TransientError(
            f"Airflow could not look for connection `{conn_id}` ({fault.backend}: {fault.kind})",
            vendor=self.vendor,
            may_have_happened=False,
        )

    def key_in(self, connection: HasKey) -> str:
        """Returns the API key in a connection, empty if there is none."""
        return (connection.password or "").strip()

    def faults_of(self, connection: Connection) -> dict[str, SetupError]:
        """Returns what makes a connection unusable, by its field: `host`, `password` or `extra`. Makes no call."""
        reads: dict[str, Callable[[], object]] = {
            "host": lambda: api_root(connection, vendor=self.vendor, example=self.example_root),
            "password": lambda: self._auth(connection),
            "extra": lambda: read_extras(connection.extra_dejson, conn_id=self.http_conn_id, vendor=self.vendor),
        }
        faults = {}
        for field, read in reads.items():
            try:
                read()
            except SetupError as error:
                faults[field] = error
        return faults

    # The public methods of HttpHook.

    def test_connection(self) -> tuple[bool, str]:
        """Makes one call; returns whether it worked, and a sentence for a person."""
        try:
            return True, self.check()
        except ApiError as error:
            return False, str(error)

    def get_conn(
        self, headers: Mapping[Any, Any] | None = None, extra_options: Mapping[str, Any] | None = None
    ) -> Session:
        """Returns the hook's one session. It takes no headers or options, which `HttpHook` accepts for one call."""
        if headers or extra_options:
            raise TypeError(f"{type(self).__name__} takes no headers or options from its caller")
        return self._exchange().session

    def _set_base_url(self, connection: Any) -> None:
        self.base_url = api_root(connection, vendor=self.vendor, example=self.example_root)
        self._base_url_initialized = True

    def check_response(self, response: Response) -> None:
        """Raises the error for the status, without anything of the body."""
        path = (response.request.path_url or "/").partition("?")[0].removeprefix(urlsplit(self.base_url).path)
        failure = self._failure(response, self._asked(response.request.method or self.method, path))
        if failure is not None:
            raise self._judged(failure, parse_qs(urlsplit(response.request.url or "").query))

    def run(
        self,
        endpoint: str | None = None,
        data: Any = None,
        headers: Any = None,
        extra_options: Any = None,
        **request_kwargs: Any,
    ) -> Any:
        """`HttpHook.run` by way of `call`: returns the answer's JSON. `data` is the query of a GET; a body goes into
        `json=`."""
        unknown = headers or extra_options or set(request_kwargs) - {"json"}
        if unknown or (data is not None and self.method != "GET"):
            raise TypeError(f"{type(self).__name__}.run takes an endpoint and, for a GET, data as its query, else json")
        pairs = data.items() if isinstance(data, dict) else data or ()
        params = [(str(key), str(value)) for key, value in pairs]
        path = f"/{(endpoint or '').lstrip('/')}"
        body = request_kwargs.get("json")
        return self.call(self.method, path, params=params, json=body, repeatable=self.method != "POST")

    def run_and_check(self, session: Any, prepped_request: Any, extra_options: Any) -> NoReturn:
        """Not supported: a request prepared elsewhere would bypass pace, time-outs and retries."""
        raise TypeError(f"{type(self).__name__} sends only requests made by its own methods, `call` and `run`")


def _as_it_is(body: object) -> object:
    return body
