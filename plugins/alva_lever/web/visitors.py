"""Who visits the page, and what they may do there, by Airflow's own login and permissions."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Annotated

from fastapi import Depends, Form, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from itsdangerous import BadData, URLSafeTimedSerializer

from alva_lever.account import ACCOUNTS, URL_PREFIX, Account
from alva_lever.web import airflow_internals

log = logging.getLogger(__name__)

# A form that stays open longer is refused, and the page must be loaded again.
_FORM_SECONDS = 12 * 60 * 60
_SAFE_METHODS = {"GET", "HEAD"}
# What browsers say of a request that our own page, or the person in the address bar, has caused.
_OWN_SITES = {None, "same-origin", "none"}


class Right(Enum):
    """What a visitor needs: to look, the right to read the hourly DAG; to act, to trigger it and the results DAG; to
    set up, to change connections and Variables."""

    LOOK = "look"
    ACT = "act"
    SET_UP = "set up"


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person who looks at the page of an account. `form_token`: proves that a form was on a page that they loaded.

    `user_id`, `user_name`: theirs in Airflow. `accounts`: those that they may look at.
    """

    account: Account
    rights: frozenset[Right]
    form_token: str
    user_id: str
    user_name: str
    accounts: tuple[Account, ...]

    @property
    def may_act(self) -> bool:
        return Right.ACT in self.rights

    @property
    def may_set_up(self) -> bool:
        return Right.SET_UP in self.rights


class LoginNeeded(Exception):
    """Nobody is logged in, and a browser asked for a page: it is sent to `url`."""

    def __init__(self, url: str) -> None:
        super().__init__("Log in to Airflow first")
        self.url = url


class Elsewhere(Exception):
    """What was asked for is on the page of another account, at `url`."""

    def __init__(self, url: str) -> None:
        super().__init__("This is on another account's page")
        self.url = url


def way(here: Account, there: Account) -> str:
    """Returns the relative address of an account's page, from a page of `here`."""
    return ("../" if here.page_path else "./") + (f"{there.account_id}/" if there.page_path else "")


def needs(
    right: Right, *, also: Callable[[object, Account], bool] = lambda user, account: True, after_login: str = ""
) -> Callable[[Request], Awaitable[Visitor]]:
    """Returns a FastAPI dependency that lets only visitors with this right in, and checks the form token of a request
    that changes something. `also`: what else Airflow must let the user do with the account. `after_login`: the page to
    which the login leads; by default, it is the one that was asked for, with its query.

    It raises `LoginNeeded` or answers 401 without a login, and 403 without the right or the token.
    """

    async def visitor(request: Request) -> Visitor:
        user = await _user(request, after_login)
        account = account_shown(request)
        rights = await run_in_threadpool(_rights, user, account)
        accounts = await run_in_threadpool(_accounts, user)
        others = [one for one in accounts if one != account]
        if Right.LOOK not in rights and others and request.url.path.endswith("/"):
            # Airflow's menu leads to the same page for everyone.
            raise Elsewhere(way(account, others[0]))
        if right not in rights or not await run_in_threadpool(also, user, account):
            raise HTTPException(403, f"Your role in Airflow may not {right.value} here")
        user_id = airflow_internals.user_id(user)
        if request.method not in _SAFE_METHODS:
            await _check_form(request, user_id)
            # Airflow's audit log knows nothing of this page. What the form holds may be secret.
            log.info("%s, by %s", request.url.path.rsplit(f"{URL_PREFIX}/", 1)[-1], airflow_internals.user_name(user))
        name = airflow_internals.user_name(user)
        return Visitor(account, rights, _serializer().dumps(user_id), user_id, name, accounts)

    return visitor


def account_shown(request: Request) -> Account:
    """Returns the account whose page is asked for: each has an app of its own."""
    account: Account = request.app.state.account
    return account


Looks = Annotated[Visitor, Depends(needs(Right.LOOK))]
Acts = Annotated[Visitor, Depends(needs(Right.ACT))]
SetsUp = Annotated[Visitor, Depends(needs(Right.SET_UP))]
# A field of a form. FastAPI quotes what it refuses, and a key must not be quoted, so a field is a text that is never
# missing.
Text = Annotated[str, Form()]


def is_of_htmx(request: Request) -> bool:
    """Whether htmx asks, which wants a part of a page, and shows no answer with an error's status."""
    return request.headers.get("hx-request") == "true"


OfHtmx = Annotated[bool, Depends(is_of_htmx)]


async def _user(request: Request, after_login: str) -> object:
    try:
        return await airflow_internals.user_of(request)
    except HTTPException as refused:
        is_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        if refused.status_code == 401 and is_of_htmx(request):
            # A session has ended while the page was open: htmx loads the page again, which leads to the login.
            raise HTTPException(401, refused.detail, {"HX-Redirect": "./"}) from None
        if refused.status_code != 401 or not is_page:
            raise
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = after_login or request.url.path.rsplit("/", 1)[-1] + query
    page = f"{airflow_internals.base_path()}{URL_PREFIX}{account_shown(request).page_path}"
    raise LoginNeeded(airflow_internals.login_url(f"{page}/{wanted}"))


def _accounts(user: object) -> tuple[Account, ...]:
    if len(ACCOUNTS) == 1:
        return tuple(ACCOUNTS.values())
    return tuple(one for one in ACCOUNTS.values() if airflow_internals.may_read_dag(user, one.invite_dag_id))


def _rights(user: object, account: Account) -> frozenset[Right]:
    found = set()
    if airflow_internals.may_read_dag(user, account.invite_dag_id):
        found.add(Right.LOOK)
    named = (account.invite_dag_id, account.results_dag_id)
    if all(airflow_internals.may_trigger_dag(user, dag_id) for dag_id in named):
        found.add(Right.ACT)
    if airflow_internals.may_set_up(user):
        found.add(Right.SET_UP)
    return frozenset(found)


async def _check_form(request: Request, user_id: str) -> None:
    """Refuses a request that another site's page has caused. :raises HTTPException: 403."""
    token = request.headers.get("x-form-token") or (await request.form()).get("form_token")
    try:
        known = _serializer().loads(str(token), max_age=_FORM_SECONDS) == user_id
    except BadData:
        known = False
    if not known or request.headers.get("sec-fetch-site") not in _OWN_SITES:
        raise HTTPException(403, "This form is too old, or did not come from this page. Load the page again")


@cache
def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(airflow_internals.signing_key(), salt="alva-lever-form")
