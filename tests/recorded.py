"""A recording of a real account, if there is one, and the report expected from the hourly DAG for it."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from include.sandbox import Sandbox

RECORDED = Path(os.environ.get("SANDBOX_RECORDED") or Path(__file__).parents[1] / "../shared/recorded")


def recorded_rows() -> list[dict[str, Any]]:
    """Returns the recorded opportunities; skips the test if there is no recording."""
    if not (RECORDED / "opportunities.json").is_file():
        pytest.skip("no folder with real recorded traffic: name one in SANDBOX_RECORDED to run the DAG on it")
    pages = json.loads((RECORDED / "opportunities.json").read_text("utf-8"))
    return [row for page in pages for row in page["response"]["data"]]


def counted(sandbox: Sandbox, rows: list[dict[str, Any]], stage: str) -> Counter[str]:
    """Returns the report expected from the files. Only the sandbox knows the posting of an application."""
    hired = {row["id"] for row in _listing("archive-reasons.json") if row["type"] == "hired"}
    postings = {row.id: row.posting.id for row in sandbox.world.lever.opportunities if row.posting}
    invited: set[tuple[str, str]] = set()
    counts: Counter[str] = Counter()
    # In the order of the listing, latest entry first: a person who is there twice is invited for the first one.
    for row in sorted(rows, key=lambda row: (-row["lastAdvancedAt"], row["id"])):
        if row["archived"]:
            counts["not_in_alva" if row["archived"]["reason"] in hired else "archived"] += 1
        elif row["stage"] != stage:
            counts["not_requested"] += 1
        elif not row["emails"]:
            counts["missing_email"] += 1
        elif not row["applications"]:
            counts["no_posting"] += 1
        else:
            person = (row["emails"][0].casefold(), postings[row["id"]])
            counts["refused_by_alva" if person in invited else "trigger_stage"] += 1
            invited.add(person)
    return counts


def _listing(name: str) -> list[dict[str, Any]]:
    return [row for page in json.loads((RECORDED / name).read_text("utf-8")) for row in page["response"]["data"]]
