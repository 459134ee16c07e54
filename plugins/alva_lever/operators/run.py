"""A DAG run's request, read from Airflow's context."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pendulum
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from alva_lever.rules import window
from alva_lever.rules.ids import NOT_AN_ID, id_in, is_lever_record_id
from alva_lever.rules.window import Window

# The most opportunities that a form can name.
MOST_IDS = 10_000
_FIELD = re.compile(r"[A-Za-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Run:
    """One DAG run. Times are epoch milliseconds; `since` is the form's text, `asked_ids` the ids that the form names.

    `queued_ms`: when the run was requested. `began_ms`: when it began, or began again after it was cleared.
    `deliveries`: what webhooks have put into its conf. `strange`: keys of its conf that the form doesn't have.
    `fields`: keys that the form has.
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
    strange: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    @classmethod
    def of(cls, context: Context) -> Run:
        dag_run = context["dag_run"]
        # Airflow can be configured to keep a run's conf out of its params; no delivery may be lost by that.
        form, conf = context.get("params") or {}, getattr(dag_run, "conf", None) or {}
        fields = set(getattr(context.get("dag"), "params", None) or form)
        # The form's checks don't cover keys that it doesn't have.
        params = {key: value for key, value in {**form, **conf}.items() if key in fields}
        start, end = dag_run.data_interval_start, dag_run.data_interval_end
        # Not from the prefix of the run id: a backfill that repeats an old run keeps its id.
        kind = str(getattr(dag_run.run_type, "value", dag_run.run_type))
        return cls(
            run_id=str(context["run_id"]),
            dry_run=bool(params.get("dry_run", False)),
            since=params.get("since"),
            asked_ids=named_ids(params.get("opportunity_ids") or ()),
            interval_ms=None if start is None or end is None else (_ms(start), _ms(end)),
            scheduled=kind == "scheduled",
            manual=kind == "manual",
            clear_number=int(getattr(dag_run, "clear_number", 0) or 0),
            queued_ms=_ms(dag_run.run_after),
            began_ms=None if dag_run.start_date is None else _ms(dag_run.start_date),
            deliveries=tuple(params.get("deliveries") or ()),
            strange=tuple(sorted(str(key) for key in conf if key not in fields)),
            fields=tuple(sorted(fields)),
        )

    def check_form(self) -> None:
        """Checks that the conf has no key besides the form's: with a misspelt `dry_run`, the run would write.

        :raises AirflowFailException: the conf has such keys, or names too many opportunities.
        """
        if self.strange:
            # A key that can't be a field's name may be anything, even a person's name.
            names = [key if _FIELD.fullmatch(key) else "(not a word)" for key in self.strange]
            raise AirflowFailException(
                f"The run's conf has {_listed(names)}, which is not in the form. The form has {_listed(self.fields)}. "
                "Nothing was read or written: trigger the run again with the right key"
            )
        if len(self.asked_ids) > MOST_IDS:
            raise AirflowFailException(
                f"`opportunity_ids` names {len(self.asked_ids)} opportunities. A run takes at most {MOST_IDS}"
            )

    def window(self, covered_ms: int | None, *, now_ms: int) -> Window:
        """Returns the window that the run covers. `covered_ms`: the time up to which scheduled runs have covered.

        :raises AirflowFailException: the form's `since` can't be used.
        """
        if self.scheduled and self.interval_ms is not None:
            return window.scheduled(*self.interval_ms, covered_ms)
        since_ms = _moment_ms(self.since)
        if since_ms is not None and since_ms > now_ms:
            raise AirflowFailException(
                "`since` is in the future. Give the date and time from which the run should find candidates"
            )
        return window.requested(since_ms, self.interval_ms, now_ms)


def pulled(value: Any) -> Mapping[str, Any] | None:
    """Returns an XCom that is an object, else None."""
    return value if isinstance(value, Mapping) else None


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _moment_ms(value: object) -> int | None:
    if value in (None, ""):
        return None
    try:
        parsed = pendulum.parse(str(value))
        moment_ms = _ms(parsed) if isinstance(parsed, pendulum.DateTime) and 2000 <= parsed.year < 2100 else None
    except (ValueError, OverflowError):
        moment_ms = None
    if moment_ms is None:
        # The text isn't quoted: a person may have typed anything.
        raise AirflowFailException("`since` is not a date and time of this century, such as 2026-01-31T08:00:00Z")
    return moment_ms


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def named_ids(lines: Iterable[object]) -> tuple[str, ...]:
    """Returns the ids in a form's lines, each once. A line is an id, the address of a candidate's page, or blank.

    The form refuses other lines, unless Airflow is configured to keep a run's conf out of its params. `NOT_AN_ID` then
    takes the place of such a line, so that no log or report repeats it; the run finds it gone.
    """
    found = (id_in(str(line)) for line in lines if line is not None)
    return tuple(dict.fromkeys(text if is_lever_record_id(text) else NOT_AN_ID for text in found if text))
