"""Tells whether Airflow has no such connection or Variable, or could not look for it.

Airflow answers "not found" in both cases (`airflow/sdk/execution_time/context.py`, `_get_connection`): it skips a
backend that fails, and its own API server while that is down. So each of them is asked once more here.

Uses internals of Airflow; checked against 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection, GetVariable
from airflow.sdk.execution_time.secrets import ExecutionAPISecretsBackend
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded

from alva_lever.http.errors import SetupError, TransientError

T = TypeVar("T")

_NOT_FOUND = (ErrorType.CONNECTION_NOT_FOUND, ErrorType.VARIABLE_NOT_FOUND)


@dataclass(frozen=True, slots=True)
class Fault:
    """A backend that could not look. `lasting`: its environment variable is set, but holds no connection."""

    backend: str
    kind: str
    lasting: bool = False


class _CannotLook(Exception):
    """The API server could not look. The text is the kind of fault."""


def search(backends: Iterable[Any], look: Callable[[Any], T | None]) -> tuple[T | None, Fault | None]:
    """Asks the backends in turn, and returns what the first one gives that has it; if none has it, the first fault of
    one that could not look."""
    fault = None
    for backend in backends:
        try:
            found = look(backend)
        except Exception as error:
            own = type(backend).__name__
            kind = str(error) if isinstance(error, _CannotLook) else type(error).__name__
            fault = fault or Fault(own, kind, lasting=own == "EnvironmentVariablesBackend")
        else:
            if found is not None:
                return found, None
    return None, fault


def comes_from_elsewhere(what: str) -> str:
    """Returns the first half of a sentence on what Airflow reads from somewhere that it can't write."""
    return f"{what} comes from the environment or a secrets backend"


def fault(of: Literal["connection", "variable"], name: str) -> Fault | None:
    """Returns the fault that kept Airflow from looking, None if it looked everywhere."""

    def look(backend: Any) -> object | None:
        if isinstance(backend, ExecutionAPISecretsBackend):
            _ask_server(GetConnection(conn_id=name) if of == "connection" else GetVariable(key=name))
            return None
        found: object = backend.get_connection(conn_id=name) if of == "connection" else backend.get_variable(key=name)
        return found

    return search(ensure_secrets_backend_loaded(), look)[1]


def check_variable_is_missing(name: str) -> None:
    """Checks that Airflow has no such Variable, rather than that it could not look.

    :raises TransientError: it could not look.
    :raises SetupError: it could not look, and a retry would fail as well.
    """
    found = fault("variable", name)
    if found is not None:
        problem = f"Airflow could not look for the Variable `{name}` ({found.backend}: {found.kind})"
        raise SetupError(problem) if found.lasting else TransientError(problem, may_have_happened=False)


def _ask_server(question: GetConnection | GetVariable) -> None:
    """Asks the API server through the task's supervisor: the backend itself reports every fault as "not found".

    :raises _CannotLook: it could not look, or could not until now.
    """
    try:
        answer: Any = task_runner.SUPERVISOR_COMMS.send(question)
    except AirflowRuntimeError as error:
        answer = error.error
    if not isinstance(answer, ErrorResponse):
        raise _CannotLook("it answers again now")
    if answer.error not in _NOT_FOUND:
        raise _CannotLook(str(answer.error.value))
