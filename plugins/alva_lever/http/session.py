"""The root of an API, and the session that talks to it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import quote, urlsplit

from airflow.sdk.log import mask_secret
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from requests_toolbelt.adapters.socket_options import TCPKeepAliveAdapter  # type: ignore[import-untyped]

from alva_lever.http.errors import NotFound, SetupError
from alva_lever.rules.ids import NOT_AN_ID, is_id

_SCHEMES = ("http", "https")
# Host, port and path, without user, query, fragment or blanks.
_PLACE = re.compile(r"[^\s@?#\\\x00-\x1f\x7f]+")
# RFC 1123, and the underscore that many host names have all the same.
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?", re.IGNORECASE)
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0


class HasHost(Protocol):
    """The fields of an Airflow connection that are read here."""

    @property
    def conn_id(self) -> str: ...
    @property
    def conn_type(self) -> str | None: ...
    @property
    def host(self) -> str | None: ...
    @property
    def schema(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...


class HasKey(Protocol):
    """The fields of an Airflow connection that may hold a key."""

    @property
    def login(self) -> str | None: ...
    @property
    def password(self) -> str | None: ...


def api_root(connection: HasHost, *, vendor: str, example: str) -> str:
    """Returns the API's root without a slash at the end, from a connection made by form or by URI.

    The path comes from the host field, else from the schema (so Airflow splits `https://host/v1`). The scheme comes
    from the host field, else from a schema of http or https; else it is https, or http if the connection's type is http
    and the path was in the schema or the host is this machine. The port comes from the host field, else from the port
    field, in which Airflow's form puts 0 for none.

    `http://` is accepted for this machine only: a key would travel in the clear.

    :raises SetupError: the host field is empty, or holds no such root.
    """
    field, schema = (connection.host or "").strip(), (connection.schema or "").strip()
    advice = (
        f"Put the root of {vendor}'s API into the host field of connection `{connection.conn_id}`, such as {example}"
    )
    if not field:
        raise SetupError(f"Connection `{connection.conn_id}` has no host", remedy=advice, vendor=vendor)
    scheme, rest = field.split("://", 1) if "://" in field else ("", field)
    # Airflow drops the brackets of an IPv6 address in a URI.
    rest = f"[{rest}]" if _is_ipv6(rest) else rest
    try:
        parts = urlsplit(f"//{rest}")
        host, port, own_path = parts.hostname or "", parts.port or connection.port, parts.path.strip("/")
    except ValueError:
        host, port, own_path = "", None, ""
    schema_is_scheme = schema.lower() in _SCHEMES
    path = own_path or ("" if schema_is_scheme else schema.strip("/"))
    if not scheme:
        said_http = (connection.conn_type or "").lower() == "http" and (path != own_path or is_loopback(host))
        scheme = schema if schema_is_scheme else "http" if said_http else "https"
    scheme = scheme.lower()
    # Text before an @ may be a key, so the error doesn't quote the field.
    if not host or scheme not in _SCHEMES or not _PLACE.fullmatch(rest + path):
        raise SetupError(
            f"The host of connection `{connection.conn_id}` is not the root of an API", remedy=advice, vendor=vendor
        )
    netloc = f"[{host}]" if ":" in host else host
    place = f"{netloc}{f':{port}' if port else ''}{f'/{path}' if path else ''}"
    if scheme == "http" and not is_loopback(host):
        raise SetupError(
            f"Connection `{connection.conn_id}` leads to http://{place}, which would send the key in the clear",
            remedy=f"put https://{place} into its host field (http:// is accepted for this machine only: localhost, "
            "127.0.0.0/8, ::1)",
            vendor=vendor,
        )
    return f"{scheme}://{place}"


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine by its form alone; no name is looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_ipv6(host: str) -> bool:
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False


def origin(url: str) -> tuple[str, str, int | None]:
    """Returns scheme, host and port of a URL. The key is sent to one origin only.

    :raises ValueError: the port is not valid.
    """
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def shown(place: tuple[str, str, int | None]) -> str:
    """Returns an origin for people to read, or "another host" for a name that a server may have made up."""
    scheme, host, port = place
    if scheme not in _SCHEMES or not (_HOST.fullmatch(host) or _is_ipv6(host)):
        return "another host"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def path(vendor: str, *segments: str) -> str:
    """Returns a path below the root: `path("Lever", "opportunities", id)` is `/opportunities/<id>`.

    A segment that is not an id (see `rules.ids`) gets the vendor's 404 without a request: people type ids into a form,
    and the path is logged.

    :raises NotFound: a segment is not an id.
    """
    if not all(map(is_id, segments)):
        below = "".join(f"/{segment if is_id(segment) else NOT_AN_ID}" for segment in segments)
        message = f"{vendor} has nothing at {below}, since the given text is not an id"
        raise NotFound(message, vendor=vendor, path=below, status=404)
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


class BearerAuth(AuthBase):
    """Sends `Authorization: Bearer <key>`. An auth object, because requests replaces a header by ~/.netrc."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class OneHopSession(Session):
    """Never follows a redirect: requests would follow it to any host, with the key of ~/.netrc."""

    def get_redirect_target(self, resp: Response) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Extras:
    """The extra fields of a connection that the hook knows. It ignores the others and makes none a header."""

    calls_per_second: float | None
    timeout: tuple[float, float]
    verify: bool | str
    proxies: dict[str, str]
    cert: str | tuple[str, str] | None
    trust_env: bool | None


def read_extras(extra: object, *, conn_id: str, vendor: str) -> Extras:
    """Reads `extra`, the connection's JSON. Names are those of `HttpHook`: `verify` or `verify_ssl`, `proxies` or
    `proxy`.

    `timeout` is in seconds: a number, or `[connect, read]`. Null counts as missing. True and false may be text, since a
    connection URI holds only text.

    :raises SetupError: a known field has a value that cannot be used; the text doesn't show it.
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
    # requests treats an empty path as false.
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


def usable_key(value: str | None, *, missing: str, remedy: str, vendor: str, conn_id: str) -> str:
    """Returns a key that fits into a header, without the white space that pasting leaves around it.

    :raises SetupError: there is no key (`missing` says so, `remedy` what to do), or it has characters that no key has.
    """
    key = (value or "").strip()
    if not key:
        raise SetupError(missing, remedy=remedy, vendor=vendor)
    if not key.isascii() or not key.isprintable() or " " in key:
        strange = f"The key in connection `{conn_id}` holds white space or characters that no key of {vendor} has"
        raise SetupError(strange, remedy="paste it again", vendor=vendor)
    # Airflow masks passwords by itself, but not a login, which may hold Lever's key.
    mask_secret(key)
    return key


def keep_alive_adapter(*, threads: int, idle_seconds: int, count: int, interval_seconds: int) -> HTTPAdapter:
    """Keeps as many connections as threads: a thread waits for one rather than open another that is then thrown
    away."""
    adapter: HTTPAdapter = TCPKeepAliveAdapter(
        idle=idle_seconds, count=count, interval=interval_seconds, pool_maxsize=threads, pool_block=True
    )
    return adapter


def open_session(root: str, *, auth: AuthBase, extras: Extras, adapter: BaseAdapter) -> Session:
    """Opens a session that sends the key of `auth` and nothing else of the connection."""
    quieten_urllib3()
    session = OneHopSession()
    session.auth = auth
    session.verify = extras.verify
    session.cert = extras.cert
    session.proxies = dict(extras.proxies)
    # A proxy from the environment is for other hosts. http:// means this machine, and in the clear, so it uses no
    # proxy.
    session.trust_env = urlsplit(root).scheme == "https" if extras.trust_env is None else extras.trust_env
    session.headers.update({"Accept": "application/json", "User-Agent": "alva-lever"})
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def quieten_urllib3() -> None:
    """Raises urllib3's loggers to INFO: at DEBUG they log URLs with queries. A higher level stays."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("urllib3.")]
    for logger in map(logging.getLogger, ["urllib3", *names]):
        if logger.getEffectiveLevel() < logging.INFO:
            logger.setLevel(logging.INFO)
