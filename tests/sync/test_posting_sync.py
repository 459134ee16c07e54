"""The nightly run: job positions in Alva follow their postings in Lever (section 7)."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import requests
from structlog.testing import capture_logs

from alva_lever.batch.batch import Unfinished
from alva_lever.http.errors import ApiError, Forbidden, Unauthorized
from alva_lever.http.retry import ATTEMPTS
from include.sandbox.transport import SandboxAdapter
from tests.sync.office import Office

MANAGER = "mika.strand@hiring.example.com"
OTHER = "lena.falk@hiring.example.com"


class Written(SandboxAdapter):
    """Records the bodies of the changes to job positions, which the journal doesn't have."""

    changes: list[dict[str, Any]]

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        if request.method == "PATCH":
            self.changes.append(json.loads(request.body or b""))
        return super().send(request, **options)


@pytest.fixture(autouse=True)
def written(office: Office) -> list[dict[str, Any]]:
    """The bodies of all PATCHes."""
    adapter = Written(office.sandbox.app)
    adapter.changes = []
    office.adapter = adapter
    return adapter.changes


@pytest.fixture
def cook(office: Office) -> str:
    """A posting with a matching position."""
    office.candidates.add_user(MANAGER)
    posting = office.recruiter.add_posting("Cook", team="Kitchen", hiring_manager_email=MANAGER)
    office.candidates.add_position("Cook", external_id=posting, owner_email=MANAGER, team="Kitchen")
    return posting


def positions(office: Office, posting: str) -> list[tuple[str, str | None, str | None]]:
    found = [row.facts for row in office.positions() if row.facts.external_id == posting]
    return [(facts.name, facts.team, facts.owner_email) for facts in found]


def plain(office: Office, *names: str, position: str | None = None) -> list[str]:
    """Adds postings without team or hiring manager, each with a position of the same name or of the given one."""
    postings = [office.recruiter.add_posting(name) for name in names]
    for name, posting in zip(names, postings, strict=True):
        office.candidates.add_position(position or name, external_id=posting)
    return postings


def asked(office: Office, service: str) -> list[str]:
    return [f"{one.method} {one.path}" for one in office.arrived(service)]


class TestWhatIsWritten:
    def test_without_a_difference_nothing_is_written(self, office: Office, cook: str) -> None:
        assert office.sync() == {"unchanged": 1}
        assert (asked(office, "lever"), asked(office, "alva")) == (
            ["GET /postings"],
            ["GET /job_positions", "GET /users"],
        )

    @pytest.mark.parametrize(
        ("change", "body"),
        [
            ({"name": "Chef"}, {"name": "Chef"}),
            ({"team": "Bakery"}, {"team": "Bakery"}),
            ({"team": ""}, {"team": None}),
            ({"hiring_manager_email": OTHER}, {"owner_email": OTHER}),
            ({"name": "Chef", "team": "Bakery"}, {"name": "Chef", "team": "Bakery"}),
        ],
    )
    def test_only_what_differs_is_written_and_only_once(
        self, office: Office, cook: str, written: list[dict[str, Any]], change: dict[str, str], body: dict[str, Any]
    ) -> None:
        office.candidates.add_user(OTHER)
        office.recruiter.change_posting(cook, **change)
        assert office.sync() == {"updated": 1}
        assert office.progress.report.ids == {"updated": [cook]}
        assert (office.asked(), written) == ([f"PATCH {office.positions()[0].id}"], [body])
        before = {"name": "Cook", "team": "Kitchen", "owner_email": MANAGER}
        assert positions(office, cook) == [tuple((before | body)[field] for field in ("name", "team", "owner_email"))]
        # The next nightly run.
        office.forget()
        assert (office.sync(), office.writes()) == ({"unchanged": 1}, 0)

    @pytest.mark.parametrize("user", ["Mika.Strand@Hiring.EXAMPLE.com", MANAGER.upper()])
    def test_the_hiring_manager_is_found_in_any_case_and_written_as_alva_has_it(
        self, office: Office, written: list[dict[str, Any]], user: str
    ) -> None:
        office.candidates.add_user(user)
        posting = office.recruiter.add_posting("Cook", hiring_manager_email="mika.STRAND@hiring.example.com")
        office.candidates.add_position("Cook", external_id=posting)
        assert (office.sync(), written) == ({"updated": 1}, [{"owner_email": user}])
        assert (office.sync(), len(written)) == ({"unchanged": 1}, 1)

    def test_a_posting_without_a_hiring_manager_keeps_the_owner(self, office: Office, cook: str) -> None:
        office.recruiter.change_posting(cook, hiring_manager_email="")
        assert (office.sync(), office.writes()) == ({"unchanged": 1}, 0)
        assert positions(office, cook) == [("Cook", "Kitchen", MANAGER)]
        # There is no manager to look up.
        assert office.arrived("alva", path="/users") == []

    def test_an_unknown_hiring_manager_is_counted_and_the_rest_is_written(
        self, office: Office, cook: str, written: list[dict[str, Any]]
    ) -> None:
        office.recruiter.change_posting(cook, name="Chef", hiring_manager_email=OTHER)
        assert office.sync() == {"owner_unknown": 1}
        assert (written, positions(office, cook)) == ([{"name": "Chef"}], [("Chef", "Kitchen", MANAGER)])
        assert (office.sync(), len(written)) == ({"owner_unknown": 1}, 1)

    def test_both_positions_of_a_posting_are_written_and_it_counts_once(
        self, office: Office, cook: str, written: list[dict[str, Any]]
    ) -> None:
        office.candidates.add_position("Cook", external_id=cook)
        office.recruiter.change_posting(cook, name="Chef")
        assert office.sync() == {"updated": 1}
        whole = {"name": "Chef", "team": "Kitchen", "owner_email": MANAGER}
        assert sorted(written, key=len) == [{"name": "Chef"}, whole]
        assert positions(office, cook) == [("Chef", "Kitchen", MANAGER)] * 2

    def test_a_dry_run_reports_the_same_and_writes_nothing(self, office: Office, cook: str) -> None:
        office.recruiter.change_posting(cook, name="Chef")
        same, unknown = plain(office, "Waiter", "Baker")
        office.recruiter.change_posting(unknown, hiring_manager_email=OTHER)
        dry = dict(office.sync(dry_run=True))
        assert dry == {"updated": 1, "unchanged": 1, "owner_unknown": 1}
        assert (office.writes(), office.progress.report.ids["unchanged"]) == (0, [same])
        assert office.sync() == dry


class TestWhatIsLookedAt:
    def test_a_posting_without_a_position_is_ignored(self, office: Office, cook: str) -> None:
        office.recruiter.add_posting("Waiter")
        assert office.sync() == {"unchanged": 1}
        assert len(office.positions()) == 1

    def test_a_position_without_a_posting_is_ignored(self, office: Office) -> None:
        office.candidates.add_position("By hand")
        office.candidates.add_position("By hand", external_id="")
        assert office.sync() == {}
        assert asked(office, "lever") == []

    def test_an_external_id_that_can_be_no_id_is_gone_and_not_repeated(self, office: Office) -> None:
        for name in (MANAGER, "Mika Strand", "Mika", "0701234567", "."):
            office.candidates.add_position("Cook", external_id=name)
        assert office.sync() == {"gone": 5}
        assert not [word for word in ("mika", "Mika", "0701234567") if word in json.dumps(office.progress.as_json())]

    def test_the_position_of_a_deleted_posting_stays(self, office: Office, cook: str) -> None:
        office.recruiter.delete_posting(cook)
        assert (office.sync(), office.progress.report.ids) == ({"gone": 1}, {"gone": [cook]})
        assert (office.writes(), positions(office, cook)) == (0, [("Cook", "Kitchen", MANAGER)])

    @pytest.mark.parametrize("granted", [True, False], ids=["flagged", "refused"])
    def test_a_confidential_posting_is_never_sent(self, office: Office, granted: bool) -> None:
        if granted:
            office.connect(lever_key=office.sandbox.add_lever_key("granted", confidential=True))
        secret = office.recruiter.add_posting("Chief", confidential=True, hiring_manager_email=MANAGER)
        office.candidates.add_position("Cook", external_id=secret)
        assert (office.sync(), office.progress.report.ids) == ({"confidential": 1}, {"confidential": [secret]})
        assert (office.writes(), positions(office, secret)) == (0, [("Cook", None, None)])

    @pytest.mark.parametrize("state", ["published", "internal", "closed", "draft", "pending", "rejected"])
    def test_a_posting_in_any_state_is_synced(self, office: Office, cook: str, state: str) -> None:
        office.recruiter.change_posting(cook, name="Chef", state=state)
        assert (office.sync(), positions(office, cook)[0][0]) == ({"updated": 1}, "Chef")

    def test_a_key_that_may_read_no_postings_fails_the_task(self, office: Office, cook: str) -> None:
        office.restricted_key(stages="read")
        with pytest.raises(Forbidden, match="postings: read"):
            office.sync()
        assert office.progress.report.counts == {}


class TestFaults:
    @pytest.mark.parametrize("status", [400, 404, 409, 422])
    def test_a_change_that_alva_refuses_is_not_written_and_logged_by_field(
        self, office: Office, cook: str, caplog: pytest.LogCaptureFixture, status: int
    ) -> None:
        office.candidates.add_user(OTHER)
        office.recruiter.change_posting(cook, name="Chef", hiring_manager_email=OTHER)
        office.faults.add("alva", "PATCH", status=status, times=None)
        with caplog.at_level(logging.DEBUG), capture_logs() as events, pytest.raises(Unfinished, match="1 of 1"):
            office.sync()
        said = "\n".join([caplog.text, *map(str, events)])
        for field in ("name", "owner_email"):
            assert f"Job position {office.positions()[0].id} stays as it is ({field})" in said
        assert not [word for word in ("Chef", "hiring.example.com", "lena") if word in said]

    @pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (403, Unfinished)])
    def test_a_refused_key_fails_the_task(self, office: Office, cook: str, status: int, error: type[ApiError]) -> None:
        office.recruiter.change_posting(cook, name="Chef")
        office.faults.add("alva", "PATCH", status=status, times=None)
        with pytest.raises(error):
            office.sync()

    @pytest.mark.parametrize("fault", [{"status": 503}, {"kind": "cut_before"}], ids=["503", "cut"])
    def test_a_lasting_fault_of_one_position_does_not_block_the_others(
        self, office: Office, fault: dict[str, Any]
    ) -> None:
        postings = plain(office, "A", "B", "C", position="Old")
        bad = office.positions()[1].id
        office.faults.add("alva", "PATCH", f"/job_positions/{bad}", times=None, **fault)
        with pytest.raises(ApiError, match="1 of 3 could not be done; the others were"):
            office.sync()
        assert (office.progress.done, office.progress.report.counts) == ({postings[0], postings[2]}, {"updated": 2})
        office.faults.clear()
        office.forget()
        assert office.sync(again=True) == {"updated": 3}
        assert office.asked() == [f"PATCH {bad}"]

    def test_a_lasting_fault_of_one_posting_does_not_block_the_others(self, office: Office, cook: str) -> None:
        secret = office.recruiter.add_posting("Chief", confidential=True)
        office.candidates.add_position("Chief", external_id=secret)
        office.recruiter.change_posting(cook, name="Chef")
        office.faults.add("lever", "GET", f"/postings/{secret}", times=None)
        with pytest.raises(ApiError, match="1 of 2 could"):
            office.sync()
        assert office.progress.report.ids == {"updated": [cook]}

    def test_a_listing_that_fails_fails_the_task(self, office: Office, cook: str) -> None:
        office.faults.add("lever", "GET", "/postings", times=None)
        with pytest.raises(ApiError):
            office.sync()
        assert (len(office.arrived("lever")), len(office.arrived("alva"))) == (ATTEMPTS, 1)

    @pytest.mark.parametrize("status", [400, 404])
    def test_if_alva_lists_no_users_no_owner_is_written_and_none_is_unknown(
        self, office: Office, cook: str, written: list[dict[str, Any]], status: int
    ) -> None:
        office.candidates.add_user(OTHER)
        office.recruiter.change_posting(cook, name="Chef", hiring_manager_email=OTHER)
        office.faults.add("alva", "GET", "/users", status=status, times=None)
        assert (office.sync(), written) == ({"updated": 1}, [{"name": "Chef"}])

    @pytest.mark.parametrize(("status", "calls"), [(401, 1), (403, 1), (503, ATTEMPTS)])
    def test_another_error_of_the_list_of_users_fails_the_task_and_only_one_thread_asks_for_it(
        self, office: Office, cook: str, status: int, calls: int
    ) -> None:
        for number in range(20):
            posting = office.recruiter.add_posting(f"Waiter {number}", hiring_manager_email=MANAGER)
            office.candidates.add_position("Waiter", external_id=posting)
        office.faults.add("alva", "GET", "/users", status=status, times=None)
        with pytest.raises(ApiError):
            office.sync()
        assert (len(office.arrived("alva", path="/users")), office.writes()) == (calls, 0)


class TestCost:
    def test_many_postings_take_pages_and_no_calls_of_their_own(self, office: Office) -> None:
        postings = plain(office, *(f"Posting {number}" for number in range(250)))
        office.recruiter.change_posting(postings[7], name="Another")
        assert office.sync() == {"unchanged": 249, "updated": 1}
        # With the office's own posting, which has no position, it is 251.
        # The posting that differs is read again before the write.
        assert asked(office, "lever") == ["GET /postings"] * 3 + [f"GET /postings/{postings[7]}"]
        alva = ["GET /job_positions"] * 4 + [f"PATCH /job_positions/{office.positions()[7].id}"]
        assert asked(office, "alva") == alva
        assert office.progress.report.calls == {"lever": 4, "alva": 5}

    def test_the_listing_stops_after_the_last_posting_with_a_position(self, office: Office) -> None:
        for number in range(400):
            office.recruiter.add_posting(f"Without a position {number}")
        office.later()
        # Lever lists the newest first.
        plain(office, *(f"New {number}" for number in range(30)))
        assert office.sync() == {"unchanged": 30}
        assert asked(office, "lever") == ["GET /postings"]

    def test_postings_that_the_listing_does_not_show_are_read_one_by_one(self, office: Office) -> None:
        plain(office, *(f"Posting {number}" for number in range(120)))
        gone = plain(office, "Gone 1", "Gone 2")
        for posting in gone:
            office.recruiter.delete_posting(posting)
        assert office.sync() == {"unchanged": 120, "gone": 2}
        assert asked(office, "lever") == ["GET /postings"] * 2 + [f"GET /postings/{posting}" for posting in gone]

    def test_the_listing_stops_when_reading_one_by_one_takes_fewer_calls(self, office: Office) -> None:
        (gone,) = plain(office, "Gone")
        office.recruiter.delete_posting(gone)
        for number in range(1000):
            office.recruiter.add_posting(f"Without a position {number}")
        assert office.sync() == {"gone": 1}
        assert asked(office, "lever") == ["GET /postings", f"GET /postings/{gone}"]


class TestKeeping:
    def test_the_checkpoint_is_saved_regularly_and_has_only_ids_and_counts(self, office: Office, cook: str) -> None:
        plain(office, *(f"Same {number}" for number in range(100)))
        plain(office, *(f"Posting {number}" for number in range(120)), position="Old")
        saved: list[dict[str, Any]] = []
        office.sync(save=lambda progress: saved.append(json.loads(json.dumps(progress.as_json()))))
        # After every 50 writes, and at the end.
        assert [one["report"]["counts"].get("updated") for one in saved] == [50, 100, 120]
        # The poll counts the postings that match.
        assert office.progress.report.counts == {"unchanged": 101, "updated": 120}
        assert not [word for word in (MANAGER, "Cook", "Posting", "Kitchen") if word in json.dumps(saved)]

    def test_the_time_waited_for_a_rate_limit_is_counted(self, office: Office, cook: str) -> None:
        office.faults.add("lever", "GET", "/postings", status=429, retry_after=7)
        office.sync()
        assert office.progress.report.waited_seconds == pytest.approx(7.0, abs=0.1)


def test_an_unreadable_row_does_not_block_the_other_postings(office: Office, cook: str) -> None:
    other = office.recruiter.add_posting("Waiter")
    office.sandbox.world.lever.postings[other].text = None  # type: ignore[assignment]
    office.recruiter.change_posting(cook, name="Head cook")
    assert office.sync() == {"updated": 1}
    assert positions(office, cook) == [("Head cook", "Kitchen", MANAGER)]
