"""Inviting hundreds: calls each, and the share of Lever's limit that is used while a task paces."""

from __future__ import annotations

import time

from alva_lever.steps.crew import THREADS
from benchmarks.office import Traffic, apart, forget, office


def invite(url: str, threads: int) -> dict[str, int]:
    """What became of all who stand in the trigger stage."""
    from alva_lever.alva.hook import AlvaHook
    from alva_lever.lever.hook import LeverHook
    from alva_lever.rules.claims import Claim
    from alva_lever.rules.tally import Tally
    from alva_lever.rules.window import Window
    from alva_lever.settings import Options, resolve
    from alva_lever.steps.candidates import do_candidates
    from alva_lever.steps.finding import Finding
    from alva_lever.steps.inviting import Errand
    from alva_lever.steps.progress import Progress

    listing, total, window = LeverHook(), Tally(), Window(0, round(time.time() * 1000))
    settings = resolve(Options(trigger_stage="New applicant"), listing.stages())
    finding = Finding(listing, settings, window, tally=total)
    finding.find()
    # To find them is a task of its own, and isn't measured here.
    forget(url)
    positions: dict[str, str] = {}
    for batch in finding.batches.all:
        # New hooks for each batch, as each is a task of its own.
        lever, alva, progress = LeverHook(threads=threads), AlvaHook(threads=threads), Progress()
        errand = Errand(
            settings=resolve(Options(trigger_stage="New applicant"), lever.stages()),
            window=window,
            claims={str(item["id"]): Claim.of(item) for item in batch},
        )
        do_candidates(
            errand,
            contacts={str(item["id"]): item.get("contact") for item in batch},
            lever=lever,
            alva=alva,
            progress=progress,
            save=lambda progress: None,
            positions=positions,
            now_ms=window.end_ms,
            threads=threads,
        )
        total.add(progress.tally)
    return total.counts


def run(candidates: int = 600) -> None:
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
        print(
            f"  {name}: {counts}; Lever {each:.2f} calls each and {stages} for the stages, Alva "
            f"{len(alva.requests) / number:.2f}; {lever.refused} x 429; {measured[name]:.0%} of Lever's limit"
        )
    several, one = list(measured.values())[1:]
    print(f"  {THREADS} threads against one, on a slow network: x {several / one:.1f}")
