"""The tasks that find a run's items and put them into batches."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from alva_lever.batch.leftovers import DUE, RUN_PREFIX, Item
from alva_lever.batch.run_report import Meter, RunReport
from alva_lever.connect import checked_options, hooks, integration_of
from alva_lever.operators.base import LeverAlvaOperator, state_of
from alva_lever.operators.run import Run
from alva_lever.rules.events import Claim
from alva_lever.rules.window import LONGEST_MS, Window

if TYPE_CHECKING:
    from alva_lever.sync.integration import Integration


@dataclass(slots=True)
class Search:
    """A run's search. `due`: the leftovers of earlier runs that are due now. `waiting_ids`: of all leftovers. `report`:
    counts what needs no action. `more`: further values for the XCom `found`, which the batches read."""

    run: Run
    window: Window
    due: Sequence[Item]
    waiting_ids: Collection[str]
    integration: Integration
    report: RunReport
    more: dict[str, Any]


class FindOperator(LeverAlvaOperator):
    """Finds a run's items and puts them into batches of about a minute at Lever's limit.

    XComs: `return_value`, the batches that are mapped over: `[[{"id", ...}, ...], ...]`; `found`, also of a task that
    fails: `{"report", "window": [start_ms, end_ms], "named", "batches": how many, "finished", "dry_run", ...}`.
    `named`: whether a person named ids, in which case the window is not used.
    """

    # How long before its own data interval the first scheduled run begins.
    first_run_looks_back_ms = 0

    @abstractmethod
    def find(self, search: Search) -> list[list[Item]]:
        """Returns the batches. :raises ApiError: a listing is incomplete; nothing is left out silently."""

    def work(self, context: Context) -> list[list[Item]]:
        run = Run.of(context)
        run.check_form()
        state, now_ms = state_of(self.dag_id), int(time.time() * 1000)
        start_ms = run.interval_ms[0] if run.interval_ms else now_ms
        # Set before anything can fail, so that later runs cover this time, too.
        first_ms = start_ms - self.first_run_looks_back_ms
        covered_ms = state.cover_from(first_ms) if run.scheduled else state.covered_ms
        dry_run = run.dry_run or checked_options(self.account).dry_run
        window = run.window(covered_ms, now_ms=now_ms)
        leftovers = state.leftovers()
        due = [{**item, DUE: True} for item in leftovers.due(now_ms)] if run.scheduled else []
        lever, alva = hooks(self.account)
        report, more = RunReport(), dict[str, Any]()
        batches: list[list[Item]] = []
        finished = False
        try:
            # Raises for a bad option before anything is found or written.
            integration = integration_of(self.account, lever, alva)
            search = Search(run, window, due, {one.id for one in leftovers}, integration, report, more)
            batches = self.find(search)
            finished = True
        finally:
            # Even if the task fails, the report shows the calls and finds so far.
            Meter(lever, alva).read(report)
            found = {
                "report": report.as_json(),
                "window": [window.start_ms, window.end_ms],
                "named": bool(run.asked_ids),
                "batches": len(batches),
                "finished": finished,
                "dry_run": dry_run,
                **more,
            }
            context["ti"].xcom_push("found", found)
        count = sum(map(len, batches))
        self.log.info("Found %s items in %s batches; no action needed: %s", count, len(batches), report.counts)
        return batches


class FindCandidatesOperator(FindOperator):
    """Finds the candidates in the run's window, or takes the opportunity ids that a person named.

    An item is `{"id": opportunity id, ...}` with its claim, as in `rules.events.Claim.as_json`, or `{"id": posting id,
    "is": "posting"}` for a posting with a new application.
    """

    def find(self, search: Search) -> list[list[Item]]:
        run = search.run
        if run.asked_ids:
            named = run.manual and not run.run_id.startswith(RUN_PREFIX)
            claim = Claim(named_ms={run.run_id: run.queued_ms} if named else {})
            return search.integration.named_candidates(run.asked_ids, claim)
        return search.integration.find_candidates(search.window, search.report, search.due, search.waiting_ids)


class FindResultsOperator(FindOperator):
    """Finds the candidates who changed in Alva since the run's window began, or takes the opportunity ids that a person
    named.

    An item is `{"id": opportunity id, "kinds": ["results"]}`, or, if Alva's row doesn't tell the opportunity, `{"id":
    Alva's candidate id, "is": "candidate", "kinds": ["results"]}`. The XCom `found` also has `listed`: how many
    candidates Alva listed.
    """

    # Only differences are written, so the first run of a DAG that is unpaused late can safely catch up.
    first_run_looks_back_ms = LONGEST_MS

    def find(self, search: Search) -> list[list[Item]]:
        if search.run.asked_ids:
            return search.integration.named_results(search.run.asked_ids)
        batches, search.more["listed"] = search.integration.find_results(search.window, search.due)
        return batches


class FindPostingsOperator(FindOperator):
    """Compares Alva's job positions with Lever's postings, and counts the postings that need no update.

    An item is `{"id": posting id}`, or, if Alva's row can't be read, `{"id": position id, "is": "job_position"}`.
    """

    def find(self, search: Search) -> list[list[Item]]:
        return search.integration.find_postings(search.report, search.due)
