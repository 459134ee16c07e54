from __future__ import annotations

from typing import Any

import pytest

from include.sandbox import Clock, Sandbox
from tests.sandbox.conftest import Client

HOUR_MS = 3_600_000


def shown(lever: Client, uid: str) -> dict[str, Any]:
    return dict(lever.get(f"/opportunities/{uid}", expand="applications")["data"])


def test_an_applicant_is_an_opportunity_with_an_application(
    lever: Client, opportunity: str, posting: str, clock: Clock
) -> None:
    row = shown(lever, opportunity)
    (application,) = row["applications"]
    assert (row["origin"], row["stage"], row["emails"]) == ("applied", "applicant-new", ["ada@candidates.example.com"])
    assert (application["posting"], application["type"]) == (posting, "posting")
    assert row["createdAt"] == application["createdAt"] == row["lastAdvancedAt"] == row["updatedAt"] == clock.now_ms()
    assert row["sources"] == ["Job site"]


def test_a_move_can_have_an_earlier_date(sandbox: Sandbox, lever: Client, opportunity: str, clock: Clock) -> None:
    entered = clock.now_ms() - HOUR_MS
    sandbox.recruiter.move(opportunity, "Assessment", at_ms=entered)
    row = shown(lever, opportunity)
    assert row["lastAdvancedAt"] == row["stageChanges"][-1]["updatedAt"] == entered
    assert row["updatedAt"] == clock.now_ms()
    assert row["stageChanges"][-1]["userId"]


def test_an_application_can_have_an_earlier_date(sandbox: Sandbox, lever: Client, posting: str, clock: Clock) -> None:
    at = clock.now_ms() - HOUR_MS
    row = shown(lever, sandbox.recruiter.apply(posting, "Bo", at_ms=at))
    assert {row[name] for name in ("createdAt", "updatedAt", "lastAdvancedAt", "lastInteractionAt")} == {at}
    assert row["applications"][0]["createdAt"] == at


def test_moving_away_and_back_leaves_three_entries(
    sandbox: Sandbox, lever: Client, opportunity: str, clock: Clock
) -> None:
    for stage in ("Assessment", "applicant-new"):
        clock.advance(1000)
        sandbox.recruiter.move(opportunity, stage)
    row = shown(lever, opportunity)
    assert len(row["stageChanges"]) == 3
    assert row["lastAdvancedAt"] == clock.now_ms()


def test_hiring_archives_with_a_reason_of_type_hired(
    sandbox: Sandbox, lever: Client, opportunity: str, clock: Clock
) -> None:
    sandbox.recruiter.hire(opportunity, at_ms=clock.now_ms() - HOUR_MS)
    hired = lever.get("/archive_reasons", type="hired")["data"][0]["id"]
    row = shown(lever, opportunity)
    assert row["archived"] == {"reason": hired, "archivedAt": clock.now_ms() - HOUR_MS}
    assert row["applications"][0]["archived"] == row["archived"]
    sandbox.recruiter.unarchive(opportunity)
    assert shown(lever, opportunity)["archived"] is None


def test_new_addresses_apply_to_all_opportunities_of_the_contact(
    sandbox: Sandbox, lever: Client, opportunity: str, clock: Clock
) -> None:
    other = sandbox.recruiter.add_lead("Ada", contact=opportunity)
    clock.advance(1)
    sandbox.recruiter.set_emails(opportunity, ["new@candidates.example.com"])
    for uid in (opportunity, other):
        assert shown(lever, uid)["emails"] == ["new@candidates.example.com"]
        assert shown(lever, uid)["updatedAt"] == clock.now_ms()


def test_an_unknown_hiring_manager_becomes_a_user(sandbox: Sandbox, lever: Client) -> None:
    posting = sandbox.recruiter.add_posting("Cook", hiring_manager_email="chef@hiring.example.com")
    (user,) = lever.get("/users", email="chef@hiring.example.com")["data"]
    assert lever.get(f"/postings/{posting}")["data"]["hiringManager"] == user["id"]
    sandbox.recruiter.change_posting(posting, hiring_manager_email="", team="Kitchen")
    row = lever.get(f"/postings/{posting}")["data"]
    assert (row["hiringManager"], row["categories"]["team"], row["text"]) == (None, "Kitchen", "Cook")


@pytest.mark.parametrize(
    ("move", "arguments", "message"),
    [
        ("move", {"opportunity": "?", "stage": "offer"}, "no opportunity"),
        ("move", {"stage": "Nowhere"}, "No stage 'Nowhere'; there are: Assessment"),
        ("archive", {"reason": "Bored"}, "No archive reason"),
        ("apply_lead", {"posting": "Pilot"}, "No posting"),
        ("add_note", {"text": "x", "author": "Nobody"}, "No user"),
        ("add_lead", {"name": "Ada", "origin": "found"}, "No origin"),
    ],
)
def test_an_impossible_move_is_refused_with_the_choices(
    sandbox: Sandbox, opportunity: str, move: str, arguments: dict[str, str], message: str
) -> None:
    if move != "add_lead":
        arguments = {"opportunity": opportunity} | arguments
    with pytest.raises(ValueError, match=message):
        getattr(sandbox.recruiter, move)(**arguments)


def test_a_name_of_two_postings_is_refused(sandbox: Sandbox) -> None:
    for _ in range(2):
        sandbox.recruiter.add_posting("Cook")
    with pytest.raises(ValueError, match="More than one posting"):
        sandbox.recruiter.apply("Cook", "Ada")
