"""A small office: both services in one process, the hooks that call them, and helpers that read the outcome."""

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
from alva_lever.rules.model import Stage
from alva_lever.rules.window import OVERLAP_MS, Window
from alva_lever.settings import Options, Settings, resolve
from alva_lever.sync.events import Departures
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
    """The batches and the report of a poll."""

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
        """The opportunities that the batches have to decide about."""
        return self.of(Kind.MOVED)


@dataclass
class Office:
    """`run` does a batch, `find` a poll, `tell` the departures; the rest reads the requests and the present state."""

    monkeypatch: pytest.MonkeyPatch
    clock: Clock = field(default_factory=lambda: _frozen(NOW_MS))
    time: Time = field(default_factory=Time)
    options: Options = field(default_factory=lambda: Options(trigger_stage=TRIGGER))
    # Changes the settings that the options resolve to.
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
        """Starts again: one posting and no applications."""
        self.sandbox.reset()
        self._furnish()

    def _furnish(self) -> None:
        self.connect()
        self.progress = Checkpoint()
        self.posting = self.recruiter.add_posting("Data Engineer", team="Platform")

    @property
    def candidates(self) -> Candidates:
        return self.sandbox.candidates

    # Connections and hooks.

    def connect(self, url: str = IN_PROCESS, *, lever_key: str = Sandbox.LEVER_KEY) -> None:
        """New hooks use this URL and key from now on."""
        lever = {"conn_type": "lever", "host": f"{url}/lever/v1", "password": lever_key}
        alva = {"conn_type": "alva", "host": f"{url}/alva/v1", "password": Sandbox.ALVA_KEY}
        self.monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(lever))
        self.monkeypatch.setenv("AIRFLOW_CONN_ALVA_DEFAULT", json.dumps(alva))

    def restricted_key(self, **permissions: str) -> None:
        """New hooks use a Lever key with only these permissions from now on."""
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
        """Returns the window of the last hours."""
        return Window(self.clock.now_ms() - round(hours * HOUR_MS), self.clock.now_ms())

    def apply(self, name: str = "Ada Byron", *, posting: str | None = None, **options: Any) -> str:
        """Adds a candidate in the trigger stage, with a unique address unless `emails` is given."""
        number = len(self.sandbox.world.lever.opportunities)
        given = {"emails": [f"c{number}@candidates.example.com"], **options}
        return self.recruiter.apply(posting or self.posting, name, **given)

    def applied(self, count: int, **options: Any) -> list[str]:
        return [self.apply(**options) for _ in range(count)]

    def reenter(self, opportunity: str) -> None:
        """Moves the candidate out of the trigger stage and back, as recruiters do to ask again."""
        self.later()
        self.recruiter.move(opportunity, ELSEWHERE)
        self.later()
        self.recruiter.move(opportunity, TRIGGER)

    # Work.

    def integration(self) -> Integration:
        """Returns an integration as a task makes it."""
        return Integration(self.settings, self.lever(), self.alva(), now=self.now)

    def begin(self) -> None:
        """Starts with an empty checkpoint and no known job positions."""
        self.progress, self.known_positions = Checkpoint(), {}

    def attempt(
        self, items: Iterable[Item], *, save: Callable[[Checkpoint], None] = lambda progress: None, **fields: Any
    ) -> Attempt:
        """Returns an attempt at a batch. Saves as JSON and reads it back, like a task. `fields`: those of `Attempt`."""

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
        """Returns a batch's items. `named`: the opportunities that a person named in the run `run_id`."""
        items: list[Item] = []
        for opportunity_id in opportunities:
            claim = Claim(named_ms={run_id: self.clock.now_ms()} if opportunity_id in named else {})
            items.append({"id": opportunity_id, **claim.as_json()})
        return items

    def do(
        self,
        items: Iterable[Item],
        *,
        window: Window | None = None,
        save: Callable[[Checkpoint], None] = lambda progress: None,
        **fields: Any,
    ) -> None:
        """Works on a batch of opportunities. `fields`: those of `Attempt`."""
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
        """Runs over these opportunities. Returns the counts of the report and keeps `progress`, also if the run fails.

        `named` and `run_id` as in `items`. `again`: a retry with the present checkpoint. `fields`: as in `do`.
        """
        if not again:
            self.begin()
        self.do(self.items(opportunities, named=named, run_id=run_id), **fields)
        return self.progress.report.counts

    def push(
        self, *opportunities: str, since_ms: int | None = None, again: bool = False, **fields: Any
    ) -> dict[str, int]:
        """Runs the results DAG for these, or for all that changed in Alva since then. Returns the report's counts."""
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
        """Runs the results DAG for the candidates that changed in the last 15 minutes."""
        return self.push(since_ms=self.clock.now_ms() - 15 * MINUTE_MS, **options)

    def deliver(
        self, *events: Event, again: bool = False, received_ms: int | None = None, **fields: Any
    ) -> dict[str, int]:
        """Runs over these deliveries. Returns the counts of the report, and is otherwise like `run`.

        `received_ms`: when the deliveries arrived, if not now.
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
        """Marks candidates as hired or removes them, as if Lever had confirmed each departure."""
        self.begin()
        lever, alva, attempt = self.lever(), self.alva(), self.attempt([])
        departures, gone = Departures(alva, dry_run=dry_run), set(deleted)
        batch = Batch(
            lambda opportunity_id: (
                departures.remove(opportunity_id) if opportunity_id in gone else departures.hire(opportunity_id)
            ),
            progress=attempt.progress,
            save=attempt.save,
            meter=Meter(lever, alva),
        )
        batch.work([*gone, *hired])
        return self.progress.report

    def sync(
        self, *, again: bool = False, save: Callable[[Checkpoint], None] = lambda progress: None, **fields: Any
    ) -> dict[str, int]:
        """Runs the nightly DAG. Returns the counts of the report. `again` and `progress` as in `run`."""
        integration = self.integration()
        if not again:
            self.begin()
            batches = integration.find_postings(self.progress.report)
            self.to_be_synced = [item for batch in batches for item in batch]
        integration.do_postings(self.attempt(self.to_be_synced, save=save, **fields))
        return self.progress.report.counts

    def poll(self, window: Window, **fields: Any) -> dict[str, int]:
        """Does a whole hourly run: the poll and its batches. Returns the counts of the report."""
        found = self.find(window)
        total = found.report
        for batch in found.batches:
            self.begin()
            self.do(batch, window=window, **fields)
            total.add(self.progress.report)
        return total.counts

    # The present state.

    def status(self, opportunity: str) -> list[str]:
        """Returns the integration's own tags, without `Alva: `, in their order in Lever."""
        found = self.sandbox.look(opportunity)["tags"]
        return [tag.removeprefix("Alva: ") for tag in found if tag in tags.OWNED]

    def stage(self, opportunity: str) -> str:
        """Returns the name of the opportunity's stage."""
        return str(self.sandbox.look(opportunity)["stage"])

    def other_tags(self, opportunity: str) -> list[str]:
        return [tag for tag in self.sandbox.look(opportunity)["tags"] if tag not in tags.OWNED]

    def notes(self, opportunity: str) -> list[str]:
        """Returns the texts of the notes without an author, the oldest first."""
        return [note["text"] for note in self.sandbox.look(opportunity)["notes"] if note["author"] is None]

    def refs(self, opportunity: str) -> list[str]:
        """Returns the last line of each of these notes, without `Ref: alva-lever/`."""
        return [text.rpartition("\n")[2].removeprefix("Ref: alva-lever/") for text in self.notes(opportunity)]

    def failures(self, opportunity: str) -> list[str]:
        """Returns the word of each failure or bounce that a note reports."""
        parts = [ref.split("/") for ref in self.refs(opportunity)]
        return [part[1] if part[0] == "failure" else part[0] for part in parts]

    def sent(self, opportunity: str) -> int:
        """Returns how many invitation e-mails were sent in all."""
        sent: int = self.sandbox.candidates.find(opportunity)["invitations_sent"]  # type: ignore[assignment]
        return sent

    def in_alva(self, opportunity: str) -> dict[str, Any]:
        found: Any = self.sandbox.candidates.find(opportunity)["candidate"]
        assert found is not None
        return dict(found)

    def positions(self) -> list[Any]:
        return self.sandbox.world.alva.positions.all()

    # The requests that arrived.

    def arrived(self, service: str | None = None, method: str | None = None, path: str | None = None) -> list[Arrived]:
        return self.sandbox.journal.of(service, method, path)

    def asked(self, service: str | None = None) -> list[str]:
        """Returns method and last word of the path of each write, such as `POST addTags`, in order of arrival."""
        found = [one for one in self.arrived(service) if one.method in WRITES]
        return [f"{one.method} {one.path.rpartition('/')[2]}" for one in found]

    def writes(self) -> int:
        return len(self.asked())

    def forget(self) -> None:
        """Empties the journal."""
        self.sandbox.journal.clear()


def _frozen(ms: int) -> Clock:
    clock = Clock(ms)
    clock.freeze()
    return clock
