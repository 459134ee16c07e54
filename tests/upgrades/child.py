"""Works on an Airflow database of its own, in a process of its own, with the candidates of a sandbox of its own.

`python -m tests.upgrades.child keep DATABASE`: makes the database, with all the state that the integration keeps, as
this version writes it. `... carry-on DATABASE`: brings a kept database up to the installed Airflow, goes on with it,
and prints what was read of it, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import Any

from include.sandbox import Sandbox

# Encrypts the passwords and Variables of the kept database. It protects nothing.
FERNET_KEY = "YWx2YS1sZXZlci1rZWVwcy1ub3RoaW5nLXNlY3JldCE="
FIRST_HOUR = datetime(2026, 11, 26, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
INVITE, RESULTS = "alva_lever_invite_candidates", "alva_lever_push_results"
SIGNING_TOKEN = "5f0c8a3be1d94762b8e6f1a09c7d2e43"
GRANT = {
    "access_token": "an-access-token-that-has-run-out",
    "refresh_token": "a-refresh-token",
    "expires_at": 1_700_003_600,
    "lifetime_seconds": 3600,
    "granted_at": 1_700_000_000,
    "client_id": "a-client",
    "audience": "https://api.lever.co/v1/",
    "sign_in": "https://auth.lever.co",
}


def candidates(sandbox: Sandbox) -> tuple[str, str]:
    """Adds two candidates who entered the trigger stage in the first hour. A sandbox gives the same ids each time."""
    posting = sandbox.recruiter.add_posting("Engineer", team="Platform", hiring_manager_email="mo@hiring.example.com")
    at_ms = round((FIRST_HOUR + HOUR / 2).timestamp() * 1000)
    ada, grace = (
        sandbox.recruiter.apply(posting, name, emails=[f"c{number}@candidates.example.com"], at_ms=at_ms)
        for number, name in enumerate(("Ada Byron", "Grace Murray"))
    )
    return ada, grace


def keep(sandbox: Sandbox) -> dict[str, Any]:
    """Leaves a report, a covered time, a leftover, options, signing tokens and a grant in the database."""
    from airflow.models.connection import Connection
    from airflow.models.dagcode import DagCode
    from airflow.models.log import Log
    from airflow.models.pool import Pool
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.variable import Variable
    from airflow.utils import db
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    from tests.dags.runner import Runner

    db.initdb()
    with create_session() as session:
        Pool.create_or_update_pool("lever_api", 1, "one at a time", include_deferred=False, session=session)
        session.add(Connection(conn_id="lever_webhook", conn_type="generic", password=SIGNING_TOKEN))
    Variable.set("alva_lever_settings", json.dumps({"trigger_stage": "New applicant", "blocked_origins": ["agency"]}))
    Variable.set("alva_lever_oauth_token", json.dumps(GRANT))
    ada, _ = candidates(sandbox)
    sandbox.faults.add("lever", "POST", f"/opportunities/{ada}/addTags", status=400, times=None)
    run = Runner(INVITE).scheduled(FIRST_HOUR)
    assert run.counts == {"trigger_stage": 1, "leftover": 1}, run
    assert Runner(RESULTS).scheduled(FIRST_HOUR, FIRST_HOUR + HOUR).report is not None
    # A newer Airflow parses the DAGs again, so their source need not be kept.
    with create_session() as session:
        for model in (DagCode, SerializedDagModel, Log):
            session.execute(delete(model))
    return {}


def carry_on(sandbox: Sandbox) -> dict[str, Any]:
    """Migrates the database and covers a later hour with it."""
    from airflow.utils import db

    from alva_lever import connect
    from alva_lever.account import DEFAULT
    from alva_lever.lever.granted_token import read_grant
    from alva_lever.web import airflow_records
    from alva_lever.web.signing_tokens import signing_tokens
    from tests.dags.runner import Runner

    db.upgradedb()
    ada, _ = candidates(sandbox)
    before = airflow_records.last_reported(INVITE)
    run = Runner(INVITE).scheduled(FIRST_HOUR + 2 * HOUR)
    mirrored = Runner(RESULTS).scheduled(FIRST_HOUR + 2 * HOUR, FIRST_HOUR + 3 * HOUR)
    # As in Airflow's API server, where the page reads them.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    grant = read_grant("alva_lever_oauth_token")
    return {
        "kept report": before and dict(before.report or {}),
        "ada": ada,
        "tags": sandbox.look(ada)["tags"],
        "run": [run.state, run.report],
        "results": [mirrored.state, mirrored.report],
        "grant expires at": grant and grant.expires_at,
        "signing tokens": signing_tokens(DEFAULT.lever_webhook_conn_id),
        "blocked origins": sorted(connect.read_variable(DEFAULT).blocked_origins or ()),
    }


def main(verb: str, database: str) -> None:
    sandbox = Sandbox(lever_calls_per_second=None)
    with sandbox.serve() as url, redirect_stdout(sys.stderr):
        lever = {"conn_type": "lever", "host": f"{url}/lever/v1", "password": sandbox.LEVER_KEY}
        alva = {"conn_type": "alva", "host": f"{url}/alva/v1", "password": sandbox.ALVA_KEY}
        os.environ |= {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}",
            "AIRFLOW__CORE__FERNET_KEY": FERNET_KEY,
            "AIRFLOW_CONN_LEVER_DEFAULT": json.dumps(lever),
            "AIRFLOW_CONN_ALVA_DEFAULT": json.dumps(alva),
        }
        found = {"keep": keep, "carry-on": carry_on}[verb](sandbox)
    print(json.dumps(found))  # noqa: T201  # what the test reads


if __name__ == "__main__":
    main(*sys.argv[1:])
