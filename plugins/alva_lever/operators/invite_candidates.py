"""Does a batch of what a poll found: invites candidates whom the rules say are to be invited, and tells Alva of those
who were hired or deleted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from airflow.sdk import Context

from alva_lever.operators.batches import BatchOperator, BatchTask
from alva_lever.operators.run import pulled
from alva_lever.rules.claims import Claim
from alva_lever.rules.window import Window


class InviteCandidatesOperator(BatchOperator):
    """Does one batch of `FindCandidatesOperator`.

    XCom `positions` beside that of `BatchOperator`: the ids of job positions by posting id that it has brought up to
    date.

    :param batch: `[{"id", "contact"?, ...}, ...]`, opportunities and what is said of them. (templated)
    """

    def work(self, context: Context) -> dict[str, Any]:
        self._positions = self._known(context)
        done = super().work(context)
        context["ti"].xcom_push("positions", self._positions)
        return done

    def do(self, task: BatchTask) -> None:
        from alva_lever.operators.hooks import hooks
        from alva_lever.operators.settings import read_settings
        from alva_lever.steps.candidates import do_candidates
        from alva_lever.steps.inviting import Errand

        window = Window(*self.found["window"])
        lever, alva = hooks(self.account)
        # Names are for this run alone: a person's asking counts once, and a repeat of the run isn't asked again.
        answered = task.done_before_clearing()
        claims = {}
        for item in task.items:
            claim = Claim.of(item)
            if item["id"] in answered:
                others = {run_id: at_ms for run_id, at_ms in claim.named_ms.items() if run_id != task.run.run_id}
                claim = replace(claim, named_ms=others)
            claims[str(item["id"])] = claim
        errand = Errand(
            settings=read_settings(self.account, lever),
            window=window,
            claims=claims,
            dry_run=task.dry_run,
            repeated=task.repeated,
            began_ms=task.run.began_ms,
        )
        do_candidates(
            errand,
            contacts={str(item["id"]): item.get("contact") for item in task.items},
            lever=lever,
            alva=alva,
            progress=task.progress,
            save=task.save,
            positions=self._positions,
            now_ms=int(time.time() * 1000),
        )

    def _known(self, context: Context) -> dict[str, str]:
        """The positions that earlier batches have brought up to date."""
        positions: dict[str, str] = {}
        left = context["ti"].xcom_pull(task_ids=self.task_id, key="positions")
        # Of one batch alone, Airflow gives what it left; of several, a list.
        for earlier in [left] if isinstance(left, Mapping) else left or ():
            positions.update(pulled(earlier) or {})
        return positions
