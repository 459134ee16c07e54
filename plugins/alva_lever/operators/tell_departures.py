"""Tells Alva who was hired, and removes from it who was deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context

from alva_lever.operators.run import Run, failing_at_once


class TellDeparturesOperator(BaseOperator):
    """XCom `return_value`: `{"tally", "finished"}`, also when it failed (`finished` is then false).

    :param departures: `{"hired": [opportunity id], "deleted": [opportunity id]}`. (templated)
    """

    template_fields: Sequence[str] = ("departures",)

    def __init__(self, *, departures: Any, alva_conn_id: str = "alva_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.departures = departures
        self.alva_conn_id = alva_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        result: dict[str, Any] = failing_at_once(lambda: self._tell(context))
        return result

    def _tell(self, context: Context) -> dict[str, Any]:
        from alva_lever.alva.hook import AlvaHook
        from alva_lever.steps.crew import THREADS
        from alva_lever.steps.departures import Departures

        alva = AlvaHook(self.alva_conn_id, threads=THREADS)
        if any(self.departures.values()):
            # Here rather than by whichever thread comes first: a connection comes over the task's one line to Airflow.
            alva.get_conn()
        departures = Departures(alva, dry_run=Run.of(context).dry_run)
        try:
            departures.tell(**self.departures)
        except BaseException:
            # A task that fails returns nothing, and the report is to tell what it did.
            context["ti"].xcom_push("return_value", {"tally": departures.tally.as_json(), "finished": False})
            raise
        self.log.info("Told: %s", departures.tally.counts)
        return {"tally": departures.tally.as_json(), "finished": True}
