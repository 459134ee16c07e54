from __future__ import annotations

from collections.abc import Callable

import pytest

from include.sandbox import Clock, Sandbox
from tests.http.recording import RecordingServer, Reply
from tests.sandbox.conftest import Client

NULL = ("", " or null")


def test_a_story_can_be_played_over_http_alone(control: Client, lever: Client, clock: Clock) -> None:
    posting = control.post("/recruiter/add_posting", {"name": "Cook", "tags": ["Alva: Screening"]})["result"]
    uid = control.post("/recruiter/apply", {"posting": posting, "name": "Ada", "emails": ["a@b.example.com"]})["result"]
    control.post("/recruiter/move", {"opportunity": uid, "stage": "Assessment", "at_ms": clock.now_ms() - 5})
    control.post("/recruiter/tag", {"opportunity": uid, "tags": ["one", "two"]})
    row = lever.get(f"/opportunities/{uid}")["data"]
    assert row["tags"] == ["Cook", "one", "two"]
    assert row["lastAdvancedAt"] == clock.now_ms() - 5
    seen = control.get("/world", opportunity=uid)
    assert (seen["stage"], seen["posting"], seen["alva"]["present"]) == ("Assessment", "Cook", False)


def test_every_python_move_is_available_over_http(sandbox: Sandbox, control: Client) -> None:
    overview = control.get("")
    asked_for = {"add_posting", "change_posting", "add_lead", "apply", "apply_lead", "move", "tag", "untag", "archive"}
    asked_for |= {"unarchive", "hire", "delete", "set_emails", "anonymise", "add_note", "delete_note", "restrict"}
    assert asked_for <= set(overview["recruiter"])
    assert {"bounce", "start", "finish", "refit", "reset", "remember_person"} <= set(overview["candidates"])
    for name in overview["recruiter"]:
        assert callable(getattr(sandbox.recruiter, name))


def test_each_move_is_listed_with_its_arguments_their_types_and_defaults(control: Client) -> None:
    overview = control.get("")
    assert overview["recruiter"]["move"] == {
        "opportunity": "a text; required",
        "stage": "a text; required",
        "at_ms": "a whole number or null; null if left out",
    }
    assert overview["recruiter"]["tag"] == {
        "opportunity": "a text; required",
        "tags": "a list of texts; may be left out",
    }
    assert overview["candidates"]["finish"] == {
        "opportunity": "a text; required",
        "role_fit": "a number or null; 82 if left out",
        "only": "a list of texts or null; null if left out",
    }
    assert overview["recruiter"]["add_lead"]["stage"] == 'a text; "lead-new" if left out'
    assert overview["recruiter"]["restrict"]["restricted"] == "true or false; true if left out"


def test_the_arguments_of_all_moves_are_described_in_words(control: Client) -> None:
    overview = control.get("")
    said = [words for who in ("recruiter", "candidates") for move in overview[who].values() for words in move.values()]
    kinds = {words.partition(";")[0] for words in said}
    assert kinds <= {
        *(f"{kind}{null}" for kind in ("a text", "a number", "a whole number", "a list of texts") for null in NULL),
        "true or false",
        "any other arguments, by their names",
    }


def test_moves_on_alvas_side_go_to_alva(sandbox: Sandbox, control: Client) -> None:
    position = control.post("/candidates/add_position", {"name": "Cook", "external_id": "p1"})["result"]
    assert control.post("/candidates/expire_position", {"position": "p1"})["result"] == position


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/recruiter/fly", {}, 404),
        ("/recruiter/_lever", {}, 404),
        ("/recruiter/move", {"opportunity": "?", "stage": "offer"}, 400),
        ("/recruiter/move", {"stage": "offer"}, 400),
        ("/recruiter/move", {"opportunity": "?", "stage": "offer", "speed": 9}, 400),
        ("/recruiter/tag", {"tags": ["a"]}, 400),
        ("/candidates/bounce", {"opportunity": "?"}, 404),
        ("/faults", {"service": "lever", "kind": "melt"}, 400),
        ("/faults", {"service": "lever", "kind": "call"}, 400),
        ("/recruiter/verify_webhook", {"webhook": "?"}, 400),
        ("/recruiter/rerun_delivery", {"delivery": "?"}, 400),
        ("/recruiter/pretend", {"event": "candidateHired", "opportunity": "?"}, 400),
        ("/recruiter/switch_webhooks", {"event": "tagAdded"}, 400),
        ("/keys", {"token": "t", "permissions": {"everything": "read"}}, 400),
        ("/seed", {"seed": 1, "opportunities": -1}, 400),
        ("/clock", {"yesterday": True}, 400),
    ],
)
def test_an_impossible_request_is_answered_with_a_sentence(
    control: Client, path: str, body: dict[str, object], status: int
) -> None:
    response = control.call("POST", path, json=body)
    assert response.status_code == status
    assert isinstance(response.json()["detail"], str)


def test_the_clock_is_read_set_moved_and_frozen(control: Client, clock: Clock) -> None:
    assert control.get("/clock") == {"now_ms": clock.now_ms(), "frozen": True}
    assert control.post("/clock", {"now_ms": 1000, "advance_ms": 500})["now_ms"] == 1500
    assert control.post("/clock", {"frozen": False})["frozen"] is False
    assert clock.now_ms() >= 1500


def test_requests_are_listed_narrowed_and_cleared(control: Client, lever: Client) -> None:
    lever.get("/stages")
    lever.get("/users", limit=2)
    (request,) = control.get("/requests", path="/users")["requests"]
    assert (request["service"], request["path"], request["query"], request["status"]) == (
        "lever",
        "/users",
        [["limit", "2"]],
        200,
    )
    assert len(control.get("/requests")["requests"]) == 2
    control.call("DELETE", "/requests")
    assert control.get("/requests")["requests"] == []


def test_faults_are_ordered_listed_and_cleared(control: Client, lever: Client) -> None:
    order = {"service": "lever", "method": "GET", "path": "/stages", "kind": "status", "status": 500, "times": None}
    assert control.post("/faults", order)["number"] == 1
    assert lever.call("GET", "/stages").status_code == 500
    assert control.get("/faults")["faults"][0]["hits"] == 1
    control.call("DELETE", "/faults")
    assert lever.call("GET", "/stages").status_code == 200


def test_keys_are_created_and_revoked(control: Client, client_of: Callable[[str], Client]) -> None:
    token = control.post("/keys", {"token": "reader", "permissions": {"stages": "read"}})["token"]
    assert client_of(token).call("GET", "/stages").status_code == 200
    assert client_of(token).call("GET", "/tags").status_code == 403
    control.call("DELETE", f"/keys/{token}")
    assert client_of(token).call("GET", "/stages").status_code == 401


def test_a_world_is_seeded_and_reset(control: Client, lever: Client) -> None:
    assert control.post("/seed", {"seed": 2, "opportunities": 12}) == {"opportunities": 12}
    assert control.get("/world")["opportunities"] == 12
    control.post("/reset")
    assert control.get("/world")["opportunities"] == 0
    assert lever.get("/stages")["data"]


def test_the_lag_of_updated_at_is_set(control: Client, lever: Client, opportunity: str, clock: Clock) -> None:
    control.post("/lag", {"ms": 1000})
    before = lever.get(f"/opportunities/{opportunity}")["data"]["updatedAt"]
    clock.advance(500)
    control.post("/recruiter/tag", {"opportunity": opportunity, "tags": ["late"]})
    assert lever.get(f"/opportunities/{opportunity}")["data"]["updatedAt"] == before


def test_webhooks_are_switched_held_released_tested_and_listed(
    control: Client, lever: Client, opportunity: str, server: RecordingServer
) -> None:
    server.always(Reply(204))
    webhook = lever.post("/webhooks", {"event": "candidateStageChange", "url": server.root})["data"]["id"]
    assert "candidateStageChange" in control.post("/recruiter/switch_webhooks")["result"]
    control.post("/recruiter/disturb_webhooks", {"duplicates": 1, "shuffled": True})
    control.post("/recruiter/hold_webhooks")
    control.post("/recruiter/move", {"opportunity": opportunity, "stage": "offer"})
    claim = {"event": "candidateStageChange", "opportunity": opportunity, "toStageId": "lead-new"}
    (claimed,) = control.post("/recruiter/pretend", claim)["result"]
    waiting = {"summary": {"waiting": 2, "delivered": 0, "failed": 0}, "settled": False}
    assert control.get("/deliveries", summary=1) == waiting
    control.post("/recruiter/hold_webhooks", {"held": False, "reversed": True})
    while not control.get("/deliveries", summary=1)["settled"]:
        continue
    control.post("/recruiter/disturb_webhooks")
    control.post("/recruiter/rerun_delivery", {"delivery": claimed})
    while not control.get("/deliveries", summary=1)["settled"]:
        continue
    page = control.get("/deliveries", state="delivered")
    assert page["summary"] == {"waiting": 0, "delivered": 2, "failed": 0}
    moved, other = page["deliveries"]
    assert set(moved) == {"id", "event", "webhook", "opportunity", "at_ms", "attempts", "state", "reason"}
    assert (moved["webhook"], moved["opportunity"], moved["attempts"]) == (webhook, opportunity, [204, 204])
    assert (other["id"], other["attempts"]) == (claimed, [204, 204, 204])
    assert control.get("/deliveries", event="candidateHired")["deliveries"] == []
    assert control.post("/recruiter/verify_webhook", {"webhook": webhook})["result"] == 204
    control.call("DELETE", "/deliveries")
    assert control.get("/deliveries")["deliveries"] == []
