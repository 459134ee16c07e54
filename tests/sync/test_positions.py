"""Job positions follow the postings (section 7)."""

from __future__ import annotations

from typing import Any

import pytest

from alva_lever.http.errors import ApiError
from alva_lever.rules.window import Window
from tests.sync.office import ELSEWHERE, HOUR_MS, NOW_MS, Office

LAST_HOUR = Window(NOW_MS - HOUR_MS, NOW_MS)
MANAGER = "mika.strand@hiring.example.com"


def facts(office: Office, posting: str) -> tuple[Any, ...]:
    (found,) = [row.facts for row in office.positions() if row.facts.external_id == posting]
    return found.name, found.team, found.owner_email


def invite(office: Office, posting: str) -> str:
    """Invites a candidate on this posting."""
    one = office.apply(posting=posting)
    assert office.run(one) == {"trigger_stage": 1}
    return one


def test_a_position_is_made_once_for_sixty_candidates(office: Office) -> None:
    office.candidates.add_user(MANAGER)
    posting = office.recruiter.add_posting("Cook", team="Kitchen", hiring_manager_email=MANAGER)
    people = office.applied(60, posting=posting)
    assert office.run(*people) == {"trigger_stage": 60}
    asked = [(one.method, one.path) for one in office.arrived("alva") if "candidates" not in one.path]
    assert sorted(asked) == [("GET", "/job_positions"), ("GET", "/users"), ("POST", "/job_positions")]
    assert {office.in_alva(one)["job_position_id"] for one in people} == {office.positions()[0].id}
    assert len(office.arrived("lever", "GET", "/postings/*")) == 1


@pytest.mark.parametrize(
    "written", ["lena.falk@hiring.example.com", "LENA.FALK@hiring.example.com", "Lena.Falk@hiring.example.com"]
)
@pytest.mark.parametrize("manager", ["lena.falk@hiring.example.com", "Lena.FALK@hiring.example.com"])
def test_a_position_has_the_postings_name_team_and_hiring_manager(office: Office, written: str, manager: str) -> None:
    office.candidates.add_user(written)
    posting = office.recruiter.add_posting("Cook", team="Kitchen", hiring_manager_email=manager)
    invite(office, posting)
    assert facts(office, posting) == ("Cook", "Kitchen", written)
    # The second time nothing differs.
    office.forget()
    invite(office, posting)
    assert office.arrived("alva", "P*", "/job_positions*") == office.arrived("alva", "POST", "*/candidates")


def test_a_posting_without_team_and_manager_gets_a_position_with_only_a_name(office: Office) -> None:
    posting = office.recruiter.add_posting("Cook")
    invite(office, posting)
    assert facts(office, posting) == ("Cook", None, None)
    assert office.arrived("alva", path="/users") == []


def test_a_manager_who_is_no_user_in_alva_is_left_out_and_does_not_block_the_invitation(office: Office) -> None:
    posting = office.recruiter.add_posting("Cook", hiring_manager_email=MANAGER)
    invite(office, posting)
    assert facts(office, posting) == ("Cook", None, None)


def test_the_owner_in_alva_stays_if_the_manager_is_no_user(office: Office) -> None:
    office.candidates.add_user("owner@example.com")
    posting = office.recruiter.add_posting("Cook", hiring_manager_email=MANAGER)
    office.candidates.add_position("Cook", external_id=posting, owner_email="owner@example.com")
    invite(office, posting)
    assert facts(office, posting) == ("Cook", None, "owner@example.com")
    assert office.arrived("alva", "PATCH") == []


def test_only_what_differs_is_written(office: Office) -> None:
    office.candidates.add_user(MANAGER)
    posting = office.recruiter.add_posting("Cook", team="Kitchen", hiring_manager_email=MANAGER)
    invite(office, posting)
    (before,) = office.positions()
    office.recruiter.change_posting(posting, name="Chef")
    office.forget()
    invite(office, posting)
    assert facts(office, posting) == ("Chef", "Kitchen", MANAGER)
    assert [one.path for one in office.arrived("alva", "PATCH")] == [f"/job_positions/{before.id}"]
    office.recruiter.change_posting(posting, team="", hiring_manager_email="")
    invite(office, posting)
    # The owner stays: a missing hiring manager does not replace it.
    assert facts(office, posting) == ("Chef", None, MANAGER)
    assert len(office.positions()) == 1


def test_a_position_that_a_person_made_in_alva_for_the_posting_is_used(office: Office) -> None:
    posting = office.recruiter.add_posting("Cook")
    known = office.candidates.add_position("Something else", external_id=posting)
    ada = invite(office, posting)
    assert office.in_alva(ada)["job_position_id"] == known
    assert facts(office, posting)[0] == "Cook"


@pytest.mark.parametrize("kind", ["cut_after", "cut_within", "html", "truncated"])
def test_a_position_whose_answer_was_lost_is_made_once(office: Office, kind: str) -> None:
    office.faults.add("alva", "POST", "/job_positions", kind=kind)
    invite(office, office.posting)
    assert len(office.positions()) == 1


def test_a_change_that_alva_refuses_does_not_block_the_invitation(office: Office) -> None:
    invite(office, office.posting)
    office.recruiter.change_posting(office.posting, name=" ")
    ada = office.apply()
    assert office.run(ada) == {"trigger_stage": 1}
    assert (office.sent(ada), facts(office, office.posting)[0]) == (1, "Data Engineer")


@pytest.mark.parametrize("path", ["/users", "/job_positions"])
def test_a_fault_that_lasts_fails_the_task_and_makes_nothing_twice(office: Office, path: str) -> None:
    posting = office.recruiter.add_posting("Cook", hiring_manager_email=MANAGER)
    people = office.applied(3, posting=posting)
    office.faults.add("alva", path=path, times=None)
    with pytest.raises(ApiError):
        office.run(*people)
    office.faults.clear()
    assert office.run(*people, again=True) == {"trigger_stage": 3}
    assert (len(office.positions()), [office.sent(one) for one in people]) == (1, [1, 1, 1])


def test_a_position_that_was_deleted_after_the_lookup_is_made_again(office: Office) -> None:
    people = office.applied(20)
    office.known_positions[office.posting] = "1"
    assert office.run(*people, again=True) == {"trigger_stage": 20}
    assert (len(office.positions()), [office.sent(one) for one in people]) == (1, [1] * 20)
    assert office.known_positions == {office.posting: office.positions()[0].id}


def test_a_position_that_is_deleted_during_a_batch_is_made_again(office: Office) -> None:
    people = office.applied(40)
    rows = office.sandbox.world.alva.positions._rows
    office.faults.add("alva", "POST", "*/candidates", kind="call", action=rows.clear, skip=9)
    assert office.run(*people) == {"trigger_stage": 40}
    assert (len(office.positions()), [office.sent(one) for one in people]) == (1, [1] * 40)


class TestArrivals:
    """A new application syncs the job position, invited or not."""

    @pytest.mark.parametrize(
        ("tags", "reason"), [((), "not_requested"), (("Alva: Skip Assessment",), "skip_assessment")]
    )
    def test_a_new_applicant_who_is_not_invited_syncs_the_job_position(
        self, office: Office, tags: tuple[str, ...], reason: str
    ) -> None:
        posting = office.recruiter.add_posting("Cook", tags=tags)
        ada = office.apply(posting=posting, stage=ELSEWHERE, at_ms=NOW_MS - 1)
        assert office.run(ada, window=LAST_HOUR) == {reason: 1}
        assert (facts(office, posting)[0], office.sent(ada)) == ("Cook", 0)
        office.recruiter.change_posting(posting, name="Chef")
        office.run(ada, window=LAST_HOUR)
        assert facts(office, posting)[0] == "Chef"

    def test_an_applicant_from_before_the_window_syncs_no_job_position(self, office: Office) -> None:
        ada = office.apply(stage=ELSEWHERE, at_ms=NOW_MS - 2 * HOUR_MS)
        assert office.run(ada, window=LAST_HOUR) == {"not_requested": 1}
        assert office.positions() == []

    def test_a_confidential_posting_is_never_sent(self, office: Office) -> None:
        office.connect(lever_key=office.sandbox.add_lever_key("granted", confidential=True))
        secret = office.recruiter.add_posting("Chief", confidential=True)
        ada = office.apply(posting=secret, stage=ELSEWHERE, at_ms=NOW_MS - 1)
        assert office.run(ada, window=LAST_HOUR) == {"confidential": 1}
        assert office.arrived("alva") == []

    def test_a_dry_run_syncs_no_job_position(self, office: Office) -> None:
        ada = office.apply(stage=ELSEWHERE, at_ms=NOW_MS - 1)
        assert office.run(ada, window=LAST_HOUR, dry_run=True) == {"not_requested": 1}
        assert office.arrived("alva") == []

    def test_a_position_that_alva_refuses_is_no_failure_of_a_candidate_who_is_not_invited(self, office: Office) -> None:
        posting = office.recruiter.add_posting(" ")
        ada = office.apply(posting=posting, stage=ELSEWHERE, at_ms=NOW_MS - 1)
        assert office.run(ada, window=LAST_HOUR) == {"not_requested": 1}
        assert (office.status(ada), office.notes(ada)) == ([], [])

    def test_a_fault_that_lasts_fails_the_task(self, office: Office) -> None:
        ada = office.apply(stage=ELSEWHERE, at_ms=NOW_MS - 1)
        office.faults.add("alva", "GET", "/job_positions", times=None)
        with pytest.raises(ApiError):
            office.run(ada, window=LAST_HOUR)
        assert office.progress.done == set()


@pytest.mark.parametrize("emails", [[], ["nonsense"]], ids=["missing", "invalid"])
def test_a_new_applicant_whose_invitation_fails_syncs_the_job_position_at_once(
    office: Office, emails: list[str]
) -> None:
    """The first run syncs the job position although no invitation is sent: the second one has nothing to write."""
    ada = office.apply(emails=emails, at_ms=NOW_MS - 1)
    office.poll(LAST_HOUR)
    assert [row.facts.external_id for row in office.positions()] == [office.posting]
    office.forget()
    assert office.poll(LAST_HOUR) == {"awaiting_retry": 1}
    assert office.asked() == []
    assert office.sent(ada) == 0


def test_an_invitation_is_sent_also_if_alva_lists_no_users(office: Office) -> None:
    posting = office.recruiter.add_posting("Designer", hiring_manager_email=MANAGER)
    office.faults.add("alva", "GET", "/users", status=404, times=None)
    one = invite(office, posting)
    assert (office.sent(one), facts(office, posting)[2]) == (1, None)


class TestOptionalFields:
    """Team and hiring manager are optional: if Alva refuses one of them, the rest is written without it."""

    @pytest.fixture(params=["team", "owner"])
    def refused(self, request: pytest.FixtureRequest, office: Office) -> str:
        """The field that Alva refuses: the team `Kitchen`, or the hiring manager, although it lists that user."""
        if request.param == "team":
            office.sandbox.world.alva.policy.known_teams_only = True
            office.candidates.add_user(MANAGER)
        else:

            def still_listed(page: dict[str, Any]) -> None:
                page["data"].append({"id": "9", "email": MANAGER})

            office.faults.add("alva", "GET", "/users", kind="edit", action=still_listed, times=None)
        return str(request.param)

    def expected(self, name: str, refused: str) -> tuple[Any, ...]:
        return (name, None, MANAGER) if refused == "team" else (name, "Kitchen", None)

    def test_the_position_is_made_and_all_candidates_are_invited(self, office: Office, refused: str) -> None:
        posting = office.recruiter.add_posting("Cook", team="Kitchen", hiring_manager_email=MANAGER)
        people = office.applied(20, posting=posting)
        assert office.run(*people) == {"trigger_stage": 20}
        assert facts(office, posting) == self.expected("Cook", refused)
        assert len(office.positions()) == 1

    def test_another_name_is_still_written_and_the_nightly_run_counts_the_refusal(
        self, office: Office, refused: str
    ) -> None:
        posting = office.recruiter.add_posting("Cook", team="Kitchen", hiring_manager_email=MANAGER)
        invite(office, posting)
        office.recruiter.change_posting(posting, name="Head cook")
        assert office.sync() == {"field_refused": 1}
        assert facts(office, posting) == self.expected("Head cook", refused)
        office.recruiter.change_posting(posting, name="Chef")
        invite(office, posting)
        assert facts(office, posting) == self.expected("Chef", refused)

    def test_a_position_whose_name_alva_refuses_is_a_refusal(self, office: Office, refused: str) -> None:
        posting = office.recruiter.add_posting(" ", team="Kitchen", hiring_manager_email=MANAGER)
        assert office.run(office.apply(posting=posting)) == {"refused_by_alva": 1}
        assert office.positions() == []


def test_a_posting_without_a_name_gets_no_position_and_does_not_block_the_others(office: Office) -> None:
    nameless = office.recruiter.add_posting("Cook")
    ada, bo = office.apply(posting=nameless), office.apply()

    def without_name(answer: dict[str, Any]) -> None:
        answer["data"]["text"] = None

    office.faults.add("lever", "GET", f"/postings/{nameless}", kind="edit", action=without_name, times=None)
    with pytest.raises(ApiError, match="has no name in Lever"):
        office.run(ada, bo)
    assert (office.status(ada), office.notes(ada), office.sent(bo)) == ([], [], 1)
    # An existing position is used unchanged.
    office.candidates.add_position("Cook", external_id=nameless)
    assert office.run(ada) == {"trigger_stage": 1}
    assert facts(office, nameless)[0] == "Cook"
