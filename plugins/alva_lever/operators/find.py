"""The tasks that find what a run has to do, and put it into batches."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from alva_lever.batch.leftovers import DUE, Item
from alva_lever.batch.run_report import Meter, RunReport
from alva_lever.operators.base import LeverAlvaOperator
from alva_lever.operators.hooks import hooks, integration_of, read_variable
from alva_lever.operators.run import Run
from alva_lever.operators.state import DagState
from alva_lever.rules.events import Claim
from alva_lever.rules.window import LONGEST_MS, Window

if TYPE_CHECKING:
    from alva_lever.sync.integration import Integration


@dataclass(slots=True)
class Search:
    """What a run is to find. `due`: what earlier runs could not do, and is to be tried now. `waiting_ids`: of these and
    of what is to be tried later. `report`: for what needs nothing to be done. `more`: what else the batches need."""

    run: Run
    window: Window
    due: Sequence[Item]
    waiting_ids: Collection[str]
    integration: Integration
    report: RunReport
    more: dict[str, Any]


class FindOperator(LeverAlvaOperator):
    """Finds what a run has to do, and puts it into batches of about a minute at Lever's limit.

    XComs: `return_value`, the batches that are mapped over: `[[{"id", ...}, ...], ...]`; `found`, also where it fails:
    `{"report", "window": [start_ms, end_ms], "named", "batches": how many, "finished", "dry_run", ...}`. `named`:
    whether a person named ids, so that the window says nothing.
    """

    # So far before its own interval the first scheduled run begins.
    first_run_looks_back_ms = 0

    def find(self, search: Search) -> list[list[Item]]:
        """The batches. :raises ApiError: a listing could not be had whole: nothing is left out quietly."""
        raise AssertionError(f"{type(self).__name__} finds nothing")

    def work(self, context: Context) -> list[list[Item]]:
        run = Run.of(context)
        run.check_form()
        state, now_ms = DagState(self.dag_id), int(time.time() * 1000)
        start_ms = run.interval_ms[0] if run.interval_ms else now_ms
        # Before anything that may fail: from here on no hour is left out.
        covered_ms = state.covered_ms(run, first_ms=start_ms - self.first_run_looks_back_ms)
        dry_run = run.dry_run or read_variable(self.account).dry_run
        window = run.window(covered_ms, now_ms=now_ms)
        leftovers = state.leftovers()
        due = [{**item, DUE: True} for item in leftovers.due(now_ms)] if run.scheduled else []
        lever, alva = hooks(self.account)
        report, more = RunReport(), dict[str, Any]()
        batches: list[list[Item]] = []
        finished = False
        try:
            # A bad option is told here, once, before anything is found or done.
            integration = integration_of(self.account, lever, alva)
            search = Search(run, window, due, {one.id for one in leftovers}, integration, report, more)
            batches = self.find(search)
            finished = True
        finally:
            # Also where it fails: the report is to tell what was asked and found until then.
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
        self.log.info("Found: %s to be done in %s batches, others: %s", count, len(batches), report.counts)
        return batches


class FindCandidatesOperator(FindOperator):
    """Asks Lever for everything that the run's window holds, or takes the ids that a person named.

    An item is `{"id": opportunity id, ...}` with what is said of it, as `rules.claims.Claim.as_json` has it, or
    `{"id": posting id, "is": "posting"}`: somebody arrived on it.
    """

    def find(self, search: Search) -> list[list[Item]]:
        run = search.run
        if run.asked_ids:
            claim = Claim(named_ms={run.run_id: run.queued_ms} if run.manual else {})
            return search.integration.named_candidates(run.asked_ids, claim)
        return search.integration.find_candidates(search.window, search.report, search.due, search.waiting_ids)


class FindResultsOperator(FindOperator):
    """Asks Alva who changed since the run's window began, or takes the opportunities that a person named.

    An item is `{"id": opportunity id, "kinds": ["results"]}`, or, where Alva's row doesn't tell whose it is,
    `{"id": Alva's candidate id, "is": "candidate", "kinds": ["results"]}`. XCom `found` has beside the rest `listed`:
    how many Alva listed.
    """

    # A mirror writes only differences, so a DAG that was unpaused late brings what it missed.
    first_run_looks_back_ms = LONGEST_MS

    def find(self, search: Search) -> list[list[Item]]:
        if search.run.asked_ids:
            return search.integration.named_results(search.run.asked_ids)
        batches, search.more["listed"] = search.integration.find_results(search.window, search.due)
        return batches


class FindPostingsOperator(FindOperator):
    """Holds Alva's job positions against Lever's postings; those that agree are counted here.

    An item is `{"id": posting id}`, or, where Alva's row can't be read, `{"id": position id, "is": "job_position"}`.
    """

    def find(self, search: Search) -> list[list[Item]]:
        return search.integration.find_postings(search.report, search.due)
