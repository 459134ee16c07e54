"""Results, if a vendor answers in other ways than the sandbox, where the documentation leaves it open."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter

from alva_lever.http.errors import ApiError
from tests.sync.office import Office

SENT, DONE = ["Invitation Sent"], ["High role fit", "Completed"]
Body = dict[str, Any]


class Changing(HTTPAdapter):
    """Passes each answer of the sandbox to `change(request, body)`, which returns another body, or None to keep it."""

    def __init__(self, inner: BaseAdapter, change: Callable[[PreparedRequest, Body], Body | None]) -> None:
        super().__init__()
        self._inner, self._change = inner, change

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        response = self._inner.send(request, *arguments, **options)
        changed = self._change(request, json.loads(response.content)) if response.content else None
        if changed is not None:
            response._content = json.dumps(changed).encode()
        return response


@pytest.fixture
def answering(office: Office) -> Callable[[str, str, Callable[[Body], Body]], None]:
    """A function that changes the answers to a method and a part of the path from then on."""

    def answer(method: str, part: str, change: Callable[[Body], Body]) -> None:
        def changed(request: PreparedRequest, body: Body) -> Body | None:
            return change(body) if request.method == method and part in request.path_url else None

        office.adapter = Changing(office.sandbox.adapter(), changed)

    return answer


Answering = Callable[[str, str, Callable[[Body], Body]], None]


@pytest.mark.parametrize("answer", [{}, {"data": {}}, {"data": {"noteId": "n"}}, {"data": None}], ids=str)
def test_the_answer_to_the_update_of_a_note_does_not_matter(
    office: Office, ada: str, answering: Answering, answer: Body
) -> None:
    office.candidates.finish(ada, 82)
    office.push_lately()
    answering("PUT", "/notes/", lambda body: answer)
    office.candidates.refit(ada, 20)
    assert office.push_lately() == {"updated": 1}
    assert "Role fit: 20" in office.notes(ada)[0]


def test_a_note_whose_answer_has_only_its_id_is_not_read_again(office: Office, ada: str, answering: Answering) -> None:
    office.candidates.finish(ada, 82)
    answering("POST", "/notes", lambda body: {"data": {"noteId": body["data"]["id"]}})
    assert office.push_lately() == {"completed": 1}
    assert len(office.arrived("lever", "GET")) == 2


def test_results_of_another_candidate_are_not_written(office: Office, ada: str, answering: Answering) -> None:
    office.candidates.finish(ada, 82)
    answering("GET", "/results", lambda body: body | {"candidate_id": "another"})
    with pytest.raises(ApiError, match="`candidate_id` is that of another object"):
        office.push_lately()
    assert office.writes() == 0


@pytest.mark.parametrize("change", [{"url": None}, {"url": "https://app.alva.example.test/another"}], ids=str)
def test_a_reset_after_a_crash_corrects_the_note(office: Office, ada: str, answering: Answering, change: Body) -> None:
    """The results may have no link to the candidate's page, or another one."""
    answering("GET", "/results", lambda body: body | change)
    office.candidates.finish(ada, 82)
    office.faults.add("lever", "PUT", "*/stage", status=503, times=None)
    with pytest.raises(ApiError, match="1 of 1"):
        office.push_lately()
    office.faults.clear()
    office.candidates.reset(ada)
    assert office.push_lately(again=True) == {"reset": 1}
    assert (office.status(ada), office.sandbox.look(ada)["links"]) == (SENT, [office.in_alva(ada)["url"]])
    assert "no results now" in office.notes(ada)[0]


def test_notes_with_other_line_ends_are_not_written_again(office: Office, ada: str, answering: Answering) -> None:
    office.candidates.finish(ada, 82)
    assert office.push_lately() == {"completed": 1}

    def with_returns(body: Body) -> Body:
        for note in body["data"]:
            for comment in note["fields"]:
                comment["value"] = comment["value"].replace("\n", "\r\n")
        return body

    answering("GET", "/notes", with_returns)
    office.forget()
    assert office.push_lately() == {"unchanged": 1}
    assert (office.writes(), office.status(ada)) == (0, DONE)
