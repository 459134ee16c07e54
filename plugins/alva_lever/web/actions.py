"""What a person starts from the first page: a rehearsal, a run, one leftover, a backfill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from alva_lever.batch.leftovers import RUN_PREFIX
from alva_lever.rules.ids import is_uuid
from alva_lever.web import airflow_records
from alva_lever.web.airflow_internals import NotWritten, Refused, new_run_id, start_backfill, start_run
from alva_lever.web.happened import names, take_ids
from alva_lever.web.pages import page
from alva_lever.web.visitors import Acts, Text, Visitor

router = APIRouter()

# A backfill has a run for each hour; one manual run covers a longer time with fewer calls.
LONGEST_BACKFILL = timedelta(days=31)
_EARLIEST_YEAR = 2000


@router.post("/run-now")
def run_now(visitor: Acts, since: Text = "", dry_run: Text = "") -> Response:
    """Starts a run of the hourly DAG for the time from `since` until now, or for the last 24 hours."""
    try:
        # A button says which; a request without one must not write.
        conf: dict[str, Any] = {"dry_run": dry_run != "false"}
        if since.strip():
            conf["since"] = _moment(since).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _started(visitor, visitor.account.invite_dag_id, conf)
    except (Refused, NotWritten) as refused:
        return _refused(visitor, refused)


@router.post("/do-now")
def do_now(visitor: Acts, dag_id: Text = "", opportunity_id: Text = "", dry_run: Text = "") -> Response:
    """Starts a run that does one leftover, due or not, as a scheduled run would. It writes only if the page said so."""
    try:
        if dag_id not in take_ids(visitor.account) or not is_uuid(opportunity_id):
            raise Refused("That is not a leftover which a run can be asked to do. The next scheduled run tries it")
        conf = {"opportunity_ids": [opportunity_id], "dry_run": dry_run != "false"}
        return _started(visitor, dag_id, conf, prefix=RUN_PREFIX)
    except (Refused, NotWritten) as refused:
        return _refused(visitor, refused)


@router.post("/backfill")
def backfill(visitor: Acts, since: Text = "") -> Response:
    """Starts a backfill of the hourly DAG from a date until now."""
    now, account = datetime.now(UTC), visitor.account
    try:
        first = _moment(since)
        if now - first > LONGEST_BACKFILL:
            raise Refused(
                f"A backfill from this page goes back {LONGEST_BACKFILL.days} days at most, since it makes a run for "
                "each hour. Use Run now with the same date: that is one run"
            )
        backfill_id = start_backfill(account.invite_dag_id, first, now, user_name=visitor.user_name)
    except (Refused, NotWritten) as refused:
        return _refused(visitor, refused)
    is_paused = airflow_records.paused([account.invite_dag_id]).get(account.invite_dag_id)
    return page(
        "backfill.html",
        visitor,
        here="./",
        backfill_id=backfill_id,
        first=first,
        is_paused=is_paused,
        dag_id=account.invite_dag_id,
        name=names(account)[account.invite_dag_id],
    )


def _started(visitor: Visitor, dag_id: str, conf: dict[str, Any], *, prefix: str = "manual__") -> Response:
    """Starts a run and leads to its page, which says what it does and whether it waits for a paused DAG."""
    run_id = new_run_id(prefix)
    note = "Dry run: writes nothing" if conf.get("dry_run") else None
    start_run(dag_id, run_id, conf, user_name=visitor.user_name, note=note)
    return RedirectResponse(f"run?{urlencode({'dag_id': dag_id, 'run_id': run_id})}", 303)


def _refused(visitor: Visitor, refused: Exception) -> Response:
    status = 503 if isinstance(refused, NotWritten) else 400
    return page("refused.html", visitor, status=status, here="./", sentence=str(refused))


def _moment(text: str) -> datetime:
    """Reads what a date field of the page sends, in UTC. :raises Refused: it is no date, or not in the past."""
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        # Not quoted: a person may have typed anything.
        raise Refused("That is not a date and time. Give one such as 2026-01-31T08:00") from None
    if moment.year < _EARLIEST_YEAR or moment > datetime.now(UTC):
        raise Refused("That date is not in the past. Give the date and time from which candidates should be found")
    return moment
