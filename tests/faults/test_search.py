"""The search would find each kind of personal data, wherever Airflow might keep it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from include.sandbox import Sandbox
from tests.faults.crowd import Crowd
from tests.faults.personal import Found, search

OPPORTUNITY_ID = "0c1d2e3f-0000-4000-8000-0123456789ab"


def planted(home: Path, *, log: str = "", conf: object = None, text: str = "") -> list[Found]:
    """Returns what the search finds where this is in a task's log, in a run's conf and in another table."""
    (home / "logs" / "dag").mkdir(parents=True)
    (home / "logs" / "dag" / "attempt=1.log").write_text(log, "utf-8")
    connection = sqlite3.connect(home / "airflow.db")
    connection.execute("create table dag_run (id integer, conf blob)")
    connection.execute("insert into dag_run values (1, ?)", (json.dumps(conf).encode(),))
    connection.execute("create table log (extra text)")
    connection.execute("insert into log values (?)", (text,))
    connection.commit()
    connection.close()
    return search(home, home / "airflow.db")[0]


def of_a_candidate() -> dict[str, str]:
    crowd = Crowd(Sandbox(), 1)
    crowd.arrive(1)
    row = next(iter(crowd.sandbox.world.lever.opportunities))
    contact = row.contact
    note = next(iter(row.notes.values())).comments[0].value
    return {"name": contact.name, "email": contact.emails[0], "phone": contact.phones[0]["value"], "note": note}


@pytest.mark.parametrize("what", ["name", "email", "phone", "note"])
def test_each_kind_is_found_in_each_place(tmp_path: Path, what: str) -> None:
    kind = "a phone number" if what == "phone" else "a name, an address or a note"
    value = of_a_candidate()[what]
    found = planted(tmp_path, log=f"INFO {value}", conf={"x": [value.lower()]}, text=value.upper())
    assert {one.where for one in found} == {"logs/dag/attempt=1.log", "dag_run.conf", "log.extra"}
    assert {one.what for one in found} == {kind}


@pytest.mark.parametrize("said", ["role fit: 83", "role_fit=7", '"role_fit": 99.5', "Role fit is 4", "role-fit 61"])
def test_a_role_fit_beside_a_value_is_found(tmp_path: Path, said: str) -> None:
    assert [one.what for one in planted(tmp_path, log=said)] == ["a role fit beside a value"]


def test_a_role_fits_tag_beside_an_id_is_found(tmp_path: Path) -> None:
    said = f"{OPPORTUNITY_ID} gets Alva: High role fit"
    assert [one.what for one in planted(tmp_path, text=said)] == ["a role fit's tag beside an id"]


def test_nothing_else_is_found(tmp_path: Path) -> None:
    plain = f"{OPPORTUNITY_ID} invited, 497 70 calls. A role fit tag, which is one of 5"
    assert planted(tmp_path, log=plain, conf={"opportunity_ids": [OPPORTUNITY_ID]}, text="1795609545123") == []
