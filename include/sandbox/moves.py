"""Tells which moves there are, and calls one by its name with arguments from JSON."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

_IN_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "Sequence[str]": "a list of texts",
    "None": "null",
}


class UnknownMove(LookupError):
    """There is no move of that name."""


def moves(mover: object) -> list[str]:
    """The names of what ``mover`` can do."""
    return sorted(name for name, _ in inspect.getmembers(mover, inspect.ismethod) if not name.startswith("_"))


def described(mover: object) -> dict[str, dict[str, str]]:
    """Each move with its arguments: of what type they are, and what stands for one that is left out."""
    return {
        name: {
            parameter.name: _in_words(parameter)
            for parameter in inspect.signature(getattr(mover, name)).parameters.values()
        }
        for name in moves(mover)
    }


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
