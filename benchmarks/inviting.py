"""Invites hundreds of candidates: calls for each, and the used share of Lever's limit."""

from __future__ import annotations

import time

from alva_lever.batch.worker_pool import THREADS
from benchmarks.office import Traffic, apart, forget, integration, office
from benchmarks.table import Rows, say


def invite(url: str, threads: int) -> dict[str, int]:
    """Invites all candidates in the trigger stage. Returns the counts by reason."""
    from alva_lever.batch.batch import Checkpoint
    from alva_lever.batch.run_report import RunReport
    from alva_lever.rules.window import Window
    from alva_lever.sync.integration import Attempt

    total, window = RunReport(), Window(0, round(time.time() * 1000))
    batches = integration().find_candidates(window, total)
    # Finding them is another task, and isn't measured here.
    forget(url)
    positions: dict[str, str] = {}
    for batch in batches:
        # Each batch is a separate task with its own hooks.
        progress = Checkpoint()
        attempt = Attempt(batch, progress, lambda progress: None)
        integration(threads=threads).do_candidates(attempt, window=window, positions=positions)
        total.add(progress.report)
    return total.counts


def run(candidates: int = 600) -> Rows:
    rows: Rows = []
    measured = {}
    for name, number, threads, slow_seconds in (
        (f"{candidates} candidates", candidates, THREADS, 0.0),
        ("150, answers take 0.3 s", 150, THREADS, 0.3),
        ("150, answers take 0.3 s, one thread", 150, 1, 0.3),
    ):
        with office(number, slow_seconds=slow_seconds) as (url, _):
            counts = apart(invite, url, url, threads)
            lever, alva = Traffic(url, "lever"), Traffic(url, "alva")
        stages = sum(request["path"] == "/stages" for request in lever.requests)
        each = (len(lever.requests) - stages) / number
        measured[name] = lever.share(10)
        say(
            rows,
            name,
            f"{counts}; Lever {each:.2f} calls each and {stages} for the stages, Alva "
            f"{len(alva.requests) / number:.2f}; {lever.refused} x 429; {measured[name]:.0%} of Lever's limit",
        )
    several, one = list(measured.values())[1:]
    say(rows, f"{THREADS} threads compared with one, on a slow network", f"x {several / one:.1f}")
    return rows
