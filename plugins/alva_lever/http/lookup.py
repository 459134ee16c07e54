"""Whether Airflow has no such connection or Variable, or could not look.

Airflow gives "there is none" for both (`airflow/sdk/execution_time/context.py`, `_get_connection`): it passes over a
backend that fails, and over its own API server when that is down for a moment. Here each is asked once more.

Checked against Airflow 3.3.2, whose internals this reaches into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection, GetVariable
from airflow.sdk.execution_time.secrets import ExecutionAPISecretsBackend
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded

_NOT_FOUND = (ErrorType.CONNECTION_NOT_FOUND, ErrorType.VARIABLE_NOT_FOUND)


@dataclass(frozen=True, slots=True)
class Fault:
    """A backend that could not look. `lasting`: its environment variable is there, and is no connection."""

    backend: str
    kind: str
    lasting: bool = False


def fault(of: Literal["connection", "variable"], name: str) -> Fault | None:
    """What kept Airflow from looking for it, None where it looked everywhere."""
    for backend in ensure_secrets_backend_loaded():
        if isinstance(backend, ExecutionAPISecretsBackend):
            kind = _server_fault(GetConnection(conn_id=name) if of == "connection" else GetVariable(key=name))
        else:
            kind = _backend_fault(backend, of, name)
        if kind is not None:
            own = type(backend).__name__
            return Fault(own, kind, lasting=own == "EnvironmentVariablesBackend")
    return None


def _server_fault(question: GetConnection | GetVariable) -> str | None:
    """What the API server says through the task's supervisor: the backend itself takes each fault for a no."""
    try:
        answer: Any = task_runner.SUPERVISOR_COMMS.send(question)
    except AirflowRuntimeError as error:
        answer = error.error
    except Exception as error:
        return type(error).__name__
    if not isinstance(answer, ErrorResponse):
        return "it answers again by now"
    return None if answer.error in _NOT_FOUND else str(answer.error.value)


def _backend_fault(backend: Any, of: str, name: str) -> str | None:
    try:
        backend.get_connection(conn_id=name) if of == "connection" else backend.get_variable(key=name)
    except Exception as error:
        return type(error).__name__
    return None
