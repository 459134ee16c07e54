"""No rule reads the words of a note: they may change at any time, and Lever may store them in another form."""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from alva_lever.http.errors import ApiError
from alva_lever.settings import Options
from tests.sync.office import FURTHER, TRIGGER, Office

Reword = Callable[[str], str]
_COUNT = itertools.count()


class Rewording(BaseAdapter):
    """Passes requests on, but rewords the notes that are written."""

    def __init__(self, inner: BaseAdapter, reword: Reword) -> None:
        super().__init__()
        self._inner, self._reword = inner, reword

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        if "/notes" in (request.url or "") and request.method in ("POST", "PUT"):
            body = json.loads(request.body or b"")
            # The values after the first are replies by people.
            written = body["values"][0] if "values" in body else body
            written["value"] = self._reword(written["value"])
            request.body = json.dumps(body).encode()
            request.headers["Content-Length"] = str(len(request.body))
        return self._inner.send(request, stream, timeout, verify, cert, proxies)

    def close(self) -> None:
        self._inner.close()


def line_of(text: str) -> str:
    return text.rpartition("\n")[2]


REWORDINGS: dict[str, Reword] = {
    # New words each time, so that the present text never equals the one to write.
    "other words": lambda text: f"Kandidaten fick brev nr {next(_COUNT)}: completed\n\n{line_of(text)}",
    "the line alone": line_of,
    "paragraphs": lambda text: "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines()),
    "line breaks removed": lambda text: text.replace("\n", ""),
    "entities": lambda text: text.replace("\n", "<br>").replace("/", "&#x2F;").replace("-", "&#45;"),
    "more behind": lambda text: text.replace("\n", "\r\n") + "\r\n\r\nThe tests were reset in Alva. Sent by an API",
}


def story(office: Office) -> Iterator[tuple[Any, ...]]:
    """Takes one candidate through every state. Yields after each step the counts, the writes and the present state."""
    ada = office.apply(emails=[], tags=["vip"])

    def seen(counts: dict[str, int]) -> tuple[Any, ...]:
        # The ids of notes differ between the sandboxes.
        asked = [re.sub("PUT [0-9a-f].*", "PUT note", write) for write in office.asked()]
        office.forget()
        found = (office.status(ada), office.other_tags(ada), office.stage(ada), len(office.notes(ada)))
        office.later()
        office.push(ada)
        office.run(ada)
        assert office.writes() == 0, "a repeat wrote something"
        office.later()
        return counts, asked, *found

    yield seen(office.run(ada))
    office.reenter(ada)
    yield seen(office.run(ada))
    office.recruiter.set_emails(ada, ["ada@candidates.example.com"])
    office.reenter(ada)
    yield seen(office.run(ada))
    office.candidates.bounce(ada)
    yield seen(office.push_lately())
    office.reenter(ada)
    yield seen(office.run(ada))
    office.candidates.bounce(ada)
    yield seen(office.push_lately())
    office.reenter(ada)
    yield seen(office.run(ada))
    office.candidates.finish(ada, 82)
    yield seen(office.push_lately())
    office.recruiter.move(ada, TRIGGER)
    moves: list[Callable[[], object]] = [
        lambda: office.candidates.refit(ada, 83),
        lambda: office.candidates.refit(ada, 40),
        lambda: office.candidates.withdraw(ada),
        lambda: office.candidates.share(ada),
        lambda: office.candidates.reset(ada),
        lambda: office.candidates.finish(ada, only=["logic"]),
        lambda: office.candidates.finish(ada, 100),
    ]
    for move in moves:
        move()
        yield seen(office.push_lately())


@pytest.mark.parametrize("reword", REWORDINGS.values(), ids=REWORDINGS)
def test_a_whole_story_is_the_same_in_other_words(office: Office, reword: Reword) -> None:
    office.options = Options(trigger_stage=TRIGGER, progression_stage=FURTHER)
    as_written = list(story(office))
    office.reopen()
    office.adapter = Rewording(office.sandbox.adapter(), reword)
    assert list(story(office)) == as_written
    assert [step[-1] for step in as_written] == [1, 2, 2, 3, 3, 4, 4, *[5] * 8]


@pytest.mark.parametrize("reword", REWORDINGS.values(), ids=REWORDINGS)
def test_a_note_whose_answer_was_lost_is_found_again(office: Office, ada: str, reword: Reword) -> None:
    office.adapter = Rewording(office.sandbox.adapter(), reword)
    office.candidates.finish(ada, 82)
    office.faults.add("lever", "POST", "*/notes", kind="cut_after")
    assert office.push_lately() == {"completed": 1}
    assert len(office.notes(ada)) == 1


def test_a_note_that_a_person_wrote_with_the_same_text_is_not_changed(office: Office, ada: str) -> None:
    office.candidates.finish(ada, 82)
    office.push_lately()
    (row,) = office.sandbox.world.lever.opportunity(ada).notes.values()
    row.user = next(iter(office.sandbox.world.lever.users))
    quoted = row.comments[0].value
    office.candidates.refit(ada, 40)
    office.push_lately()
    assert row.comments[0].value == quoted
    assert len(office.sandbox.look(ada)["notes"]) == 2


def first_version(text: str) -> str:
    """Returns the note as the first version wrote it: without state and mark in its last line."""
    return re.sub(r"(Ref: alva-lever/result/\S+) .*", r"\1", text)


class TestFirstVersion:
    """Notes of the first version, without state and mark."""

    def write_first_version(self, office: Office) -> None:
        """Writes notes of the first version until `update`."""
        office.adapter = Rewording(office.sandbox.adapter(), first_version)

    def update(self, office: Office) -> None:
        office.adapter = None
        office.later()
        office.forget()

    def moved(self, office: Office, ada: str) -> int:
        """Returns how often the opportunity entered the progression stage."""
        further = office.settings.policy.progression_stage
        changes = office.sandbox.world.lever.opportunity(ada).stage_changes
        return [change.to_stage_id for change in changes].count(further.id if further else "")

    @pytest.mark.parametrize("state", ["completed", "withdrawn", "reset"])
    def test_a_result_note_is_updated_once_and_nothing_else_changes(self, office: Office, ada: str, state: str) -> None:
        self.write_first_version(office)
        office.candidates.finish(ada, 82)
        office.push_lately()
        if state == "withdrawn":
            office.candidates.withdraw(ada)
        elif state == "reset":
            office.candidates.reset(ada)
        office.push_lately()
        assert " " not in office.refs(ada)[0]
        office.recruiter.move(ada, TRIGGER)
        before = (office.status(ada), office.stage(ada), self.moved(office, ada))
        self.update(office)
        office.push(ada)
        assert [one.method for one in office.arrived("lever") if one.method != "GET"] == ["PUT"]
        assert office.refs(ada)[0].split()[1] == state
        assert (office.status(ada), office.stage(ada), self.moved(office, ada)) == before
        office.forget()
        assert office.push(ada) == {"unchanged": 1}
        assert office.writes() == 0

    def test_the_other_notes_stay(self, office: Office) -> None:
        self.write_first_version(office)
        ada, bo = office.apply(emails=[]), office.apply()
        office.run(ada, bo)
        office.candidates.bounce(bo)
        office.push(bo)
        self.update(office)
        assert office.run(ada, bo) == {"awaiting_retry": 2}
        assert office.push(ada, bo) == {"not_in_alva": 1, "unchanged": 1}
        assert office.writes() == 0

    def test_a_candidate_whom_a_person_moved_back_before_the_tag_is_not_moved_twice(
        self, office: Office, ada: str
    ) -> None:
        self.write_first_version(office)
        office.candidates.finish(ada, 82)
        office.faults.add("lever", "POST", "*/removeTags", status=503, times=None)
        with pytest.raises(ApiError):
            office.push_lately()
        office.faults.clear()
        office.later()
        office.recruiter.move(ada, TRIGGER)
        self.update(office)
        assert office.push_lately() == {"completed": 1}
        assert (office.stage(ada), self.moved(office, ada), len(office.notes(ada))) == (TRIGGER, 1, 1)

    @pytest.mark.parametrize("crash", [None, "PUT */stage", "POST */removeTags"])
    def test_a_completion_after_a_reset_moves_the_candidate_again(
        self, office: Office, ada: str, crash: str | None
    ) -> None:
        self.write_first_version(office)
        office.candidates.finish(ada, 82)
        office.push_lately()
        office.later()
        office.recruiter.move(ada, TRIGGER)
        office.candidates.reset(ada)
        office.push_lately()
        self.update(office)
        office.candidates.finish(ada, 90)
        if crash is not None:
            office.faults.add("lever", *crash.split(), status=503, times=None)
            with pytest.raises(ApiError):
                office.push_lately()
            office.faults.clear()
            office.later()
        assert office.push_lately() == {"completed": 1}
        assert (office.stage(ada), self.moved(office, ada), len(office.notes(ada))) == (FURTHER, 2, 1)

    def test_a_reset_removes_the_results_from_the_note(self, office: Office, ada: str) -> None:
        self.write_first_version(office)
        office.candidates.finish(ada, 82)
        office.push_lately()
        office.candidates.reset(ada)
        self.update(office)
        assert office.push_lately() == {"reset": 1}
        assert office.refs(ada)[0].split()[1] == "reset"
        assert "Role fit" not in office.notes(ada)[0]
