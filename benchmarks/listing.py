"""Finds thousands of candidates: requests, connections, and the memory for pages."""

from __future__ import annotations

import resource
import time

from benchmarks.office import Traffic, apart, forget, integration, office
from benchmarks.table import Rows, say

FEW, MANY = 1000, 5000


def find() -> tuple[int, int]:
    """Returns the number of candidates found and the peak memory in KiB."""
    from alva_lever.batch.run_report import RunReport
    from alva_lever.rules.window import Window

    batches = integration().find_candidates(Window(0, round(time.time() * 1000)), RunReport())
    return sum(map(len, batches)), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run() -> Rows:
    rows: Rows = []
    peaks = {}
    for opportunities in (FEW, MANY):
        with office(opportunities) as (url, _):
            forget(url)
            found, peaks[opportunities] = apart(find, url)
            traffic = Traffic(url, "lever")
        in_stage = [request for request in traffic.requests if ["stage_id", "applicant-new"] in request["query"]]
        catch_up = [request for request in in_stage if "advanced_at_end" not in dict(request["query"])]
        say(
            rows,
            f"{opportunities} in the trigger stage",
            f"{found} found; {len(in_stage) - len(catch_up)} requests for the "
            f"listing and {len(catch_up)} to catch up; {traffic.connections} connection; {traffic.refused} x 429; "
            f"{traffic.share(10):.0%} of the limit; peak memory {peaks[opportunities] / 1024:.0f} MiB",
        )
    say(rows, f"memory for {MANY // FEW} times as many pages", f"x {peaks[MANY] / peaks[FEW]:.2f}")
    return rows
