"""What is announced, to whom, and with which data: looked at in the deliveries' bodies, which are held and not sent."""

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
Told = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def register(sandbox: Sandbox, lever: Client) -> Register:
    """Makes webhooks; they are switched on, and what they are sent is held."""
    sandbox.recruiter.switch_webhooks()
    sandbox.recruiter.hold_webhooks()

    def make(event: str, origins: list[str] | None = None) -> str:
        configuration = {} if origins is None else {"configuration": {"conditions": {"origins": origins}}}
        return str(lever.post("/webhooks", {"event": event, "url": URL} | configuration)["data"]["id"])

    return make


@pytest.fixture
def told(sandbox: Sandbox) -> Told:
    """The data of all deliveries of an event so far."""
    return lambda event: [json.loads(delivery.body)["data"] for delivery in sandbox.deliveries.of(event)]


def ids(lever: Client, opportunity: str) -> dict[str, str]:
    contact = lever.get(f"/opportunities/{opportunity}")["data"]["contact"]
    return {"opportunityId": opportunity, "candidateId": opportunity, "contactId": contact}


def test_an_application_is_announced_whoever_makes_it(
    sandbox: Sandbox, lever: Client, register: Register, told: Told, posting: str
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
    first, second, third, fourth = told("applicationCreated")
    for uid, data in zip([*made, lead], (first, second, third), strict=True):
        (held,) = lever.get(f"/opportunities/{uid}")["data"]["applications"]
        assert data == ids(lever, uid) | {"applicationId": held}
    assert (third["applicationId"], fourth["applicationId"]) == (application, applied)


def test_a_change_of_stage_is_announced_whoever_makes_it(
    sandbox: Sandbox, lever: Client, register: Register, told: Told, opportunity: str
) -> None:
    register("candidateStageChange")
    sandbox.recruiter.move(opportunity, "lead-new")
    sandbox.recruiter.move(opportunity, "lead-new")
    lever.put(f"/opportunities/{opportunity}/stage", {"stage": "offer"})
    both = ids(lever, opportunity)
    assert told("candidateStageChange") == [
        both | {"fromStageId": "applicant-new", "toStageId": "lead-new"},
        both | {"fromStageId": "lead-new", "toStageId": "offer"},
    ]


def test_archiving_and_its_end_are_announced_with_before_and_after(
    sandbox: Sandbox, lever: Client, register: Register, told: Told, opportunity: str, clock: Clock
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
    assert told("candidateArchiveChange") == [
        both | {"fromArchived": None, "toArchived": first},
        both | {"fromArchived": first, "toArchived": second},
        both | {"fromArchived": second, "toArchived": None},
    ]
    assert told("candidateHired") == []


def test_hiring_is_announced_as_such_and_as_archiving(
    sandbox: Sandbox, lever: Client, register: Register, told: Told, opportunity: str
) -> None:
    register("candidateArchiveChange")
    register("candidateHired")
    sandbox.recruiter.hire(opportunity)
    hired = lever.get("/archive_reasons", type="hired")["data"][0]["id"]
    assert told("candidateHired") == [ids(lever, opportunity)]
    assert told("candidateArchiveChange")[0]["toArchived"]["reason"] == hired


def test_deleting_is_announced_with_the_user(
    sandbox: Sandbox, lever: Client, register: Register, told: Told, opportunity: str
) -> None:
    register("candidateDeleted")
    expected = ids(lever, opportunity)
    sandbox.recruiter.delete(opportunity)
    (robin,) = lever.get("/users", email="robin.vik@hiring.example.com")["data"]
    assert told("candidateDeleted") == [expected | {"deletedBy": robin["id"]}]


def test_persons_are_announced_without_an_opportunity(
    sandbox: Sandbox, lever: Client, register: Register, told: Told, opportunity: str, clock: Clock
) -> None:
    register("contactUpdated")
    register("contactCreated")
    sandbox.recruiter.rename(opportunity, "Ada King")
    sandbox.recruiter.rename(opportunity, "Ada King")
    sandbox.recruiter.add_lead("Ada", contact=opportunity)
    sandbox.recruiter.add_lead("Bo")
    (updated,), (created,) = told("contactUpdated"), told("contactCreated")
    assert updated["contactId"] == ids(lever, opportunity)["contactId"] != created["contactId"]
    assert updated["updatedAt"] == created["createdAt"] == clock.now_ms()
    assert updated["accountId"] == created["accountId"]
    assert [delivery.opportunity for delivery in sandbox.deliveries.all()] == [None, None]


def test_what_is_dated_back_is_announced_now(
    sandbox: Sandbox, register: Register, opportunity: str, clock: Clock
) -> None:
    register("candidateStageChange")
    clock.advance(HOUR_MS)
    sandbox.recruiter.move(opportunity, "offer", at_ms=clock.now_ms() - HOUR_MS)
    (delivery,) = sandbox.deliveries.all()
    assert delivery.at_ms == json.loads(delivery.body)["triggeredAt"] == clock.now_ms()


def test_what_is_confidential_is_announced_too(sandbox: Sandbox, register: Register, told: Told) -> None:
    register("applicationCreated")
    secret = sandbox.recruiter.add_posting("Chief", confidential=True)
    uid = sandbox.recruiter.apply(secret, "Ada")
    assert [data["opportunityId"] for data in told("applicationCreated")] == [uid]


def test_only_the_origins_that_a_webhook_asks_for_are_announced_to_it(
    sandbox: Sandbox, register: Register, posting: str
) -> None:
    some, every = register("applicationCreated", ["agency", "referred"]), register("applicationCreated")
    uids = [sandbox.recruiter.apply(posting, "Ada", origin=origin) for origin in ("applied", "agency", "referred")]
    assert [row.opportunity for row in sandbox.deliveries.of(webhook=some)] == uids[1:]
    assert [row.opportunity for row in sandbox.deliveries.of(webhook=every)] == uids


def test_nothing_is_announced_until_its_event_is_switched_on(
    sandbox: Sandbox, register: Register, opportunity: str
) -> None:
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


def test_events_are_switched_off_at_first_and_an_unknown_one_is_none(
    sandbox: Sandbox, lever: Client, opportunity: str
) -> None:
    lever.post("/webhooks", {"event": "candidateStageChange", "url": URL})
    sandbox.recruiter.move(opportunity, "offer")
    assert sandbox.deliveries.all() == []
    with pytest.raises(ValueError, match="No event 'tagAdded'; there are: applicationCreated"):
        sandbox.recruiter.switch_webhooks(event="tagAdded")


def test_without_a_webhook_nothing_is_kept(
    sandbox: Sandbox, lever: Client, register: Register, opportunity: str
) -> None:
    webhook = register("candidateStageChange")
    lever.call("DELETE", f"/webhooks/{webhook}")
    sandbox.recruiter.move(opportunity, "offer")
    sandbox.recruiter.hire(opportunity)
    assert sandbox.deliveries.all() == []
    assert sandbox.deliveries.settled()


def test_tags_and_notes_are_no_events(sandbox: Sandbox, lever: Client, register: Register, opportunity: str) -> None:
    for event in ("applicationCreated", "candidateStageChange", "candidateArchiveChange", "contactUpdated"):
        register(event)
    sandbox.recruiter.tag(opportunity, "vip")
    sandbox.recruiter.add_note(opportunity, "Hello")
    lever.post(f"/opportunities/{opportunity}/addTags", {"tags": ["a"]})
    assert sandbox.deliveries.all() == []


def test_a_world_that_is_made_up_announces_nothing(sandbox: Sandbox, register: Register) -> None:
    register("applicationCreated")
    sandbox.seed(3, 20)
    assert sandbox.deliveries.all() == []


def test_a_claim_need_not_be_true(sandbox: Sandbox, register: Register, told: Told, opportunity: str) -> None:
    register("candidateStageChange")
    sandbox.recruiter.switch_webhooks(False)
    known, unknown = (
        sandbox.recruiter.pretend("candidateStageChange", uid, toStageId="offer")[0] for uid in (opportunity, "nobody")
    )
    first, second = told("candidateStageChange")
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


def test_a_claim_may_replace_the_usual_ids_and_needs_a_webhook(
    sandbox: Sandbox, register: Register, told: Told, opportunity: str
) -> None:
    register("candidateHired")
    sandbox.recruiter.pretend("candidateHired", opportunity, opportunityId=7)
    assert told("candidateHired")[0]["opportunityId"] == 7
    with pytest.raises(ValueError, match="no webhook for 'candidateDeleted'"):
        sandbox.recruiter.pretend("candidateDeleted", opportunity)
