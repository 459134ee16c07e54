"""A second Lever account, with its own Alva, beside `default`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import pytest

from alva_lever.account import ACCOUNTS, DEFAULT, Account
from include.sandbox import Sandbox

BERLIN = Account.named("berlin")


@dataclass(frozen=True)
class Berlin:
    """The account's services, and where they are served."""

    sandbox: Sandbox
    url: str
    posting: str


@contextmanager
def named_in_configuration(*named: Account) -> Iterator[None]:
    """The configuration names these accounts; by default, both. It is read once in a process, so what was read is
    changed: DAG files and the app that are read meanwhile have these."""
    accounts = cast("dict[str, Account]", ACCOUNTS)
    before = dict(accounts)
    accounts.clear()
    accounts.update({account.account_id: account for account in named or (DEFAULT, BERLIN)})
    try:
        yield
    finally:
        accounts.clear()
        accounts.update(before)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Berlin]:
    """Serves the account's services, and sets its connections and options."""
    sandbox = Sandbox(lever_calls_per_second=None)
    with named_in_configuration(), sandbox.serve() as url:
        connect(monkeypatch, url, sandbox.LEVER_KEY)
        alva = {"conn_type": "alva", "host": f"{url}/alva/v1", "password": sandbox.ALVA_KEY}
        monkeypatch.setenv("AIRFLOW_CONN_ALVA_BERLIN", json.dumps(alva))
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS_BERLIN", json.dumps({"trigger_stage": "New applicant"}))
        yield Berlin(sandbox, url, sandbox.recruiter.add_posting("Data Engineer in Berlin"))


def connect(monkeypatch: pytest.MonkeyPatch, url: str, key: str) -> None:
    lever = {
        "conn_type": "lever", "host": f"{url}/lever/v1", "password": key, "extra": {"calls_per_second": 100_000},
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_BERLIN", json.dumps(lever))
