"""The control plane over HTTP: what a Python test can do to a sandbox, with JSON bodies and without a key.

====================================  =========================================================================
``GET /control``                      the keys, and the moves with their arguments in words
``POST /control/reset``               ``{seed?}``: an empty world
``POST /control/seed``                ``{seed, opportunities?}``: a made-up one
``GET, POST /control/clock``          ``{now_ms?, advance_ms?, frozen?}``, done in this order
``GET, DELETE /control/requests``     what arrived; ``service``, ``method`` and ``path`` narrow the list
``GET, POST, DELETE /control/faults`` the fields of `Fault`, but for ``action``
``GET /control/deliveries``           what webhooks were sent, as in `Delivery.as_json`, and how many there are in each
                                      state; ``event``, ``webhook`` (``alva``: Alva's), ``opportunity`` and ``state``
                                      narrow the list.
                                      ``summary=1``: the numbers alone, and whether nothing waits
``DELETE /control/deliveries``        forgets those that don't wait
``POST /control/keys``                another Lever key: ``{token, permissions?, confidential?, bearer?}``
``DELETE /control/keys/<token>``      no key any more
``POST /control/lag``                 ``{ms}``: how late ``updatedAt`` moves in Lever
``POST /control/recruiter/<move>``    arguments by name; the answer is ``{"result": ...}``
``POST /control/candidates/<move>``   likewise
``GET /control/world?opportunity=``   one candidate in both services; without a name, how much there is of everything
====================================  =========================================================================

What can't be done is answered 400 with ``{"detail": "<a sentence>"}``, an unknown move or candidate 404.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, HTTPException

from include.sandbox.alva.wire import AlvaError
from include.sandbox.lever.errors import LeverError
from include.sandbox.moves import described, make_move

if TYPE_CHECKING:
    from include.sandbox.sandbox import Sandbox

Arguments = Annotated[dict[str, Any] | None, Body()]
Json = dict[str, Any]


def build_control(sandbox: Sandbox) -> APIRouter:
    """Plain functions: FastAPI runs them beside its event loop, so that a move may wait for the world's lock."""
    router = APIRouter()

    @router.get("")
    def overview() -> Json:
        return {
            "lever_key": sandbox.LEVER_KEY,
            "alva_key": sandbox.ALVA_KEY,
            "recruiter": described(sandbox.recruiter),
            "candidates": described(sandbox.candidates),
        }

    @router.post("/reset")
    def reset(body: Arguments = None) -> Json:
        _attempt(sandbox.reset, **(body or {}))
        return {}

    @router.post("/seed")
    def seed(body: Arguments = None) -> Json:
        _attempt(sandbox.seed, **(body or {}))
        return {"opportunities": len(sandbox.world.lever.opportunities)}

    @router.get("/clock")
    def clock() -> Json:
        return {"now_ms": sandbox.clock.now_ms(), "frozen": sandbox.clock.frozen}

    @router.post("/clock")
    def set_clock(body: Arguments = None) -> Json:
        _attempt(sandbox.clock.adjust, **(body or {}))
        return clock()

    @router.get("/requests")
    def requests(service: str | None = None, method: str | None = None, path: str | None = None) -> Json:
        return {"requests": [arrived.as_json() for arrived in sandbox.journal.of(service, method, path)]}

    @router.delete("/requests")
    def clear_requests() -> Json:
        sandbox.journal.clear()
        return {}

    @router.get("/faults")
    def faults() -> Json:
        return {"faults": [fault.as_json() for fault in sandbox.faults.all()]}

    @router.post("/faults")
    def add_fault(body: Arguments = None) -> Json:
        return dict(_attempt(sandbox.faults.add, **(body or {})).as_json())

    @router.delete("/faults")
    def clear_faults() -> Json:
        sandbox.faults.clear()
        return {}

    @router.get("/deliveries")
    def deliveries(
        event: str | None = None,
        webhook: str | None = None,
        opportunity: str | None = None,
        state: str | None = None,
        summary: bool = False,
    ) -> Json:
        numbers: Json = {"summary": sandbox.deliveries.summary(), "settled": sandbox.deliveries.settled()}
        if summary:
            return numbers
        rows = sandbox.deliveries.of(event, webhook, opportunity, state)
        return {"deliveries": [delivery.as_json() for delivery in rows], **numbers}

    @router.delete("/deliveries")
    def clear_deliveries() -> Json:
        sandbox.deliveries.clear()
        return {}

    @router.post("/keys")
    def add_key(body: Arguments = None) -> Json:
        return {"token": _attempt(sandbox.add_lever_key, **(body or {}))}

    @router.delete("/keys/{token}")
    def remove_key(token: str) -> Json:
        sandbox.remove_lever_key(token)
        return {}

    @router.post("/lag")
    def set_lag(body: Arguments = None) -> Json:
        _attempt(sandbox.set_updated_at_lag, **(body or {}))
        return {}

    @router.post("/recruiter/{move}")
    def recruiter(move: str, body: Arguments = None) -> Json:
        return {"result": _attempt(make_move, sandbox.recruiter, move, body or {})}

    @router.post("/candidates/{move}")
    def candidates(move: str, body: Arguments = None) -> Json:
        return {"result": _attempt(make_move, sandbox.candidates, move, body or {})}

    @router.get("/world")
    def world(opportunity: str | None = None) -> Json:
        if opportunity is None:
            return sandbox.count()
        return dict(_attempt(sandbox.look, opportunity))

    return router


def _attempt(action: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What ``action`` answers; what it refuses becomes a 400 or 404."""
    try:
        return action(*arguments, **named)
    except LookupError as error:
        raise HTTPException(404, str(error)) from error
    except (TypeError, ValueError, LeverError, AlvaError) as error:
        raise HTTPException(400, str(error)) from error
