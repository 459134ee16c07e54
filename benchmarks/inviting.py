"""Inviting hundreds: calls each, and the share of Lever's limit that is used while a task paces."""

from __future__ import annotations

import time

from alva_lever.steps.crew import THREADS
from benchmarks.office import Traffic, apart, forget, office


def invite(ids: list[str], threads: int) -> dict[str, int]:
    """What became of them."""
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.lever.filters import OpportunityFilter
    from alva_lever.lever.hook import LeverHook
    from alva_lever.rules.settings import Options, resolve
    from alva_lever.rules.window import Window
    from alva_lever.steps.batch import Batch
    from alva_lever.steps.inviting import Errand, Inviting
    from alva_lever.steps.progress import Progress

    listing = LeverHook(calls_per_second=10)
    settings = resolve(Options("New applicant"), listing.stages())
    stage = OpportunityFilter(stage_id=(settings.trigger_stage.id,))
    pairs = [(row.id, None) for row in listing.opportunities(stage) if row.id in set(ids)]
    errand = Errand(settings=settings, window=Window(0, round(time.time() * 1000)), run_id="bench")
    progress = Progress()
    while True:
        # A new hook for each turn, as each turn is a task of its own.
        lever, alva = LeverHook(threads=threads), AlvaHook(threads=threads)
        inviting = Inviting(
            lever=lever, alva=alva, errand=errand, near_miss=progress.tally.near_miss, positions=progress.positions
        )
        batch = Batch(inviting, lever=lever, alva=alva, progress=progress, save=lambda progress: None, threads=threads)
        if batch.work(pairs):
            return progress.tally.counts


def run(candidates: int = 600) -> None:
    measured = {}
    for name, number, threads, slow_seconds in (
        (f"{candidates} candidates", candidates, THREADS, 0.0),
        ("150, answers take 0.3 s", 150, THREADS, 0.3),
        ("150, answers take 0.3 s, one thread", 150, 1, 0.3),
    ):
        with office(number, slow_seconds=slow_seconds) as (url, ids):
            forget(url)
            counts = apart(invite, url, ids, threads)
            lever, alva = Traffic(url, "lever"), Traffic(url, "alva")
        # The walk that tells who there is comes before the batch, and isn't measured.
        listing = [request for request in lever.requests if ["stage_id", "applicant-new"] in request["query"]]
        lever.requests = lever.requests[1 + len(listing) :]
        measured[name] = lever.share(10)
        print(
            f"  {name}: {counts}; Lever {len(lever.requests) / number:.2f} calls each, Alva "
            f"{len(alva.requests) / number:.2f}; {lever.refused} x 429; {measured[name]:.0%} of Lever's limit"
        )
    several, one = list(measured.values())[1:]
    print(f"  {THREADS} threads against one, on a slow network: x {several / one:.1f}")
