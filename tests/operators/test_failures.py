"""The kinds under which a failed task counts: one for each record that failed, or one for the task."""

from __future__ import annotations

from typing import ClassVar, cast

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout

from alva_lever.batch.batch import unfinished
from alva_lever.http.errors import Forbidden, Malformed, MissingPermission, TransientError, Unauthorized
from alva_lever.operators.base import LeverAlvaOperator, failures_of
from alva_lever.settings import BadOption


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Unauthorized("401"), "unauthorized"),
        (MissingPermission("403"), "missing_permission"),
        (TransientError("503"), "passing"),
        (BadOption("no such stage"), "bad_option"),
        (AirflowFailException("no such field"), "bad_request"),
        (AirflowTaskTimeout("15 minutes"), "timeout"),
        (KeyError("ours"), "mistake"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_task_that_fails_as_a_whole_has_the_kind_of_its_error(error: BaseException, kind: str) -> None:
    assert failures_of(error) == {kind: 1}


@pytest.mark.parametrize("full", [False, True])
def test_the_failure_stays_the_tasks_even_where_airflow_takes_no_count_of_it(full: bool) -> None:
    class Task(LeverAlvaOperator):
        def work(self, context: Context) -> None:
            raise TransientError("503")

    class Instance:
        pushed: ClassVar[dict[str, object]] = {}

        def xcom_push(self, key: str, value: object) -> None:
            if full:
                raise OSError("no space left")
            self.pushed[key] = value

    with pytest.raises(TransientError, match="503"):
        Task(task_id="work").execute(cast("Context", {"ti": Instance()}))
    assert full or Instance.pushed == {"failures": {"passing": 1}}


def test_each_record_counts_by_its_own_fault_also_where_a_batch_has_a_part_that_is_unfinished() -> None:
    part = unfinished([Forbidden("403"), Malformed("cut")], 5)
    assert failures_of(unfinished([part, Malformed("cut"), KeyError("ours")], 9)) == {
        "forbidden": 1,
        "malformed": 2,
        "mistake": 1,
    }
