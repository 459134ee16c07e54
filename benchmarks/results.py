"""Hundreds who have completed their tests: calls each, and the share of Lever's limit that is used."""

from __future__ import annotations

from alva_lever.steps.crew import THREADS
from benchmarks.office import Traffic, apart, forget, office


def push() -> dict[str, int]:
    """What became of those who changed in Alva."""
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.lever.hook import LeverHook
    from alva_lever.rules.settings import Options, resolve
    from alva_lever.steps.batch import Batch
    from alva_lever.steps.mirroring import Mirroring, changed_since
    from alva_lever.steps.progress import Progress

    progress = Progress()
    options = Options("New applicant", progression_stage="Recruiter screen")
    while True:
        # A new hook for each turn, as each turn is a task of its own.
        lever, alva = LeverHook(threads=THREADS), AlvaHook(threads=THREADS)
        settings = resolve(options, lever.stages())
        changed = changed_since(alva, 0)
        mirroring = Mirroring(
            changed, lever=lever, alva=alva, settings=settings, near_miss=progress.tally.near_miss, dry_run=False
        )
        batch = Batch(mirroring, lever=lever, alva=alva, progress=progress, save=lambda progress: None)
        if batch.work([(name, None) for name in changed]):
            return progress.tally.counts


def run(candidates: int = 600) -> None:
    with office(candidates, completed=True) as (url, _):
        forget(url)
        counts = apart(push, url)
        lever, alva = Traffic(url, "lever"), Traffic(url, "alva")
    reads = sum(request["method"] == "GET" for request in lever.requests)
    listing = sum(request["path"] == "/candidates" for request in alva.requests)
    print(
        f"  {candidates} candidates: {counts}; Lever {reads / candidates:.2f} reads and "
        f"{(len(lever.requests) - reads) / candidates:.2f} writes each, Alva "
        f"{(len(alva.requests) - listing) / candidates:.2f} calls each and {listing} for the listing; "
        f"{lever.refused} x 429; {lever.share(10):.0%} of Lever's limit"
    )
