"""The promises, over the whole stack and under fault. `make test-faults CANDIDATES=2000 SEED=7`."""

from __future__ import annotations

import os
import random
import sys

import pytest

from tests.faults.stack import VICTIMS
from tests.faults.suite import Outcome, play


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    candidates = int(os.environ.get("CANDIDATES") or 500)
    sys.stderr.write(f"\nseed {seed}, {candidates} candidates\n")
    outcome = play(tmp_path_factory.mktemp("faults") / "airflow", candidates, seed)
    sys.stderr.write("\n".join(["", *outcome.lines(), ""]))
    return outcome


def test_no_promise_is_broken(outcome: Outcome) -> None:
    assert [str(wrong) for wrong in outcome.wrong] == []


def test_every_leftover_is_done_when_the_faults_have_ended(outcome: Outcome) -> None:
    assert {dag_id: waiting for dag_id, waiting in outcome.still_waiting.items() if waiting} == {}


def test_the_faults_came(outcome: Outcome) -> None:
    assert all(outcome.faults.values()), outcome.faults
    assert outcome.unmet == []
    assert outcome.strangers == set()
    assert outcome.killed.keys() == {*VICTIMS}


def test_nothing_personal_is_at_rest(outcome: Outcome) -> None:
    assert [str(found) for found in outcome.found[:20]] == []
