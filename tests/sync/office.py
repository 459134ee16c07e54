"""A small office: both services in one process, hooks that talk to them, and what a test asks of the result."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from requests.adapters import BaseAdapter

from alva_lever.alva.hook import AlvaHook
from alva_lever.batch.batch import Batch, Checkpoint
from alva_lever.batch.leftovers import Item
from alva_lever.batch.run_report import Meter, RunReport
from alva_lever.batch.worker_pool import THREADS
from alva_lever.lever.hook import LeverHook
from alva_lever.rules import tags
from alva_lever.rules.events import Claim, Event, Kind
from alva_lever.rules.policy import Stage
from alva_lever.rules.window import OVERLAP_MS, Window
from alva_lever.settings import Options, Settings, resolve
from alva_lever.sync.departures import Departures
from alva_lever.sync.integration import Attempt, Integration
from alva_lever.sync.items import POSTING, spoken_of
from include.sandbox import Clock, Sandbox
from include.sandbox.candidates import Candidates
from include.sandbox.journal import Arrived
from include.sandbox.sandbox import IN_PROCESS
from tests.http.recording import Time

NOW_MS = 1_767_225_600_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
TRIGGER, ELSEWHERE, FURTHER = "New applicant", "Recruiter screen", "Offer"
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass
class Found:
    """What a poll found."""

    batches: list[list[Item]] = field(default_factory=list)
    report: RunReport = field(default_factory=RunReport)

    def of(self, kind: Kind) -> list[str]:
        items = [item for batch in self.batches for item in batch if item.get("is") != POSTING]
        return [str(item["id"]) for item in items if kind in Claim.of(item).kinds]

    @property
    def hired(self) -> list[str]:
        return self.of(Kind.HIRED)

    @property
    def deleted(self) -> list[str]:
        return self.of(Kind.DELETED)

    @property
    def waiting(self) -> list[str]:
        """Those that are to be looked at and decided."""
        return self.of(Kind.MOVED)


@dataclass
class Office:
    """`run` does a batch, `find` a poll, `tell` the departures; the rest asks what arrived and what there is now."""

    monkeypatch: pytest.MonkeyPatch
    clock: Clock = field(default_factory=lambda: _frozen(NOW_MS))
    time: Time = field(default_factory=Time)
    options: Options = field(default_factory=lambda: Options(trigger_stage=TRIGGER))
    # What is made of the options, where that is more than they say.
    adapted: Callable[[Settings], Settings] = field(default=lambda settings: settings)
    progress: Checkpoint = field(default_factory=Checkpoint)
    known_positions: dict[str, str] = field(default_factory=dict)
    to_be_synced: list[Item] = field(default_factory=list)
    adapter: BaseAdapter | None = None

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(clock=self.clock, lever_calls_per_second=None)
        self.recruiter, self.faults = self.sandbox.recruiter, self.sandbox.faults
        self._furnish()

    def reopen(self) -> None:
        """As on the first day: nobody has applied to the one posting."""
        self.sandbox.reset()
        self._furnish()

    def _furnish(self) -> None:
        self.connect()
        self.progress = Checkpoint()
        self.posting = self.recruiter.add_posting("Data Engineer", team="Platform")

    @property
    def candidates(self) -> Candidates:
        return self.sandbox.candidates

    # Who asks.

    def connect(self, url: str = IN_PROCESS, *, lever_key: str = Sandbox.LEVER_KEY) -> None:
        """From now on, hooks that are made go there with this key."""
        lever = {"conn_type": "lever", "host": f"{url}/lever/v1", "password": lever_key}
        alva = {"conn_type": "alva", "host": f"{url}/alva/v1", "password": Sandbox.ALVA_KEY}
        self.monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(lever))
        self.monkeypatch.setenv("AIRFLOW_CONN_ALVA_DEFAULT", json.dumps(alva))

    def restricted_key(self, **permissions: str) -> None:
        """From now on, hooks use a key of Lever's with these permissions alone."""
        self.connect(lever_key=self.sandbox.add_lever_key("another-key", permissions))

    def lever(self) -> LeverHook:
        return LeverHook(**self._hook())

    def alva(self) -> AlvaHook:
        return AlvaHook(**self._hook())

    def _hook(self) -> dict[str, Any]:
        return {
            "threads": THREADS,
            "calls_per_second": 1_000_000.0,
            "adapter": self.adapter or self.sandbox.adapter(),
            "clock": self.time.clock,
            "now": self.now,
            "sleep": self.time.sleep,
        }

    @property
    def settings(self) -> Settings:
        stages = [Stage(row.id, row.text) for row in self.sandbox.world.lever.stages.values()]
        return self.adapted(resolve(self.options, stages))

    # Time and people.

    def now(self) -> float:
        return self.clock.now_ms() / 1000

    def later(self, minutes: float = 1) -> int:
        return self.clock.advance(round(minutes * MINUTE_MS))

    def window(self, hours: float = 1) -> Window:
        """The hours up to now."""
        return Window(self.clock.now_ms() - round(hours * HOUR_MS), self.clock.now_ms())

    def apply(self, name: str = "Ada Byron", *, posting: str | None = None, **options: Any) -> str:
        """Somebody applies, with an address of their own unless `emails` says otherwise. In the trigger stage."""
        number = len(self.sandbox.world.lever.opportunities)
        given = {"emails": [f"c{number}@candidates.example.com"], **options}
        return self.recruiter.apply(posting or self.posting, name, **given)

    def applied(self, count: int, **options: Any) -> list[str]:
        return [self.apply(**options) for _ in range(count)]

    def reenter(self, opportunity: str) -> None:
        """Away from the trigger stage and back, as recruiters ask again."""
        self.later()
        self.recruiter.move(opportunity, ELSEWHERE)
        self.later()
        self.recruiter.move(opportunity, TRIGGER)

    # Work.

    def integration(self) -> Integration:
        """As a task makes one."""
        return Integration(self.settings, self.lever(), self.alva(), now=self.now)

    def begin(self) -> None:
        """Nothing is done yet, and no job position is known."""
        self.progress, self.known_positions = Checkpoint(), {}

    def attempt(
        self, items: Iterable[Item], *, save: Callable[[Checkpoint], None] = lambda progress: None, **fields: Any
    ) -> Attempt:
        """At a batch. Saved as a task does: as JSON, and read again. `fields`: those of `Attempt`."""

        def keep(done: Checkpoint) -> None:
            save(done)
            self.progress = Checkpoint.of(json.loads(json.dumps(done.as_json())))

        return Attempt(list(items), self.progress, keep, **fields)

    def items(
        self,
        opportunities: Iterable[str],
        *,
        named: Collection[str] = (),
        run_id: str = "run-1",
    ) -> list[Item]:
        """`named`: whom a person named, in that run."""
        items: list[Item] = []
        for one in opportunities:
            claim = Claim(named_ms={run_id: self.clock.now_ms()} if one in named else {})
            items.append({"id": one, **claim.as_json()})
        return items

    def do(
        self,
        items: Iterable[Item],
        *,
        window: Window | None = None,
        save: Callable[[Checkpoint], None] = lambda progress: None,
        **fields: Any,
    ) -> None:
        """A batch of opportunities. `fields`: those of `Attempt`."""
        attempt = self.attempt(items, save=save, **fields)
        self.integration().do_candidates(attempt, window=window, positions=self.known_positions)

    def run(
        self,
        *opportunities: str,
        again: bool = False,
        named: Collection[str] = (),
        run_id: str = "run-1",
        **fields: Any,
    ) -> dict[str, int]:
        """A run over these; the counts of its report. `progress` is kept, also if the run fails.

        `named` and `run_id` as in `items`. `again`: a retry, which knows what is done. `fields`: as in `do`.
        """
        if not again:
            self.begin()
        self.do(self.items(opportunities, named=named, run_id=run_id), **fields)
        return self.progress.report.counts

    def push(
        self, *opportunities: str, since_ms: int | None = None, again: bool = False, **fields: Any
    ) -> dict[str, int]:
        """A run of the results DAG for who changed in Alva since then, or for these; the counts of its report."""
        if not again:
            self.begin()
        integration, listed, since_ms = self.integration(), 0, since_ms or 0
        if opportunities:
            batches = integration.named_results(opportunities)
        else:
            batches, listed = integration.find_results(Window(since_ms + OVERLAP_MS, self.clock.now_ms()))
        attempt = self.attempt([item for batch in batches for item in batch], **fields)
        integration.do_results(attempt, since_ms=since_ms, listed=listed)
        return self.progress.report.counts

    def push_lately(self, **options: Any) -> dict[str, int]:
        """The same for who changed in the last quarter of an hour."""
        return self.push(since_ms=self.clock.now_ms() - 15 * MINUTE_MS, **options)

    def deliver(
        self, *events: Event, again: bool = False, received_ms: int | None = None, **fields: Any
    ) -> dict[str, int]:
        """A run for these deliveries; the counts of its report. As `run`, otherwise.

        `received_ms`: when they came, where that is not now.
        """
        if not again:
            self.begin()
        items = spoken_of(events, self.clock.now_ms() if received_ms is None else received_ms)
        self.integration().do_events(self.attempt(items, **fields))
        return self.progress.report.counts

    def find(self, window: Window | None = None, due: Iterable[Item] = ()) -> Found:
        found = Found()
        found.batches = self.integration().find_candidates(window or self.window(), found.report, due)
        return found

    def tell(self, hired: Iterable[str] = (), deleted: Iterable[str] = (), *, dry_run: bool = False) -> RunReport:
        """Departures, as if Lever had confirmed each."""
        self.begin()
        lever, alva, attempt = self.lever(), self.alva(), self.attempt([])
        departures, gone = Departures(alva, dry_run=dry_run), set(deleted)
        batch = Batch(
            lambda one: departures.remove(one) if one in gone else departures.hire(one),
            progress=attempt.progress,
            save=attempt.save,
            meter=Meter(lever, alva),
        )
        batch.work([*gone, *hired])
        return self.progress.report

    def sync(
        self, *, again: bool = False, save: Callable[[Checkpoint], None] = lambda progress: None, **fields: Any
    ) -> dict[str, int]:
        """A night; the counts of its report. `again` and `progress` as in `run`."""
        integration = self.integration()
        if not again:
            self.begin()
            batches = integration.find_postings(self.progress.report)
            self.to_be_synced = [item for batch in batches for item in batch]
        integration.do_postings(self.attempt(self.to_be_synced, save=save, **fields))
        return self.progress.report.counts

    def poll(self, window: Window, **fields: Any) -> dict[str, int]:
        """All of an hourly run: find, and do. The counts of its report."""
        found = self.find(window)
        total = found.report
        for batch in found.batches:
            self.begin()
            self.do(batch, window=window, **fields)
            total.add(self.progress.report)
        return total.counts

    # What there is.

    def status(self, opportunity: str) -> list[str]:
        """The integration's own tags, without `Alva: `, in the order in which they stand."""
        found = self.sandbox.look(opportunity)["tags"]
        return [tag.removeprefix("Alva: ") for tag in found if tag in tags.OWNED]

    def stage(self, opportunity: str) -> str:
        """The name of the stage in which it is."""
        return str(self.sandbox.look(opportunity)["stage"])

    def other_tags(self, opportunity: str) -> list[str]:
        return [tag for tag in self.sandbox.look(opportunity)["tags"] if tag not in tags.OWNED]

    def notes(self, opportunity: str) -> list[str]:
        """The texts of the notes that nobody signed, the oldest first."""
        return [note["text"] for note in self.sandbox.look(opportunity)["notes"] if note["author"] is None]

    def refs(self, opportunity: str) -> list[str]:
        """What their last lines say after `Ref: alva-lever/`."""
        return [text.rpartition("\n")[2].removeprefix("Ref: alva-lever/") for text in self.notes(opportunity)]

    def failures(self, opportunity: str) -> list[str]:
        """The word of each failure or bounce that was reported."""
        parts = [ref.split("/") for ref in self.refs(opportunity)]
        return [part[1] if part[0] == "failure" else part[0] for part in parts]

    def sent(self, opportunity: str) -> int:
        """How many invitation e-mails were ever sent."""
        sent: int = self.sandbox.candidates.find(opportunity)["invitations_sent"]  # type: ignore[assignment]
        return sent

    def in_alva(self, opportunity: str) -> dict[str, Any]:
        found: Any = self.sandbox.candidates.find(opportunity)["candidate"]
        assert found is not None
        return dict(found)

    def positions(self) -> list[Any]:
        return self.sandbox.world.alva.positions.all()

    # What arrived.

    def arrived(self, service: str | None = None, method: str | None = None, path: str | None = None) -> list[Arrived]:
        return self.sandbox.journal.of(service, method, path)

    def asked(self, service: str | None = None) -> list[str]:
        """`POST addTags`: method and last word of the path of what was written, in the order of arrival."""
        found = [one for one in self.arrived(service) if one.method in WRITES]
        return [f"{one.method} {one.path.rpartition('/')[2]}" for one in found]

    def writes(self) -> int:
        return len(self.asked())

    def forget(self) -> None:
        """An empty journal."""
        self.sandbox.journal.clear()


def _frozen(ms: int) -> Clock:
    clock = Clock(ms)
    clock.freeze()
    return clock
