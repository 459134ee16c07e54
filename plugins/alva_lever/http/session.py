"""Where an API is, and the session that talks to it."""

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
# RFC 1123, with the underscore that many have all the same.
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?", re.IGNORECASE)
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0


class HasHost(Protocol):
    """What is read of an Airflow connection here."""

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


def api_root(connection: HasHost, *, vendor: str, example: str) -> str:
    """The API's root, without a slash at its end, from a form or from a URI that Airflow took apart.

    The path is that of the host field, else the schema (`https://host/v1` is taken apart so). The scheme is that of the
    host field, else a schema that is http or https. Else it is https, but http where the connection's type is http and
    the path was in the schema or the host is this machine. The port is that of the host field, else the port field, in
    which Airflow's form puts 0 for none.

    `http://` is for this machine alone: a key would travel in the clear.

    :raises SetupError: nothing in the host field, or something that is no such root.
    """
    field, schema = (connection.host or "").strip(), (connection.schema or "").strip()
    advice = (
        f"Put the root of {vendor}'s API into the host field of connection `{connection.conn_id}`, such as {example}"
    )
    if not field:
        raise SetupError(f"Connection `{connection.conn_id}` has no host. {advice}", vendor=vendor)
    scheme, rest = field.split("://", 1) if "://" in field else ("", field)
    # An IPv6 address comes out of a URI without its brackets.
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
    # What stands before an @ would be a key in a place where hosts are shown, so the field isn't quoted back.
    if not host or scheme not in _SCHEMES or not _PLACE.fullmatch(rest + path):
        raise SetupError(
            f"The host of connection `{connection.conn_id}` is not the root of an API. {advice}", vendor=vendor
        )
    netloc = f"[{host}]" if ":" in host else host
    place = f"{netloc}{f':{port}' if port else ''}{f'/{path}' if path else ''}"
    if scheme == "http" and not is_loopback(host):
        raise SetupError(
            f"Connection `{connection.conn_id}` leads to http://{place}, which would send the key in the clear: put "
            f"https://{place} into its host field (http:// is accepted for this machine only: localhost, "
            "127.0.0.0/8, ::1)",
            vendor=vendor,
        )
    return f"{scheme}://{place}"


def no_api(root: str, *, conn_id: str, vendor: str, example: str) -> str:
    """The sentence for a root below which a whole listing isn't found."""
    return (
        f"there is no API of {vendor} at {root}. Put the root of {vendor}'s API, path included, into the host field of "
        f"connection `{conn_id}`: {example}"
    )


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine by its very form; no name is looked up."""
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
    """Scheme, host and port of a URL: a key is sent to one of these and to no other.

    :raises ValueError: the port is no port.
    """
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def shown(place: tuple[str, str, int | None]) -> str:
    """An origin for people to read; "another host" for what a server may have made up, and which may hold anything."""
    scheme, host, port = place
    if scheme not in _SCHEMES or not (_HOST.fullmatch(host) or _is_ipv6(host)):
        return "another host"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def path(vendor: str, *segments: str) -> str:
    """A path below the root: `path("Lever", "opportunities", id)` gives `/opportunities/<id>`.

    Every segment is percent-encoded. One that is no id (see `rules.ids`: people type ids into a form, and the path is
    logged) names nothing, and is answered here as the vendor would answer it.

    :raises NotFound: for such a segment, without a request.
    """
    if not all(map(is_id, segments)):
        below = "".join(f"/{segment if is_id(segment) else NOT_AN_ID}" for segment in segments)
        message = f"{vendor} has nothing at {below}: what was given is not an id"
        raise NotFound(message, vendor=vendor, path=below, status=404)
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


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
