from __future__ import annotations

from collections.abc import Callable

import pytest

from alva_lever.http.errors import Malformed, NotFound, TransientError
from alva_lever.lever.hook import LeverHook
from alva_lever.rules.model import Reply as Comment
from tests.http.recording import CUT, RecordingServer, Reply
from tests.lever.conftest import note

REF = "Ref: alva-lever/result/7"
TEXT = f"Hello\n\n{REF}"
NOTES = "/v1/opportunities/o/notes"

FAULTS = {
    "cut": CUT,
    "500": Reply(500),
    "408": Reply(408),
    "html": Reply(201, raw=b"<html>"),
    "short": Reply(201, raw=b'{"data": {"id"'),
    "no data": Reply(201, json={}),
    "no id": Reply(201, json={"data": {"text": "Note"}}),
}


def listed(*notes: dict[str, object]) -> Reply:
    return Reply(json={"data": list(notes), "hasNext": False})


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_note_that_was_written_despite_the_fault_is_not_written_again(
    lever: LeverHook, server: RecordingServer, fault: Reply
) -> None:
    server.answer(fault, listed(note("other", "Hi", user="user-1"), note("n1", TEXT)))
    assert lever.add_note("o", TEXT, REF) == "n1"
    assert server.asked == [f"POST {NOTES}", f"GET {NOTES}"]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_note_that_was_not_written_is_written_again(lever: LeverHook, server: RecordingServer, fault: Reply) -> None:
    server.answer(fault, listed(), Reply(201, json={"data": note("n1", TEXT)}))
    assert lever.add_note("o", TEXT, REF) == "n1"
    assert server.asked == [f"POST {NOTES}", f"GET {NOTES}", f"POST {NOTES}"]


@pytest.mark.parametrize(
    "not_ours",
    [
        note("n", TEXT, user="user-1"),
        note("n", "Hello\n\nRef: alva-lever/result/77"),
        note("n", f"{TEXT}\nand I agree", user="user-1"),
        note("n", TEXT, deletedAt=9),
    ],
    ids=["another author", "another ref", "quoted by a person", "deleted"],
)
def test_only_our_own_note_with_the_ref_counts_as_written(
    lever: LeverHook, server: RecordingServer, not_ours: dict[str, object]
) -> None:
    server.answer(CUT, listed(not_ours), Reply(201, json={"data": note("n1", TEXT)}))
    assert lever.add_note("o", TEXT, REF) == "n1"


@pytest.mark.parametrize(
    "kept",
    [
        "<p>Hello</p><p>Ref: alva-lever/result/7 reset 0a1b2c3d</p>",
        "HelloRef: alva-lever&#x2F;result&#x2F;7 completed 11111111",
        "Something else\r\n\r\nRef: alva-lever/result/7\r\nand more",
    ],
    ids=["html, another state", "entities, no line breaks", "the first version's, with more behind"],
)
def test_a_note_that_lever_reformatted_counts_as_written(lever: LeverHook, server: RecordingServer, kept: str) -> None:
    server.answer(CUT, listed(note("n1", kept)))
    assert lever.add_note("o", f"{TEXT} completed 11111111", f"{REF} completed 11111111") == "n1"
    assert server.asked == [f"POST {NOTES}", f"GET {NOTES}"]


def test_a_429_is_retried_without_reading_the_notes(lever: LeverHook, server: RecordingServer) -> None:
    server.answer(Reply(429), Reply(201, json={"data": note("n1", TEXT)}))
    lever.add_note("o", TEXT, REF)
    assert server.asked == [f"POST {NOTES}"] * 2


def test_a_note_that_cannot_be_looked_for_is_not_written_again(lever: LeverHook, server: RecordingServer) -> None:
    server.answer(CUT)
    server.always(Reply(503))
    with pytest.raises(TransientError):
        lever.add_note("o", TEXT, REF)
    assert server.asked.count(f"POST {NOTES}") == 1


def test_the_body_is_the_text_and_the_answer_may_be_only_the_id(lever: LeverHook, server: RecordingServer) -> None:
    server.answer(Reply(201, json={"data": {"noteId": "n1"}}), Reply(json={"data": {"noteId": "n1"}}))
    assert lever.add_note("o", TEXT, REF) == "n1"
    lever.update_note("o", "n1", TEXT)
    assert server.asked == [f"POST {NOTES}", f"PUT {NOTES}/n1"]
    assert server.received[0].body == {"value": TEXT}
    # With `perform_as` the note would belong to a user.
    assert "perform_as" not in server.received[0].raw_query


def test_notes_are_read_with_their_author_and_first_comment(lever: LeverHook, server: RecordingServer) -> None:
    thread = note("n2", "first", user="user-1")
    thread["fields"] = [*thread["fields"], {"type": "note", "value": "second", "user": "user-2"}]
    server.answer(
        Reply(json={"data": [note("n1", TEXT)], "hasNext": True, "next": "t1"}),
        Reply(json={"data": [thread, note("n3", fields=[]), note("n4", deletedAt=3)]}),
    )
    notes = lever.notes("o")
    assert [(read.id, read.text, read.author_id) for read in notes] == [
        ("n1", TEXT, None),
        ("n2", "first", "user-1"),
        ("n3", "", None),
    ]
    assert "Hello" not in repr(notes)


@pytest.mark.parametrize(
    ("fields", "text", "replies"),
    [
        (None, "", ()),
        ([None, {"value": TEXT}, None, {"value": "later", "createdAt": 6.0}], TEXT, (Comment("later", 6),)),
        ([{"value": None}, {"value": TEXT, "user": 5}], TEXT, ()),
    ],
)
def test_a_thread_may_have_missing_values(
    lever: LeverHook, server: RecordingServer, fields: object, text: str, replies: tuple[Comment, ...]
) -> None:
    server.answer(listed(note("n1", fields=fields, createdAt=5.0)))
    (read,) = lever.notes("o")
    assert (read.text, read.replies, read.created_at_ms) == (text, replies, 5)


@pytest.mark.parametrize(
    "odd",
    [{"createdAt": None}, {"createdAt": "5"}, {"fields": "Hello"}, {"fields": [{"value": 5}]}, {"deletedAt": "x"}],
)
def test_an_unreadable_note_is_an_error_unless_a_user_wrote_it(
    lever: LeverHook, server: RecordingServer, odd: dict[str, object]
) -> None:
    server.always(listed(note("n1", TEXT), note("n2", TEXT, **odd)))
    with pytest.raises(Malformed, match=r"row n2: `data\[\]") as error:
        lever.notes("o")
    assert "Hello" not in str(error.value)
    server.always(listed(note("n1", TEXT), note("n2", TEXT, user="user-1", **odd)))
    assert [read.id for read in lever.notes("o")] == ["n1"]


def test_an_update_replaces_the_text_and_is_retried(lever: LeverHook, server: RecordingServer) -> None:
    server.answer(CUT, Reply(json={"data": note("n1", "new")}))
    lever.update_note("o", "n1", "new")
    assert server.asked == [f"PUT {NOTES}/n1"] * 2
    assert server.received[1].body == {"values": [{"value": "new"}]}


@pytest.mark.parametrize("answer", [Reply(204), Reply(404, json={"code": "ResourceNotFound", "message": "gone"})])
def test_deleting_a_missing_note_succeeds(lever: LeverHook, server: RecordingServer, answer: Reply) -> None:
    server.answer(answer)
    lever.delete_note("o", "n1")
    assert server.asked == [f"DELETE {NOTES}/n1"]


def test_logs_and_errors_contain_nothing_of_a_note(
    lever: LeverHook, server: RecordingServer, logged: Callable[[], str]
) -> None:
    gone = {"code": "ResourceNotFound", "message": "no note Hello of Ada Byron"}
    server.answer(CUT, listed(note("x", "Ada Byron said")), Reply(404, json=gone), listed())
    with pytest.raises(NotFound) as error:
        lever.add_note("o", "Hello Ada Byron", REF)
    assert "POST" in logged()
    assert not [
        word for word in ("Ada", "Hello", "lever-key") if word in logged() + str(error.value) + repr(error.value)
    ]
