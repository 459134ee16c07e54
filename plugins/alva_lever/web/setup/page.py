"""The page `set-up`: what is done and what is missing, and the forms and buttons that do it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from alva_lever.account import Account
from alva_lever.settings import ORIGINS
from alva_lever.web import airflow_setup
from alva_lever.web.airflow_internals import NotWritten, base_url
from alva_lever.web.checks import Finding, State, live, local
from alva_lever.web.checks.local import SLOTS
from alva_lever.web.pages import a_turn, page
from alva_lever.web.registration import STILL_TO_DO, Outcome
from alva_lever.web.setup import connections, options, webhooks
from alva_lever.web.setup.connections import ConnectionForm
from alva_lever.web.setup.options import OptionsForm
from alva_lever.web.setup.webhooks import Registering
from alva_lever.web.visitors import Looks, Right, SetsUp, Text, Visitor, needs

router = APIRouter()


def _may_unpause(user: object, account: Account) -> bool:
    return airflow_setup.may_unpause(user, account.dag_ids)


def _may_make_pool(user: object, account: Account) -> bool:
    return airflow_setup.may_make_pool(user, account.pool)


Unpauses = Annotated[Visitor, Depends(needs(Right.SET_UP, also=_may_unpause))]
MakesPool = Annotated[Visitor, Depends(needs(Right.SET_UP, also=_may_make_pool))]
# What an action has done, by the word that it leaves in the address.
_DONE = {
    "lever": "Lever's connection is saved.",
    "alva": "Alva's connection is saved.",
    "no-key": "Lever's key is taken away. From now on the access that was granted is used.",
    "options": "The options are saved. Tasks that begin from now on use them.",
    "first-options": "The options are saved. They begin as a rehearsal: nothing is written until you switch to Live.",
    "unchecked-options": "The options are saved. Lever could not be asked whether it has these stages.",
    "pool": f"The pool has {SLOTS} slot.",
    "dags": "All four DAGs are unpaused.",
    "token": "The signing token is stored.",
    "retired": "The signing token is taken away. Deliveries that are signed with it are refused from now on.",
}
_UNPROCESSABLE = 422


async def _a_turn_to_check(request: Request) -> AsyncIterator[None]:
    """A turn, if the request asks Lever and Alva."""
    if request.query_params.get("check") == "everything":
        async for turn in a_turn(request):
            yield turn
    else:
        yield


@router.get("/set-up", dependencies=[Depends(_a_turn_to_check)])
def show(request: Request, visitor: Looks) -> HTMLResponse:
    """Shows everything. `?check=everything` asks Lever and Alva too, which takes about fifteen seconds."""
    everything = request.query_params.get("check") == "everything"
    return _page(visitor, everything=everything, said=_DONE.get(request.query_params.get("done", ""), ""))


@router.post("/set-up-connection")
def save_connection(visitor: SetsUp, vendor: Text = "", root: Text = "", key: Text = "") -> Response:
    _known(vendor)
    try:
        faults = connections.save(visitor.account, vendor, root=root, key=key)
    except NotWritten as error:
        faults = {connections.WHOLE: str(error)}
    if not faults:
        return _done(vendor, f"connection-{vendor}")
    refused = connections.connection_form(visitor.account, vendor, faults=faults, root=root)
    return _page(visitor, forms={vendor: refused}, status=_UNPROCESSABLE)


@router.post("/set-up-key")
def take_key_away(visitor: SetsUp) -> Response:
    """Takes Lever's key away, so that access by OAuth is used."""
    try:
        problem = connections.take_key_away(visitor.account)
    except NotWritten as error:
        problem = str(error)
    if not problem:
        return _done("no-key", "connection-lever")
    refused = connections.connection_form(visitor.account, "lever", faults={connections.WHOLE: problem})
    return _page(visitor, forms={"lever": refused}, status=_UNPROCESSABLE)


@router.post("/set-up-test", dependencies=[Depends(a_turn)])
def try_connection(visitor: SetsUp, vendor: Text = "") -> HTMLResponse:
    _known(vendor)
    tested = connections.test(visitor.account, vendor)
    return _page(visitor, forms={vendor: connections.connection_form(visitor.account, vendor, tested=tested)})


@router.get("/set-up-options", dependencies=[Depends(a_turn)])
def show_options(visitor: SetsUp) -> HTMLResponse:
    """The form for the options, whose stages are read from Lever."""
    try:
        form = options.stored(visitor.account)
    except NotWritten as error:
        form = OptionsForm(faults={"": [str(error)]})
    return _options_page(visitor, form)


@router.post("/set-up-options", dependencies=[Depends(a_turn)])
def save_options(
    visitor: SetsUp,
    trigger_stage: Text = "",
    progression_stage: Text = "",
    blocked_origins: Annotated[Sequence[str], Form()] = (),
    goes_live: Annotated[str, Form(alias="live")] = "",
    seen: Text = "",
) -> Response:
    sent = OptionsForm(trigger_stage, progression_stage, frozenset(blocked_origins), dry_run=not goes_live, seen=seen)
    try:
        form = options.save(visitor.account, sent)
    except NotWritten as error:
        form = replace(sent, faults={"": [str(error)]})
    if form.faults:
        return _options_page(visitor, form, status=_UNPROCESSABLE)
    return _done(
        "unchecked-options" if form.stages_problem else "first-options" if form.first else "options", "options"
    )


@router.post("/set-up-webhooks", dependencies=[Depends(a_turn)])
def register_webhooks(visitor: SetsUp, url: Text = "", action: Text = "") -> HTMLResponse:
    """Registers the webhooks, renews their signing tokens, or forgets those of webhooks that are gone."""
    if action == "forget":
        result = webhooks.forget(visitor.account, url)
    else:
        result = webhooks.register(visitor.account, url, renew=action == "renew")
    return _page(visitor, registering=result, status=_UNPROCESSABLE if result.problem else 200)


@router.post("/set-up-token")
def change_token(visitor: SetsUp, vendor: Text = "", token: Text = "", retire: Text = "") -> Response:
    """Adds a signing token, or takes away the one with a fingerprint."""
    _known(vendor)
    try:
        if retire:
            problem = webhooks.retire_token(visitor.account, vendor, retire)
        else:
            problem = webhooks.add_token(visitor.account, vendor, token)
    except NotWritten as error:
        problem = str(error)
    if problem:
        return _page(visitor, token_problems={vendor: problem}, status=_UNPROCESSABLE)
    return _done("retired" if retire else "token", f"tokens-{vendor}")


@router.post("/set-up-pool")
def make_pool(visitor: MakesPool) -> Response:
    pool, description = visitor.account.pool, "One task at a time talks to Lever"
    return _try(visitor, "pool", partial(airflow_setup.make_pool, pool, slots=SLOTS, description=description))


@router.post("/set-up-dags")
def unpause_dags(visitor: Unpauses) -> Response:
    return _try(visitor, "dags", partial(airflow_setup.unpause, visitor.account.dag_ids))


def _try(visitor: Visitor, word: str, do: Any) -> Response:
    try:
        do()
    except NotWritten as error:
        return _page(visitor, problem=str(error), status=503)
    return _done(word, "checklist")


def _known(vendor: str) -> None:
    if vendor not in connections.VENDORS:
        raise HTTPException(404, "There is no such vendor")


def _done(word: str, place: str) -> Response:
    """Leads back to the page, so that a reload sends nothing again."""
    return RedirectResponse(f"set-up?done={quote(word)}#{place}", 303)


def _options_page(visitor: Visitor, form: OptionsForm, *, status: int = 200) -> HTMLResponse:
    return page("set-up-options.html", visitor, status=status, here="set-up", form=form, origins=ORIGINS)


def _page(
    visitor: Visitor,
    *,
    status: int = 200,
    everything: bool = False,
    said: str = "",
    problem: str = "",
    forms: Mapping[str, ConnectionForm] | None = None,
    registering: Registering | None = None,
    token_problems: Mapping[str, str] | None = None,
) -> HTMLResponse:
    account = visitor.account
    findings = list(local(account))
    shown_live: list[Finding] = list(live(account)) if everything else []
    return page(
        "set-up.html",
        visitor,
        status=status,
        here="set-up",
        findings=findings,
        shown_live=shown_live,
        faults=sum(finding.is_fault for finding in [*findings, *shown_live]),
        looks={State.DONE: "good", State.MISSING: "bad", State.WRONG: "bad", State.OPEN: "open"},
        everything=everything,
        said=said,
        problem=problem,
        connections=[
            (forms or {}).get(slug) or connections.connection_form(account, slug) for slug in connections.VENDORS
        ],
        registering=registering or Registering(base_url()),
        foreign=Outcome.FOREIGN,
        still_to_do=STILL_TO_DO.strip(),
        tokens=webhooks.tokens(account),
        token_problems=token_problems or {},
        variable=account.settings_variable,
        dag_count=len(account.dag_ids),
        pool=account.pool,
    )
