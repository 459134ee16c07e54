"""What is assumed of Alva, looked at in the sandbox, which is as assumed until a test changes its answers."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from alva_lever.alva.assumptions import Assumption, Look
from alva_lever.alva.hook import AlvaHook
from include.sandbox import Sandbox
from include.sandbox.alva.models import Invitee

ADDRESS = "ada@candidates.example.com"


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Alva without a job position, candidate or user."""
    sandbox = Sandbox()
    connection = {"conn_type": "alva", "host": sandbox.alva_root, "password": sandbox.ALVA_KEY}
    monkeypatch.setenv("AIRFLOW_CONN_ALVA_DEFAULT", json.dumps(connection))
    monkeypatch.setattr("alva_lever.http.hook.seconds_until_next", lambda state: 0.0)
    return sandbox


@pytest.fixture
def sandbox(empty: Sandbox) -> Sandbox:
    """Alva with two candidates, on two positions, one of whom has done all tests."""
    empty.candidates.add_user("mo@hiring.example.com")
    for name, external_id in (("Engineer", "opportunity-1"), ("Designer", "opportunity-2")):
        position = empty.candidates.add_position(name)
        invitee = Invitee(email=ADDRESS, first_name="Ada", last_name="Byron", external_id=external_id)
        empty.world.alva.roster.invite(position, invitee)
    empty.candidates.finish("opportunity-1", 61)
    return empty


def look(sandbox: Sandbox) -> list[Assumption]:
    hook = AlvaHook(adapter=sandbox.adapter())
    return list(Look(hook, now_ms=round(time.time() * 1000)).assumptions())


def broken(sandbox: Sandbox) -> list[str]:
    """Returns the problem of each assumption that does not hold."""
    return [one.problem for one in look(sandbox) if one.holds is False]


def changed(sandbox: Sandbox, path: str, **values: Any) -> None:
    """Changes fields of each row, or of the object, that Alva answers at this path. `...` takes a field away."""

    def change(body: dict[str, Any]) -> None:
        for row in body.get("data", [body]):
            for name, value in values.items():
                if value is ...:
                    row.pop(name)
                else:
                    row[name] = value

    sandbox.faults.add("alva", "GET", path, "edit", times=None, action=change)


def test_all_holds_that_reading_can_show(sandbox: Sandbox) -> None:
    found = look(sandbox)
    assert [one.text for one in found if one.holds is False] == []
    assert [one.problem for one in found if one.holds is None and "writing" not in one.problem] == []
    assert len([one for one in found if one.holds]) == 10


def test_nothing_is_written(sandbox: Sandbox) -> None:
    look(sandbox)
    assert {entry.method for entry in sandbox.journal.all()} == {"GET"}


def test_where_there_is_nothing_to_read_nothing_is_claimed(empty: Sandbox) -> None:
    found = {one.text: one.holds for one in look(empty)}
    assert found["A candidate has the fields that are read"] is None
    assert found["Results have the fields that are read"] is None
    assert found["`external_id` filters job positions"] is None
    assert found["An error has a code and a message"] is True


def test_a_renamed_field_is_named_by_its_place_and_by_the_model_that_reads_it(sandbox: Sandbox) -> None:
    changed(sandbox, "/candidates", job_position_id=...)
    (one,) = [one for one in look(sandbox) if one.holds is False]
    assert (one.problem, one.where) == (
        "`job_position_id` is missing",
        "plugins/alva_lever/alva/models.py, CandidateJson",
    )


def test_a_field_of_another_type_is_named_and_its_value_is_not(sandbox: Sandbox) -> None:
    changed(sandbox, "/candidates", email=[ADDRESS])
    assert broken(sandbox) == ["`email` is not text"]


def test_a_field_inside_another_is_named_with_its_place(sandbox: Sandbox) -> None:
    changed(sandbox, "/candidates", invitation={"status": "delivered", "sent_at": "yesterday"})
    assert broken(sandbox) == ["`invitation.sent_at` is not an ISO 8601 date-time"]


def test_a_field_that_is_passed_over_when_unreadable_is_named_too(sandbox: Sandbox) -> None:
    changed(sandbox, "/candidates", updated_at="yesterday")
    assert broken(sandbox) == ["`updated_at` is there and can't be read"]


def test_a_field_that_a_record_may_lack_is_no_fault_but_is_said(sandbox: Sandbox) -> None:
    changed(sandbox, "/job_positions", team=...)
    (one,) = [one for one in look(sandbox) if one.holds is None and "writing" not in one.problem]
    assert one.problem == "`team` is not there, in this one at least; all others are"


def test_results_in_another_shape_are_found(sandbox: Sandbox) -> None:
    changed(sandbox, "/candidates/*/results", role_fit={"percentile": 61})
    assert broken(sandbox) == ["`role_fit.score` is missing"]


def test_an_ignored_filter_is_found(sandbox: Sandbox) -> None:
    rows = sandbox.world.alva.positions.all()
    row = {"id": rows[0].id, "external_id": None, "name": None, "owner_email": None, "team": None}
    sandbox.faults.add(
        "alva",
        "GET",
        "/job_positions",
        "edit",
        times=None,
        action=lambda page: page.update(data=[row], next_cursor=None),
    )
    (problem,) = broken(sandbox)
    assert problem.startswith("/job_positions ignores it")


def test_an_ignored_cursor_is_found(sandbox: Sandbox) -> None:
    changed(sandbox, "/candidates", id="1")
    assert "/candidates ignores the cursor: it gives the first page once more" in broken(sandbox)


def test_a_list_of_another_shape_is_found(sandbox: Sandbox) -> None:
    sandbox.faults.add(
        "alva", "GET", "/users", "edit", times=None, action=lambda page: page.update(items=page.pop("data"))
    )
    assert broken(sandbox) == ["/users: `data` is missing"]


def test_an_error_without_a_code_is_found(sandbox: Sandbox) -> None:
    sandbox.faults.add("alva", "GET", "/candidates/*", status=404, body={"detail": "no"}, times=None)
    assert any("has no code and no message" in problem for problem in broken(sandbox))
