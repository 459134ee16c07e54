"""The board's pages and forms at ``/`` and ``/board/``.

The page asks every two seconds for what has changed. It sends a short sum of each part that it shows (``seen``), and
gets the parts whose sum is another one. A form is answered in the same way, so that it shows at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from include.sandbox.answer import Refusal
from include.sandbox.board.actions import ACTIONS, Fields
from include.sandbox.board.view import Scene, look
from include.sandbox.simulation import Simulation
from include.sandbox.transport import LOOPBACK

# As strict as those of the package's own page: nothing inline, nothing from another host, no frame around it.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STATIC = Path(__file__).parent / "static"
# The sandbox imports nothing of the package; it runs from a checkout, in which these two files need not be twice.
_SHARED = Path(__file__).parents[3] / "plugins" / "alva_lever" / "web" / "static"
_CANDIDATE = "candidate-"  # the part of the candidate whose details are open
_templates = Environment(
    loader=PackageLoader("include.sandbox.board"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

router = APIRouter()


def add_board(app: FastAPI) -> None:
    app.include_router(router)
    app.mount("/board/static", StaticFiles(directory=_STATIC), name="board")
    app.mount("/board/shared", StaticFiles(directory=_SHARED, check_dir=False), name="shared")


def _simulation(request: Request) -> Simulation:
    simulation: Simulation = request.state.sandbox
    return simulation


def from_no_other_site(request: Request) -> None:
    """Refuses what another site's page sends, so that no site which a person has open can drive the sandbox.

    A client that is no browser sends none of the headers, and is let through.
    """
    host = request.headers.get("host", "")
    elsewhere = bool(host) and urlsplit(f"//{host}").hostname not in LOOPBACK
    from_elsewhere = request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if from_elsewhere or (origin is not None and urlsplit(origin).netloc != host) or elsewhere:
        raise HTTPException(403, "Only the sandbox's own page may do this.")


async def _fields(request: Request) -> Fields:
    return Fields(await request.form())


Present = Annotated[Simulation, Depends(_simulation)]
Seen = Annotated[list[str] | None, Query()]


# Plain functions: FastAPI runs them in threads, so that a move may wait for the world's lock.
@router.get("/")
def board(simulation: Present, q: str = "", candidate: str | None = None) -> HTMLResponse:
    return _page(simulation, q, candidate)


@router.get("/board/changes")
def changes(simulation: Present, q: str = "", seen: Seen = None) -> Response:
    return _changes(simulation, q, seen or ())


@router.get("/board/candidate/{opportunity_id}")
def candidate(simulation: Present, opportunity_id: str) -> HTMLResponse:
    scene = look(simulation, opportunity_id=opportunity_id)
    values = {"scene": scene, "parts": _parts(scene)}
    return _html("panel.html", status=200 if scene.candidate else 404, by_a_click=True, **values)


@router.post("/board/{action}", dependencies=[Depends(from_no_other_site)])
def act(request: Request, simulation: Present, action: str, form: Annotated[Fields, Depends(_fields)]) -> Response:
    """Makes a move. Without JavaScript the answer leads back to the page; an error is said on it."""
    if action not in ACTIONS:
        raise HTTPException(404, "There is no such action.")
    try:
        said, status = ACTIONS[action](simulation, form), 200
    except (LookupError, ValueError, Refusal) as error:
        said, status = str(error), 400
    q = form.optional("q")
    if "hx-request" in request.headers:
        return _changes(simulation, q, form.texts("seen"), said, status)
    opened = form.optional("opportunity")
    if status == 200:
        return RedirectResponse(f"/?candidate={quote(opened)}" if opened else "/", 303, HEADERS)
    return _page(simulation, q, opened or None, said, status)


def _page(
    simulation: Simulation, search: str, opportunity_id: str | None, said: str = "", status: int = 200
) -> HTMLResponse:
    scene = look(simulation, search, opportunity_id)
    values = {"scene": scene, "parts": _parts(scene), "search": search, "said": said, "failed": status >= 400}
    return _html("page.html", status=status, by_a_click=False, **values)


def _changes(
    simulation: Simulation, search: str, seen: Iterable[str], said: str | None = None, status: int = 200
) -> Response:
    """Answers with the parts that differ from what was seen, and what a move has to say; 204 if there is nothing."""
    sums = dict(part.rsplit(" ", 1) for part in seen if " " in part)
    opened = next((key.removeprefix(_CANDIDATE) for key in sums if key.startswith(_CANDIDATE)), None)
    scene = look(simulation, search, opened)
    parts = _parts(scene)
    if any(key not in sums for key in parts):  # other stages than the page has: another world
        return Response(None, 200, {**HEADERS, "HX-Refresh": "true"})
    changed = {key: body for key, (body, total) in parts.items() if sums[key] != total}
    closed = opened is not None and scene.candidate is None
    if not changed and not closed and said is None:
        return Response(None, 204, HEADERS)
    return _html("changes.html", status=status, changed=changed, closed=closed, said=said, failed=status >= 400)


def _parts(scene: Scene) -> dict[str, tuple[Markup, str]]:
    """Renders each part of the page that changes by itself. Returns its HTML and the sum of it, by the part's id."""
    bodies = {"webhooks": _render("webhooks.html", webhooks=scene.webhooks)}
    bodies["postings"] = _render("postings.html", choices=scene.choices)
    bodies |= {f"column-{column.id}": _render("column.html", column=column) for column in scene.columns}
    bodies["alva"] = _render("alva.html", alva=scene.alva)
    if scene.candidate is not None:
        key = f"{_CANDIDATE}{scene.candidate.card.id}"
        bodies[key] = _render("candidate.html", details=scene.candidate, choices=scene.choices)
    parts = {}
    for key, body in bodies.items():
        total = hashlib.blake2s(body.encode(), digest_size=8).hexdigest()
        parts[key] = (body + _render("seen.html", value=f"{key} {total}"), total)
    return parts


def _render(template: str, **values: Any) -> Markup:
    return Markup(_templates.get_template(template).render(values))


def _html(template: str, *, status: int, **values: Any) -> HTMLResponse:
    return HTMLResponse(_render(template, **values), status, HEADERS)
