from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from include.sandbox import Clock, Sandbox
from tests.sandbox.conftest import Client


@pytest.fixture
def rows(sandbox: Sandbox, client_of: Callable[[str], Client]) -> list[dict[str, Any]]:
    sandbox.seed(7, 1000)
    return client_of(sandbox.add_lever_key("all", confidential=True)).walk("/opportunities", confidentiality="all")


def test_a_seeded_world_has_the_requested_number_of_opportunities(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == len({row["id"] for row in rows}) == 1000


def test_the_same_seed_makes_the_same_world_and_another_seed_another(clock: Clock) -> None:
    def world(seed: int) -> list[tuple[str, tuple[str, ...]]]:
        sandbox = Sandbox(clock=clock)
        sandbox.seed(seed, 50)
        return [(row.id, tuple(row.tags)) for row in sandbox.world.lever.opportunities]

    assert world(1) == world(1)
    assert world(1) != world(2)


def test_a_seeded_world_has_the_oddities_of_real_accounts(rows: list[dict[str, Any]], clock: Clock) -> None:
    shares = Counter(
        name
        for row in rows
        for name, is_so in {
            "no application": not row["applications"],
            "no e-mail": not row["emails"],
            "several e-mails": len(row["emails"]) > 1,
            "no name": row["name"] == "",
            "never updated": row["updatedAt"] is None,
            "archived": row["archived"],
            "snoozed": row["snoozedUntil"],
            "anonymised": row["isAnonymized"],
            "confidential": row["confidentiality"] == "confidential",
            "no user in history": any("userId" not in change for change in row["stageChanges"]),
        }.items()
        if is_so
    )
    assert 20 < shares["no application"] < 100
    assert 300 < shares["no e-mail"] < 700
    assert shares["never updated"] > 800
    assert 200 < shares["archived"] < 500
    assert min(shares[name] for name in ("several e-mails", "no name", "snoozed", "anonymised", "confidential")) > 0
    assert shares["no user in history"] > 0
    assert max(Counter(row["contact"] for row in rows).values()) > 1
    tags = {tag for row in rows for tag in row["tags"]}
    assert {"vip", "VIP", "Full-time", "Full-Time"} <= tags


def test_nothing_in_a_seeded_world_is_in_the_future(rows: list[dict[str, Any]], clock: Clock) -> None:
    for row in rows:
        assert row["createdAt"] <= row["lastAdvancedAt"] <= clock.now_ms()
        assert row["stageChanges"][-1]["toStageId"] == row["stage"]
        assert row["stageChanges"][-1]["updatedAt"] == row["lastAdvancedAt"] or row["isAnonymized"]
        assert row["updatedAt"] is None or row["updatedAt"] <= clock.now_ms()


def test_seeding_replaces_the_world(sandbox: Sandbox, lever: Client, opportunity: str) -> None:
    sandbox.seed(1, 3)
    assert opportunity not in lever.listed("/opportunities")
    assert sandbox.count()["opportunities"] == 3
