"""Lever's sign-in: a page on which a person allows or denies access, and the endpoint that gives tokens.

An authorization code works once, and a refresh token until it is used or has ended. Lever doesn't say whether a used
refresh token dies at once; here it does.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse

from include.sandbox.answer import Json, Refusal
from include.sandbox.door import Door
from include.sandbox.lever.access import READ, RESOURCES, WRITE, Keys

CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-client-secret"
CODE_SECONDS = 10 * 60
REFRESH_TOKEN_SECONDS = 90 * 86_400
_MOST_SCOPES = 20
_OTHER_SCOPES = {"offline_access", "confidential:access:admin"}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Lever (sandbox): grant access</title></head>
<body><main><h1>Lever (sandbox)</h1>
<p>The app <code>{client}</code> asks for access to this account:</p>
<ul>{scopes}</ul>
<form method="post">{fields}
<button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button>
</form></main></body></html>
"""


class SignInRefusal(Refusal):
    """A refusal by RFC 6749, 5.2."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"Refused by the sandbox: {code}")
        self.status = status
        self._code = code

    def body(self) -> dict[str, object]:
        return {"error": self._code, "error_description": str(self)}


class SignInDoor(Door):
    """Lets every request in: a person has no key, and an app's secret is in the form."""

    service, root, page_token = "sign_in", "/lever/sign-in", ""

    def admit(self, request: Request) -> None:
        pass

    def refusal(self, status: int, message: str) -> SignInRefusal:
        return SignInRefusal(status, "server_error")

    def unreadable(self, error: RequestValidationError) -> SignInRefusal:
        return SignInRefusal(400, "invalid_request")


@dataclass(slots=True)
class Granted:
    """What a code or a refresh token stands for, and when it ends."""

    scopes: tuple[str, ...]
    redirect_uri: str
    ends_ms: int


@dataclass(slots=True)
class SignIn:
    """The codes and tokens that were given. Not locked: the caller holds the world's lock.

    ``lifetime_seconds``: of the access tokens that are given from now on.
    """

    keys: Keys
    lifetime_seconds: int = 3600
    codes: dict[str, Granted] = field(default_factory=dict, repr=False)
    refresh_tokens: dict[str, Granted] = field(default_factory=dict, repr=False)
    access_tokens: dict[str, int] = field(default_factory=dict, repr=False)  # when each ends

    def code(self, scopes: tuple[str, ...], redirect_uri: str, now_ms: int) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = Granted(scopes, redirect_uri, now_ms + CODE_SECONDS * 1000)
        return code

    def tokens(self, granted: Granted, now_ms: int) -> dict[str, object]:
        """Gives an access token and, with ``offline_access``, a refresh token."""
        access_token = secrets.token_urlsafe(32)
        self.keys.add(
            access_token,
            _permissions(granted.scopes),
            confidential="confidential:access:admin" in granted.scopes,
            bearer=True,
        )
        self.access_tokens[access_token] = now_ms + self.lifetime_seconds * 1000
        answer: dict[str, object] = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.lifetime_seconds,
            "scope": " ".join(granted.scopes),
        }
        if "offline_access" in granted.scopes:
            refresh_token = secrets.token_urlsafe(32)
            ends_ms = now_ms + REFRESH_TOKEN_SECONDS * 1000
            self.refresh_tokens[refresh_token] = Granted(granted.scopes, granted.redirect_uri, ends_ms)
            answer["refresh_token"] = refresh_token
        return answer

    def settle(self, now_ms: int) -> None:
        """Removes the access tokens that have ended."""
        for token in [token for token, ends_ms in self.access_tokens.items() if ends_ms <= now_ms]:
            self.end(token)

    def end(self, access_token: str) -> None:
        del self.access_tokens[access_token]
        self.keys.remove(access_token)

    def revoke(self) -> None:
        """Ends every grant at once, as an administrator does in Lever."""
        for token in [*self.access_tokens]:
            self.end(token)
        self.codes.clear()
        self.refresh_tokens.clear()


def _permissions(scopes: tuple[str, ...]) -> Mapping[str, str]:
    permissions: dict[str, str] = {}
    for scope in scopes:
        resource, _, access = scope.removesuffix(":admin").partition(":")
        if resource in RESOURCES and permissions.get(resource) != WRITE:
            permissions[resource] = access
    return permissions


router = APIRouter(route_class=SignInDoor)


@router.get("/authorize")
async def ask(request: Request) -> Response:
    asked = dict(request.query_params)
    if (problem := _problem(asked)) is not None:
        return _page(problem)
    return HTMLResponse(
        _PAGE.format(
            client=escape(asked["client_id"]),
            scopes="".join(f"<li>{escape(scope)}</li>" for scope in asked["scope"].split()),
            fields="".join(
                f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">'
                for name in ("client_id", "redirect_uri", "response_type", "state", "audience", "scope")
            ),
        )
    )


@router.post("/authorize")
async def answer(request: Request) -> Response:
    form = await _form(request)
    if (problem := _problem(form)) is not None:
        return _page(problem)
    world = request.state.sandbox.world
    if form.get("answer") == "allow":
        scopes = tuple(form["scope"].split())
        said = {"code": world.lever.sign_in.code(scopes, form["redirect_uri"], world.clock.now_ms())}
    else:
        said = {"error": "access_denied", "error_description": "User did not authorize the request"}
    return RedirectResponse(f"{form['redirect_uri']}?{urlencode({**said, 'state': form.get('state', '')})}", 303)


@router.post("/oauth/token")
async def token(request: Request) -> Response:
    form, world = await _form(request), request.state.sandbox.world
    sign_in, now_ms = world.lever.sign_in, world.clock.now_ms()
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise SignInRefusal(401, "invalid_client")
    if form.get("grant_type") == "authorization_code":
        granted = sign_in.codes.pop(form.get("code", ""), None)
        if granted is not None and granted.redirect_uri != form.get("redirect_uri"):
            granted = None
    elif form.get("grant_type") == "refresh_token":
        granted = sign_in.refresh_tokens.pop(form.get("refresh_token", ""), None)
    else:
        raise SignInRefusal(400, "unsupported_grant_type")
    if granted is None or granted.ends_ms <= now_ms:
        raise SignInRefusal(403, "invalid_grant")
    return Json(sign_in.tokens(granted, now_ms))


async def _form(request: Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.form()).items()}


def _page(problem: str) -> Response:
    return HTMLResponse(f"<!doctype html><title>Lever (sandbox)</title><p>{escape(problem)}</p>", 400)


def _problem(asked: Mapping[str, str]) -> str | None:
    """Returns what is wrong with a request for access, None if nothing is."""
    scopes = asked.get("scope", "").split()
    known = {f"{resource}:{access}:admin" for resource in RESOURCES for access in (READ, WRITE)} | _OTHER_SCOPES
    if asked.get("client_id") != CLIENT_ID:
        return "Unknown client_id"
    if asked.get("response_type") != "code":
        return "response_type must be code"
    if not asked.get("redirect_uri", "").startswith(
        ("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")
    ):
        return "redirect_uri must be https, or on this machine"
    if not asked.get("audience"):
        return "audience is missing"
    if not scopes or len(scopes) > _MOST_SCOPES or not known.issuperset(scopes):
        return f"scope must hold 1 to {_MOST_SCOPES} known scopes; unknown: {sorted(set(scopes) - known)}"
    return None
