"""A lasting refusal of a request about one of many candidates or postings: how it is reported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter

from alva_lever.batch.batch import Unfinished
from alva_lever.http.errors import SetupError
from tests.sync.office import Office

SENT = ["Invitation Sent"]
BOUNCED = ["Invitation Bounced"]


def bounced(office: Office) -> str:
    """A candidate whose invitation bounced and who entered the trigger stage again."""
    ada = office.apply()
    office.run(ada)
    office.candidates.bounce(ada)
    office.recruiter.untag(ada, "Alva: Invitation Sent")
    office.later()
    office.run(ada)
    office.reenter(ada)
    return ada


@pytest.mark.parametrize("path", ["/candidates", "/job_positions"])
def test_a_404_to_a_search_is_a_fault_of_that_candidate_only(office: Office, path: str) -> None:
    people, cook = office.applied(30), office.recruiter.add_posting("Cook")
    alone = office.apply(posting=cook)
    office.faults.add(
        "alva", "GET", path, status=404, times=None,
        query={"external_id": alone if path == "/candidates" else cook},
    )  # fmt: skip
    with pytest.raises(Unfinished, match="1 of 31"):
        office.run(alone, *people)
    assert office.progress.faults == {alone: "not_found"}
    assert office.progress.report.counts == {"trigger_stage": 30}


def test_a_404_to_every_search_ends_the_task(office: Office) -> None:
    people = office.applied(30)
    office.faults.add("alva", "GET", status=404, times=None)
    with pytest.raises(SetupError, match="alva_default"):
        office.run(*people)
    assert office.progress.report.counts == {}


def test_a_404_to_a_hire_is_a_fault_if_the_candidate_is_in_alva(office: Office) -> None:
    ada = office.apply()
    office.run(ada)
    office.faults.add("alva", "PATCH", "/candidates/*", status=404, times=None)
    with pytest.raises(Unfinished, match="1 of 1"):
        office.tell(hired=[ada])
    assert office.progress.faults == {ada: "not_found"}
    office.faults.clear()
    assert office.tell(hired=[ada]).counts == {"hired": 1}


def test_a_404_to_a_resend_is_a_fault_if_the_candidate_is_in_alva(office: Office) -> None:
    ada = bounced(office)
    office.faults.add("alva", "POST", "*/invitation", status=404, times=None)
    with pytest.raises(Unfinished, match="1 of 1"):
        office.run(ada)
    assert (office.sent(ada), office.status(ada), office.failures(ada)) == (1, BOUNCED, ["bounce"])
    office.faults.clear()
    assert office.run(ada, again=True) == {"trigger_stage": 1}
    assert (office.sent(ada), office.status(ada)) == (2, SENT)


class TestPosition:
    @pytest.fixture
    def cook(self, office: Office) -> str:
        cook = office.recruiter.add_posting("Cook", team="Kitchen", hiring_manager_email="mo@hiring.example.com")
        office.candidates.add_user("mo@hiring.example.com")
        office.candidates.add_position("Chef", external_id=cook)
        return cook

    def refuse(self, office: Office, status: int, *fields: str) -> None:
        """Lets Alva refuse changes of a job position that have one of these fields."""
        office.adapter = _Refusing(office.sandbox.adapter(), status, fields)

    @pytest.mark.parametrize("status", [400, 404, 409, 422])
    def test_a_name_that_alva_refuses_is_a_fault_of_that_posting(self, office: Office, cook: str, status: int) -> None:
        self.refuse(office, status, "name")
        with pytest.raises(Unfinished, match="1 of 1"):
            office.sync()
        assert set(office.progress.faults) == {cook}
        # The other fields are written.
        facts = office.sandbox.world.alva.positions.named(cook).facts
        assert (facts.name, facts.owner_email, facts.team) == ("Chef", "mo@hiring.example.com", "Kitchen")

    @pytest.mark.parametrize("fields", [("team",), ("owner_email",), ("owner_email", "team")])
    def test_a_refused_optional_field_is_left_out(self, office: Office, cook: str, fields: tuple[str, ...]) -> None:
        self.refuse(office, 422, *fields)
        assert office.sync() == {"field_refused": 1}
        assert office.sandbox.world.alva.positions.named(cook).facts.name == "Cook"

    @pytest.mark.parametrize("fields", [("name",), ("name", "team", "owner_email")])
    def test_a_refused_field_does_not_block_the_invitation(
        self, office: Office, cook: str, fields: tuple[str, ...]
    ) -> None:
        self.refuse(office, 400, *fields)
        ada = office.apply(posting=cook)
        assert office.run(ada) == {"trigger_stage": 1}
        assert office.status(ada) == SENT


class _Refusing(HTTPAdapter):
    """The sandbox, which here refuses changes of a job position with one of these fields."""

    def __init__(self, inner: BaseAdapter, status: int, fields: tuple[str, ...]) -> None:
        super().__init__()
        self._inner, self._status, self._fields = inner, status, fields

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        if request.method != "PATCH" or set(self._fields).isdisjoint(json.loads(request.body or "{}")):
            return self._inner.send(request, *arguments, **options)
        refused = Response()
        refused.status_code, refused.request, refused.url = self._status, request, request.url or ""
        refused._content = json.dumps({"error": {"code": "invalid_field", "message": "no"}}).encode()
        return refused
