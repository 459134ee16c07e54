"""A batch of opportunities: what is claimed of each carried out, whichever way in it came."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alva_lever.alva.hook import AlvaHook
from alva_lever.lever.hook import LeverHook
from alva_lever.steps.batch import Batch
from alva_lever.steps.claiming import Claiming
from alva_lever.steps.crew import THREADS
from alva_lever.steps.inviting import Errand
from alva_lever.steps.looking import Look, Looking
from alva_lever.steps.meter import Meter
from alva_lever.steps.progress import Progress


def do_candidates(
    errand: Errand,
    *,
    contacts: Mapping[str, str | None],
    lever: LeverHook,
    alva: AlvaHook,
    progress: Progress,
    save: Callable[[Progress], None],
    positions: dict[str, str],
    now_ms: int,
    earlier: Mapping[str, str] | None = None,
    threads: int = THREADS,
) -> None:
    """Those of `contacts` that are not done yet.

    `contacts`: a contact's id for each opportunity about which nothing is likely to be done, None for the others. The
    rest as in `Batch` and `Claiming`.

    :raises ApiError: as `Batch.work`.
    """
    claiming = Claiming(
        lever=lever,
        alva=alva,
        errand=errand,
        progress=progress,
        positions=positions,
        earlier=earlier or {},
        now_ms=now_ms,
    )
    batch: Batch[Look | str] = Batch(
        claiming.do,
        lambda item: item if isinstance(item, str) else item.opportunity_id,
        progress=progress,
        save=save,
        meter=Meter(lever, alva),
        threads=threads,
    )
    todo = batch.todo(contacts)
    batch.work(Looking(lever).ahead([(one, contacts[one]) for one in todo]), len(todo))
