"""Does what webhook deliveries ask for, on the state as it is now."""

from __future__ import annotations

import time
from typing import Any

from airflow.sdk import Context

from alva_lever.operators.base import LeverAlvaOperator
from alva_lever.operators.run import Run
from alva_lever.operators.turns import Turns


class HandleEventsOperator(LeverAlvaOperator):
    """Looks once at each opportunity that the run's deliveries speak of: invites, hires, removes, writes results, or
    does nothing.

    The run's conf is `{"deliveries": [{"kind", "opportunity", "application"?} or {"kind", "candidate"}, ...]}`; kinds
    are those of `rules.claims.Kind`. It works in turns at Lever's limit, as `InviteCandidatesOperator` does.

    XCom `return_value`: `{"tally", "finished"}`, also when it failed (`finished` is then false).
    """

    def work(self, context: Context) -> dict[str, Any]:
        from alva_lever.alva.hook import AlvaHook
        from alva_lever.lever.hook import LeverHook
        from alva_lever.operators.settings import read_settings
        from alva_lever.rules.claims import Event, claims, results_of
        from alva_lever.steps.batch import Batch
        from alva_lever.steps.claiming import Claiming
        from alva_lever.steps.crew import THREADS, unfinished
        from alva_lever.steps.departures import Departures
        from alva_lever.steps.inviting import Errand, Inviting
        from alva_lever.steps.mirroring import Mirroring, resolve
        from alva_lever.steps.progress import Progress

        run, turns = Run.of(context), Turns(context)
        events = [Event.of(told) for told in run.deliveries]
        lever, alva = LeverHook(self.lever_conn_id, threads=THREADS), AlvaHook(self.alva_conn_id, threads=THREADS)
        # Here rather than by whichever thread comes first: a connection comes over the task's one line to Airflow.
        alva.get_conn()
        progress = turns.progress() or Progress()

        def work() -> bool:
            settings = read_settings(lever)
            resolved = resolve(alva, list({event.candidate_id: None for event in events if event.candidate_id}))
            for candidate_id in set(resolved.missing) - progress.done:
                progress.tally.count("not_in_alva", candidate_id)
                progress.done.add(candidate_id)
            claimed = claims([*events, *map(results_of, resolved.candidates)])
            errand = Errand(
                settings=settings,
                window=None,
                run_id=run.run_id,
                announced={name: claim.applications for name, claim in claimed.items()},
                arrived=frozenset(name for name, claim in claimed.items() if claim.tells_of_arrival_alone),
                dry_run=run.dry_run,
                repeated=turns.repeated(progress),
                began_ms=run.began_ms,
            )
            tally = progress.tally
            claiming = Claiming(
                claimed,
                lever=lever,
                inviting=Inviting(
                    lever=lever, alva=alva, errand=errand, near_miss=tally.near_miss, positions=progress.positions
                ),
                departures=Departures(alva, dry_run=run.dry_run),
                mirroring=Mirroring(
                    resolved.candidates,
                    lever=lever,
                    alva=alva,
                    settings=settings,
                    near_miss=tally.near_miss,
                    dry_run=run.dry_run,
                ),
                received_ms=run.queued_ms,
                now_ms=int(time.time() * 1000),
            )
            batch = Batch(claiming, lever=lever, alva=alva, progress=progress, save=turns.save)
            finished = batch.work([(name, None) for name in claimed])
            if finished and resolved.faults:
                raise unfinished(resolved.faults, len(events), "deliveries")
            return finished

        return turns.play(work, progress)
