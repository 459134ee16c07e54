from __future__ import annotations

import pytest

from include.sandbox import Clock, Sandbox
from tests.sandbox.conftest import Client


@pytest.fixture
def path(opportunity: str, clock: Clock) -> str:
    clock.advance(60_000)
    return f"/opportunities/{opportunity}"


def test_a_new_note_is_answered_whole_with_id_and_note_id(lever: Client, path: str, clock: Clock) -> None:
    response = lever.call("POST", f"{path}/notes", json={"value": "Hello"})
    note = response.json()["data"]
    assert response.status_code == 201
    assert note.pop("noteId") == note["id"]
    assert note["user"] is None
    assert note["fields"][0]["value"] == "Hello"
    assert lever.get(f"{path}/notes/{note['id']}")["data"] == note
    assert lever.get(f"{path}/notes") == {"data": [note], "hasNext": False}


def test_a_note_counts_as_an_interaction_and_changes_updated_at(lever: Client, path: str, clock: Clock) -> None:
    lever.post(f"{path}/notes", {"value": "Hello"})
    row = lever.get(path)["data"]
    assert (row["lastInteractionAt"], row["updatedAt"]) == (clock.now_ms(), clock.now_ms())


def test_a_note_that_is_sent_twice_is_there_twice(lever: Client, path: str) -> None:
    for _ in range(2):
        lever.post(f"{path}/notes", {"value": "Hello"})
    assert len(lever.get(f"{path}/notes")["data"]) == 2


def test_perform_as_sets_the_author_and_expand_shows_the_user(lever: Client, path: str) -> None:
    user = lever.get("/users")["data"][0]
    note = lever.post(f"{path}/notes", {"value": "Hello"}, perform_as=user["id"])["data"]
    assert note["user"] == user["id"]
    assert lever.get(f"{path}/notes", expand="user")["data"][0]["user"] == user


def test_a_comment_is_added_to_the_thread_of_its_note(lever: Client, path: str) -> None:
    note = lever.post(f"{path}/notes", {"value": "Hello"})["data"]["id"]
    lever.post(f"{path}/notes", {"value": "Again", "score": 4}, note_id=note)
    (only,) = lever.get(f"{path}/notes")["data"]
    assert [field["value"] for field in only["fields"]] == ["Hello", "Again"]
    assert only["fields"][1]["score"] == 4


def test_notes_are_listed_newest_first_in_pages(lever: Client, path: str, clock: Clock) -> None:
    ids = []
    for number in range(5):
        clock.advance(1)
        ids.append(lever.post(f"{path}/notes", {"value": str(number)})["data"]["id"])
    assert lever.listed(f"{path}/notes", limit=2) == ids[::-1]


def test_a_put_replaces_all_comments_and_changes_updated_at(lever: Client, path: str, clock: Clock) -> None:
    note = lever.post(f"{path}/notes", {"value": "Hello"})["data"]["id"]
    lever.post(f"{path}/notes", {"value": "Again"}, note_id=note)
    clock.advance(1000)
    lever.put(f"{path}/notes/{note}", {"values": [{"value": "Only this"}]})
    (only,) = lever.get(f"{path}/notes")["data"]
    assert [field["value"] for field in only["fields"]] == ["Only this"]
    assert lever.get(path)["data"]["updatedAt"] == clock.now_ms()


def test_deleting_a_note_is_answered_204_and_removes_it(lever: Client, path: str) -> None:
    note = lever.post(f"{path}/notes", {"value": "Hello"})["data"]["id"]
    response = lever.call("DELETE", f"{path}/notes/{note}")
    assert (response.status_code, response.content) == (204, b"")
    assert lever.refused("GET", f"{path}/notes/{note}")[0] == 404
    assert lever.refused("DELETE", f"{path}/notes/{note}")[0] == 404


def test_a_note_written_in_lever_cannot_be_changed_through_the_api(
    sandbox: Sandbox, lever: Client, path: str, opportunity: str
) -> None:
    note = sandbox.recruiter.add_note(opportunity, "By hand", "Sasha Lund")
    assert lever.get(f"{path}/notes/{note}")["data"]["user"] is not None
    assert lever.refused("PUT", f"{path}/notes/{note}", json={"values": [{"value": "x"}]})[0] == 403
    assert lever.refused("DELETE", f"{path}/notes/{note}")[0] == 403
    sandbox.recruiter.delete_note(opportunity, note)
    assert lever.get(f"{path}/notes")["data"] == []


@pytest.mark.parametrize(
    "body", [{}, {"value": ""}, {"value": "a", "score": 5}, {"value": "a", "createdAt": 9_999_999_999_999}]
)
def test_a_malformed_note_is_refused(lever: Client, path: str, body: dict[str, object]) -> None:
    assert lever.refused("POST", f"{path}/notes", json=body)[0] == 400
    assert lever.get(f"{path}/notes")["data"] == []


def test_a_note_is_found_only_on_its_own_opportunity(sandbox: Sandbox, lever: Client, path: str) -> None:
    note = lever.post(f"{path}/notes", {"value": "Hello"})["data"]["id"]
    other = sandbox.recruiter.add_lead("Bo")
    assert lever.refused("GET", f"/opportunities/{other}/notes/{note}")[0] == 404
