from __future__ import annotations

import pickle

import pytest
from airflow.sdk.exceptions import AirflowException

from alva_lever.http import errors

ASKED: errors.Asked = {"vendor": "Lever", "method": "GET", "path": "/opportunities/1"}


@pytest.mark.parametrize(
    ("status", "leaf"),
    [
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (400, errors.RequestRejected),
        (422, errors.RequestRejected),
    ],
)
def test_every_refusal_has_its_own_class(status: int, leaf: type[errors.RequestRejected]) -> None:
    error = errors.refusal(ASKED, status=status, code="X", detail="Ada Byron", advice=errors.Advice("ask her"))
    assert type(error) is leaf
    assert str(error) == f"Lever answered {status} to GET /opportunities/1: ask her"


def test_the_vendors_words_are_kept_and_not_shown() -> None:
    error = errors.refusal(ASKED, status=422, code="Ada", detail="Ada Byron", advice=errors.Advice("no"))
    assert error.detail == "Ada Byron"
    assert "Ada" not in str(error) + repr(error)


def every_error() -> list[errors.ApiError]:
    conflict = errors.Conflict("there already", **ASKED, status=409, code="c", detail="d")
    conflict.candidate_id = "7"
    return [
        errors.ApiError("a", **ASKED),
        errors.SetupError("b", vendor="Alva"),
        *(
            errors.refusal(ASKED, status=status, code="c", detail="d", advice=errors.Advice("e", "f"))
            for status in (400, 401, 403, 404)
        ),
        conflict,
        errors.TransientError("f", **ASKED, status=429, may_have_happened=False, retry_after_seconds=3.5),
        errors.malformed(ASKED, status=200, problem="`data` is missing"),
    ]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: type(error).__name__)
def test_every_error_can_be_pickled_whole(error: errors.ApiError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
    assert isinstance(again, AirflowException)


def test_a_malformed_answer_is_a_transient_error() -> None:
    assert issubclass(errors.Malformed, errors.TransientError)
