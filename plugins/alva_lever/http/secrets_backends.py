"""Tells whether Airflow has no such connection or Variable, or could not look for it.

Airflow answers "not found" in both cases (`airflow/sdk/execution_time/context.py`, `_get_connection`): it skips a
backend that fails, and its own API server while that is down. So each of them is asked once more here.

Uses internals of Airflow; checked against 3.3.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection, GetVariable
from airflow.sdk.execution_time.secrets import ExecutionAPISecretsBackend
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded

from alva_lever.http.errors import SetupError, TransientError

_NOT_FOUND = (ErrorType.CONNECTION_NOT_FOUND, ErrorType.VARIABLE_NOT_FOUND)


@dataclass(frozen=True, slots=True)
class Fault:
    """A backend that could not look. `lasting`: its environment variable is set, but holds no connection."""

    backend: str
    kind: str
    lasting: bool = False


def fault(of: Literal["connection", "variable"], name: str) -> Fault | None:
    """Returns the fault that kept Airflow from looking, None if it looked everywhere."""
    for backend in ensure_secrets_backend_loaded():
        if isinstance(backend, ExecutionAPISecretsBackend):
            kind = _server_fault(GetConnection(conn_id=name) if of == "connection" else GetVariable(key=name))
        else:
            kind = _backend_fault(backend, of, name)
        if kind is not None:
            own = type(backend).__name__
            return Fault(own, kind, lasting=own == "EnvironmentVariablesBackend")
    return None


def check_variable_is_missing(name: str) -> None:
    """Checks that Airflow has no such Variable, rather than that it could not look.

    :raises TransientError: it could not look.
    :raises SetupError: it could not look, and a retry would fail as well.
    """
    found = fault("variable", name)
    if found is not None:
        problem = f"Airflow could not look for the Variable `{name}` ({found.backend}: {found.kind})"
        raise SetupError(problem) if found.lasting else TransientError(problem)


def _server_fault(question: GetConnection | GetVariable) -> str | None:
    """Asks the API server through the task's supervisor: the backend itself reports every fault as "not found"."""
    try:
        answer: Any = task_runner.SUPERVISOR_COMMS.send(question)
    except AirflowRuntimeError as error:
        answer = error.error
    except Exception as error:
        return type(error).__name__
    if not isinstance(answer, ErrorResponse):
        return "it answers again now"
    return None if answer.error in _NOT_FOUND else str(answer.error.value)


def _backend_fault(backend: Any, of: str, name: str) -> str | None:
    try:
        backend.get_connection(conn_id=name) if of == "connection" else backend.get_variable(key=name)
    except Exception as error:
        return type(error).__name__
    return None
