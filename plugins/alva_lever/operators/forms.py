"""What the DAGs have in common: how a task is retried and takes its turn, and what a form asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from alva_lever.rules.events import Kind
from alva_lever.rules.ids import ID, UUID

# The next turn at Lever goes to the most urgent.
EVENTS_PRIORITY, RESULTS_PRIORITY, OTHER_PRIORITY = 30, 20, 10

# What a form takes is kept in the run's conf and in Airflow's audit log, so that a name, an address or a phone number
# has to be refused before it gets there: a UUID is none of these.
_ID_OR_PAGE = rf"^\s*((https://hire\.([a-z]+\.)?lever\.co/candidates/)?{UUID}/?)?\s*$"
_DATE = r"^20\d\d-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?$"
_MOST_IDS = 10_000


def defaults(priority: int) -> dict[str, Any]:
    """The `default_args` of a DAG."""
    return {
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "weight_rule": "absolute",
        "priority_weight": priority,
    }


def dry_run() -> dict[str, Param]:
    """The form of every DAG."""
    return {
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Read, decide and report, and write nothing. Mind that Trigger unpauses a paused DAG, whose "
            "scheduled runs then write: to rehearse a DAG as a whole, set the option `dry_run` in the Variable "
            "`alva_lever_settings`",
        )
    }


def form(interval: str, named: str) -> dict[str, Param]:
    """The form of a DAG that polls. `interval`: what it covers where nothing is said. `named`: what is done with the
    opportunities that are named."""
    return {
        **dry_run(),
        "since": Param(
            None,
            type=["null", "string"],
            format="date-time",
            pattern=_DATE,
            title="Since",
            description=f"Cover the time from then until now. Empty: {interval}",
        ),
        "opportunity_ids": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "pattern": _ID_OR_PAGE},
            maxItems=_MOST_IDS,
            title="Opportunities",
            description=f"{named} One a line: ids, or the addresses of candidates' pages in Lever "
            "(https://hire.lever.co/candidates/...). No names or e-mail addresses: Airflow keeps what is put here",
        ),
    }


DELIVERY = {
    # Without it, Airflow's form offers lines of text.
    "type": "object",
    "oneOf": [
        {
            "required": ["kind", "opportunity"],
            "properties": {
                "kind": {"enum": [kind.value for kind in Kind if kind is not Kind.RESULTS]},
                "opportunity": {"type": "string", "pattern": f"^{UUID}$"},
                "application": {"type": "string", "pattern": f"^{UUID}$"},
            },
            "additionalProperties": False,
        },
        {
            "required": ["kind", "candidate"],
            "properties": {
                "kind": {"const": Kind.RESULTS.value},
                "candidate": {"type": "string", "pattern": f"^{ID}$"},
            },
            "additionalProperties": False,
        },
    ],
}
