"""A task's work in turns: what is done is kept, and the slot at Lever's limit is given back now and then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowRescheduleException
from airflow.sdk.timezone import utcnow

from alva_lever.operators.run import Run

if TYPE_CHECKING:
    from alva_lever.steps.progress import Progress

log = logging.getLogger(__name__)


class Turns:
    """Where a task left off, in Airflow's task state store: over retries and turns, anew each time that it is cleared.

    :param kept: for how long it is remembered; None: as long as Airflow keeps such states.
    """

    def __init__(self, context: Context, *, kept: timedelta | None = None) -> None:
        run = Run.of(context)
        self._ti, self._store, self._kept = context["ti"], context["task_state_store"], kept
        self._key = _key(run.clear_number)
        self._begun_before = context["ti"].try_number > 1 or run.clear_number > 0

    def progress(self) -> Progress | None:
        """What earlier attempts and turns have done, None at first."""
        from alva_lever.steps.progress import Progress

        stored = self._store.get(self._key)
        return Progress.of(stored) if isinstance(stored, Mapping) else None

    def repeated(self, progress: Progress) -> bool:
        """Whether it was begun before, and may have been cut off."""
        return self._begun_before or bool(progress.done)

    def save(self, progress: Progress) -> None:
        """Keeps it for the next attempt or turn."""
        self._store.set(self._key, progress.as_json(), retention=self._kept)

    def play(self, work: Callable[[], bool], progress: Progress) -> dict[str, Any]:
        """One turn of `work`, which says whether all is done. Gives `{"tally", "finished"}`, left as XCom also when it
        fails (`finished` is then false).

        :raises AirflowRescheduleException: more is to be done, and whoever is in more of a hurry comes first.
        """
        try:
            finished = work()
        except BaseException:
            # A task that fails returns nothing, and the report is to tell what it did.
            self._ti.xcom_push("return_value", {"tally": progress.tally.as_json(), "finished": False})
            raise
        log.info("Done so far: %s, %s", len(progress.done), progress.tally.counts)
        if not finished:
            log.info("This turn at Lever's limit is over: the rest follows in the next one")
            raise AirflowRescheduleException(utcnow())  # type: ignore[no-untyped-call]  # Airflow's, without types
        return {"tally": progress.tally.as_json(), "finished": True}


def answered(context: Context) -> set[str]:
    """Whom this task did before its run was cleared."""
    store: Any = context["task_state_store"]
    number = Run.of(context).clear_number
    earlier = [store.get(_key(before)) for before in range(number)]
    return {name for progress in earlier if isinstance(progress, Mapping) for name in progress["done"]}


def _key(clear_number: int) -> str:
    """What is done is kept for each time that the run was cleared: a run again looks again."""
    return f"progress-{clear_number}"
