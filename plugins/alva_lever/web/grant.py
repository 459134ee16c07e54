"""Grant access: a person allows this integration, in Lever, to use their account (OAuth 2.0, authorization code)."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import Annotated

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer

from alva_lever.account import URL_PREFIX, Account
from alva_lever.connect import lever_hook
from alva_lever.http.errors import ApiError
from alva_lever.http.exchange import one_word
from alva_lever.http.secrets_backends import comes_from_elsewhere
from alva_lever.http.session import api_root
from alva_lever.lever.granted_token import DESCRIPTION, read_grant
from alva_lever.lever.hook import LeverHook
from alva_lever.lever.oauth import App
from alva_lever.lever.permissions import SCOPES
from alva_lever.rules.window import in_words
from alva_lever.web import airflow_internals, airflow_store
from alva_lever.web.airflow_internals import NotWritten
from alva_lever.web.airflow_store import is_kept_elsewhere
from alva_lever.web.pages import a_turn, page
from alva_lever.web.visitors import Looks, OfHtmx, Right, SetsUp, Text, Visitor, needs

log = logging.getLogger(__name__)
router = APIRouter()
# Lever's answer has a code in its address, which must not go into that of the login.
Answering = Annotated[Visitor, Depends(needs(Right.SET_UP, after_login="set-up"))]

EXAMPLE_ROOT = LeverHook.example_root
# A person who takes longer in Lever has to begin again.
_STATE_SECONDS = 15 * 60
_CALLBACK = "granted"
_SET_UP = "set-up"


@dataclass(frozen=True, slots=True)
class Access:
    """What a person sees of the access to Lever; never a token and never a secret.

    :param key: whether the connection has an API key, which is then used.
    :param root: Lever's API root, empty if there is none that can be used; `asks_root`: whether it is set here.
    :param granted_at: when access was granted, empty if it never was; to which `client_id`.
    :param valid_until: when the present token ends.
    :param problem: why what was granted can't be used, empty if it can.
    :param missing: why access can't be granted yet, empty if it can.
    :param callback: the address that the OAuth app at Lever must know.
    :param app_id: the client id of the OAuth app that is stored, and its `sign_in`, if that isn't Lever's own.
    :param refused: why a form that was sent is refused.
    """

    key: bool
    root: str
    asks_root: bool
    granted_at: str
    client_id: str
    valid_until: str
    problem: str
    missing: str
    callback: str
    app_id: str
    sign_in: str
    refused: str = ""
    scopes: tuple[str, ...] = SCOPES


def access(account: Account, request: Request, *, refused: str = "") -> Access:
    """Returns the state of the access, as Airflow keeps it. Asks Lever nothing."""
    lever, app = lever_hook(account), _kept(account.lever_oauth_conn_id)
    key, asks_root, problem, missing, grant = False, False, "", "", None
    try:
        key = lever.has_key()
        grant = read_grant(account.lever_oauth_variable)
        if grant is not None:
            lever.check_grant()
    except ApiError as error:
        problem = str(error)
    try:
        lever.sign_in()
    except ApiError as error:
        missing = str(error)
    try:
        asks_root = _asks_root(account)
    except NotWritten as error:
        problem = str(error)
    return Access(
        key=key,
        root=_root(account),
        asks_root=asks_root,
        granted_at=in_words(grant.granted_at * 1000) if grant else "",
        client_id=grant.client_id if grant else "",
        valid_until=in_words(grant.expires_at * 1000) if grant else "",
        problem=problem,
        missing=missing,
        callback=_callback(account, request),
        app_id=(app.login or "") if app else "",
        sign_in=(app.host or "") if app else "",
        refused=refused,
    )


@router.get("/access")
def show_access(request: Request, visitor: Looks, part: OfHtmx) -> Response:
    """The access to Lever by OAuth: as a page, or, for htmx, as a part of the set-up page."""
    template = "_grant.html" if part else "access.html"
    return page(template, visitor, here=_SET_UP, grant=access(visitor.account, request))


@router.post("/oauth-app")
def save_app(
    request: Request, visitor: SetsUp, client_id: Text = "", secret: Text = "", root: Text = "", sign_in: Text = ""
) -> Response:
    """Stores the company's OAuth app and, where no key is stored, Lever's API root."""
    try:
        _save_app(visitor.account, client_id=client_id, secret=secret, root=root, sign_in=sign_in)
    except (ApiError, NotWritten) as failure:
        refused = access(visitor.account, request, refused=str(failure))
        return page("access.html", visitor, status=422, here=_SET_UP, grant=refused)
    return RedirectResponse(_SET_UP, 303)


@router.post("/grant")
def start(request: Request, visitor: SetsUp) -> Response:
    """Sends the person to Lever.

    By a page that moves on by itself: after a redirect, the browser would hold Lever's addresses against the page's
    `form-action`.
    """
    callback = _callback(visitor.account, request)
    try:
        app = lever_hook(visitor.account).sign_in().app
    except ApiError as error:
        return _outcome(visitor, "Access can't be granted yet", str(error), status=409)
    state = _serializer().dumps([visitor.user_id, callback, secrets.token_urlsafe(8)])
    url = app.authorize_url(redirect_uri=callback, state=state)
    answer = _outcome(visitor, "On to Lever", "Lever asks you whether to allow access.", url=url)
    answer.headers["Refresh"] = f"0; url={url}"
    return answer


def hide_code(state: str = "", code: str = "") -> None:
    """Keeps the code of Lever's answer out of the server's log of requests, also where the visitor is refused."""
    # Only with our signature: nobody may choose what is hidden.
    if _asked(state) is not None:
        airflow_internals.hide(code)


# FastAPI runs `hide_code` before it checks the visitor.
@router.get(f"/{_CALLBACK}", dependencies=[Depends(hide_code), Depends(a_turn)])
def finish(visitor: Answering, state: str = "", code: str = "", error: str = "") -> Response:
    """Takes Lever's answer: stores what was granted, or says what it is."""
    asked = _asked(state, _STATE_SECONDS)
    # An answer to another account's question is none of this one's.
    is_ours = asked is not None and asked[1].endswith(_callback_path(visitor.account))
    if asked is None or not is_ours or asked[0] != visitor.user_id:
        said = "This answer came too late, or does not belong to a question of yours. Begin again."
        return _outcome(visitor, "Nothing was changed", said, status=400)
    if error == "access_denied":
        return _outcome(visitor, "Access was denied", "Access was denied in Lever. Nothing was changed.")
    if error or not code:
        said = f"Lever answered with {one_word(error) or 'neither access nor a reason'}. Nothing was changed."
        return _outcome(visitor, "Access was not granted", said, status=502)
    try:
        _store(visitor.account, code, callback=asked[1])
    except (ApiError, NotWritten) as failure:
        log.error("Access to Lever was not granted: %s", failure)
        return _outcome(visitor, "Access was not granted", str(failure), status=502)
    # Away from the address with the code.
    return RedirectResponse(_SET_UP, 303)


def _save_app(account: Account, *, client_id: str, secret: str, root: str, sign_in: str) -> None:
    """:raises ApiError, NotWritten: a field can't be used, and nothing is stored; or Airflow can't store it."""
    lever_conn_id, conn_id = account.lever_conn_id, account.lever_oauth_conn_id
    lever_root, asks_root = _root(account), _asks_root(account)
    for name in (lever_conn_id, conn_id):
        if is_kept_elsewhere(name) and (name == conn_id or not lever_root):
            raise NotWritten(comes_from_elsewhere(f"Connection `{name}`"), remedy="change it there")
    if not lever_root and not asks_root:
        # Where the key may go isn't known.
        raise NotWritten(
            f"Connection `{lever_conn_id}` has an API key, and no API root that can be used",
            remedy="save root and key together on the set-up page first",
        )
    if asks_root and (root.strip() or not lever_root):
        typed = Connection(conn_id=lever_conn_id, conn_type="generic", host=root)
        lever_root = api_root(typed, vendor="Lever", example=EXAMPLE_ROOT)
    before = _kept(conn_id)
    # A stored secret is not sent to another host than before.
    kept = before.password if before and (before.host or "") == sign_in.strip() else ""
    app = Connection(
        conn_id=conn_id, conn_type="generic", host=sign_in.strip(), login=client_id.strip(),
        password=secret.strip() or kept,
    )  # fmt: skip
    App.of(app, lever_root)
    if lever_root != _root(account):
        airflow_store.write_connection(lever_conn_id, conn_type=LeverHook.conn_type, root=lever_root, key="")
    airflow_store.write_connection(conn_id, root=app.host or "", key=app.password or "", login=app.login)


def _root(account: Account) -> str:
    """Returns the API root in Lever's connection, empty if there is none that can be used."""
    connection = _kept(account.lever_conn_id)
    try:
        return api_root(connection, vendor="Lever", example=EXAMPLE_ROOT) if connection else ""
    except ApiError:
        return ""


def _asks_root(account: Account) -> bool:
    """Whether the form of the OAuth app sets Lever's API root: not that of a stored key, which goes nowhere else, and
    not one from the environment or a secrets backend.

    :raises NotWritten: the connection can't be read.
    """
    if is_kept_elsewhere(account.lever_conn_id):
        return False
    found = airflow_store.find_connection(account.lever_conn_id)
    return found is None or not lever_hook(account).key_in(found)


def _kept(conn_id: str) -> Connection | None:
    try:
        connection: Connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return None
    return connection


def _asked(state: str, max_age: int | None = None) -> tuple[str, str] | None:
    """Returns who asked, and the callback, of a question of at most this age in seconds; None if we asked no such."""
    try:
        user_id, callback, _ = _serializer().loads(state, max_age=max_age)
    except BadData:
        return None
    return str(user_id), str(callback)


def _store(account: Account, code: str, *, callback: str) -> None:
    """:raises ApiError, NotWritten: nothing was granted, or it could not be stored where tasks read it."""
    variable = account.lever_oauth_variable
    grant = lever_hook(account).sign_in().grant(code, redirect_uri=callback)
    airflow_store.write_variable(variable, grant.model_dump_json(), description=DESCRIPTION)
    if read_grant(variable) != grant:
        raise NotWritten(
            f"{comes_from_elsewhere(f'The Variable `{variable}`')}, where Airflow can't write it",
            remedy="Remove it there, and grant access again",
        )


def _callback(account: Account, request: Request) -> str:
    root = airflow_internals.base_url() or str(request.base_url)
    return f"{root.rstrip('/')}{_callback_path(account)}"


def _callback_path(account: Account) -> str:
    return f"{URL_PREFIX}{account.page_path}/{_CALLBACK}"


def _outcome(visitor: Visitor, title: str, said: str, *, url: str = _SET_UP, status: int = 200) -> Response:
    return page("grant.html", visitor, status=status, here=_SET_UP, heading=title, said=said, url=url)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(airflow_internals.signing_key(), salt="alva-lever-grant")
