"""The board through real HTTP: what it shows, what each form changes, and who may send one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import requests

from include.sandbox import Sandbox
from include.sandbox.board.view import SHOWN

ADA = "ada@candidates.example.com"


class Parsed(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in ("script", "style"):
            self.scripts += data.strip()
        self.text += f" {' '.join(data.split())}"

    def values(self, name: str) -> list[str]:
        return [attributes["value"] or "" for _, attributes in self.tags if attributes.get("name") == name]


class Board:
    """A browser's view of the board: it sends what it has seen, as the page does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def page(self, path: str = "/", **params: str) -> str:
        answer = self.session.get(self.url + path, params=params)
        assert answer.status_code == 200
        return answer.text

    def seen(self, html: str) -> list[str]:
        return Parsed(html).values("seen")

    def changes(self, seen: list[str], q: str = "") -> requests.Response:
        return self.session.get(f"{self.url}/board/changes", params={"seen": seen, "q": q})

    def send(self, action: str, /, headers: dict[str, str] | None = None, **fields: Any) -> requests.Response:
        url = f"{self.url}/board/{action}"
        return self.session.post(url, fields, headers=headers or {}, allow_redirects=False)

    def act(self, action: str, /, **fields: Any) -> str:
        """Sends a form as htmx does. Returns what the board says."""
        seen = self.seen(self.page())
        answer = self.send(action, {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}, seen=seen, **fields)
        assert answer.status_code == 200, answer.text
        return _said(answer.text)


def _said(html: str) -> str:
    found = re.search(r'id="said".*?<span class="(?:good|bad)">(.*?)</span>', html, re.DOTALL)
    assert found is not None, html
    return found[1]


def _parts(html: str) -> set[str]:
    return {attributes["id"] or "" for _, attributes in Parsed(html).tags if "hx-swap-oob" in attributes}


def _column(html: str, stage: str) -> str:
    """Returns the text of a column."""
    found = re.search(rf'<section class="column"[^>]* aria-label="{stage}".*?</section>', html, re.DOTALL)
    assert found is not None
    return Parsed(found[0]).text


@pytest.fixture
def board(sandbox: Sandbox) -> Iterator[Board]:
    with sandbox.serve() as url:
        yield Board(url)


@pytest.fixture
def invited(sandbox: Sandbox, board: Board, posting: str, opportunity: str) -> str:
    """The opportunity, whose person is invited in Alva as the integration does it."""
    headers = {"Authorization": f"Bearer {sandbox.ALVA_KEY}"}
    sandbox.candidates.add_position("Data Engineer", external_id=posting)
    root = f"{board.url}/alva/v1"
    (position,) = requests.get(f"{root}/job_positions", headers=headers).json()["data"]
    invitee = {"email": ADA, "first_name": "Ada", "last_name": "Byron", "external_id": opportunity}
    answer = requests.post(f"{root}/job_positions/{position['id']}/candidates", json=invitee, headers=headers)
    assert answer.ok, answer.text
    return opportunity


def _alva(sandbox: Sandbox, opportunity: str) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.look(opportunity)["alva"]["candidate"]
    return found


class TestWhatIsShown:
    def test_a_card_stands_in_its_stage_with_posting_tags_notes_and_links(
        self, sandbox: Sandbox, board: Board, opportunity: str
    ) -> None:
        sandbox.recruiter.move(opportunity, "Assessment")
        sandbox.recruiter.tag(opportunity, "Alva: Send Tests")
        sandbox.recruiter.add_note(opportunity, "Called her")
        html = board.page()
        column = _column(html, "Assessment")
        assert all(text in column for text in ("Ada Byron", "Data Engineer", "Alva: Send Tests", "1 note"))
        assert "Ada Byron" not in _column(html, "New applicant")
        labels = [attributes.get("aria-label") for tag, attributes in Parsed(html).tags if tag == "section"]
        stages = [stage["name"] for stage in sandbox.count()["stages"]]
        assert labels[1:-1] == [*stages, "Archived"]

    def test_the_tags_that_repeat_the_posting_are_left_out(self, board: Board, opportunity: str) -> None:
        assert "Engineering" not in _column(board.page(), "New applicant")

    def test_a_column_shows_its_first_cards_and_says_how_many_more_there_are(
        self, sandbox: Sandbox, board: Board, posting: str
    ) -> None:
        for number in range(SHOWN + 180):
            sandbox.recruiter.apply(posting, f"Person {number}")
        html = board.page()
        assert html.count('class="card"') == SHOWN
        assert "and 180 more" in html
        assert "Person 7 " in _column(board.page(q="PERSON 7"), "New applicant")
        assert Parsed(board.page(q="person 77")).text.count("Person 77") == 1

    def test_a_candidate_is_opened_with_everything_about_it(self, sandbox: Sandbox, board: Board, invited: str) -> None:
        sandbox.recruiter.add_note(invited, "Called her")
        text = Parsed(board.page(f"/board/candidate/{invited}")).text
        assert all(word in text for word in ("Ada Byron", ADA, "Called her", "New applicant", "invited"))
        assert "Called her" in board.page(candidate=invited)

    def test_an_unknown_candidate_is_said_to_be_gone(self, board: Board) -> None:
        answer = requests.get(f"{board.url}/board/candidate/nobody")
        assert answer.status_code == 404
        assert "no such candidate" in answer.text

    def test_alvas_side_shows_each_state(self, sandbox: Sandbox, board: Board, invited: str) -> None:
        moves: list[tuple[str, dict[str, Any]]] = [
            ("start", {}),
            ("bounce", {}),
            ("finish", {"role_fit": 61}),
            ("anonymise", {}),
        ]
        states = [_states(board.page())]
        for move, arguments in moves:
            getattr(sandbox.candidates, move)(invited, **arguments)
            states.append(_states(board.page()))
        # After the start the e-mail has arrived, and bounces as one that was delivered.
        assert states == [["invited"], ["started"], ["bounced"], ["completed"], ["anonymised"]]

    def test_a_candidate_added_by_hand_in_alva_has_no_moves(self, sandbox: Sandbox, board: Board, posting: str) -> None:
        sandbox.candidates.add_position("Data Engineer", external_id=posting)
        sandbox.candidates.add_by_hand(posting, ADA, "Ada", "Byron")
        html = board.page()
        assert "added by hand" in html
        assert "board/finish" not in html

    def test_nothing_is_inline_and_nothing_comes_from_another_host(
        self, sandbox: Sandbox, board: Board, invited: str
    ) -> None:
        sandbox.recruiter.add_note(invited, "<script>alert(1)</script>")
        answer = requests.get(f"{board.url}/", params={"candidate": invited})
        parsed = Parsed(answer.text)
        assert parsed.scripts == ""
        for tag, attributes in parsed.tags:
            assert tag != "style"
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            address = attributes.get("src") or attributes.get("href") or ""
            assert not address.startswith(("http", "//", "javascript:"))
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy

    def test_what_the_page_loads_is_there(self, board: Board) -> None:
        loaded = [
            attributes.get("src") or attributes["href"]
            for tag, attributes in Parsed(board.page()).tags
            if tag in ("script", "link") and attributes.get("rel") != "icon"
        ]
        assert len(loaded) == 4
        assert [requests.get(f"{board.url}/{address}").status_code for address in loaded] == [200] * 4

    def test_every_id_is_there_once(self, board: Board, invited: str) -> None:
        html = board.page(candidate=invited)
        ids = [attributes["id"] for _, attributes in Parsed(html).tags if "id" in attributes]
        assert len(ids) == len(set(ids))


def _states(html: str) -> list[str]:
    return re.findall(r'data-state="(\w+)"', html)


class TestMoves:
    def test_a_candidate_is_moved(self, sandbox: Sandbox, board: Board, opportunity: str) -> None:
        assert board.act("move", opportunity=opportunity, stage="offer") == "Ada Byron is in Offer now."
        assert sandbox.look(opportunity)["stage"] == "Offer"

    def test_a_tag_is_added_and_removed(self, sandbox: Sandbox, board: Board, opportunity: str) -> None:
        board.act("tag", opportunity=opportunity, tag="Alva: Send Tests")
        assert "Alva: Send Tests" in sandbox.look(opportunity)["tags"]
        board.act("untag", opportunity=opportunity, tag="Alva: Send Tests")
        assert "Alva: Send Tests" not in sandbox.look(opportunity)["tags"]

    def test_a_candidate_is_archived_and_taken_back(self, sandbox: Sandbox, board: Board, opportunity: str) -> None:
        board.act("archive", opportunity=opportunity, reason="Withdrew")
        assert sandbox.look(opportunity)["archived"] == "Withdrew"
        assert "Ada Byron" in _column(board.page(), "Archived")
        board.act("unarchive", opportunity=opportunity)
        assert sandbox.look(opportunity)["archived"] is None

    def test_a_candidate_is_hired(self, sandbox: Sandbox, board: Board, opportunity: str) -> None:
        board.act("hire", opportunity=opportunity)
        assert sandbox.look(opportunity)["archived"] == "Hired"

    def test_a_candidate_is_deleted_and_the_open_panel_is_closed(
        self, sandbox: Sandbox, board: Board, opportunity: str
    ) -> None:
        seen = board.seen(board.page(candidate=opportunity))
        answer = board.send("delete", {"HX-Request": "true"}, opportunity=opportunity, seen=seen)
        assert sandbox.count()["deleted"] == 1
        assert {"panel", "said", "column-applicant-new"} == _parts(answer.text)

    def test_a_note_an_address_and_a_posting_are_added(self, sandbox: Sandbox, board: Board, posting: str) -> None:
        lead = sandbox.recruiter.add_lead("Bo Ek")
        board.act("note", opportunity=lead, note="Called him")
        board.act("email", opportunity=lead, email="bo@candidates.example.com")
        board.act("link", opportunity=lead, posting=posting)
        seen = sandbox.look(lead)
        assert ([note["text"] for note in seen["notes"]], seen["posting"]) == (["Called him"], "Data Engineer")
        assert "bo@candidates.example.com" in board.page(candidate=lead)
        board.act("email", opportunity=lead, email="")
        assert "no e-mail" in board.page(candidate=lead)

    def test_a_candidate_is_added_to_a_posting(self, sandbox: Sandbox, board: Board, posting: str) -> None:
        board.act("add", name="Bo Ek", email="bo@candidates.example.com", posting=posting, origin="referred")
        (row,) = sandbox.world.lever.opportunities
        assert (row.contact.name, row.origin, row.posting and row.posting.text) == (
            "Bo Ek",
            "referred",
            "Data Engineer",
        )

    def test_a_candidate_without_a_posting_is_a_lead(self, sandbox: Sandbox, board: Board) -> None:
        assert board.act("add", name="Bo Ek", posting="", origin="sourced") == "Bo Ek is a lead now."
        (row,) = sandbox.world.lever.opportunities
        assert (row.stage.text, row.posting, row.contact.emails) == ("New lead", None, [])

    def test_a_posting_is_added_with_control_tags_and_offered(self, sandbox: Sandbox, board: Board) -> None:
        board.act("add-posting", name="Cook", tags=["Alva: Screening"])
        (posting,) = sandbox.count()["postings"]
        assert (posting["name"], posting["tags"]) == ("Cook", ["Alva: Screening"])
        assert "Cook (Alva: Screening)" in board.page()

    def test_webhooks_are_switched(self, sandbox: Sandbox, board: Board) -> None:
        board.act("webhooks", on="yes")
        assert "switched on" in Parsed(board.page()).text
        board.act("webhooks", on="no")
        assert not sandbox.world.lever.switched_on

    def test_tests_are_finished_scored_again_and_reset(self, sandbox: Sandbox, board: Board, invited: str) -> None:
        board.act("finish", opportunity=invited, role_fit="64")
        assert _alva(sandbox, invited)["role_fit"] == 64
        board.act("refit", opportunity=invited, role_fit="20")
        assert _alva(sandbox, invited)["role_fit"] == 20
        board.act("refit", opportunity=invited, role_fit="")
        assert _alva(sandbox, invited)["role_fit"] is None
        board.act("reset", opportunity=invited)
        assert {test["status"] for test in _alva(sandbox, invited)["assessments"]} == {"invited"}

    def test_an_invitation_bounces(self, sandbox: Sandbox, board: Board, invited: str) -> None:
        board.act("bounce", opportunity=invited)
        assert _alva(sandbox, invited)["invitation"]["status"] == "bounced"

    @pytest.mark.parametrize(
        ("action", "fields", "said"),
        [
            ("move", {"stage": "Nowhere"}, "No stage"),
            ("move", {}, "Please fill in: stage."),
            ("finish", {"role_fit": "82"}, "no candidate"),
            ("refit", {"role_fit": "much"}, "A role fit is a number from 0 to 100."),
            ("finish", {"role_fit": "101"}, "A role fit is a number from 0 to 100."),
            ("finish", {"role_fit": "nan"}, "A role fit is a number from 0 to 100."),
            ("add", {"name": " "}, "Please fill in: name."),
            ("add", {"name": "Bo", "origin": "the moon"}, "No origin"),
        ],
    )
    def test_a_move_that_makes_no_sense_is_said_to_be_so(
        self, board: Board, opportunity: str, action: str, fields: dict[str, Any], said: str
    ) -> None:
        seen = board.seen(board.page())
        answer = board.send(action, {"HX-Request": "true"}, opportunity=opportunity, seen=seen, **fields)
        assert answer.status_code == 400
        assert said in _said(answer.text)
        assert said in board.send(action, opportunity=opportunity, **fields).text  # without JavaScript

    def test_an_unknown_action_is_not_found(self, board: Board, opportunity: str) -> None:
        assert board.send("anonymise", opportunity=opportunity).status_code == 404

    def test_without_javascript_a_form_leads_back_to_the_candidate(self, board: Board, opportunity: str) -> None:
        answer = board.send("hire", opportunity=opportunity)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/?candidate={opportunity}")
        assert board.send("add", name="Bo Ek").headers["Location"] == "/"


class TestLive:
    def test_nothing_is_sent_while_nothing_changes(self, board: Board, invited: str) -> None:
        assert board.changes(board.seen(board.page(candidate=invited))).status_code == 204

    def test_only_what_changed_is_sent(self, sandbox: Sandbox, board: Board, opportunity: str) -> None:
        seen = board.seen(board.page(candidate=opportunity))
        sandbox.recruiter.tag(opportunity, "Alva: Invitation Sent")
        html = board.changes(seen).text
        assert _parts(html) == {"column-applicant-new", f"candidate-{opportunity}"}
        assert html.count("Alva: Invitation Sent") > 1

    def test_what_is_typed_into_survives_a_refresh(self, board: Board, invited: str) -> None:
        """htmx keeps an element with `hx-preserve` and its id as it stands on the page."""
        for tag, attributes in Parsed(board.page(f"/board/candidate/{invited}")).tags:
            if tag == "select" or (tag == "input" and attributes.get("type") != "hidden"):
                assert "hx-preserve" in attributes, attributes
                assert attributes["id"]

    def test_a_search_narrows_the_changes(self, board: Board, opportunity: str) -> None:
        seen = board.seen(board.page())
        assert board.changes(seen, q="byron").status_code == 204
        assert _parts(board.changes(seen, q="another name").text) == {"column-applicant-new"}

    def test_another_pipeline_loads_the_page_again(self, board: Board) -> None:
        assert board.changes(board.seen(board.page())[3:]).headers["HX-Refresh"] == "true"


class TestWhoMayAct:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},  # another port of this machine: Airflow's pages, say
            {"Origin": "https://elsewhere.example"},
            {"Origin": "http://127.0.0.1:1"},
            {"Origin": "null"},
            {"Host": "elsewhere.example:8765", "Sec-Fetch-Site": "same-origin"},  # a name that leads here
        ],
    )
    def test_another_pages_form_is_refused(
        self, sandbox: Sandbox, board: Board, opportunity: str, headers: dict[str, str]
    ) -> None:
        assert board.send("hire", headers, opportunity=opportunity).status_code == 403
        assert sandbox.look(opportunity)["archived"] is None

    def test_another_page_cannot_drive_the_control_plane(
        self, sandbox: Sandbox, board: Board, opportunity: str
    ) -> None:
        reset = requests.post(f"{board.url}/control/reset", headers={"Sec-Fetch-Site": "cross-site"}, timeout=30)
        assert reset.status_code == 403
        assert sandbox.look(opportunity)["stage"] == "New applicant"

    def test_its_own_form_is_taken(self, board: Board, opportunity: str) -> None:
        own = {"Sec-Fetch-Site": "same-origin", "Origin": board.url}
        assert board.send("hire", own, opportunity=opportunity).status_code == 303

    def test_looking_changes_nothing(self, board: Board, opportunity: str) -> None:
        assert requests.get(f"{board.url}/board/hire", params={"opportunity": opportunity}).status_code == 405
