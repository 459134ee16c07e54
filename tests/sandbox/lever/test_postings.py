from __future__ import annotations

from collections.abc import Callable

import pytest

from include.sandbox import Clock, Sandbox
from tests.sandbox.conftest import Client


@pytest.fixture
def user(lever: Client) -> str:
    return str(lever.get("/users")["data"][-1]["id"])


def test_postings_are_listed_newest_first_in_pages(sandbox: Sandbox, lever: Client, clock: Clock) -> None:
    ids = []
    for number in range(5):
        clock.advance(1)
        ids.append(sandbox.recruiter.add_posting(f"Job {number}"))
    assert lever.listed("/postings", limit=2) == ids[::-1]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"tag": "Alva: Screening"}, {"a"}),
        ({"tag": ["Alva: Screening", "alva: screening"]}, {"a", "b"}),
        ({"state": "closed"}, {"b"}),
        ({"team": "Design", "location": "Oslo"}, {"a"}),
        ({"updated_at_start": 1}, {"a", "b"}),
    ],
)
def test_a_filter_keeps_only_matching_postings(
    sandbox: Sandbox, lever: Client, params: dict[str, object], expected: set[str]
) -> None:
    ids = {
        "a": sandbox.recruiter.add_posting("A", tags=["Alva: Screening"], team="Design", location="Oslo"),
        "b": sandbox.recruiter.add_posting("B", tags=["alva: screening"], state="closed", location="Oslo"),
    }
    found = lever.listed("/postings", **params)
    assert {name for name, uid in ids.items() if uid in found} == expected


@pytest.mark.parametrize("other", [{"tag": "a"}, {"state": "published"}, {"team": "x"}])
def test_updated_at_can_only_be_combined_with_confidentiality(
    lever: Client, posting: str, other: dict[str, str]
) -> None:
    assert lever.call("GET", "/postings", params={"updated_at_start": 1, **other}).status_code == 400
    assert lever.listed("/postings", updated_at_start=1, confidentiality="non-confidential") == [posting]


def test_expand_shows_the_people_of_a_posting(lever: Client, posting: str) -> None:
    row = lever.get(f"/postings/{posting}", expand=["hiringManager", "owner"])["data"]
    assert row["hiringManager"]["email"] == "mika.strand@hiring.example.com"
    assert set(row["owner"]) > {"id", "name", "accessRole"}
    assert isinstance(lever.get(f"/postings/{posting}")["data"]["hiringManager"], str)


def test_an_update_changes_only_its_fields_and_replaces_all_tags(
    lever: Client, posting: str, user: str, clock: Clock
) -> None:
    clock.advance(1000)
    assert lever.refused("POST", f"/postings/{posting}", json={"tags": ["a"]})[0] == 400
    lever.post(f"/postings/{posting}", {"tags": ["a", "b"]}, perform_as=user)
    lever.post(f"/postings/{posting}", {"tags": ["c"]}, perform_as=user)
    row = lever.get(f"/postings/{posting}")["data"]
    assert (row["tags"], row["text"], row["updatedAt"]) == (["c"], "Data Engineer", clock.now_ms())
    assert row["categories"]["team"] == "Platform"


def test_a_new_title_replaces_the_old_one_at_the_end_of_the_tags(
    sandbox: Sandbox, lever: Client, posting: str, opportunity: str, clock: Clock
) -> None:
    clock.advance(1000)
    sandbox.recruiter.change_posting(posting, name="Analyst")
    row = lever.get(f"/opportunities/{opportunity}")["data"]
    assert row["tags"] == ["Engineering", "Platform", "London", "Full-time", "Analyst"]
    assert row["updatedAt"] == clock.now_ms()


def test_renaming_does_not_restore_a_removed_title_tag(
    sandbox: Sandbox, lever: Client, posting: str, opportunity: str
) -> None:
    sandbox.recruiter.untag(opportunity, "Data Engineer")
    sandbox.recruiter.change_posting(posting, name="Analyst")
    assert "Analyst" not in lever.get(f"/opportunities/{opportunity}")["data"]["tags"]


def test_a_lead_that_is_linked_to_a_posting_gets_its_tags(
    sandbox: Sandbox, lever: Client, posting: str, clock: Clock
) -> None:
    lead = sandbox.recruiter.add_lead("Ada", ["ada@candidates.example.com"], ["vip"])
    assert lever.get(f"/opportunities/{lead}")["data"]["applications"] == []
    clock.advance(1000)
    application = sandbox.recruiter.apply_lead(lead, posting)
    row = lever.get(f"/opportunities/{lead}", expand="applications")["data"]
    assert row["tags"] == ["vip", "Data Engineer", "Engineering", "Platform", "London", "Full-time"]
    assert row["applications"][0]["id"] == application
    assert (row["applications"][0]["type"], row["applications"][0]["email"]) == ("user", None)
    assert (row["createdAt"], row["applications"][0]["createdAt"]) == (clock.now_ms() - 1000, clock.now_ms())
    assert row["updatedAt"] == clock.now_ms()


def test_a_confidential_posting_cannot_be_changed_through_the_api(
    sandbox: Sandbox, client_of: Callable[[str], Client], user: str
) -> None:
    posting = sandbox.recruiter.add_posting("CFO", confidential=True)
    granted = client_of(sandbox.add_lever_key("granted", confidential=True))
    refusal = granted.refused("POST", f"/postings/{posting}?perform_as={user}", json={"tags": ["a"]})
    assert refusal[0] == 403


def test_a_new_posting_is_a_draft_without_public_urls(lever: Client, user: str) -> None:
    made = lever.post("/postings", {"text": "Cook", "categories": {"team": "Kitchen"}}, perform_as=user)["data"]
    assert (made["state"], made["urls"], made["categories"]["team"]) == ("draft", None, "Kitchen")
    assert lever.refused("POST", f"/postings?perform_as={user}", json={})[0] == 400


def test_an_applicant_of_the_job_site_is_matched_to_a_contact_by_address(
    lever: Client, posting: str, opportunity: str
) -> None:
    body = {
        "personalInformation": [
            {"identifier": "name", "value": "A"},
            {"identifier": "email", "value": "ada@candidates.example.com"},
        ]
    }
    made = lever.post(f"/postings/{posting}/apply", body)["data"]
    rows = lever.get("/opportunities")["data"]
    assert len(rows) == 2
    assert len({row["contact"] for row in rows}) == 1
    assert [made["applicationId"]] in [row["applications"] for row in rows]


def test_only_a_posting_without_applications_can_be_deleted(
    sandbox: Sandbox, lever: Client, posting: str, opportunity: str
) -> None:
    with pytest.raises(Exception, match="has applications"):
        sandbox.recruiter.delete_posting(posting)
    empty = sandbox.recruiter.add_posting("Nobody's")
    sandbox.recruiter.delete_posting(empty)
    assert lever.listed("/postings/deleted") == [empty]
    assert lever.refused("GET", f"/postings/{empty}")[0] == 404


def test_postings_for_the_companys_own_people_are_listed_on_request(sandbox: Sandbox, lever: Client) -> None:
    public, own, both, unlisted = (
        sandbox.recruiter.add_posting(name, state="internal" if name == "Unlisted" else "published")
        for name in ("Public", "Own", "Both", "Unlisted")
    )
    for posting, channels in ((own, ["internal"]), (both, ["public", "internal"])):
        sandbox.world.lever.postings[posting].details["distributionChannels"] = channels
    assert set(lever.listed("/postings")) == {public, both, unlisted}
    assert set(lever.listed("/postings", distributionChannel="internal")) == {own, both}
