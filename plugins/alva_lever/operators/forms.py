"""What the DAGs share: retries, priorities and the fields of their forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from alva_lever.rules.events import Kind
from alva_lever.rules.ids import ID, UUID

# When the pool's slot is free, the waiting task with the highest priority gets it.
EVENTS_PRIORITY, RESULTS_PRIORITY, OTHER_PRIORITY = 30, 20, 10

# Airflow keeps a form's input in the run's conf and in its audit log. Only UUIDs are accepted, so that no name, e-mail
# address or phone number gets there.
_ID_OR_PAGE = rf"^\s*((https://hire\.([a-z]+\.)?lever\.co/candidates/)?{UUID}/?)?\s*$"
_DATE = r"^20\d\d-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?$"
_MOST_IDS = 10_000


def defaults(priority: int) -> dict[str, Any]:
    """Returns a DAG's `default_args`."""
    return {
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "weight_rule": "absolute",
        "priority_weight": priority,
    }


def dry_run() -> dict[str, Param]:
    """Returns the form field that every DAG has."""
    return {
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Read, decide and report, but write nothing. Note that Trigger unpauses a paused DAG, and its "
            "scheduled runs then write: to rehearse a whole DAG, set the option `dry_run` in the Variable "
            "`alva_lever_settings`",
        )
    }


def form(interval: str, named: str) -> dict[str, Param]:
    """Returns the form of a DAG that polls. `interval`: what a run covers without `since`. `named`: what a run does to
    the opportunities that a person names."""
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
            description=f"{named} One per line: an id, or the address of the candidate's page in Lever "
            "(https://hire.lever.co/candidates/...). No names or e-mail addresses: Airflow keeps what you enter here",
        ),
    }


DELIVERY = {
    # Without a type, Airflow's form shows lines of text.
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
