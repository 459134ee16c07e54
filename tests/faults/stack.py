"""The whole stack: the sandbox, and an Airflow whose processes are killed and started again, as a supervisor does."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import requests

from include.demo.airflow import Installation, command
from include.demo.home import RECORD, home_of_its_own
from include.demo.interruptions import Interruptions
from include.demo.ports import free_port
from include.demo.printing import Progress
from include.demo.processes import DemoError, Fleet
from include.demo.rest import AirflowApi, Run
from include.demo.settings import Connection, Settings, Variable, load_settings
from include.demo.start import PROJECT, Start
from include.sandbox import Sandbox
from include.sandbox.lever.oauth import CLIENT_ID

INVITE, RESULTS = "alva_lever_invite_candidates", "alva_lever_push_results"
POSTINGS, EVENTS = "alva_lever_sync_postings", "alva_lever_handle_events"
CALLS_PER_SECOND = 500  # Lever's limit and the integration's pace, raised together
TOKEN_SECONDS = 60  # how long a token of Lever's OAuth lasts
READ_SECONDS = 2  # how long a call waits for an answer
# As many deliveries at once as fit into one run, so that the suite's time is not that of hundreds of small runs.
WEBHOOK_CONNECTIONS = 70
_CONNECTION = {"calls_per_second": CALLS_PER_SECOND, "timeout": READ_SECONDS}
_SANDBOX_PORT = 8765  # as in airflow_settings.yaml
_GRANT = "alva_lever_oauth_token"
_POLL_SECONDS = 1.0
# Waits that are minutes in Airflow's own settings, so that what is killed is noticed within the test's time.
_SHORT = {
    "scheduler": {
        "task_instance_heartbeat_sec": "2",
        "task_instance_heartbeat_timeout": "15",
        "task_instance_heartbeat_timeout_detection_interval": "3",
        "scheduler_health_check_threshold": "15",
        "orphaned_tasks_check_interval": "5",
        "task_queued_timeout": "30",
        "task_queued_timeout_check_interval": "5",
    },
}
TASK, WORKER, SCHEDULER, SCHEDULER_ALONE, API_SERVER = (
    "a task", "a worker", "the scheduler with its workers", "the scheduler alone", "the API server",
)  # fmt: skip
VICTIMS = (TASK, WORKER, SCHEDULER, SCHEDULER_ALONE, API_SERVER)


class Stack:
    """The running stack. What has ended, by a kill or by itself, is started again by `revive`."""

    def __init__(
        self, sandbox: Sandbox, sandbox_url: str, installation: Installation, fleet: Fleet, start: Start
    ) -> None:
        self.sandbox = sandbox
        self.sandbox_url = sandbox_url
        self.installation = installation
        self.api = AirflowApi(installation.url)
        self.killed: list[str] = []
        self.ended_alone: list[str] = []
        self._fleet = fleet
        self._start = start
        self._expected: set[str] = set()

    @property
    def home(self) -> Path:
        return self.installation.home

    def calls(self) -> int:
        """Counts the calls that have reached the sandbox."""
        return len(self.sandbox.journal)

    # Killing and starting

    def kill(self, victim: str, rng: random.Random) -> bool:
        """Kills one process, or the scheduler with all that it started, by SIGKILL. Returns whether there was one."""
        if victim in (TASK, WORKER):
            doomed = self._of_tasks(victim)
            doomed = [rng.choice(doomed)] if doomed else []
        else:
            name = "api-server" if victim == API_SERVER else "scheduler"
            leader = psutil.Process(self._fleet.named(name).process.pid)
            doomed = [leader] if victim == SCHEDULER_ALONE else [leader, *leader.children(recursive=True)]
            self._expected.add(name)
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if doomed:
            self.killed.append(victim)
        return bool(doomed)

    def _of_tasks(self, victim: str) -> list[psutil.Process]:
        """Returns the processes that run tasks, or their supervisors: an idle worker is never killed, since it holds
        the lock of the queue that all workers read."""
        found: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            scheduler = psutil.Process(self._fleet.named("scheduler").process.pid)
            for worker in scheduler.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    found += worker.children() if victim == TASK else ([worker] if worker.children() else [])
        return found

    def revive(self) -> None:
        """Starts what has ended, as a supervisor does."""
        for name in self._fleet.ended():
            if name not in self._expected:
                self.ended_alone.append(name)
            self._expected.discard(name)
            self._start.run(name, command(*self.installation.components[name]))

    def wait(self, done: Callable[[], bool], what: str, timeout_seconds: float) -> None:
        """Polls until `done()`, and starts again what ends meanwhile."""
        deadline = time.monotonic() + timeout_seconds
        for poll in itertools.count():
            self.revive()
            if poll % 10 == 0:
                self.grant_again()
            with contextlib.suppress(DemoError):
                if done():
                    return
            if time.monotonic() > deadline:
                raise DemoError(f"After {timeout_seconds:.0f} seconds, still waiting until {what}: {self.home}")
            time.sleep(_POLL_SECONDS)

    # What a person does on Airflow's side

    def name(self, run_id: str, ids: list[str]) -> bool:
        """Triggers a manual run for these candidates. Returns whether Airflow took it."""
        body = {"dag_run_id": run_id, "logical_date": None, "conf": {"opportunity_ids": ids}}
        try:
            url = f"{self.installation.url}/api/v2/dags/{INVITE}/dagRuns"
            return requests.post(url, json=body, timeout=10).status_code in (200, 409)
        except requests.RequestException:
            return False

    def grant(self) -> None:
        """Grants access: what the page stores after a sign-in."""
        with self.sandbox.world.lock:
            sign_in, now_ms = self.sandbox.world.lever.sign_in, self.sandbox.clock.now_ms()
            scopes = tuple(_scopes())
            code = sign_in.code(scopes, "http://127.0.0.1/granted", now_ms)
            tokens = sign_in.tokens(sign_in.codes.pop(code), now_ms)
        root = self.sandbox_url
        grant = {
            "access_token": tokens["access_token"],
            "refresh_token": tokens["refresh_token"],
            "expires_at": now_ms // 1000 + TOKEN_SECONDS,
            "lifetime_seconds": TOKEN_SECONDS,
            "granted_at": now_ms // 1000,
            "client_id": CLIENT_ID,
            "audience": f"{root}/lever/v1/",
            "sign_in": f"{root}/lever/sign-in",
        }
        self.api.load(Settings(variables=(Variable(_GRANT, "{}"),)))
        self.api.change_variable(_GRANT, json.dumps(grant))

    def grant_again(self) -> bool:
        """Grants access again where the integration says that Lever refuses it."""
        try:
            answer = requests.get(f"{self.installation.url}/api/v2/variables/{_GRANT}", timeout=10)
            refused = answer.ok and json.loads(answer.json()["value"]).get("refused")
        except (requests.RequestException, ValueError):
            return False
        if refused:
            self.grant()
        return bool(refused)

    # What Airflow shows

    # Read from its database, since its API server may be down.

    def runs(self, dag_id: str) -> list[Run]:
        """Returns all runs of a DAG, the oldest first."""
        with self._database() as database:
            rows = database.execute(
                "select run_id, state, run_after from dag_run where dag_id = ? order by id", (dag_id,)
            ).fetchall()
        return [Run(dag_id, run_id, state, datetime.fromisoformat(after)) for run_id, state, after in rows]

    def failed_tasks(self, run: Run) -> set[str]:
        """Returns the tasks of a run that failed."""
        query = "select task_id from task_instance where dag_id = ? and run_id = ? and state = 'failed'"
        with self._database() as database:
            return {task_id for (task_id,) in database.execute(query, (run.dag_id, run.run_id))}

    def leftovers(self) -> dict[str, list[dict[str, Any]]]:
        """Returns what waits for another attempt, by DAG, from Airflow's asset state store."""
        waiting: dict[str, list[dict[str, Any]]] = {}
        with self._database() as database:
            rows = database.execute(
                "select asset.name, store.value from asset_state_store store join asset on asset.id = store.asset_id "
                "where store.key like 'leftovers%'"
            )
            for name, text in rows:
                value = json.loads(text)
                found = value["first"] if isinstance(value, dict) else value
                waiting.setdefault(name.removesuffix("_covered"), []).extend(found)
        return waiting

    def let_time_pass(self) -> bool:
        """Makes all leftovers due now: the hours that they would wait pass.

        Does nothing and returns False while a task holds Lever's slot, since it writes back what it has read.
        """
        now_ms = int(time.time() * 1000)
        with self._database() as database:
            database.execute("begin immediate")
            holding = "select count(*) from task_instance where pool = 'lever_api' and state in ('queued', 'running')"
            if database.execute(holding).fetchone()[0]:
                return False
            query = "select rowid, value from asset_state_store where key like 'leftovers%'"
            for row, text in database.execute(query).fetchall():
                value = json.loads(text)
                for leftover in value["first"] if isinstance(value, dict) else value:
                    leftover["due_ms"] = min(leftover["due_ms"], now_ms)
                database.execute("update asset_state_store set value = ? where rowid = ?", (json.dumps(value), row))
        return True

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.installation.database, timeout=60)
        try:
            with connection:
                yield connection
        finally:
            connection.close()


@contextmanager
def stack(folder: Path, seed: int) -> Iterator[Stack]:
    """Starts the sandbox and Airflow; Lever is reached by OAuth, and the webhooks are registered."""
    sandbox = Sandbox(
        seed=seed,
        lever_calls_per_second=CALLS_PER_SECOND,
        lever_burst=2 * CALLS_PER_SECOND,
        webhook_waits_seconds=(1, 2, 4),
        webhook_connections=WEBHOOK_CONNECTIONS,
    )
    with sandbox.serve() as url, Interruptions() as interruptions, home_of_its_own(folder) as home:
        fleet = Fleet(home / RECORD)
        try:
            (home / "config").mkdir()
            shutil.copy(Path(__file__).with_name("policy.py"), home / "config" / "airflow_local_settings.py")
            port = free_port(0, other_than=0)
            # A database that doesn't wait for the disk would need the file that has the policy.
            installation = Installation(home, PROJECT / "dags", PROJECT / "plugins", port, _SHORT, durable=True)
            start = Start(fleet, home, Progress(), interruptions)
            there = Stack(sandbox, url, installation, fleet, start)
            start.airflow(installation, there.api)
            settings = load_settings(PROJECT / "airflow_settings.yaml")
            there.api.load(_ours(settings.at_port(_SANDBOX_PORT, int(url.rpartition(":")[2]))))
            sandbox.world.lever.sign_in.lifetime_seconds = TOKEN_SECONDS
            there.grant()
            _connect_webhooks(there)
            start.parsed(there.api, PROJECT / "dags")
            for dag_id in (INVITE, RESULTS, POSTINGS, EVENTS):
                there.api.unpause(dag_id)
            yield there
        finally:
            interruptions.end()
            sandbox.world.deliveries.stop()
            fleet.stop()


def _ours(settings: Settings) -> Settings:
    """Returns the settings with our pace and time-out, and without a key for Lever, so that the grant is used."""
    extra = json.dumps(_CONNECTION)
    changed: dict[str, dict[str, Any]] = {
        "lever_default": {"extra": extra, "password": None},
        "alva_default": {"extra": extra},
    }
    return replace(
        settings, connections=tuple(replace(one, **changed.get(one.conn_id, {})) for one in settings.connections)
    )


def _connect_webhooks(there: Stack) -> None:
    sandbox, base = there.sandbox, f"{there.installation.url}/alva-lever/webhooks"
    tokens = []
    session = requests.Session()
    session.auth = (sandbox.LEVER_KEY, "")
    for event in ("applicationCreated", "candidateStageChange", "candidateHired", "candidateDeleted"):
        body = {"event": event, "url": f"{base}/lever"}
        answer = session.post(f"{there.sandbox_url}/lever/v1/webhooks", json=body, timeout=60)
        answer.raise_for_status()
        tokens.append(answer.json()["data"]["configuration"]["signatureToken"])
    sandbox.recruiter.switch_webhooks()
    alva = sandbox.world.ids.hex(48)
    sandbox.candidates.connect_webhook(f"{base}/alva", alva)
    there.api.load(
        Settings(
            connections=(
                Connection("lever_webhook", "generic", password=" ".join(tokens)),
                Connection("alva_webhook", "generic", password=alva),
            )
        )
    )


def _scopes() -> list[str]:
    from alva_lever.lever.permissions import SCOPES

    return [*SCOPES]
