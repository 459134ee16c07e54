"""The whole suite: a storm of faults and kills while candidates come and people work, then calm, then judgement."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import requests

from include.demo.rest import Run
from tests.faults import personal
from tests.faults.crowd import Crowd
from tests.faults.oracle import Wrong
from tests.faults.stack import EVENTS, INVITE, POSTINGS, RESULTS, VICTIMS, Stack, stack
from tests.faults.storm import CALLS, Storm

PATIENCE_SECONDS = 1800.0  # 10,000 candidates, or a busy machine
STEP_SECONDS = 3.0
_LONGEST_STEP_SECONDS = 15.0
_CALLS_OF_A_STEP = 60
_LATE_MOVES = 10  # a step, when the storm subsides
_BURST_STEPS = 4
_BURST_SECONDS = 2.0
_GATHER_SECONDS = 10.0  # in the calm: invitations, too, cause a delivery each
_NAMING_STEPS = 5
_ROUNDS = 8  # of leftovers that became due
# One in so many candidates is refused by Lever as long as the storm lasts.
_LASTING_OF = 100


@dataclass(slots=True)
class Outcome:
    """What the suite has seen. `leftovers`: of the storm, by DAG, each with its fault."""

    seed: int
    candidates: int
    wrong: list[Wrong] = field(default_factory=list)
    found: list[personal.Found] = field(default_factory=list)
    searched: Counter[str] = field(default_factory=Counter)
    leftovers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    still_waiting: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lasting: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    unmet: list[str] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    killed: Counter[str] = field(default_factory=Counter)
    ended_alone: Counter[str] = field(default_factory=Counter)
    moves: Counter[str] = field(default_factory=Counter)
    deliveries: dict[str, int] = field(default_factory=dict)
    forged: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    mails: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def judged(self) -> Counter[str]:
        return Counter(wrong.what for wrong in self.wrong)

    def lines(self) -> list[str]:
        """Returns the figures, and every leftover by its id."""
        left = [
            f"    {dag_id} {one['item']['id']} {one['fault']}, attempt {one['attempts']}"
            for dag_id, waiting in self.leftovers.items()
            for one in waiting
        ]
        return [
            f"seed {self.seed}, {self.candidates} candidates: {self.judged['lost']} lost, {self.judged['twice']} "
            f"invited twice, {self.judged['tags']} with wrong tags, {self.judged['theirs']} with a person's tag "
            f"touched, {len(self.wrong)} wrong in all; {self.mails} e-mails",
            f"  personal data at rest: {len(self.found)} places; searched {_listed(self.searched)}",
            f"  faults met: {sum(self.faults.values())}: {_listed(self.faults)}; at "
            f"{len(CALLS) - len(self.unmet)} of {len(CALLS)} kinds of call, not at: {', '.join(self.unmet) or 'none'}",
            f"  killed: {_listed(self.killed)}; ended by themselves: {_listed(self.ended_alone)}",
            f"  moves of people: {_listed(self.moves)}",
            f"  deliveries: {self.deliveries}; forged or sent again by others: {_listed(self.forged)}",
            f"  runs: {_listed(self.runs)}; calls: {_listed(self.calls)}",
            "  seconds: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in self.seconds.items()),
            f"  leftovers of the storm: {len(left)}, of which wait at the end: "
            f"{sum(map(len, self.still_waiting.values()))}",
            *left,
            *(f"  WRONG {wrong}" for wrong in self.wrong),
            *(f"  FOUND {found}" for found in self.found[:50]),
        ]


def play(folder: Path, candidates: int, seed: int) -> Outcome:
    """Runs the suite in this folder. The order of all that is drawn is the seed's; when each meets what, is not."""
    outcome = Outcome(seed, candidates)
    began = time.monotonic()

    def took(phase: str) -> None:
        outcome.seconds[phase] = time.monotonic() - began - sum(outcome.seconds.values())

    with stack(folder, seed) as there:
        took("start")
        crowd, storm = Crowd(there.sandbox, seed), Storm(there.sandbox, seed)
        played = _Play(there, crowd, storm, outcome)
        played.storm(candidates, seed)
        took("storm")
        played.subside(seed)
        took("its end")
        outcome.faults, outcome.unmet, outcome.lasting = storm.met(), storm.unmet(), storm.lasting
        outcome.leftovers = there.leftovers()
        played.calm()
        took("calm")
        outcome.wrong = crowd.judge()
        outcome.still_waiting = there.leftovers()
        outcome.moves, outcome.killed = crowd.moves, Counter(there.killed)
        outcome.ended_alone = Counter(there.ended_alone)
        outcome.deliveries = there.sandbox.world.deliveries.summary()
        outcome.mails = sum(there.sandbox.world.alva.roster.invitations_sent.values())
        outcome.strangers = storm.strangers()
        outcome.calls = Counter(call.service for call in there.sandbox.journal.all())
        for dag_id in (INVITE, RESULTS, POSTINGS, EVENTS):
            outcome.runs.update(f"{dag_id} {run.state}" for run in there.runs(dag_id))
        outcome.found, outcome.searched = personal.search(there.home, there.installation.database)
        took("judgement")
    return outcome


class _Play:
    def __init__(self, there: Stack, crowd: Crowd, storm: Storm, outcome: Outcome) -> None:
        self._there = there
        self._crowd = crowd
        self._storm = storm
        self._outcome = outcome
        self._named: dict[str, list[str]] = {}
        self._to_name: list[str] = []
        self._sent_at = 0.0

    def storm(self, candidates: int, seed: int) -> None:
        steps = 18 + candidates // 100
        rng = random.Random(f"play {seed}")
        kills = _kills(rng, steps)
        due: list[str] = []
        every_pair = 500  # calls with kinds, and some to spare
        for step in range(steps):
            began, calls = time.monotonic(), self._there.calls()
            self._there.revive()
            self._there.grant_again()
            self._storm.blow(max(every_pair, candidates // 2) // steps + 1)
            self._disturb(rng, step)
            # All have come after two thirds of the time.
            share = _share(candidates, 3 * step, 2 * steps, 3)
            self._to_name += self._crowd.arrive(share)
            if step % _NAMING_STEPS == 0:
                self._name(f"{seed}-{step}")
            self._crowd.live(candidates * 3 // steps)
            self._crowd.hand_over()
            self._crowd.discuss()
            self._forge(rng)
            for opportunity_id in rng.sample([*self._crowd.people], _share(candidates // _LASTING_OF, step, steps)):
                self._storm.refuse(opportunity_id)
            self._work(began, calls + _CALLS_OF_A_STEP)
            due += kills.get(step, [])
            if due and self._kill(due[0], rng):
                del due[0]

    def subside(self, seed: int) -> None:
        """Draws no more faults, and works until each kind of call has met one that was drawn for it.

        People do less than before, so that the polls get their turns: runs that deliveries start have priority.
        """
        rng, deadline = random.Random(f"subside {seed}"), time.monotonic() + PATIENCE_SECONDS
        for step in itertools.count():
            if not self._storm.unmet() or time.monotonic() > deadline:
                return
            began, calls = time.monotonic(), self._there.calls()
            self._there.revive()
            self._there.grant_again()
            self._disturb(rng, step)
            self._crowd.live(_LATE_MOVES)
            self._crowd.hand_over()
            self._crowd.discuss()
            self._work(began, calls + _CALLS_OF_A_STEP)

    def _work(self, began: float, calls: int) -> None:
        """Waits until the step's time is over and so many calls have been made in all: a busy machine takes longer."""
        while (passed := time.monotonic() - began) < STEP_SECONDS or self._there.calls() < calls:
            if passed > _LONGEST_STEP_SECONDS:
                return
            self._there.revive()
            time.sleep(0.2)

    def _kill(self, victim: str, rng: random.Random) -> bool:
        """Kills in the middle of work: after some more calls, or when there are none for a while. Returns whether there
        was something to kill."""
        began, calls = time.monotonic(), self._there.calls() + rng.randrange(20)
        while self._there.calls() <= calls and time.monotonic() - began < _LONGEST_STEP_SECONDS:
            time.sleep(0.05)
        return self._there.kill(victim, rng)

    def _disturb(self, rng: random.Random, step: int) -> None:
        """Loses deliveries, doubles them, and sends them late, in bursts and in another order.

        Bursts, since each run that they start has priority over the polls, which are to meet the faults as well.
        """
        recruiter = self._there.sandbox.recruiter
        recruiter.disturb_webhooks(duplicates=rng.randrange(3), shuffled=rng.random() < 0.5)
        if step % _BURST_STEPS == 0:
            self._send_burst(backwards=rng.random() < 0.5)
        for event in ("applicationCreated", "candidateStageChange", "candidateHired", "candidateDeleted"):
            recruiter.switch_webhooks(rng.random() < 0.7, event)

    def _send_burst(self, *, backwards: bool = False) -> None:
        """Sends what has gathered. What comes later waits for the next burst."""
        self._there.sandbox.recruiter.hold_webhooks(False, reversed=backwards)
        self._there.sandbox.world.deliveries.wait(_BURST_SECONDS)
        self._there.sandbox.recruiter.hold_webhooks()
        self._sent_at = time.monotonic()

    def _forge(self, rng: random.Random) -> None:
        """Forged deliveries: untrue but signed, wrongly signed, and none at all."""
        recruiter, ids = self._there.sandbox.recruiter, [*self._crowd.people]
        event = rng.choice(["candidateDeleted", "candidateHired", "candidateStageChange", "applicationCreated"])
        recruiter.pretend(event, rng.choice(ids))
        self._outcome.forged["untrue"] += 1
        body = {
            "id": "x", "event": event, "triggeredAt": int(time.time() * 1000), "token": "0" * 48,
            "signature": "f" * 64, "data": {"opportunityId": rng.choice(ids), "contactId": rng.choice(ids)},
        }  # fmt: skip
        url = f"{self._there.installation.url}/alva-lever/webhooks/{rng.choice(['lever', 'alva'])}"
        try:
            status = requests.post(url, json=body, timeout=10).status_code
        except requests.RequestException:
            return  # the API server is down
        self._outcome.forged[f"not signed, answered {status}"] += 1

    def _name(self, run_id: str) -> None:
        """A person names candidates in a manual run, and tries again later where Airflow doesn't take it."""
        if self._to_name and self._there.name(f"named-{run_id}", self._to_name):
            self._crowd.named(self._to_name)
            self._named[f"named-{run_id}"], self._to_name = self._to_name, []

    def calm(self) -> None:
        """The faults end; runs go on until nothing is due, by webhook, by poll or as a leftover."""
        there, sandbox = self._there, self._there.sandbox
        self._storm.end()
        sandbox.recruiter.disturb_webhooks()
        sandbox.recruiter.switch_webhooks()
        for _ in range(_ROUNDS):
            there.wait(self._is_done, "deliveries and manual runs are done", PATIENCE_SECONDS)
            self._name_again()
            there.wait(self._is_done, "those who were named again are done", PATIENCE_SECONDS)
            there.wait(there.let_time_pass, "no task calls Lever for a moment", PATIENCE_SECONDS)
            counts = {dag_id: len(self._since(dag_id, 0)) for dag_id in (INVITE, RESULTS, POSTINGS)}
            there.wait(partial(self._ran_since, counts), "the three DAGs have run once more", PATIENCE_SECONDS)
            if not any(there.leftovers().values()) and all(
                {"success"} == {run.state for run in self._since(dag_id, count) if run.is_done}
                for dag_id, count in counts.items()
            ):
                return

    def _is_done(self) -> bool:
        """Whether all is delivered, and all that was asked for by a delivery or a person is done."""
        if time.monotonic() - self._sent_at > _GATHER_SECONDS:
            self._send_burst()
        runs = [run for dag_id in (INVITE, EVENTS) for run in self._there.runs(dag_id)]
        asked = [run for run in runs if not run.run_id.startswith("scheduled")]
        return self._there.sandbox.world.deliveries.settled() and all(run.is_done for run in asked)

    def _since(self, dag_id: str, count: int) -> list[Run]:
        """Returns the scheduled runs but for the first so many."""
        return [run for run in self._there.runs(dag_id) if run.run_id.startswith("scheduled")][count:]

    def _ran_since(self, counts: dict[str, int]) -> bool:
        """Whether each DAG has a run that was scheduled after these and has ended."""
        return all(any(run.is_done for run in self._since(dag_id, count)) for dag_id, count in counts.items())

    def _name_again(self) -> None:
        """A manual run that failed before it had found anybody is started again by a person."""
        failed = [run for run in self._there.runs(INVITE) if run.state == "failed" and run.run_id.startswith("named-")]
        again = [run for run in failed if "find" in self._there.failed_tasks(run)]
        for run in again:
            self._to_name += self._named.pop(run.run_id, [])
        self._name(f"again-{time.time():.0f}")


def _kills(rng: random.Random, steps: int) -> dict[int, list[str]]:
    """Draws a victim for every third step, each kind at least once, and none in the first two."""
    places = [*range(2, steps, 3)]
    victims = [*rng.sample(VICTIMS, len(VICTIMS)), *rng.choices(VICTIMS, k=max(0, len(places) - len(VICTIMS)))]
    return {place: [victim] for place, victim in zip(places, victims, strict=False)}


def _share(count: int, step: int, steps: int, stride: int = 1) -> int:
    """Returns how many of these belong to this step, if they are spread evenly over the steps."""
    return count * min(step + stride, steps) // steps - count * min(step, steps) // steps


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
