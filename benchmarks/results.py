"""Hundreds who have completed their tests: calls each, and the share of Lever's limit that is used."""

from __future__ import annotations

from alva_lever.steps.crew import THREADS
from benchmarks.office import Traffic, apart, forget, office


def push() -> dict[str, int]:
    """What became of those who changed in Alva."""
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.lever.hook import LeverHook
    from alva_lever.rules.tally import Tally
    from alva_lever.settings import Options, resolve
    from alva_lever.steps.batch import Batch, Batches
    from alva_lever.steps.meter import Meter
    from alva_lever.steps.mirroring import Mirroring, changed_since, likely_calls
    from alva_lever.steps.progress import Progress

    options = Options(trigger_stage="New applicant", progression_stage="Recruiter screen")
    batches, total = Batches(), Tally()
    for opportunity_id, candidate in changed_since(AlvaHook(threads=THREADS), 0).candidates.items():
        batches.add({"id": opportunity_id}, likely_calls(candidate))
    for items in batches.all:
        # New hooks for each batch, as each is a task of its own; it lists again what changed in Alva.
        lever, alva, progress = LeverHook(threads=THREADS), AlvaHook(threads=THREADS), Progress()
        mirroring = Mirroring(
            changed_since(alva, 0).candidates,
            lever=lever,
            alva=alva,
            settings=resolve(options, lever.stages()),
            near_miss=progress.tally.near_miss,
        )
        batch: Batch[str] = Batch(
            mirroring.do, str, progress=progress, save=lambda progress: None, meter=Meter(lever, alva)
        )
        todo = batch.todo(str(item["id"]) for item in items)
        batch.work(todo, len(todo))
        total.add(progress.tally)
    return total.counts


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
