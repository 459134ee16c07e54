"""Which events are sent to which webhooks, with which data. The deliveries are held and their bodies read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from include.sandbox import Clock, Sandbox
from tests.sandbox.conftest import Client

HOUR_MS = 3_600_000
URL = "http://127.0.0.1:9/hook"
Register = Callable[..., str]
EventData = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def register(sandbox: Sandbox, lever: Client) -> Register:
    """Creates webhooks whose events are switched on and whose deliveries are held."""
    sandbox.recruiter.switch_webhooks()
    sandbox.recruiter.hold_webhooks()

    def make(event: str, origins: list[str] | None = None) -> str:
        configuration = {} if origins is None else {"configuration": {"conditions": {"origins": origins}}}
        return str(lever.post("/webhooks", {"event": event, "url": URL} | configuration)["data"]["id"])

    return make


@pytest.fixture
def event_data(sandbox: Sandbox) -> EventData:
    """Returns the data of all deliveries of an event so far."""
    return lambda event: [json.loads(delivery.body)["data"] for delivery in sandbox.deliveries.of(event)]


def ids(lever: Client, opportunity: str) -> dict[str, str]:
    contact = lever.get(f"/opportunities/{opportunity}")["data"]["contact"]
    return {"opportunityId": opportunity, "candidateId": opportunity, "contactId": contact}


def test_every_way_to_make_an_application_sends_an_event(
    sandbox: Sandbox, lever: Client, register: Register, event_data: EventData, posting: str
) -> None:
    register("applicationCreated")
    user = lever.get("/users")["data"][0]["id"]
    lead = sandbox.recruiter.add_lead("Cy")
    made = [
        sandbox.recruiter.apply(posting, "Ada"),
        lever.post("/opportunities", {"name": "Bo", "postings": [posting]}, perform_as=user)["data"]["id"],
    ]
    lever.post("/opportunities", {"name": "Di"}, perform_as=user)
    application = sandbox.recruiter.apply_lead(lead, posting)
    applied = lever.post(f"/postings/{posting}/apply", {"name": "Ed", "email": "ed@b.example.com"})["data"][
        "applicationId"
    ]
    first, second, third, fourth = event_data("applicationCreated")
    for uid, data in zip([*made, lead], (first, second, third), strict=True):
        (held,) = lever.get(f"/opportunities/{uid}")["data"]["applications"]
        assert data == ids(lever, uid) | {"applicationId": held}
    assert (third["applicationId"], fourth["applicationId"]) == (application, applied)


def test_a_stage_change_by_a_user_or_the_api_sends_an_event(
    sandbox: Sandbox, lever: Client, register: Register, event_data: EventData, opportunity: str
) -> None:
    register("candidateStageChange")
    sandbox.recruiter.move(opportunity, "lead-new")
    sandbox.recruiter.move(opportunity, "lead-new")
    lever.put(f"/opportunities/{opportunity}/stage", {"stage": "offer"})
    both = ids(lever, opportunity)
    assert event_data("candidateStageChange") == [
        both | {"fromStageId": "applicant-new", "toStageId": "lead-new"},
        both | {"fromStageId": "lead-new", "toStageId": "offer"},
    ]


def test_archiving_and_unarchiving_send_the_state_before_and_after(
    sandbox: Sandbox, lever: Client, register: Register, event_data: EventData, opportunity: str, clock: Clock
) -> None:
    register("candidateArchiveChange")
    register("candidateHired")
    reasons = lever.get("/archive_reasons", type="non-hired")["data"]
    sandbox.recruiter.archive(opportunity, reasons[0]["id"], at_ms=1000)
    lever.put(f"/opportunities/{opportunity}/archived", {"reason": reasons[1]["id"]})
    lever.put(f"/opportunities/{opportunity}/archived", {"reason": None})
    sandbox.recruiter.unarchive(opportunity)
    first = {"archivedAt": 1000, "reason": reasons[0]["id"]}
    second = {"archivedAt": clock.now_ms(), "reason": reasons[1]["id"]}
    both = ids(lever, opportunity)
    assert event_data("candidateArchiveChange") == [
        both | {"fromArchived": None, "toArchived": first},
        both | {"fromArchived": first, "toArchived": second},
        both | {"fromArchived": second, "toArchived": None},
    ]
    assert event_data("candidateHired") == []


def test_hiring_sends_a_hired_and_an_archive_event(
    sandbox: Sandbox, lever: Client, register: Register, event_data: EventData, opportunity: str
) -> None:
    register("candidateArchiveChange")
    register("candidateHired")
    sandbox.recruiter.hire(opportunity)
    hired = lever.get("/archive_reasons", type="hired")["data"][0]["id"]
    assert event_data("candidateHired") == [ids(lever, opportunity)]
    assert event_data("candidateArchiveChange")[0]["toArchived"]["reason"] == hired


def test_deleting_sends_the_user_who_deleted(
    sandbox: Sandbox, lever: Client, register: Register, event_data: EventData, opportunity: str
) -> None:
    register("candidateDeleted")
    expected = ids(lever, opportunity)
    sandbox.recruiter.delete(opportunity)
    (robin,) = lever.get("/users", email="robin.vik@hiring.example.com")["data"]
    assert event_data("candidateDeleted") == [expected | {"deletedBy": robin["id"]}]


def test_contact_events_name_no_opportunity(
    sandbox: Sandbox, lever: Client, register: Register, event_data: EventData, opportunity: str, clock: Clock
) -> None:
    register("contactUpdated")
    register("contactCreated")
    sandbox.recruiter.rename(opportunity, "Ada King")
    sandbox.recruiter.rename(opportunity, "Ada King")
    sandbox.recruiter.add_lead("Ada", contact=opportunity)
    sandbox.recruiter.add_lead("Bo")
    (updated,), (created,) = event_data("contactUpdated"), event_data("contactCreated")
    assert updated["contactId"] == ids(lever, opportunity)["contactId"] != created["contactId"]
    assert updated["updatedAt"] == created["createdAt"] == clock.now_ms()
    assert updated["accountId"] == created["accountId"]
    assert [delivery.opportunity for delivery in sandbox.deliveries.all()] == [None, None]


def test_a_move_with_an_earlier_date_sends_an_event_with_the_present_time(
    sandbox: Sandbox, register: Register, opportunity: str, clock: Clock
) -> None:
    register("candidateStageChange")
    clock.advance(HOUR_MS)
    sandbox.recruiter.move(opportunity, "offer", at_ms=clock.now_ms() - HOUR_MS)
    (delivery,) = sandbox.deliveries.all()
    assert delivery.at_ms == json.loads(delivery.body)["triggeredAt"] == clock.now_ms()


def test_a_confidential_application_sends_an_event_too(
    sandbox: Sandbox, register: Register, event_data: EventData
) -> None:
    register("applicationCreated")
    secret = sandbox.recruiter.add_posting("Chief", confidential=True)
    uid = sandbox.recruiter.apply(secret, "Ada")
    assert [data["opportunityId"] for data in event_data("applicationCreated")] == [uid]


def test_a_webhook_gets_only_events_of_its_origins(sandbox: Sandbox, register: Register, posting: str) -> None:
    some, every = register("applicationCreated", ["agency", "referred"]), register("applicationCreated")
    uids = [sandbox.recruiter.apply(posting, "Ada", origin=origin) for origin in ("applied", "agency", "referred")]
    assert [row.opportunity for row in sandbox.deliveries.of(webhook=some)] == uids[1:]
    assert [row.opportunity for row in sandbox.deliveries.of(webhook=every)] == uids


def test_an_event_is_sent_only_while_it_is_switched_on(sandbox: Sandbox, register: Register, opportunity: str) -> None:
    recruiter = sandbox.recruiter
    for event in ("candidateStageChange", "candidateHired"):
        register(event)
    assert recruiter.switch_webhooks(False) == []
    recruiter.move(opportunity, "offer")
    assert recruiter.switch_webhooks(event="candidateStageChange") == ["candidateStageChange"]
    recruiter.move(opportunity, "lead-new")
    recruiter.hire(opportunity)
    assert "candidateHired" in recruiter.switch_webhooks()
    assert "candidateStageChange" not in recruiter.switch_webhooks(False, "candidateStageChange")
    recruiter.move(opportunity, "offer")
    recruiter.unarchive(opportunity)
    recruiter.hire(opportunity)
    assert [row.event for row in sandbox.deliveries.all()] == ["candidateStageChange", "candidateHired"]


def test_events_are_off_at_first_and_an_unknown_event_is_refused(
    sandbox: Sandbox, lever: Client, opportunity: str
) -> None:
    lever.post("/webhooks", {"event": "candidateStageChange", "url": URL})
    sandbox.recruiter.move(opportunity, "offer")
    assert sandbox.deliveries.all() == []
    with pytest.raises(ValueError, match="No event 'tagAdded'; there are: applicationCreated"):
        sandbox.recruiter.switch_webhooks(event="tagAdded")


def test_without_a_webhook_there_are_no_deliveries(
    sandbox: Sandbox, lever: Client, register: Register, opportunity: str
) -> None:
    webhook = register("candidateStageChange")
    lever.call("DELETE", f"/webhooks/{webhook}")
    sandbox.recruiter.move(opportunity, "offer")
    sandbox.recruiter.hire(opportunity)
    assert sandbox.deliveries.all() == []
    assert sandbox.deliveries.settled()


def test_tags_and_notes_send_no_events(sandbox: Sandbox, lever: Client, register: Register, opportunity: str) -> None:
    for event in ("applicationCreated", "candidateStageChange", "candidateArchiveChange", "contactUpdated"):
        register(event)
    sandbox.recruiter.tag(opportunity, "vip")
    sandbox.recruiter.add_note(opportunity, "Hello")
    lever.post(f"/opportunities/{opportunity}/addTags", {"tags": ["a"]})
    assert sandbox.deliveries.all() == []


def test_seeding_a_world_sends_no_events(sandbox: Sandbox, register: Register) -> None:
    register("applicationCreated")
    sandbox.seed(3, 20)
    assert sandbox.deliveries.all() == []


def test_a_false_event_can_be_sent(
    sandbox: Sandbox, register: Register, event_data: EventData, opportunity: str
) -> None:
    register("candidateStageChange")
    sandbox.recruiter.switch_webhooks(False)
    known, unknown = (
        sandbox.recruiter.pretend("candidateStageChange", uid, toStageId="offer")[0] for uid in (opportunity, "nobody")
    )
    first, second = event_data("candidateStageChange")
    contact = sandbox.world.lever.opportunity(opportunity).contact.id
    assert first == {
        "opportunityId": opportunity,
        "candidateId": opportunity,
        "contactId": contact,
        "toStageId": "offer",
    }
    assert (second["opportunityId"], second["toStageId"]) == ("nobody", "offer")
    assert second["contactId"] != contact
    assert [delivery.id for delivery in sandbox.deliveries.all()] == [known, unknown]
    assert sandbox.look(opportunity)["stage"] == "New applicant"


def test_a_false_event_can_have_other_ids_and_needs_a_webhook(
    sandbox: Sandbox, register: Register, event_data: EventData, opportunity: str
) -> None:
    register("candidateHired")
    sandbox.recruiter.pretend("candidateHired", opportunity, opportunityId=7)
    assert event_data("candidateHired")[0]["opportunityId"] == 7
    with pytest.raises(ValueError, match="no webhook for 'candidateDeleted'"):
        sandbox.recruiter.pretend("candidateDeleted", opportunity)
