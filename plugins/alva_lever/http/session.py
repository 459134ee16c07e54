"""The one requests session of a hook, from its connection."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from airflow.sdk.log import mask_secret
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from requests_toolbelt.adapters.socket_options import TCPKeepAliveAdapter  # type: ignore[import-untyped]

from alva_lever.http.errors import SetupError

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0


class BearerAuth(AuthBase):
    """`Authorization: Bearer <key>`. An auth object rather than a header: requests would replace a header by
    ~/.netrc."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class OneHopSession(Session):
    """Follows no redirect for anybody: requests would follow it to any host, and with the key of ~/.netrc."""

    def get_redirect_target(self, resp: Response) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Extras:
    """The extra fields of a connection that are known. All others are ignored; none becomes a header."""

    calls_per_second: float | None
    timeout: tuple[float, float]
    verify: bool | str
    proxies: dict[str, str]
    cert: str | tuple[str, str] | None
    trust_env: bool | None


def read_extras(extra: object, *, conn_id: str, vendor: str) -> Extras:
    """`extra` is the connection's, as JSON. Names are those of `HttpHook`: `verify` or `verify_ssl`, `proxies` or
    `proxy`.

    `timeout` is in seconds: a number, or `[connect, read]`. A field that is null is not given; true and false may be
    text, since a connection that is a URI has nothing else.

    :raises SetupError: a known field that cannot be used; its value isn't shown.
    """
    fields: Mapping[str, object] = extra if isinstance(extra, dict) else {}

    def refuse(name: str, expected: str) -> SetupError:
        return SetupError(f"Extra `{name}` of connection `{conn_id}` must be {expected}", vendor=vendor)

    def positive(name: str, value: object) -> float:
        try:
            number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else 0.0
        except ValueError:
            number = 0.0
        if not 0 < number < float("inf"):
            raise refuse(name, "a number above 0")
        return number

    def flag_or_text(value: object) -> object:
        return {"true": True, "false": False}.get(value.strip().lower(), value) if isinstance(value, str) else value

    rate = fields.get("calls_per_second")
    timeout = fields.get("timeout")
    if isinstance(timeout, list):
        if len(timeout) != 2:
            raise refuse("timeout", "seconds, or [seconds to connect, seconds to read]")
        timeouts = (positive("timeout", timeout[0]), positive("timeout", timeout[1]))
    elif timeout is not None:
        timeouts = (positive("timeout", timeout), positive("timeout", timeout))
    else:
        timeouts = (CONNECT_SECONDS, READ_SECONDS)
    verify = fields.get("verify")
    verify = flag_or_text(fields.get("verify_ssl") if verify is None else verify)
    verify = True if verify is None else verify
    # requests would take an empty path for false.
    if not isinstance(verify, bool | str) or (isinstance(verify, str) and not verify.strip()):
        raise refuse("verify", "true, false or the path of a certificate bundle")
    proxies = fields.get("proxies", fields.get("proxy")) or {}
    if not isinstance(proxies, dict) or not all(isinstance(proxy, str) for proxy in proxies.values()):
        raise refuse("proxies", 'an object such as {"https": "http://proxy:3128"}')
    cert = fields.get("cert")
    asked = [] if cert is None else cert if isinstance(cert, list) and len(cert) == 2 else [cert]
    paths = [path for path in asked if isinstance(path, str) and path.strip()]
    if len(paths) < len(asked):
        raise refuse("cert", "a path, or [certificate, key]")
    trust_env = flag_or_text(fields.get("trust_env"))
    if trust_env is not None and not isinstance(trust_env, bool):
        raise refuse("trust_env", "true or false")
    return Extras(
        calls_per_second=None if rate is None else positive("calls_per_second", rate),
        timeout=timeouts,
        verify=verify,
        proxies={str(scheme): str(proxy) for scheme, proxy in proxies.items()},
        cert=(paths[0], paths[1]) if len(paths) == 2 else paths[0] if paths else None,
        trust_env=trust_env,
    )


def usable_key(value: str | None, *, missing: str, vendor: str, conn_id: str) -> str:
    """A key as it can travel in a header, without the white space that pasting leaves around it.

    :raises SetupError: there is none (`missing` is the sentence for that), or it holds what no key holds.
    """
    key = (value or "").strip()
    if not key:
        raise SetupError(missing, vendor=vendor)
    if not key.isascii() or not key.isprintable() or " " in key:
        strange = f"The key in connection `{conn_id}` holds white space or letters that no key of {vendor} has"
        raise SetupError(f"{strange}: paste it again", vendor=vendor)
    # Airflow masks passwords by itself, but not a login, in which Lever's key may stand.
    mask_secret(key)
    return key


def keep_alive_adapter(*, threads: int, idle_seconds: int, count: int, interval_seconds: int) -> HTTPAdapter:
    """As many connections as threads, never more: a thread waits for one rather than opening another that is thrown
    away."""
    adapter: HTTPAdapter = TCPKeepAliveAdapter(
        idle=idle_seconds, count=count, interval=interval_seconds, pool_maxsize=threads, pool_block=True
    )
    return adapter


def open_session(root: str, *, auth: AuthBase, extras: Extras, adapter: BaseAdapter) -> Session:
    """A session that sends the key of `auth` and nothing else of the connection."""
    quieten_urllib3()
    session = OneHopSession()
    session.auth = auth
    session.verify = extras.verify
    session.cert = extras.cert
    session.proxies = dict(extras.proxies)
    # A proxy named in the environment is for the way out. http:// is this machine, and in the clear, so it goes past
    # no proxy.
    session.trust_env = urlsplit(root).scheme == "https" if extras.trust_env is None else extras.trust_env
    session.headers.update({"Accept": "application/json", "User-Agent": "alva-lever"})
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def quieten_urllib3() -> None:
    """No logger of urllib3 below INFO: at DEBUG it logs URLs with their queries. What is set higher stays."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("urllib3.")]
    for logger in map(logging.getLogger, ["urllib3", *names]):
        if logger.getEffectiveLevel() < logging.INFO:
            logger.setLevel(logging.INFO)
