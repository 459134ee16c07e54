"""What a run was asked to do, read from Airflow's context."""

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
from alva_lever.rules.ids import NOT_AN_ID, UUID, is_lever_record_id
from alva_lever.rules.window import Window

# How many opportunities a form may name.
MOST_IDS = 10_000
# What stands before and behind the id in the address of a candidate's page.
_ID_IN_PAGE = re.compile(rf"^https://[a-z.]+/candidates/({UUID})(?:[/?#].*)?$")
_FIELD = re.compile(r"[A-Za-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Run:
    """One DAG run. Times are epoch milliseconds; `since` is what the form says, `asked_ids` empty if it names none.

    `queued_ms`: when it was asked for. `began_ms`: when it began, or began again. `deliveries`: what webhooks have put
    into its conf. `strange`: what its conf has and the form hasn't.
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
        # An Airflow may be set up so that a conf doesn't reach the params: a delivery must not be lost by that.
        form, conf = context.get("params") or {}, getattr(dag_run, "conf", None) or {}
        known = set(getattr(context.get("dag"), "params", None) or form)
        # What the form doesn't have, it hasn't checked either.
        params = {key: value for key, value in {**form, **conf}.items() if key in known}
        start, end = dag_run.data_interval_start, dag_run.data_interval_end
        # The kind, never the prefix of the id: a backfill that runs an old run again keeps its id.
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
            strange=tuple(sorted(str(key) for key in conf if key not in known)),
            fields=tuple(sorted(known)),
        )

    def check_form(self) -> None:
        """Nothing, if the conf has only what the form has: a misspelt `dry_run` must not do what it was to rehearse.

        :raises AirflowFailException: naming the keys.
        """
        if self.strange:
            # What can't be the name of a field may be anything, a person's name included.
            names = [key if _FIELD.fullmatch(key) else "(not a word)" for key in self.strange]
            raise AirflowFailException(
                f"The run's conf has {_listed(names)}, which the form doesn't have. It has {_listed(self.fields)}. "
                "Nothing was read or written: trigger it again with the right key"
            )
        if len(self.asked_ids) > MOST_IDS:
            raise AirflowFailException(
                f"`opportunity_ids` names {len(self.asked_ids)} opportunities. A run takes {MOST_IDS} at the most"
            )

    def window(self, covered_ms: int | None, *, now_ms: int) -> Window:
        """What it covers. `covered_ms`: up to where scheduled runs have come.

        :raises AirflowFailException: the form's `since` can't be used.
        """
        if self.scheduled and self.interval_ms is not None:
            return window.scheduled(*self.interval_ms, covered_ms)
        since_ms = _moment_ms(self.since)
        if since_ms is not None and since_ms > now_ms:
            raise AirflowFailException(
                "`since` is in the future. Give the date and time from which on candidates are to be looked for"
            )
        return window.requested(since_ms, self.interval_ms, now_ms)


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
        moment_ms = _ms(parsed) if isinstance(parsed, pendulum.DateTime) and 2000 <= parsed.year < 2100 else None
    except (ValueError, OverflowError):
        moment_ms = None
    if moment_ms is None:
        # It isn't quoted: what people type may be anything.
        raise AirflowFailException("`since` is no date and time of this century, such as 2026-01-31T08:00:00Z")
    return moment_ms


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def named_ids(lines: Iterable[object]) -> tuple[str, ...]:
    """The ids in what a person has put into a form: ids, or addresses of candidates' pages in Lever; blanks are none.
    Each once.

    The form refuses what is neither, unless Airflow is set up so that a conf doesn't reach the params. Then it stands
    for an opportunity that is gone, and isn't repeated.
    """
    found = (_ID_IN_PAGE.sub(r"\1", str(line).strip()) for line in lines if line is not None)
    return tuple(dict.fromkeys(one if is_lever_record_id(one) else NOT_AN_ID for one in found if one))
