"""Finds who may have to be invited, and who was hired or deleted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from alva_lever.operators.base import LeverAlvaOperator
from alva_lever.operators.run import Run, covered_asset, read_covered


class FindCandidatesOperator(LeverAlvaOperator):
    """Asks Lever for everything that the run's window holds, or takes the ids that a person named.

    XComs: `return_value`, the batches that are mapped over: `[[[opportunity id, contact id or null], ...], ...]`;
    `found` `{"tally", "window": [start_ms, end_ms], "batches", "finished"}` (how many batches; also when it failed);
    `departures` `{"hired": [id], "deleted": [id]}`.

    :param lever_conn_id: the connection to Lever.
    :param alva_conn_id: the connection to Alva, whose key is tried before anything is looked for.
    """

    def work(self, context: Context) -> list[list[list[str | None]]]:
        from alva_lever.alva.hook import AlvaHook
        from alva_lever.lever.hook import LeverHook
        from alva_lever.operators.settings import read_settings
        from alva_lever.steps.finding import Finding, Found

        run, ti = Run.of(context), context["ti"]
        window = run.window(read_covered(context, covered_asset(self.dag_id), run), now_ms=int(time.time() * 1000))
        lever, alva = LeverHook(self.lever_conn_id), AlvaHook(self.alva_conn_id)
        found, finished = Found(), False
        try:
            settings = read_settings(lever)
            alva.check_key()
            if run.asked_ids:
                found = named(run.asked_ids)
            else:
                finding = Finding(lever, settings, window)
                found = finding.found
                finding.find()
            finished = True
        finally:
            # Also where it fails: the report is to tell what was asked and found until then.
            found.tally.calls = {"lever": lever.calls, "alva": alva.calls}
            found.tally.waited_seconds = lever.waited_seconds + alva.waited_seconds
            left = {"tally": found.tally.as_json(), "window": [window.start_ms, window.end_ms], "finished": finished}
            ti.xcom_push("found", {**left, "batches": len(found.batches) if finished else 0})
        ti.xcom_push("departures", {"hired": found.hired, "deleted": found.deleted})
        waiting = sum(map(len, found.batches))
        self.log.info(
            "Found: %s to decide in %s batches, %s hired, %s deleted, others %s",
            waiting, len(found.batches), len(found.hired), len(found.deleted), found.tally.counts,
        )  # fmt: skip
        # Lists, since a tuple comes out of an XCom as something else.
        return [[list(pair) for pair in batch] for batch in found.batches]


def named(opportunity_ids: Sequence[str]) -> Any:
    """Those that a person named, in batches. What can be no id is gone, and isn't repeated anywhere."""
    from alva_lever.rules.decision import Reason
    from alva_lever.steps.batch import CALLS_PER_TURN
    from alva_lever.steps.finding import Found
    from alva_lever.transport.root import can_be_id

    found = Found()
    usable = []
    for opportunity_id in opportunity_ids:
        if can_be_id(opportunity_id):
            usable.append(opportunity_id)
        else:
            found.tally.count(Reason.GONE, "(not an id)")
    # Each costs a look and a tag.
    size = CALLS_PER_TURN // 2
    found.batches = [[(name, None) for name in usable[start : start + size]] for start in range(0, len(usable), size)]
    return found
