"""Two Lever accounts in a running Airflow: what goes wrong in one is felt by no run and no webhook of the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import requests

from alva_lever.account import DEFAULT, URL_PREFIX, Account
from include.demo.rest import AirflowApi, Run
from include.demo.running import Running, running
from include.demo.settings import Connection, Pool, Settings, Variable
from include.sandbox import Sandbox
from tests.airflow.conftest import PATIENCE_SECONDS
from tests.two_accounts import BERLIN
from tests.web.conftest import signed

TRIGGER_STAGE = "Assessment"
# Where Lever's rate limit is in the way of nothing.
PACE = json.dumps({"calls_per_second": 100_000})


@dataclass(frozen=True)
class Side:
    """An account in Airflow, and its own Lever and Alva. `signing_token`: of its webhook."""

    account: Account
    sandbox: Sandbox
    posting: str
    signing_token: str
    webhook_url: str
    airflow: Running = field(repr=False)

    @property
    def api(self) -> AirflowApi:
        return self.airflow.api

    def wait_for(self, done: Callable[[], bool], what: str) -> None:
        self.airflow.start.wait_for(done, f"{what} ({self.account.account_id})", PATIENCE_SECONDS)

    def came(self, stage: str = TRIGGER_STAGE, at: datetime | None = None) -> str:
        """Returns a new candidate, of whom no webhook tells Airflow."""
        number, at_ms = (
            len(self.sandbox.world.lever.opportunities),
            None if at is None else round(at.timestamp() * 1000),
        )
        emails = [f"c{number}@candidates.example.com"]
        return self.sandbox.recruiter.apply(self.posting, "Ada Byron", emails, stage, at_ms=at_ms)

    def moved(self) -> str:
        """Returns a new candidate, of whose move into the trigger stage the webhook tells Airflow."""
        return self.sandbox.recruiter.move(self.came("New applicant"), TRIGGER_STAGE)

    def invited(self, *opportunities: str) -> list[object]:
        return [self.sandbox.candidates.find(opportunity)["invitations_sent"] for opportunity in opportunities]

    def statuses(self) -> set[int | None]:
        """Returns the statuses of Lever's answers since the journal was cleared."""
        return {call.status for call in self.sandbox.journal.of("lever")}

    def key(self, key: str) -> None:
        self.api.change_connection(self.account.lever_conn_id, "lever", password=key)

    def triggered(self, run_id: str) -> Run:
        """Starts a run for those who came in the last two hours."""
        since = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
        self.api.trigger(self.account.invite_dag_id, run_id, {"since": since})
        return self.api.run(self.account.invite_dag_id, run_id)

    def now(self, run: Run) -> Run:
        return self.api.run(run.dag_id, run.run_id)

    def ended(self, run: Run) -> Run:
        self.wait_for(lambda: self.now(run).is_done, f"{run.run_id} is done")
        return self.now(run)

    def runs(self, dag_id: str, count: int = 1) -> list[Run]:
        """Returns the DAG's runs once there are this many and all are done."""

        def done() -> bool:
            runs = self.api.runs(dag_id)
            return len(runs) >= count and all(run.is_done for run in runs)

        self.wait_for(done, f"{count} runs of {dag_id} are done")
        return self.api.runs(dag_id)

    def log(self, run: Run) -> str:
        folder = self.airflow.home / "logs" / f"dag_id={run.dag_id}" / f"run_id={run.run_id}"
        return "".join(file.read_text("utf-8") for file in folder.glob("**/*.log"))

    def tasks(self, run: Run) -> dict[str, tuple[str, int]]:
        """Returns the state of each task of a run that and how many attempts it took."""
        rows = self.api.get(f"dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances")["task_instances"]
        return {row["task_id"]: (row["state"], row["try_number"]) for row in rows}

    def at_once(self, run: Run) -> bool:
        """Whether each task of a run succeeded in its first attempt."""
        return set(self.tasks(run).values()) == {("success", 1)}


@dataclass(frozen=True)
class Two:
    airflow: Running
    default: Side
    berlin: Side


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Both accounts are set up, but berlin's key is wrong. All DAGs are paused."""
    accounts = {"alva_lever": {"accounts": "default, berlin"}}
    with ExitStack() as stack:
        here, there = (Sandbox(seed=seed, lever_calls_per_second=None) for seed in (1, 2))
        url, berlin_url = stack.enter_context(here.serve()), stack.enter_context(there.serve())
        airflow = stack.enter_context(running(tmp_path_factory.mktemp("airflow"), url, more=accounts))
        airflow.api.change_connection(DEFAULT.lever_conn_id, "lever", extra=PACE)
        options = json.dumps({"trigger_stage": TRIGGER_STAGE})
        airflow.api.load(
            Settings(
                (
                    Connection(
                        BERLIN.lever_conn_id, "lever", f"{berlin_url}/lever/v1", password="a-key-of-nobody", extra=PACE
                    ),
                    Connection(BERLIN.alva_conn_id, "alva", f"{berlin_url}/alva/v1", password=there.ALVA_KEY),
                ),
                (Pool(BERLIN.pool, 1),),
                (Variable(BERLIN.settings_variable, options),),
            )
        )
        yield Two(airflow, side(airflow, DEFAULT, here, url), side(airflow, BERLIN, there, berlin_url))


def side(airflow: Running, account: Account, sandbox: Sandbox, sandbox_url: str) -> Side:
    """Makes a webhook in the account's Lever, and stores its signing token in Airflow."""
    webhook_url = airflow.url + URL_PREFIX + account.lever_webhook_path
    made = requests.post(
        f"{sandbox_url}/lever/v1/webhooks",
        json={"event": "candidateStageChange", "url": webhook_url},
        auth=(sandbox.LEVER_KEY, ""),
        timeout=60,
    )
    token = made.json()["data"]["configuration"]["signatureToken"]
    airflow.api.load(Settings((Connection(account.lever_webhook_conn_id, "generic", password=token),)))
    sandbox.recruiter.switch_webhooks()
    return Side(account, sandbox, sandbox.recruiter.add_posting("Data Engineer"), token, webhook_url, airflow)


def test_what_is_wrong_with_one_account_is_felt_by_no_other(two: Two) -> None:
    """Berlin's key is wrong; once it is right, its Lever is down, and then at its limit. Meanwhile candidates of both
    come by the scheduled run, by webhooks and by manual runs."""
    default, berlin = two.default, two.berlin
    # Covered by the run that is due at once, also if an hour begins meanwhile: a run looks ten minutes further back.
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(minutes=1)
    ada, bo = default.came(at=at), berlin.came(at=at)
    for one in (default, berlin):
        for dag_id in (one.account.invite_dag_id, one.account.events_dag_id):
            two.airflow.api.unpause(dag_id)
    bea, bill = default.moved(), berlin.moved()
    for dag_id in (DEFAULT.invite_dag_id, DEFAULT.events_dag_id):
        run, *_ = default.runs(dag_id)
        assert default.at_once(run)
        assert default.api.report(run)["invited"] == 1
    for dag_id in (BERLIN.invite_dag_id, BERLIN.events_dag_id):
        run, *_ = berlin.runs(dag_id)
        assert run.state == "failed"
        assert "Lever answered 401 to GET /stages: the API key was not accepted" in berlin.log(run)
    assert [delivery.attempts for one in (default, berlin) for delivery in one.sandbox.deliveries.all()] == [[200]] * 2
    assert (default.invited(ada, bea), berlin.invited(bo, bill)) == ([1, 1], [0, 0])

    berlin.sandbox.faults.add("lever", status=503)
    # Four pauses together are shorter than the hook's patience, so that the task runs on as long as it can.
    berlin.sandbox.faults.add("lever", status=429, retry_after=35, times=None)
    berlin.key(berlin.sandbox.LEVER_KEY)
    for one in (default, berlin):
        one.sandbox.journal.clear()
    waiting = berlin.triggered("waits")
    berlin.wait_for(lambda: {503, 429} <= berlin.statuses(), "Lever has refused")
    cy, dee = default.came(), default.moved()
    run = default.ended(default.triggered("meanwhile"))
    *_, by_webhook = default.runs(DEFAULT.events_dag_id, 2)
    assert default.at_once(run)
    assert default.at_once(by_webhook)
    # It holds its pool's slot all the time.
    assert berlin.tasks(waiting)["find"] == ("running", 1)
    assert (default.invited(ada, bea, cy, dee), default.statuses()) == ([1, 1, 1, 1], {200})
    assert (berlin.invited(bo, bill), berlin.statuses()) == ([0, 0], {503, 429})

    berlin.sandbox.faults.clear()
    default.sandbox.journal.clear()
    assert berlin.ended(waiting).state == "success"
    assert (default.invited(ada, bea, cy, dee), berlin.invited(bo, bill)) == ([1, 1, 1, 1], [1, 1])
    assert default.sandbox.journal.of() == []
    assert all(f"Lever GET /stages: {status}, attempt " in berlin.log(waiting) for status in (503, 429))


@pytest.mark.parametrize("signs", ["default", "berlin"])
def test_a_delivery_that_the_other_account_signed_is_refused(two: Two, signs: str) -> None:
    signer, other = (two.default, two.berlin) if signs == "default" else (two.berlin, two.default)
    before = len(other.api.runs(other.account.events_dag_id))
    delivery = signed(signer.signing_token)
    assert requests.post(other.webhook_url, json=delivery, timeout=60).status_code == 401
    assert len(other.api.runs(other.account.events_dag_id)) == before
    assert requests.post(signer.webhook_url, json=delivery, timeout=60).status_code == 200
