"""A failed lookup of a connection is not the same as a missing connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ConnectionResult, ErrorResponse

from alva_lever.http import secrets_backends
from alva_lever.http.errors import SetupError, TransientError
from tests.http.conftest import ShopHook

NOT_FOUND = ErrorResponse(error=ErrorType.CONNECTION_NOT_FOUND, detail={"conn_id": "shop_default"})
NO_VARIABLE = ErrorResponse(error=ErrorType.VARIABLE_NOT_FOUND, detail={"key": "x"})
BROKEN = AirflowRuntimeError(
    ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": 503, "message": "at http://s3cret"})
)
FOUND = ConnectionResult.model_validate({
    "conn_id": "shop_default", "conn_type": "shop", "host": "http://127.0.0.1:9", "schema": None, "login": None,
    "password": "key-key", "port": None, "extra": None,
})  # fmt: skip


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A task's supervisor that gives these answers in turn and then repeats the last one."""

    def supervisor(*answers: object) -> None:
        left = list(answers)

        class Comms:
            def send(self, question: Any) -> object:
                answer = left.pop(0) if len(left) > 1 else left[0]
                if isinstance(answer, Exception):
                    raise answer
                return answer

        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Comms(), raising=False)

    return supervisor


@pytest.mark.parametrize("fault", [BROKEN, EOFError("s3cret")])
def test_a_fault_of_airflows_api_server_is_transient(supervisor: Callable[..., None], fault: Exception) -> None:
    supervisor(fault)
    with pytest.raises(TransientError, match="could not look for connection `shop_default`") as passing:
        ShopHook().call("GET", "/things")
    assert "s3cret" not in str(passing.value)


def test_a_fault_that_ended_before_the_second_lookup_is_transient_too(supervisor: Callable[..., None]) -> None:
    supervisor(BROKEN, FOUND)
    with pytest.raises(TransientError, match="it answers again now"):
        ShopHook().call("GET", "/things")


def test_a_connection_that_airflow_does_not_have_is_missing(supervisor: Callable[..., None]) -> None:
    supervisor(NOT_FOUND)
    with pytest.raises(SetupError, match="There is no connection `shop_default`"):
        ShopHook().call("GET", "/things")


def test_a_fault_of_another_secrets_backend_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    class VaultBackend:
        def get_connection(self, conn_id: str) -> object:
            raise OSError("s3cret")

    for place in ("airflow.sdk.execution_time.supervisor", "alva_lever.http.secrets_backends"):
        monkeypatch.setattr(f"{place}.ensure_secrets_backend_loaded", lambda: [VaultBackend()])
    with pytest.raises(TransientError, match="VaultBackend: OSError") as passing:
        ShopHook().call("GET", "/things")
    assert "s3cret" not in str(passing.value)


def test_a_failed_lookup_of_a_variable_differs_from_a_missing_variable(supervisor: Callable[..., None]) -> None:
    supervisor(NO_VARIABLE)
    assert secrets_backends.fault("variable", "x") is None
    supervisor(BROKEN)
    server_down = secrets_backends.Fault("ExecutionAPISecretsBackend", "API_SERVER_ERROR")
    assert secrets_backends.fault("variable", "x") == server_down
