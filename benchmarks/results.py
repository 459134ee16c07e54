"""Pushes hundreds of completed results: calls for each, and the used share of Lever's limit."""

from __future__ import annotations

import time

from benchmarks.office import Traffic, apart, forget, integration, office
from benchmarks.table import Rows, say

PROGRESSION_STAGE = "Recruiter screen"


def push() -> dict[str, int]:
    """Pushes the results that changed in Alva. Returns the counts by reason."""
    from alva_lever.batch.batch import Checkpoint
    from alva_lever.batch.run_report import RunReport
    from alva_lever.rules.window import Window
    from alva_lever.sync.integration import Attempt

    total, window = RunReport(), Window(0, round(time.time() * 1000))
    batches, listed = integration(PROGRESSION_STAGE).find_results(window)
    for batch in batches:
        # Each batch is a separate task with its own hooks, and lists the changes in Alva again.
        progress = Checkpoint()
        integration(PROGRESSION_STAGE).do_results(Attempt(batch, progress, lambda progress: None), listed=listed)
        total.add(progress.report)
    return total.counts


def run(candidates: int = 600) -> Rows:
    rows: Rows = []
    with office(candidates, completed=True) as (url, _):
        forget(url)
        counts = apart(push, url)
        lever, alva = Traffic(url, "lever"), Traffic(url, "alva")
    reads = sum(request["method"] == "GET" for request in lever.requests)
    listing = sum(request["path"] == "/candidates" for request in alva.requests)
    say(
        rows,
        f"{candidates} candidates",
        f"{counts}; Lever {reads / candidates:.2f} reads and "
        f"{(len(lever.requests) - reads) / candidates:.2f} writes each, Alva "
        f"{(len(alva.requests) - listing) / candidates:.2f} calls each and {listing} for the listing; "
        f"{lever.refused} x 429; {lever.share(10):.0%} of Lever's limit",
    )
    return rows
