"""The base of every part of Lever's hook: access, errors, and the two kinds of read."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar
from urllib.parse import urlsplit

from requests.auth import AuthBase, HTTPBasicAuth

from alva_lever.http.errors import Advice, RequestRejected
from alva_lever.http.exchange import VendorError
from alva_lever.http.hook import VendorHook
from alva_lever.http.paginator import Page, Paginator
from alva_lever.http.session import HasKey, api_root, path, read_extras, usable_key
from alva_lever.lever import wire
from alva_lever.lever.granted_token import GrantedToken, TokenAuth, read_grant
from alva_lever.lever.oauth import GRANT_AGAIN, SET_UP_PAGE, App, SignIn, audience_of
from alva_lever.lever.permissions import resource_of, scope_of

if TYPE_CHECKING:
    from airflow.sdk import Connection

T = TypeVar("T")

_HOW_TO_MAKE_AN_APP = (
    "Make one in Airflow under Admin, Connections, of any type, with the client id of your OAuth app at Lever as its "
    "login and the client secret as its password"
)
# Lever's largest page.
PAGE_LIMIT = 100


class LeverBase(VendorHook):
    """Access to Lever by API key, the user name of HTTP Basic authentication without a password. If the connection has
    no key: by a token that a person has granted."""

    vendor: ClassVar[str] = "Lever"
    example_root: ClassVar[str] = "https://api.lever.co/v1"
    # Read only for near misses, which a run can do without.
    optional_listings: ClassVar[frozenset[str]] = frozenset({"/tags"})

    oauth_conn_id: str
    oauth_variable: str
    renews: bool
    _tokens: GrantedToken | None = None

    def _auth(self, connection: Connection) -> AuthBase:
        key = self.key_in(connection)
        if not key and read_grant(self.oauth_variable) is not None:
            self._tokens = self._tokens_for(self._root_of(connection))
            # Read, and renewed if needed, when the hook is opened, so that its faults come before any work.
            self._tokens.current()
            return TokenAuth(self._tokens)
        if key and not (connection.password or "").strip():
            self.log.warning(
                "Lever's API key is in the login field of connection `%s`, which Airflow shows in its audit log. Move "
                "it to the API key (password) field",
                self.http_conn_id,
            )
        usable = usable_key(
            key,
            missing=f"Connection `{self.http_conn_id}` has no API key",
            remedy=f"put Lever's API key into its API key (password) field, or grant access on {SET_UP_PAGE}",
            vendor=self.vendor,
            conn_id=self.http_conn_id,
        )
        return HTTPBasicAuth(usable, "")

    def _tokens_for(self, root: str) -> GrantedToken:
        return GrantedToken(
            self.oauth_variable,
            audience=audience_of(root),
            sign_in=self.sign_in,
            renews=self.renews,
            now=self._now,
            sleep=self._sleep,
        )

    def _renewed(self, authorization: str) -> bool:
        return self._tokens is not None and self._tokens.replaced(authorization.removeprefix("Bearer "))

    def sign_in(self) -> SignIn:
        """Opens Lever's sign-in for the company's OAuth app. It takes proxies, certificates and time-outs from Lever's
        connection.

        :raises SetupError: a connection is missing or incomplete.
        """
        lever, root = self._place()
        extras = read_extras(lever.extra_dejson, conn_id=self.http_conn_id, vendor=self.vendor)
        app = App.of(self._connection(self.oauth_conn_id, _HOW_TO_MAKE_AN_APP), root)
        return SignIn(app, extras=extras, adapter=self._transport, now=self._now)

    def key_in(self, connection: HasKey) -> str:
        """Returns the API key in a connection, empty if there is none. Earlier versions had it in the login field."""
        return super().key_in(connection) or (connection.login or "").strip()

    def has_key(self) -> bool:
        """Whether the connection has an API key, which is then used. :raises SetupError: there is no connection."""
        return bool(self.key_in(self._place()[0]))

    def root(self) -> str:
        """Returns the API's root. :raises SetupError: the connection names none."""
        return self._place()[1]

    def check_grant(self) -> None:
        """Checks that there is a granted token, which can be used now. Asks Lever only if the hook renews.

        :raises SetupError: there is none.
        """
        self._tokens_for(self.root()).current()

    def _place(self) -> tuple[Connection, str]:
        """Returns Lever's connection, and the API's root."""
        lever = self._connection(self.http_conn_id, self._how_to_connect())
        return lever, self._root_of(lever)

    def _root_of(self, connection: Connection) -> str:
        return api_root(connection, vendor=self.vendor, example=self.example_root)

    def _how_to_connect(self) -> str:
        return (
            "Make one in Airflow under Admin, Connections, of type Lever, with "
            f"{self.example_root} as its API root and Lever's API key (Settings, Integrations and API, "
            "API Credentials) as its API key (password)"
        )

    def _error(self, body: object) -> VendorError:
        return wire.error(body)

    def _advice(self, status: int, method: str, path: str) -> Advice:
        field = f"the API key (password) field of connection `{self.http_conn_id}`"
        resource, writes = resource_of(path), method != "GET"
        if self._tokens is not None and status in (401, 403):
            lacks = (
                f"what was granted doesn't include this (scope needed: {scope_of(resource, writes=writes)}), or what "
                "was asked for is confidential"
            )
            return Advice(lacks) if status == 403 else Advice("the access token was not accepted", GRANT_AGAIN)
        if status == 401:
            return Advice("the API key was not accepted", f"Put a valid one into {field}")
        if status == 403:
            needed = f"{resource}: {'write' if writes else 'read'}"
            return Advice(
                f"the API key may not do this (permission needed: {needed}), or what was asked for is confidential",
                "A key's permissions are fixed when it is made: make a new one in Lever under Settings, Integrations "
                f"and API, API Credentials, and put it into {field}",
            )
        return Advice(
            {404: "there is no such object", 409: "it is there already"}.get(status, "it refused the request")
        )

    def _read(self, parse: Callable[[object], T], *segments: str, params: Sequence[tuple[str, str]] = ()) -> T:
        """Reads an object."""
        return self.ask("GET", path(self.vendor, *segments), wire.one(parse), params=list(params))

    def _walk(
        self,
        parse: Callable[[object], T | None],
        *segments: str,
        key: Callable[[T], str],
        params: Sequence[tuple[str, str]] = (),
        keyset: bool = True,
        given: set[str] | None = None,
    ) -> Paginator[T]:
        """Walks a listing. `keyset=False` if its pages may have no `hasNext`."""

        def fetch(token: str | None, asked: Collection[str]) -> Page[T]:
            return self._page(parse, *segments, token=token, params=params, asked=asked, keyset=keyset)

        return Paginator(fetch, key=key, stale=offset_is_stale, given=given)

    def _page(
        self,
        parse: Callable[[object], T | None],
        *segments: str,
        token: str | None,
        params: Sequence[tuple[str, str]] = (),
        asked: Collection[str] = (),
        keyset: bool = True,
    ) -> Page[T]:
        """Reads one page of a listing: the first, or the one that `token` names. `asked`: the tokens of the walk."""
        query = [*params, ("limit", str(PAGE_LIMIT))]
        if token is not None:
            # Sent as received: the token is percent-encoded JSON, and requests encodes it once more.
            query.append(("offset", token))
        where = path(self.vendor, *segments)
        return self.ask("GET", where, wire.page(parse, asked=asked, keyset=keyset), params=query)


_API_HOST = re.compile(r"api\.((?:[a-z]+\.)?lever\.co)")


def web_root(api_root: str) -> str | None:
    """Returns the root of the site that people use, such as `https://hire.lever.co`; None if the API isn't at Lever."""
    found = _API_HOST.fullmatch(urlsplit(api_root).hostname or "")
    return None if found is None else f"https://hire.{found[1]}"


def offset_is_stale(error: RequestRejected) -> bool:
    """Whether Lever has forgotten the token of a listing. Only the message says so."""
    return error.status == 400 and "invalid offset token" in (error.detail or "").lower()
