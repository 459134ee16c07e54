"""The page at `/alva-lever/`: what its parts share, and where they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined

from alva_lever.web.visitors import LoginNeeded, Visitor

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
_STATIC = Path(__file__).parent / "static"
# Under plugins/ as under a pip install.
_templates = Environment(
    loader=PackageLoader("alva_lever.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, visitor: Visitor, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Renders a template, a whole page or a part of one. All its links are relative, and pages are not nested, so that
    they work behind any prefix."""
    html = _templates.get_template(template).render(visitor=visitor, **values)
    return HTMLResponse(html, status, HEADERS)


def add_pages(app: FastAPI, *routers: APIRouter) -> None:
    """Adds the routers and the static files to the app."""
    for router in routers:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_exception_handler(LoginNeeded, _to_login)


async def _to_login(request: Request, needed: Exception) -> Response:
    assert isinstance(needed, LoginNeeded)
    return RedirectResponse(needed.url, 303)
