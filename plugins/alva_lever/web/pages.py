"""The page at `/alva-lever/`: what its parts share, and where they are."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException

from alva_lever.account import ACCOUNTS, Account, account_of
from alva_lever.rules.window import in_words, to_the_minute
from alva_lever.web.visitors import Elsewhere, LoginNeeded, Visitor, account_shown, is_of_htmx, way

# Nothing is loaded from another host, and no other site may frame the page.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # A page may show names, which it has read for this visitor only.
    "Cache-Control": "no-store",
}
# How many visitors may wait for Lever and Alva at once. Each account has turns of its own, so that the visitors of one
# whose Lever is slow take none from the others'; a page loads two parts at once. All accounts together leave half of
# Airflow's forty threads to its tasks.
_TURNS, _TURNS_OF_SEVERAL = 4, 2
_all_turns = threading.BoundedSemaphore(20)
_STATIC = Path(__file__).parent / "static"
# Under plugins/ as under a pip install.
_templates = Environment(
    loader=PackageLoader("alva_lever.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {"in_words": in_words, "to_the_minute": to_the_minute}


def page(template: str, visitor: Visitor, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Renders a template, a whole page or a part of one. All its links are relative, and pages are not nested, so that
    they work behind any prefix."""
    account = visitor.account
    html = _templates.get_template(template).render(
        visitor=visitor,
        airflow="../../" if account.page_path else "../",
        accounts=[(one.account_id, way(account, one), one == account) for one in visitor.accounts],
        **values,
    )
    return HTMLResponse(html, status, HEADERS)


def add_pages(app: FastAPI, account: Account, *routers: APIRouter) -> None:
    """Adds an account's pages to its app, with the static files."""
    app.state.account = account
    app.state.turns = threading.BoundedSemaphore(_TURNS if len(ACCOUNTS) == 1 else _TURNS_OF_SEVERAL)
    for router in routers:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_exception_handler(LoginNeeded, _to_login)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(Elsewhere, to_elsewhere)
    app.add_exception_handler(HTTPException, _refused)


class Busy(Exception):
    """As many visitors as may wait for Lever and Alva at once are waiting already."""


def lead_to_account(request: Request, dag_id: str = "") -> None:
    """A FastAPI dependency: leads to the page of the account whose DAG it is, since a tab of Airflow's UI has the same
    address for all runs. :raises Elsewhere: it is another account's."""
    here, there = account_shown(request), account_of(dag_id)
    if there is not None and there != here:
        raise Elsewhere(f"{way(here, there)}{request.url.path.rsplit('/', 1)[-1]}?{request.url.query}")


async def a_turn(request: Request) -> AsyncIterator[None]:
    """A FastAPI dependency of each route that asks Lever or Alva. Such a route keeps a thread waiting, and Airflow
    needs the same threads for its tasks' heartbeats. :raises Busy: too many are waiting."""
    with ExitStack() as taken:
        for turns in (request.app.state.turns, _all_turns):
            if not turns.acquire(blocking=False):
                raise Busy
            taken.callback(turns.release)
        yield


async def _busy(request: Request, busy: Exception) -> Response:
    sentence = "Others are asking Lever and Alva just now. Try again in a moment"
    if is_of_htmx(request):
        # htmx shows no answer with an error's status.
        return HTMLResponse(f'<p role="status">{sentence}.</p>', 200, {**HEADERS, "Retry-After": "2"})
    return _no_page("Not now", sentence, 503, {"Retry-After": "2"})


async def _refused(request: Request, refused: Exception) -> Response:
    """A page for a person; JSON, as FastAPI has it, for a program and for htmx."""
    assert isinstance(refused, HTTPException)
    if "text/html" not in request.headers.get("accept", ""):
        return await http_exception_handler(request, refused)
    return _no_page("Not here", refused.detail, refused.status_code, refused.headers or {})


def _no_page(heading: str, sentence: str, status: int, headers: Mapping[str, str]) -> Response:
    html = _templates.get_template("no_page.html").render(heading=heading, sentence=sentence)
    return HTMLResponse(html, status, {**HEADERS, **headers})


async def to_elsewhere(request: Request, elsewhere: Exception) -> Response:
    """Answers `Elsewhere`."""
    assert isinstance(elsewhere, Elsewhere)
    return RedirectResponse(elsewhere.url, 303)


async def _to_login(request: Request, needed: Exception) -> Response:
    assert isinstance(needed, LoginNeeded)
    return RedirectResponse(needed.url, 303)
