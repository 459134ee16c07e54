"""What happened: the first part of the page. It tells what the runs' reports and the DAGs' kept state say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from alva_lever.account import Account
from alva_lever.batch.leftovers import Leftover
from alva_lever.connect import lever_site, read_variable
from alva_lever.http.errors import ApiError
from alva_lever.rules import tags
from alva_lever.rules.ids import is_uuid
from alva_lever.rules.positions import PostingWord
from alva_lever.rules.report_words import FAILURES, GIVEN_UP, MEANINGS, failed, in_a_sentence
from alva_lever.rules.results import ResultsWord
from alva_lever.settings import BadOption
from alva_lever.web import airflow_records
from alva_lever.web.airflow_records import RunFigures, RunRecord
from alva_lever.web.pages import lead_to_account, page
from alva_lever.web.visitors import Looks

router = APIRouter()

DAYS = 14
# The last runs that the page shows of each DAG.
RUNS_EACH = 5
# The most leftovers, failures and near misses that the page shows.
MOST_SHOWN = 100
# What a person may have to correct, and the words that count it.
_TROUBLES = (*FAILURES, str(ResultsWord.BOUNCED), GIVEN_UP)


def names(account: Account) -> Mapping[str, str]:
    """Returns the account's DAGs by their ids, as the page calls them."""
    return {
        account.invite_dag_id: "Invite candidates",
        account.results_dag_id: "Push results",
        account.events_dag_id: "Handle events",
        account.postings_dag_id: "Sync postings",
    }


def take_ids(account: Account) -> tuple[str, ...]:
    """Returns the DAGs whose form takes ids."""
    return account.invite_dag_id, account.results_dag_id


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run as the page tells it. `said`: its report in words."""

    record: RunRecord
    name: str
    said: str

    @property
    def href(self) -> str:
        return f"run?{urlencode({'dag_id': self.record.dag_id, 'run_id': self.record.run_id})}"


@dataclass(frozen=True, slots=True)
class ShownLeftover:
    """A leftover. `can_be_named`: whether a manual run can be asked to do it."""

    dag_id: str
    leftover: Leftover
    due_at: datetime
    is_due: bool
    is_opportunity: bool
    can_be_named: bool


@dataclass(frozen=True, slots=True)
class ShownDag:
    """A DAG. `is_paused`: None if Airflow doesn't have it. `polls`: whether its scheduled runs cover a time.

    `covered_at`: None if no scheduled run has been.
    """

    dag_id: str
    name: str
    is_paused: bool | None
    polls: bool
    covered_at: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Day:
    """What the reports of a day count, rehearsals left out."""

    date: date
    invited: int
    completed: int
    failed: int
    bounced: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """An opportunity that a report names under a word for a failure."""

    opportunity_id: str
    meaning: str
    at: datetime
    dag_id: str
    run_id: str


@router.get("/")
def happened(visitor: Looks) -> Response:
    """The first page."""
    now, account = datetime.now(UTC), visitor.account
    figures = airflow_records.figures_since(account.dag_ids, _first_day(now), _TROUBLES)
    runs = airflow_records.last_runs(account.dag_ids, each=RUNS_EACH)
    dags, waiting = _state(account, now)
    nightly = airflow_records.last_reported(account.postings_dag_id)
    # A run that names ids reads only their tags.
    polls = [one for one in runs if one.dag_id == account.invite_dag_id and one.report and one.report["window"]]
    return page(
        "happened.html",
        visitor,
        here="./",
        mode=mode(account),
        names=names(account),
        dags=dags,
        runs=[shown(account, run) for run in runs],
        days=by_day(figures, now),
        leftovers=waiting[:MOST_SHOWN],
        leftovers_in_all=len(waiting),
        troubles=troubles(figures),
        nightly=None if nightly is None else shown(account, nightly),
        unknown_managers=_ids(nightly, PostingWord.OWNER_UNKNOWN),
        refused_fields=_ids(nightly, PostingWord.FIELD_REFUSED),
        near_misses=_near_misses(*polls[:1], nightly),
        lever_site=lever_site(account),
    )


@router.get("/run", dependencies=[Depends(lead_to_account)])
def run(visitor: Looks, dag_id: str = "", run_id: str = "", panel: str = "") -> Response:
    """One run's report, with the ids under each word. `panel`: not empty inside a tab of Airflow's UI."""
    base, account = "panel.html" if panel else "base.html", visitor.account
    record = airflow_records.run_record(dag_id, run_id) if dag_id in account.dag_ids else None
    if record is None:
        return page("no_run.html", visitor, status=404, here="./", base=base)
    report = record.report or {}
    words = [
        (word, MEANINGS.get(word, word), count, report["ids"].get(word, []))
        for word, count in sorted(report.get("counts", {}).items(), key=lambda one: (-one[1], one[0]))
    ]
    return page(
        "run.html",
        visitor,
        here="./",
        base=base,
        run=shown(account, record),
        report=report,
        words=words,
        is_over=record.is_over,
        is_paused=airflow_records.paused([dag_id]).get(dag_id),
        of_opportunities=dag_id != account.postings_dag_id,
        near_misses=_near_misses(record),
        lever_site=lever_site(account),
    )


def mode(account: Account) -> str:
    """Returns `live`, `rehearsing`, or a sentence on why no run can work."""
    try:
        return "rehearsing" if read_variable(account).dry_run else "live"
    except (BadOption, ApiError) as fault:
        return str(fault)


def shown(account: Account, record: RunRecord) -> ShownRun:
    """Returns a run in words."""
    if record.report is not None:
        said = in_a_sentence(record.report, invites=record.dag_id in (account.invite_dag_id, account.events_dag_id))
    else:
        said = "No report" if record.is_over else "Not done yet"
    return ShownRun(record, names(account)[record.dag_id], said)


def is_of_opportunity(account: Account, dag_id: str, leftover: Leftover) -> bool:
    """Whether a DAG's leftover is an opportunity, by `sync.items`: not a posting, and not a candidate in Alva."""
    return dag_id in take_ids(account) and "is" not in leftover.item


def by_day(figures: Sequence[RunFigures], now: datetime) -> list[Day]:
    """Adds the figures up by day in UTC, from the first day to today."""
    totals: dict[date, Counter[str]] = {}
    for one in figures:
        if not one.dry_run:
            day = totals.setdefault(one.at.astimezone(UTC).date(), Counter())
            day["invited"] += one.invited
            day["completed"] += one.counts.get(ResultsWord.COMPLETED, 0)
            day["failed"] += failed(one.counts)
            day["bounced"] += one.counts.get(ResultsWord.BOUNCED, 0)
    first = _first_day(now).date()
    dates = [first + timedelta(days=number) for number in range(DAYS)]
    return [Day(date, **{key: totals.get(date, Counter())[key] for key in _SERIES}) for date in dates]


_SERIES = ("invited", "completed", "failed", "bounced")


def troubles(figures: Sequence[RunFigures]) -> list[Trouble]:
    """Returns each opportunity that failed once under each word, with the last run that said so."""
    found: dict[tuple[str, str], Trouble] = {}
    for one in figures:
        for word, ids in one.ids.items():
            for opportunity_id in () if one.dry_run else ids:
                trouble = Trouble(opportunity_id, MEANINGS[word], one.at, one.dag_id, one.run_id)
                found.setdefault((opportunity_id, word), trouble)
    return list(found.values())[:MOST_SHOWN]


def _first_day(now: datetime) -> datetime:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS - 1)


def _state(account: Account, now: datetime) -> tuple[list[ShownDag], list[ShownLeftover]]:
    """Returns the DAGs, and their leftovers in the order in which they are due."""
    paused = airflow_records.paused(account.dag_ids)
    dags: list[ShownDag] = []
    waiting: list[ShownLeftover] = []
    for dag_id in account.dag_ids:
        state = airflow_records.state_of(dag_id)
        its = [_leftover(account, dag_id, leftover, now) for leftover in state.leftovers()]
        covered_ms = state.covered_ms
        covered_at = None if covered_ms is None else _moment(covered_ms)
        polls = dag_id != account.events_dag_id
        dags.append(ShownDag(dag_id, names(account)[dag_id], paused.get(dag_id), polls, covered_at, len(its)))
        waiting += its
    return dags, sorted(waiting, key=lambda one: (one.due_at, one.leftover.id))


def _leftover(account: Account, dag_id: str, leftover: Leftover, now: datetime) -> ShownLeftover:
    due_at = _moment(leftover.due_ms)
    of_opportunity = is_of_opportunity(account, dag_id, leftover)
    named = of_opportunity and is_uuid(leftover.id)
    return ShownLeftover(dag_id, leftover, due_at, due_at <= now, of_opportunity, named)


def _ids(record: RunRecord | None, word: str) -> tuple[int, Sequence[str]]:
    """Returns how many a report counts under this word, and the ids that it names."""
    report = record.report if record is not None and record.report is not None else {"counts": {}, "ids": {}}
    return report["counts"].get(word, 0), report["ids"].get(word, [])


def _near_misses(*records: RunRecord | None) -> list[dict[str, Any]]:
    """Returns the near misses of these reports, each once: id, tag, and whether an opportunity carries it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for record in records:
        for miss in (record.report or {}).get("near_misses", []) if record is not None else []:
            on_opportunity = bool(tags.near_misses([miss["tag"]], tags.ON_OPPORTUNITIES))
            found.setdefault((miss["id"], miss["tag"]), {**miss, "on_opportunity": on_opportunity})
    return list(found.values())[:MOST_SHOWN]


def _moment(moment_ms: int) -> datetime:
    return datetime.fromtimestamp(moment_ms / 1000, UTC)
