from __future__ import annotations

import pytest

HOUR_MS = 3_600_000


def shown(lever, uid: str):
    return lever.get(f"/opportunities/{uid}", expand="applications")["data"]


def test_an_applicant_is_an_opportunity_with_an_application(lever, opportunity, posting, clock) -> None:
    row = shown(lever, opportunity)
    (application,) = row["applications"]
    assert (row["origin"], row["stage"], row["emails"]) == ("applied", "applicant-new", ["ada@candidates.example.com"])
    assert (application["posting"], application["type"]) == (posting, "posting")
    assert row["createdAt"] == application["createdAt"] == row["lastAdvancedAt"] == row["updatedAt"] == clock.now_ms()
    assert row["sources"] == ["Job site"]


def test_a_move_can_be_dated_back(sandbox, lever, opportunity, clock) -> None:
    entered = clock.now_ms() - HOUR_MS
    sandbox.recruiter.move(opportunity, "Assessment", at_ms=entered)
    row = shown(lever, opportunity)
    assert row["lastAdvancedAt"] == row["stageChanges"][-1]["updatedAt"] == entered
    assert row["updatedAt"] == clock.now_ms()
    assert row["stageChanges"][-1]["userId"]


def test_an_applicant_can_be_dated_back(sandbox, lever, posting, clock) -> None:
    at = clock.now_ms() - HOUR_MS
    row = shown(lever, sandbox.recruiter.apply(posting, "Bo", at_ms=at))
    assert {row[name] for name in ("createdAt", "updatedAt", "lastAdvancedAt", "lastInteractionAt")} == {at}
    assert row["applications"][0]["createdAt"] == at


def test_moving_away_and_back_leaves_three_entries(sandbox, lever, opportunity, clock) -> None:
    for stage in ("Assessment", "applicant-new"):
        clock.advance(1000)
        sandbox.recruiter.move(opportunity, stage)
    row = shown(lever, opportunity)
    assert len(row["stageChanges"]) == 3
    assert row["lastAdvancedAt"] == clock.now_ms()


def test_hiring_archives_with_the_reason_of_type_hired(sandbox, lever, opportunity, clock) -> None:
    sandbox.recruiter.hire(opportunity, at_ms=clock.now_ms() - HOUR_MS)
    hired = lever.get("/archive_reasons", type="hired")["data"][0]["id"]
    row = shown(lever, opportunity)
    assert row["archived"] == {"reason": hired, "archivedAt": clock.now_ms() - HOUR_MS}
    assert row["applications"][0]["archived"] == row["archived"]
    sandbox.recruiter.unarchive(opportunity)
    assert shown(lever, opportunity)["archived"] is None


def test_new_addresses_are_the_persons(sandbox, lever, opportunity, clock) -> None:
    other = sandbox.recruiter.add_lead("Ada", contact=opportunity)
    clock.advance(1)
    sandbox.recruiter.set_emails(opportunity, ["new@candidates.example.com"])
    for uid in (opportunity, other):
        assert shown(lever, uid)["emails"] == ["new@candidates.example.com"]
        assert shown(lever, uid)["updatedAt"] == clock.now_ms()


def test_a_hiring_manager_whom_lever_does_not_know_becomes_a_user(sandbox, lever) -> None:
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
def test_a_move_that_makes_no_sense_says_what_there_is(sandbox, opportunity, move, arguments, message) -> None:
    if move != "add_lead":
        arguments = {"opportunity": opportunity} | arguments
    with pytest.raises(ValueError, match=message):
        getattr(sandbox.recruiter, move)(**arguments)


def test_a_name_that_two_postings_have_is_refused(sandbox) -> None:
    for _ in range(2):
        sandbox.recruiter.add_posting("Cook")
    with pytest.raises(ValueError, match="More than one posting"):
        sandbox.recruiter.apply("Cook", "Ada")
