"""The control plane over HTTP: all that a Python test can do to a sandbox, with JSON bodies and without a key.

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
``POST /control/sign-in``             Lever's OAuth: ``{lifetime_seconds?, revoke?}``: of the next access tokens; ends
                                      every grant
``POST /control/lag``                 ``{ms}``: how late ``updatedAt`` moves in Lever
``POST /control/recruiter/<move>``    arguments by name; the answer is ``{"result": ...}``
``POST /control/candidates/<move>``   likewise
``GET /control/world?opportunity=``   one candidate in both services; without a name, how much there is of everything
====================================  =========================================================================

An order that can't be carried out gets 400 with ``{"detail": "<a sentence>"}``, an unknown move or candidate 404.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict

from include.sandbox.answer import Refusal
from include.sandbox.faults import Fault
from include.sandbox.simulation import Simulation

Json = dict[str, Any]
_IN_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "Sequence[str]": "a list of texts",
    "None": "null",
}


class Order(BaseModel):
    """A request body. Unknown fields are refused; no body counts as an empty one."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Resetting(Order):
    seed: int | None = None


class Seeding(Order):
    seed: int
    opportunities: int = 200


class ClockChange(Order):
    now_ms: int | None = None
    advance_ms: int | None = None
    frozen: bool | None = None


class NewKey(Order):
    token: str
    permissions: dict[str, str] | None = None
    confidential: bool = False
    bearer: bool = False


class SignInChange(Order):
    lifetime_seconds: int | None = None
    revoke: bool = False


class Lag(Order):
    ms: int


class Sentence(APIRoute):
    """A route that answers an error with a sentence."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                if first["loc"][0] != "body" or first["type"] == "json_invalid":
                    raise
                own = first.get("ctx", {}).get("error")  # the error that `Fault` itself raised
                said = str(own) if own else ": ".join([*map(str, first["loc"][1:]), first["msg"]])
                raise HTTPException(400, said) from error
            except LookupError as error:
                raise HTTPException(404, str(error)) from error
            except (TypeError, ValueError, Refusal) as error:
                raise HTTPException(400, str(error)) from error

        return guarded


def _simulation(request: Request) -> Simulation:
    simulation: Simulation = request.state.sandbox
    return simulation


Present = Annotated[Simulation, Depends(_simulation)]
Arguments = Annotated[Json | None, Body()]

# Plain functions: FastAPI runs them in threads, so that a move may wait for the world's lock.
router = APIRouter(route_class=Sentence)


@router.get("")
def overview(simulation: Present) -> Json:
    return {
        "lever_key": simulation.LEVER_KEY,
        "alva_key": simulation.ALVA_KEY,
        "recruiter": _described(simulation.recruiter),
        "candidates": _described(simulation.candidates),
    }


@router.post("/reset")
def reset(simulation: Present, order: Resetting | None = None) -> Json:
    simulation.reset(order.seed if order else None)
    return {}


@router.post("/seed")
def seed(simulation: Present, order: Seeding) -> Json:
    simulation.seed(order.seed, order.opportunities)
    return {"opportunities": len(simulation.world.lever.opportunities)}


@router.get("/clock")
def clock(simulation: Present) -> Json:
    return {"now_ms": simulation.clock.now_ms(), "frozen": simulation.clock.frozen}


@router.post("/clock")
def set_clock(simulation: Present, order: ClockChange | None = None) -> Json:
    if order is not None:
        simulation.clock.adjust(order.now_ms, order.advance_ms, order.frozen)
    return clock(simulation)


@router.get("/requests")
def requests(
    simulation: Present, service: str | None = None, method: str | None = None, path: str | None = None
) -> Json:
    return {"requests": simulation.journal.of(service, method, path)}


@router.delete("/requests")
def clear_requests(simulation: Present) -> Json:
    simulation.journal.clear()
    return {}


@router.get("/faults")
def faults(simulation: Present) -> Json:
    return {"faults": [fault.as_json() for fault in simulation.faults.all()]}


@router.post("/faults")
def add_fault(simulation: Present, order: Fault) -> Json:
    return simulation.faults.put(order).as_json()


@router.delete("/faults")
def clear_faults(simulation: Present) -> Json:
    simulation.faults.clear()
    return {}


@router.get("/deliveries")
def deliveries(
    simulation: Present,
    event: str | None = None,
    webhook: str | None = None,
    opportunity: str | None = None,
    state: str | None = None,
    summary: bool = False,
) -> Json:
    sent = simulation.deliveries
    numbers: Json = {"summary": sent.summary(), "settled": sent.settled()}
    if summary:
        return numbers
    rows = sent.of(event, webhook, opportunity, state)
    return {"deliveries": [delivery.as_json() for delivery in rows], **numbers}


@router.delete("/deliveries")
def clear_deliveries(simulation: Present) -> Json:
    simulation.deliveries.clear()
    return {}


@router.post("/keys")
def add_key(simulation: Present, order: NewKey) -> Json:
    return {"token": simulation.add_lever_key(**order.model_dump())}


@router.delete("/keys/{token}")
def remove_key(simulation: Present, token: str) -> Json:
    simulation.remove_lever_key(token)
    return {}


@router.post("/sign-in")
def sign_in(simulation: Present, order: SignInChange) -> Json:
    with simulation.world.lock:
        change = simulation.world.lever.sign_in
        change.lifetime_seconds = order.lifetime_seconds or change.lifetime_seconds
        if order.revoke:
            change.revoke()
    return {}


@router.post("/lag")
def set_lag(simulation: Present, order: Lag) -> Json:
    simulation.set_updated_at_lag(order.ms)
    return {}


@router.post("/recruiter/{move}")
def recruiter(simulation: Present, move: str, arguments: Arguments = None) -> Json:
    return {"result": _make_move(simulation.recruiter, move, arguments or {})}


@router.post("/candidates/{move}")
def candidates(simulation: Present, move: str, arguments: Arguments = None) -> Json:
    return {"result": _make_move(simulation.candidates, move, arguments or {})}


@router.get("/world")
def world(simulation: Present, opportunity: str | None = None) -> Json:
    return simulation.count() if opportunity is None else simulation.look(opportunity)


def moves(mover: object) -> list[str]:
    """Returns the names of the moves of ``mover``."""
    return sorted(name for name, _ in inspect.getmembers(mover, inspect.ismethod) if not name.startswith("_"))


def _described(mover: object) -> dict[str, dict[str, str]]:
    """Describes each move: its arguments with their types and defaults."""
    return {
        name: {
            parameter.name: _in_words(parameter)
            for parameter in inspect.signature(getattr(mover, name)).parameters.values()
        }
        for name in moves(mover)
    }


def _make_move(mover: object, name: str, arguments: Mapping[str, Any]) -> Any:
    """Calls the move; a list for a ``*parameter`` becomes several arguments. TypeError for arguments that don't fit."""
    if name not in moves(mover):
        raise LookupError(f"No move {name!r}; there are: {', '.join(moves(mover))}")
    method = getattr(mover, name)
    signature = inspect.signature(method)
    named = [
        part.replace(kind=part.POSITIONAL_OR_KEYWORD, default=()) if part.kind is part.VAR_POSITIONAL else part
        for part in signature.parameters.values()
    ]
    bound = signature.replace(parameters=named).bind(**arguments)
    spread = inspect.BoundArguments(signature, bound.arguments)
    return method(*spread.args, **spread.kwargs)


def _in_words(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_KEYWORD:
        return "any other arguments, by their names"
    # Annotations are text here.
    kind = " or ".join(_IN_WORDS.get(part, part) for part in str(parameter.annotation).split(" | "))
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"{_IN_WORDS['Sequence[str]']}; may be left out"
    if parameter.default is parameter.empty:
        return f"{kind}; required"
    default = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    return f"{kind}; {json.dumps(default)} if left out"
