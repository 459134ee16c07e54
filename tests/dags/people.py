"""Helpers for tests of whole runs: they read and write the sandbox and the state that a DAG keeps between runs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow._shared.state import AssetScope
from airflow.models.asset import AssetModel
from airflow.state import get_state_backend
from airflow.utils.session import create_session
from sqlalchemy import select

from alva_lever.batch.leftovers import Leftover, Leftovers
from alva_lever.dag_state import WritableDagState, asset_name
from alva_lever.sync.items import joined
from include.sandbox import Sandbox
from tests.dags.runner import Ended

NOW = datetime.now(UTC)
THIS_HOUR = NOW.replace(minute=0, second=0, microsecond=0)
WRITES = ("POST", "PUT", "PATCH", "DELETE")
_NUMBERS = itertools.count()
INVITE, RESULTS = "alva_lever_invite_candidates", "alva_lever_push_results"


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def lately_ms() -> int:
    """Returns a moment shortly ago within `THIS_HOUR`, even if that hour is over by now.

    Never in its last minutes: the window of the next hour overlaps them.
    """
    return min(ms(datetime.now(UTC)), ms(THIS_HOUR) + 45 * 60_000) - 60_000


def applied(sandbox: Sandbox, posting: str, **options: Any) -> str:
    """Adds a candidate who entered the trigger stage a moment ago, unless `options` say otherwise."""
    number = next(_NUMBERS)
    given = {"emails": [f"c{number}@candidates.example.com"], "at_ms": lately_ms(), **options}
    return sandbox.recruiter.apply(posting, "Ada Byron", **given)


def sent(sandbox: Sandbox, opportunity: str) -> int:
    """Returns how many invitations were sent in all."""
    number: int = sandbox.candidates.find(opportunity)["invitations_sent"]  # type: ignore[assignment]
    return number


def candidate_id(sandbox: Sandbox, opportunity: str) -> str:
    """Returns Alva's id of the candidate."""
    candidate: Any = sandbox.candidates.find(opportunity)["candidate"]
    return str(candidate["id"])


def tags(sandbox: Sandbox, opportunity: str) -> list[str]:
    """Returns the opportunity's Alva tags, without `Alva: `."""
    return [tag.removeprefix("Alva: ") for tag in sandbox.look(opportunity)["tags"] if tag.startswith("Alva:")]


def notes(sandbox: Sandbox, opportunity: str) -> list[str]:
    return [note["text"] for note in sandbox.look(opportunity)["notes"]]


def writes(sandbox: Sandbox) -> int:
    return sum(len(sandbox.journal.of(None, method, None)) for method in WRITES)


def announced(kind: str, *opportunities: str) -> list[dict[str, str]]:
    """Returns deliveries by Lever."""
    return [{"kind": kind, "opportunity": one} for one in opportunities]


def told(run: Ended) -> dict[str, tuple[str, int]]:
    """Returns the fault and the number of attempts of each leftover in a report."""
    assert run.report is not None
    for row in run.report["leftovers"]:
        assert set(row) == {"id", "fault", "attempts", "due"}
        assert datetime.fromisoformat(row["due"]).tzinfo is not None
    return {row["id"]: (row["fault"], row["attempts"]) for row in run.report["leftovers"]}


class _InDatabase:
    """Accesses an asset's values like Airflow's accessor, but outside of a task."""

    def __init__(self, dag_id: str) -> None:
        with create_session() as session:
            found = session.scalar(select(AssetModel.id).where(AssetModel.name == asset_name(dag_id)))
        assert found is not None
        self._scope = AssetScope(asset_id=found)

    def get(self, key: str) -> Any:
        value = get_state_backend().get(self._scope, key)
        return None if value is None else json.loads(value)

    def set(self, key: str, value: Any) -> None:
        get_state_backend().set(self._scope, key, json.dumps(value))

    def delete(self, key: str) -> None:
        get_state_backend().delete(self._scope, key)


def state_of(dag_id: str = INVITE) -> WritableDagState:
    return WritableDagState(_InDatabase(dag_id))


def covered(dag_id: str = INVITE) -> datetime | None:
    value = state_of(dag_id).covered_ms
    return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


def waiting(dag_id: str = INVITE) -> dict[str, Leftover]:
    return {one.id: one for one in state_of(dag_id).leftovers()}


def keep(leftovers: Iterable[Leftover], dag_id: str = INVITE) -> None:
    state_of(dag_id).keep(Leftovers(leftovers, join=joined))


def hours_pass(hours: float, dag_id: str = INVITE) -> None:
    """Moves all leftovers back in time, as if they had been tried that many hours earlier."""
    by = round(timedelta(hours=hours) / timedelta(milliseconds=1))
    keep(
        [
            Leftover(one.item, one.fault, one.attempts, one.first_ms - by, one.due_ms - by)
            for one in waiting(dag_id).values()
        ],
        dag_id,
    )


def hours_until_due(dag_id: str = INVITE) -> dict[str, float]:
    """Returns for each leftover the hours until it is due."""
    now_ms = ms(datetime.now(UTC))
    return {name: round((one.due_ms - now_ms) / 3_600_000, 1) for name, one in waiting(dag_id).items()}
