"""Lever's OAuth 2.0: where a person grants access, and how a grant's tokens are got and renewed.

Lever's documentation, Authentication. PKCE isn't sent: Lever's documentation doesn't know it, none of its clients that
we have read uses it, and this client has a secret and binds the answer to its visitor by `state`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from airflow.sdk.log import mask_secret
from pydantic import Field
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from alva_lever.http.errors import Advice, ApiError, Asked, RequestRejected, SetupError
from alva_lever.http.exchange import Exchange, VendorError, of_response, one_word
from alva_lever.http.rate_limiter import RateLimiter
from alva_lever.http.session import Extras, api_root, open_session, usable_key
from alva_lever.http.wire import Untrusted, Whole, WireModel, parsed
from alva_lever.lever.permissions import SCOPES

if TYPE_CHECKING:
    from airflow.sdk import Connection

VENDOR: Final = "Lever"
# Without an address: each account has a page of its own.
SET_UP_PAGE = "the page Set-up of this account (in Airflow: Browse, Alva and Lever)"
GRANT_AGAIN = f"Grant access again on {SET_UP_PAGE}"
NOT_ACCEPTED = "Lever no longer accepts the access that was granted"
_AUTHORIZE, _TOKEN = "/authorize", "/oauth/token"
_EXAMPLE_ROOT = "https://auth.lever.co"
# By the host of the API: the root of the sign-in, and the audience. Lever's sign-in finds an account's data centre.
_PRODUCTION = (_EXAMPLE_ROOT, "https://api.lever.co/v1/")
_PLACES = {
    "api.lever.co": _PRODUCTION,
    "api.eu.lever.co": _PRODUCTION,
    "api.sandbox.lever.co": ("https://sandbox-lever.auth0.com", "https://api.sandbox.lever.co/v1/"),
}


class GrantRefused(SetupError):
    """Lever no longer accepts the grant: a person has to give another one."""


class _TokensJson(WireModel):
    """The answer with tokens. Lever gives a new refresh token each time; without one, the old one stays."""

    access_token: str = Field(min_length=1, repr=False)
    refresh_token: str | None = Field(None, min_length=1, repr=False)
    expires_in: Whole


class Grant(WireModel):
    """Access that a person has granted, as it is stored. Times are in seconds since 1970.

    `lifetime_seconds`: of the access token, when it was new. `refused`: Lever has refused to renew it. `client_id` and
    `audience`: whom, and to what, it was granted. `sign_in`: the root of the sign-in that granted it, the only place
    where the refresh token may go.
    """

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    expires_at: int
    lifetime_seconds: int
    granted_at: int
    client_id: str
    audience: str
    sign_in: str
    refused: bool = False


def audience_of(root: str) -> str:
    """Returns the audience of an API root: what Lever calls the API that a grant is for."""
    _, audience = _PLACES.get(urlsplit(root).hostname or "", ("", f"{root}/"))
    return audience


@dataclass(frozen=True, slots=True)
class App:
    """The company's own OAuth app at Lever. `root`: of Lever's sign-in. `conn_id`: the connection that holds this."""

    client_id: str
    client_secret: str = field(repr=False)
    root: str
    audience: str
    conn_id: str

    @classmethod
    def of(cls, connection: Connection, lever_root: str) -> App:
        """Reads the connection. `lever_root`: of the API, from which the sign-in's root follows.

        :raises SetupError: a field is missing or unsafe.
        """
        conn_id = connection.conn_id

        def part(what: str, field: str, value: str | None) -> str:
            missing = f"Connection `{conn_id}` has no {what} of your OAuth app at Lever"
            remedy = f"put it into its {field} field"
            return usable_key(value, missing=missing, remedy=remedy, vendor=VENDOR, conn_id=conn_id)

        client_id = part("client id", "login", connection.login)
        secret = part("client secret", "password", connection.password)
        root, _ = _PLACES.get(urlsplit(lever_root).hostname or "", ("", ""))
        if (connection.host or "").strip() or not root:
            root = api_root(connection, vendor=f"{VENDOR}'s sign-in", example=_EXAMPLE_ROOT)
        return cls(client_id, secret, root, audience_of(lever_root), conn_id)

    def authorize_url(self, *, redirect_uri: str, state: str) -> str:
        """Returns the address at which a person grants access. Lever then sends them to `redirect_uri`, with
        `state`."""
        asked = {
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "state": state,
            "audience": self.audience,
            "scope": " ".join(SCOPES),
        }
        return f"{self.root}{_AUTHORIZE}?{urlencode(asked)}"


class SignIn:
    """Gets tokens for an app from Lever's sign-in. POST /oauth/token

    :param adapter: a requests adapter.
    :param now: seconds since 1970.
    """

    def __init__(self, app: App, *, extras: Extras, adapter: BaseAdapter, now: Callable[[], float] = time.time) -> None:
        self.app = app
        self._now = now
        self._exchange = Exchange(
            root=app.root,
            session=open_session(app.root, auth=_NoAuth(), extras=extras, adapter=adapter),
            pace=RateLimiter(None),
            timeout=extras.timeout,
            conn_id=app.conn_id,
            failure_of=self._failure,
        )

    def grant(self, code: str, *, redirect_uri: str) -> Grant:
        """Returns what a person granted, for the code that Lever sent with them. A code works once.

        :raises GrantRefused: Lever doesn't accept the code.
        :raises ApiError: another failure.
        """
        now = int(self._now())
        tokens = self._tokens(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)
        if tokens.refresh_token is None:
            raise SetupError(
                "Lever gave no refresh token", remedy="is `offline_access` among your app's scopes?", vendor=VENDOR
            )
        return Grant(
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_at=now + tokens.expires_in,
            lifetime_seconds=tokens.expires_in,
            granted_at=now,
            client_id=self.app.client_id,
            audience=self.app.audience,
            sign_in=self.app.root,
        )

    def renew(self, grant: Grant) -> Grant:
        """Returns the grant with new tokens. Its old refresh token may be dead from then on.

        :raises GrantRefused: Lever no longer accepts the grant.
        :raises ApiError: another failure.
        """
        for granted, now_set, what in (
            (grant.client_id, self.app.client_id, "to another client id than that"),
            (grant.sign_in, self.app.root, "by another sign-in than that"),
        ):
            if granted != now_set:
                raise SetupError(
                    f"Access was granted {what} of connection `{self.app.conn_id}`", remedy=GRANT_AGAIN, vendor=VENDOR
                )
        now = int(self._now())
        tokens = self._tokens(grant_type="refresh_token", refresh_token=grant.refresh_token)
        fresh = {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token or grant.refresh_token,
            "expires_at": now + tokens.expires_in,
            "lifetime_seconds": tokens.expires_in,
        }
        return grant.model_copy(update=fresh)

    def _tokens(self, **what: str) -> _TokensJson:
        app, asked = self.app, Asked(vendor=VENDOR, method="POST", path=_TOKEN)
        form = {"client_id": app.client_id, "client_secret": app.client_secret, **what}
        try:
            tokens = self._exchange.once(asked, lambda body: parsed(_TokensJson, body), form=form)
        except RequestRejected as refused:
            failure = self._refusal(refused)
        else:
            for token in (tokens.access_token, tokens.refresh_token):
                if token:
                    mask_secret(token)
            return tokens
        # Raised outside the handler: the refusal's detail isn't ours.
        raise failure

    def _refusal(self, refused: RequestRejected) -> SetupError:
        if refused.code == "invalid_grant":
            return GrantRefused(NOT_ACCEPTED, remedy=GRANT_AGAIN, vendor=VENDOR)
        return SetupError(
            f"{VENDOR} refused to give an access token ({refused.code or refused.status})",
            remedy=f"Look at the client id (login) and the client secret (password) of connection `{self.app.conn_id}`",
            vendor=VENDOR,
        )

    def _failure(self, response: Response, asked: Asked) -> ApiError | None:
        return of_response(
            response,
            asked,
            now=self._now,
            conn_id=self.app.conn_id,
            error_of=_error,
            advice_of=lambda status: Advice("it gives no token"),
        )


def _error(body: object) -> VendorError:
    """Reads a refusal of the sign-in, by RFC 6749, 5.2. :raises Untrusted: it is none."""
    code = one_word(body.get("error")) if isinstance(body, dict) else None
    if code is None:
        raise Untrusted("JSON without an OAuth `error`")
    return VendorError(code=code)


class _NoAuth(AuthBase):
    """Sends no `Authorization`, not even that of ~/.netrc: the secret is in the form."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request
