"""Why?: the page that explains one candidate, and starts a run that names it."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
import requests

from include.sandbox import Sandbox
from tests.dags.runner import UNKNOWN, Runner
from tests.pages.conftest import Site
from tests.pages.in_airflow import pause, runs
from tests.pages.reading import said
from tests.pages.story import ADDRESS, ELSEWHERE, NAME, ROWS, TRIGGER, Story

INVITE, RESULTS = "alva_lever_invite_candidates", "alva_lever_push_results"
ROLES = ["VIEWER", "USER", "OP", "ADMIN"]
HOUR_MS = 60 * 60 * 1000
pytestmark = pytest.mark.usefixtures("unpaced")


class Page(HTMLParser):
    """The text of a page, its table's rows, and its forms' fields."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__()
        self.status, self.source = answer.status_code, answer.text
        self.forms: list[dict[str, str]] = []
        self.buttons: list[str] = []
        self._in: list[str] = []
        self.feed(answer.text)
        self.text = said(answer)
        self.rows = re.findall(r"<tr.*?</tr>", answer.text, re.DOTALL)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"action to": given["action"]})
        if tag == "input" and self.forms:
            self.forms[-1][given["name"]] = given.get("value", "")
        if tag == "button":
            self.buttons.append("")
        self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._in:
            while self._in.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "button" in self._in:
            self.buttons[-1] += data.strip()

    def row(self, number: int) -> tuple[str, str]:
        """Returns whether this row of the first table holds, and its sentence."""
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", self.rows[number], re.DOTALL)
        texts = [html.unescape(re.sub(r"</?code>", "`", cell)) for cell in cells]
        texts = [re.sub(r"<[^>]*>", "", text).strip() for text in texts]
        assert texts[0] == str(number)
        return texts[2], texts[3]

    def form(self, action: str) -> dict[str, str]:
        """Returns the fields of the button that starts this."""
        (found,) = [form for form in self.forms if form.get("action") == action]
        return {name: value for name, value in found.items() if name not in ("action to", "form_token")}


def asked(site: Site, text: str, role: str = "ADMIN") -> Page:
    return Page(site.post("why", role, candidate=text))


class TestRows:
    @pytest.mark.parametrize("row", ROWS)
    def test_the_row_that_holds_and_why_each_above_does_not(self, site: Site, story: Story, row: int) -> None:
        setting, sentence = ROWS[row]
        ada = setting(story)
        page = asked(site, f"https://hire.lever.co/candidates/{ada}")
        assert page.status == 200
        assert f"Row {row} holds" in page.text
        holds, why = page.row(row)
        assert holds == "yes"
        assert why.startswith(sentence)
        for above in range(1, row):
            holds, why_not = page.row(above)
            assert holds == "no"
            assert why_not
        assert (f"No row below is asked: row {row} decides." in page.text) == (row < 12)
        assert ADDRESS not in page.source
        assert (NAME in page.text) == (row > 2)

    def test_row_11_a_person_names_it(self, site: Site, story: Story) -> None:
        page = asked(site, story.apply(stage=ELSEWHERE))
        assert "Row 11 holds, manual : A person names it in a manual run." in page.text
        assert "It is invited to Data Engineer" in page.text
        assert page.buttons == ["Explain", "Invite now"]

    def test_a_near_miss_is_named(self, site: Site, story: Story) -> None:
        page = asked(site, story.apply(stage=ELSEWHERE, tags=["alva: send tests"]))
        assert "It has `alva: send tests`, which is another tag" in page.row(6)[1]


class TestFailures:
    @pytest.mark.parametrize(
        ("setting", "word", "wrong"),
        [
            (lambda story: story.apply(emails=[]), "missing_email", "The candidate has no e-mail address."),
            (lambda story: story.apply(emails=["ada"]), "invalid_email", "None of the candidate's e-mail addresses"),
            (
                lambda story: story.recruiter.add_lead(NAME, [ADDRESS], stage=TRIGGER),
                "no_posting",
                "The candidate is not on a posting",
            ),
        ],
        ids=["missing_email", "invalid_email", "no_posting"],
    )
    def test_a_failure_that_would_follow(
        self, site: Site, story: Story, setting: Callable[[Story], str], word: str, wrong: str
    ) -> None:
        ada = setting(story)
        page = asked(site, ada)
        assert f"What is done: The invitation fails: {wrong}" in page.text
        assert f"( {word} )" in page.text
        assert story.run(ada) == {word: 1}
        after = asked(site, ada)
        assert f"reports `{word}`. {wrong}" in after.row(5)[1]
        assert f"move the candidate to another stage and back to {TRIGGER}" in after.row(5)[1]
        assert f"What its notes tell {word} , 20" in after.text

    def test_a_refusal_by_alva(self, site: Site, story: Story) -> None:
        page = asked(site, story.expired())
        assert "reports `refused_by_alva`. Alva refused the candidate." in page.row(5)[1]
        assert page.buttons == ["Explain", "Invite now"]

    def test_a_bounce(self, site: Site, story: Story, results: Runner) -> None:
        page = asked(site, story.bounced(results))
        assert "reports `bounced`. The invitation e-mail could not be delivered." in page.row(5)[1]
        assert "In Alva The invitation e-mail bounced; the last invitation was sent on 20" in page.text
        assert page.buttons == ["Explain", "Invite now", "Mirror the results now"]
        assert "It is invited again to Data Engineer" in page.text

    def test_one_who_has_asked_again(self, site: Site, story: Story) -> None:
        ada = story.failed()
        story.recruiter.set_emails(ada, [ADDRESS])
        later_ms = round(time.time() * 1000) + HOUR_MS
        story.recruiter.move(ada, ELSEWHERE, at_ms=later_ms)
        story.recruiter.move(ada, TRIGGER, at_ms=later_ms + 1000)
        page = asked(site, ada)
        assert page.row(5)[0] == "no"
        assert "but an invitation is asked for again. The note of 20" in page.row(5)[1]
        assert f"It came into {TRIGGER} after that" in page.row(5)[1]
        assert page.row(9)[0] == "yes"


class TestLater:
    def test_a_leftover_says_its_fault_and_when_it_is_due(self, site: Site, story: Story) -> None:
        ada = story.apply()
        story.sandbox.faults.add("lever", "POST", f"/opportunities/{ada}/addTags", status=400, times=None)
        assert story.hourly.manual(opportunity_ids=[ada]).counts == {"leftover": 1}
        story.sandbox.faults.clear()
        page = asked(site, ada)
        assert "could not be done, refused , in 1 attempt. The next scheduled run tries it again." in page.text
        assert "Try the leftover again now" in page.buttons
        story.sandbox.faults.add("lever", "POST", f"/opportunities/{ada}/addTags", status=400, times=None)
        assert story.hourly.manual(opportunity_ids=[ada]).counts == {"leftover": 1}
        story.sandbox.faults.clear()
        assert re.search(r"in 2 attempts\. It is tried again from 20", asked(site, ada).text)

    def test_the_next_run_does_not_look_at_one_who_came_long_ago(self, site: Site, story: Story) -> None:
        long_ago_ms = round(time.time() * 1000) - 30 * 24 * HOUR_MS
        page = asked(site, story.apply(at_ms=long_ago_ms))
        assert "Row 9 holds" in page.text
        assert "and does not look at it" in page.text
        assert "and looks at it: it came into New applicant" in asked(site, story.apply()).text

    def test_it_looks_back_to_the_covered_time(self, site: Site, story: Story) -> None:
        now = datetime.now(UTC)
        start = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
        assert story.hourly.scheduled(start).state == "success"
        two_days_ago_ms = round((now - timedelta(days=2)).timestamp() * 1000)
        assert "and looks at it" in asked(site, story.apply(at_ms=two_days_ago_ms)).text

    def test_a_paused_dag_is_told(self, site: Site, story: Story) -> None:
        pause(INVITE)
        page = asked(site, story.apply())
        pause(INVITE, paused=False)
        assert f"{INVITE} is paused: it has no scheduled runs" in page.text
        assert "The DAG is paused: the run waits" in page.text

    def test_a_rehearsal_is_told(
        self, site: Site, story: Story, settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps({**settings, "dry_run": True}))
        page = asked(site, story.apply())
        assert "Rehearsing: the option dry_run is set" in page.text
        assert page.buttons == ["Explain", "Rehearse it now"]


class TestWhatIsPasted:
    @pytest.mark.parametrize("text", [NAME, ADDRESS, "", "https://hire.lever.co/candidates/Ada-Byron", "<b>Ada"])
    def test_a_text_that_is_no_id_is_not_repeated(self, site: Site, text: str) -> None:
        page = asked(site, text)
        assert page.status == 400
        assert "This is neither the address of a candidate's page in Lever nor an id." in page.text
        assert "Ada" not in page.source
        assert ADDRESS not in page.source
        assert site.sandbox.journal.of(None, None, None) == []

    @pytest.mark.parametrize("text", [NAME, ADDRESS])
    def test_nor_is_one_in_an_address(self, site: Site, text: str) -> None:
        answer = site.get("why", opportunity_id=text)
        assert answer.status_code == 400
        assert text not in answer.text

    def test_a_link_with_an_id_shows_the_answer(self, site: Site, story: Story) -> None:
        page = Page(site.get("why", opportunity_id=story.apply().upper()))
        assert (page.status, page.row(9)[0]) == (200, "yes")

    def test_an_id_that_lever_does_not_know(self, site: Site, story: Story) -> None:
        page = asked(site, UNKNOWN.upper())
        assert "Row 1 holds, gone" in page.text
        assert page.buttons == ["Explain"]

    def test_htmx_gets_only_the_answer(self, site: Site, story: Story) -> None:
        form = {"form_token": site.token(), "candidate": story.apply()}
        answer = site.session().post(site.url + "why", data=form, headers={"HX-Request": "true"}, timeout=60)
        assert "<html" not in answer.text
        assert Page(answer).row(9)[0] == "yes"
        wrong = site.session().post(
            site.url + "why", data={**form, "candidate": NAME}, headers={"HX-Request": "true"}, timeout=60
        )
        # htmx doesn't show an answer with an error's status.
        assert (wrong.status_code, "This is neither" in wrong.text) == (200, True)

    def test_the_name_is_text(self, site: Site, story: Story) -> None:
        ada = story.recruiter.apply(story.posting, "<script>alert(1)</script>", [ADDRESS])
        assert "<script>alert" not in asked(site, ada).source

    def test_no_personal_data_gets_into_a_log_or_an_address(
        self, site: Site, story: Story, caplog: pytest.LogCaptureFixture
    ) -> None:
        page = asked(site, story.apply())
        assert NAME in page.text
        assert NAME not in caplog.text
        assert ADDRESS not in caplog.text
        links = re.findall(r'(?:href|action|hx-get|hx-post)="([^"]*)"', page.source)
        assert not [link for link in links if "Ada" in link or "@" in link]


class TestAlva:
    def test_a_completed_candidate_is_shown_without_results(self, site: Site, story: Story) -> None:
        ada = story.invited()
        story.sandbox.candidates.finish(ada, 82)
        page = asked(site, ada)
        assert "In Alva All tests are completed" in page.text
        assert "logic: completed" in page.text
        assert "If the results are mirrored now completed" in page.text
        assert "82" not in re.sub(r"[0-9a-f-]{36}|\d{4}-\d\d-\d\d \d\d:\d\d|[0-9TZ:-]{20}-[0-9a-f]{8}", "", page.text)
        assert page.buttons == ["Explain", "Mirror the results now"]


class TestFaults:
    def test_a_missing_connection(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW_CONN_LEVER_DEFAULT")
        page = asked(site, UNKNOWN)
        assert page.status == 503
        assert "There is no connection lever_default . Make one in Airflow" in page.text

    def test_a_missing_variable(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS")
        assert "There is no Variable alva_lever_settings ." in asked(site, UNKNOWN).text

    def test_an_unknown_stage(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps({"trigger_stage": "Nowhere"}))
        assert "Option trigger_stage is Nowhere" in asked(site, UNKNOWN).text

    def test_a_refused_key(self, site: Site, story: Story) -> None:
        ada = story.apply()
        site.sandbox.faults.add("alva", "GET", "/candidates", status=401, times=None)
        page = asked(site, ada)
        assert "Alva answered 401" in page.text
        assert NAME not in page.text


class TestActing:
    def press(self, site: Site, opportunity: str, action: str, role: str = "ADMIN") -> str:
        """Presses the button, and returns the path to which it leads."""
        fields = asked(site, opportunity, role).form(action)
        answer = site.post("why-run", role, **fields)
        assert answer.status_code == 303
        return answer.headers["location"]

    def test_the_button_starts_a_run_that_invites(self, site: Site, story: Story) -> None:
        ada = story.apply(stage=ELSEWHERE)
        where = self.press(site, ada, "invite")
        (run,) = runs()
        assert (run.dag_id, run.conf, str(run.run_type)) == (
            INVITE,
            {"opportunity_ids": [ada], "dry_run": False},
            "manual",
        )
        waiting = Page(site.get(where))
        assert "The run in Airflow : queued" in waiting.text
        assert f'href="../dags/{INVITE}/runs/{run.run_id.replace(":", "%3A")}"' in waiting.source
        assert 'hx-trigger="every 2s"' in waiting.source
        assert story.hourly.again(run.run_id).counts == {"manual": 1}
        done = site.session().get(site.url + where, headers={"HX-Request": "true"}, timeout=60)
        assert "<html" not in done.text
        assert "hx-trigger" not in done.text
        page = Page(done)
        assert "The run in Airflow : success" in page.text
        assert "manual : Invitation: a person named it. An invitation was sent." in page.text
        assert asked(site, ada).row(4)[0] == "yes"

    def test_the_button_mirrors_the_results(self, site: Site, story: Story, results: Runner) -> None:
        ada = story.invited()
        story.sandbox.candidates.finish(ada, 82)
        where = self.press(site, ada, "mirror")
        run = runs()[-1]
        assert (run.dag_id, run.conf) == (RESULTS, {"opportunity_ids": [ada], "dry_run": False})
        assert results.again(run.run_id).counts == {"completed": 1}
        assert Page(site.get(where)).text.count("completed : All tests are completed") == 1

    def test_a_leftover_is_tried_again_without_asking_for_an_invitation(self, site: Site, story: Story) -> None:
        ada = story.apply()
        story.sandbox.faults.add("alva", "POST", "*", status=403, times=None)
        # Ends well after the application: a window does not include its last moment.
        assert story.hourly.scheduled(datetime.now(UTC)).state == "failed"
        story.sandbox.faults.clear()
        story.recruiter.move(ada, ELSEWHERE)
        page = asked(site, ada)
        assert page.buttons == ["Explain", "Try the leftover again now", "Invite now"]
        answer = site.post("why-run", **page.form("leftover"))
        assert answer.status_code == 303
        assert story.hourly.again(runs()[-1].run_id).counts == {"not_requested": 1}
        assert story.sandbox.look(ada)["alva"]["present"] is False

    def test_a_rehearsal_stays_one_when_the_options_change_meanwhile(
        self, site: Site, story: Story, settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = story.apply()
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps({**settings, "dry_run": True}))
        fields = asked(site, ada).form("invite")
        monkeypatch.setenv("AIRFLOW_VAR_ALVA_LEVER_SETTINGS", json.dumps(settings))
        assert site.post("why-run", **fields).status_code == 303
        assert story.hourly.again(runs()[-1].run_id).counts == {"trigger_stage": 1}
        assert story.sandbox.look(ada)["alva"]["present"] is False

    def test_pressing_twice_starts_one_run(self, site: Site, story: Story) -> None:
        fields = asked(site, story.apply()).form("invite")
        assert [site.post("why-run", **fields).status_code for _ in range(2)] == [303, 303]
        assert len(runs()) == 1

    def test_a_run_without_a_word_for_it_points_to_its_log(self, site: Site, story: Story) -> None:
        ada = story.apply()
        where = self.press(site, ada, "invite")
        site.sandbox.faults.add("alva", "GET", "/job_positions", status=401, times=None)
        assert story.hourly.again(runs()[-1].run_id).state == "failed"
        assert "The run left no word for this candidate." in Page(site.get(where)).text

    @pytest.mark.parametrize(
        "fields",
        [
            {"opportunity_id": NAME},
            {"action": "delete"},
            {"press": "../x"},
            {"press": ""},
        ],
        ids=str,
    )
    def test_strange_fields_start_nothing(self, site: Site, hourly: Runner, fields: dict[str, str]) -> None:
        given = {"opportunity_id": UNKNOWN, "action": "invite", "press": "2026-01-01T00:00:00Z-0a", **fields}
        answer = site.post("why-run", **given)
        assert (answer.status_code, runs()) == (400, [])
        assert NAME not in answer.text

    def test_a_dag_that_airflow_lacks(self, site: Site, hourly: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("alva_lever.web.why.start_run", _refuses)
        fields = {"opportunity_id": UNKNOWN, "action": "invite", "press": "2026-01-01T00:00:00Z-0a"}
        answer = site.post("why-run", **fields)
        assert (answer.status_code, "No run could be made. Try again" in answer.text) == (503, True)

    @pytest.mark.parametrize(
        "query",
        [
            {"dag_id": "another", "run_id": "x", "opportunity_id": UNKNOWN},
            {"dag_id": INVITE, "run_id": "x", "opportunity_id": UNKNOWN},
            {"dag_id": INVITE, "run_id": "x", "opportunity_id": NAME},
        ],
    )
    def test_no_such_run(self, site: Site, hourly: Runner, query: dict[str, str]) -> None:
        answer = site.get("why-run", **query)
        assert (answer.status_code, "Airflow has no such run." in answer.text) == (404, True)


def _refuses(*args: object, **kwargs: object) -> None:
    from alva_lever.web.airflow_internals import NotWritten

    raise NotWritten("No run could be made")


class TestRights:
    @pytest.mark.parametrize("role", ROLES)
    def test_everyone_who_may_read_the_dag_may_ask(self, site: Site, story: Story, role: str) -> None:
        page = asked(site, story.apply(), role)
        assert page.status == 200
        assert ("Invite now" in page.buttons) == (role != "VIEWER")

    def test_a_viewer_cannot_act(self, site: Site, hourly: Runner) -> None:
        fields = {"opportunity_id": UNKNOWN, "action": "invite", "press": "2026-01-01T00:00:00Z-0a"}
        assert site.post("why-run", "VIEWER", **fields).status_code == 403
        assert runs() == []
        assert [site.post("why-run", role, **fields).status_code for role in ROLES[1:]] == [303] * 3

    def test_a_person_who_may_trigger_only_one_of_the_dags_cannot_act(
        self, site: Site, hourly: Runner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("alva_lever.web.airflow_internals.may_trigger_dag", lambda user, dag_id: dag_id == INVITE)
        fields = {"opportunity_id": UNKNOWN, "action": "mirror", "press": "2026-01-01T00:00:00Z-0a"}
        assert (site.post("why-run", "USER", **fields).status_code, runs()) == (403, [])

    def test_without_a_role_nothing_is_shown(self, site: Site, hourly: Runner) -> None:
        assert site.get("why", None).status_code == 403
        assert site.get("why-run", None).status_code == 403

    @pytest.mark.parametrize("path", ["why", "why-run"])
    def test_without_a_login(self, site: Site, path: str) -> None:
        asked = {"headers": {"Accept": "text/html"}, "timeout": 60}
        got = requests.get(site.url + path, allow_redirects=False, **asked)  # type: ignore[arg-type]
        assert (got.status_code, "/auth/login" in got.headers["location"]) == (303, True)
        posted = requests.post(site.url + path, data={"candidate": UNKNOWN}, timeout=60)
        assert posted.status_code == 401

    @pytest.mark.parametrize("path", ["why", "why-run"])
    def test_a_forged_form_is_refused(self, site: Site, hourly: Runner, path: str) -> None:
        form = {"candidate": UNKNOWN, "opportunity_id": UNKNOWN, "action": "invite", "press": "2026-01-01T00:00"}
        for token in ({}, {"form_token": "forged"}, {"form_token": site.token("USER")}):
            answer = site.session().post(site.url + path, data={**form, **token}, timeout=60)
            assert answer.status_code == 403
        assert (runs(), site.sandbox.journal.of(None, None, None)) == ([], [])


def test_it_asks_lever_five_times_at_most_and_writes_nothing(
    site: Site, hourly: Runner, sandbox: Sandbox, posting: str
) -> None:
    ada = sandbox.recruiter.apply(posting, NAME, [ADDRESS])
    assert asked(site, ada).row(9)[0] == "yes"
    assert {call.method for call in sandbox.journal.of(None, None, None)} == {"GET"}
    assert len(sandbox.journal.of("lever", None, None)) <= 5
