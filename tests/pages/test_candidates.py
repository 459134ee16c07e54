"""Candidates as the first page shows them: read live in Lever, a page of a listing at a time."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from sqlalchemy import select

from alva_lever.account import DEFAULT
from alva_lever.connect import lever_site
from include.sandbox import Sandbox
from tests.dags.people import THIS_HOUR, applied, lately_ms, ms, state_of
from tests.dags.runner import HOUR, Runner
from tests.pages.conftest import Site
from tests.pages.reading import said, table
from tests.pages.story import in_each_state

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.usefixtures("unpaced")


def part(site: Site, path: str) -> requests.Response:
    """Asks for a part of the page, as htmx does."""
    return site.session("VIEWER").get(site.url + path, headers=HTMX, timeout=60)


def rows(answer: requests.Response) -> dict[str, str]:
    """Returns by candidate what stands in the second column."""
    return {row[0]: row[1] for row in table(answer.text)}


def test_without_a_login_a_part_is_refused_and_the_page_loaded_again(site: Site) -> None:
    answer = requests.get(f"{site.url}candidates", headers=HTMX, timeout=60, allow_redirects=False)
    assert (answer.status_code, answer.headers.get("HX-Redirect")) == (401, "./")


class TestByState:
    @pytest.fixture
    def people(self, hourly: Runner, results: Runner, sandbox: Sandbox, posting: str) -> dict[str, str]:
        return in_each_state(hourly, results, sandbox, posting)

    def test_each_state_has_its_candidates(self, site: Site, people: dict[str, str]) -> None:
        found = {state: list(rows(part(site, f"candidates?state={state}"))) for state in people}
        assert found == {
            "sent": ["Ada Byron"], "bounced": ["Bob Noyce"], "completed": ["Cy Young"], "failed": ["Di Ritchie"],
        }  # fmt: skip

    def test_a_candidate_has_links_to_why_and_to_alva(
        self, site: Site, people: dict[str, str], sandbox: Sandbox
    ) -> None:
        sandbox.recruiter.rename(people["completed"], "Cy & <b>Young</b>")
        answer = part(site, "candidates?state=completed")
        assert list(rows(answer)) == ["Cy & <b>Young</b>"]
        candidate = sandbox.candidates.find(people["completed"])["candidate"]
        assert isinstance(candidate, dict)
        links = [unescape(link) for link in re.findall(r'href="([^"]*)"', answer.text)]
        # The sandbox has no site for people, so there is no link to Lever's.
        assert links == [f"why?opportunity_id={people['completed']}", candidate["url"]]

    def test_a_page_of_its_own_without_javascript(self, site: Site, people: dict[str, str]) -> None:
        whole, some = site.get("candidates", state="sent"), part(site, "candidates?state=sent")
        assert ("<html" in whole.text, "<html" in some.text) == (True, False)
        assert "Ada Byron" in said(whole)

    def test_without_javascript_the_next_page_is_a_link(self, site: Site, sandbox: Sandbox, posting: str) -> None:
        for number in range(101):
            one = sandbox.recruiter.apply(posting, f"Person {number}", emails=[])
            sandbox.recruiter.tag(one, "Alva: Invitation Failed")
        whole = site.get("candidates", state="failed")
        found = re.search(r'<a href="(candidates[^"]*)">Next page', whole.text)
        assert found is not None
        assert len(rows(site.get(unescape(found[1])))) == 1

    def test_a_listing_goes_on_page_by_page_and_each_costs_one_call(
        self, site: Site, sandbox: Sandbox, posting: str
    ) -> None:
        for number in range(150):
            one = sandbox.recruiter.apply(posting, f"Person {number}", emails=[f"p{number}@candidates.example.com"])
            sandbox.recruiter.tag(one, "Alva: Invitation Sent")
        first = part(site, "candidates?state=sent")
        sandbox.journal.clear()
        following = re.search(r'hx-get="([^"]*)"', first.text)
        assert following is not None
        second = part(site, unescape(following[1]))
        assert len(sandbox.journal.of("lever", None, None)) == 1
        assert (len(rows(first)), len(rows(second)), len({**rows(first), **rows(second)})) == (100, 50, 150)
        assert "Next page" not in second.text
        assert set(parse_qs(urlsplit(unescape(following[1])).query)) == {"state", "after"}

    def test_a_token_that_lever_has_forgotten_shows_the_first_page(self, site: Site, people: dict[str, str]) -> None:
        assert list(rows(part(site, "candidates?state=sent&after=long+ago"))) == ["Ada Byron"]

    def test_a_fault_is_told_in_a_sentence(self, site: Site, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        sandbox.faults.add("lever", "GET", "/opportunities", status=403, times=None)
        answer = part(site, "candidates?state=sent")
        assert (answer.status_code, "the API key may not do this" in said(answer)) == (200, True)
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", '{"trigger_stage": "No such stage"}')
        assert "Option `trigger_stage` is `No such stage`" in said(part(site, "standing"))
        monkeypatch.delenv("AIRFLOW_CONN_LEVER_DEFAULT")
        assert "There is no connection `lever_default`" in said(part(site, "standing"))

    def test_names_are_kept_nowhere(
        self, site: Site, people: dict[str, str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            answers = [part(site, path) for path in ("candidates?state=sent", "standing")]
        out, err = capfd.readouterr()
        assert ["Ada Byron" in answers[0].text, answers[0].headers["cache-control"]] == [True, "no-store"]
        with create_session() as session:
            kept = [run.conf for run in session.scalars(select(DagRun))]
            kept += [one.value for one in session.scalars(select(XComModel))]
        for name in ("Ada", "Byron", "candidates.example.com"):
            assert name not in f"{caplog.text}{out}{err}{kept}"


class TestStanding:
    def test_who_was_not_invited_and_why(
        self, site: Site, hourly: Runner, sandbox: Sandbox, settings: dict[str, object], posting: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setenv(
            "AIRFLOW_VAR_ALVA_LEVER_SETTINGS", '{"trigger_stage": "New applicant", "blocked_origins": ["agency"]}'
        )
        skipping = sandbox.recruiter.add_posting("Skipping", tags=["Alva: Skip Assessment"])
        sandbox.recruiter.apply(posting, "Old Timer", emails=["o@candidates.example.com"], at_ms=ms(THIS_HOUR) - 2**30)
        sandbox.recruiter.apply(posting, "In Vited", emails=["i@candidates.example.com"], at_ms=lately_ms())
        sandbox.recruiter.apply(posting, "No Address", emails=[], at_ms=lately_ms())
        sandbox.recruiter.apply(skipping, "Skip Ped", emails=["s@candidates.example.com"], at_ms=lately_ms())
        sandbox.recruiter.apply(
            posting, "Agency One", emails=["a@candidates.example.com"], at_ms=lately_ms(), origin="agency"
        )
        left = applied(sandbox, posting)
        sandbox.recruiter.rename(left, "Left Over")
        sandbox.faults.add("lever", "POST", f"/opportunities/{left}/addTags", status=400, times=None)
        hourly.scheduled(THIS_HOUR - HOUR)
        hourly.scheduled(THIS_HOUR)
        sandbox.faults.clear()
        sandbox.recruiter.apply(posting, "New Comer", emails=["n@candidates.example.com"], at_ms=ms(THIS_HOUR) + 1)
        answer = part(site, "standing")
        found = {name: reason.partition(":")[0] for name, reason in rows(answer).items()}
        assert found == {
            "Old Timer": "Came before the time that runs have covered, or runs only rehearsed then",
            "No Address": "The invitation failed or bounced, and no new one has been asked for, as far as this list "
            "shows. Why? reads the notes",
            "Skip Ped": "No invitation",
            "Agency One": "No invitation",
            "Left Over": "Could not be invited yet",
            "New Comer": f"The next hourly run looks at this candidate (came {THIS_HOUR:%Y-%m-%d %H}",
        }
        assert "1 more on this page was invited already" in said(answer)

    def test_a_posting_that_only_the_companys_own_people_see_skips_the_assessment_too(
        self, site: Site, hourly: Runner, sandbox: Sandbox
    ) -> None:
        internal = sandbox.recruiter.add_posting("Internal", tags=["Alva: Skip Assessment"])
        sandbox.world.lever.postings[internal].details["distributionChannels"] = ["internal"]
        applied(sandbox, internal)
        assert [reason.partition(":")[0] for reason in rows(part(site, "standing")).values()] == ["No invitation"]

    def test_the_next_run_looks_back_behind_the_covered_time_as_why_says(
        self, site: Site, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        covered = THIS_HOUR - timedelta(hours=3)
        state_of().move_covered(ms(covered))
        people = {
            minutes: applied(sandbox, posting, at_ms=ms(covered - timedelta(minutes=minutes))) for minutes in (5, 15)
        }
        for minutes, one in people.items():
            sandbox.recruiter.rename(one, f"{minutes} minutes")
        reasons = rows(part(site, "standing"))
        looked_at = {name for name, reason in reasons.items() if reason.startswith("The next hourly run looks at this")}
        assert (set(reasons), looked_at) == ({"5 minutes", "15 minutes"}, {"5 minutes"})
        told = [said(site.get("why", opportunity_id=people[minutes])) for minutes in (5, 15)]
        assert ["and looks at it: it came into" in one for one in told] == [True, False]

    def test_before_any_run(self, site: Site, hourly: Runner, sandbox: Sandbox, posting: str) -> None:
        applied(sandbox, posting, at_ms=ms(THIS_HOUR) - 2**30)
        assert list(rows(part(site, "standing")).values()) == ["No scheduled run has looked yet"]

    def test_visitors_share_the_stages(
        self, site: Site, sandbox: Sandbox, posting: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        applied(sandbox, posting)
        # A changed option opens the account again.
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", '{"trigger_stage": "applicant-new"}')
        for role in ("VIEWER", "ADMIN", "OP"):
            site.get("candidates", role, state="sent")
            site.get("standing", role)
        # The stages once, then a page for each, and the postings, public and internal, for each `standing`.
        assert len(sandbox.journal.of("lever", None, None)) == 1 + 3 + 3 * 3


@pytest.mark.parametrize(
    ("root", "site"),
    [
        ("https://api.lever.co/v1", "https://hire.lever.co"),
        ("https://api.sandbox.lever.co/v1", "https://hire.sandbox.lever.co"),
        ("https://api.eu.lever.co/v1", "https://hire.eu.lever.co"),
        ("http://127.0.0.1:8765/lever/v1", None),
        ("https://api.lever.co.example.com/v1", None),
    ],
)
def test_the_site_on_which_people_use_lever(root: str, site: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEVER_DEFAULT", f'{{"conn_type": "lever", "host": "{root}", "password": "a-key"}}')
    assert lever_site(DEFAULT) == site
