from __future__ import annotations

from include.sandbox import Sandbox
from tests.sandbox.conftest import Client


def test_requests_are_recorded_with_number_method_path_query_and_status(
    sandbox: Sandbox, lever: Client, opportunity: str
) -> None:
    lever.get("/opportunities", tag=["a", "b"], limit=5)
    lever.post(f"/opportunities/{opportunity}/addTags", {"tags": ["a"]})
    first, second = sandbox.journal.all()
    assert (first.number, first.service, first.method, first.path, first.status) == (
        1,
        "lever",
        "GET",
        "/opportunities",
        200,
    )
    assert first.query == (("tag", "a"), ("tag", "b"), ("limit", "5"))
    assert first.asked("tag") == ["a", "b"]
    assert (second.number, second.path) == (2, f"/opportunities/{opportunity}/addTags")


def test_the_journal_is_filtered_by_service_method_and_path(sandbox: Sandbox, lever: Client, opportunity: str) -> None:
    lever.get("/stages")
    lever.post(f"/opportunities/{opportunity}/addTags", {"tags": ["a"]})
    lever.get(f"/opportunities/{opportunity}")
    assert len(sandbox.journal.of("lever")) == 3
    assert sandbox.journal.of("alva") == []
    assert [arrived.method for arrived in sandbox.journal.of(method="POST")] == ["POST"]
    assert len(sandbox.journal.of(path="/opportunities/*")) == 2


def test_a_requests_repr_shows_neither_body_nor_query(sandbox: Sandbox, lever: Client) -> None:
    lever.get("/opportunities", email="ada@candidates.example.com")
    assert "ada" not in repr(sandbox.journal.all())


def test_a_refused_request_is_recorded_with_its_status(sandbox: Sandbox, lever: Client) -> None:
    lever.refused("GET", "/nowhere")
    assert sandbox.journal.all()[0].status == 404


def test_numbering_starts_again_after_clearing(sandbox: Sandbox, lever: Client) -> None:
    lever.get("/stages")
    sandbox.journal.clear()
    assert len(sandbox.journal) == 0
    lever.get("/stages")
    assert sandbox.journal.all()[0].number == 1


def test_requests_to_the_control_plane_are_not_recorded(sandbox: Sandbox, control: Client) -> None:
    control.get("/clock")
    assert len(sandbox.journal) == 0
