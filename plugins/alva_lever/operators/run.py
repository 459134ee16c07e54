"""What a run was asked to do, read from Airflow's context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pendulum
from airflow.sdk import Asset, Context
from airflow.sdk.exceptions import AirflowFailException

from alva_lever.rules import window
from alva_lever.rules.window import Window

COVERED_KEY = "covered_ms"


@dataclass(frozen=True, slots=True)
class Run:
    """One DAG run. Times are epoch milliseconds; `since` is what the form says, `asked_ids` empty if it names none.

    `queued_ms`: when it was asked for. `began_ms`: when it began, or began anew. `deliveries`: what webhooks have put
    into its conf.
    """

    run_id: str
    dry_run: bool
    since: object
    asked_ids: tuple[str, ...]
    interval_ms: tuple[int, int] | None
    scheduled: bool
    manual: bool
    clear_number: int
    queued_ms: int
    began_ms: int | None = None
    deliveries: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def of(cls, context: Context) -> Run:
        dag_run = context["dag_run"]
        # An Airflow may be set up so that a conf doesn't reach the params: a delivery must not be lost by that.
        params = {**(context.get("params") or {}), **(getattr(dag_run, "conf", None) or {})}
        start, end = dag_run.data_interval_start, dag_run.data_interval_end
        # The kind, never the prefix of the id: a backfill that runs an old run again keeps its id.
        kind = str(getattr(dag_run.run_type, "value", dag_run.run_type))
        return cls(
            run_id=str(context["run_id"]),
            dry_run=bool(params.get("dry_run", False)),
            since=params.get("since"),
            asked_ids=tuple(dict.fromkeys(str(name).strip() for name in params.get("opportunity_ids") or ())),
            interval_ms=None if start is None or end is None else (_ms(start), _ms(end)),
            scheduled=kind == "scheduled",
            manual=kind == "manual",
            clear_number=int(getattr(dag_run, "clear_number", 0) or 0),
            queued_ms=_ms(dag_run.run_after),
            began_ms=None if dag_run.start_date is None else _ms(dag_run.start_date),
            deliveries=tuple(params.get("deliveries") or ()),
        )

    def window(self, covered_ms: int | None, *, now_ms: int) -> Window:
        """What it covers. `covered_ms`: where the last scheduled run that succeeded ended.

        :raises AirflowFailException: the form's `since` can't be used.
        """
        if self.scheduled and self.interval_ms is not None:
            return window.scheduled(*self.interval_ms, covered_ms)
        since_ms = _moment_ms(self.since)
        if since_ms is not None and since_ms > now_ms:
            raise AirflowFailException(
                f"`since` is {pendulum.from_timestamp(since_ms / 1000).isoformat()}, which is in the future. "
                "Give the date and time from which on candidates are to be looked for"
            )
        return window.requested(since_ms, self.interval_ms, now_ms)


def covered_asset(dag_id: str) -> Asset:
    """What keeps how far a polling DAG has come, in Airflow's asset state store."""
    return Asset(name=f"{dag_id}_covered", uri=f"alva-lever://covered/{dag_id}")


def read_covered(context: Context, asset: Asset, run: Run) -> int | None:
    """Up to where scheduled runs have succeeded. The first begins it, so that it isn't left out should it fail."""
    value = context["asset_state_store"][asset].get(COVERED_KEY)
    if isinstance(value, int):
        return value
    if not run.scheduled or run.interval_ms is None:
        return None
    context["asset_state_store"][asset].set(COVERED_KEY, run.interval_ms[0])
    return run.interval_ms[0]


def move_covered(context: Context, asset: Asset, run: Run) -> None:
    """A scheduled run has succeeded as a whole: everything up to its end is covered. Never moves back."""
    if run.scheduled and not run.dry_run and run.interval_ms is not None:
        covered = max(read_covered(context, asset, run) or 0, run.interval_ms[1])
        context["asset_state_store"][asset].set(COVERED_KEY, covered)


def failing_at_once(execute: Callable[[], Any]) -> Any:
    """What a person has to mend isn't tried again: a wrong key, a missing permission, a bad option.

    :raises AirflowFailException: with the same sentence.
    """
    from alva_lever.rules.settings import BadOption
    from alva_lever.transport.errors import Forbidden, SetupError, Unauthorized

    try:
        return execute()
    except (BadOption, SetupError, Unauthorized, Forbidden) as error:
        sentence = str(error)
    # Out of the handler, so that the log holds one sentence and not a chain of errors.
    raise AirflowFailException(sentence)


def pulled(value: Any) -> Mapping[str, Any] | None:
    """An XCom that is an object, None where there is none."""
    return value if isinstance(value, Mapping) else None


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _moment_ms(value: object) -> int | None:
    if value in (None, ""):
        return None
    try:
        parsed = pendulum.parse(str(value))
    except ValueError:
        parsed = None
    if not isinstance(parsed, pendulum.DateTime):
        raise AirflowFailException(f"`since` is `{value}`, which is no date and time such as 2026-01-31T08:00:00Z")
    return _ms(parsed)
