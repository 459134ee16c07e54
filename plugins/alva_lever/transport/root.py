"""Where an API is: its root from the connection, and the paths below it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Protocol
from urllib.parse import quote, urlsplit

from alva_lever.transport.errors import NotFound, SetupError


class HasHost(Protocol):
    """What is read of an Airflow connection here."""

    @property
    def conn_id(self) -> str: ...
    @property
    def host(self) -> str | None: ...
    @property
    def schema(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...


def api_root(connection: HasHost, *, vendor: str, example: str) -> str:
    """The API's root, without a slash at its end.

    The host may come with or without a scheme and a port. Without a scheme it is the connection's schema if that is
    http or https, else https. `http://` is for this machine alone: a key would travel in the clear.

    :raises SetupError: nothing in the host field, or something that is no such root.
    """
    field = (connection.host or "").strip()
    advice = (
        f"Put the root of {vendor}'s API into the host field of connection `{connection.conn_id}`, such as {example}"
    )
    if not field:
        raise SetupError(f"Connection `{connection.conn_id}` has no host. {advice}", vendor=vendor)
    if "://" not in field:
        schema = (connection.schema or "").strip().lower()
        field = f"{schema if schema in ('http', 'https') else 'https'}://{field}"
    try:
        parts = urlsplit(field)
        host, port = parts.hostname, parts.port or connection.port
    except ValueError:
        host, port = None, None
    # What stands before an @ would be a key in a place where hosts are shown, so the field isn't quoted back.
    if not host or "@" in parts.netloc or parts.query or parts.fragment or parts.scheme not in ("http", "https"):
        raise SetupError(
            f"The host of connection `{connection.conn_id}` is not the root of an API. {advice}", vendor=vendor
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise SetupError(
            f"The host of connection `{connection.conn_id}` is http://, which would send the key in the clear: "
            f"use https://{host} (http:// is accepted for this machine only: localhost, 127.0.0.0/8, ::1)",
            vendor=vendor,
        )
    netloc = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{netloc}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine by its very form; no name is looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL: a key is sent to one of these and to no other.

    :raises ValueError: the port is no port.
    """
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def shown(place: tuple[str, str, int | None]) -> str:
    """An origin for people to read."""
    scheme, host, port = place
    return f"{scheme}://{host}:{port}"


def path(vendor: str, *segments: str) -> str:
    """A path below the root: `path("Lever", "opportunities", id)` gives `/opportunities/<id>`.

    Every segment is percent-encoded. One that can be no id (empty, `.`, `..`, with an @ or white space in it: people
    type ids into a form, and the path is logged) names nothing, and is answered here as the vendor would answer it.

    :raises NotFound: for such a segment, without a request.
    """
    if not all(map(can_be_id, segments)):
        below = "".join(f"/{segment if can_be_id(segment) else '(not an id)'}" for segment in segments)
        message = f"{vendor} has nothing at {below}: what was given is not an id"
        raise NotFound(message, vendor=vendor, path=below, status=404)
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


def can_be_id(segment: str) -> bool:
    """Whether an object may have this as its id. What people type into a form may be anything, an address included."""
    if not segment.strip(".") or len(segment) > 200 or "@" in segment:
        return False
    return segment.isprintable() and not any(letter.isspace() for letter in segment)
