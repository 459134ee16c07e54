"""Section 3, row by row, and what an invitation is (section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from alva_lever.http.errors import Forbidden, MissingPermission
from alva_lever.rules.window import OVERLAP_MS, Window
from alva_lever.settings import ORIGINS, read_options
from tests.sync.office import ELSEWHERE, FURTHER, HOUR_MS, NOW_MS, Office

SEND_TESTS, SCREENING, SKIP = "Alva: Send Tests", "Alva: Screening", "Alva: Skip Assessment"
SENT, COMPLETED = "Alva: Invitation Sent", "Alva: Completed"
LAST_HOUR = Window(NOW_MS - HOUR_MS, NOW_MS)


def looked_at(office: Office, one: str, **fields: Any) -> str:
    """Runs over `one` and another candidate who is not to be invited. Returns the word under which `one` is counted."""
    other = office.apply("Bo Ek", stage=ELSEWHERE)
    counts = office.run(one, other, **fields)
    assert sum(counts.values()) == 2
    reason = next(reason for reason, ids in office.progress.report.ids.items() if one in ids)
    assert office.sent(other) == 0
    return reason


def untouched(office: Office) -> bool:
    """Returns whether nothing was written and Alva got no request."""
    return office.writes() == 0 and office.arrived("alva") == []


# Row 1.


def test_a_deleted_opportunity_is_gone(office: Office) -> None:
    ada = office.apply(tags=[SEND_TESTS])
    office.recruiter.delete(ada)
    assert looked_at(office, ada) == "gone"
    assert untouched(office)


def test_an_anonymised_contact_is_gone(office: Office) -> None:
    ada = office.apply(tags=[SEND_TESTS])
    office.recruiter.anonymise(ada)
    assert looked_at(office, ada, named=frozenset([ada])) == "gone"
    assert untouched(office)


def test_an_unknown_id_is_gone(office: Office) -> None:
    assert office.run("deleted", "no-such-id") == {"gone": 2}
    assert untouched(office)


# Row 2.


@pytest.mark.parametrize("grant", [True, False], ids=["shown", "refused"])
def test_a_candidate_on_a_confidential_posting_never_reaches_alva(office: Office, grant: bool) -> None:
    office.connect(lever_key=office.sandbox.add_lever_key("granted", confidential=grant))
    secret = office.recruiter.add_posting("Chief", tags=[SCREENING], confidential=True)
    ada = office.apply(posting=secret, tags=[SEND_TESTS])
    assert looked_at(office, ada, named=frozenset([ada]), window=LAST_HOUR) == "confidential"
    assert untouched(office)


def test_an_opportunity_that_lever_refuses_to_show_never_reaches_alva_even_if_named(office: Office) -> None:
    ada = office.apply(tags=[SEND_TESTS])
    office.recruiter.restrict(ada)
    assert looked_at(office, ada, named=frozenset([ada])) == "confidential"
    assert untouched(office)


def test_an_opportunity_that_lever_refuses_to_show_does_not_block_the_others(office: Office) -> None:
    ada = office.apply(emails=[])
    office.run(ada)
    office.recruiter.restrict(ada)
    people = office.applied(30)
    assert office.run(ada, *people) == {"confidential": 1, "trigger_stage": 30}


def test_an_opportunity_that_is_hidden_before_the_tag_is_confidential(office: Office) -> None:
    ada = office.apply()
    office.faults.add("lever", "POST", "*/addTags", kind="call", action=lambda: office.recruiter.restrict(ada))
    assert office.run(ada) == {"confidential": 1}


def test_a_posting_that_lever_refuses_to_show_is_confidential(office: Office) -> None:
    ada = office.apply(tags=[SEND_TESTS])
    office.faults.add("lever", "GET", f"/postings/{office.posting}", status=403, times=None)
    assert looked_at(office, ada, named=frozenset([ada])) == "confidential"
    assert untouched(office)


@pytest.mark.parametrize("lacking", ["opportunities", "postings"])
def test_a_key_without_read_access_fails_and_no_candidate_is_confidential(office: Office, lacking: str) -> None:
    ada, bo = office.applied(2)
    allowed = {"opportunities": "write", "postings": "read", "notes": "write", "stages": "read"}
    office.restricted_key(**{name: access for name, access in allowed.items() if name != lacking})
    with pytest.raises((Forbidden, MissingPermission), match=f"{lacking}: read"):
        office.run(ada, bo)
    assert (office.progress.report.counts, office.progress.done) == ({}, set())
    assert untouched(office)


# Row 3.


@pytest.mark.parametrize("how", ["archive", "hire"])
def test_an_archived_candidate_is_not_invited(office: Office, how: str) -> None:
    ada = office.apply(tags=[SEND_TESTS])
    getattr(office.recruiter, how)(ada)
    assert looked_at(office, ada, named=frozenset([ada])) == "archived"
    assert untouched(office)


# Row 4.


@pytest.mark.parametrize("tag", [SENT, COMPLETED])
def test_an_invited_or_completed_candidate_is_not_invited_again(office: Office, tag: str) -> None:
    ada = office.apply(tags=[SEND_TESTS, tag, "Alva: Invitation Failed"])
    assert looked_at(office, ada, named=frozenset([ada])) == "already_invited"
    assert untouched(office)


# A new application syncs the job position also where row 3 or 4 holds (section 7).


def settled_arrival(office: Office, word: str, **options: Any) -> str:
    ada = office.apply(**{"stage": ELSEWHERE, "at_ms": NOW_MS - 1, **options})
    return office.recruiter.archive(ada) if word == "archived" else office.recruiter.tag(ada, SENT)


settled = pytest.mark.parametrize("word", ["archived", "already_invited"])


@settled
def test_a_new_archived_or_invited_applicant_syncs_the_job_position(office: Office, word: str) -> None:
    ada = settled_arrival(office, word)
    assert looked_at(office, ada, window=LAST_HOUR) == word
    assert [row.facts.name for row in office.positions()] == ["Data Engineer"]
    office.recruiter.change_posting(office.posting, name="Data Person")
    looked_at(office, ada, window=LAST_HOUR)
    assert [row.facts.name for row in office.positions()] == ["Data Person"]
    assert (office.sent(ada), office.candidates.find(ada)["present"], office.notes(ada)) == (0, False, [])


@settled
def test_an_applicant_from_before_the_window_syncs_no_job_position(office: Office, word: str) -> None:
    old = office.recruiter.add_posting("Cook")
    ada = settled_arrival(office, word, posting=old, at_ms=LAST_HOUR.start_ms - OVERLAP_MS - 1)
    assert looked_at(office, ada, window=LAST_HOUR) == word
    assert office.arrived("lever", "GET", f"/postings/{old}") == []
    assert old not in [row.facts.external_id for row in office.positions()]


@settled
def test_a_dry_run_syncs_no_job_position(office: Office, word: str) -> None:
    ada = settled_arrival(office, word)
    assert looked_at(office, ada, window=LAST_HOUR, dry_run=True) == word
    assert untouched(office)


@settled
@pytest.mark.parametrize("grant", [True, False], ids=["shown", "refused"])
def test_the_confidential_posting_of_an_archived_or_invited_applicant_is_never_sent(
    office: Office, word: str, grant: bool
) -> None:
    office.connect(lever_key=office.sandbox.add_lever_key("granted", confidential=grant))
    secret = office.recruiter.add_posting("Chief", confidential=True)
    ada = settled_arrival(office, word, posting=secret)
    assert looked_at(office, ada, window=LAST_HOUR) == "confidential"
    assert secret not in [row.facts.external_id for row in office.positions()]


@settled
def test_the_hidden_posting_of_an_archived_or_invited_applicant_is_never_sent(office: Office, word: str) -> None:
    ada = settled_arrival(office, word)
    office.faults.add("lever", "GET", f"/postings/{office.posting}", status=403, times=None)
    assert looked_at(office, ada, window=LAST_HOUR) == "confidential"
    assert office.positions() == []


# Row 5: more in `test_failures`.


def test_a_failed_invitation_waits_until_something_asks_again(office: Office) -> None:
    ada = office.apply(emails=[])
    office.run(ada)
    office.forget()
    assert office.run(ada) == {"awaiting_retry": 1}
    assert untouched(office)


# Row 6.


def test_send_tests_invites_in_any_stage(office: Office) -> None:
    ada = office.apply(stage=ELSEWHERE, tags=[SEND_TESTS])
    assert looked_at(office, ada) == "send_tests"
    assert (office.sent(ada), office.status(ada)) == (1, ["Invitation Sent"])
    assert SEND_TESTS in office.other_tags(ada)


def test_send_tests_comes_before_skip_assessment_and_blocked_origins(office: Office) -> None:
    office.options = read_options({"trigger_stage": "New applicant", "blocked_origins": ["agency"]})
    skipped = office.recruiter.add_posting("Cook", tags=[SKIP])
    ada = office.apply(posting=skipped, origin="agency", tags=[SEND_TESTS])
    assert looked_at(office, ada) == "send_tests"
    assert office.sent(ada) == 1


@pytest.mark.parametrize("tag", ["alva: send tests", "Alva: Send  Tests", "Alva:Send Tests", "ALVA: SEND TESTS"])
def test_a_near_miss_of_send_tests_is_reported_and_does_not_count(office: Office, tag: str) -> None:
    ada = office.apply(stage=ELSEWHERE, tags=[tag])
    assert looked_at(office, ada) == "not_requested"
    assert office.progress.report.near_misses == [{"id": ada, "tag": tag}]
    assert untouched(office)


# Row 7.


def test_a_posting_with_skip_assessment_invites_no_candidates(office: Office) -> None:
    skipped = office.recruiter.add_posting("Cook", tags=[SKIP, SCREENING])
    ada = office.apply(posting=skipped, at_ms=NOW_MS - 1)
    assert looked_at(office, ada, window=LAST_HOUR, named=frozenset([ada])) == "skip_assessment"
    assert (office.sent(ada), office.status(ada)) == (0, [])


def test_a_near_miss_of_skip_assessment_is_reported_and_does_not_count(office: Office) -> None:
    posting = office.recruiter.add_posting("Cook", tags=["alva: skip assessment", "Alva:Screening"])
    ada, bo = office.applied(2, posting=posting)
    assert office.run(ada, bo) == {"trigger_stage": 2}
    found = [{"id": posting, "tag": tag} for tag in ("alva: skip assessment", "Alva:Screening")]
    assert office.progress.report.near_misses == found


# Row 8.


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_candidate_of_a_blocked_origin_is_not_invited_and_any_other_is(office: Office, origin: str) -> None:
    office.options = read_options({"trigger_stage": "New applicant", "blocked_origins": [origin]})
    screened = office.recruiter.add_posting("Cook", tags=[SCREENING])
    ada = office.apply(posting=screened, origin=origin, at_ms=NOW_MS - 1)
    assert looked_at(office, ada, window=LAST_HOUR, named=frozenset([ada])) == "blocked_origin"
    assert office.sent(ada) == 0
    office.options = read_options(
        {"trigger_stage": "New applicant", "blocked_origins": sorted(set(ORIGINS) - {origin})}
    )
    assert looked_at(office, ada) == "trigger_stage"
    assert office.sent(ada) == 1


# Row 9.


def test_a_candidate_in_the_trigger_stage_is_invited(office: Office) -> None:
    ada = office.apply(tags=["vip"])
    assert looked_at(office, ada) == "trigger_stage"
    assert (office.sent(ada), office.status(ada)) == (1, ["Invitation Sent"])
    assert office.other_tags(ada) == ["vip", "Data Engineer", "Platform"]
    assert office.notes(ada) == []


def test_a_candidate_who_has_left_the_trigger_stage_is_not_invited(office: Office) -> None:
    ada = office.apply()
    office.recruiter.move(ada, FURTHER)
    assert looked_at(office, ada) == "not_requested"
    assert office.sent(ada) == 0


# Row 10.


def test_screening_invites_new_applications(office: Office) -> None:
    screened = office.recruiter.add_posting("Cook", tags=[SCREENING])
    ada = office.apply(posting=screened, stage=ELSEWHERE, at_ms=NOW_MS - HOUR_MS)
    assert looked_at(office, ada, window=LAST_HOUR) == "screening"
    assert (office.sent(ada), office.status(ada)) == (1, ["Invitation Sent"])


@pytest.mark.parametrize(
    ("at_ms", "reason"),
    [
        (LAST_HOUR.start_ms - OVERLAP_MS - 1, "not_requested"),
        (LAST_HOUR.start_ms - OVERLAP_MS, "screening"),
        (LAST_HOUR.end_ms - 1, "screening"),
        (LAST_HOUR.end_ms, "not_requested"),
    ],
    ids=["before the overlap", "first of the overlap", "last", "at the end"],
)
def test_an_application_within_the_window_or_its_overlap_is_new(office: Office, at_ms: int, reason: str) -> None:
    screened = office.recruiter.add_posting("Cook", tags=[SCREENING])
    ada = office.apply(posting=screened, stage=ELSEWHERE, at_ms=at_ms)
    assert looked_at(office, ada, window=LAST_HOUR) == reason


def test_a_new_application_of_an_old_lead_is_new(office: Office) -> None:
    screened = office.recruiter.add_posting("Cook", tags=[SCREENING])
    lead = office.recruiter.add_lead("Ada Byron", ["ada@candidates.example.com"], at_ms=NOW_MS - 90 * 24 * HOUR_MS)
    office.recruiter.apply_lead(lead, screened, at_ms=NOW_MS - 1)
    assert looked_at(office, lead, window=LAST_HOUR) == "screening"
    assert office.sent(lead) == 1


def test_screening_does_not_invite_candidates_who_applied_before_the_tag(office: Office) -> None:
    before = office.applied(3, stage=ELSEWHERE, at_ms=NOW_MS - 2 * HOUR_MS)
    office.recruiter.change_posting(office.posting, tags=[SCREENING])
    for one in before:
        office.recruiter.tag(one, "touched")
    assert office.run(*before, window=LAST_HOUR) == {"not_requested": 3}
    assert [office.sent(one) for one in before] == [0, 0, 0]


# Row 11.


def test_a_named_candidate_is_invited(office: Office) -> None:
    ada = office.apply(stage=FURTHER)
    assert looked_at(office, ada, named=frozenset([ada])) == "manual"
    assert (office.sent(ada), office.status(ada)) == (1, ["Invitation Sent"])


# Row 12.


def test_any_other_candidate_is_not_invited(office: Office) -> None:
    ada = office.apply(stage=FURTHER)
    assert looked_at(office, ada, named=frozenset(["somebody-else"]), window=LAST_HOUR) == "not_requested"
    assert untouched(office)


# Section 4.


def test_the_invitation_carries_name_address_and_the_opportunity(office: Office) -> None:
    ada = office.apply(
        " Ada  Lovelace Byron ", emails=["not an address", "Ada@Candidates.example.com", "b@candidates.example.com"]
    )
    office.run(ada)
    sent = office.in_alva(ada)
    assert (sent["first_name"], sent["last_name"]) == ("Ada", "Lovelace Byron")
    assert sent["email"].casefold() == "ada@candidates.example.com"
    assert (sent["external_id"], sent["invitation"]["status"]) == (ada, "sent")
    (position,) = office.positions()
    assert (position.id, position.facts.external_id) == (sent["job_position_id"], office.posting)


@pytest.mark.parametrize(("name", "expected"), [("Ada", ("Ada", "")), ("", ("", ""))])
def test_a_candidate_with_one_name_or_none_can_be_invited(office: Office, name: str, expected: tuple[str, str]) -> None:
    ada = office.apply(name)
    assert office.run(ada) == {"trigger_stage": 1}
    assert (office.in_alva(ada)["first_name"], office.in_alva(ada)["last_name"]) == expected


def test_a_contact_on_two_postings_is_invited_for_each(office: Office) -> None:
    ada = office.apply(emails=["ada@candidates.example.com"])
    again = office.apply(posting=office.recruiter.add_posting("Cook"), contact=ada)
    assert office.run(ada, again) == {"trigger_stage": 2}
    assert [office.sent(one) for one in (ada, again)] == [1, 1]
    assert [office.status(one) for one in (ada, again)] == [["Invitation Sent"]] * 2
    assert office.in_alva(ada)["job_position_id"] != office.in_alva(again)["job_position_id"]


def test_a_candidate_who_is_already_in_alva_gets_only_the_missing_tag(office: Office) -> None:
    ada = office.apply()
    office.run(ada)
    office.recruiter.untag(ada, SENT)
    office.forget()
    assert office.run(ada) == {"trigger_stage": 1}
    assert (office.sent(ada), office.status(ada), office.asked()) == (1, ["Invitation Sent"], ["POST addTags"])


def test_a_bounce_without_a_tag_in_lever_gets_tag_and_note(office: Office) -> None:
    ada = office.apply()
    office.run(ada)
    office.candidates.bounce(ada)
    office.recruiter.untag(ada, SENT)
    office.run(ada)
    assert (office.sent(ada), office.status(ada), office.failures(ada)) == (1, ["Invitation Bounced"], ["bounce"])


@pytest.mark.parametrize("kind", ["cut_after", "cut_within", "html", "truncated"])
def test_a_lost_answer_causes_no_second_invitation(office: Office, kind: str) -> None:
    ada = office.apply()
    office.faults.add("alva", "POST", "*/candidates", kind=kind)
    assert office.run(ada) == {"trigger_stage": 1}
    assert (office.sent(ada), office.status(ada)) == (1, ["Invitation Sent"])
    assert len(office.positions()) == 1


@pytest.mark.parametrize("path", ["*/addTags", "*/notes", "/postings/*"])
def test_a_candidate_who_is_deleted_meanwhile_is_gone(office: Office, path: str) -> None:
    ada = office.apply(emails=[])
    if path == "*/notes":
        office.run(ada)
    office.faults.add("lever", path=path, kind="call", action=lambda: office.recruiter.delete(ada))
    assert office.run(ada) == {"gone": 1}


# A repeated run and a dry run.


def everybody(office: Office) -> list[str]:
    """Adds one candidate for each reason and failure that a first run can report."""
    office.options = read_options({"trigger_stage": "New applicant", "blocked_origins": ["agency"]})
    skipped = office.recruiter.add_posting("Cook", tags=[SKIP])
    screened = office.recruiter.add_posting("Waiter", tags=[SCREENING])
    secret = office.recruiter.add_posting("Chief", confidential=True)
    people = [
        office.apply(),
        office.apply(stage=ELSEWHERE, tags=[SEND_TESTS]),
        office.apply(posting=skipped),
        office.apply(posting=screened, stage=ELSEWHERE, at_ms=NOW_MS - 1),
        office.apply(posting=secret),
        office.apply(origin="agency"),
        office.apply(emails=[]),
        office.apply(emails=["nonsense"], stage=ELSEWHERE, tags=[SEND_TESTS]),
        office.recruiter.add_lead("Kim Ek", ["kim@candidates.example.com"], stage="New applicant"),
        office.apply(tags=[SENT]),
        office.apply(stage=FURTHER),
        office.apply(),
    ]
    office.recruiter.archive(people[-1])
    return people


EVERYBODY = {
    "trigger_stage": 1, "send_tests": 1, "skip_assessment": 1, "screening": 1, "confidential": 1, "blocked_origin": 1,
    "missing_email": 1, "invalid_email": 1, "no_posting": 1, "already_invited": 1, "not_requested": 1, "archived": 1,
}  # fmt: skip


def test_the_same_run_again_writes_nothing(office: Office) -> None:
    people = everybody(office)
    assert office.run(*people, window=LAST_HOUR) == EVERYBODY
    before = [office.sandbox.look(one) for one in people]
    office.forget()
    again = office.run(*people, window=LAST_HOUR)
    assert (again["already_invited"], again["awaiting_retry"], sum(again.values())) == (4, 3, len(people))
    assert office.asked() == []
    assert [office.sandbox.look(one) for one in people] == before


def test_a_dry_run_writes_nothing_and_reports_the_same(office: Office) -> None:
    people = everybody(office)
    before = [office.sandbox.look(one) for one in people]
    assert office.run(*people, window=LAST_HOUR, dry_run=True) == EVERYBODY
    dry = office.progress.report.ids
    assert office.asked() == []
    assert [office.sandbox.look(one) for one in people] == before
    office.run(*people, window=LAST_HOUR)
    assert office.progress.report.ids == dry
