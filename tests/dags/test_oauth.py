"""Whole runs with a granted token in place of a key."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from airflow.models.variable import Variable
from airflow.sdk import Variable as TaskVariable
from airflow.utils.session import create_session
from sqlalchemy import delete, select

from alva_lever.lever.hook import LeverHook
from alva_lever.lever.oauth import Grant
from include.sandbox import Sandbox
from include.sandbox.lever.oauth import CLIENT_ID, CLIENT_SECRET, SignInDoor
from tests.dags.people import THIS_HOUR, announced, applied, sent
from tests.dags.runner import HOUR, Runner
from tests.granting import answered, query_of

VARIABLE = "alva_lever_oauth_token"
CALLBACK = "http://127.0.0.1:8080/alva-lever/granted"


@pytest.fixture
def served(served: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both services, with a connection to Lever that has no key, and one that has the OAuth app."""
    lever = {"conn_type": "lever", "host": f"{served}/lever/v1", "extra": {"calls_per_second": 100_000}}
    app = {"conn_type": "generic", "host": served + SignInDoor.root, "login": CLIENT_ID, "password": CLIENT_SECRET}
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", json.dumps(lever))
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_OAUTH", json.dumps(app))
    return served


@pytest.fixture
def granted(database: None, served: str, sandbox: Sandbox) -> Iterator[Callable[..., Grant]]:
    """Grants access with a token that lasts so many seconds, and stores it in Airflow's database."""

    def grant(lasts_seconds: int = 3600) -> Grant:
        sandbox.world.lever.sign_in.lifetime_seconds = lasts_seconds
        sign_in = LeverHook().sign_in()
        url = sign_in.app.authorize_url(redirect_uri=CALLBACK, state="s")
        with requests.Session() as session:
            made = sign_in.grant(query_of(answered(session, url))["code"], redirect_uri=CALLBACK)
        Variable.set(VARIABLE, made.model_dump_json())
        sandbox.world.lever.sign_in.lifetime_seconds = 3600
        sandbox.journal.clear()
        return made

    yield grant
    with create_session() as session:
        session.execute(delete(Variable).where(Variable.key == VARIABLE))


def stored() -> Grant:
    with create_session() as session:
        row = session.scalar(select(Variable).where(Variable.key == VARIABLE))
        assert row is not None
        assert row.is_encrypted
        return Grant.model_validate_json(row.val)


def renewals(sandbox: Sandbox) -> list[int | None]:
    return [arrived.status for arrived in sandbox.journal.of("sign_in", path="/oauth/token")]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What the logs of the tasks say, with the errors that ended them."""
    return lambda: capsys.readouterr().out + caplog.text


def told(logged: Callable[[], str]) -> str:
    """Returns what was logged, without what an Airflow in one process says of its own messages."""
    return "\n".join(line for line in logged().splitlines() if "Sending request" not in line)


def in_airflow() -> str:
    """Returns everything that Airflow keeps of runs and tasks."""
    from airflow.models.asset_state_store import AssetStateStoreModel
    from airflow.models.dagrun import DagRun
    from airflow.models.task_state_store import TaskStateStoreModel
    from airflow.models.xcom import XComModel

    kept: list[Any] = []
    with create_session() as session:
        for model in (XComModel, TaskStateStoreModel, AssetStateStoreModel, DagRun):
            kept += [tuple(row) for row in session.execute(select(*model.__table__.columns))]
    return repr(kept)


def test_fifty_tasks_in_the_second_it_ends_renew_once(
    hourly: Runner, events: Runner, sandbox: Sandbox, posting: str, granted: Callable[..., Grant],
    monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str],
) -> None:  # fmt: skip
    monkeypatch.setattr("alva_lever.batch.batch.MOST_IN_BATCH", 1)
    people = [applied(sandbox, posting) for _ in range(46)]
    late = applied(sandbox, posting, stage="Recruiter screen")
    before = granted(lasts_seconds=1)
    time.sleep(1)
    run = hourly.scheduled(THIS_HOUR)
    assert run.state == "success"
    assert len(run.tasks["invite"]) >= 46
    for _ in range(3):
        assert events.manual(deliveries=announced("stage_changed", late)).state == "success"
    assert renewals(sandbox) == [200]
    assert [sent(sandbox, opportunity) for opportunity in people] == [1] * 46
    after = stored()
    text = told(logged) + in_airflow()
    assert "is renewed" in text
    secret = {
        CLIENT_SECRET,
        *(token for grant in (before, after) for token in (grant.access_token, grant.refresh_token)),
    }
    assert len(secret) == 5
    assert not [token for token in secret if token in text]


def test_the_scopes_are_enough_for_all_that_is_done(
    hourly: Runner, events: Runner, results: Runner, nightly: Runner, sandbox: Sandbox, posting: str,
    granted: Callable[..., Grant], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    done, hired = (applied(sandbox, posting) for _ in range(2))
    sandbox.recruiter.change_posting(posting, tags=["Alva: Screening"])
    granted()
    runs = [hourly.scheduled(THIS_HOUR)]
    sandbox.candidates.finish(done)
    sandbox.recruiter.hire(hired)
    runs += [events.manual(deliveries=announced("hired", hired)), results.manual(), nightly.manual()]
    assert [run.state for run in runs] == ["success"] * 4
    assert runs[2].counts["completed"] == 1
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")  # as the command that registers webhooks
    lever = LeverHook()
    webhook = lever.create_webhook(event="candidateHired", url="https://airflow.example.com/hook")
    lever.delete_webhook(webhook.id)
    assert {arrived.status for arrived in sandbox.journal.of("lever")} <= {200, 201, 204}


def test_a_401_in_the_middle_of_a_run_renews_once(
    hourly: Runner, sandbox: Sandbox, posting: str, granted: Callable[..., Grant]
) -> None:
    people = [applied(sandbox, posting) for _ in range(10)]
    grant = granted()

    def end() -> None:
        with sandbox.world.lock:
            sandbox.world.lever.sign_in.end(grant.access_token)

    sandbox.faults.add("lever", "GET", "/opportunities/*", kind="call", action=end, skip=3)
    run = hourly.scheduled(THIS_HOUR)
    assert run.state == "success"
    assert renewals(sandbox) == [200]
    assert [sent(sandbox, opportunity) for opportunity in people] == [1] * 10


class Killed(BaseException):
    """The task's process is killed."""


def test_killed_between_the_answer_and_the_storing_the_next_run_says_to_grant_again(
    hourly: Runner, sandbox: Sandbox, granted: Callable[..., Grant], monkeypatch: pytest.MonkeyPatch,
    said: Callable[[], str],
) -> None:  # fmt: skip
    granted(lasts_seconds=1)
    time.sleep(1)
    with monkeypatch.context() as dying:

        def die(*arguments: object, **options: object) -> None:
            raise Killed

        dying.setattr(TaskVariable, "set", die)
        assert hourly.scheduled(THIS_HOUR - HOUR).state == "failed"
    assert renewals(sandbox) == [200]
    hourly.retry("find", 3)
    run = hourly.scheduled(THIS_HOUR)
    assert (run.state, run.tasks["find"]) == ("failed", ["failed"])
    assert "no longer accepts the access that was granted. Grant access again on the page" in said()
    assert renewals(sandbox) == [200, 403]
    assert stored().refused
    granted()
    assert hourly.again(run.run_id).state == "success"


def test_a_refresh_token_that_has_ended_fails_at_once_with_what_to_do(
    events: Runner, sandbox: Sandbox, posting: str, granted: Callable[..., Grant], said: Callable[[], str]
) -> None:
    opportunity = applied(sandbox, posting)
    granted(lasts_seconds=1)
    time.sleep(1)
    with sandbox.world.lock:
        sandbox.world.lever.sign_in.revoke()
    events.retry("handle", 3)
    run = events.manual(deliveries=announced("stage_changed", opportunity))
    assert (run.state, run.tasks["handle"]) == ("failed", ["failed"])
    assert "Grant access again on the page" in said()
    assert renewals(sandbox) == [403]
