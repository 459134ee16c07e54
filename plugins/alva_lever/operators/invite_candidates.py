"""Does a batch of what a poll found: invites candidates whom the rules say are to be invited, and tells Alva of those
who were hired or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from airflow.sdk import Context

from alva_lever.batch.leftovers import Item
from alva_lever.operators.batches import BatchOperator, BatchTask
from alva_lever.operators.hooks import open_integration
from alva_lever.operators.run import pulled
from alva_lever.rules.claims import Claim
from alva_lever.rules.window import Window


class InviteCandidatesOperator(BatchOperator):
    """Does one batch of `FindCandidatesOperator`.

    XCom `positions` beside that of `BatchOperator`: the ids of job positions by posting id that it has brought up to
    date.

    :param batch: `[{"id", "is"?, ...}, ...]`, opportunities and what is said of them, and postings. (templated)
    """

    def work(self, context: Context) -> dict[str, Any]:
        self._positions = self._known(context)
        done = super().work(context)
        context["ti"].xcom_push("positions", self._positions)
        return done

    def do(self, task: BatchTask) -> None:
        # Names are for their run alone: a person's asking counts once, and a repeat of the run isn't asked again.
        answered = task.done_before_clearing()
        items = [_without_name(item, task.run.run_id) if item["id"] in answered else item for item in task.items]
        open_integration(self.account).do_candidates(
            replace(task.attempt, items=items), window=Window(*self.found["window"]), positions=self._positions
        )

    def _known(self, context: Context) -> dict[str, str]:
        """The positions that earlier batches have brought up to date."""
        positions: dict[str, str] = {}
        left = context["ti"].xcom_pull(task_ids=self.task_id, key="positions")
        # Of one batch alone, Airflow gives what it left; of several, a list.
        for earlier in [left] if isinstance(left, Mapping) else left or ():
            positions.update(pulled(earlier) or {})
        return positions


def _without_name(item: Item, run_id: str) -> Item:
    """Without a person's asking in that run."""
    claim = Claim.of(item)
    others = {other_id: at_ms for other_id, at_ms in claim.named_ms.items() if other_id != run_id}
    kept = {name: value for name, value in item.items() if name != "named_ms"}
    return {**kept, **replace(claim, named_ms=others).as_json()}
