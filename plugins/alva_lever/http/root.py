"""Where an API is: its root from the connection, and the paths below it."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import quote, urlsplit

from alva_lever.http.errors import NotFound, SetupError
from alva_lever.rules.ids import NOT_AN_ID, is_id

_SCHEMES = ("http", "https")
# Host, port and path, without user, query, fragment or blanks.
_PLACE = re.compile(r"[^\s@?#\\\x00-\x1f\x7f]+")
# RFC 1123, with the underscore that many have all the same.
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?", re.IGNORECASE)


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
