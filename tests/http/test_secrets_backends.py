"""A failed lookup of a connection is not the same as a missing connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import CommsDecoder, ConnectionResult, ErrorResponse, GetVariable, _ResponseFrame

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


def test_threads_of_a_task_may_ask_airflow_at_the_same_time() -> None:
    """A worker thread renews a granted token while the main thread saves its progress: each gets its own answer."""
    ours, supervisors = socket.socketpair()
    channel: Any = CommsDecoder(socket=ours)

    def supervise() -> None:
        with supervisors, supervisors.makefile("rb") as asked:
            while length := asked.read(4):
                number, body, *_ = msgspec.msgpack.decode(asked.read(int.from_bytes(length)))
                answer = {"type": "VariableResult", "key": body["key"], "value": body["key"]}
                supervisors.sendall(bytes(_ResponseFrame(number, answer).as_bytes()))

    supervisor = threading.Thread(target=supervise)
    supervisor.start()
    keys = [f"key-{number}" for number in range(500)]
    with ours, ThreadPoolExecutor(20) as pool:
        try:
            answers = list(pool.map(lambda key: channel.send(GetVariable(key=key)).value, keys, timeout=30))
        finally:
            # Ends every thread that still waits for an answer.
            ours.shutdown(socket.SHUT_RDWR)
    supervisor.join()
    assert answers == keys
