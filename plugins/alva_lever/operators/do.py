"""The tasks that do one batch of the items found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow.sdk import Context

from alva_lever.batch.leftovers import Item
from alva_lever.operators.batches import BatchOperator, BatchTask
from alva_lever.operators.hooks import open_integration
from alva_lever.operators.run import Run, pulled
from alva_lever.rules.events import Claim, Event, Kind
from alva_lever.rules.window import Window


class InviteCandidatesOperator(BatchOperator):
    """Does one batch of `FindCandidatesOperator`.

    Adds the XCom `positions` to those of `BatchOperator`: by posting id, the ids of the job positions that are up to
    date.

    :param batch: `[{"id", "is"?, ...}, ...]`: opportunities with their claims, and postings. (templated)
    """

    def work(self, context: Context) -> dict[str, Any]:
        self._positions = self._known(context)
        done = super().work(context)
        context["ti"].xcom_push("positions", self._positions)
        return done

    def do(self, task: BatchTask) -> None:
        # A person's request counts once: when the run is cleared and repeated, it doesn't request the invitation again.
        answered = task.done_before_clearing()
        items = [_without_name(item, task.run.run_id) if item["id"] in answered else item for item in task.items]
        open_integration(self.account).do_candidates(
            replace(task.attempt, items=items), window=Window(*self.found["window"]), positions=self._positions
        )

    def _known(self, context: Context) -> dict[str, str]:
        """Returns the positions that earlier batches have brought up to date."""
        positions: dict[str, str] = {}
        left = context["ti"].xcom_pull(task_ids=self.task_id, key="positions")
        # Airflow gives a list of XComs for several batches, and the XCom itself for one.
        for earlier in [left] if isinstance(left, Mapping) else left or ():
            positions.update(pulled(earlier) or {})
        return positions


def _without_name(item: Item, run_id: str) -> Item:
    """Returns the item without a person's request in that run."""
    claim = Claim.of(item)
    others = {other_id: at_ms for other_id, at_ms in claim.named_ms.items() if other_id != run_id}
    kept = {name: value for name, value in item.items() if name != "named_ms"}
    return {**kept, **replace(claim, named_ms=others).as_json()}


class PushResultsOperator(BatchOperator):
    """Does one batch of `FindResultsOperator`: mirrors each candidate's present state into Lever."""

    def do(self, task: BatchTask) -> None:
        window, listed = Window(*self.found["window"]), int(self.found.get("listed", 0))
        open_integration(self.account).do_results(task.attempt, since_ms=window.first_ms, listed=listed)


class SyncPostingsOperator(BatchOperator):
    """Does one batch of `FindPostingsOperator`."""

    def do(self, task: BatchTask) -> None:
        open_integration(self.account).do_postings(task.attempt)


class HandleEventsOperator(BatchOperator):
    """Reads each opportunity that the run's deliveries name once, then invites, hires, removes, writes results, or does
    nothing. A run never has more deliveries than fit into one batch.

    The run's conf is `{"deliveries": [{"kind", "opportunity", "application"?} or {"kind", "candidate"}, ...]}`, with
    the kinds of `rules.events.Kind`.

    :param state_of: the DAGs whose scheduled runs retry what fails here: the one that invites, and the one that writes
        results.
    """

    def __init__(self, *, state_of: Sequence[str], **kwargs: Any) -> None:
        super().__init__(state_of=list(state_of), **kwargs)

    def items(self, run: Run) -> list[Item]:
        """Returns an item for each opportunity and each Alva candidate that the deliveries name."""
        from alva_lever.sync.items import spoken_of

        run.check_form()
        return spoken_of(map(Event.of, run.deliveries), run.queued_ms)

    def keeper_of(self, item: Item) -> str:
        inviting, writing_results = self.state_of
        return writing_results if Claim.of(item).kinds == {Kind.RESULTS} else inviting

    def do(self, task: BatchTask) -> None:
        open_integration(self.account).do_events(task.attempt)
