"""An operator that talks to Lever and Alva."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from alva_lever.operators.run import failing_at_once


class LeverAlvaOperator(BaseOperator):
    """Has a connection to each. `work` is what it does; what a person has to mend fails it without a retry.

    :param lever_conn_id: the connection to Lever.
    :param alva_conn_id: the connection to Alva.
    """

    def __init__(
        self, *, lever_conn_id: str = "lever_default", alva_conn_id: str = "alva_default", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.lever_conn_id = lever_conn_id
        self.alva_conn_id = alva_conn_id

    def execute(self, context: Context) -> Any:
        """What `work` gives."""
        return failing_at_once(lambda: self.work(context))

    def work(self, context: Context) -> Any:
        """What the operator is for."""
        raise AssertionError(f"{type(self).__name__} does nothing")
