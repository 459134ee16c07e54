from __future__ import annotations

from typing import Any

import pytest

from alva_lever.lever.hook import LeverHook
from alva_lever.lever.objects import Webhook
from tests.http.recording import CUT, RecordingServer, Reply

URL = "https://airflow.test/alva-lever/webhooks/lever"
TOKEN = "c0ffee" * 8


def webhook(id: str, *, event: str = "candidateHired", url: str = URL, token: str | None = None) -> dict[str, Any]:
    configuration: dict[str, Any] = {"conditions": {"origins": ["applied"]}}
    if token:
        configuration["signatureToken"] = token
    return {"id": id, "event": event, "url": url, "configuration": configuration, "createdAt": 1, "updatedAt": 1}


def listed(*webhooks: dict[str, Any] | None) -> Reply:
    # Recorded traffic has no hasNext here.
    return Reply(json={"data": list(webhooks)})


def created(id: str) -> Reply:
    return Reply(201, json={"data": webhook(id, token=TOKEN)})


def test_the_listing_has_neither_has_next_nor_tokens(lever: LeverHook, server: RecordingServer) -> None:
    server.answer(listed(webhook("w1"), {**webhook("w2", event="candidateDeleted"), "configuration": {}}))
    assert lever.webhooks() == [
        Webhook("w1", "candidateHired", URL, ("applied",), None),
        Webhook("w2", "candidateDeleted", URL, None, None),
    ]


def test_an_unreadable_webhook_is_skipped(lever: LeverHook, server: RecordingServer) -> None:
    odd = {**webhook("w3", event="candidateDeleted"), "configuration": "none"}
    server.answer(listed({**webhook("w1"), "url": None}, webhook("w2"), odd, None))
    assert [(hook.id, hook.origins) for hook in lever.webhooks()] == [("w2", ("applied",)), ("w3", None)]


def test_only_the_id_and_token_of_a_new_webhook_are_read(lever: LeverHook, server: RecordingServer) -> None:
    server.answer(
        listed(), Reply(201, json={"data": {"id": 5, "url": None, "configuration": {"signatureToken": TOKEN}}})
    )
    made = lever.create_webhook(event="candidateHired", url=URL)
    assert made == Webhook("5", "candidateHired", URL, None, TOKEN)


def test_a_new_webhook_has_a_token_that_its_repr_hides(lever: LeverHook, server: RecordingServer) -> None:
    server.answer(listed(), created("w1"))
    made = lever.create_webhook(event="candidateHired", url=URL, origins=["applied"])
    assert made.signature_token == TOKEN
    assert TOKEN not in repr(made)
    assert server.received[1].body == {
        "event": "candidateHired",
        "url": URL,
        "configuration": {"conditions": {"origins": ["applied"]}},
    }


@pytest.mark.parametrize("fault", [CUT, Reply(500), Reply(201, raw=b"<html>")], ids=["cut", "500", "html"])
def test_a_webhook_that_was_not_created_is_created_again(
    lever: LeverHook, server: RecordingServer, fault: Reply
) -> None:
    server.answer(listed(), fault, listed(), created("w1"))
    assert lever.create_webhook(event="candidateHired", url=URL).id == "w1"


@pytest.mark.parametrize("fault", [CUT, Reply(500), Reply(201, raw=b"<html>")], ids=["cut", "500", "html"])
def test_a_webhook_whose_token_was_lost_is_replaced_and_the_others_stay(
    lever: LeverHook, server: RecordingServer, fault: Reply
) -> None:
    before = [webhook("old"), webhook("other", event="candidateDeleted")]
    server.answer(listed(*before), fault, listed(*before, webhook("lost")), Reply(204), created("w1"))
    assert lever.create_webhook(event="candidateHired", url=URL).signature_token == TOKEN
    assert server.asked == [
        "GET /v1/webhooks",
        "POST /v1/webhooks",
        "GET /v1/webhooks",
        "DELETE /v1/webhooks/lost",
        "POST /v1/webhooks",
    ]


def test_an_update_names_the_webhooks_in_its_body(lever: LeverHook, server: RecordingServer) -> None:
    server.answer(listed(webhook("w1")))
    lever.update_webhooks([Webhook("w1", "candidateHired", URL, ("applied",)), Webhook("w2", "candidateDeleted", URL)])
    assert server.asked == ["PUT /v1/webhooks"]
    assert server.received[0].body == {
        "data": [
            {"id": "w1", "url": URL, "configuration": {"conditions": {"origins": ["applied"]}}},
            {"id": "w2", "url": URL},
        ]
    }


@pytest.mark.parametrize("answer", [Reply(204), Reply(404, json={"code": "ResourceNotFound", "message": "gone"})])
def test_deleting_a_missing_webhook_succeeds(lever: LeverHook, server: RecordingServer, answer: Reply) -> None:
    server.answer(answer)
    lever.delete_webhook("w1")
    assert server.asked == ["DELETE /v1/webhooks/w1"]
