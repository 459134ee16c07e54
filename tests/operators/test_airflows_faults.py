"""What Airflow could not look for is looked for again: a passing fault of its API server fails no task for good."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowFailException, AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse

from alva_lever.account import DEFAULT
from alva_lever.connect import lever_hook, read_variable
from alva_lever.http.errors import TransientError
from alva_lever.operators.base import failing_at_once
from alva_lever.settings import NoOptions

UNAVAILABLE = ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": 503, "message": "away"})
NO_VARIABLE = ErrorResponse(error=ErrorType.VARIABLE_NOT_FOUND, detail={"key": DEFAULT.settings_variable})


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[ErrorResponse], None]:
    """Lets the task's supervisor answer every question with this error."""

    def answers(error: ErrorResponse) -> None:
        class Comms:
            def send(self, question: object) -> object:
                raise AirflowRuntimeError(error)

        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Comms(), raising=False)
        # So Airflow answers in a task, whatever kept it from looking.
        monkeypatch.setattr(Variable, "get", lambda name, default: default)

    return answers


@pytest.mark.parametrize(
    "read",
    [lambda: read_variable(DEFAULT), lambda: lever_hook(DEFAULT).get_conn()],
    ids=["the options", "a connection"],
)
def test_a_passing_503_leaves_the_task_to_its_retries(
    answers: Callable[[ErrorResponse], None], read: Callable[[], object]
) -> None:
    answers(UNAVAILABLE)
    with pytest.raises(TransientError, match="could not look for"):
        failing_at_once(read)


def test_options_that_nobody_has_set_fail_the_task_at_once(answers: Callable[[ErrorResponse], None]) -> None:
    answers(NO_VARIABLE)
    with pytest.raises(AirflowFailException, match="There is no Variable"):
        failing_at_once(lambda: read_variable(DEFAULT))
    with pytest.raises(NoOptions):
        read_variable(DEFAULT)
