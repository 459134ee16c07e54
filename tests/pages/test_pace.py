"""All parts of the page share one pace: a call to Lever a second, a tenth of its limit, however many people look."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import pytest

from alva_lever.connect import SharedIntegration
from alva_lever.lever.hook import LeverHook
from include.sandbox import Sandbox
from tests.dags.people import applied
from tests.dags.runner import Runner
from tests.pages.conftest import Site


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How many seconds each call of the page waits. Its clock stands still and it doesn't really wait, so each wait
    shows the call's turn."""
    waits: list[float] = []
    still = partial(LeverHook, clock=lambda: 0.0, sleep=waits.append)
    monkeypatch.setattr("alva_lever.lever.hook.LeverHook", still)
    return waits


def turns(sandbox: Sandbox) -> list[float]:
    """Returns the waits of the calls that have arrived, if they come one a second. The first call waits for none."""
    return [float(second) for second in range(1, len(sandbox.journal.of("lever", None, None)))]


def test_the_page_asks_once_a_second() -> None:
    assert SharedIntegration.CALLS_PER_SECOND == 1.0


def test_one_after_the_other_they_take_turns(
    site: Site, hourly: Runner, sandbox: Sandbox, posting: str, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = applied(sandbox, posting)
    changed = json.dumps({"trigger_stage": "applicant-new"})
    parts: list[Callable[[], object]] = [
        lambda: site.get("standing", "VIEWER"),
        lambda: site.post("why", "USER", candidate=ada),
        # Changed options are read again; the pace stays.
        lambda: monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", changed),
        lambda: site.get("candidates", "OP", state="sent"),
        lambda: site.post("set-up-test", vendor="lever"),
        lambda: site.get("set-up-options"),
        lambda: site.get("set-up", check="everything"),
    ]
    calls = []
    for ask in parts:
        ask()
        calls.append(len(turns(sandbox)))
    # Each part but the change has asked Lever.
    assert [later > earlier for earlier, later in pairwise([0, *calls])] == [True] * 2 + [False] + [True] * 4
    assert waits == turns(sandbox)


def test_at_the_same_time_they_take_turns(
    site: Site, hourly: Runner, sandbox: Sandbox, posting: str, waits: list[float]
) -> None:
    applied(sandbox, posting)
    asked = [(path, role) for path in ("candidates", "standing") for role in ("VIEWER", "ADMIN")]
    with ThreadPoolExecutor(len(asked)) as people:
        statuses = list(people.map(lambda one: site.get(*one).status_code, asked))
    assert statuses == [200] * 4
    assert sorted(waits) == turns(sandbox)
