"""What happened, as Airflow serves it, of real runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import pytest
import requests
from airflow.models.backfill import Backfill
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import event, select, update

from alva_lever.account import DEFAULT
from alva_lever.web import airflow_internals, airflow_records
from include.sandbox import Sandbox
from tests.dags.people import INVITE, THIS_HOUR, applied, hours_pass, ms, tags
from tests.dags.runner import HOUR, UNKNOWN, Runner
from tests.pages.conftest import HTML, Site
from tests.pages.in_airflow import pause, runs
from tests.pages.reading import said, table

pytestmark = pytest.mark.usefixtures("unpaced")

PAGES = ["", f"run?dag_id={INVITE}&run_id=x", "candidates", "standing"]
ACTIONS: list[tuple[str, dict[str, str]]] = [
    ("run-now", {"dry_run": "true"}),
    ("do-now", {"dag_id": INVITE, "opportunity_id": UNKNOWN}),
    ("backfill", {"since": f"{THIS_HOUR - 3 * HOUR:%Y-%m-%dT%H:%M}"}),
]


def section(answer: requests.Response, heading_id: str) -> str:
    """Returns the HTML of one part of the page."""
    found = re.search(rf'<section aria-labelledby="{heading_id}">(.*?)</section>', answer.text, re.DOTALL)
    assert found is not None, heading_id
    return found[1]


@pytest.fixture(autouse=True)
def end_backfills(database: None) -> Callable[[], None]:
    """Ends all backfills, so that another can begin."""

    def end() -> None:
        with create_session() as session:
            session.execute(update(Backfill).values(completed_at=datetime.now(UTC)))

    end()
    return end


class TestWhoMay:
    @pytest.mark.parametrize("path", PAGES)
    def test_everybody_who_may_read_the_dag_may_look(self, site: Site, hourly: Runner, path: str) -> None:
        found = [site.get(path, role).status_code for role in (None, "VIEWER", "USER", "OP", "ADMIN")]
        assert found == [403, *[404 if path.startswith("run") else 200] * 4]

    @pytest.mark.parametrize("path", PAGES)
    def test_without_a_login_a_page_leads_to_it(self, site: Site, path: str) -> None:
        answer = requests.get(site.url + path, headers=HTML, timeout=60, allow_redirects=False)
        assert (answer.status_code, "/auth/login" in answer.headers["location"]) == (303, True)

    @pytest.mark.parametrize(("path", "form"), ACTIONS, ids=[path for path, _ in ACTIONS])
    def test_only_those_who_may_trigger_may_act(
        self, site: Site, hourly: Runner, end_backfills: Callable[[], None], path: str, form: dict[str, str]
    ) -> None:
        for role in (None, "VIEWER"):
            assert site.post(path, role, page="", **form).status_code == 403
        assert requests.post(site.url + path, data=form, timeout=60).status_code == 401
        assert site.session("ADMIN").post(site.url + path, data=form, timeout=60).status_code == 403
        assert runs() == []
        for role in ("USER", "OP", "ADMIN"):
            end_backfills()
            assert site.post(path, role, page="", **form).status_code in (200, 303), role

    def test_a_viewer_sees_no_button(self, site: Site, hourly: Runner) -> None:
        assert ("<form" in site.get("", "VIEWER").text, "<form" in site.get("", "USER").text) == (False, True)


class TestRuns:
    def test_before_the_first_run(self, site: Site, hourly: Runner) -> None:
        told = said(site.get(""))
        for sentence in ("There has been no run yet", "Nothing waits", "No invitation failed", "no nightly report yet"):
            assert sentence in told

    def test_the_last_runs_and_their_reports_in_words(
        self, site: Site, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        applied(sandbox, posting)
        applied(sandbox, posting, emails=[])
        ended = hourly.scheduled(THIS_HOUR)
        hourly.manual(dry_run=True)
        answer = site.get("")
        assert sorted(row[1:4] for row in table(section(answer, "last-runs"))) == [
            ["Invite candidates (manual)", "Rehearsal: would have invited 0; looked at 2", "success"],
            ["Invite candidates (scheduled)", "Invited 1; looked at 2; 1 failed", "success"],
        ]
        quoted = ended.run_id.replace(":", "%3A").replace("+", "%2B")
        assert f'href="../dags/{INVITE}/runs/{quoted}"' in answer.text

    def test_a_run_tells_each_word_and_its_ids(
        self, site: Site, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        ada, bob = applied(sandbox, posting), applied(sandbox, posting, emails=[])
        ended = hourly.scheduled(THIS_HOUR)
        answer = site.get("run", dag_id=INVITE, run_id=ended.run_id)
        assert "Invited 1; looked at 2; 1 failed" in said(answer)
        rows = {row[0]: row[1:] for row in table(answer.text.partition("By word")[2])}
        assert rows == {
            "Invitation: is in the trigger stage trigger_stage": ["1", f"1 id Why? {ada}"],
            "No invitation: there is no e-mail address missing_email": ["1", f"1 id Why? {bob}"],
        }
        assert f'href="why?opportunity_id={ada}"' in answer.text

    def test_an_unknown_run_or_another_dag_is_not_found(self, site: Site, hourly: Runner) -> None:
        for dag_id in (INVITE, "another_dag"):
            assert site.get("run", dag_id=dag_id, run_id="none").status_code == 404

    def test_no_more_than_five_runs_of_each_dag(self, site: Site, hourly: Runner) -> None:
        for number in range(7):
            hourly.manual(opportunity_ids=[UNKNOWN], dry_run=bool(number % 2))
        assert len(table(section(site.get(""), "last-runs"))) == 5

    def test_a_run_that_waits_for_a_paused_dag_says_so(self, site: Site, hourly: Runner) -> None:
        pause(INVITE)
        answer = site.get("")
        assert "paused" in section(answer, "covered")
        started = site.post("run-now", page="", dry_run="true")
        pause(INVITE, paused=False)
        assert started.status_code == 303
        pause(INVITE)
        told = said(site.get(started.headers["location"]))
        assert "The DAG is paused. The run waits until you unpause it in Airflow" in told
        pause(INVITE, paused=False)
        assert "The DAG is paused" not in said(site.get(started.headers["location"]))


class TestByDay:
    def test_the_figures_of_today_without_rehearsals(
        self, site: Site, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        applied(sandbox, posting)
        applied(sandbox, posting, emails=["not an address"])
        hourly.manual(dry_run=True)
        hourly.scheduled(THIS_HOUR)
        rows = table(section(site.get(""), "by-day"))
        today = datetime.now(UTC).date()
        assert [row[0] for row in rows] == [str(today - timedelta(days=days)) for days in range(13, -1, -1)]
        assert rows[-1][1:] == ["1", "0", "1", "0"]
        assert {value for row in rows[:-1] for value in row[1:]} == {"0"}

    def test_completions_and_bounces(
        self, site: Site, hourly: Runner, results: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        ada, bob = applied(sandbox, posting), applied(sandbox, posting)
        hourly.scheduled(THIS_HOUR)
        sandbox.candidates.finish(ada)
        sandbox.candidates.bounce(bob)
        results.scheduled(THIS_HOUR)
        answer = site.get("")
        assert table(section(answer, "by-day"))[-1][1:] == ["2", "1", "0", "1"]
        bars = re.findall(r'<rect class="(\w+)"[^>]*><title>([^<]*)', section(answer, "by-day"))
        assert [name for name, _ in bars] == ["invited", "completed", "bounced"]
        assert "style=" not in answer.text
        assert [row[1] for row in table(section(answer, "failures"))] == ["The invitation e-mail bounced"]

    def test_failures_name_their_reason_once_and_lead_to_why(
        self, site: Site, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        ada = applied(sandbox, posting, emails=[])
        lead = sandbox.recruiter.add_lead("Grace Hopper", ["grace@candidates.example.com"])
        sandbox.recruiter.tag(lead, "Alva: Send Tests")
        hourly.manual()
        answer = site.get("")
        found = {(row[1], row[2]) for row in table(section(answer, "failures"))}
        assert found == {
            ("No invitation: there is no e-mail address", f"Why? {ada}"),
            ("No invitation: there is no posting", f"Why? {lead}"),
        }


class TestState:
    @pytest.fixture
    def ada(self, site: Site, hourly: Runner, sandbox: Sandbox, posting: str) -> str:
        """A candidate who became a leftover in a run of the last hour."""
        ada = applied(sandbox, posting, at_ms=ms(THIS_HOUR - timedelta(minutes=30)))
        sandbox.faults.add("lever", "POST", f"/opportunities/{ada}/addTags", status=400, times=None)
        hourly.scheduled(THIS_HOUR - HOUR)
        sandbox.faults.clear()
        return ada

    def test_leftovers_with_fault_attempts_and_due_time(self, site: Site, ada: str) -> None:
        row = table(section(site.get(""), "leftovers"))[0]
        assert row == [f"Why? {ada}", "Invite candidates", "refused", "1", "in the next run", "Do now"]
        hours_pass(-3)
        due = datetime.now(UTC) + timedelta(hours=3)
        assert table(section(site.get("", "VIEWER"), "leftovers"))[0][4][:13] in (
            f"{due - timedelta(minutes=2):%Y-%m-%d %H}", f"{due:%Y-%m-%d %H}",
        )  # fmt: skip

    def test_how_far_each_dag_is(self, site: Site, ada: str) -> None:
        rows = {row[0]: row[1:] for row in table(section(site.get(""), "covered"))}
        assert list(rows) == ["Invite candidates", "Push results", "Handle events", "Sync postings"]
        assert rows["Invite candidates"][1:] == [f"{THIS_HOUR:%Y-%m-%d %H:%M} UTC", "1"]
        assert rows["Push results"][1:] == ["nothing yet", "0"]

    def test_a_leftover_is_done_now(self, site: Site, ada: str, hourly: Runner, sandbox: Sandbox) -> None:
        # Without the button's word it must not write.
        site.post("do-now", "OP", page="", dag_id=INVITE, opportunity_id=ada)
        assert (runs()[-1].conf or {})["dry_run"] is True
        started = site.post("do-now", "OP", page="", dag_id=INVITE, opportunity_id=ada, dry_run="false")
        made = runs()[-1]
        conf = {"opportunity_ids": [ada], "dry_run": False}
        assert (made.conf, made.triggering_user_name, str(made.state)) == (conf, "op", "queued")
        assert made.run_id in unquote(started.headers["location"])
        assert "asked for by op" in said(site.get(started.headers["location"]))
        assert hourly.queued(made.run_id).state == "success"
        assert tags(sandbox, ada) == ["Invitation Sent"]
        assert "Nothing waits" in said(site.get(""))

    def test_to_act_takes_the_right_to_trigger_each_dag_that_the_page_starts(
        self, site: Site, ada: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        may = airflow_internals.may_trigger_dag
        monkeypatch.setattr(
            airflow_internals, "may_trigger_dag", lambda user, dag_id: dag_id == INVITE and may(user, dag_id)
        )
        before = len(runs())
        for dag_id in (INVITE, "alva_lever_push_results"):
            answer = site.post("do-now", page="", dag_id=dag_id, opportunity_id=ada)
            assert (answer.status_code, len(runs())) == (403, before)

    @pytest.mark.parametrize(
        "form", [{"dag_id": "another_dag", "opportunity_id": UNKNOWN}, {"dag_id": INVITE, "opportunity_id": "Ada B"}]
    )
    def test_only_ids_of_own_dags_are_taken(self, site: Site, hourly: Runner, form: dict[str, str]) -> None:
        answer = site.post("do-now", page="", **form)
        assert (answer.status_code, runs(), "Ada B" in answer.text) == (400, [], False)


class TestActions:
    def test_rehearse_and_run_now(self, site: Site, hourly: Runner) -> None:
        since = f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%dT%H:%M}"
        site.post("run-now", page="", dry_run="true")
        site.post("run-now", page="", dry_run="false", since=since)
        # Without the button's word it must not write.
        site.post("run-now", page="")
        assert [run.conf for run in runs()] == [
            {"dry_run": True}, {"dry_run": False, "since": f"{since}:00Z"}, {"dry_run": True},
        ]  # fmt: skip
        with create_session() as session:
            notes = [run.note for run in session.scalars(select(DagRun).order_by(DagRun.id))]
        assert notes == ["Dry run: writes nothing", None, "Dry run: writes nothing"]

    def test_a_run_from_the_page_does_its_work(
        self, site: Site, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        ada = applied(sandbox, posting, at_ms=ms(datetime.now(UTC) - timedelta(days=3)))
        since = f"{datetime.now(UTC) - timedelta(days=4):%Y-%m-%dT%H:%M}"
        started = site.post("run-now", page="", dry_run="false", since=since)
        assert "queued" in said(site.get(started.headers["location"]))
        hourly.queued(runs()[-1].run_id)
        assert "Invited 1; looked at 1" in said(site.get(started.headers["location"]))
        assert tags(sandbox, ada) == ["Invitation Sent"]

    @pytest.mark.parametrize(
        ("path", "since"),
        [
            *((path, since) for path in ("run-now", "backfill") for since in ("Ada", "2999-01-01T00:00", "1999-12-31")),
            ("backfill", ""),  # for `run-now` this stands for the last 24 hours
        ],
    )
    def test_a_wrong_date_starts_nothing_and_is_not_repeated(
        self, site: Site, hourly: Runner, path: str, since: str
    ) -> None:
        answer = site.post(path, page="", since=since, dry_run="false")
        assert (answer.status_code, runs(), "Ada" in answer.text) == (400, [], False)

    def test_a_backfill_runs_each_hour_also_those_that_have_run(self, site: Site, hourly: Runner) -> None:
        done = hourly.scheduled(THIS_HOUR - 2 * HOUR)
        answer = site.post("backfill", "OP", page="", since=f"{THIS_HOUR - 3 * HOUR:%Y-%m-%dT%H:%M}")
        told = said(answer)
        assert (answer.status_code, "is started" in told, "The DAG is paused" in told) == (200, True, False)
        made = runs()
        assert {str(run.run_type) for run in made} == {"backfill"}
        whole = sorted(run.data_interval_start for run in made if run.data_interval_start)
        assert whole[:3] == [THIS_HOUR - number * HOUR for number in (3, 2, 1)]
        assert {str(run.state) for run in made if run.run_id == done.run_id} == {"queued"}
        # A second one is refused while the first is under way.
        again = site.post("backfill", page="", since=f"{THIS_HOUR - 3 * HOUR:%Y-%m-%dT%H:%M}")
        assert (again.status_code, "A backfill of this DAG is under way" in said(again)) == (400, True)
        assert len(runs()) == len(made)

    def test_a_long_backfill_is_refused_with_a_shorter_way(self, site: Site, hourly: Runner) -> None:
        answer = site.post("backfill", page="", since=f"{datetime.now(UTC) - timedelta(days=32):%Y-%m-%d}")
        assert (answer.status_code, runs(), "Use Run now" in said(answer)) == (400, [], True)


class TestInAirflow:
    """The page's places in Airflow's own UI, as its REST API tells them to the UI."""

    def test_the_page_is_in_the_navigation_and_a_report_in_a_tab_of_its_run(self, site: Site, hourly: Runner) -> None:
        plugins = site.get("../api/v2/plugins").json()["plugins"]
        nav, tab = next(one["external_views"] for one in plugins if one["name"] == "alva_lever")
        assert (nav["category"], nav.get("url_route"), nav.get("nav_top_level")) == ("browse", None, False)
        assert tab["destination"] == "dag_run"
        assert site.get(f"../{nav['href']}").status_code == 200
        ended = hourly.manual(opportunity_ids=[UNKNOWN])
        # As the UI puts ids into the address.
        href = tab["href"].replace("{DAG_ID}", INVITE).replace("{RUN_ID}", quote(ended.run_id, safe=""))
        answer = site.get(f"../{href}")
        assert ("Invited 0; looked at 1" in said(answer), "<nav" in answer.text) == (True, False)
        other = site.get(f"../{tab['href'].replace('{DAG_ID}', 'another').replace('{RUN_ID}', 'x')}")
        assert (other.status_code, said(other)) == (
            404,
            "No such run This is no run of Alva and Lever, or it has been deleted.",
        )

    def test_each_task_of_the_work_links_to_its_run(
        self, site: Site, hourly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        applied(sandbox, posting)
        ended = hourly.scheduled(THIS_HOUR)
        for task_id, map_index in (("find", -1), ("invite", 0), ("report", -1)):
            path = f"../api/v2/dags/{INVITE}/dagRuns/{quote(ended.run_id)}/taskInstances/{task_id}/links"
            link = site.get(path, map_index=map_index).json()["extra_links"]["What happened"]
            assert "Invited 1; looked at 1" in said(site.get(f"../{link}"))


class TestWhatToLookAt:
    def test_postings_and_tags_that_a_person_should_look_at(
        self, site: Site, hourly: Runner, nightly: Runner, sandbox: Sandbox, posting: str
    ) -> None:
        ada = applied(sandbox, posting)
        hourly.manual()
        sandbox.recruiter.change_posting(posting, name="Data Engineer II")
        sandbox.recruiter.tag(ada, "alva: send tests")
        near = sandbox.recruiter.add_posting("Another", tags=["Alva:Screening"])
        applied(sandbox, near)
        hourly.manual()
        hourly.manual(opportunity_ids=[UNKNOWN])
        nightly.scheduled(THIS_HOUR - 24 * HOUR, THIS_HOUR)
        answer = site.get("")
        assert sorted(table(section(answer, "look-at"))) == [
            ["Alva:Screening", f"posting {near}"], ["alva: send tests", f"Why? {ada}"],
        ]  # fmt: skip
        told = " ".join(re.sub(r"<[^>]*>", " ", section(answer, "look-at")).split())
        assert "1 posting whose hiring manager has no user in Alva" in told
        assert told.endswith(posting)

    def test_a_rehearsal_and_wrong_options_are_told(
        self, site: Site, hourly: Runner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", '{"trigger_stage": "Tests", "dry_run": true}')
        assert "Rehearsing" in said(site.get(""))
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", '{"trigger_stage": "Tests", "dryrun": true}')
        assert "There is no option `dryrun`" in said(site.get(""))


def test_any_number_of_runs_takes_one_query(site: Site, hourly: Runner) -> None:
    for _ in range(3):
        hourly.manual(opportunity_ids=[UNKNOWN])
    queries: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        queries.append(statement)

    with create_session() as session:
        engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        last = airflow_records.last_runs([INVITE], each=5)
        figures = airflow_records.figures_since([INVITE], THIS_HOUR - 24 * HOUR, ["gone", "no_posting"])
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert (len(last), len(figures), len([one for one in queries if "SELECT" in one])) == (3, 3, 2)
    assert [one.ids for one in figures] == [{"gone": [UNKNOWN]}] * 3


def test_the_owner_of_the_dags_leads_to_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from alva_lever.operators.dags import OWNER, owner_links

    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/prefix/")
    assert owner_links(DEFAULT) == {OWNER: "https://airflow.example.com/prefix/alva-lever/"}
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "")
    assert owner_links(DEFAULT) == {}
