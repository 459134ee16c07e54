"""Calls a move by its name, with arguments from JSON."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any


class UnknownMove(LookupError):
    """There is no move of that name."""


def moves(mover: object) -> list[str]:
    """The names of what ``mover`` can do."""
    return sorted(name for name, _ in inspect.getmembers(mover, inspect.ismethod) if not name.startswith("_"))


def make_move(mover: object, name: str, arguments: Mapping[str, Any]) -> Any:
    """Calls it.

    A list under the name of a ``*parameter`` stands for that many arguments. TypeError for arguments that don't
    fit.
    """
    if name not in moves(mover):
        raise UnknownMove(f"No move {name!r}; there are: {', '.join(moves(mover))}")
    method = getattr(mover, name)
    named = dict(arguments)
    positional: list[Any] = []
    parameters = inspect.signature(method).parameters.values()
    spread = next((parameter.name for parameter in parameters if parameter.kind is parameter.VAR_POSITIONAL), None)
    if spread is not None:
        for parameter in parameters:
            if parameter.name == spread:
                positional += named.pop(spread, [])
                break
            if parameter.name not in named:
                raise TypeError(f"missing a required argument: {parameter.name!r}")
            positional.append(named.pop(parameter.name))
    bound = inspect.signature(method).bind(*positional, **named)
    return method(*bound.args, **bound.kwargs)
